"""Many jobs like one, over a grid or a list of points: one yes, a few at once, and no twin.

Each point is a create of its own with a request id made of the template's body and the points, so that the journal
knows which were sent, after a kill as well. The store keeps that this very sweep was agreed to, as a digest; no value.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from pai_dlc_mcp.server.cloud.errors import or_none
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.pods import first_pod
from pai_dlc_mcp.server.safety.caller import Caller
from pai_dlc_mcp.server.safety.confirmation import keyed
from pai_dlc_mcp.server.safety.questions import Unanswered
from pai_dlc_mcp.server.safety.store import kept
from pai_dlc_mcp.server.workflows import clone, creation
from pai_dlc_mcp.server.workflows.create_journal import Entry, Journal
from pai_dlc_mcp.server.workflows.create_once import unresolved
from pai_dlc_mcp.server.workflows.creation import Checked
from pai_dlc_mcp.server.workflows.evidence import Evidence
from pai_dlc_mcp.server.workflows.side_by_side import side_by_side

MOST = 50  # points
_KIND = "sweep"
_REMEMBERED = 30 * 24 * 3600.0  # seconds that an agreed sweep goes on without a new yes, as long as the journal's
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"


@dataclass(frozen=True)
class Point:
    """One job of a sweep: what it is called, its request id, and the fields that are its own."""

    name: str
    request_id: str
    checked: Checked
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Sweep:
    """`key` is of the template's body and of all points: change one and it is another sweep, which asks anew."""

    key: str
    points: tuple[Point, ...]


class Best(NamedTuple):
    """The point whose last value of the metric is best, and the log line that says so."""

    job_id: str
    value: float
    line: str


def points(grid: Mapping[str, Any] | None, listed: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """Changes of each job; a grid's dotted fields are nested. Raises Failure for none, both, or more than MOST."""
    if bool(grid) == bool(listed):
        raise Failure(
            "A sweep takes a grid or points.",
            fix='Pass one: grid={"envs.LR": [0.1, 0.01]}, or points=[{"envs": {"LR": 0.1}}].',
            code="InvalidArgument",
        )
    made = [dict(point) for point in listed or ()]
    if grid:
        axes = [cast("list[Any]", values) if isinstance(values, list) else [values] for values in grid.values()]
        made = [_nested(dict(zip(grid, values, strict=True))) for values in itertools.product(*axes)]
    if not 1 <= len(made) <= MOST:
        raise Failure(
            f"The sweep has {len(made)} points.", fix=f"It takes 1 to {MOST}: leave values out.", code="InvalidArgument"
        )
    return made


async def plan(cloud: CloudInRegion, job_id: str, changes: Sequence[Mapping[str, Any]]) -> Sweep:
    """Reads the template and checks every job. Raises Failure for the first that could not be created, and for two
    that are the same."""
    original = await clone.read(cloud, job_id)
    key = keyed(cloud.key, cloud.region, job_id, original.body, changes)
    made: list[Point] = []
    seen: dict[str, int] = {}
    known: dict[str, Checked] = {}
    for number, change in enumerate(changes, 1):
        name = f"{original.job.display_name[:200]}-{key[:6]}-{number:02d}"
        one = clone.changed(original, {**change, "display_name": name})
        fields = tuple(_told(change, ""))
        twin = keyed(cloud.key, one.draft.model_copy(update={"display_name": ""}).body())
        if twin in seen:
            raise Failure(
                f"Points {seen[twin]} and {number} are the same job.", fix="Leave one out.", code="InvalidArgument"
            )
        seen[twin] = number
        made.append(Point(name, f"sweep-{key[:24]}-{number:02d}", await _checked(cloud, one, known), fields))
    return Sweep(key, tuple(made))


async def agreed(cloud: CloudInRegion, sweep: Sweep, principal: str, at_once: int) -> bool:
    """Whether this caller's user has said yes to this very sweep, so many at once."""
    return await kept(cloud.store.get, _KIND, keyed(cloud.key, sweep.key, principal, at_once)) is not None


async def agree(cloud: CloudInRegion, sweep: Sweep, principal: str, at_once: int) -> None:
    key = keyed(cloud.key, sweep.key, principal, at_once)
    await kept(cloud.store.put, _KIND, key, {"points": len(sweep.points)}, _REMEMBERED)


async def sent(cloud: CloudInRegion, principal: str, sweep: Sweep) -> dict[str, Job | None]:
    """Those whose create went out, by request id; None where no answer told the job, or it is gone."""
    journal = Journal(cloud.store)
    entries = await side_by_side(lambda point: journal.get(principal, point.request_id), sweep.points)
    known = [entry for entry in entries if entry]

    async def look(entry: Entry) -> Job | None:
        return await or_none(cloud.jobs.get(entry.job_id)) if entry.job_id else None

    return dict(zip([entry.request_id for entry in known], await side_by_side(look, known), strict=True))


async def unanswered(cloud: CloudInRegion, caller: Caller, sweep: Sweep) -> list[Unanswered]:
    """Its creates of which nobody knows what became, after one more look for each."""
    found = await side_by_side(lambda point: unresolved(cloud, caller, point.request_id), sweep.points)
    return [lost for lost in found if lost]


async def best(cloud: CloudInRegion, made: Sequence[Job], metric: str, *, highest: bool) -> Best | None:
    """By the last line of each leading pod's log that tells the metric; of jobs that succeeded."""
    found: list[Best] = []
    pattern = re.compile(rf"(?i)(?<![a-z_/]){re.escape(metric)}['\"]?[ \t]*[:= ][ \t]*({_NUMBER})(?![\w.])".encode())
    for job in made:
        if job.status != "Succeeded" or not job.pods:
            continue
        log = await Evidence(cloud, job).log(first_pod(job), failed=False)
        for line in reversed(log.lines if log else ()):
            if told := pattern.search(line[:2000]):
                found.append(Best(job.job_id, float(told[1]), line.decode(errors="replace").strip()))
                break
    if not found:
        return None
    return (max if highest else min)(found, key=lambda one: one.value)


async def _checked(cloud: CloudInRegion, one: clone.Clone, known: dict[str, Checked]) -> Checked:
    """What a point names is looked up once for all points that name the same."""
    draft = one.draft
    named = keyed(cloud.key, {**draft.body(), "DisplayName": "", "Envs": None, "UserCommand": "", "Description": ""})
    if named not in known:
        known[named] = await creation.check(cloud, draft)
    creation.job_spec.check(draft)
    return Checked(draft, known[named].specs)


def _told(change: object, path: str) -> Iterator[str]:
    """`envs.LR=0.1`, `user_command`: numbers are told, as no secret is one."""
    if isinstance(change, Mapping):
        for name, value in cast("Mapping[str, object]", change).items():
            yield from _told(value, f"{path}.{name}".lstrip("."))
    else:
        yield f"{path}={change}" if isinstance(change, int | float) else path


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """`{"envs.LR": 1}` as `{"envs": {"LR": 1}}`."""
    nested: dict[str, Any] = {}
    for path, value in flat.items():
        at = nested
        *above, last = path.split(".")
        for name in above:
            at = at.setdefault(name, {})
        at[last] = value
    return nested
