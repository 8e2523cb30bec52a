"""Records in the store of jobs whose end is to be posted to the webhook; notify.py reads them."""

from collections.abc import Iterable

from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.safety.store import kept

KIND = "watched"
_LONGEST = 90 * 86400  # seconds after which a job is no longer watched


async def watch(cloud: CloudInRegion, job_ids: Iterable[str]) -> None:
    """Watch these jobs; does nothing if the operator configured no webhook."""
    if cloud.settings.notify:
        for job_id in job_ids:
            await kept(cloud.store.put, KIND, job_id, {"region": cloud.region}, _LONGEST)
