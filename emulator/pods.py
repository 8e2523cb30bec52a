"""The pods of a job as functions of its life: names, times of each incarnation, and output."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from math import inf

from pai_dlc_mcp.emulator import errors
from pai_dlc_mcp.emulator.job import Job, Resources, Stay
from pai_dlc_mcp.emulator.lifecycle import Transition, last
from pai_dlc_mcp.emulator.scenarios.scenario import Line, Run

JOINING_SECONDS = 60.0
"""Seconds from creation to Running, for a pod that joins a running job."""
LEAVING_SECONDS = 5.0

VICTIMS_SECONDS = 4.0
"""Seconds after a pod was killed until the other pods notice it."""

ENDS = ("Restarting", "Stopping", "Succeeded", "Failed", "Stopped")
"""Statuses that end the pods but not the AIMaster at first; pods of reserved jobs are kept."""


@dataclass(frozen=True)
class Pod:
    """One incarnation. Offsets in seconds since the job's creation, inf if not planned."""

    pod_id: str
    role: str
    index: int
    rank: int
    """Rank among the training pods; -1 for the AIMaster."""
    resources: Resources
    attempt: int
    uid: str
    node: str
    ip: str
    created: float
    started: float
    finished: float
    exit_code: int | None
    """None while it runs, and for a stopped pod."""

    @property
    def gpus(self) -> int:
        return self.resources.gpu

    def status(self, elapsed: float) -> str:
        if elapsed >= self.finished:
            return {None: "Unknown", 0: "Succeeded"}.get(self.exit_code, "Failed")
        return "Running" if elapsed >= self.started else "Pending"


Member = tuple[str, int, Resources]
"""Role, index in the role, and resources."""


def id_of(job: Job, member: Member) -> str:
    return f"{job.job_id}-{member[0]}-{member[1]}"


def names(job: Job) -> list[Member]:
    """All pods by rank. In a PyTorchJob without a Master the first worker is promoted."""
    pods: list[Member] = []
    for spec, resources in zip(job.body["JobSpecs"], job.resources, strict=True):
        role = spec["Type"].lower()
        pods += [(role, index, resources) for index in range(int(spec.get("PodCount", 1)))]
    if job.kind == "PyTorchJob" and not any(role == "master" for role, _, _ in pods):
        pods = [("master", 0, pods[0][2]), *pods[:-1]]
    return sorted(pods, key=lambda pod: pod[0] not in ("master", "chief", "head"))


def all_pods(job: Job) -> list[Pod]:
    """All incarnations of all pods, past and planned, oldest incarnation first. A stop changes the planned ones."""
    preparing = [t.at for t in job.life if t.status == "EnvPreparing"]
    members = names(job)
    found = [
        _within(stay, _pod(job, attempt, created, stay.rank, len(members), stay.role, stay.index, stay.resources))
        for attempt, (created, following) in enumerate(pairwise([*preparing, inf]))
        for stay in stays(job)
        if stay.since < following and created < stay.until
    ]
    if preparing and has_aimaster(job):
        found.append(_pod(job, 0, preparing[0], -1, len(members), "aimaster", 0, Resources(0, 0, 0)))
    return found


def stays(job: Job) -> list[Stay]:
    """All pods that the job has or had, removed ones first."""
    members = enumerate(names(job))
    return [*job.left, *(Stay(rank, *each, job.joined.get(id_of(job, each), 0.0), inf) for rank, each in members)]


def world(job: Job, elapsed: float) -> int:
    """The number of pods at that time."""
    return sum(stay.since <= elapsed < stay.until for stay in stays(job))


def node_of(job: Job, pod_id: str, elapsed: float) -> str:
    """The node of a quota job's pod at that time; "" for others."""
    moved = [move.node for move in job.moves if move.pod_id == pod_id and move.at <= elapsed]
    return moved[-1] if moved else job.nodes.get(pod_id, "")


def _within(stay: Stay, pod: Pod) -> Pod:
    """The pod, adjusted if it joined later than the others or was removed."""
    if stay.until < pod.finished:
        pod = replace(pod, finished=stay.until + LEAVING_SECONDS, exit_code=None)
    if stay.since <= pod.created:
        return pod
    uid = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{pod.uid}/{stay.since}"))
    started = max(pod.started, stay.since + JOINING_SECONDS)
    return replace(pod, created=stay.since, started=started if started < pod.finished else inf, uid=uid)


def has_aimaster(job: Job) -> bool:
    asked = job.body.get("ElasticSpec", {}).get("EnableAIMaster")
    return bool(asked or job.body.get("Settings", {}).get("EnableErrorMonitoringInAIMaster"))


def _pod(
    job: Job, attempt: int, created: float, rank: int, world: int, role: str, index: int, resources: Resources
) -> Pod:
    later = [t for t in job.life if t.at >= created]
    ends = ENDS if rank >= 0 else ENDS[1:]
    started = next((t.at for t in later if t.status == "Running"), inf)
    end = next((t for t in later if t.status in ends), None)
    if end and end.at < started:
        started = inf
    finished, exit_code = _end(job, attempt, rank, world, end) if end else (inf, None)
    pod_id = f"{job.job_id}-{role}-{index}"
    if job.execution and started < inf and rank >= 0:
        finished, exit_code = job.execution.exits.get(pod_id, (inf, None))
    address = 33 + (rank + 8 * attempt) % 200
    return Pod(
        pod_id=pod_id,
        role=role,
        index=index,
        rank=rank,
        resources=resources,
        attempt=attempt,
        uid=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{pod_id}/{attempt}")),
        node=node_of(job, pod_id, created) or f"cn-hangzhou.10.224.36.{address}",
        ip=f"10.224.36.{address}",
        created=created,
        started=started,
        finished=finished,
        exit_code=exit_code,
    )


def _end(job: Job, attempt: int, rank: int, world: int, end: Transition) -> tuple[float, int | None]:
    """When and with which exit code a pod ends, by the transition that ended it."""
    stage, status, at = job.scenario.stage(attempt), end.status, end.at
    if end.killed and rank >= 0:
        return (at, end.killed.exit_code) if rank == end.killed.rank else (at + VICTIMS_SECONDS, 143)
    if status in ("Stopping", "Stopped"):
        return (last(job.life, "Stopped") or job.life[-1]).at, None
    if rank < 0 or status == "Succeeded":
        return at, 0
    if rank == culprit(job, attempt, world):
        return at, stage.exit_code or 1
    return at + stage.victims_after, stage.victims_exit_code


def culprit(job: Job, attempt: int, world: int) -> int:
    """The rank that ends first in this incarnation."""
    return min(job.scenario.stage(attempt).culprit, world - 1)


def incarnations(job: Job, now: datetime) -> dict[str, list[Pod]]:
    """The pods that exist by now, by id; the last incarnation is the present one."""
    elapsed = job.elapsed(now)
    found: dict[str, list[Pod]] = {}
    for pod in all_pods(job):
        if pod.created <= elapsed:
            found.setdefault(pod.pod_id, []).append(pod)
    return found


def find(job: Job, pod_id: str, uid: str, now: datetime) -> Pod | None:
    """The incarnation with this uid (without a uid the present one); None if it does not exist yet."""
    lives = incarnations(job, now).get(pod_id, [])
    if not lives and pod_id not in [id_of(job, member) for member in names(job)]:
        raise errors.not_found(f"Pod {pod_id} of job {job.job_id} not found.")
    return next((pod for pod in reversed(lives) if uid in ("", pod.uid)), None)


def lines(job: Job, pod: Pod) -> Iterator[Line]:
    """The whole output of the incarnation in order, with seconds since the job's creation."""
    if pod.started == inf:
        return
    if job.execution and pod.rank >= 0:
        yield from list(job.execution.lines.get(pod.pod_id, ()))
        return
    if pod.rank < 0:
        yield pod.started, "I aimaster: watching the job's pods, restart on failure enabled"
        return
    members = names(job)
    run = Run(
        command=job.body.get("UserCommand", ""),
        envs=job.body.get("Envs", {}),
        pod_id=pod.pod_id,
        rank=pod.rank,
        world=world(job, pod.created),
        gpus=pod.gpus,
        attempt=pod.attempt,
        culprit=pod.rank == culprit(job, pod.attempt, len(members)),
        start=job.at(pod.started),
        seconds=planned_seconds(job, pod, len(members)),
    )
    for offset, text in job.scenario.stage(pod.attempt).script(run):
        if pod.started + offset <= pod.finished:
            yield pod.started + offset, text


def planned_seconds(job: Job, pod: Pod, world: int) -> float:
    """Lifetime of the container without a stop, so that a stop does not change the output before it."""
    stage = job.scenario.stage(pod.attempt)
    survives = stage.exit_code and pod.rank != culprit(job, pod.attempt, world)
    return stage.seconds + (stage.victims_after if survives else 0.0)
