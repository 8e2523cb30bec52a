"""All state: one Account of one Alibaba Cloud user, from seeds/*.json, and its jobs."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pai_dlc_mcp.emulator import errors
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.job import Job
from pai_dlc_mcp.emulator.lifecycle import Life
from pai_dlc_mcp.emulator.request import Json
from pai_dlc_mcp.emulator.signature import Key

# Invented; accepted by emulators only.
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
class Cordon:
    """A node that accepts no pods (cordon.py)."""

    node: str
    since: datetime


@dataclass
class Tensorboard:
    """A tensorboard. It can be started again, so its life is only appended to."""

    board_id: str
    created: datetime
    modified: datetime
    body: Json
    life: Life


class Account:
    """What one RAM user sees of PAI; the same in each region. `log_order` is configurable, because the API
    documentation does not say whether GetPodLogs returns the last MaxLines records or the first."""

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
    """Permanent workloads on the quotas other than DLC jobs: they hold GPUs and appear nowhere else."""
    cordons: list[Cordon]
    """Cordons caused by deleted jobs; those of other jobs are computed from their lives."""
    count: int
    """Number of ids issued."""
    executes: bool
    """Whether commands of new jobs really run."""
    settled: datetime
    """The time up to which the queues were processed (ledger.py)."""

    def __init__(self, clock: Clock, seeds: Path = SEEDS, secret: str = "") -> None:
        """`seeds`: folder of JSON files; missing ones are taken from the emulator's own. With a `secret` the account
        executes commands and does not accept the well-known keys."""
        self.clock = clock
        self.seeds = seeds
        self.executes = bool(secret)
        self.secret = secret
        self.reset()

    def seed(self, name: str) -> list[Json]:
        own = self.seeds / f"{name}.json"
        return json.loads((own if own.is_file() else SEEDS / own.name).read_text(encoding="utf-8"))

    def reset(self) -> None:
        """Reset to the seeds; jobs.seed adds the past jobs."""
        self.keys = {ACCESS_KEY_ID: Key(self.secret or ACCESS_KEY_SECRET)}
        if not self.executes:
            self.keys[STS_ACCESS_KEY_ID] = Key(STS_ACCESS_KEY_SECRET, STS_SECURITY_TOKEN)
        self.log_order = "tail"
        self.jobs, self.templates, self.tensorboards, self.signals = {}, {}, {}, {}
        self.ray_history_servers, self.cordons = {}, []
        self.settled = datetime(1970, 1, 1, tzinfo=UTC)
        for name in ("workspaces", "images", "datasets", "code_sources", "specs", "quotas", "workloads"):
            setattr(self, name, self.seed(name))
        self.count = 0

    def now(self) -> datetime:
        return self.clock.now()

    def new_id(self, prefix: str, length: int) -> str:
        """The account's next id; the same sequence in each run."""
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
        """The job, if it exists and the user may read it (with `own`: change it). Raises ServiceError."""
        job = self.jobs.get(job_id)
        if not job or not job.visible(self.now()):
            raise errors.not_found(f"Job {job_id} not found.")
        if job.user_id != USER_ID and (own or not job.public):
            raise errors.denied(f"paidlc:{action}", USER_ID, OWNER_ID)
        return job


DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
