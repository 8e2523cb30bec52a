"""Workspaces: where a job lives and who sees it."""

from typing import Annotated

from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from pai_dlc_mcp.server.deps import Cloud
from pai_dlc_mcp.server.protocol.reply import ForeignName, Listing, listing
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.tools.params import Limit, Offset, Region

tools = Toolset("core")


class WorkspaceRow(BaseModel):
    workspace_id: str
    name: ForeignName
    display_name: ForeignName
    status: str
    is_default: bool


class WorkspaceList(Listing):
    workspaces: list[WorkspaceRow]


@tools.read("List workspaces")
async def list_workspaces(
    cloud: Cloud,
    name: Annotated[str | None, Field(description="Part of the name.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
    region: Region = None,
) -> Annotated[CallToolResult, WorkspaceList]:
    """List the workspaces you are a member of. Use it first: create_job needs the workspace_id the user means,
    and never takes the default one by itself."""
    page = await cloud.workspaces.list(name, offset, limit)
    rows = [WorkspaceRow.model_validate(item, from_attributes=True) for item in page.items]
    return listing(cloud, WorkspaceList, rows, page)
