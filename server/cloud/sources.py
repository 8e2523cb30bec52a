"""Inputs of a job: datasets and code sources (AIWorkSpace). Their access tokens and mount options are not read."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from pai_dlc_mcp.server.cloud.api import Regional
from pai_dlc_mcp.server.cloud.model import CloudModel, Told
from pai_dlc_mcp.server.cloud.paging import Page, page


class Dataset(CloudModel):
    """A dataset; its id is the value for a DataSource's DataSourceId."""

    dataset_id: str = Field(default="", alias="DatasetId")
    name: Told = Field(default="", alias="Name")
    uri: Told | None = Field(default=None, alias="Uri")
    description: Told | None = Field(default=None, alias="Description")
    source_type: str | None = Field(default=None, alias="DataSourceType")
    data_type: str | None = Field(default=None, alias="DataType")
    property: str | None = Field(default=None, alias="Property")
    accessibility: str | None = Field(default=None, alias="Accessibility")
    mount_access: str | None = Field(default=None, alias="MountAccess")
    workspace_id: str | None = Field(default=None, alias="WorkspaceId")
    created: str | None = Field(default=None, alias="GmtCreateTime")


class CodeSource(CloudModel):
    """A code source (git repository); its id is the value for CodeSource.CodeSourceId."""

    code_source_id: str = Field(default="", alias="CodeSourceId")
    name: Told = Field(default="", alias="DisplayName")
    repo: Told | None = Field(default=None, alias="CodeRepo")
    branch: Told | None = Field(default=None, alias="CodeBranch")
    commit: str | None = Field(default=None, alias="CodeCommit")
    mount_path: Told | None = Field(default=None, alias="MountPath")
    description: Told | None = Field(default=None, alias="Description")
    accessibility: str | None = Field(default=None, alias="Accessibility")
    workspace_id: str | None = Field(default=None, alias="WorkspaceId")
    created: str | None = Field(default=None, alias="GmtCreateTime")


class Sources(Regional):
    """Operations on datasets and code sources in one region."""

    async def datasets(self, filters: Mapping[str, Any], offset: int = 0, limit: int = 20) -> Page[Dataset]:
        """ListDatasets. Without a WorkspaceId the service uses the caller's default workspace."""

        def ask(paging: dict[str, Any]) -> Any:
            params = {"SortBy": "GmtCreateTime", "Order": "DESC", **filters, **paging}
            return self.api.read("aiworkspace", "ListDatasets", params=params)

        return await page(ask, "Datasets", Dataset, offset, limit)

    async def dataset(self, dataset_id: str) -> Dataset:
        """GetDataset. Raises CloudError, kind not_found for an unknown id."""
        body = await self.api.read("aiworkspace", "GetDataset", dataset_id, params={})
        return Dataset.model_validate(body)

    async def code_sources(self, filters: Mapping[str, Any], offset: int = 0, limit: int = 20) -> Page[CodeSource]:
        """ListCodeSources; WorkspaceId is required."""

        def ask(paging: dict[str, Any]) -> Any:
            params = {"SortBy": "GmtCreateTime", "Order": "DESC", **filters, **paging}
            return self.api.read("aiworkspace", "ListCodeSources", params=params)

        return await page(ask, "CodeSources", CodeSource, offset, limit)

    async def code_source(self, code_source_id: str) -> CodeSource:
        """GetCodeSource. Raises CloudError, kind not_found for an unknown id."""
        body = await self.api.read("aiworkspace", "GetCodeSource", code_source_id, params={})
        return CodeSource.model_validate(body)
