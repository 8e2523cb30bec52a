"""Nodes that accept no pods for a while after a pod ended with a hardware fault."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from pai_dlc_mcp.emulator import pods
from pai_dlc_mcp.emulator.job import Job
from pai_dlc_mcp.emulator.request import Json
from pai_dlc_mcp.emulator.state import Account, Cordon

RECOVERY = timedelta(minutes=15)
"""Time until the platform has restarted a node; a guess (ListNodes has a reason code Recovering)."""

LINGER = timedelta(minutes=1)
"""More than the pods of an ended job need to leave."""

STATUS, REASON = "SchedulingDisabled", "Recovering"
"""The reason is a documented one; the status is the one of Kubernetes for a cordoned node."""


def nodes(account: Account, quota: Json, moment: datetime) -> set[str]:
    """Names of the quota's nodes that are cordoned at `moment`."""
    return {each.node for each in recent(account, quota, moment) if each.since <= moment < each.since + RECOVERY}


def recent(account: Account, quota: Json, moment: datetime) -> Iterator[Cordon]:
    """The cordons that are not over at `moment`, including later ones."""
    yield from account.cordons
    for job in account.jobs.values():
        if job.quota_id == quota["QuotaId"] and moment <= job.at(job.life[-1].at) + RECOVERY + LINGER:
            yield from of(job)


def of(job: Job) -> list[Cordon]:
    """The cordons that the job's pods cause during its life."""
    return [Cordon(node, job.at(at)) for at, node in (*broken(job), *unhealthy(job))] if job.nodes else []


def broken(job: Job) -> Iterator[tuple[float, str]]:
    """(offset, node) of each pod that ended first in its incarnation through a fault of its node."""
    if not any(stage.node_fault for stage in job.scenario.stages):
        return
    members = len(pods.names(job))
    for pod in pods.all_pods(job):
        stage = job.scenario.stage(pod.attempt)
        first = pod.rank == pods.culprit(job, pod.attempt, members)
        if stage.node_fault and first and pod.exit_code == stage.exit_code:
            yield pod.finished, pod.node


def unhealthy(job: Job) -> Iterator[tuple[float, str]]:
    """The last pod's node, of a job that fails its sanity check (see sanity.py)."""
    for this, following in pairwise(job.life):
        if (this.status, following.status) == ("SanityChecking", "Failed"):
            yield following.at, pods.node_of(job, pods.id_of(job, pods.names(job)[-1]), this.at)
