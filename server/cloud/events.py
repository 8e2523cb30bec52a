"""Events of jobs and pods."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pai_dlc_mcp.server.cloud.api import Regional
from pai_dlc_mcp.server.cloud.shape import as_texts
from pai_dlc_mcp.server.cloud.times import to_utc


class Events(Regional):
    """Operations on events in one region. An event is text: `YYYY-MM-DD HH:MM:SS message`, in UTC+8 without an
    offset."""

    async def job(self, job_id: str, *, since: datetime | None, max_events: int) -> Sequence[str]:
        """GetJobEvents, oldest first. `since` should be given: by default the service looks back 7 days."""
        params = {"MaxEventsNum": max_events, "StartTime": to_utc(since)}
        return _texts(await self.api.read("pai-dlc", "GetJobEvents", job_id, params=params))

    async def pod(
        self, job_id: str, pod_id: str, *, since: datetime | None, max_events: int, pod_uid: str | None = None
    ) -> Sequence[str]:
        """GetPodEvents, oldest first. `pod_uid` selects an earlier incarnation."""
        params = {"MaxEventsNum": max_events, "StartTime": to_utc(since), "PodUid": pod_uid}
        return _texts(await self.api.read("pai-dlc", "GetPodEvents", job_id, pod_id, params=params))


def _texts(body: dict[str, Any]) -> Sequence[str]:
    return as_texts(body.get("Events"))
