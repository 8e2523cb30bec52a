"""Inputs of jobs: datasets and code sources."""

from typing import Annotated

from pydantic import Field

from pai_dlc_mcp.server.deps import Cloud
from pai_dlc_mcp.server.protocol.reply import Facts, ForeignName, ForeignText, Listing, Row, Verbatim
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.tools.params import CodeSourceId, DatasetId, Limit, Offset, Region, WorkspaceId

tools = Toolset("core")


class DatasetRow(Row):
    dataset_id: str
    name: ForeignName
    uri: Verbatim | None = None
    source_type: str | None = None
    property: str | None = None


class DatasetList(Listing):
    rows = "datasets"

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


class CodeSourceRow(Row):
    code_source_id: str
    name: ForeignName
    repo: Verbatim | None = None
    branch: Verbatim | None = None


class CodeSourceList(Listing):
    rows = "code_sources"

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
) -> DatasetList:
    """List a workspace's datasets. The dataset_id goes into create_job's data_sources[].data_source_id."""
    page = await cloud.sources.datasets({"WorkspaceId": workspace_id, "Name": name}, offset, limit)
    return DatasetList.of(page, workspace_id=workspace_id)


@tools.read("Get a dataset")
async def get_dataset(dataset_id: DatasetId, cloud: Cloud, region: Region = None) -> DatasetFacts:
    """Get one dataset: where it is stored and how it is mounted."""
    return DatasetFacts.model_validate(await cloud.sources.dataset(dataset_id))


@tools.read("List code sources")
async def list_code_sources(
    workspace_id: WorkspaceId,
    cloud: Cloud,
    name: Annotated[str | None, Field(description="Part of the name.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
    region: Region = None,
) -> CodeSourceList:
    """List a workspace's code sources (git repositories). The code_source_id goes into create_job's code_source.
    Access tokens are never read."""
    page = await cloud.sources.code_sources({"WorkspaceId": workspace_id, "DisplayName": name}, offset, limit)
    return CodeSourceList.of(page, workspace_id=workspace_id)


@tools.read("Get a code source")
async def get_code_source(code_source_id: CodeSourceId, cloud: Cloud, region: Region = None) -> CodeSourceFacts:
    """Get one code source: repository, branch, commit and mount path."""
    return CodeSourceFacts.model_validate(await cloud.sources.code_source(code_source_id))
