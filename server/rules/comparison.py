"""Compares two runs: how each ended, time in each phase, training speed, and what cannot be compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import NamedTuple

from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.insight.progress import Progress
from pai_dlc_mcp.server.insight.timeline import took

_PHASES = {
    "queued": ("Creating", "Queuing", "Bidding"),
    "prepared": ("EnvPreparing", "SanityChecking"),
    "ran": ("Running",),
    "restarting": ("Restarting",),
}
_NONE = "-"


@dataclass(frozen=True)
class Run:
    """A job and what was read about it; None for what could not be read or does not exist."""

    job: Job
    progress: Progress | None
    gpu_percent: float | None
    now: datetime

    def seconds(self, phase: str) -> float | None:
        """Seconds in the statuses of a phase, by StatusHistory; None if it has none of them."""
        spans = [span for span in self.job.history if span.status in _PHASES[phase] and span.start]
        times = [((span.end or self.now) - span.start).total_seconds() for span in spans if span.start]
        return sum(times) if times else None

    @property
    def size(self) -> str:
        return ", ".join(f"{spec.pod_count} x {spec.compute}" for spec in self.job.specs)


class Figure(NamedTuple):
    """One fact of both runs."""

    what: str
    a: str
    b: str


def figures(a: Run, b: Run) -> list[Figure]:
    """The figures that at least one run has."""
    told = [Figure(what, one, other) for (what, one), (_, other) in zip(_told(a), _told(b), strict=True)]
    return [figure for figure in told if (figure.a, figure.b) != (_NONE, _NONE)]


def not_comparable(a: Run, b: Run) -> Iterator[str]:
    """One sentence for each figure that is not comparable, with the reason."""
    for name, run in (("a", a), ("b", b)):
        if not run.job.terminal:
            yield f"outcome and run time: {name} is still {run.job.status}"
    if a.job.job_type != b.job.job_type:
        yield f"step time and loss: another framework ({a.job.job_type}, {b.job.job_type})"
    if a.size != b.size:
        yield f"step time and queue time: other resources ({a.size}; {b.size})"
    yield from _unknown("a", a)
    yield from _unknown("b", b)
    if a.progress and b.progress and a.progress.step != b.progress.step:
        yield f"last loss: a is at {_at(a.progress)}, b at {_at(b.progress)}"
    if (a.job.settings.sanity_check, b.job.settings.sanity_check) in ((True, False), (False, True)):
        yield "preparation: one of them checked its GPUs first"


def _unknown(name: str, run: Run) -> Iterator[str]:
    if run.progress is None:
        yield f"step time and loss: no known progress format in the log of {name}, or it has none"
    elif run.progress.broken:
        yield f"loss: that of {name} is no number from step {run.progress.broken.step} on"
    if run.gpu_percent is None:
        yield f"GPU use: the service has no figures of {name}"


def _told(run: Run) -> list[tuple[str, str]]:
    job, made = run.job, run.progress
    restarts = job.restarts if job.restarts and not job.restarts.startswith("0") else _NONE
    return [
        ("status", job.status),
        ("reason", job.reason_code or _NONE),
        ("resources", run.size or _NONE),
        *((phase, _NONE if (spent := run.seconds(phase)) is None else took(spent)) for phase in _PHASES),
        ("restarts", restarts),
        ("step", _step(made)),
        ("step time", f"{median(made.times):.3g} s" if made and made.times else _NONE),
        ("first loss", _loss(made.losses if made else ())),
        ("least loss", _loss([min(made.losses)] if made and made.losses else ())),
        ("last loss", _loss(made.losses[-1:] if made else ())),
        ("GPU use", _NONE if run.gpu_percent is None else f"{run.gpu_percent:.0f} %"),
    ]


def _at(made: Progress) -> str:
    return "a step its log does not tell" if made.step is None else f"step {made.step:,}"


def _step(made: Progress | None) -> str:
    if made is None or made.step is None:
        return _NONE
    return f"{made.step:,} of {made.total:,}" if made.total else f"{made.step:,}"


def _loss(values: Sequence[float]) -> str:
    return f"{values[0]:.4g}" if values else _NONE
