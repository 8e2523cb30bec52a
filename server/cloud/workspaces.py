"""Workspaces (AIWorkSpace)."""

from typing import Any

from pydantic import Field

from pai_dlc_mcp.server.cloud.api import Regional
from pai_dlc_mcp.server.cloud.model import CloudModel, Told
from pai_dlc_mcp.server.cloud.paging import Page, page


class Workspace(CloudModel):
    """A workspace. `created`: UTC, as the service writes it, with milliseconds."""

    workspace_id: str = Field(default="", alias="WorkspaceId")
    name: Told = Field(default="", alias="WorkspaceName")
    display_name: Told = Field(default="", alias="DisplayName")
    description: Told | None = Field(default=None, alias="Description")
    status: str = Field(default="", alias="Status")
    is_default: bool = Field(default=False, alias="IsDefault")
    created: str | None = Field(default=None, alias="GmtCreateTime")


class Workspaces(Regional):
    """Operations on workspaces in one region."""

    async def list(self, name: str | None = None, offset: int = 0, limit: int = 20) -> Page[Workspace]:
        """ListWorkspaces of which the caller is a member, newest first. `name` matches a part of the name."""

        def ask(paging: dict[str, Any]) -> Any:
            params = {"WorkspaceName": name, "SortBy": "GmtCreateTime", "Order": "DESC", **paging}
            return self.api.read("aiworkspace", "ListWorkspaces", params=params)

        return await page(ask, "Workspaces", Workspace, offset, limit)

    async def get(self, workspace_id: str) -> Workspace:
        """GetWorkspace. Raises CloudError, kind not_found for one that does not exist or that the caller is not a
        member of."""
        body = await self.api.read("aiworkspace", "GetWorkspace", workspace_id, params={})
        return Workspace.model_validate(body)
