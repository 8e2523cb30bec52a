"""Resources held in the quotas, and the release of waiting jobs.

Held resources are computed from the jobs' lives, so they can neither be assigned twice nor stay assigned for ever. A
quota has as many nodes as its node specs say, each with an equal share of the quota; every pod must fit on one node.
"""

import heapq
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from math import inf

from pai_dlc_mcp.emulator import cordon, plan, pods
from pai_dlc_mcp.emulator.job import Job, Move, Resources
from pai_dlc_mcp.emulator.lifecycle import TERMINAL, Life
from pai_dlc_mcp.emulator.request import Json
from pai_dlc_mcp.emulator.state import Account

READY_SECONDS = plan.CREATING_SECONDS + plan.QUEUING_SECONDS
"""Seconds from creation to the earliest release from the queue."""

STRICT = "PaiStrategyStrictFIFO"
"""The only strategy under which the first job in the queue blocks the others; under the others a job that fits may pass
one that does not (inferred from the documented names)."""

NONE = Resources(0, 0, 0)
LINGER_SECONDS = 60.0
"""Seconds; more than the pods of an ended job need to leave (Stage.victims_after)."""


@dataclass(frozen=True)
class Held:
    """What one pod holds on one node. `workload`: a job id, or one of Account.workloads."""

    workload: str
    user_id: str
    pod: str
    node: str
    resources: Resources


def plus(one: Resources, other: Resources, sign: int = 1) -> Resources:
    return Resources(one.cpu + sign * other.cpu, one.gpu + sign * other.gpu, one.memory + sign * other.memory)


def within(one: Resources, limit: Resources) -> bool:
    return one.cpu <= limit.cpu and one.gpu <= limit.gpu and one.memory <= limit.memory


def amount(detail: Json) -> Resources:
    cpu, gpu, memory = (int(re.sub(r"\D.*", "", str(detail.get(key, ""))) or 0) for key in ("CPU", "GPU", "Memory"))
    return Resources(cpu, gpu, memory)


def limit(quota: Json) -> Resources:
    return amount(quota["QuotaDetails"]["ActualMinQuota"])


def node_names(quota: Json) -> list[str]:
    count = sum(spec["Count"] for spec in quota["Min"]["NodeSpecs"])
    return [f"{quota['QuotaName']}-node-{number + 1:02d}" for number in range(count)]


def node_size(quota: Json) -> Resources:
    whole, count = limit(quota), len(node_names(quota))
    return Resources(whole.cpu // count, whole.gpu // count, whole.memory // count)


def total(job: Job) -> Resources:
    whole = NONE
    for _, _, resources in pods.names(job):
        whole = plus(whole, resources)
    return whole


def ends(job: Job) -> float:
    """When the job's last pod is gone, in seconds since creation; inf if that is not planned."""
    end = job.life[-1]
    if end.status not in TERMINAL:
        return inf
    return max([end.at, *(pod.finished for pod in pods.all_pods(job) if pod.rank >= 0 and pod.started < inf)])


def gone(job: Job, moment: datetime) -> bool:
    """Whether the last pod has ended by then. A job that ended long before is not computed again."""
    elapsed, end = job.elapsed(moment), job.life[-1]
    if end.status in TERMINAL and elapsed >= end.at + LINGER_SECONDS:
        return True
    return elapsed >= ends(job)


def held(account: Account, quota: Json, moment: datetime) -> Iterator[Held]:
    """A job holds its nodes from its release until its last pod is gone, restarts included."""
    for workload in account.workloads:
        if workload["QuotaId"] == quota["QuotaId"]:
            each = amount(workload["Pod"])
            for number, node in enumerate(workload["Nodes"]):
                pod = f"{workload['WorkloadId']}-{number}"
                yield Held(workload["WorkloadId"], workload["UserId"], pod, node, each)
    for job in account.jobs.values():
        if job.nodes and job.quota_id == quota["QuotaId"] and not gone(job, moment):
            for member in pods.names(job):
                if node := pods.node_of(job, pod_id := pods.id_of(job, member), job.elapsed(moment)):
                    yield Held(job.job_id, job.user_id, pod_id, node, member[2])


def used(account: Account, quota: Json, moment: datetime) -> Resources:
    total = NONE
    for each in held(account, quota, moment):
        total = plus(total, each.resources)
    return total


def free_nodes(account: Account, quota: Json, moment: datetime) -> dict[str, Resources]:
    free = dict.fromkeys(node_names(quota), node_size(quota))
    for each in held(account, quota, moment):
        free[each.node] = plus(free[each.node], each.resources, -1)
    return free


def open_nodes(account: Account, quota: Json, moment: datetime) -> dict[str, Resources]:
    """Free amounts of the nodes that are not cordoned."""
    closed = cordon.nodes(account, quota, moment)
    return {name: rest for name, rest in free_nodes(account, quota, moment).items() if name not in closed}


def place(job: Job, free: dict[str, Resources]) -> dict[str, str]:
    """The node for each pod that fits (first fit); `free` is reduced accordingly."""
    places = ((pods.id_of(job, member), take(free, member[2])) for member in pods.names(job))
    return {pod_id: node for pod_id, node in places if node}


def take(free: dict[str, Resources], asked: Resources) -> str:
    """The first node with enough room, from which the amounts are taken; "" if there is none."""
    node = next((name for name, rest in free.items() if within(asked, rest)), "")
    if node:
        free[node] = plus(free[node], asked, -1)
    return node


def waiting(account: Account, quota: Json, moment: datetime) -> list[Job]:
    """Waiting jobs in order of release: by priority, then by age."""
    queued = [
        job
        for job in account.jobs.values()
        if job.quota_id == quota["QuotaId"] and not job.nodes and job.status(moment) == "Queuing"
    ]
    return sorted(queued, key=lambda job: (-job.priority(moment), job.created))


Planner = Callable[[Job, float], Life]
"""Computes the life of a job that waits for the given number of seconds."""


def settle(account: Account, planner: Planner) -> None:
    """Release jobs at the earliest possible moments, up to now."""
    now = account.now()
    if now == account.settled:  # the test's clock stands still: what is requested now happens later
        return
    for quota in account.quotas:
        queued = [
            job
            for job in account.jobs.values()
            if job.quota_id == quota["QuotaId"] and not job.nodes and job.life[-1].status == "Queuing"
        ]
        if any(job.scenario.stuck != "Queuing" for job in queued) or may_move(account, quota):
            work_off(account, quota, now, planner)
    account.settled = now


def may_move(account: Account, quota: Json) -> bool:
    """Whether a job may have to leave a node later."""
    return any(
        job.quota_id == quota["QuotaId"]
        and job.nodes
        and any(stage.node_fault for stage in job.scenario.stages)
        and not gone(job, account.settled)
        for job in account.jobs.values()
    )


def work_off(account: Account, quota: Json, now: datetime, planner: Planner) -> None:
    moments = sorted({moment for moment in changes(account, quota) if account.settled < moment <= now})
    while moments:
        moment = heapq.heappop(moments)
        evacuate(account, quota, moment)
        for job in release(account, quota, moment, planner):
            end = [job.at(ends(job))] if ends(job) < inf else []
            for later in (*end, *(at for each in cordon.of(job) for at in (each.since, each.since + cordon.RECOVERY))):
                if moment < later <= now:
                    heapq.heappush(moments, later)


def evacuate(account: Account, quota: Json, moment: datetime) -> None:
    """A job that restarts because of a node moves if another node has room; otherwise its pods stay."""
    for job in account.jobs.values():
        bad = {each.node for each in cordon.of(job) if each.since == moment}
        if job.quota_id == quota["QuotaId"] and bad and job.life[-1].at > job.elapsed(moment):
            free = open_nodes(account, quota, moment)
            for member in pods.names(job):
                pod_id = pods.id_of(job, member)
                if pods.node_of(job, pod_id, job.elapsed(moment)) in bad and (node := take(free, member[2])):
                    job.moves.append(Move(job.elapsed(moment), pod_id, node))


def changes(account: Account, quota: Json) -> Iterator[datetime]:
    """The moments at which a job may become releasable: a job is ready or gone, a priority applies, a node is cordoned
    or back."""
    for job in account.jobs.values():
        if job.quota_id == quota["QuotaId"] and not (job.nodes and gone(job, account.settled)):
            yield job.at(READY_SECONDS)
            yield from (visible for visible, _ in job.priorities)
            if (end := ends(job)) < inf:
                yield job.at(end)
    for each in cordon.recent(account, quota, account.settled):
        yield from (each.since, each.since + cordon.RECOVERY)


def release(account: Account, quota: Json, moment: datetime, planner: Planner) -> list[Job]:
    """The jobs released at this moment."""
    free = open_nodes(account, quota, moment)
    found: list[Job] = []
    for job in waiting(account, quota, moment):
        ready = job.elapsed(moment) >= READY_SECONDS and job.scenario.stuck != "Queuing"
        trial = dict(free)
        nodes = place(job, trial) if ready else {}
        if nodes and len(nodes) == len(pods.names(job)):
            free = trial
            job.nodes = nodes
            job.life = planner(job, job.elapsed(moment) - plan.CREATING_SECONDS)
            found.append(job)
        elif ready and quota["QueueStrategy"] == STRICT:
            break
    return found
