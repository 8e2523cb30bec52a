"""Routes: every operation answers with keys the SDK's models know, and the wrong path with JSON."""

from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_aiworkspace20210204 import models as workspace_models
from alibabacloud_pai_dlc20201203 import models as dlc_models
from alibabacloud_tea_openapi.exceptions import ClientException

from pai_dlc_mcp.emulator import routes as app
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.state import Tensorboard

Call = Callable[..., dict[str, Any]]
MODELS = {app.DLC: dlc_models, app.WORKSPACE: workspace_models}
IDS = {
    "{JobId}": "dlc9restarted009",
    "{PodId}": "dlc9restarted009-worker-0",
    "{WorkspaceId}": "123456",
    "{ImageId}": "image-4pytorch26gpu001",
    "{DatasetId}": "d-llmcorpus000000001",
    "{VersionName}": "v1",
    "{CodeSourceId}": "code-20250911103721-85qz78ia96lu",
    "{PermissionCode}": "PaiDLC%3AGetJob",
    "{TemplateId}": "jobtemplate-1",
    "{TensorboardId}": "tb1",
    "{SignalId}": "signal-1",
    "{NodeId}": "llm-pretrain-node-01",
    "{InstanceType}": "ecs.gn7i-c8g1.2xlarge",
    "{RayHistoryServerId}": "rhs1",
    "{QuotaId}": "quota2llmfull002",
    "{WorkloadId}": "dlc5waitinginq05",
}
JOB_ID = {
    "GetJobSanityCheckResult": "dlc4stillrunning",
    "ListJobSanityCheckResults": "dlc4stillrunning",
    "DeleteJob": "dlc1succeeded001",
    "GetDashboard": "dlc0ray000000000",
    "GetRayDashboard": "dlc0ray000000000",
}
SPEC = {"Type": "Worker", "PodCount": 1, "Image": "x", "EcsSpec": "ecs.g6.large"}
BODIES: dict[str, dict[str, Any]] = {
    "CreateJob": {"DisplayName": "x", "JobType": "PyTorchJob", "UserCommand": "ls", "JobSpecs": [SPEC]},
    "UpdateJob": {"Description": "x"},
    "CreateJobTemplate": {"TemplateName": "t", "Content": "{}", "WorkspaceId": "123456"},
    "CreateRayHistoryServer": {"DisplayName": "h", "StoragePath": "oss://example/ray/", "WorkspaceId": "123456"},
    "UpdateJobTemplate": {"Content": "{}"},
    "SetJobTemplateDefaultVersion": {"Version": 1},
    "CreateTensorboard": {"DisplayName": "t", "TensorboardSpec": {"EcsType": "ecs.g6.large"}},
    "CreateSignal": {"Signal": "SIGUSR1"},
    "TagResources": {"ResourceType": "Job", "ResourceId": ["dlc9restarted009"], "Tag": [{"Key": "k"}]},
}
QUERIES: dict[str, dict[str, str]] = {
    "ListJobs": {"ShowOwn": "False", "StartTime": "1970-01-01T00:00:00Z"},
    "GetJobMetrics": {"MetricType": "GpuCoreUsage"},
    "GetMetrics": {
        "JobId": "dlc9restarted009",
        "Namespace": "acs_pai_dlc",
        "MetricName": "JOB_GPU_ACCELERATOR_DUTTY_UTIL",
    },
    "GetJobSanityCheckResult": {"SanityCheckNumber": "1"},
    "ListDatasetVersions": {"PageNumber": "1", "PageSize": "10"},
    "ListNodePods": {"ResourceGroupId": "rg2llmfull002abc"},
    "GetToken": {"TargetId": "dlc9restarted009"},
    "ListJobTemplates": {"WorkspaceId": "123456"},
    "UntagResources": {"ResourceType": "Job", "ResourceId": '["dlc9restarted009"]', "TagKey": '["k"]'},
    "ListImages": {"Verbose": "true"},
    "GetImage": {"Verbose": "true"},
    "ListCodeSources": {"WorkspaceId": "123456"},
}


def operations() -> list[Any]:
    return [
        pytest.param(version, app.action_of(operation), route, id=f"{version}-{app.action_of(operation)}")
        for version, routes in app.ROUTES.items()
        for route, operation in routes.items()
    ]


def lost(sent: Any, kept: Any, path: str = "") -> list[str]:
    """Keys of the answer that the SDK's model did not keep."""
    if isinstance(sent, dict) and isinstance(kept, dict):
        missing = [f"{path}.{key}" for key in sent if key not in kept and sent[key] is not None]
        return missing + [name for key in sent if key in kept for name in lost(sent[key], kept[key], f"{path}.{key}")]
    if isinstance(sent, list) and isinstance(kept, list):
        pairs = zip(sent, kept, strict=True)
        return [name for one, other in pairs for name in lost(one, other, f"{path}[]")]
    return [] if sent == kept else [f"{path}: {sent!r} became {kept!r}"]


@pytest.fixture
def furnished(emulator: Emulator, call: Call, create: Callable[..., str]) -> None:
    """One of everything that is not seeded, under a fixed id."""
    account = emulator.account
    made = call(app.DLC, "CreateJobTemplate", "POST /api/v1/jobtemplates", body=BODIES["CreateJobTemplate"])
    template = account.templates.pop(made["TemplateId"])
    account.templates["jobtemplate-1"] = template | {"TemplateId": "jobtemplate-1", "TemplateName": "one"}
    board = call(app.DLC, "CreateTensorboard", "POST /api/v1/tensorboards", body=BODIES["CreateTensorboard"])
    old = account.tensorboards.pop(board["TensorboardId"])
    account.tensorboards["tb1"] = Tensorboard("tb1", old.created, old.modified, old.body, old.life)
    made = call(
        app.DLC, "CreateRayHistoryServer", "POST /api/v1/rayhistoryservers", body=BODIES["CreateRayHistoryServer"]
    )
    server = account.ray_history_servers.pop(made["RayHistoryServerId"])
    account.ray_history_servers["rhs1"] = Tensorboard("rhs1", server.created, server.modified, server.body, server.life)
    ray = account.jobs.pop(create(JobType="RayJob"))
    ray.job_id = "dlc0ray000000000"
    account.jobs[ray.job_id] = ray
    emulator.clock.advance(300)
    path = "/api/v1/jobs/dlc9restarted009/signals"
    call(app.DLC, "CreateSignal", f"POST {path}", body=BODIES["CreateSignal"])
    account.signals["dlc9restarted009"][0]["SignalId"] = "signal-1"


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize(("version", "action", "route"), operations())
def test_an_operation_answers_with_keys_of_the_schema(
    call: Call, emulator: Emulator, version: str, action: str, route: str
) -> None:
    for name, value in {**IDS, "{JobId}": JOB_ID.get(action, IDS["{JobId}"])}.items():
        route = route.replace(name, value).replace("{jobId}", JOB_ID.get(action, ""))
    if action == "StartTensorboard":
        call(version, "StopTensorboard", "PUT /api/v1/tensorboards/tb1/stop")
    if action == "StartRayHistoryServer":
        call(version, "StopRayHistoryServer", "POST /api/v1/rayhistoryservers/rhs1/stop")
    answer = call(version, action, route, QUERIES.get(action), BODIES.get(action))
    assert emulator.requests.actions()[-1] == action
    if version in MODELS:
        model = getattr(MODELS[version], f"{action}ResponseBody", None) or dlc_models.Tensorboard
        assert lost(answer, model().from_map(answer).to_map()) == []
    else:
        assert "RequestId" in answer


def test_an_unknown_path_is_answered_in_json(call: Call) -> None:
    with pytest.raises(ClientException) as caught:
        call(app.DLC, "MakeCoffee", "GET /api/v1/coffee")
    assert (caught.value.status_code, caught.value.code) == (404, "InvalidAction.NotFound")


def test_the_api_version_tells_the_products_apart(call: Call) -> None:
    old = call(app.WORKSPACE, "ListQuotas", "GET /api/v1/quotas")
    new = call(app.STUDIO, "ListQuotas", "GET /api/v1/quotas")
    assert [quota["Id"] for quota in old["Quotas"]] == ["1828233"]
    assert len(new["Quotas"]) == 3


def test_a_slash_in_an_id_does_not_separate(call: Call) -> None:
    with pytest.raises(ClientException) as caught:
        call(app.DLC, "GetJob", "GET /api/v1/jobs/dlc1%2Fevents")
    assert caught.value.data["Message"] == "Job dlc1/events not found."


def test_an_empty_id_looks_like_the_list(call: Call) -> None:
    assert "Jobs" in call(app.DLC, "GetJob", "GET /api/v1/jobs/")


def test_booleans_are_read_whatever_their_case(call: Call) -> None:
    for text in ("false", "False", "FALSE"):
        assert call(app.DLC, "ListJobs", "GET /api/v1/jobs", {"ShowOwn": text})["TotalCount"] == 7
