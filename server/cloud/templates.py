"""Job templates: named bodies of CreateJob, with versions."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from pai_dlc_mcp.server.budget.fence import word
from pai_dlc_mcp.server.cloud.api import Regional, Write
from pai_dlc_mcp.server.cloud.model import CloudModel, Told
from pai_dlc_mcp.server.cloud.paging import Page, page


def _parsed(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


class Version(CloudModel):
    """One version. `content`: a body of CreateJob under the API's names; it can contain secrets."""

    version: int = Field(default=0, alias="Version")
    content: Annotated[dict[str, Any], BeforeValidator(_parsed)] = Field(default={}, alias="Content")
    constraints: dict[str, Any] = Field(default={}, alias="Constraints")
    created: str | None = Field(default=None, alias="GmtCreateTime")


class Template(CloudModel):
    """A job template with its versions."""

    template_id: str = Field(default="", alias="TemplateId")
    name: Told = Field(default="", alias="TemplateName")
    workspace_id: str = Field(default="", alias="WorkspaceId")
    description: Told | None = Field(default=None, alias="Description")
    default_version: int = Field(default=1, alias="DefaultVersion")
    user_id: str | None = Field(default=None, alias="UserId")
    created: str | None = Field(default=None, alias="GmtCreateTime")
    modified: str | None = Field(default=None, alias="GmtModifyTime")
    last_used: str | None = Field(default=None, alias="LastUsedTime")
    versions: tuple[Version, ...] = Field(default=(), alias="Versions")

    def version(self, number: int | None = None) -> Version | None:
        """The version with this number, by default the default version; None if it does not exist."""
        wanted = number or self.default_version
        return next((version for version in self.versions if version.version == wanted), None)


class Changed(CloudModel):
    """The result of an update. New content makes a new version, which becomes the default one only on request."""

    version: int = Field(default=0, alias="Version")
    version_created: bool = Field(default=False, alias="VersionCreated")
    default_version: int = Field(default=0, alias="DefaultVersion")


class Templates(Regional):
    """Operations on job templates in one region."""

    def create(self, body: Mapping[str, Any]) -> Write[str]:
        """CreateJobTemplate. The result is the template's id."""
        return self.api.write(
            "CreateJobTemplate",
            params=body,
            shown_by="list_job_templates",
            answer=lambda answer: word(str(answer.get("TemplateId") or "")),
        )

    async def get(self, template_id: str) -> Template:
        """GetJobTemplate, with all versions. Raises CloudError."""
        body = await self.api.read("pai-dlc", "GetJobTemplate", template_id, params={})
        return Template.model_validate({**body, "TemplateId": template_id})

    async def list(self, filters: Mapping[str, Any], offset: int = 0, limit: int = 20) -> Page[Template]:
        """ListJobTemplates; WorkspaceId is required."""

        def ask(paging: dict[str, Any]) -> Any:
            return self.api.read("pai-dlc", "ListJobTemplates", params={**filters, **paging})

        return await page(ask, "JobTemplates", Template, offset, limit)

    def update(self, template_id: str, changes: Mapping[str, Any]) -> Write[Changed]:
        """UpdateJobTemplate. Sending the same content twice makes two versions."""
        return self.api.write(
            "UpdateJobTemplate", template_id, params=changes, shown_by="get_job_template", answer=Changed.model_validate
        )

    def set_default(self, template_id: str, version: int) -> Write[None]:
        """SetJobTemplateDefaultVersion: the version used by a create that names none."""
        return self.api.write(
            "SetJobTemplateDefaultVersion", template_id, params={"Version": version}, shown_by="get_job_template"
        )

    def delete(self, template_id: str) -> Write[None]:
        """DeleteJobTemplate, with all its versions."""
        return self.api.write("DeleteJobTemplate", template_id, shown_by="get_job_template")
