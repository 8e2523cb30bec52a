"""Documented parameters that the emulator accepts but does not support, by action, each with the reason.

Such a parameter is named in x-emulator-ignored if it is sent. A name with dots is a path in the body.
"""

UNDOCUMENTED = "what it does is not documented"
NO_TOKENS = "the signature alone decides who may read"
KEPT_ONLY = "kept and shown by GetJob, not acted on"
DROPPED = "not kept: GetJob does not show it"
NO_SUCH_FIELD = "what the seeds hold has no such field"
FULL = "the answer always has every field"
ONE_REGION = "every region is the same account"
COUNT_ALONE = "of an elastic job only the count of pods changes"
NOT_PLAYED = "rights of others are not played"

PERMISSION = (
    "Accessibility",
    "CallerAccessKeyId",
    "CallerSecurityToken",
    "CallerType",
    "CallerUid",
    "Creator",
    "Labels",
    "Option",
    "Resource",
    "SecurityToken",
)
NODE_FIELDS = (
    "AvailabilityZone",
    "CliqueID",
    "DiskPL",
    "FilterByResourceGroupIds",
    "HealthCount",
    "HealthRate",
    "HyperNode",
    "HyperZone",
    "LayoutMode",
    "MachineGroupIds",
    "OrderInstanceIds",
    "OrderStatuses",
    "PaymentType",
    "ResourceGroupIds",
    "ResourceGroupName",
)
QUEUE_FIELDS = (
    "BeforeWorkloadId",
    "GmtDequeuedTimeRange",
    "GmtEnqueuedTimeRange",
    "GmtPositionModifiedTimeRange",
    "InstanceId",
    "SubQuotaIds",
    "UseOversoldResource",
    "WorkloadCreatedTimeRange",
)
SPEC_KEPT_ONLY = (
    "AutoScalingSpec",
    "ConsiderInSuccessPolicy",
    "Driver",
    "ElasticSpotSpecs",
    "ExtraPodSpec",
    "HyperNodeSchedulingConfig",
    "IsCheif",
    "IsChief",
    "LocalMountSpecs",
    "OversoldType",
    "QuotaId",
    "RestartPolicy",
    "ServiceSpec",
    "StartupDependencies",
    "SystemDisk",
)
JOB_KEPT_ONLY = (
    *(f"JobSpecs.{name}" for name in (*SPEC_KEPT_ONLY, "ResourceConfig.GPUType", "ResourceConfig.SharedMemory")),
    *(
        f"Settings.{name}"
        for name in (
            "AdvancedSettings",
            "AllocateAllRDMADevices",
            "AllowUnschedulableNodes",
            "DataJuicerConfig",
            "DisableEcsStockCheck",
            "Driver",
            "ElasticSpotJobMaxRestartTimes",
            "EnableCPUAffinity",
            "EnableDSWDev",
            "EnableOssAppend",
            "EnableRDMA",
            "EnableTideResource",
            "ModelConfig",
            "OversoldType",
            "SanityCheckArgs",
            "Shell",
            "TerminationGracePeriodSeconds",
        )
    ),
    *(
        f"ElasticSpec.{name}"
        for name in (
            "AIMasterDockerImage",
            "AIMasterType",
            "EDPMaxParallelism",
            "EDPMinParallelism",
            "ElasticStrategy",
            "EnableEDP",
            "EnablePsJobElasticPS",
            "EnablePsJobElasticWorker",
            "EnablePsResourceEstimate",
            "PSMaxParallelism",
            "PSMinParallelism",
        )
    ),
    "ThirdpartyLibDir",
    "ThirdpartyLibs",
)
SPEC_FIXED = (
    *SPEC_KEPT_ONLY,
    "AssignNodeSpec",
    "EcsSpec",
    "Image",
    "ImageConfig",
    "ResourceConfig",
    "SpotSpec",
    "UseSpotInstance",
    "UserCommand",
)
DLC_DROPPED = (
    "CredentialConfig",
    "CustomEnvs",
    "DebuggerConfigContent",
    "Options",
    "SchedulingStrategy",
    "SuccessPolicy",
    "UserVpc",
    "CodeSource.IsSharedMountPath",
    *(
        f"DataSources.{name}"
        for name in (
            "AccessPointId",
            "DataSourceVersion",
            "EnableCache",
            "MountAccess",
            "Options",
            "RoleArn",
            "RoleChain",
        )
    ),
)

UNHONOURED: dict[str, dict[str, str]] = {
    "CreateJob": {
        **dict.fromkeys(DLC_DROPPED, DROPPED),
        **dict.fromkeys(JOB_KEPT_ONLY, KEPT_ONLY),
        "JobSpecs.ImageConfig": "a secret: neither kept nor used",
    },
    "UpdateJob": {
        **dict.fromkeys(
            (f"JobSpecs.{name}" for name in SPEC_FIXED), "of an elastic job only the count of pods changes"
        ),
        "UserCommand": UNDOCUMENTED,
    },
    "GetJob": {"NeedDetail": FULL},
    "ListJobs": {
        "DisplayNameSearchMode": "its values are not documented",
        "NumericRangeField": "its values are not documented",
        "NumericRangeMax": "NumericRangeField is not documented",
        "NumericRangeMin": "NumericRangeField is not documented",
        "OversoldInfo": NO_SUCH_FIELD,
    },
    "GetPodLogs": {"DownloadToFile": "its result is not documented"},
    "GetJobMetrics": {"Token": NO_TOKENS},
    "GetJobSanityCheckResult": {"Token": NO_TOKENS},
    "GetMetrics": {"NextToken": "everything fits one page", "Token": NO_TOKENS},
    "GetToken": {"TokenSettings": UNDOCUMENTED},
    "ListEcsSpecs": {"Order": "SortBy is always refused, so there is nothing to order by"},
    "UpdateJobTemplate": {"version": UNDOCUMENTED},
    "GetTensorboard": {"JodId": UNDOCUMENTED, "Token": NO_TOKENS},
    "ListTensorboards": {"PaymentType": NO_SUCH_FIELD, "Verbose": FULL},
    "GetDashboard": {"token": NO_TOKENS},
    "GetRayDashboard": {"token": NO_TOKENS},
    "GetSignal": {"Token": NO_TOKENS},
    "ListSignals": {"Token": NO_TOKENS},
    "TagResources": {"RegionId": ONE_REGION},
    "ListRayHistoryServers": {"PaymentType": NO_SUCH_FIELD},
    "ListWorkspaces": {
        "Fields": FULL,
        "ModuleList": UNDOCUMENTED,
        "Option": "resource limits are not played",
        "UserId": NOT_PLAYED,
        "Verbose": FULL,
    },
    "GetWorkspace": {"Verbose": FULL},
    "GetDefaultWorkspace": {"Verbose": FULL},
    "ListImageLabels": {"Region": ONE_REGION},
    "ListImages": {"Options": UNDOCUMENTED},
    "ListDatasets": {"Label": NO_SUCH_FIELD, "Provider": NO_SUCH_FIELD, "ShareScope": NO_SUCH_FIELD},
    "ListDatasetVersions": {"LabelKeys": NO_SUCH_FIELD, "LabelValues": NO_SUCH_FIELD},
    "ListResources": {
        "GroupName": NO_SUCH_FIELD,
        "Labels": NO_SUCH_FIELD,
        "Option": FULL,
        "Verbose": FULL,
        "VerboseFields": FULL,
    },
    "ListProducts": {"Verbose": FULL},
    "GetPermission": dict.fromkeys(PERMISSION, NOT_PLAYED),
    "ListQuotas": {
        "ClusterType": NO_SUCH_FIELD,
        "HasResource": UNDOCUMENTED,
        "Labels": NO_SUCH_FIELD,
        "LayoutMode": UNDOCUMENTED,
        "Verbose": FULL,
    },
    "GetQuota": {"Verbose": FULL, "WithNodeMeta": "nodes are read with ListNodes"},
    "ListQuotaWorkloads": {
        **dict.fromkeys(QUEUE_FIELDS, NO_SUCH_FIELD),
    },
    "ListNodes": {**dict.fromkeys(NODE_FIELDS, NO_SUCH_FIELD), "Verbose": FULL},
    "ListNodePods": {"OversoldTypes": NO_SUCH_FIELD},
    "GetSpotPriceHistory": {"SpotDuration": "prices do not depend on it here"},
}
