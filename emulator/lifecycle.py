"""The life of a job as data: (offset in seconds, status) transitions, computed once. The state at any time is looked
up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

TERMINAL = frozenset({"Succeeded", "Failed", "Stopped"})
STOPPING_SECONDS = 15.0


@dataclass(frozen=True)
class Transition:
    """From `at` seconds after creation the job has this status, for this reason."""

    at: float
    status: str
    code: str = ""
    message: str = ""
    killed: "Killed | None" = None
    """What ended the pods, if not the scenario."""


@dataclass(frozen=True)
class Killed:
    """A signal that ended the pod with this rank; the other pods follow."""

    rank: int
    exit_code: int


Life = tuple[Transition, ...]


@dataclass(frozen=True)
class Phase:
    """A status and its duration; an infinite one is the last."""

    status: str
    seconds: float
    code: str = ""
    message: str = ""


def life(phases: Sequence[Phase]) -> Life:
    """The transitions of consecutive phases, up to the first infinite one."""
    transitions: list[Transition] = []
    at = 0.0
    for phase in phases:
        transitions.append(Transition(at, phase.status, phase.code, phase.message))
        at += phase.seconds
        if at == inf:
            break
    return tuple(transitions)


def so_far(transitions: Life, elapsed: float) -> Life:
    """The transitions up to now; the last one is the present."""
    return tuple(t for t in transitions if t.at <= elapsed) or transitions[:1]


def spans(transitions: Life) -> Iterator[tuple[Transition, float | None]]:
    """Each transition with the offset of the next one, None for the last."""
    for this, following in pairwise(transitions):
        yield this, following.at
    yield transitions[-1], None


def last(transitions: Life, *statuses: str) -> Transition | None:
    return next((t for t in reversed(transitions) if t.status in statuses), None)


def stopped(transitions: Life, elapsed: float, code: str, message: str) -> Life:
    """The life of a job that is being stopped: later transitions are replaced by Stopping and Stopped."""
    return (
        *so_far(transitions, elapsed),
        Transition(elapsed, "Stopping"),
        Transition(elapsed + STOPPING_SECONDS, "Stopped", code, message),
    )
