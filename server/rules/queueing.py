"""Describes what keeps a job in its quota's queue: limits and gaps, nodes, strategy. Facts without advice."""

from collections.abc import Iterator, Sequence

from pai_dlc_mcp.server.budget.fence import word
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.quotas import Diagnosis, Limit
from pai_dlc_mcp.server.rules.resources import Resources, gib, number, resources

_JOBS_NAMED = 10  # jobs ahead that are named
_LIMITS = {
    "SelfQuotaLimit": "limit of the quota",
    "AncestorQuotaLimit": "limit of a quota above it",
    "UserLimit": "limit of its user",
    "QueueStrategyLimit": "strategy: jobs ahead of it wait too",
}
# By a word in the strategy's name; source: help.aliyun.com, PAI "Scheduling policies".
_STRATEGIES = {
    "intelligent": "priority 7 to 9 first in, first out and never skipped; below 7 a job that cannot start is skipped, "
    "and its priority grows with its wait, up to 6",
    "balance": "first in, first out; a head of the queue that waits for some minutes may be skipped",
    "robin": "a job that cannot start is skipped",
    "fifo": "first in, first out: a head of the queue that cannot start holds all behind it",
}


def strategy(name: str | None) -> str | None:
    """`PaiStrategyIntelligent: …` with a description; None for an unknown name."""
    words = next((words for key, words in _STRATEGIES.items() if key in (name or "").lower()), None)
    return f"{name}: {words}" if words else name


def never_skipped(name: str | None, priority: int) -> bool:
    """Whether a job of this priority that cannot start blocks the jobs behind it."""
    kind = (name or "").lower()
    return priority >= 7 if "intelligent" in kind else "fifo" in kind


def demand(job: Job) -> Resources:
    """What all pods of a quota job request together."""
    total = Resources()
    for spec in job.specs:
        if asked := spec.resources:
            total = total.plus(resources(asked.gpu, asked.cpu, asked.memory).times(spec.pod_count))
    return total


def blocked_by(diagnosis: Diagnosis, asked: Resources) -> Sequence[str]:
    """One sentence for each finding of the quota's diagnosis; or one that it found nothing."""
    return list(_found(diagnosis, asked)) or [
        "nothing: quota, user limit and nodes have room; the strategy or a state that passes holds the job"
    ]


def _found(diagnosis: Diagnosis, asked: Resources) -> Iterator[str]:
    for name, limit in diagnosis.limits.items():
        if limit.status == "Failed":
            yield _limit(_LIMITS.get(name, word(name)), limit, asked)
    placement = diagnosis.placement
    if placement and placement.status == "Failed":
        yield f"nodes: {placement.fitting} of {placement.pods} pods have room"
        for unfit in placement.unfit:
            yield f"{word(unfit.reason)}: {len(unfit.nodes)} nodes"


def _limit(what: str, limit: Limit, asked: Resources) -> str:
    named = list(limit.jobs[:_JOBS_NAMED])
    more = [f"and {len(limit.jobs) - len(named)} more"] if len(limit.jobs) > len(named) else []
    said = "; ".join(filter(None, [*(_gap(name, limit, asked) for name in limit.exceeded), ", ".join([*named, *more])]))
    return f"{what}: {said}" if said else what


def _gap(name: str, limit: Limit, asked: Resources) -> str:
    """`GPU 144 of 144 used, 128 asked, 128 short`; short = asked - (limit - used)."""
    used, most = limit.used.get(name), limit.limit.get(name)
    if used is None or most is None:
        return name
    read = gib if name == "Memory" else number
    wanted = {"GPU": asked.gpu, "CPU": asked.cpu, "Memory": asked.memory}.get(name, 0)
    short = wanted - (read(most) - read(used))
    unit = " GiB" if name == "Memory" else ""
    gap = f", {wanted:g}{unit} asked, {short:g}{unit} short" if wanted and short > 0 else ""
    return f"{name} {used} of {most} used{gap}"
