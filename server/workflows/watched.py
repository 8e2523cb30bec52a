"""Jobs whose end somebody is to be told of: records of the store, which notify.py looks at."""

from collections.abc import Iterable

from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.safety.store import kept

KIND = "watched"
_LONGEST = 90 * 86400  # seconds after which a job is given up


async def watch(cloud: CloudInRegion, job_ids: Iterable[str]) -> None:
    """Nothing where the operator wants no notifications."""
    if cloud.settings.notify:
        for job_id in job_ids:
            await kept(cloud.store.put, KIND, job_id, {"region": cloud.region}, _LONGEST)
