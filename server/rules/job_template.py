"""The content of a job template: any part of a create_job body. Fields are snake_case; the API's names are accepted
too."""

from typing import Any

from pai_dlc_mcp.server.cloud.shape import as_list, as_object
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.job_spec import Body, CodeSource, DataSource, JobSettings, JobSpec, Rare
from pai_dlc_mcp.server.rules.job_types import JobType

_HIDDEN, _REDACTED = "***", "[redacted"  # what redacted_view.py and the redactor write instead of a secret


class PartialSpec(JobSpec):
    """A role. In a template its image can be left to the job."""

    image: str | None = None  # pyright: ignore[reportIncompatibleVariableOverride] - frozen, so nothing writes a None


class Content(Body):
    """A CreateJob body in which any part can be missing."""

    display_name: str | None = None
    job_type: JobType | None = None
    job_specs: list[PartialSpec] | None = None
    user_command: str | None = None
    resource_id: str | None = None
    data_sources: list[DataSource] | None = None
    code_source: CodeSource | None = None
    envs: dict[str, str] | None = None
    settings: JobSettings | None = None
    priority: int | None = None
    job_max_running_time_minutes: int | None = None
    description: str | None = None
    accessibility: str | None = None
    user_vpc: Rare = None
    custom_envs: Rare = None
    credential_config: Rare = None
    elastic_spec: Rare = None
    options: Rare = None
    scheduling_strategy: Rare = None
    success_policy: Rare = None
    thirdparty_lib_dir: Rare = None
    thirdparty_libs: Rare = None


def check(content: dict[str, Any]) -> None:
    """Raises Failure for content copied from a displayed template: the placeholders of its secrets would be stored."""
    if hidden := _hidden(content, ""):
        raise Failure(
            f"content has hidden values ({hidden}): get_job_template does not show secrets.",
            fix="Ask the user for these values, or leave the fields out.",
            code="HiddenValue",
        )


def _hidden(value: object, where: str) -> str | None:
    """Path of the first placeholder of a secret; None if there is none."""
    if isinstance(value, str) and (value == _HIDDEN or _REDACTED in value):
        return where
    items = [*as_object(value).items(), *enumerate(as_list(value))]
    return next((found for key, item in items if (found := _hidden(item, f"{where}.{key}".lstrip(".")))), None)
