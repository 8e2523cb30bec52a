"""Starting and stopping the emulator in a thread."""

import threading
from datetime import UTC, datetime

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ServerException
from alibabacloud_tea_openapi.models import Config

from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault


def client(emulator: Emulator) -> Client:
    return Client(
        Config(
            access_key_id=emulator.access_key_id,
            access_key_secret=emulator.access_key_secret,
            endpoint=emulator.endpoint,
            protocol="HTTP",
        )
    )


def test_two_emulators_know_nothing_of_each_other() -> None:
    with embedded.start() as one, embedded.start() as other:
        client(one).delete_job("dlc1succeeded001")
        assert len(one.account.jobs) == 8
        assert len(other.account.jobs) == 9
        assert other.requests == []


def test_its_thread_ends_with_it() -> None:
    with embedded.start() as emulator:
        client(emulator).list_jobs(models.ListJobsRequest())
        its = [thread for thread in threading.enumerate() if thread.name == "pai-dlc-emulator"]
        assert its[-1].is_alive()
    assert not its[-1].is_alive()


def test_nothing_is_written_to_the_standard_streams(capfd: pytest.CaptureFixture[str]) -> None:
    with embedded.start() as emulator:
        emulator.faults.add(Fault("ListJobs", "unavailable"))
        with pytest.raises(ServerException):
            client(emulator).list_jobs(models.ListJobsRequest())
    assert capfd.readouterr().out == ""


def test_without_a_clock_time_is_the_real_one() -> None:
    with embedded.start() as emulator:
        assert abs((emulator.clock.now() - datetime.now(UTC)).total_seconds()) < 5


def test_time_may_run_faster() -> None:
    clock = Clock(datetime(2026, 1, 5, tzinfo=UTC), speed=1e9)
    first = clock.now()
    assert (clock.now() - first).total_seconds() > 1
