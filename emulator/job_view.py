"""A job as returned by the service: GetJob's body, and an item of ListJobs."""

import re
from datetime import datetime

from pai_dlc_mcp.emulator import clock, pod_view, pods
from pai_dlc_mcp.emulator.job import Job
from pai_dlc_mcp.emulator.lifecycle import last, spans
from pai_dlc_mcp.emulator.request import Json
from pai_dlc_mcp.emulator.state import USER_NAMES, Account

ENDS = {"Succeeded": "GmtSuccessedTime", "Failed": "GmtFailedTime", "Stopped": "GmtStoppedTime"}
"""Successed is the API's spelling."""

SETTINGS: Json = {
    "BusinessUserId": "",
    "Caller": "",
    "PipelineId": "",
    "EnableErrorMonitoringInAIMaster": False,
    "ErrorMonitoringArgs": "",
    "EnableRDMA": False,
    "EnableSanityCheck": False,
    "EnableTideResource": False,
    "OversoldType": "ForbiddenQuotaOverSold",
}
ELASTIC: Json = {
    "EnableElasticTraining": False,
    "EnableAIMaster": False,
    "AIMasterType": "",
    "MinParallelism": 0,
    "MaxParallelism": 0,
}


def total(job: Job) -> tuple[int, int, int, int]:
    """(pods, CPU, GPU, GiB) of the whole job."""
    each = [
        (int(spec.get("PodCount", 1)), resources)
        for spec, resources in zip(job.body["JobSpecs"], job.resources, strict=True)
    ]
    return (
        sum(count for count, _ in each),
        sum(count * resources.cpu for count, resources in each),
        sum(count * resources.gpu for count, resources in each),
        sum(count * resources.memory for count, resources in each),
    )


def shared(account: Account, job: Job) -> Json:
    """The fields that GetJob and ListJobs share."""
    now = account.now()
    body = job.body
    present = job.present(now)
    workspace = account.workspace(body["WorkspaceId"])
    return {
        "JobId": job.job_id,
        "DisplayName": body.get("DisplayName", ""),
        "JobType": job.kind,
        "UserId": job.user_id,
        "WorkspaceId": body["WorkspaceId"],
        "WorkspaceName": workspace["WorkspaceName"],
        "ResourceId": job.quota_id,
        "ResourceLevel": "L0" if job.quota_id else "",
        "ResourceType": account.quota(job.quota_id)["ResourceType"] if job.quota_id else "ECS",
        "ClusterId": "asi_cn-hangzhou_pai_g01",
        "TenantId": "",
        "Status": present.status,
        "SubStatus": present.status if present.status == "Restarting" else "",
        "Priority": job.priority(now),
        "Accessibility": body.get("Accessibility", "PRIVATE"),
        "JobSpecs": [spec_view(spec) for spec in body["JobSpecs"]],
        "UserCommand": body.get("UserCommand", ""),
        "Envs": body.get("Envs", {}),
        "CodeSource": {"CodeSourceId": "", "MountPath": "", "Branch": "", "Commit": "", **code_source(body)},
        "ThirdpartyLibs": body.get("ThirdpartyLibs", []),
        "ThirdpartyLibDir": body.get("ThirdpartyLibDir", ""),
        "EnabledDebugger": False,
        "ElasticSpec": {**ELASTIC, **body.get("ElasticSpec", {})},
        "Settings": {**SETTINGS, "Tags": {}, **body.get("Settings", {})},
        "RestartTimes": restart_times(job, now),
        "ReasonCode": present.code,
        "ReasonMessage": present.message,
        "Duration": int(((job.finished(now) or now) - job.created).total_seconds()),
        **times(job, now),
    }


def spec_view(spec: Json) -> Json:
    return {
        "EcsSpec": "",
        "UseSpotInstance": False,
        "RestartPolicy": "ExitCode",
        "AssignNodeSpec": {"EnableAssignNode": False, "NodeNames": ""},
        **spec,
    }


def code_source(body: Json) -> Json:
    source: Json = body.get("CodeSource", {})
    return {key: source[key] for key in ("CodeSourceId", "MountPath", "Branch", "Commit") if key in source}


def data_sources(job: Job, *keys: str) -> list[Json]:
    return [{key: source.get(key, "") for key in keys} for source in job.body.get("DataSources", [])]


def times(job: Job, now: datetime) -> Json:
    """The Gmt* fields reached so far. Submitted is when the job left the queue."""
    history = job.history(now)
    running = last(history, "Running")
    submitted = next((t for t in history if t.status in ("Bidding", "EnvPreparing")), None)
    found = {"GmtCreateTime": clock.utc(job.created)}
    if submitted:
        found["GmtSubmittedTime"] = clock.utc(job.at(submitted.at))
    if running:
        found["GmtRunningTime"] = clock.utc(job.at(running.at))
    if finished := job.finished(now):
        found[ENDS[history[-1].status]] = found["GmtFinishTime"] = clock.utc(finished)
    return found


def restarts(job: Job, now: datetime) -> int:
    return sum(t.status == "Restarting" for t in job.history(now))


def restart_limit(job: Job) -> int:
    """`--max-num-of-job-restart` in the fault-tolerance arguments; 3 by default, 0 without monitoring."""
    if not pods.has_aimaster(job):
        return 0
    arguments = str(job.body.get("Settings", {}).get("ErrorMonitoringArgs", ""))
    given = re.search(r"--max-num-of-job-restart[ =](\d{1,6})\b", arguments)
    return int(given[1]) if given else 3


def restart_times(job: Job, now: datetime) -> str:
    count = restarts(job, now)
    return f"{count}/{max(restart_limit(job), count)}"


def detail(account: Account, job: Job) -> Json:
    """GetJob's body."""
    now = account.now()
    _, cpu, gpu, memory = total(job)
    return {
        **shared(account, job),
        "Description": job.body.get("Description", ""),
        "DataSources": data_sources(job, "DataSourceId", "MountPath", "Uri"),
        "Pods": pod_view.describe_all(job, now),
        "RestartRecord": restart_record(job, now),
        "StatusHistory": [
            {
                "Status": this.status,
                "StartTime": clock.utc(job.at(this.at)),
                "EndTime": "" if until is None else clock.utc(job.at(until)),
                "ReasonCode": this.code,
                "ReasonMessage": this.message,
            }
            for this, until in spans(job.history(now))
        ],
        "RequestCPU": cpu,
        "RequestGPU": gpu,
        "RequestMemory": memory,
    }


def restart_record(job: Job, now: datetime) -> list[Json]:
    members = pods.names(job)
    found: list[Json] = []
    for this, until in spans(job.history(now)):
        if this.status != "Restarting":
            continue
        attempt = len(found)
        role, index, _ = members[pods.culprit(job, attempt, len(members))]
        pod_id = f"{job.job_id}-{role}-{index}"
        code, message = job.scenario.stage(attempt).fault
        lost = pods.find(job, pod_id, "", job.at(this.at))
        found.append(
            {
                "TriggerID": f"t-{len(found) + 1:04d}",
                "JobRestartCount": len(found) + 1,
                "OccurPhase": "Running",
                "OccurTime": clock.utc(job.at(this.at)),
                "Reason": "PodFailed",
                "RestartLevelType": "Job",
                "RestartStatus": "Restarting" if until is None else "Succeeded",
                "RestartFailReason": "",
                "RestartDurationInSec": int((until or job.elapsed(now)) - this.at),
                "DetailErrorInfoList": [
                    {
                        "ErrorCode": code,
                        "ErrorMsg": message,
                        "DetailErrorMsg": "",
                        "ErrorSource": "UserLog",
                        "Node": lost.node if lost else "",
                        "Pod": pod_id,
                        "TriggerRestart": True,
                        "AddNodeToBlacklist": True,
                        "AddJobLevelBlacklist": False,
                    }
                ],
            }
        )
    return found


def item(account: Account, job: Job) -> Json:
    """An item of ListJobs' Jobs: without pods and history, and with several numbers as strings."""
    pod_count, cpu, gpu, memory = total(job)
    quota = account.quota(job.quota_id)["QuotaName"] if job.quota_id else ""
    return {
        **shared(account, job),
        "DataSources": data_sources(job, "DataSourceId", "MountPath"),
        "Username": USER_NAMES.get(job.user_id, ""),
        "ResourceName": quota,
        "ResourceQuotaName": quota,
        "RequestCPU": cpu,
        "RequestGPU": str(gpu),
        "RequestMemory": f"{memory}Gi",
        "NodeCount": str(pod_count),
        "NodeNames": [],
        "IsDeleted": False,
        "UseOversoldResource": False,
        "EnablePreemptibleJob": False,
        "JobMaxRunningTimeMinutes": job.body.get("JobMaxRunningTimeMinutes", 0),
        "GmtModifiedTime": clock.utc(job.modified),
    }
