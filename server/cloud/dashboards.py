"""Dashboards of a running job's framework: Ray's, and others that the service proxies."""

from typing import Any, NamedTuple

from pai_dlc_mcp.server.budget.fence import word
from pai_dlc_mcp.server.cloud.api import Regional


class Dashboard(NamedTuple):
    """A dashboard. `url` is empty if there is none; `metrics`: whether it includes Ray's metrics."""

    url: str
    metrics: bool

    @classmethod
    def of(cls, body: dict[str, Any]) -> "Dashboard":
        """From a response, in which metricsEnabled is a boolean or a string."""
        return cls(word(str(body.get("url") or "")), str(body.get("metricsEnabled")).lower() == "true")


class Dashboards(Regional):
    """Operations on dashboards in one region. Responses have lower-case keys and no request id."""

    async def get(self, job_id: str) -> Dashboard:
        """GetDashboard of a running job. Raises CloudError if its framework has no dashboard."""
        return Dashboard.of(await self.api.read("pai-dlc", "GetDashboard", job_id, params={}))

    async def ray(self, job_id: str) -> Dashboard:
        """GetRayDashboard of a running RayJob. Raises CloudError for any other job."""
        return Dashboard.of(await self.api.read("pai-dlc", "GetRayDashboard", job_id, params={}))
