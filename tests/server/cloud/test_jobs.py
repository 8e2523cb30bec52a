"""Operations on jobs against the emulator: what is sent, and how a job is read."""

import json

import pytest

from pai_dlc_mcp.server.cloud.jobs import Job, JobSummary
from pai_dlc_mcp.server.cloud.secret_fields import secrets_of

RUNNING, FINISHED, FAILED = "dlc4stillrunning", "dlc1succeeded001", "dlc2outofmemory2"
BODY = {
    "WorkspaceId": "123456",
    "DisplayName": "new",
    "JobType": "PyTorchJob",
    "UserCommand": "python train.py",
    "JobSpecs": [{"Type": "Worker", "PodCount": 1, "Image": "x", "EcsSpec": "ecs.g6.large"}],
    "Settings": {"Tags": {"team": "llm"}},
}


async def test_create_posts_the_body_and_returns_the_id(cloud, emulator) -> None:
    job_id = await cloud.send(cloud.jobs.create(BODY))
    (request,) = emulator.requests
    assert (request.method, request.path, request.sent()) == ("POST", "/api/v1/jobs", BODY)
    assert emulator.account.jobs[job_id].body["DisplayName"] == "new"


async def test_list_sends_its_filters_as_a_query(cloud, emulator) -> None:
    filters = {"WorkspaceId": "123456", "Status": "Running", "ShowOwn": False, "Tags": {"team": "llm"}}
    page = await cloud.jobs.list(filters, 0, 10)
    (request,) = emulator.requests
    assert (request.action, json.loads(request.query.pop("Tags"))) == ("ListJobs", {"team": "llm"})
    assert request.query == {
        "WorkspaceId": "123456",
        "Status": "Running",
        "ShowOwn": "False",
        "PageNumber": "1",
        "PageSize": "10",
    }
    assert {job.job_id for job in page.items} == {RUNNING, "dlc9restarted009"}
    assert {job.settings.tags["team"] for job in page.items} == {"llm"}


async def test_get_reads_the_whole_job(cloud, emulator) -> None:
    job = await cloud.jobs.get(RUNNING)
    (request,) = emulator.requests
    assert (request.path, request.query) == (f"/api/v1/jobs/{RUNNING}", {"NeedDetail": "True"})
    assert (job.job_id, job.status, job.workspace_id, job.resource_id) == (
        RUNNING,
        "Running",
        "123456",
        "quota1llmteam001",
    )
    assert (job.pods_asked, job.gpus, job.priority, job.terminal) == (2, 16, 5, False)
    assert [(pod.pod_id, pod.role) for pod in job.pods] == [
        (f"{RUNNING}-master-0", "master"),
        (f"{RUNNING}-worker-0", "worker"),
    ]
    assert job.running_since is not None
    assert job.created is not None
    assert job.running_since > job.created
    assert job.raw["StatusHistory"][0]["Status"] == "Creating"


async def test_a_restarted_pods_earlier_lives_are_its_history(cloud) -> None:
    job = await cloud.jobs.get("dlc9restarted009")
    pod = next(pod for pod in job.pods if pod.role == "master")
    (earlier,) = pod.history
    assert earlier.pod_id == pod.pod_id
    assert earlier.uid != pod.uid


@pytest.mark.parametrize(
    ("operation", "job_id", "method", "path"),
    [
        ("stop", RUNNING, "POST", f"/api/v1/jobs/{RUNNING}/stop"),
        ("delete", FINISHED, "DELETE", f"/api/v1/jobs/{FINISHED}"),
    ],
)
async def test_stop_and_delete_name_the_job_in_the_path_and_send_no_body(
    cloud, emulator, operation, job_id, method, path
) -> None:
    await cloud.send(getattr(cloud.jobs, operation)(job_id))
    (request,) = emulator.requests
    assert (request.method, request.path, request.body) == (method, path, None)


async def test_update_sends_only_what_changes(cloud, emulator) -> None:
    await cloud.send(cloud.jobs.update(RUNNING, {"Description": "long run"}))
    (request,) = emulator.requests
    assert (request.method, request.path, request.sent()) == (
        "PUT",
        f"/api/v1/jobs/{RUNNING}",
        {"Description": "long run"},
    )


async def test_a_failure_in_json_is_told_in_words(cloud) -> None:
    job = await cloud.jobs.get(FAILED)
    assert job.reason_message is not None
    assert job.reason_message.startswith("{")
    assert job.reason == (
        "PyTorchJob dlc2outofmemory2 failed because 1 Master replica(s) failed. dlc2outofmemory2-master-0: exit code 1"
    )


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Job is stopped by user.", "Job is stopped by user."),
        (None, None),
        ("", None),
        ("{", "{"),
        ("[]", "[]"),
        ("null", "null"),
        ('{"overview": "2 failed."}', "2 failed."),
        ('{"content": []}', '{"content": []}'),
        (
            '{"overview": "a", "content": [{"pods": {"Worker": [0, 3]}, "reason": "137"}]}',
            "a dlc1-worker-0, dlc1-worker-3: exit code 137",
        ),
        ('{"overview": "a", "content": [{"time": "1"}]}', '{"overview": "a", "content": [{"time": "1"}]}'),
        ('{"overview": "a", "content": "odd"}', "a"),
    ],
)
def test_a_reason_of_any_shape_is_told(message, told) -> None:
    assert Job.of({"JobId": "dlc1", "ReasonMessage": message}).reason == told


def test_the_secrets_of_a_job_are_all_values_of_its_environments() -> None:
    job = Job.of(
        {
            "Envs": {"A": "one", "N": 2},
            "CustomEnvs": [{"Key": "B", "Value": "three"}],
            "JobSpecs": [
                {
                    "ExtraPodSpec": {
                        "SideCarContainers": [{"Env": [{"Name": "C", "Value": "four"}]}],
                        "InitContainers": [{"Env": [{"Name": "D", "Value": "five"}]}],
                    }
                }
            ],
        }
    )
    assert dict(secrets_of(job.raw)) == {"A": "one", "N": "2", "B": "three", "C": "four", "D": "five"}


def test_one_name_with_two_values_hides_both() -> None:
    job = Job.of({"Envs": {"TOKEN": "one"}, "CustomEnvs": [{"Key": "TOKEN", "Value": "two"}]})
    assert {value for _, value in secrets_of(job.raw)} == {"one", "two"}


@pytest.mark.parametrize(
    ("spec", "compute"),
    [
        ({"EcsSpec": "ecs.g6.large"}, "ecs.g6.large"),
        ({"EcsSpec": "", "ResourceConfig": {"GPU": "8", "CPU": "96", "Memory": "1000Gi"}}, "8 GPU 96 CPU 1000Gi"),
        ({"ResourceConfig": {"GPU": "0", "CPU": "4", "Memory": "16Gi"}}, "4 CPU 16Gi"),
        ({"ResourceConfig": {"GPU": 8}}, "8 GPU"),
        ({}, "?"),
    ],
)
def test_what_a_pod_gets_is_told_in_a_few_words(spec, compute) -> None:
    (found,) = JobSummary.model_validate({"JobSpecs": [spec]}).specs
    assert found.compute == compute
