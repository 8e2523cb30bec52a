"""Each refusal of the rules and each question of the gate, whole, as the model is given it: tests/goldens/said/.

`make snapshots` accepts a change that is meant; read the difference as a colleague would who was sent the text. A case
is a name, a tool and its arguments, on the jobs of the emulator's seeds.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator

FOLDER = Path(__file__).parents[1] / "goldens" / "said"
URI = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"
ECS = {"type": "Worker", "image": URI, "ecs_spec": "ecs.gn6i-c4g1.xlarge"}
QUOTA = {"type": "Worker", "image": URI, "resource_config": {"cpu": "8", "gpu": "1", "memory": "64Gi"}}
SUCCEEDED, FAILED, RUNNING, WAITING = "dlc1succeeded001", "dlc2outofmemory2", "dlc4stillrunning", "dlc5waitinginq05"
BOARD, TEMPLATE = "a tensorboard", "a template"  # instead of ids that are given when these are created
MORE = {"job_specs": [{"type": "Worker", "pod_count": 3}]}
Case = tuple[str, dict[str, Any]]


def spec(**changes: Any) -> dict[str, Any]:
    return {"job_specs": [{**ECS, **changes}]}


# By what is wrong: what is changed in a job that could be created. None takes the field away.
CREATE: dict[str, dict[str, Any]] = {
    "no workspace": {"workspace_id": None},
    "a workspace that does not exist": {"workspace_id": "999999"},
    "a workspace's name": {"workspace_id": "llm_team"},
    "a job type in lower case": {"job_type": "pytorch"},
    "a job type that never was": {"job_type": "Custom"},
    "a framework": {"job_type": "tensorflow"},
    "a job type like nothing": {"job_type": "dream"},
    "a name with a space": {"display_name": "two words"},
    "an empty name": {"display_name": ""},
    "an empty command": {"user_command": ""},
    "a priority over 9": {"priority": 10},
    "no spec": {"job_specs": []},
    "an image's name": spec(image=URI.rsplit("/", 1)[1]),
    "an image's id": spec(image="image-4pytorch26gpu001"),
    "another image": spec(image="ubuntu:22.04"),
    "a spec that is cut": spec(ecs_spec="ecs.gn6i-c4g1"),
    "both kinds of compute": spec(**QUOTA),
    "no compute": {"job_specs": [{"type": "Worker", "image": URI}]},
    "resources without a quota": {"job_specs": [QUOTA]},
    "a quota for pay-as-you-go": {"resource_id": "quota1llmteam001"},
    "a role in lower case": spec(type="worker"),
    "another framework's role": spec(type="PS"),
    "an MPIJob without a master": {"job_type": "MPIJob"},
    "a master alone": spec(type="Master"),
    "two masters": {"job_specs": [ECS, {**ECS, "type": "Master", "pod_count": 2}]},
    "a role twice": {"job_specs": [ECS, ECS]},
    "no pods": spec(pod_count=0),
    "no image": {"job_specs": [{"type": "Worker", "ecs_spec": "ecs.g6.large"}]},
    "a misspelt field of a spec": spec(podCuont=2),
    "a dataset that does not exist": {"data_sources": [{"data_source_id": "d-nosuch"}]},
    "a data source that is nowhere": {"data_sources": [{"mount_path": "/a"}]},
    "a data source in two places": {"data_sources": [{"data_source_id": "d-llmcorpus000000001", "uri": "oss://b/"}]},
    "code that does not exist": {"code_source": {"code_source_id": "code-nosuch"}},
    "code in two places": {"code_source": {"code_source_id": "code-1", "uri": "https://x"}},
    "code by its address": {"code_source": {"uri": "https://x"}},
    "a misspelt setting": {"settings": {"enable_rdam": True}},
    "a parameter through other": {"other": {"JobType": "TFJob"}},
    "a misspelt field through other": {"other": {"ThirdPartyLibs": ["x"]}},
    "a text for an object": {"other": {"ElasticSpec": "yes"}},
    "half a network": {"user_vpc": {"vpc_id": "vpc-1"}},
    "a misspelt parameter": {"display_nmae": "x"},
    "a request id too short": {"client_request_id": "short"},
    "much at once": {"job_specs": [{**ECS, "type": "worker"}, {**QUOTA, "type": "PS"}], "data_sources": [{}]},
}
OTHER: dict[str, Case] = {
    "a priority without a queue": ("update_job", {"job_id": RUNNING, "priority": 5}),
    "a new name": ("update_job", {"job_id": RUNNING, "display_name": "other"}),
    "pods of a job that is not elastic": ("update_job", {"job_id": RUNNING, **MORE}),
    "an image of a job that is there": ("update_job", {"job_id": RUNNING, **spec()}),
    "nothing to change": ("update_job", {"job_id": RUNNING}),
    "labels in another form": ("list_images", {"labels": '{"a": "b"}'}),
    "a label that does not exist": ("list_images", {"labels": "system.chip=GPU"}),
    "a label without that value": ("list_images", {"labels": "system.chipType=TPU"}),
    "a pod of another job": ("get_pod_logs", {"job_id": FAILED, "pod_id": f"{RUNNING}-master-0"}),
    "a job without pods": ("get_pod_logs", {"job_id": WAITING}),
    "an incarnation that never was": ("get_pod_logs", {"job_id": FAILED, "pod_uid": "0" * 36}),
    "before a restart that never was": ("get_pod_logs", {"job_id": FAILED, "previous": True}),
    "a log into a file": ("get_pod_logs", {"job_id": FAILED, "save": True}),
    "two windows": ("get_job_metrics", {"job_id": RUNNING, "last": "1h", "start_time": "2026-01-05T01:00:00Z"}),
    "a window before the job": (
        "get_job_metrics",
        {"job_id": FAILED, "metric": "GpuCoreUsage", "start_time": "2026-01-05T01:00:00Z"},
    ),
    "a field that a job lacks": ("get_job", {"job_id": FAILED, "fields": ["Nonsense"]}),
    "a job against itself": ("compare_jobs", {"a": FAILED, "b": FAILED}),
    "a copy that is no job": ("clone_job", {"job_id": FAILED, "changes": {"job_type": "torch"}}),
    "a sweep of nothing": ("create_sweep", {"job_id": FAILED}),
    "a template with hidden values": (
        "create_job_template",
        {"workspace_id": "123456", "template_name": "sft", "content": {"Envs": {"TOKEN": "***"}}},
    ),
}
ASKED: dict[str, Case] = {
    "stop a running job": ("stop_job", {"job_id": RUNNING}),
    "stop a waiting job": ("stop_job", {"job_id": WAITING}),
    "stop two": ("stop_jobs", {"job_ids": [RUNNING, WAITING]}),
    "delete": ("delete_job", {"job_id": SUCCEEDED}),
    "make public": ("update_job", {"job_id": RUNNING, "accessibility": "PUBLIC"}),
    "open a terminal": ("get_web_terminal", {"job_id": RUNNING, "pod_id": f"{RUNNING}-master-0"}),
    "share a token": ("get_token", {"target_id": RUNNING}),
    "a signal": ("create_signal", {"job_id": RUNNING, "signal": "SIGUSR1"}),
    "a signal that kills": ("create_signal", {"job_id": RUNNING, "signal": "SIGKILL"}),
    "delete a template": ("delete_job_template", {"template_id": TEMPLATE}),
    "delete a tensorboard": ("delete_tensorboard", {"tensorboard_id": BOARD}),
    "publish a tensorboard": ("update_tensorboard", {"tensorboard_id": BOARD, "accessibility": "PUBLIC"}),
    "a sweep": ("create_sweep", {"job_id": SUCCEEDED, "grid": {"envs.LR": [0.1, 0.01]}}),
}

FREE, FULL, VISION = "quota1llmteam001", "quota2llmfull002", "quota3vision0003"
EVER = "1970-01-01T00:00:00Z"
WANTED = {
    "workspace_id": "123456",
    "display_name": "wanted",
    "job_type": "PyTorchJob",
    "user_command": "python train.py",
    "dry_run": True,
}
# Answers of the tools that take several calls of the service.
TOLD: dict[str, Case] = {
    "all jobs of the team": ("list_jobs", {"show_own": False, "start_time": EVER}),
    "one's own failed jobs": ("list_jobs", {"status": "Failed", "start_time": EVER}),
    "no jobs": ("list_jobs", {"display_name": "nothing-is-called-so", "job_type": "MPIJob"}),
    "a failed job": ("get_job", {"job_id": FAILED}),
    "a running job": ("get_job", {"job_id": RUNNING}),
    "a waiting job's place": ("get_queue_position", {"job_id": WAITING}),
    "what all pods ended with": ("get_pod_logs", {"job_id": FAILED, "show": "errors"}),
    "a failed and a succeeded run": ("compare_jobs", {"a": FAILED, "b": SUCCEEDED}),
    "a running and a waiting one": ("compare_jobs", {"a": RUNNING, "b": WAITING}),
    "a clone with changes": (
        "clone_job",
        {
            "job_id": SUCCEEDED,
            "changes": {"envs": {"LR": 0.1}, "job_specs": {"Worker": {"pod_count": 4}}},
            "dry_run": True,
        },
    ),
    "a quota with room": ("get_capacity", {"quota_id": FREE, "gpus": 8, "cpus": 8}),
    "a quota without": ("get_capacity", {"quota_id": FULL, "gpus": 1}),
    "a quota in part use": ("get_capacity", {"quota_id": VISION, "gpus": 4, "memory": 100}),
    "two jobs waited for": ("wait_for_jobs", {"job_ids": [SUCCEEDED, FAILED, "dlc0000000000000"]}),
    "a job that goes on": ("wait_for_jobs", {"job_ids": [RUNNING, WAITING], "timeout_s": 30}),
    "metrics of pods": ("get_job_metrics", {"job_id": RUNNING, "metric": "GpuCoreUsage", "last": "30m"}),
    "no metrics yet": ("get_job_metrics", {"job_id": WAITING, "metric": "GpuCoreUsage"}),
    "events of a failed job": ("get_job_events", {"job_id": FAILED}),
    "a create looked ahead": ("create_job", {**WANTED, "job_specs": [ECS], "priority": 3}),
    "one on a quota with room": ("create_job", {**WANTED, "resource_id": FREE, "job_specs": [QUOTA]}),
    "one on a full quota": (
        "create_job",
        {**WANTED, "resource_id": FULL, "job_specs": [{**QUOTA, "pod_count": 2}], "job_max_running_time_minutes": 90},
    ),
}


def drawn(text: str) -> str:
    """Without what depends on the server's key, which is a new one each time."""
    text = re.sub(r"(?<=confirm-)[\w-]{20,}|(?<=, state )[0-9a-f]{8}|(?<=cursor: )[\w=-]+", "…", text)
    return re.sub(r'(?<=untrusted-data id=")[^"]*', "…", text)


def committed(request: pytest.FixtureRequest, name: str, told: Mapping[str, str]) -> None:
    """Raises AssertionError unless these texts are those of the golden file; the difference names the case."""
    text = "\n\n".join(f"## {case}\n{said}" for case, said in told.items()) + "\n"
    file = FOLDER / f"{name}.txt"
    if request.config.getoption("--update-snapshots"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8"), "`make snapshots` accepts it"


async def test_what_create_job_refuses(request, connect: Any, emulator: Emulator) -> None:
    """With and without dry_run alike, and nothing is created."""
    agent, told = connect(allow_tools=("create_job",)), dict[str, str]()
    for name, changes in CREATE.items():
        job = {key: value for key, value in {**agent.JOB, **changes}.items() if value is not None}
        told[name] = await agent.error("create_job", **job)
        assert told[name] == await agent.error("create_job", **job, dry_run=True), name
        assert "\nfix: " in told[name], name
    assert "CreateJob" not in emulator.requests.actions()
    committed(request, "create_job", told)


async def test_what_the_other_tools_refuse(request, connect: Any, emulator: Emulator) -> None:
    agent = connect(toolsets="all")
    told = {name: await agent.error(tool, **arguments) for name, (tool, arguments) in OTHER.items()}
    assert {sent.method for sent in emulator.requests} == {"GET"}
    committed(request, "refusals", told)


async def test_what_a_user_is_asked(request, connect: Any, emulator: Emulator) -> None:
    agent = connect(toolsets="all", now=lambda: 1_767_578_400.0)
    sources = {"workspace_id": "123456", "display_name": "loss", "job_id": RUNNING}
    board = (await agent.facts("create_tensorboard", **sources))["tensorboard_id"]
    content = {"JobType": "PyTorchJob", "JobSpecs": [{"Type": "Worker", "Image": URI}], "UserCommand": "ls"}
    written = {"workspace_id": "123456", "template_name": "sft", "content": content}
    ids = {BOARD: board, TEMPLATE: (await agent.facts("create_job_template", **written))["template_id"]}
    emulator.requests.clear()
    told: dict[str, str] = {}
    for name, (tool, arguments) in ASKED.items():
        given = {key: ids.get(value, value) if isinstance(value, str) else value for key, value in arguments.items()}
        told[name] = drawn(await agent.text(tool, **given))
        assert "confirmation_required" in told[name], name
        assert re.search(r"(?m)^question: .+\nconfirmation_token: ", told[name]), "a host shows a question's first line"
    assert {sent.method for sent in emulator.requests} == {"GET"}
    committed(request, "questions", told)


async def test_what_is_told_of_the_jobs_and_quotas_that_are_there(request, connect: Any, emulator: Emulator) -> None:
    agent = connect(toolsets="all")
    told = {name: drawn(await agent.text(tool, **arguments)) for name, (tool, arguments) in TOLD.items()}
    assert {sent.method for sent in emulator.requests} == {"GET"}
    committed(request, "answers", told)
