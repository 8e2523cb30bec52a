"""Lists tensorboards and reads one."""

from typing import Annotated

from pydantic import Field

from pai_dlc_mcp.server.deps import Cloud
from pai_dlc_mcp.server.protocol.reply import Facts, ForeignName, ForeignText, Listing, Row, Verbatim
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.tools.params import JobId, Offset, Region, TensorboardId, WorkspaceId

tools = Toolset("tensorboards")


class TensorboardRow(Row):
    tensorboard_id: str
    display_name: ForeignName
    status: str
    job_id: str | None = None
    created: str | None = None


class TensorboardList(Listing):
    rows = "tensorboards"

    workspace_id: str | None = None
    tensorboards: list[TensorboardRow]


class TensorboardFacts(Facts):
    """`url` needs a login with access to the workspace."""

    tensorboard_id: str | None = None
    display_name: ForeignName
    status: str
    reason_code: str | None = None
    reason: ForeignText | None = None
    url: str | None = None
    workspace_id: str | None = None
    job_id: str | None = None
    dataset_id: str | None = None
    summary_path: Verbatim | None = None
    ecs_type: str | None = None
    quota_id: str | None = None
    max_running_time_minutes: int | None = None
    accessibility: str | None = None
    priority: str | None = None
    created: str | None = None
    finished: str | None = None


@tools.read("Get a tensorboard")
async def get_tensorboard(tensorboard_id: TensorboardId, cloud: Cloud, region: Region = None) -> TensorboardFacts:
    """Get a tensorboard's status and url. The url needs a login; for people without one use
    get_tensorboard_shared_url."""
    board = await cloud.tensorboards.get(tensorboard_id)
    return TensorboardFacts.model_validate(
        {**dict(board), "ecs_type": board.compute.ecs_type if board.compute else None}
    )


@tools.read("List tensorboards")
async def list_tensorboards(
    workspace_id: WorkspaceId,
    cloud: Cloud,
    job_id: JobId | None = None,
    name: Annotated[str | None, Field(description="Part of the name.")] = None,
    show_own: Annotated[bool, Field(description="Only your own, not those shared with you.")] = True,
    offset: Offset = 0,
    region: Region = None,
) -> TensorboardList:
    """List a workspace's tensorboards, newest first; by default only your own."""
    filters = {
        "WorkspaceId": workspace_id,
        "JobId": job_id,
        "DisplayName": name,
        "ShowOwn": show_own,
    }
    page = await cloud.tensorboards.list(filters, offset)
    note = "your own tensorboards (show_own=false shows the team's)" if show_own else None
    return TensorboardList.of(page, workspace_id=workspace_id, note=note)
