"""Tensorboards: instances that display a job's summaries."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from pai_dlc_mcp.server.budget.fence import word
from pai_dlc_mcp.server.cloud.api import Regional, Write
from pai_dlc_mcp.server.cloud.model import CloudModel, Told
from pai_dlc_mcp.server.cloud.paging import Page, page

_EVER = "1970-01-01T00:00:00Z"  # by default the service looks back 7 days


class Compute(CloudModel):
    """TensorboardSpec: the compute of a pay-as-you-go instance."""

    ecs_type: str | None = Field(default=None, alias="EcsType")


class Tensorboard(CloudModel):
    """A tensorboard. `url` needs a login, a shared URL does not. The API reference writes both Running and running."""

    tensorboard_id: str = Field(default="", alias="TensorboardId")
    display_name: Told = Field(default="", alias="DisplayName")
    status: str = Field(default="Unknown", alias="Status")
    workspace_id: str | None = Field(default=None, alias="WorkspaceId")
    job_id: str | None = Field(default=None, alias="JobId")
    dataset_id: str | None = Field(default=None, alias="DataSourceId")
    summary_path: Told | None = Field(default=None, alias="SummaryPath")
    accessibility: str | None = Field(default=None, alias="Accessibility")
    priority: str | None = Field(default=None, alias="Priority")
    quota_id: str | None = Field(default=None, alias="QuotaId")
    compute: Compute | None = Field(default=None, alias="TensorboardSpec")
    max_running_time_minutes: int | None = Field(default=None, alias="MaxRunningTimeMinutes")
    reason_code: str | None = Field(default=None, alias="ReasonCode")
    reason: Told | None = Field(default=None, alias="ReasonMessage")
    url: Told | None = Field(default=None, alias="TensorboardUrl")
    user_id: str | None = Field(default=None, alias="UserId")
    created: str | None = Field(default=None, alias="GmtCreateTime")
    modified: str | None = Field(default=None, alias="GmtModifyTime")
    finished: str | None = Field(default=None, alias="GmtFinishTime")

    def is_in(self, *statuses: str) -> bool:
        """Whether it has one of these statuses, ignoring case."""
        return self.status.capitalize() in statuses


class Tensorboards(Regional):
    """Operations on tensorboards in one region."""

    def create(self, body: Mapping[str, Any]) -> Write[str]:
        """CreateTensorboard, which has no client token. The result is the tensorboard's id."""
        return self.api.write(
            "CreateTensorboard",
            params=body,
            shown_by="list_tensorboards",
            answer=lambda answer: word(str(answer.get("TensorboardId") or "")),
        )

    async def get(self, tensorboard_id: str) -> Tensorboard:
        """GetTensorboard. Raises CloudError, kind not_found for an unknown id."""
        body = await self.api.read("pai-dlc", "GetTensorboard", tensorboard_id, params={})
        return Tensorboard.model_validate({**body, "TensorboardId": tensorboard_id})

    async def list(self, filters: Mapping[str, Any], offset: int = 0, limit: int = 20) -> Page[Tensorboard]:
        """ListTensorboards of any age, newest first. Without a WorkspaceId the service uses the default workspace."""

        def ask(paging: dict[str, Any]) -> Any:
            params = {"StartTime": _EVER, "SortBy": "GmtCreateTime", "Order": "desc", **filters, **paging}
            return self.api.read("pai-dlc", "ListTensorboards", params=params)

        return await page(ask, "Tensorboards", Tensorboard, offset, limit)

    def update(self, tensorboard_id: str, changes: Mapping[str, Any]) -> Write[None]:
        """UpdateTensorboard: running time in minutes, Accessibility, Priority, under the API's names."""
        return self.api.write("UpdateTensorboard", tensorboard_id, params=changes, shown_by="get_tensorboard")

    def start(self, tensorboard_id: str) -> Write[None]:
        """StartTensorboard, for a stopped one; the id stays the same."""
        return self.api.write("StartTensorboard", tensorboard_id, shown_by="get_tensorboard")

    def stop(self, tensorboard_id: str) -> Write[None]:
        """StopTensorboard: ends the instance and its cost; StartTensorboard starts it again."""
        return self.api.write("StopTensorboard", tensorboard_id, shown_by="get_tensorboard")

    def delete(self, tensorboard_id: str) -> Write[None]:
        """DeleteTensorboard. The summaries are kept."""
        return self.api.write("DeleteTensorboard", tensorboard_id, shown_by="get_tensorboard")

    def shared_url(self, tensorboard_id: str, seconds: int) -> Write[str]:
        """GetTensorboardSharedUrl: a URL without login, valid for `seconds`. The tensorboard must be running."""
        return self.api.write(
            "GetTensorboardSharedUrl",
            tensorboard_id,
            params={"ExpireTimeSeconds": str(seconds)},
            shown_by="get_tensorboard",
            answer=lambda body: str(body.get("TensorboardSharedUrl") or ""),
        )
