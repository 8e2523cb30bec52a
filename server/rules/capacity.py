"""The free capacity of a quota: free amounts by node, the largest pod that fits, and whether a job's pods would fit."""

from collections.abc import Iterable, Sequence
from math import inf
from typing import NamedTuple

from pai_dlc_mcp.server.cloud.quotas import Amount, Node, Quota, UserUsage, Workload
from pai_dlc_mcp.server.rules.resources import Resources, limit, number, resources

UNLIMITED = Resources(inf, inf, inf)
_MANY = 10**6  # pods, if no limit is known


class Room(NamedTuple):
    """A number of nodes with the same free amount."""

    free: Resources
    nodes: int


class Survey(NamedTuple):
    """The nodes of a quota. `rooms`: schedulable nodes, largest free amount first. The other nodes are cordoned or
    unhealthy. `scattered`: free GPUs on nodes in partial use, where no pod of a whole node fits."""

    nodes: int
    rooms: Sequence[Room]
    cordoned: Sequence[Node]
    unhealthy: Sequence[Node]
    scattered: float


def amount(given: Amount) -> Resources:
    return resources(given.gpu, given.cpu, given.memory)


def total(quota: Quota) -> Resources:
    """The quota's own limit."""
    whole = quota.details.total
    return limit(whole.gpu, whole.cpu, whole.memory)


def left(quota: Quota) -> Resources:
    """The unused part of the quota's limit; the nodes may have less."""
    return total(quota).minus(amount(quota.details.allocated))


def whole(node: Node) -> Resources:
    """What workloads can use of a node; 0 GPUs if the node reports none."""
    return limit(node.gpu or "0", node.allocatable_cpu or node.cpu, node.allocatable_memory or node.memory)


def free_on(node: Node) -> Resources:
    """A node's allocatable amount minus the requested one."""
    return whole(node).minus(resources(node.asked_gpu, node.asked_cpu, node.asked_memory))


def survey(nodes: Iterable[Node]) -> Survey:
    """Which nodes are schedulable, and what is free on them."""
    known = list(nodes)
    cordoned = [node for node in known if node.cordoned]
    unhealthy = [node for node in known if not node.usable and not node.cordoned]
    usable = [node for node in known if node.usable]
    free = [free_on(node) for node in usable]
    rooms = [Room(each, free.count(each)) for each in sorted(set(free), reverse=True)]
    scattered = sum(free_on(node).gpu for node in usable if number(node.asked_gpu))
    return Survey(len(known), rooms, cordoned, unhealthy, scattered)


def largest_pod(rooms: Iterable[Room], bound: Resources) -> Resources:
    """The largest pod that fits on one node within `bound`: most GPUs, then CPUs, then memory."""
    return max((room.free.least(bound) for room in rooms), default=Resources())


class Holder(NamedTuple):
    """What one user holds in a quota, and what the user's waiting workloads request."""

    user: str
    holds: Resources
    asks: Resources
    workloads: int


def holders(usages: Iterable[UserUsage]) -> Sequence[Holder]:
    """Holders from the service's counts; its `submitted` includes held and waiting."""
    return [
        Holder(
            usage.user_name or usage.user_id,
            amount(usage.resources.used),
            amount(usage.resources.submitted).minus(amount(usage.resources.used)),
            usage.workloads,
        )
        for usage in usages
    ]


def holders_of(workloads: Iterable[Workload]) -> Sequence[Holder]:
    """Holders summed over the workloads, for callers who may not read the service's counts."""
    found: dict[str, Holder] = {}
    for each in workloads:
        user, asked = each.user_name or each.user_id, amount(each.resources)
        so_far = found.get(user, Holder(user, Resources(), Resources(), 0))
        taken = {"asks": so_far.asks.plus(asked)} if each.waiting else {"holds": so_far.holds.plus(asked)}
        found[user] = so_far._replace(workloads=so_far.workloads + 1, **taken)
    return sorted(found.values(), key=lambda holder: holder.holds, reverse=True)


def fitting(pods: Sequence[Resources], rooms: Iterable[Room]) -> int:
    """How many of the pods fit on the nodes: largest pod first, each on the node with least left over."""
    free = [room.free for room in rooms for _ in range(room.nodes)]
    placed = 0
    for pod in sorted(pods, reverse=True):
        there = [index for index, rest in enumerate(free) if pod.within(rest)]
        if there:
            best = min(there, key=lambda index: free[index])
            free[best] = free[best].minus(pod)
            placed += 1
    return placed


def pods_of(pod: Resources, rooms: Iterable[Room], bound: Resources) -> int:
    """How many pods of this size fit on the nodes within `bound`."""
    return min(sum(room.nodes * _times(pod, room.free) for room in rooms), _times(pod, bound))


def _times(pod: Resources, free: Resources) -> int:
    known = [there // asked for asked, there in zip(pod, free, strict=True) if asked and there < inf]
    return int(min(known, default=_MANY))
