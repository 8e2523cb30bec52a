"""Ray history servers: dashboards of ended Ray jobs, read from the logs in storage."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from pai_dlc_mcp.server.budget.fence import word
from pai_dlc_mcp.server.cloud.api import Regional, Write
from pai_dlc_mcp.server.cloud.model import CloudModel, Told
from pai_dlc_mcp.server.cloud.paging import Page, page

_EVER = "1970-01-01T00:00:00Z"  # not documented whether the service looks back 7 days by default


class RayHistoryServer(CloudModel):
    """A history server. `url` needs a login. Source of the fields: the SDK's models (1.11.6)."""

    server_id: str = Field(default="", alias="RayHistoryServerId")
    display_name: Told = Field(default="", alias="DisplayName")
    status: str = Field(default="Unknown", alias="Status")
    workspace_id: str | None = Field(default=None, alias="WorkspaceId")
    storage_path: Told | None = Field(default=None, alias="StoragePath")
    accessibility: str | None = Field(default=None, alias="Accessibility")
    ecs_spec: str | None = Field(default=None, alias="EcsSpec")
    quota_id: str | None = Field(default=None, alias="ResourceId")
    max_runtime_minutes: int | None = Field(default=None, alias="MaxRuntimeMinutes")
    reason_code: str | None = Field(default=None, alias="ReasonCode")
    reason: Told | None = Field(default=None, alias="ReasonMessage")
    url: Told | None = Field(default=None, alias="RayHistoryServerUrl")
    user_id: str | None = Field(default=None, alias="UserId")
    created: str | None = Field(default=None, alias="GmtCreateTime")
    modified: str | None = Field(default=None, alias="GmtModifyTime")
    finished: str | None = Field(default=None, alias="GmtFinishTime")


class RayHistoryServers(Regional):
    """Operations on Ray history servers in one region."""

    def create(self, body: Mapping[str, Any]) -> Write[str]:
        """CreateRayHistoryServer, which has no client token. The result is the server's id."""
        return self.api.write(
            "CreateRayHistoryServer",
            params=body,
            shown_by="list_ray_history_servers",
            answer=lambda answer: word(str(answer.get("RayHistoryServerId") or "")),
        )

    async def get(self, server_id: str) -> RayHistoryServer:
        """GetRayHistoryServer. Raises CloudError."""
        body = await self.api.read("pai-dlc", "GetRayHistoryServer", server_id)
        return RayHistoryServer.model_validate({**body, "RayHistoryServerId": server_id})

    async def list(self, filters: Mapping[str, Any], offset: int = 0, limit: int = 20) -> Page[RayHistoryServer]:
        """ListRayHistoryServers of any age, newest first."""

        def ask(paging: dict[str, Any]) -> Any:
            params = {"StartTime": _EVER, "SortBy": "GmtCreateTime", "Order": "desc", **filters, **paging}
            return self.api.read("pai-dlc", "ListRayHistoryServers", params=params)

        return await page(ask, "RayHistoryServers", RayHistoryServer, offset, limit)

    def start(self, server_id: str) -> Write[None]:
        """StartRayHistoryServer."""
        return self.api.write("StartRayHistoryServer", server_id, shown_by="get_ray_history_server")

    def stop(self, server_id: str) -> Write[None]:
        """StopRayHistoryServer."""
        return self.api.write("StopRayHistoryServer", server_id, shown_by="get_ray_history_server")

    def delete(self, server_id: str) -> Write[None]:
        """DeleteRayHistoryServer. The logs in storage are kept."""
        return self.api.write("DeleteRayHistoryServer", server_id, shown_by="get_ray_history_server")
