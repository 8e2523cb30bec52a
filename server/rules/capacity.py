"""What a quota has room for now: free amounts by node, the largest pod that fits, and whether a job's pods would."""

from collections.abc import Iterable, Sequence
from math import inf
from typing import NamedTuple

from pai_dlc_mcp.server.cloud.quotas import Amount, Node, Quota, UserUsage, Workload
from pai_dlc_mcp.server.rules.resources import Resources, limit, number, resources

UNLIMITED = Resources(inf, inf, inf)
_MANY = 10**6  # pods, where no limit is known


class Room(NamedTuple):
    """Nodes with the same amount free."""

    free: Resources
    nodes: int


class Survey(NamedTuple):
    """A quota's nodes. `rooms` are of those that take pods, the largest first; the others are cordoned by a person, or
    unhealthy. `scattered` are free GPUs on nodes that others use in part: a pod of a whole node fits none of them."""

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
    """What that limit leaves; nodes may leave less."""
    return total(quota).minus(amount(quota.details.allocated))


def whole(node: Node) -> Resources:
    """What workloads can take of a node; one that tells no GPUs has none."""
    return limit(node.gpu or "0", node.allocatable_cpu or node.cpu, node.allocatable_memory or node.memory)


def free_on(node: Node) -> Resources:
    """What can be allocated there, less what is requested."""
    return whole(node).minus(resources(node.asked_gpu, node.asked_cpu, node.asked_memory))


def survey(nodes: Iterable[Node]) -> Survey:
    """Which nodes take pods, and what is free on them."""
    known = list(nodes)
    cordoned = [node for node in known if node.cordoned]
    unhealthy = [node for node in known if not node.usable and not node.cordoned]
    usable = [node for node in known if node.usable]
    free = [free_on(node) for node in usable]
    rooms = [Room(each, free.count(each)) for each in sorted(set(free), reverse=True)]
    scattered = sum(free_on(node).gpu for node in usable if number(node.asked_gpu))
    return Survey(len(known), rooms, cordoned, unhealthy, scattered)


def largest_pod(rooms: Iterable[Room], bound: Resources) -> Resources:
    """The largest pod that one node and the quota's limit have room for: by GPUs, then CPUs, then memory."""
    return max((room.free.least(bound) for room in rooms), default=Resources())


class Holder(NamedTuple):
    """What one user holds of a quota, and what their waiting workloads ask for."""

    user: str
    holds: Resources
    asks: Resources
    workloads: int


def holders(usages: Iterable[UserUsage]) -> Sequence[Holder]:
    """By the service's own count. What it calls submitted is held or waits."""
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
    """Added up from the workloads, for who may not ask for the service's count."""
    found: dict[str, Holder] = {}
    for each in workloads:
        user, asked = each.user_name or each.user_id, amount(each.resources)
        so_far = found.get(user, Holder(user, Resources(), Resources(), 0))
        taken = {"asks": so_far.asks.plus(asked)} if each.waiting else {"holds": so_far.holds.plus(asked)}
        found[user] = so_far._replace(workloads=so_far.workloads + 1, **taken)
    return sorted(found.values(), key=lambda holder: holder.holds, reverse=True)


def fitting(pods: Sequence[Resources], rooms: Iterable[Room]) -> int:
    """How many of the pods nodes have room for: the largest first, each where the least is left over."""
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
    """How many pods of this size nodes and the quota's limit have room for."""
    return min(sum(room.nodes * _times(pod, room.free) for room in rooms), _times(pod, bound))


def _times(pod: Resources, free: Resources) -> int:
    known = [there // asked for asked, there in zip(pod, free, strict=True) if asked and there < inf]
    return int(min(known, default=_MANY))
