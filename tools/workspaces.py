"""Workspaces, which contain jobs and decide who can see them."""

from typing import Annotated

from pydantic import Field

from pai_dlc_mcp.server.deps import Cloud
from pai_dlc_mcp.server.protocol.reply import ForeignName, Listing, Row
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.tools.params import Limit, Offset, Region

tools = Toolset("core")


class WorkspaceRow(Row):
    workspace_id: str
    name: ForeignName
    display_name: ForeignName
    status: str
    is_default: bool


class WorkspaceList(Listing):
    rows = "workspaces"

    workspaces: list[WorkspaceRow]


@tools.read("List workspaces")
async def list_workspaces(
    cloud: Cloud,
    name: Annotated[str | None, Field(description="Part of the name.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
    region: Region = None,
) -> WorkspaceList:
    """List the workspaces you are a member of. Use it first: create_job needs the workspace_id the user means,
    and never takes the default one by itself."""
    return WorkspaceList.of(await cloud.workspaces.list(name, offset, limit))
