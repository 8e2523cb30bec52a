"""Compares a create with the operator's limits, from the jobs that count. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pai_dlc_mcp.server.cloud.jobs import JobSummary
from pai_dlc_mcp.server.prices import PriceTable
from pai_dlc_mcp.server.spend_limits import SpendLimits

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_UNBOUNDED = 24.0  # hours for a job without a time limit
_UNITS = {
    "gpu_hours_a_day": "GPU-hours in 24 h",
    "gpus_at_once": "GPUs at once",
    "jobs_an_hour": "jobs in an hour",
    "failures_in_a_row": "failures in a row",
    "amount_a_day": "spent in 24 h",
}


@dataclass(frozen=True)
class Spent:
    """One job as it counts. `hours`: the hours it ran; for a live job the most it can run, 24 without a limit.
    `hourly`: price in the table's currency."""

    created: datetime
    ended: datetime | None
    failed: bool
    gpus: float
    hours: float
    hourly: float


@dataclass(frozen=True)
class Figure:
    """One limit: used now, and used after the create."""

    name: str
    limit: float
    used: float
    after: float

    @property
    def refuses(self) -> bool:
        return self.after > self.limit

    def asks(self, part: float) -> bool:
        return self.after > part * self.limit

    def __str__(self) -> str:
        would = f", would be {self.after:g}" if self.after != self.used else ""
        return f"{self.name}: {self.used:g} of {self.limit:g} {_UNITS[self.name]}{would}"


def hours(minutes: int | None) -> float:
    """The hours that a job with this job_max_running_time_minutes counts for, at most 24."""
    return min(minutes / 60, _UNBOUNDED) if minutes else _UNBOUNDED


def of_job(job: JobSummary, prices: PriceTable | None, region: str, now: datetime) -> Spent:
    """A job found in the account."""
    began = job.running_since
    ran = ((job.finished or now) - began).total_seconds() / 3600 if began else 0.0
    price = sum(((prices and prices.hourly(region, spec.ecs_spec or "")) or 0) * spec.pod_count for spec in job.specs)
    return Spent(
        created=job.created or now,
        ended=(job.finished or job.modified or now) if job.terminal else None,
        failed=job.status == "Failed",
        gpus=job.gpus or 0.0,
        hours=min(ran, _UNBOUNDED) if job.terminal else max(hours(job.max_minutes), min(ran, _UNBOUNDED)),
        hourly=price,
    )


def figures(limits: SpendLimits, spent: Sequence[Spent], wanted: Sequence[Spent], now: datetime) -> list[Figure]:
    """Figures for the limits that are set, in the order of the settings."""
    counted = dict(_counted(spent, now))
    more = dict(_counted(wanted, now))
    row = float(failures(spent, now))
    found: list[Figure] = []
    for name in _UNITS:
        limit = getattr(limits, name)
        used, after = (
            (row, row + 1 if wanted else row)
            if name == "failures_in_a_row"
            else (counted[name], counted[name] + more[name])
        )
        if limit is not None:
            found.append(Figure(name, float(limit), round(used, 2), round(after, 2)))
    return found


def failures(spent: Sequence[Spent], now: datetime) -> int:
    """How many of the jobs that ended last, within 24 hours, failed without a success between them."""
    count = 0
    ended = [job for job in spent if job.ended and now - job.ended < _DAY]
    for job in sorted(ended, key=lambda job: job.ended or now, reverse=True):
        if not job.failed:
            break
        count += 1
    return count


def _counted(jobs: Sequence[Spent], now: datetime) -> Iterator[tuple[str, float]]:
    today = [job for job in jobs if job.ended is None or now - job.ended < _DAY]
    yield "gpu_hours_a_day", sum(job.gpus * job.hours for job in today)
    yield "gpus_at_once", sum(job.gpus for job in jobs if job.ended is None)
    yield "jobs_an_hour", float(sum(now - job.created < _HOUR for job in jobs))
    yield "amount_a_day", sum(job.hourly * job.hours for job in today)
