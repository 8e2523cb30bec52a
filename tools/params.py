"""Parameter types that tools share: pattern and description of each."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from pai_dlc_mcp.server.cloud import ids
from pai_dlc_mcp.server.cloud.times import Time
from pai_dlc_mcp.server.rules import job_types

JobId = Annotated[str, Field(pattern=ids.JOB_ID, description="From list_jobs.")]
PodId = Annotated[str, Field(pattern=ids.POD_ID, description="From get_job.")]
PodUid = Annotated[str, Field(pattern=ids.POD_UID, description="From get_job.")]
WorkspaceId = Annotated[str, Field(pattern=ids.WORKSPACE_ID, description="From list_workspaces.")]
QuotaId = Annotated[str, Field(pattern=ids.QUOTA_ID, description="Quota id, from the user.")]
ImageId = Annotated[str, Field(pattern=ids.IMAGE_ID, description="From list_images.")]
DatasetId = Annotated[str, Field(pattern=ids.DATASET_ID, description="From list_datasets.")]
CodeSourceId = Annotated[str, Field(pattern=ids.CODE_SOURCE_ID, description="From list_code_sources.")]
TemplateId = Annotated[str, Field(pattern=ids.TEMPLATE_ID, description="From list_job_templates.")]
TensorboardId = Annotated[str, Field(pattern=ids.TENSORBOARD_ID, description="From list_tensorboards.")]
Region = Annotated[str | None, Field(description="Default: the server's.")]
JobType = Annotated[job_types.JobType, BeforeValidator(job_types.exact), Field(description="Framework.")]
Status = job_types.Status
Limit = Annotated[int, Field(ge=1, le=100, description="Most rows.")]
Offset = Annotated[int, Field(ge=0, description="Rows skipped.")]
MaxTokens = Annotated[int, Field(ge=400, le=20_000, description="Size of the answer.")]
Moment = Annotated[Time, Field(description="UTC.")]
ConfirmationToken = Annotated[str | None, Field(description="From confirmation_required, once the user said yes.")]
