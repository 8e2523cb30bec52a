"""Reads a quota, its nodes, its workloads and their users in parallel. A failed read is kept as its error; the others
are used."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any

import anyio

from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.paging import Page
from pai_dlc_mcp.server.cloud.quotas import Node, Quota, UserUsage, Workload
from pai_dlc_mcp.server.deps import CloudInRegion


@dataclass(frozen=True)
class Capacity:
    """The parts of a quota, each either its content or the error of its read. Usages are read on request only."""

    quota: Quota | CloudError
    nodes: Sequence[Node] | CloudError
    workloads: Sequence[Workload] | CloudError
    usages: Sequence[UserUsage] | CloudError = ()
    short: Sequence[str] = ()  # parts of which the service sent fewer items than its total


async def read(cloud: CloudInRegion, quota_id: str, *, usages: bool = True) -> Capacity:
    """Read all parts in parallel. Errors of the service are kept in the result, not raised."""
    found: dict[str, object] = {}
    short: list[str] = []

    async def look(part: str, question: Awaitable[Page[Any]]) -> None:
        try:
            page = await question
            found[part] = page.items
            short.extend([f"{part}: {page.note}"] if page.note else [])
        except CloudError as error:
            found[part] = error

    async def quota() -> None:
        try:
            found["quota"] = await cloud.quotas.get(quota_id)
        except CloudError as error:
            found["quota"] = error

    async with anyio.create_task_group() as group:
        group.start_soon(quota)
        group.start_soon(look, "nodes", cloud.quotas.nodes(quota_id))
        group.start_soon(look, "workloads", cloud.quotas.workloads(quota_id))
        if usages:
            group.start_soon(look, "usages", cloud.quotas.usages(quota_id))
    return Capacity(**found, short=short)  # pyright: ignore[reportArgumentType]


def refused(part: object) -> str | None:
    """`HTTP 403 (NoPermission; needs pai:ListNodes)` for a part that could not be read; None for any other."""
    if not isinstance(part, CloudError):
        return None
    status = f"HTTP {part.http_status}" if part.http_status else part.kind
    ram = f"; needs {' or '.join(part.ram)}" if part.ram else ""
    return f"{status} ({part.code}{ram})"
