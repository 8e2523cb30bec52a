"""Records in the store of jobs whose end is to be posted to the webhook; notify.py reads them."""

import logging
from collections.abc import Iterable

from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.safety.store import kept

KIND = "watched"
_log = logging.getLogger(__name__)
_LONGEST = 90 * 86400  # seconds after which a job is given up


async def watch(cloud: CloudInRegion, job_ids: Iterable[str]) -> None:
    """Nothing where the operator wants no notifications. A store that cannot be used is logged: the job is made, and a
    call that says so is worth more than a message to come."""
    if cloud.settings.notify:
        try:
            for job_id in job_ids:
                await kept(cloud.store.put, KIND, job_id, {"region": cloud.region}, _LONGEST)
        except Failure as failure:
            _log.warning("the end of a job will not be told: %s", failure.code)
