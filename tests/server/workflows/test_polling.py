"""Looking again until something holds, within a bound."""

from collections.abc import Iterator

import pytest

from pai_dlc_mcp.server.cloud.jobs import Job
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


async def test_one_look_is_enough_if_it_holds_already() -> None:
    jobs = Jobs("Stopped")
    assert (await polling.until(jobs.look, stopped, within=60)).status == "Stopped"
    assert jobs.seen == ["Stopped"]


async def test_it_looks_again_until_it_holds() -> None:
    jobs = Jobs("Running", "Stopped")
    assert (await polling.until(jobs.look, stopped, within=60)).status == "Stopped"
    assert jobs.seen == ["Running", "Stopped"]


@pytest.mark.parametrize(("within", "looks"), [(0, 1), (0.05, 2)])
async def test_when_the_time_is_over_the_job_is_as_last_seen(within, looks) -> None:
    jobs = Jobs("Running")
    assert (await polling.until(jobs.look, stopped, within=within)).status == "Running"
    assert len(jobs.seen) == looks


async def test_an_error_of_a_look_is_the_callers_to_handle() -> None:
    async def look() -> Job:
        raise LookupError

    with pytest.raises(LookupError):
        await polling.until(look, stopped, within=60)
