"""Signals sent to a job's pods."""

from collections.abc import Callable

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from pai_dlc_mcp.emulator.embedded import Emulator

REQUEST = models.CreateSignalRequest().from_map(
    {"Signal": "SIGUSR1", "Target": {"Scope": "roles", "Roles": ["Worker"]}}
)


def test_a_signal_reaches_the_pods_of_a_role(dlc: Client) -> None:
    sent = dlc.create_signal("dlc4stillrunning", REQUEST).body
    signal = dlc.get_signal("dlc4stillrunning", sent.signal_id, models.GetSignalRequest()).body
    assert (signal.signal, signal.pod_names) == ("SIGUSR1", ["dlc4stillrunning-worker-0"])
    found = dlc.list_signals("dlc4stillrunning", models.ListSignalsRequest()).body.signals
    assert [item.signal_id for item in found] == [sent.signal_id]


def test_a_finished_job_takes_no_signal(dlc: Client) -> None:
    with pytest.raises(ClientException) as caught:
        dlc.create_signal("dlc1succeeded001", REQUEST)
    assert caught.value.code == "BadRequest"


@pytest.mark.parametrize(("signal", "exit_code"), [("SIGKILL", 137), ("SIGTERM", 143)])
def test_a_deadly_signal_ends_the_pod_and_the_job(
    dlc: Client, emulator: Emulator, create: Callable[..., str], signal: str, exit_code: int
) -> None:
    job_id = create({"PodCount": 2})
    emulator.clock.advance(400)
    body = {"Signal": signal, "Target": {"Scope": "pods", "PodNames": [f"{job_id}-worker-0"]}}
    dlc.create_signal(job_id, models.CreateSignalRequest().from_map(body))
    emulator.clock.advance(10)
    job = dlc.get_job(job_id, models.GetJobRequest()).body
    assert (job.status, f'"reason":"{exit_code}"' in job.reason_message) == ("Failed", True)
    assert '"pods":{"Worker":[0]}' in job.reason_message
    events = dlc.get_job_events(job_id, models.GetJobEventsRequest()).body.events
    assert sum(text.endswith(f"{job_id}-worker-0 exited with code {exit_code}") for text in events) == 1
    assert [pod.status for pod in job.pods] == ["Failed", "Failed"]


def test_another_signal_changes_nothing(dlc: Client, emulator: Emulator, create: Callable[..., str]) -> None:
    job_id = create()
    emulator.clock.advance(400)
    dlc.create_signal(job_id, models.CreateSignalRequest().from_map({"Signal": "SIGUSR1"}))
    emulator.clock.advance(10)
    assert dlc.get_job(job_id, models.GetJobRequest()).body.status == "Running"
