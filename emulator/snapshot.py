"""The emulator's state as a JSON file: the contents of an account, and its time."""

import os
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from pai_dlc_mcp.emulator.execute import runner
from pai_dlc_mcp.emulator.job import Job
from pai_dlc_mcp.emulator.request import Json
from pai_dlc_mcp.emulator.scenarios.catalog import SCENARIOS
from pai_dlc_mcp.emulator.state import Account, Cordon, Tensorboard


@dataclass
class Snapshot:
    """The content of a state file, under Account's names; without keys and faults."""

    version: Literal[1]
    now: datetime
    log_order: Literal["tail", "head"]
    settled: datetime
    cordons: list[Cordon]
    count: int
    """Number of ids issued by the account."""
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


SHAPE = TypeAdapter(Snapshot)
PLAIN = [each.name for each in fields(Snapshot) if each.name not in ("version", "now")]


def dump(account: Account) -> bytes:
    values = {name: getattr(account, name) for name in PLAIN}
    return SHAPE.dump_json(Snapshot(version=1, now=account.now(), **values), indent=1)


def restore(account: Account, text: bytes) -> None:
    """Replace the account's state by a snapshot. Time continues from the snapshot's, or from the clock's present if
    that is later. Raises ValueError for invalid text; the account is then unchanged."""
    try:
        found = SHAPE.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"no state of this emulator: {place or 'the file'}: {first['msg']}") from None
    if unknown := {job.scenario_name for job in found.jobs.values()} - SCENARIOS.keys():
        raise ValueError(f"no state of this emulator: scenario {min(unknown)} does not exist")
    for name in PLAIN:
        setattr(account, name, getattr(found, name))
    account.clock.advance(max(0.0, (found.now - account.now()).total_seconds()))
    for job in account.jobs.values():
        end_lost_processes(account, job)


def end_lost_processes(account: Account, job: Job) -> None:
    """The processes of a job that ran when its state was written are gone; how they ended is unknown."""
    if job.execution and job.execution.started:
        for pod_id, lines in job.execution.lines.items():
            at = max([running_since(job), *(offset for offset, _ in lines)])
            job.execution.exits.setdefault(pod_id, (at, 137))
        job.execution.signals.clear()
        if job.status(account.now()) == "Running":
            runner.conclude(account, job, job.execution)


def running_since(job: Job) -> float:
    return next(t.at for t in job.life if t.status == "Running")


def save(account: Account, file: Path) -> None:
    """Write atomically and readable by the owner only, since it can contain env values."""
    beside = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(dump(account))
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
