"""Tensorboards: instances that show a job's summaries."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from pai_dlc_mcp.server.cloud.errors import sent_once
from pai_dlc_mcp.server.cloud.model import CloudModel
from pai_dlc_mcp.server.cloud.paging import Page, page
from pai_dlc_mcp.server.cloud.regional import Regional

_EVER = "1970-01-01T00:00:00Z"  # the service looks back 7 days by default


class Compute(CloudModel):
    """TensorboardSpec: what a pay-as-you-go instance runs on."""

    ecs_type: str | None = Field(default=None, alias="EcsType")


class Tensorboard(CloudModel):
    """`url` needs a login; a shared url does not. The reference writes statuses Running and running."""

    tensorboard_id: str = Field(default="", alias="TensorboardId")
    display_name: str = Field(default="", alias="DisplayName")
    status: str = Field(default="Unknown", alias="Status")
    workspace_id: str | None = Field(default=None, alias="WorkspaceId")
    job_id: str | None = Field(default=None, alias="JobId")
    dataset_id: str | None = Field(default=None, alias="DataSourceId")
    summary_path: str | None = Field(default=None, alias="SummaryPath")
    accessibility: str | None = Field(default=None, alias="Accessibility")
    priority: str | None = Field(default=None, alias="Priority")
    quota_id: str | None = Field(default=None, alias="QuotaId")
    compute: Compute | None = Field(default=None, alias="TensorboardSpec")
    max_running_time_minutes: int | None = Field(default=None, alias="MaxRunningTimeMinutes")
    reason_code: str | None = Field(default=None, alias="ReasonCode")
    reason: str | None = Field(default=None, alias="ReasonMessage")
    url: str | None = Field(default=None, alias="TensorboardUrl")
    user_id: str | None = Field(default=None, alias="UserId")
    created: str | None = Field(default=None, alias="GmtCreateTime")
    modified: str | None = Field(default=None, alias="GmtModifyTime")
    finished: str | None = Field(default=None, alias="GmtFinishTime")

    def is_in(self, *statuses: str) -> bool:
        return self.status.capitalize() in statuses


class Tensorboards(Regional):
    """Operations on tensorboards in one region."""

    async def create(self, body: Mapping[str, Any]) -> str:
        """CreateTensorboard, sent once: it takes no client token. Returns the tensorboard id."""
        with sent_once("list_tensorboards"):
            answer = await self.gateway.call("pai-dlc", "CreateTensorboard", self.region, params=body)
        return str(answer.get("TensorboardId") or "")

    async def get(self, tensorboard_id: str) -> Tensorboard:
        body = await self.gateway.call("pai-dlc", "GetTensorboard", self.region, tensorboard_id, params={})
        return Tensorboard.model_validate({**body, "TensorboardId": tensorboard_id})

    async def list(self, filters: Mapping[str, Any], offset: int = 0, limit: int = 20) -> Page[Tensorboard]:
        """ListTensorboards of all times, newest first. Without a WorkspaceId the service takes the default one."""

        def ask(paging: dict[str, Any]) -> Any:
            params = {"StartTime": _EVER, "SortBy": "GmtCreateTime", "Order": "desc", **filters, **paging}
            return self.gateway.call("pai-dlc", "ListTensorboards", self.region, params=params)

        return await page(ask, "Tensorboards", Tensorboard, offset, limit)

    async def update(self, tensorboard_id: str, changes: Mapping[str, Any]) -> None:
        await self.gateway.call("pai-dlc", "UpdateTensorboard", self.region, tensorboard_id, params=changes)

    async def start(self, tensorboard_id: str) -> None:
        await self.gateway.call("pai-dlc", "StartTensorboard", self.region, tensorboard_id, params={})

    async def stop(self, tensorboard_id: str) -> None:
        await self.gateway.call("pai-dlc", "StopTensorboard", self.region, tensorboard_id, params={})

    async def delete(self, tensorboard_id: str) -> None:
        await self.gateway.call("pai-dlc", "DeleteTensorboard", self.region, tensorboard_id, params={})

    async def shared_url(self, tensorboard_id: str, seconds: int) -> str:
        """GetTensorboardSharedUrl: an address that needs no account, until it expires. It has to be running."""
        params = {"ExpireTimeSeconds": str(seconds)}
        action = "GetTensorboardSharedUrl"
        body = await self.gateway.call("pai-dlc", action, self.region, tensorboard_id, params=params)
        return str(body.get("TensorboardSharedUrl") or "")
