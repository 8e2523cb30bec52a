"""Creates many jobs that differ in listed fields: one confirmation, a few creates in parallel, no duplicates.

The request id of each point is made of the template's body and the points, so the journal knows which were sent, also
after a crash. The store keeps a digest of each sweep that was agreed to, and no values.
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
_REMEMBERED = 30 * 24 * 3600.0  # seconds that a sweep needs no new confirmation; as in the journal
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"


@dataclass(frozen=True)
class Point:
    """One job of a sweep: display name, request id, and the fields in which it differs."""

    name: str
    request_id: str
    checked: Checked
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Sweep:
    """A planned sweep. `key`: digest of the template's body and all points; any change is a new sweep, which needs a
    confirmation."""

    key: str
    points: tuple[Point, ...]


class Best(NamedTuple):
    """The point with the best last value of the metric, and the log line with that value."""

    job_id: str
    value: float
    line: str


def points(grid: Mapping[str, Any] | None, listed: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """The changes of each job. Dotted field names of a grid are nested. Raises Failure for no points, for both forms at
    once, and for more than MOST points."""
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
    """Read the template and check every job. Raises Failure for the first job that could not be created, and for two
    equal ones."""
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
    """Whether this caller's user agreed to this sweep with `at_once` parallel jobs."""
    return await kept(cloud.store.get, _KIND, keyed(cloud.key, sweep.key, principal, at_once)) is not None


async def agree(cloud: CloudInRegion, sweep: Sweep, principal: str, at_once: int) -> None:
    """Record that the user agreed."""
    key = keyed(cloud.key, sweep.key, principal, at_once)
    await kept(cloud.store.put, _KIND, key, {"points": len(sweep.points)}, _REMEMBERED)


async def sent(cloud: CloudInRegion, principal: str, sweep: Sweep) -> dict[str, Job | None]:
    """The jobs whose create was sent, by request id; None if the job is not known or no longer exists."""
    journal = Journal(cloud.store)
    entries = await side_by_side(lambda point: journal.get(principal, point.request_id), sweep.points)
    known = [entry for entry in entries if entry]

    async def look(entry: Entry) -> Job | None:
        return await or_none(cloud.jobs.get(entry.job_id)) if entry.job_id else None

    return dict(zip([entry.request_id for entry in known], await side_by_side(look, known), strict=True))


async def unanswered(cloud: CloudInRegion, caller: Caller, sweep: Sweep) -> list[Unanswered]:
    """Creates of the sweep without a known result, after one more search for each."""
    found = await side_by_side(lambda point: unresolved(cloud, caller, point.request_id), sweep.points)
    return [lost for lost in found if lost]


async def best(cloud: CloudInRegion, made: Sequence[Job], metric: str, *, highest: bool) -> Best | None:
    """The best succeeded job, by the last log line of its leading pod that contains the metric; None if there is
    none."""
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
    """Check one job. Points that name the same things share one check."""
    draft = one.draft
    named = keyed(cloud.key, {**draft.body(), "DisplayName": "", "Envs": None, "UserCommand": "", "Description": ""})
    if named not in known:
        known[named] = await creation.check(cloud, draft)
    creation.job_spec.check(draft)
    return Checked(draft, known[named].specs)


def _told(change: object, path: str) -> Iterator[str]:
    """`envs.LR=0.1`, `user_command`: values are included if they are numbers, which are no secrets."""
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
