"""Looking again until something holds, within a bound."""

from collections.abc import Iterator
from typing import Any

import pytest

from pai_dlc_mcp.server.clock import Clock
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.deps import Progress
from pai_dlc_mcp.server.workflows import polling


class Jobs:
    """Shows these statuses, one a look, and the last one from then on."""

    def __init__(self, *statuses: str) -> None:
        self.statuses: Iterator[str] = iter(statuses)
        self.seen: list[str] = []

    async def look(self) -> Job:
        self.seen.append(next(self.statuses, self.seen[-1] if self.seen else "Running"))
        return Job(status=self.seen[-1])


def stopped(job: Job) -> bool:
    return job.status == "Stopped"


async def until(jobs: Any, within: float, *, heard: bool = False) -> tuple[Job, float, list[str]]:
    """The job, the seconds it took, and what the client was told."""
    passed, told = [0.0], list[str]()

    async def sleep(seconds: float) -> None:
        passed[0] += seconds

    class Told(Progress):
        async def tell(self, done: float, total: float, message: str) -> None:
            told.append(message)

    clock = Clock(monotonic=lambda: passed[0], sleep=sleep)
    job = await polling.until(jobs.look, stopped, within, clock, Told(heard, None), "its end")
    return job, passed[0], told


async def test_one_look_is_enough_if_it_holds_already() -> None:
    jobs = Jobs("Stopped")
    job, passed, _ = await until(jobs, 60)
    assert (job.status, passed, jobs.seen) == ("Stopped", 0, ["Stopped"])


async def test_it_looks_again_until_it_holds_and_says_so() -> None:
    jobs = Jobs("Running", "Stopped")
    job, passed, told = await until(jobs, 60)
    assert (job.status, passed, jobs.seen) == ("Stopped", 0.5, ["Running", "Stopped"])
    assert told == [" is Running, waiting for its end"]


@pytest.mark.parametrize(("within", "looks"), [(0, 1), (0.05, 2)])
async def test_when_the_time_is_over_the_job_is_as_last_seen(within, looks) -> None:
    jobs = Jobs("Running")
    job, passed, _ = await until(jobs, within)
    assert (job.status, passed, len(jobs.seen)) == ("Running", within, looks)


@pytest.mark.parametrize(("heard", "waited"), [(True, 60), (False, 45)])
async def test_a_client_that_hears_nothing_waits_no_longer_than_hosts_do(heard, waited) -> None:
    assert (await until(Jobs("Running"), 60, heard=heard))[1] == waited


async def test_an_error_of_a_look_is_the_callers_to_handle() -> None:
    class Broken:
        async def look(self) -> Job:
            raise LookupError

    with pytest.raises(LookupError):
        await until(Broken(), 60)


class Time:
    """A clock that sleeping moves, and what a client was told with the second it was told in."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.told: list[tuple[float, float, float, str]] = []
        self.clock = Clock(monotonic=lambda: self.passed, sleep=self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds

    @property
    def progress(self) -> Progress:
        time = self

        class Told(Progress):
            async def tell(self, done: float, total: float, message: str) -> None:
                time.told.append((time.passed, done, total, message))

        return Told(True, None)


async def test_looks_become_rarer_up_to_one_in_four_seconds() -> None:
    time, jobs, at = Time(), Jobs("Running"), list[float]()

    async def look() -> Job:
        at.append(time.passed)
        return await jobs.look()

    await polling.until(look, stopped, 20, time.clock, time.progress, "its end")
    assert at == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 20]


async def test_a_pause_is_told_every_five_seconds_with_what_passed_before() -> None:
    time = Time()
    await polling.pause(12, time.clock, time.progress, done=30, total=60, message="1 Running")
    assert time.told == [(0, 30, 60, "1 Running"), (5, 35, 60, "1 Running"), (10, 40, 60, "1 Running")]
    assert time.passed == 12
