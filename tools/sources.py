"""What a job reads: datasets and code sources."""

from typing import Annotated

from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from pai_dlc_mcp.server.deps import Cloud
from pai_dlc_mcp.server.protocol.reply import Facts, ForeignName, ForeignText, Listing, Verbatim, facts, listing
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.tools.params import CodeSourceId, DatasetId, Limit, Offset, Region, WorkspaceId

tools = Toolset("core")


class DatasetRow(BaseModel):
    dataset_id: str
    name: ForeignName
    uri: Verbatim | None = None
    source_type: str | None = None
    property: str | None = None


class DatasetList(Listing):
    workspace_id: str
    datasets: list[DatasetRow]


class DatasetFacts(Facts):
    dataset_id: str
    name: ForeignName
    uri: Verbatim | None = None
    description: ForeignText | None = None
    source_type: str | None = None
    data_type: str | None = None
    property: str | None = None
    accessibility: str | None = None
    mount_access: str | None = None
    workspace_id: str | None = None
    created: str | None = None


class CodeSourceRow(BaseModel):
    code_source_id: str
    name: ForeignName
    repo: Verbatim | None = None
    branch: Verbatim | None = None


class CodeSourceList(Listing):
    workspace_id: str
    code_sources: list[CodeSourceRow]


class CodeSourceFacts(Facts):
    code_source_id: str
    name: ForeignName
    repo: Verbatim | None = None
    branch: Verbatim | None = None
    commit: Verbatim | None = None
    mount_path: Verbatim | None = None
    description: ForeignText | None = None
    accessibility: str | None = None
    workspace_id: str | None = None
    created: str | None = None


@tools.read("List datasets")
async def list_datasets(
    workspace_id: WorkspaceId,
    cloud: Cloud,
    name: Annotated[str | None, Field(description="Part of the name.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
    region: Region = None,
) -> Annotated[CallToolResult, DatasetList]:
    """List a workspace's datasets. The dataset_id goes into create_job's data_sources[].data_source_id."""
    page = await cloud.sources.datasets({"WorkspaceId": workspace_id, "Name": name}, offset, limit)
    rows = [DatasetRow.model_validate(item, from_attributes=True) for item in page.items]
    return listing(cloud, DatasetList, rows, page, workspace_id=workspace_id)


@tools.read("Get a dataset")
async def get_dataset(
    dataset_id: DatasetId, cloud: Cloud, region: Region = None
) -> Annotated[CallToolResult, DatasetFacts]:
    """Get one dataset: where it is stored and how it is mounted."""
    return facts(cloud, DatasetFacts.model_validate(await cloud.sources.dataset(dataset_id), from_attributes=True))


@tools.read("List code sources")
async def list_code_sources(
    workspace_id: WorkspaceId,
    cloud: Cloud,
    name: Annotated[str | None, Field(description="Part of the name.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
    region: Region = None,
) -> Annotated[CallToolResult, CodeSourceList]:
    """List a workspace's code sources (git repositories). The code_source_id goes into create_job's code_source.
    Access tokens are never read."""
    page = await cloud.sources.code_sources({"WorkspaceId": workspace_id, "DisplayName": name}, offset, limit)
    rows = [CodeSourceRow.model_validate(item, from_attributes=True) for item in page.items]
    return listing(cloud, CodeSourceList, rows, page, workspace_id=workspace_id)


@tools.read("Get a code source")
async def get_code_source(
    code_source_id: CodeSourceId, cloud: Cloud, region: Region = None
) -> Annotated[CallToolResult, CodeSourceFacts]:
    """Get one code source: repository, branch, commit and mount path."""
    return facts(
        cloud, CodeSourceFacts.model_validate(await cloud.sources.code_source(code_source_id), from_attributes=True)
    )
