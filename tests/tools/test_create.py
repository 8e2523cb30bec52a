"""create_job, through a real client: every rule first, then one request. test_said.py has what it refuses."""

from typing import Any

import pytest

from pai_dlc_mcp.emulator.faults import Fault

URI = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"
ECS = {"type": "Worker", "image": URI, "ecs_spec": "ecs.gn6i-c4g1.xlarge"}
QUOTA = {"type": "Worker", "image": URI, "resource_config": {"cpu": "8", "gpu": "1", "memory": "64Gi"}}

RESTARTS = {"enable_error_monitoring_in_aimaster": True, "error_monitoring_args": "--enable-job-restart=True"}


@pytest.fixture
def agent(connect: Any) -> Any:
    """Building only the tool these tests call saves most of their time."""
    return connect(allow_tools=("create_job",))


def creates(emulator: Any) -> int:
    return emulator.requests.actions().count("CreateJob")


async def test_a_job_is_created_as_described(agent, emulator) -> None:
    made = await agent.facts(
        "create_job",
        workspace_id="123456",
        display_name="resnet50",
        job_type="PyTorchJob",
        job_specs=[{**ECS, "pod_count": 2}],
        user_command="python train.py",
        data_sources=[{"data_source_id": "d-llmcorpus000000001", "mount_path": "/mnt/data"}],
        code_source={"code_source_id": "code-20250911103721-85qz78ia96lu", "mount_path": "/mnt/code"},
        envs={"LR": "0.1"},
        settings={**RESTARTS, "tags": {"team": "llm"}},
        job_max_running_time_minutes=60,
        accessibility="PUBLIC",
        description="a try",
    )
    expected = {
        "status": "created",
        "workspace_id": "123456",
        "pods": 2,
        "gpus": 2,
        "region": "cn-hangzhou",
        "emulator": True,
    }
    assert {key: made[key] for key in expected} == expected
    assert "warnings" not in made
    assert "get_job" in made["next"]
    (sent,) = [request.sent() for request in emulator.requests if request.action == "CreateJob"]
    tags = sent["Settings"].pop("Tags")
    assert (tags["team"], tags["mcp-request-id"]) == ("llm", made["client_request_id"])
    assert sent == {
        "WorkspaceId": "123456",
        "DisplayName": "resnet50",
        "JobType": "PyTorchJob",
        "JobSpecs": [{"Type": "Worker", "Image": URI, "PodCount": 2, "EcsSpec": "ecs.gn6i-c4g1.xlarge"}],
        "UserCommand": "python train.py",
        "DataSources": [{"DataSourceId": "d-llmcorpus000000001", "MountPath": "/mnt/data"}],
        "CodeSource": {"CodeSourceId": "code-20250911103721-85qz78ia96lu", "MountPath": "/mnt/code"},
        "Envs": {"LR": "0.1"},
        "Settings": {"EnableErrorMonitoringInAIMaster": True, "ErrorMonitoringArgs": "--enable-job-restart=True"},
        "JobMaxRunningTimeMinutes": 60,
        "Accessibility": "PUBLIC",
        "Description": "a try",
    }
    assert made["job_id"] in emulator.account.jobs


async def test_a_spec_pasted_from_the_console_works_as_it_is(agent, emulator) -> None:
    pasted = {
        "Type": "Worker",
        "PodCount": 1,
        "Image": URI,
        "ResourceConfig": {"CPU": "8", "GPU": "1", "Memory": "64Gi"},
    }
    job = await agent.job(job_specs=[pasted], resource_id="quota1llmteam001", settings={"EnableRDMA": True})
    body = emulator.account.jobs[job].body
    assert {key: body["JobSpecs"][0][key] for key in pasted} == pasted
    assert body["Settings"]["EnableRDMA"] is True


async def test_a_field_without_a_parameter_of_its_own_is_passed_on(agent, emulator) -> None:
    job = await agent.job(other={"ThirdpartyLibs": ["numpy"]})
    assert emulator.account.jobs[job].body["ThirdpartyLibs"] == ["numpy"]


async def test_a_dry_run_checks_everything_shows_the_body_and_creates_nothing(agent, emulator) -> None:
    before = set(emulator.account.jobs)
    job = {**agent.JOB, "envs": {"TOKEN": "s3cret"}}
    checked = await agent.facts("create_job", **job, dry_run=True)
    assert checked["status"] == "checked"
    assert checked["body"] == {
        "WorkspaceId": "123456",
        "DisplayName": "resnet50",
        "JobType": "PyTorchJob",
        "JobSpecs": [{"Type": "Worker", "Image": URI, "PodCount": 1, "EcsSpec": "ecs.gn6i-c4g1.xlarge"}],
        "UserCommand": "python train.py",
        "Envs": {"TOKEN": "***"},
    }
    assert "job_id" not in checked
    assert (creates(emulator), set(emulator.account.jobs)) == (0, before)
    assert {request.method for request in emulator.requests} == {"GET"}


async def test_the_value_of_an_environment_variable_is_never_shown(agent) -> None:
    secret = {"envs": {"TOKEN": "s3cret-1"}, "other": {"CustomEnvs": [{"Key": "K", "Value": "s3cret-2"}]}}
    for dry_run in (True, False):
        result = await agent.call("create_job", **{**agent.JOB, **secret}, dry_run=dry_run)
        assert not result.is_error
        assert "s3cret" not in result.model_dump_json()


@pytest.mark.parametrize(
    ("changes", "warned"),
    [
        ({}, ["no job_max_running_time_minutes: nothing stops the job if it hangs"]),
        ({"job_max_running_time_minutes": 60}, None),
        (
            {"job_max_running_time_minutes": 60, "job_specs": [{**ECS, "ecs_spec": "ecs.gn7e-c16g1.4xlarge"}]},
            ["ecs.gn7e-c16g1.4xlarge has no stock now: the job will queue"],
        ),
    ],
)
async def test_what_a_careful_colleague_would_say_is_said_and_stops_nothing(agent, changes, warned) -> None:
    job = {**agent.JOB, "user_command": "python /mnt/train.py"}
    checked = await agent.facts("create_job", **{**job, **changes}, dry_run=True)
    assert checked.get("warnings") == warned


async def test_an_operator_may_allow_any_image(connect, emulator) -> None:
    agent = connect(allow_tools=("create_job",), image_policy="any")
    job = await agent.job(job_specs=[{**ECS, "image": "registry.example.com/mine:1"}])
    assert emulator.account.jobs[job].body["JobSpecs"][0]["Image"] == "registry.example.com/mine:1"


async def test_an_agent_may_not(agent) -> None:
    error = await agent.error("create_job", **agent.JOB, image_policy="any")
    assert "unknown field 'image_policy'" in error


async def test_a_custom_image_belongs_to_its_workspace(agent) -> None:
    image = "registry-vpc.cn-hangzhou.aliyuncs.com/example-team/llm-trainer:v12"
    assert await agent.job(job_specs=[{**ECS, "image": image}])
    error = await agent.error(
        "create_job", **{**agent.JOB, "workspace_id": "234567", "job_specs": [{**ECS, "image": image}]}
    )
    assert "is not an ImageUri of this region's catalogue" in error


async def test_a_live_job_of_the_same_name_is_named(agent, emulator) -> None:
    job = await agent.job()
    other = {**agent.JOB, "user_command": "python evaluate.py"}
    error = await agent.error("create_job", **other)
    assert job in error
    assert "allow_same_name=true" in error
    assert "code: SameName" in error
    assert await agent.job(**other, allow_same_name=True) != job
    assert creates(emulator) == 2


async def test_a_dry_run_names_it_too(agent) -> None:
    job = await agent.job()
    assert job in await agent.error("create_job", **agent.JOB, dry_run=True)


async def test_a_call_repeated_with_its_request_id_answers_with_the_same_job(agent, emulator) -> None:
    first = await agent.facts("create_job", **agent.JOB, client_request_id="my-request-1")
    again = await agent.facts("create_job", **agent.JOB, client_request_id="my-request-1")
    assert (first["status"], again["status"], again["job_id"]) == ("created", "existing", first["job_id"])
    assert "nothing was created now" in again["next"]
    error = await agent.error("create_job", **{**agent.JOB, "user_command": "ls"}, client_request_id="my-request-1")
    assert first["job_id"] in error
    assert "code: RequestIdReused" in error
    assert creates(emulator) == 1


async def test_a_job_made_without_an_answer_is_found_and_said_to_be_the_one(agent, emulator) -> None:
    emulator.faults.add(Fault("CreateJob", "lost_response"))
    made = await agent.facts("create_job", **agent.JOB)
    assert made["status"] == "recovered"
    assert made["job_id"] in emulator.account.jobs
    assert "do not create it again" in made["next"]
    assert creates(emulator) == 1


async def test_a_missing_permission_is_named_and_nothing_is_tried_again(agent, emulator) -> None:
    emulator.faults.add(Fault("CreateJob", "no_permission"))
    error = await agent.error("create_job", **agent.JOB)
    assert "paidlc:CreateJob or pai:CreateJob" in error
    assert "Stop and ask the user" in error
    assert creates(emulator) == 1


async def test_a_read_only_server_cannot_create(connect) -> None:
    agent = connect(read_only=True)
    assert "There is no tool 'create_job'" in await agent.error("create_job", **agent.JOB)
