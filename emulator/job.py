"""A job in the account: its request, its computed life, and events of its pods."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pai_dlc_mcp.emulator.lifecycle import TERMINAL, Life, Transition, last, so_far
from pai_dlc_mcp.emulator.request import Json
from pai_dlc_mcp.emulator.scenarios.catalog import EXECUTED, SCENARIOS
from pai_dlc_mcp.emulator.scenarios.scenario import Scenario


@dataclass(frozen=True)
class Resources:
    """Resources of one pod of a spec; memory in GiB."""

    cpu: int
    gpu: int
    memory: int


@dataclass
class Execution:
    """What happened to the pods of a job whose command runs (execute/runner.py); times in seconds since the job's
    creation."""

    started: bool = False
    stopped: bool = False
    lines: dict[str, list[tuple[float, str]]] = field(default_factory=dict[str, list[tuple[float, str]]])
    exits: dict[str, tuple[float, int]] = field(default_factory=dict[str, tuple[float, int]])
    """End time and exit code of each pod that ended, by pod id."""
    signals: list[tuple[list[str], int]] = field(default_factory=list[tuple[list[str], int]])
    """Signals to deliver: pod ids and number."""


@dataclass(frozen=True)
class Move:
    """From `at` seconds after the job's creation a pod is on another node."""

    at: float
    pod_id: str
    node: str


@dataclass(frozen=True)
class Stay:
    """The time of a pod in its job, in seconds since the job's creation; limited only for pods of elastic jobs."""

    rank: int
    role: str
    index: int
    resources: Resources
    since: float
    until: float


@dataclass
class Job:
    """A job as created, and the life computed for it."""

    job_id: str
    user_id: str
    created: datetime
    body: Json
    scenario_name: str
    resources: list[Resources]
    """One for each item of JobSpecs."""
    life: Life
    modified: datetime
    priorities: list[tuple[datetime, int]] = field(default_factory=list[tuple[datetime, int]])
    """Accepted changes and the time at which they become visible."""
    nodes: dict[str, str] = field(default_factory=dict[str, str])
    """Node of each pod by pod id, for a quota job that has left the queue."""
    moves: list[Move] = field(default_factory=list[Move])
    """Moves away from cordoned nodes before a restart."""
    joined: dict[str, float] = field(default_factory=dict[str, float])
    """By pod id, for pods that joined an elastic job later: seconds since its creation."""
    left: list[Stay] = field(default_factory=list[Stay])
    """Pods that an elastic job removed."""
    visible_from: datetime | None = None
    """Before this time GetJob and ListJobs do not find the job (fault late_visibility); None: no limit."""

    execution: Execution | None = None
    """For a job whose command really runs; it replaces the scenario."""

    def visible(self, now: datetime) -> bool:
        return self.visible_from is None or self.visible_from <= now

    @property
    def scenario(self) -> Scenario:
        return EXECUTED if self.execution else SCENARIOS[self.scenario_name]

    @property
    def kind(self) -> str:
        return self.body["JobType"]

    @property
    def public(self) -> bool:
        return self.body.get("Accessibility") == "PUBLIC"

    @property
    def quota_id(self) -> str:
        return self.body.get("ResourceId", "")

    def at(self, offset: float) -> datetime:
        return self.created + timedelta(seconds=offset)

    def elapsed(self, now: datetime) -> float:
        return (now - self.created).total_seconds()

    def history(self, now: datetime) -> Life:
        return so_far(self.life, self.elapsed(now))

    def present(self, now: datetime) -> Transition:
        return self.history(now)[-1]

    def status(self, now: datetime) -> str:
        return self.present(now).status

    def finished(self, now: datetime) -> datetime | None:
        """When it reached a terminal status; None before."""
        end = last(self.history(now), *TERMINAL)
        return self.at(end.at) if end else None

    def priority(self, now: datetime) -> int:
        seen = [value for visible, value in self.priorities if visible <= now]
        return seen[-1] if seen else self.body.get("Priority", 1)
