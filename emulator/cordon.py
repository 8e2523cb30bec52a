"""Nodes that take no more pods for a while, because one of theirs ended with a fault of the hardware."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from pai_dlc_mcp.emulator import pods
from pai_dlc_mcp.emulator.job import Job
from pai_dlc_mcp.emulator.request import Json
from pai_dlc_mcp.emulator.state import Account, Cordon

RECOVERY = timedelta(minutes=15)
"""Until the platform has restarted the node (how long is a guess; ListNodes has a reason code Recovering)."""

LINGER = timedelta(minutes=1)
"""More than the pods of an ended job need to leave."""

STATUS, REASON = "SchedulingDisabled", "Recovering"
"""The reason is a documented one; the status is what Kubernetes calls a cordoned node."""


def nodes(account: Account, quota: Json, moment: datetime) -> set[str]:
    """Names of the quota's nodes that are cordoned at the moment."""
    return {each.node for each in recent(account, quota, moment) if each.since <= moment < each.since + RECOVERY}


def recent(account: Account, quota: Json, moment: datetime) -> Iterator[Cordon]:
    """All that are not over by the moment, those to come included."""
    yield from account.cordons
    for job in account.jobs.values():
        if job.quota_id == quota["QuotaId"] and moment <= job.at(job.life[-1].at) + RECOVERY + LINGER:
            yield from of(job)


def of(job: Job) -> list[Cordon]:
    """What the job's pods bring upon their nodes in its life."""
    return [Cordon(node, job.at(at)) for at, node in (*broken(job), *unhealthy(job))] if job.nodes else []


def broken(job: Job) -> Iterator[tuple[float, str]]:
    """(offset, node) of each pod that ended by its node's fault: the first of its incarnation to end."""
    if not any(stage.node_fault for stage in job.scenario.stages):
        return
    members = len(pods.names(job))
    for pod in pods.all_pods(job):
        stage = job.scenario.stage(pod.attempt)
        first = pod.rank == pods.culprit(job, pod.attempt, members)
        if stage.node_fault and first and pod.exit_code == stage.exit_code:
            yield pod.finished, pod.node


def unhealthy(job: Job) -> Iterator[tuple[float, str]]:
    """The last pod's node, of a job that fails its sanity check (sanity.py names it)."""
    for this, following in pairwise(job.life):
        if (this.status, following.status) == ("SanityChecking", "Failed"):
            yield following.at, pods.node_of(job, pods.id_of(job, pods.names(job)[-1]), this.at)
