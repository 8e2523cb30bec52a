"""The capacity of a quota: what is free now, and who holds the rest."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.quotas import Node
from pai_dlc_mcp.server.deps import Cloud
from pai_dlc_mcp.server.protocol.reply import Facts, ForeignName, ForeignText, Row
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules import capacity as rules
from pai_dlc_mcp.server.rules.capacity import Holder, Room, Survey
from pai_dlc_mcp.server.rules.queueing import strategy
from pai_dlc_mcp.server.rules.resources import Resources
from pai_dlc_mcp.server.workflows import capacity
from pai_dlc_mcp.server.workflows.capacity import Capacity, refused
from pai_dlc_mcp.tools.params import QuotaId, Region

tools = Toolset("quotas")

_SHOWN = 10  # nodes out of service, users, and sizes of free nodes that are shown


class RoomRow(Row):
    """A number of nodes, and the free amounts of each."""

    nodes: int
    free: str


class HolderRow(Row):
    user: ForeignName
    holds: str
    waits_for: str | None = None
    workloads: int


class CapacityReply(Facts):
    """`largest_pod` fits on one node and within the limit now. `scattered`: free GPUs on nodes that are partly in
    use."""

    quota_id: str
    name: ForeignName | None = None
    used: str | None = None
    free: str | None = None
    total: str | None = None
    strategy: str | None = None
    waiting_jobs: int | None = None
    nodes: int | None = None
    largest_pod: str | None = None
    pods_that_fit: int | None = None
    scattered: str | None = None
    free_nodes: list[RoomRow] | None = None
    cordoned: list[ForeignText] | None = None
    unhealthy: list[ForeignText] | None = None
    held_by: list[HolderRow] | None = None
    not_known: list[str] | None = None


@tools.read("Get a quota's capacity")
async def get_capacity(
    quota_id: QuotaId,
    cloud: Cloud,
    gpus: Annotated[float, Field(ge=0, description="Of a pod: how many such pods fit.")] = 0,
    cpus: Annotated[float, Field(ge=0, description="Of that pod.")] = 0,
    memory: Annotated[float, Field(ge=0, description="GiB, of that pod.")] = 0,
    region: Region = None,
) -> CapacityReply:
    """Get what a quota has room for now: the largest pod that fits, free amounts by node, fragmentation, cordoned and
    unhealthy nodes, and who holds how much. Use it before creating a quota job; get_queue_position is for a job that
    waits already. The quota_id is from list_quotas."""
    found = await capacity.read(cloud, quota_id)
    if isinstance(found.quota, CloudError) and found.quota.kind != "permission":
        raise found.quota
    told: dict[str, object] = {"quota_id": quota_id}
    limit = rules.UNLIMITED
    if not isinstance(found.quota, CloudError):
        details, limit = found.quota.details, rules.left(found.quota)
        told |= {"name": found.quota.name, "strategy": strategy(found.quota.strategy), "free": str(limit)}
        told |= {"used": str(rules.amount(details.allocated)), "total": str(rules.total(found.quota))}
    if not isinstance(found.nodes, CloudError):
        told |= _of_nodes(rules.survey(found.nodes), limit, Resources(gpus, cpus, memory))
    if not isinstance(found.workloads, CloudError):
        told["waiting_jobs"] = sum(each.waiting for each in found.workloads)
    told |= _of_users(found)
    parts = {"quota": found.quota, "nodes": found.nodes, "queue": found.workloads, "held_by": found.usages}
    refusals = [f"{name}: {why}" for name, part in parts.items() if (why := refused(part))]
    told["not_known"] = [*refusals, *found.short] or None
    return CapacityReply.model_validate(told)


def _of_users(found: Capacity) -> dict[str, object]:
    """Who holds what: the service's counts, else the sum over the workloads."""
    if not isinstance(found.usages, CloudError):
        holders, notes = rules.holders(found.usages), []
    elif not isinstance(found.workloads, CloudError):
        holders, notes = rules.holders_of(found.workloads), ["held_by is added up from the workloads you may see"]
    else:
        return {}
    notes += [f"held_by has the first {_SHOWN} of {len(holders)} users"] * (len(holders) > _SHOWN)
    return {"held_by": [_holder(each) for each in holders[:_SHOWN]], "note": "; ".join(notes) or None}


def _of_nodes(seen: Survey, limit: Resources, pod: Resources) -> dict[str, object]:
    free = sum(room.free.gpu * room.nodes for room in seen.rooms)
    rooms = [room for room in seen.rooms if any(room.free)]
    return {
        "nodes": seen.nodes,
        "largest_pod": str(rules.largest_pod(seen.rooms, limit)),
        "pods_that_fit": rules.pods_of(pod, seen.rooms, limit) if any(pod) else None,
        "scattered": f"{seen.scattered:g} of {free:g} free GPUs" if seen.scattered else None,
        "free_nodes": _rooms(rooms) or None,
        "cordoned": _named(seen.cordoned),
        "unhealthy": _named(seen.unhealthy),
    }


def _rooms(rooms: Sequence[Room]) -> list[RoomRow]:
    """The largest ones; for the others only the number of nodes."""
    rows = [RoomRow(nodes=room.nodes, free=str(room.free)) for room in rooms[:_SHOWN]]
    if rest := sum(room.nodes for room in rooms[_SHOWN:]):
        rows.append(RoomRow(nodes=rest, free=f"less than {rows[-1].free}"))
    return rows


def _named(nodes: Sequence[Node]) -> list[str] | None:
    """`node-03 CordonByUser` for as many nodes as are shown, and the number of the others."""
    said = [" ".join(filter(None, (node.name, node.reason or node.status))) for node in nodes]
    more = [f"and {len(said) - _SHOWN} more"] if len(said) > _SHOWN else []
    return [*said[:_SHOWN], *more] or None


def _holder(holder: Holder) -> HolderRow:
    return HolderRow(
        user=holder.user,
        holds=str(holder.holds),
        waits_for=str(holder.asks) if any(holder.asks) else None,
        workloads=holder.workloads,
    )
