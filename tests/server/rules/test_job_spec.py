"""The body of a job: its rules, its two spellings, and the exact names that are sent."""

import inspect
import re
from typing import Any

import pytest
from alibabacloud_pai_dlc20201203 import models
from pydantic import ValidationError

from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules import job_spec
from pai_dlc_mcp.server.rules.job_spec import (
    RULES,
    CodeSource,
    DataSource,
    Draft,
    JobSettings,
    JobSpec,
    ResourceConfig,
    SpotSpec,
    check,
)

ECS = {"type": "Worker", "image": "registry/image:1", "ecs_spec": "ecs.g6.large"}
QUOTA = {"type": "Worker", "image": "registry/image:1", "resource_config": {"gpu": "8", "cpu": "96"}}


def draft(*specs: dict[str, Any], **changes: Any) -> Draft:
    body = {
        "workspace_id": "1",
        "display_name": "job",
        "job_type": "PyTorchJob",
        "job_specs": list(specs) or [ECS],
        "user_command": "ls",
    }
    return Draft.model_validate({**body, **changes})


def problems(rule: Any, given: Draft) -> list[str]:
    return list(rule(given))


def test_a_plain_job_breaks_no_rule() -> None:
    check(draft())
    check(draft(QUOTA, resource_id="quota1"))
    check(draft({**ECS, "type": "Master"}, {**ECS, "pod_count": 3}, job_type="MPIJob"))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({**ECS, **QUOTA}, ["job_specs[1] has both ecs_spec and resource_config: keep one (pay-as-you-go or quota)"]),
        (
            {"type": "Master", "image": "x"},
            ["job_specs[1] needs ecs_spec (from list_ecs_specs) or resource_config (with resource_id)"],
        ),
        ({**ECS, "type": "Master"}, []),
    ],
)
def test_a_spec_asks_for_compute_in_one_way(spec, said) -> None:
    assert problems(job_spec.one_way_to_ask_for_compute, draft(ECS, spec)) == said


def test_a_resource_config_needs_a_quota_to_take_from() -> None:
    rule = job_spec.resource_config_needs_a_quota
    (said,) = problems(rule, draft(QUOTA))
    assert said.startswith("job_specs[0].resource_config needs resource_id")
    assert problems(rule, draft(QUOTA, resource_id="quota1")) == []


def test_an_ecs_spec_cannot_go_with_a_quota() -> None:
    rule = job_spec.ecs_spec_forbids_a_quota
    (said,) = problems(rule, draft(ECS, resource_id="quota1"))
    assert "job_specs[0].ecs_spec" in said
    assert "resource_id" in said
    assert problems(rule, draft(ECS)) == []


@pytest.mark.parametrize(
    ("job_type", "roles", "said"),
    [
        ("PyTorchJob", ["worker"], ["job_specs[0].type: 'worker' is no role of PyTorchJob, use 'Worker'"]),
        ("PyTorchJob", ["Worker", "Master"], []),
        ("PyTorchJob", ["Worker"], []),
        ("RayJob", ["Head", "Worker-a", "Worker-b"], []),
        ("SlurmJob", ["Anything"], []),
    ],
)
def test_roles_belong_to_the_framework(job_type, roles, said) -> None:
    specs = [{**ECS, "type": role} for role in roles]
    assert problems(job_spec.roles_belong_to_the_framework, draft(*specs, job_type=job_type)) == said


@pytest.mark.parametrize("job_type", ["PyTorchJob", "XGBoostJob", "OneFlowJob", "ElasticBatchJob", "MPIJob"])
def test_one_master_at_most_and_never_without_a_worker(job_type: str) -> None:
    def said(*specs: dict[str, Any]) -> str:
        return " ".join(problems(job_spec.roles_are_complete, draft(*specs, job_type=job_type)))

    worker, master = {**ECS, "pod_count": 3}, {**ECS, "type": "Master"}
    assert said(worker, master) == ""
    assert "Worker" in said(master)
    assert "at most one Master" in said(worker, {**master, "pod_count": 2})
    assert said({**worker, "type": "worker"}, master) == ""  # what is misspelt is another rule's
    assert (said(worker) == "") is (job_type != "MPIJob")


@pytest.mark.parametrize("job_type", ["TFJob", "RayJob", "SlurmJob", "DataJuicerJob"])
def test_other_frameworks_need_no_role(job_type: str) -> None:
    specs = [{**ECS, "type": role, "pod_count": 2} for role in ("Chief", "Head", "Master")]
    assert problems(job_spec.roles_are_complete, draft(*specs, job_type=job_type)) == []


def test_a_role_is_described_once() -> None:
    rule = job_spec.a_role_is_described_once
    assert problems(rule, draft(ECS, ECS, ECS)) == ["role Worker is described 3 times: use one spec with pod_count"]
    assert problems(rule, draft(ECS, {**ECS, "type": "Master"})) == []


@pytest.mark.parametrize(
    ("source", "broken"),
    [
        ({"data_source_id": "d-1"}, False),
        ({"uri": "oss://bucket/"}, False),
        ({"data_source_id": "d-1", "uri": "oss://bucket/"}, True),
        ({"mount_path": "/mnt/data"}, True),
    ],
)
def test_a_data_source_is_an_id_or_a_uri(source, broken) -> None:
    said = problems(job_spec.a_data_source_is_an_id_or_a_uri, draft(data_sources=[source]))
    assert said == (["data_sources[0] needs exactly one of data_source_id and uri"] if broken else [])


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (None, []),
        ({"code_source_id": "code-1", "branch": "main"}, []),
        ({"code_source_id": "code-1", "uri": "https://x"}, ["code_source has both code_source_id and uri: keep one"]),
        (
            {"uri": "https://x"},
            ["code_source needs code_source_id, from list_code_sources (CreateJob takes no uri for code)"],
        ),
        (
            {"branch": "main"},
            ["code_source needs code_source_id, from list_code_sources (CreateJob takes no uri for code)"],
        ),
    ],
)
def test_a_code_source_is_an_id_or_a_uri(source, said) -> None:
    assert problems(job_spec.a_code_source_is_an_id_or_a_uri, draft(code_source=source)) == said


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"ThirdpartyLibs": ["numpy"], "ElasticSpec": {}}, []),
        ({"JobType": "TFJob"}, ["other.JobType has a parameter of its own: job_type"]),
        ({"JobSpecs": []}, ["other.JobSpecs has a parameter of its own: job_specs"]),
        (
            {"UserVpc": {}, "Envs": {}},
            [
                "other.UserVpc has a parameter of its own: user_vpc",
                "other.Envs has a parameter of its own: envs",
            ],
        ),
    ],
)
def test_a_checked_field_does_not_come_in_by_the_back_door(other, said) -> None:
    assert problems(job_spec.other_fields_are_not_the_named_ones, draft(other=other)) == said


def test_every_rule_of_the_module_is_in_force() -> None:
    written = {
        value
        for value in vars(job_spec).values()
        if inspect.isgeneratorfunction(value) and value.__module__ == job_spec.__name__
    }
    assert set(RULES) == written


def test_all_broken_rules_are_told_at_once() -> None:
    with pytest.raises(Failure) as caught:
        check(draft({**ECS, **QUOTA, "type": "worker"}, data_sources=[{}], code_source={}, other={"Envs": {}}))
    assert caught.value.code == "InvalidJob"
    for part in (
        "both ecs_spec and resource_config",
        "needs resource_id",
        "'Worker'",
        "data_sources[0]",
        "code_source",
        "other.Envs",
    ):
        assert part in caught.value.what


SNAKE: dict[str, Any] = {
    "workspace_id": "1",
    "display_name": "job",
    "job_type": "TFJob",
    "job_specs": [
        {
            "type": "Worker",
            "image": "registry/image:1",
            "pod_count": 2,
            "resource_config": {"cpu": "8", "memory": "100Gi", "gpu": "1", "gpu_type": "A10", "shared_memory": "8Gi"},
            "use_spot_instance": True,
            "spot_spec": {"spot_strategy": "SpotWithPriceLimit", "spot_discount_limit": 0.5},
            "restart_policy": "OnFailure",
            "local_mount_specs": [{"LocalPath": "/a", "MountMode": "RW", "MountPath": "/b"}],
            "extra_pod_spec": {"PodLabels": {"a": "b"}},
            "is_chief": True,
        }
    ],
    "user_command": "python train.py",
    "resource_id": "quota1",
    "data_sources": [{"data_source_id": "d-1", "mount_path": "/mnt/data", "mount_access": "RO"}],
    "code_source": {"code_source_id": "code-1", "branch": "main", "commit": "abc", "mount_path": "/mnt/code"},
    "envs": {"lower_case": "1", "UPPER": "2"},
    "settings": {
        "enable_rdma": True,
        "enable_sanity_check": False,
        "enable_error_monitoring_in_aimaster": True,
        "error_monitoring_args": "--x",
        "tags": {"team": "llm"},
        "advanced_settings": {"a": 1},
        "output_model": None,
    },
    "priority": 5,
    "job_max_running_time_minutes": 60,
    "description": "text",
    "accessibility": "PUBLIC",
    "user_vpc": {"VpcId": "vpc-1", "SwitchId": "vsw-1"},
    "other": {"ThirdpartyLibs": ["numpy"], "ElasticSpec": {"EnableAIMaster": True}},
}
PASCAL: dict[str, Any] = {
    "WorkspaceId": "1",
    "DisplayName": "job",
    "JobType": "TFJob",
    "JobSpecs": [
        {
            "Type": "Worker",
            "Image": "registry/image:1",
            "PodCount": 2,
            "ResourceConfig": {"CPU": "8", "Memory": "100Gi", "GPU": "1", "GPUType": "A10", "SharedMemory": "8Gi"},
            "UseSpotInstance": True,
            "SpotSpec": {"SpotStrategy": "SpotWithPriceLimit", "SpotDiscountLimit": 0.5},
            "RestartPolicy": "OnFailure",
            "LocalMountSpecs": [{"LocalPath": "/a", "MountMode": "RW", "MountPath": "/b"}],
            "ExtraPodSpec": {"PodLabels": {"a": "b"}},
            "IsChief": True,
        }
    ],
    "UserCommand": "python train.py",
    "ResourceId": "quota1",
    "DataSources": [{"DataSourceId": "d-1", "MountPath": "/mnt/data", "MountAccess": "RO"}],
    "CodeSource": {"CodeSourceId": "code-1", "Branch": "main", "Commit": "abc", "MountPath": "/mnt/code"},
    "Envs": {"lower_case": "1", "UPPER": "2"},
    "Settings": {
        "EnableRDMA": True,
        "EnableSanityCheck": False,
        "EnableErrorMonitoringInAIMaster": True,
        "ErrorMonitoringArgs": "--x",
        "Tags": {"team": "llm"},
        "AdvancedSettings": {"a": 1},
    },
    "Priority": 5,
    "JobMaxRunningTimeMinutes": 60,
    "Description": "text",
    "Accessibility": "PUBLIC",
    "UserVpc": {"VpcId": "vpc-1", "SwitchId": "vsw-1"},
    "ThirdpartyLibs": ["numpy"],
    "ElasticSpec": {"EnableAIMaster": True},
}


def pruned(value: Any) -> Any:
    """Without the empty lists that the SDK's models add."""
    if isinstance(value, dict):
        return {key: pruned(item) for key, item in value.items() if item != []}
    return [pruned(item) for item in value] if isinstance(value, list) else value


def test_the_body_has_the_apis_names_whichever_spelling_was_given() -> None:
    assert Draft.model_validate(SNAKE).body() == PASCAL
    other = {key: PASCAL[key] for key in ("ThirdpartyLibs", "ElasticSpec")}
    pasted = {key: value for key, value in PASCAL.items() if key not in other}
    assert Draft.model_validate({**pasted, "other": other}).body() == PASCAL


def test_the_sdk_keeps_every_field_of_the_body() -> None:
    assert pruned(models.CreateJobRequest().from_map(PASCAL).to_map()) == PASCAL


@pytest.mark.parametrize(
    ("ours", "theirs", "ours_alone", "theirs_alone"),
    [
        (JobSpec, models.JobSpec, set(), {"IsCheif"}),  # the SDK's own misspelling of IsChief
        (JobSettings, models.JobSettings, set(), set()),
        (ResourceConfig, models.ResourceConfig, set(), set()),
        (SpotSpec, models.SpotSpec, set(), set()),
        (DataSource, models.CreateJobRequestDataSources, set(), set()),
        (CodeSource, models.CreateJobRequestCodeSource, {"Uri"}, set()),  # accepted only to be answered
    ],
)
def test_we_know_exactly_the_fields_the_sdk_knows(ours, theirs, ours_alone, theirs_alone) -> None:
    known = set(re.findall(r"result\['(\w+)'\]", inspect.getsource(theirs.to_map)))
    names = {field.alias or name for name, field in ours.model_fields.items()}
    assert (names - known, known - names) == (ours_alone, theirs_alone)


def test_a_jobs_own_fields_are_the_sdks() -> None:
    known = set(re.findall(r"result\['(\w+)'\]", inspect.getsource(models.CreateJobRequest.to_map)))
    assert {field.alias or name for name, field in Draft.model_fields.items()} - known == {"Other"}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"podcount": 2}, "unknown field 'podcount': did you mean 'pod_count'?"),
        ({"pod_cout": 2}, "unknown field 'pod_cout': did you mean 'pod_count'?"),
        ({"ecs-spec": "x"}, "unknown field 'ecs-spec': did you mean 'ecs_spec'?"),
        ({"ECSSpec": "x"}, "unknown field 'ECSSpec': did you mean 'ecs_spec'?"),
        ({"imageUri": "x"}, "unknown field 'imageUri'"),
        ({"pod_count": 1, "PodCount": 2}, "pod_count is given twice, also as PodCount"),
        ({"resource_config": {"Gpus": "1"}}, "unknown field 'Gpus': did you mean 'gpu'?"),
        ({"planet": 1}, "unknown field 'planet': known are type, image, pod_count"),
    ],
)
def test_an_unknown_field_is_refused_by_name_with_the_nearest(spec, said) -> None:
    with pytest.raises(ValidationError) as caught:
        draft({**ECS, **spec})
    assert said in str(caught.value)


@pytest.mark.parametrize("model", [JobSpec, JobSettings, DataSource, ResourceConfig])
def test_the_name_offered_is_the_one_of_the_published_schema(model) -> None:
    published = [name for name, field in model.model_fields.items() if "_" in name]
    offered = []
    for name in published:
        with pytest.raises(ValidationError) as caught:
            model.model_validate({name.replace("_", ""): 1})
        offered += re.findall(r"did you mean '(\w+)'", str(caught.value))
    assert offered == published


@pytest.mark.parametrize(
    "changes",
    [
        {"display_name": ""},
        {"display_name": "two words"},
        {"display_name": "名"},
        {"display_name": "x" * 257},
        {"display_name": "line\n"},
        {"job_specs": []},
        {"job_type": "pytorch"},
        {"envs": {"A": 1}},
    ],
)
def test_a_draft_is_checked_field_by_field(changes) -> None:
    with pytest.raises(ValidationError):
        draft(**changes)


@pytest.mark.parametrize("count", [0, -1, 10_001])
def test_a_pod_count_is_a_sane_number(count) -> None:
    with pytest.raises(ValidationError):
        draft({**ECS, "pod_count": count})
