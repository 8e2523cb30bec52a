"""Many pods of one job in a few lines: those that ended alike together, the first to fail first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pai_dlc_mcp.server.insight.errors import Cause
from pai_dlc_mcp.server.insight.kinds import DEATH, ERROR, NOISE, ROOT, STALL, VICTIM, WRAPPER

_NUMBERS = re.compile(r"[0-9a-f]*\d[0-9a-f]*", re.IGNORECASE)
_NAMED = 4  # pods of a group that are named
_LATE = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Ending:
    """How one pod ended, and the line of its log nearest to why."""

    pod_id: str
    status: str
    finished: datetime | None
    cause: Cause | None


def grouped(endings: Sequence[Ending]) -> list[str]:
    """`29 of 32 pods Failed: NCCL timeout; first dlc…-worker-7 at 2026-01-05 08:14:02Z, rank 7, line 312`, then that
    line.

    The nearest to the cause first, then by the time the first of a group ended. The lines are the jobs' words: fence
    them.
    """
    lines: list[str] = []
    for (status, kind, _), members in _groups(endings):
        first = members[0]
        where = f"; first {first.pod_id}{_when(first)}{_where(first.cause)}"
        lines.append(f"{len(members)} of {len(endings)} pods {status}: {kind}{where}{_others(members)}")
        if first.cause:
            lines.append(f"  {first.cause.text}")
    return lines


def leader(endings: Sequence[Ending]) -> Ending | None:
    """The pod that says why: the first of the first group. None if no pod has anything to say."""
    groups = _groups(endings)
    return groups[0][1][0] if groups and groups[0][1][0].cause else None


def _groups(endings: Sequence[Ending]) -> list[tuple[tuple[str, str, str], list[Ending]]]:
    groups: dict[tuple[str, str, str], list[Ending]] = {}
    for ending in endings:
        cause = ending.cause
        shape = _NUMBERS.sub("#", cause.text) if cause else ""
        groups.setdefault((ending.status, cause.kind if cause else "no error in its log", shape), []).append(ending)
    for members in groups.values():
        members.sort(key=_time)
    return sorted(groups.items(), key=lambda item: (_distance(item[1][0].cause), _time(item[1][0])))


def _when(ending: Ending) -> str:
    return f" at {ending.finished.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}" if ending.finished else ""


def _where(cause: Cause | None) -> str:
    if cause is None:
        return ""
    return (f", rank {cause.rank}" if cause.rank is not None else "") + f", line {cause.line:,}"


def _others(members: Sequence[Ending]) -> str:
    """`; also worker-1, worker-2 and 26 more`: short names, the job's id stands before them."""
    names = ["-".join(member.pod_id.rsplit("-", 2)[1:]) for member in members[1:_NAMED]]
    more = f" and {len(members) - _NAMED} more" if len(members) > _NAMED else ""
    return f"; also {', '.join(names)}{more}" if names else ""


# From what a pod's log says of its end to whether another pod's end was the reason. A pod that stopped without a word
# is what the others' collectives waited for
_NEARNESS = (ROOT, DEATH, ERROR, WRAPPER, NOISE, STALL, VICTIM)


def _distance(cause: Cause | None) -> int:
    return _NEARNESS.index(cause.level) if cause else len(_NEARNESS)


def _time(ending: Ending) -> datetime:
    return ending.finished or _LATE
