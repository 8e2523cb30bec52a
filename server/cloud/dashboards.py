"""Dashboards of a running job's framework: Ray's, and what else the service proxies."""

from typing import Any, NamedTuple

from pai_dlc_mcp.server.budget.fence import word
from pai_dlc_mcp.server.cloud.api import Regional


class Dashboard(NamedTuple):
    """`url` is empty when there is none; `metrics` says whether Ray's metrics are in it."""

    url: str
    metrics: bool

    @classmethod
    def of(cls, body: dict[str, Any]) -> "Dashboard":
        """Of an answer, whose metricsEnabled is a boolean or a text."""
        return cls(word(str(body.get("url") or "")), str(body.get("metricsEnabled")).lower() == "true")


class Dashboards(Regional):
    """Operations on dashboards in one region. Their answers have lower-case keys and no request id."""

    async def get(self, job_id: str) -> Dashboard:
        """GetDashboard of a running job. Raises CloudError where the framework has none."""
        return Dashboard.of(await self.api.read("pai-dlc", "GetDashboard", job_id, params={}))

    async def ray(self, job_id: str) -> Dashboard:
        """GetRayDashboard of a RayJob that runs. Raises CloudError for any other."""
        return Dashboard.of(await self.api.read("pai-dlc", "GetRayDashboard", job_id, params={}))
