"""All that changes: one Account of one Alibaba Cloud user, seeded from seeds/*.json, and the jobs in it."""

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pai_dlc_mcp.emulator import errors
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.lifecycle import TERMINAL, Life, Transition, last, so_far
from pai_dlc_mcp.emulator.request import Json
from pai_dlc_mcp.emulator.scenarios.catalog import EXECUTED, SCENARIOS
from pai_dlc_mcp.emulator.scenarios.scenario import Scenario
from pai_dlc_mcp.emulator.signature import Key

# Invented: they open nothing but emulators.
ACCESS_KEY_ID = "emulator-access-key-id"
ACCESS_KEY_SECRET = "emulator-access-key-secret"  # noqa: S105
STS_ACCESS_KEY_ID = "STS.emulator-access-key-id"
STS_ACCESS_KEY_SECRET = "emulator-sts-access-key-secret"  # noqa: S105
STS_SECURITY_TOKEN = "emulator-security-token"  # noqa: S105

REGION = "cn-hangzhou"
OWNER_ID = "1234567890123456"
USER_ID = "201234567890123456"
USER_NAMES = {USER_ID: "alice", "209876543210987654": "bob", OWNER_ID: "owner"}

SEEDS = Path(__file__).parent / "seeds"


@dataclass(frozen=True)
class Resources:
    """What one pod of a spec asks for; memory in GiB."""

    cpu: int
    gpu: int
    memory: int


@dataclass
class Execution:
    """What really happened to the pods of a job whose command runs (execute/runner.py); times are seconds since the
    job's creation."""

    started: bool = False
    stopped: bool = False
    lines: dict[str, list[tuple[float, str]]] = field(default_factory=dict[str, list[tuple[float, str]]])
    exits: dict[str, tuple[float, int]] = field(default_factory=dict[str, tuple[float, int]])
    """When and with which code each pod ended, by pod id."""
    signals: list[tuple[list[str], int]] = field(default_factory=list[tuple[list[str], int]])
    """To be delivered: pod ids and number."""


@dataclass(frozen=True)
class Stay:
    """A pod's time in its job, in seconds since its creation; only an elastic job's have a beginning or an end."""

    rank: int
    role: str
    index: int
    resources: Resources
    since: float
    until: float


@dataclass
class Job:
    """A job as it was created, and the life computed for it then."""

    job_id: str
    user_id: str
    created: datetime
    body: Json
    scenario_name: str
    resources: list[Resources]
    """One for each of the body's JobSpecs."""
    life: Life
    modified: datetime
    priorities: list[tuple[datetime, int]] = field(default_factory=list[tuple[datetime, int]])
    """Accepted changes and when they become visible."""
    nodes: dict[str, str] = field(default_factory=dict[str, str])
    """Of a quota job that has left the queue: the node of each pod, by pod id."""
    joined: dict[str, float] = field(default_factory=dict[str, float])
    """Of pods that came to an elastic job later: when, in seconds since its creation, by pod id."""
    left: list[Stay] = field(default_factory=list[Stay])
    """Of pods that an elastic job gave up."""
    visible_from: datetime | None = None
    """Until then neither GetJob nor ListJobs finds it (fault late_visibility); None is at once."""

    execution: Execution | None = None
    """Of a job whose command really runs, instead of a scenario."""

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
        """When it reached a terminal status, if it has."""
        end = last(self.history(now), *TERMINAL)
        return self.at(end.at) if end else None

    def priority(self, now: datetime) -> int:
        seen = [value for visible, value in self.priorities if visible <= now]
        return seen[-1] if seen else self.body.get("Priority", 1)


@dataclass
class Tensorboard:
    """A TensorBoard instance; it can be started again, so its life only grows."""

    board_id: str
    created: datetime
    modified: datetime
    body: Json
    life: Life


class Account:
    """What one RAM user sees of PAI, in every region alike. `log_order` is a switch: the API documentation does
    not say whether GetPodLogs cuts to the last MaxLines records or to the first."""

    clock: Clock
    keys: dict[str, Key]
    log_order: Literal["tail", "head"]
    jobs: dict[str, Job]
    templates: dict[str, Json]
    tensorboards: dict[str, Tensorboard]
    ray_history_servers: dict[str, Tensorboard]
    signals: dict[str, list[Json]]
    workspaces: list[Json]
    images: list[Json]
    datasets: list[Json]
    code_sources: list[Json]
    specs: list[Json]
    quotas: list[Json]
    workloads: list[Json]
    """What others than DLC jobs run on the quotas, for ever: it takes GPUs, and no operation shows more of it."""
    count: int
    """How many ids it has given out."""
    executes: bool
    """Whether the commands of new jobs really run."""
    settled: datetime
    """Up to when the queues have been worked off (ledger.py)."""

    def __init__(self, clock: Clock, seeds: Path = SEEDS, secret: str = "") -> None:
        """`seeds` is a folder of JSON files; what it lacks comes from the emulator's own. With a `secret` of its own
        the account executes what it is sent, and the well-known keys are none of its."""
        self.clock = clock
        self.seeds = seeds
        self.executes = bool(secret)
        self.secret = secret
        self.reset()

    def seed(self, name: str) -> list[Json]:
        own = self.seeds / f"{name}.json"
        return json.loads((own if own.is_file() else SEEDS / own.name).read_text(encoding="utf-8"))

    def reset(self) -> None:
        """Back to the seeds; the past jobs are written in by jobs.seed."""
        self.keys = {ACCESS_KEY_ID: Key(self.secret or ACCESS_KEY_SECRET)}
        if not self.executes:
            self.keys[STS_ACCESS_KEY_ID] = Key(STS_ACCESS_KEY_SECRET, STS_SECURITY_TOKEN)
        self.log_order = "tail"
        self.jobs, self.templates, self.tensorboards, self.signals = {}, {}, {}, {}
        self.ray_history_servers = {}
        self.settled = datetime(1970, 1, 1, tzinfo=UTC)
        for name in ("workspaces", "images", "datasets", "code_sources", "specs", "quotas", "workloads"):
            setattr(self, name, self.seed(name))
        self.count = 0

    def now(self) -> datetime:
        return self.clock.now()

    def new_id(self, prefix: str, length: int) -> str:
        """The account's next id: the same ones in every run."""
        self.count += 1
        number = int.from_bytes(hashlib.sha256(f"{prefix}{self.count}".encode()).digest())
        return prefix + "".join(DIGITS[number // 36**place % 36] for place in range(length))

    def new_request_id(self) -> str:
        self.count += 1
        return str(uuid.uuid5(uuid.NAMESPACE_OID, str(self.count))).upper()

    def default_workspace(self) -> Json:
        return next(workspace for workspace in self.workspaces if workspace["IsDefault"])

    def workspace(self, workspace_id: str) -> Json:
        for workspace in self.workspaces:
            if workspace["WorkspaceId"] == workspace_id:
                return workspace
        raise errors.workspace_not_found()

    def quota(self, quota_id: str) -> Json:
        for quota in self.quotas:
            if quota["QuotaId"] == quota_id:
                return quota
        raise errors.not_found(f"Quota {quota_id} not found.")

    def job(self, job_id: str, action: str, *, own: bool = False) -> Job:
        """The job, if there is one and the user may read it (or, with `own`, change it)."""
        job = self.jobs.get(job_id)
        if not job or not job.visible(self.now()):
            raise errors.not_found(f"Job {job_id} not found.")
        if job.user_id != USER_ID and (own or not job.public):
            raise errors.denied(f"paidlc:{action}", USER_ID, OWNER_ID)
        return job


DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
