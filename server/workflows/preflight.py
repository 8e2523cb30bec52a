"""Reads a quota and predicts how a create would be scheduled (rules/preflight.py). Never stops a create."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.specs import EcsSpec
from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.rules import advice, preflight
from pai_dlc_mcp.server.rules.job_spec import Draft
from pai_dlc_mcp.server.rules.preflight import Facts
from pai_dlc_mcp.server.workflows import capacity
from pai_dlc_mcp.server.workflows.capacity import refused

_REMEMBERED = 1000  # bodies whose warnings are not repeated


async def look(cloud: CloudInRegion, draft: Draft, specs: Sequence[EcsSpec]) -> dict[str, Any]:
    """The fields of a Preflight and `warnings`. Errors of the service become warnings."""
    if draft.resource_id:
        facts = await _facts(cloud, draft.resource_id)
        found, more = preflight.on_quota(draft, facts), list(preflight.quota_warnings(draft, facts))
    else:
        found, more = preflight.payg(draft, specs, cloud.settings.prices, cloud.region), []
    cloud.looked_at[_digest(cloud, draft)] = None
    while len(cloud.looked_at) > _REMEMBERED:
        del cloud.looked_at[next(iter(cloud.looked_at))]
    return {**dict(found), "warnings": [*advice.warnings(draft, specs), *more] or None}


def unsaid(cloud: CloudInRegion, draft: Draft, specs: Sequence[EcsSpec]) -> list[str] | None:
    """The warnings of a create, None if a dry run of the same body has already shown them."""
    return None if _digest(cloud, draft) in cloud.looked_at else advice.warnings(draft, specs) or None


async def _facts(cloud: CloudInRegion, quota_id: str) -> Facts:
    seen = await capacity.read(cloud, quota_id, usages=False)
    parts = {"quota": seen.quota, "nodes": seen.nodes, "queue": seen.workloads}
    return Facts(
        None if isinstance(seen.quota, CloudError) else seen.quota,
        None if isinstance(seen.nodes, CloudError) else seen.nodes,
        None if isinstance(seen.workloads, CloudError) else seen.workloads,
        [f"{name}, {why}" for name, part in parts.items() if (why := refused(part))],
    )


def _digest(cloud: CloudInRegion, draft: Draft) -> str:
    """Keyed, because a body contains secrets."""
    body = json.dumps([cloud.region, draft.body()], sort_keys=True)
    return hashlib.blake2b(body.encode(), key=cloud.key[:64]).hexdigest()
