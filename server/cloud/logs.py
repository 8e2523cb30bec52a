"""Logs of pods."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from pai_dlc_mcp.server.budget.fence import word
from pai_dlc_mcp.server.cloud.api import Regional
from pai_dlc_mcp.server.cloud.shape import as_texts
from pai_dlc_mcp.server.cloud.times import to_utc

MAX_LINES = 5000  # works in practice; documented: default 2000, no maximum stated


class PodLog(NamedTuple):
    """Log records, oldest first, stdout and stderr merged. A record can contain carriage returns and newlines."""

    records: Sequence[str]
    pod_uid: str


class Logs(Regional):
    """Operations on pod logs in one region."""

    async def pod(
        self,
        job_id: str,
        pod_id: str,
        *,
        since: datetime | None,
        until: datetime | None = None,
        max_lines: int = MAX_LINES,
        pod_uid: str | None = None,
    ) -> PodLog:
        """GetPodLogs: the last `max_lines` records of the time window. Raises CloudError.

        `since` should be given: by default the service looks back 7 days, and an older job's log then seems empty.
        """
        body = await self.api.read(
            "pai-dlc",
            "GetPodLogs",
            job_id,
            pod_id,
            params={
                "MaxLines": max_lines,
                "StartTime": to_utc(since),
                "EndTime": to_utc(until),
                "PodUid": pod_uid,
            },
        )
        return PodLog(as_texts(body.get("Logs")), word(str(body.get("PodUid") or pod_uid or "")))
