"""Responses as the API reference and the SDK's samples have them, replayed: every tool reads every one of them.

tests/data/responses.json holds them by name (`dlc.GetJob.failed`): the operation, the HTTP status and the body. The
official examples are among them, with their empty strings, masked ids and lists of the wrong type.
"""

import json
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from mcp import Client
from mcp.types import CallToolResult
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from pai_dlc_mcp import tools
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.budget.limits import tokens
from pai_dlc_mcp.server.clock import Clock
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.safety.risks import RISKS
from pai_dlc_mcp.server.settings import Settings
from tests.conftest import sampled

SAMPLES: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "responses.json").read_text("utf-8"))
JOB, POD = {"job_id": "dlc0runexample01"}, {"job_id": "dlc0runexample01", "pod_id": "dlc0runexample01-master-0"}
WORKSPACE, BOARD, TEMPLATE = (
    {"workspace_id": "123456"},
    {"tensorboard_id": "tb1example"},
    {"template_id": "tpl1example"},
)

# operation -> tool and arguments
READS: dict[str, tuple[str, dict[str, Any]]] = {
    "GetCodeSource": ("get_code_source", {"code_source_id": "code-20210111103721-85qz78ia96lu"}),
    "GetDashboard": ("get_dashboard", JOB),
    "GetDataset": ("get_dataset", {"dataset_id": "d-0example0dataset00"}),
    "GetImage": ("get_image", {"image_id": "image-0example00000001"}),
    "GetJob": ("get_job", {**JOB, "detail": True}),
    "GetJobEvents": ("get_job_events", JOB),
    "GetJobMetrics": ("get_job_metrics", {**JOB, "metric": "GpuCoreUsage"}),
    "GetJobSanityCheckResult": ("get_job_sanity_check_result", {**JOB, "sanity_check_number": 1}),
    "GetJobTemplate": ("get_job_template", TEMPLATE),
    "GetMetrics": ("get_metrics", {**JOB, "metric_name": "JOB_GPU_ACCELERATOR_DUTTY_UTIL"}),
    "GetPodEvents": ("get_pod_events", POD),
    "GetPodLogs": ("get_pod_logs", POD),
    "GetRayDashboard": ("get_ray_dashboard", JOB),
    "GetSignal": ("get_signal", {**JOB, "signal_id": "signal1example"}),
    "GetTensorboard": ("get_tensorboard", BOARD),
    "GetTensorboardSharedUrl": ("get_tensorboard_shared_url", BOARD),
    "GetToken": ("get_token", {"target_id": JOB["job_id"]}),
    "GetWebTerminal": ("get_web_terminal", POD),
    "ListCodeSources": ("list_code_sources", WORKSPACE),
    "ListDatasets": ("list_datasets", WORKSPACE),
    "ListEcsSpecs": ("list_ecs_specs", {"available_only": False}),
    "ListImageLabels": ("list_image_labels", {}),
    "ListImages": ("list_images", {}),
    "ListJobSanityCheckResults": ("list_job_sanity_check_results", JOB),
    "ListJobTemplates": ("list_job_templates", WORKSPACE),
    "ListJobs": ("list_jobs", {}),
    "ListQuotaWorkloads": ("get_queue_position", JOB),
    "GetQuotaWorkloadDiagnosis": ("get_queue_position", JOB),
    "ListQuotas": ("list_quotas", {}),
    "ListSignals": ("list_signals", JOB),
    "ListTensorboards": ("list_tensorboards", WORKSPACE),
    "ListWorkspaces": ("list_workspaces", {}),
}
WRITES: dict[str, tuple[str, dict[str, Any]]] = {
    "CreateJob": ("create_job", {}),
    "CreateJobTemplate": ("create_job_template", {**WORKSPACE, "template_name": "t", "content": {"JobType": "TFJob"}}),
    "CreateSignal": ("create_signal", {**JOB, "signal": "SIGUSR1"}),
    "CreateTensorboard": ("create_tensorboard", {**WORKSPACE, "display_name": "t", "uri": "oss://bucket/logs/"}),
    "DeleteJob": ("delete_job", JOB),
    "DeleteJobTemplate": ("delete_job_template", TEMPLATE),
    "DeleteTensorboard": ("delete_tensorboard", BOARD),
    "SetJobTemplateDefaultVersion": ("set_job_template_default_version", {**TEMPLATE, "version": 1}),
    "StartTensorboard": ("start_tensorboard", BOARD),
    "StopJob": ("stop_job", JOB),
    "StopTensorboard": ("stop_tensorboard", BOARD),
    "TagResources": ("tag_resources", {"job_ids": [JOB["job_id"]], "tags": {"team": "llm"}}),
    "UntagResources": ("untag_resources", {"job_ids": [JOB["job_id"]], "tag_keys": ["team"]}),
    "UpdateJob": ("update_job", {**JOB, "description": "x"}),
    "UpdateJobTemplate": ("update_job_template", {**TEMPLATE, "content": {"JobType": "TFJob"}}),
    "UpdateTensorboard": ("update_tensorboard", {**BOARD, "priority": 5}),
}
# Served by the emulator for the SDK's sake; no tool stands on them.
NO_TOOL = {
    "GetDatasetVersion", "GetDefaultWorkspace", "GetPermission", "GetQuota", "GetWorkspace", "ListDatasetVersions",
    "ListNodes", "ListPermissions", "ListResources",
}  # fmt: skip
# What an operation's sample is read together with.
RUNNING = SAMPLES["dlc.GetJob.running"]
SAMPLES["dlc.GetJob.ray"] = {**RUNNING, "body": {**RUNNING["body"], "JobType": "RayJob"}}
SAMPLES["dlc.ListEcsSpecs.docs-example"]["body"]["TotalCount"] = (
    1  # it announces 10 and shows one: the rest is asked for
)
WITH: dict[str, tuple[str, ...]] = {
    "DeleteJob": ("dlc.GetJob.failed",),
    "ListQuotaWorkloads": ("dlc.GetJob.queuing",),
    "GetQuotaWorkloadDiagnosis": ("dlc.GetJob.queuing", "paistudio.ListQuotaWorkloads.queued"),
    "GetRayDashboard": ("dlc.GetJob.ray",),
    "GetTensorboardSharedUrl": ("dlc.GetTensorboard.docs-example",),
}

# sample -> facts of the result, and the documented fields they promise (`Jobs.JobId` is that of each job)
PROMISES: dict[str, tuple[str, dict[str, str]]] = {
    "ListJobs": ("jobs", {"job_id": "JobId", "display_name": "DisplayName", "status": "Status", "job_type": "JobType",
                          "workspace_id": "WorkspaceId"}),
    "ListWorkspaces": ("workspaces", {"workspace_id": "WorkspaceId", "name": "WorkspaceName", "status": "Status"}),
    "ListImages": ("images", {"image_uri": "ImageUri", "name": "Name", "image_id": "ImageId"}),
    "ListDatasets": ("datasets", {"dataset_id": "DatasetId", "name": "Name", "uri": "Uri"}),
    "ListCodeSources": ("code_sources", {"code_source_id": "CodeSourceId", "name": "DisplayName", "repo": "CodeRepo"}),
    "ListEcsSpecs": ("specs", {"instance_type": "InstanceType", "gpus": "Gpu", "cpus": "Cpu", "memory": "Memory"}),
    "GetJob": ("", {"job_id": "JobId", "display_name": "DisplayName", "status": "Status", "job_type": "JobType",
                    "workspace_id": "WorkspaceId", "priority": "Priority"}),
    "GetDataset": ("", {"dataset_id": "DatasetId", "name": "Name", "uri": "Uri"}),
    "GetCodeSource": ("", {"code_source_id": "CodeSourceId", "name": "DisplayName", "repo": "CodeRepo"}),
    "GetImage": ("", {"image_uri": "ImageUri", "name": "Name"}),
}  # fmt: skip


class Replayer:
    """Answers an action with the sample that is set for it."""

    def __init__(self) -> None:
        self.samples: dict[str, Any] = {}
        self.port = 0

    async def __call__(self, request: Request) -> JSONResponse:
        sample = self.samples.get(request.headers.get("x-acs-action", ""))
        if sample is None:
            return JSONResponse({"Code": "NotFound", "Message": "no sample", "RequestId": "R"}, 404)
        return JSONResponse(sample["body"], sample["status"])


@pytest.fixture(scope="module")
def replayer() -> Generator[Replayer]:
    answers = Replayer()
    methods = ["GET", "POST", "PUT", "DELETE"]
    web = Starlette(routes=[Route("/{path:path}", answers.__call__, methods=methods)])
    server = uvicorn.Server(uvicorn.Config(web, host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    answers.port = server.servers[0].sockets[0].getsockname()[1]
    yield answers
    server.should_exit = True
    thread.join()


@pytest.fixture
def call(replayer: Replayer) -> Callable[..., Any]:
    settings = Settings(
        region="cn-hangzhou",
        endpoint=f"127.0.0.1:{replayer.port}",
        protocol="http",
        toolsets=("all",),
        image_policy="any",
        effects=",".join(f"{effect}=allow" for effect in RISKS),
    )
    passed = [0.0]

    async def sleep(seconds: float) -> None:
        passed[0] += seconds

    clock = Clock(monotonic=lambda: passed[0], sleep=sleep)  # a recorded job never changes
    server = app.build(settings, tools.TOOLSETS, StaticKey("id", "secret"), clock=clock)

    async def called(tool: str, arguments: dict[str, Any], *samples: str) -> CallToolResult:
        replayer.samples = {SAMPLES[name]["operation"]: SAMPLES[name] for name in samples}
        async with Client(server, cache=None) as client:
            return await client.call_tool(tool, arguments)

    return called


def samples_of(operations: dict[str, Any]) -> list[str]:
    return [name for name, sample in SAMPLES.items() if sample["operation"] in operations and sample["status"] == 200]


def test_every_operation_of_the_samples_has_a_tool_or_a_reason() -> None:
    assert {sample["operation"] for sample in SAMPLES.values()} == READS.keys() | WRITES.keys() | NO_TOOL


@pytest.mark.parametrize("name", sampled(samples_of(READS), 2))
async def test_a_tool_reads_the_sample_without_an_error(name: str, call: Any) -> None:
    operation = SAMPLES[name]["operation"]
    tool, arguments = READS[operation]
    result = await call(tool, arguments, "dlc.GetJob.running", *WITH.get(operation, ()), name)
    assert not result.is_error, result.content
    if operation not in PROMISES:
        return
    key, promised = PROMISES[operation]
    body = SAMPLES[name]["body"]
    source = next(value for value in body.values() if isinstance(value, list)) if key else [body]
    facts = result.structured_content[key] if key else [result.structured_content]
    assert len(facts) == len(source)
    for fact, item in zip(facts, sorted(source, key=lambda item: item.get("Gpu", 0)), strict=True):
        wanted = {ours: item[theirs] for ours, theirs in promised.items() if item.get(theirs) not in ("", None)}
        wanted = {ours: value.strip() if isinstance(value, str) else value for ours, value in wanted.items()}
        assert {ours: fact[ours] for ours in wanted} == wanted


@pytest.mark.parametrize("name", samples_of(WRITES))
async def test_a_tool_takes_the_answer_to_a_write(name: str, call: Any, agent: Any) -> None:
    operation = SAMPLES[name]["operation"]
    tool, arguments = WRITES[operation]
    job = agent.JOB if tool == "create_job" else {}
    reads = {
        "dlc.GetJob.running",
        "aiworkspace.GetWorkspace.docs-example",
        "dlc.ListEcsSpecs.gpu",
        "dlc.ListJobs.empty",
    }
    others = ["dlc.GetTensorboard.docs-example", "dlc.GetJobTemplate.skeleton"]
    result = await call(tool, {**job, **arguments}, *reads, *others, *WITH.get(operation, ()), name)
    assert not result.is_error, result.content


OTHERS = ("dlc.GetPodLogs.tail", "dlc.GetPodEvents.imagepull", "dlc.GetJobEvents.normal")


@pytest.mark.parametrize("others", [(), OTHERS], ids=["only GetJob", "logs and events"])
@pytest.mark.parametrize("name", sampled(samples_of({"GetJob": None}), 2))
async def test_any_job_can_be_diagnosed_and_waited_for(name: str, others: tuple[str, ...], call: Any) -> None:
    result = await call("diagnose_job", JOB, name, *others)
    assert not result.is_error, result.content
    (block,) = result.content
    assert "timeline: " in block.text
    assert tokens(block.text) <= 2000
    waited = await call("wait_for_jobs", {"job_ids": [JOB["job_id"]], "timeout_s": 5}, name, *others)
    assert not waited.is_error, waited.content


@pytest.mark.parametrize("name", [name for name, sample in SAMPLES.items() if sample["status"] >= 400])
async def test_a_sample_of_an_error_is_told_as_one(name: str, call: Any, agent: Any) -> None:
    result = await call(
        "create_job", {**agent.JOB, "dry_run": True}, name, "dlc.ListEcsSpecs.gpu", "dlc.ListJobs.empty"
    )
    assert result.is_error
    assert "does not exist" in str(result.content)
