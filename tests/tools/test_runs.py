"""clone_job, compare_jobs and create_sweep, through a real client."""

import json
import logging
from typing import Any

import pytest

from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.budget.limits import tokens
from tests.conftest import words

SECRET = "hunter2-s3cr3t-value"
URI = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"
ECS = {"type": "Worker", "image": URI, "ecs_spec": "ecs.gn6i-c4g1.xlarge"}


@pytest.fixture
def agent(connect: Any) -> Any:
    return connect(allow_tools=("create_job", "clone_job", "compare_jobs"), toolsets=("runs",))


def sent(emulator: Any) -> list[dict[str, Any]]:
    return [request.sent() for request in emulator.requests if request.action == "CreateJob"]


async def test_a_clone_is_the_job_with_the_change_alone(agent, emulator) -> None:
    first = await agent.job(
        job_specs=[{**ECS, "pod_count": 2}],
        envs={"LR": "0.1", "SEED": "1"},
        data_sources=[{"data_source_id": "d-llmcorpus000000001", "mount_path": "/mnt/data"}],
        settings={"tags": {"team": "llm"}, "enable_rdma": True},
        job_max_running_time_minutes=60,
        description="a try",
        other={"ThirdpartyLibs": ["numpy"]},
    )
    made = await agent.facts("clone_job", job_id=first, changes={"envs": {"LR": 0.01}})
    assert (made["status"], made["cloned_from"], made["display_name"]) == ("created", first, "resnet50-clone")
    assert made["changes"] == [
        {"field": "DisplayName", "before": "resnet50", "after": "resnet50-clone"},
        {"field": "Envs.LR", "before": "(set)", "after": "(differs)"},
    ]
    original, clone = sent(emulator)
    tags = clone["Settings"].pop("Tags")
    asked = original["Settings"].pop("Tags")
    assert (tags["team"], tags["mcp-cloned-from"]) == ("llm", first)
    assert tags["mcp-request-id"] != asked["mcp-request-id"]
    settings = clone.pop("Settings")
    assert original.pop("Settings").items() <= settings.items()
    assert clone["JobSpecs"][0].items() >= original["JobSpecs"][0].items()
    for body in (original, clone):
        body.pop("JobSpecs")
    assert clone == {
        **original,
        "DisplayName": "resnet50-clone",
        "Envs": {"LR": "0.01", "SEED": "1"},
        "Accessibility": "PRIVATE",
    }


async def test_a_secret_env_reaches_the_service_and_nothing_else(connect, emulator, tmp_path, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    state, audit = tmp_path / "state", tmp_path / "audit.jsonl"
    agent = connect(allow_tools=("create_job", "clone_job"), toolsets="runs", state=state, audit_file=audit)
    first = await agent.job(envs={"WANDB_KEY": SECRET, "PLAIN": "plain-value-77"}, user_command=f"train --key {SECRET}")
    caplog.clear()
    told: list[str] = []
    for changes in ({}, {"envs": {"PLAIN": "other-value-78"}}, {"user_command": f"train2 --key {SECRET}"}):
        for dry_run in (True, False):
            result = await agent.call("clone_job", job_id=first, changes=changes, dry_run=dry_run, allow_same_name=True)
            assert not result.is_error
            told.append(result.model_dump_json())
    told.append((await agent.call("clone_job", job_id=first, changes={"enves": {"A": "b"}})).model_dump_json())
    everything = [*told, caplog.text, audit.read_text("utf-8")]
    everything += [file.read_text("utf-8") for file in state.rglob("*") if file.is_file()]
    assert len(everything) > 8
    for text in everything:
        assert SECRET not in text
        assert "plain-value-77" not in text
        assert "other-value-78" not in text
    assert [body["Envs"]["WANDB_KEY"] for body in sent(emulator)] == [SECRET] * 4


async def test_a_reference_that_is_gone_is_refused_with_its_replacement(agent, emulator) -> None:
    first = await agent.job(data_sources=[{"data_source_id": "d-llmcorpus000000001", "mount_path": "/mnt/data"}])
    body = emulator.account.jobs[first].body
    body["JobSpecs"][0]["Image"] = URI.replace("2.6.0", "1.9.0")
    error = await agent.error("clone_job", job_id=first)
    assert "pytorch:1.9.0" in error
    assert URI in error
    body["JobSpecs"][0]["Image"] = URI
    body["DataSources"][0] |= {"DataSourceId": "d-gone0000000000000", "Uri": "oss://bucket.oss-cn-hangzhou/corpus/"}
    error = await agent.error("clone_job", job_id=first)
    assert "d-gone0000000000000 was oss://bucket.oss-cn-hangzhou/corpus/: mount that uri instead" in error
    mounts = {"/mnt/data": {"data_source_id": None, "uri": "oss://bucket.oss-cn-hangzhou/corpus/"}}
    made = await agent.facts("clone_job", job_id=first, changes={"data_sources": mounts})
    assert made["status"] == "created"
    assert sent(emulator)[-1]["DataSources"] == [
        {"Uri": "oss://bucket.oss-cn-hangzhou/corpus/", "MountPath": "/mnt/data"}
    ]


async def test_a_job_that_cannot_be_read_says_so(agent, emulator) -> None:
    error = await agent.error("clone_job", job_id="dlcgone000000000")
    assert "too old" in error
    first = await agent.job()
    emulator.account.jobs[first].body["UserCommand"] = ""
    error = await agent.error("clone_job", job_id=first)
    assert "tells no UserCommand" in error
    assert len(sent(emulator)) == 1


async def test_repeating_a_clone_makes_no_twin_and_a_dry_run_makes_none(agent, emulator) -> None:
    first = await agent.job()
    checked = await agent.facts("clone_job", job_id=first, dry_run=True)
    assert checked["status"] == "checked"
    assert len(sent(emulator)) == 1
    made = await agent.facts("clone_job", job_id=first)
    again = await agent.facts("clone_job", job_id=first)
    assert (again["status"], again["job_id"]) == ("existing", made["job_id"])
    assert len(sent(emulator)) == 2


async def test_a_clone_that_nobody_answered_is_sent_again_on_the_users_word_alone(agent, emulator) -> None:
    first = await agent.job()
    emulator.faults.add(Fault("CreateJob", "early_close"))
    call = {"job_id": first, "changes": {"envs": {"LR": "0.1"}}}
    unknown = await agent.facts("clone_job", **call)
    assert (unknown["status"], "send_again=true" in unknown["next"]) == ("unknown", True)
    call |= {"client_request_id": unknown["client_request_id"], "send_again": True}
    asked = await agent.facts("clone_job", **call)
    assert (asked["status"], asked["cloned_from"]) == ("confirmation_required", first)
    assert "was sent at" in asked["question"]
    assert len(sent(emulator)) == 2
    done = await agent.facts("clone_job", **call, confirmation_token=asked["confirmation_token"])
    assert (done["status"], len(sent(emulator))) == ("created", 3)
    assert (await agent.facts("clone_job", **call))["status"] == "existing"
    assert len(sent(emulator)) == 3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"enves": {"A": "1"}}, "Enves"),
        ({"job_specs": {"Worker": {"pod_cout": 2}}}, "pod_count"),
        ({"job_specs": {"Worker": {"pod_count": 0}}}, "greater than or equal to 1"),
        ({"job_specs": {"Chief": {"pod_count": 1, "image": URI}}}, "ecs_spec"),
        ({"user_command": None}, "user_command"),
        ({"display_name": "a b"}, "display_name"),
        ({"resource_id": "quota1llmteam001"}, "resource_id"),
    ],
)
async def test_changes_that_make_no_job_are_refused_by_name(agent, emulator, changes, said) -> None:
    first = await agent.job()
    assert said in await agent.error("clone_job", job_id=first, changes=changes)
    assert len(sent(emulator)) == 1


async def test_two_large_jobs_are_compared_within_1500_tokens(agent, emulator) -> None:
    """64 pods each, a long command, and 40 variables that differ."""
    command = "torchrun " + " ".join(f"--option-{number}={number}" for number in range(200))
    many = {f"VARIABLE_NUMBER_{number}": f"secret-of-a-{number}" for number in range(40)}
    first = await agent.job(
        job_specs=[{**ECS, "pod_count": 64}], envs=many, user_command=f"{command} --lr 1", settings={"tags": {"k": "v"}}
    )
    other = {name: value.replace("-a-", "-b-") for name, value in many.items()}
    changes = {"envs": other, "user_command": f"{command} --lr 2", "display_name": "other"}
    second = (await agent.facts("clone_job", job_id=first, changes=changes))["job_id"]
    emulator.clock.advance(1200)
    result = await agent.call("compare_jobs", a=first, b=second)
    text = words(result)
    assert not result.is_error, text
    assert max(tokens(text), tokens(json.dumps(result.structured_content))) <= 1500
    assert "secret-of" not in result.model_dump_json()
    facts = result.structured_content
    fields = {row["field"]: (row["a"], row["b"]) for row in facts["configuration"]}
    assert fields["Envs.VARIABLE_NUMBER_0"] == ("(set)", "(differs)")
    assert fields["UserCommand"][0].endswith("--lr 1")
    assert fields["UserCommand"][1].endswith("--lr 2")
    assert facts["more_differences"] == 42 - 20
    told = {row["what"]: (row["a"], row["b"]) for row in facts["figures"]}
    assert told["status"] == ("Running", "Running")
    assert told["step time"][0].endswith(" s")
    assert {"queued", "prepared", "ran", "last loss", "GPU use"} <= told.keys()


async def test_a_comparison_says_what_cannot_be_compared(agent, emulator) -> None:
    first = await agent.job()
    changes = {"job_specs": {"Worker": {"pod_count": 2}}, "envs": {"EMULATOR_SCENARIO": "cuda_oom"}}
    second = (await agent.facts("clone_job", job_id=first, changes=changes))["job_id"]
    emulator.clock.advance(3000)
    facts = await agent.facts("compare_jobs", a=first, b=second)
    told = " | ".join(facts["not_comparable"])
    assert "other resources (1 x ecs.gn6i-c4g1.xlarge; 2 x ecs.gn6i-c4g1.xlarge)" in told
    rows = {row["what"]: (row["a"], row["b"]) for row in facts["figures"]}
    assert rows["status"][1] == "Failed"


async def test_a_job_is_not_compared_with_itself_or_with_none(agent) -> None:
    first = await agent.job()
    assert "Both are" in await agent.error("compare_jobs", a=first, b=first)
    assert "dlcgone000000000" in await agent.error("compare_jobs", a=first, b="dlcgone000000000")
