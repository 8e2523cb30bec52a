"""GetPodLogs: windows, limits, incarnations."""

from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from pai_dlc_mcp.emulator.embedded import Emulator

Create = Callable[..., str]
RUNNING = 12 + 150


def logs(dlc: Client, pod_id: str, **query: Any) -> list[str]:
    job_id = pod_id.split("-")[0]
    return dlc.get_pod_logs(job_id, pod_id, models.GetPodLogsRequest(**query)).body.logs


def test_a_pod_that_does_not_run_yet_has_an_empty_log(dlc: Client, emulator: Emulator, create: Create) -> None:
    pod_id = f"{create()}-master-0"
    assert logs(dlc, pod_id) == []
    emulator.clock.advance(100)
    assert logs(dlc, pod_id) == []


def test_the_log_grows_oldest_first(dlc: Client, emulator: Emulator, create: Create) -> None:
    pod_id = f"{create()}-master-0"
    emulator.clock.advance(RUNNING + 30)
    early = logs(dlc, pod_id)
    emulator.clock.advance(600)
    late = logs(dlc, pod_id)
    assert early[0] == "+ python train.py"
    assert len(late) > len(early)
    assert late[: len(early)] == early


def test_the_log_is_the_same_in_every_run(dlc: Client, emulator: Emulator) -> None:
    first = logs(dlc, "dlc4stillrunning-master-0")
    emulator.reset()
    assert logs(dlc, "dlc4stillrunning-master-0") == first


def test_the_last_lines_are_kept_unless_switched_to_the_first(dlc: Client, emulator: Emulator) -> None:
    everything = logs(dlc, "dlc4stillrunning-master-0")
    assert logs(dlc, "dlc4stillrunning-master-0", max_lines=5) == everything[-5:]
    emulator.account.log_order = "head"
    assert logs(dlc, "dlc4stillrunning-master-0", max_lines=5) == everything[:5]


def test_an_old_log_needs_a_start_time(dlc: Client) -> None:
    pod_id = "dlc6olderthan7d6-master-0"
    assert logs(dlc, pod_id) == []
    assert len(logs(dlc, pod_id, start_time="2025-12-27T08:00:00Z")) > 100


def test_a_window_holds_its_first_and_its_last_second(dlc: Client, emulator: Emulator, create: Create) -> None:
    pod_id = f"{create()}-master-0"
    emulator.clock.advance(RUNNING + 300)
    assert logs(dlc, pod_id, start_time="2026-01-05T08:02:43Z", end_time="2026-01-05T08:02:43Z") == [
        "2026-01-05 08:02:43,000 INFO launcher: node_rank=0 nnodes=1 world_size=1"
    ]


def test_a_restarted_pod_shows_its_new_log_and_by_uid_its_old_one(
    dlc: Client, emulator: Emulator, create: Create
) -> None:
    job_id = create({"PodCount": 2}, DisplayName="restart-me")
    emulator.clock.advance(2000)
    worker = dlc.get_job(job_id, models.GetJobRequest()).body.pods[1]
    old = logs(dlc, worker.pod_id, pod_uid=worker.history_pods[0].pod_uid)
    new = logs(dlc, worker.pod_id)
    assert old[-1] == "RuntimeError: CUDA error: unspecified launch failure"
    assert any("resuming from" in line for line in new)
    assert logs(dlc, worker.pod_id, pod_uid=worker.pod_uid) == new
    assert logs(dlc, worker.pod_id, pod_uid="another") == []


def test_a_stop_ends_the_log_without_rewriting_it(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create()
    emulator.clock.advance(500)
    before = logs(dlc, f"{job_id}-master-0")
    dlc.stop_job(job_id)
    emulator.clock.advance(5000)
    after = logs(dlc, f"{job_id}-master-0")
    assert after[: len(before)] == before
    assert len(after) - len(before) <= 8


def test_a_pod_the_job_never_has_is_not_found(dlc: Client) -> None:
    with pytest.raises(ClientException) as caught:
        logs(dlc, "dlc4stillrunning-worker-7")
    assert (caught.value.status_code, caught.value.code) == (404, "NotFound")
