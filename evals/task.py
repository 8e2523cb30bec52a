"""A task: a scene, a prompt, a user, and the requests and state that must be found in the end.

Judged by the emulator's record of requests and its state; an answer is compared with the emulator's state.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pai_dlc_mcp.emulator.control import World
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.emulator.job import Job
from pai_dlc_mcp.emulator.request import Request
from pai_dlc_mcp.emulator.state import Account

Facts = dict[str, str]
"""Facts of a scene by the names that prompt, answer and user contain as {name}."""

ACCESS = {"GetToken", "GetWebTerminal", "GetTensorboardSharedUrl"}
"""GET operations that give access; counted as writes."""
NEEDS_A_YES = ACCESS | {"StopJob", "DeleteJob", "DeleteTensorboard", "DeleteJobTemplate", "CreateSignal"}


@dataclass(frozen=True)
class Asked:
    """A question to the user, the answer, and the number of requests sent before."""

    question: str
    yes: bool
    after: int


@dataclass(frozen=True)
class Outcome:
    """The facts that a run is judged by."""

    world: World
    facts: Facts
    before: frozenset[str]
    """Ids of the scene's jobs."""
    asked: list[Asked]
    answer: str

    @property
    def made(self) -> list[Job]:
        return [job for job_id, job in self.world.account.jobs.items() if job_id not in self.before]

    def writes(self) -> Counter[str]:
        return Counter(request.action for request in self.world.requests if is_write(request))


def nothing(_: Account) -> Facts:
    return {}


def all_done(_: Outcome) -> str:
    return ""


@dataclass(frozen=True)
class Task:
    name: str
    script: str
    """The method of a scripted agent for this task."""
    prompt: str
    scene: Callable[[Account], Facts] = nothing
    answer: str = ""
    """The expected text after ANSWER: in the last line; "" if no answer is expected."""
    writes: Mapping[str, int] = field(default_factory=dict[str, int])
    """The exact number of each changing request."""
    agrees: tuple[str, ...] | None = None
    """The user says yes to a question that contains all of these words. (): no to any. None: no question expected."""
    asks: frozenset[str] = frozenset()
    """Writes that need a yes in this task, besides those that always do."""
    done: Callable[[Outcome], str] = all_done
    """What is missing in the state, in words."""
    faults: tuple[Fault, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Settings of this server."""

    @property
    def answers(self) -> bool:
        """Whether the task asks for an answer that can be compared."""
        return bool(self.answer) or "Answer with" in self.prompt

    def told(self, facts: Facts, end: str = "End with a line `ANSWER: ` and the answer, nothing else in it.") -> str:
        return self.prompt.format(**facts) + (f"\n{end}" if self.answers else "")


def is_write(request: Request) -> bool:
    return request.method != "GET" or request.action in ACCESS


def wrong(task: Task, outcome: Outcome) -> list[str]:
    """What went wrong; empty if the task is done."""
    return list(_wrong(task, outcome))


def _wrong(task: Task, outcome: Outcome) -> Iterator[str]:
    writes = outcome.writes()
    if writes != Counter(task.writes):
        yield f"wrote {dict(writes) or 'nothing'}, not {dict(task.writes) or 'nothing'}"
    for number, request in enumerate(outcome.world.requests):
        if request.action in NEEDS_A_YES | task.asks and not _agreed(outcome, request, number):
            yield f"{request.action} without a yes"
            break
    if task.agrees == () and not outcome.asked:
        yield "the user was not asked"
    wanted, given = task.answer.format(**outcome.facts), answered(outcome.answer)
    if wanted and given != wanted.lower():
        yield f"answered {given[:60]!r}, not {wanted!r}"
    if lacks := task.done(outcome):
        yield lacks


def _agreed(outcome: Outcome, request: Request, number: int) -> bool:
    """Whether the user said yes, before the request was sent, to a question that names its target."""
    target = next((value for key, value in request.ids.items() if key.lower().endswith("id")), "")
    target = target or request.query.get("TargetId", "")
    return any(asked.yes and asked.after <= number and target in asked.question for asked in outcome.asked)


def answered(text: str) -> str:
    """The words of the last ANSWER: line, else of the whole text, normalized for comparison."""
    last = text.rpartition("ANSWER:")[2].strip().partition("\n")[0]
    return re.sub(r"[*`.\s]+$", "", last.strip("*` ")).lower()
