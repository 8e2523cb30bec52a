"""Job templates: named parts of a create_job body, with versions."""

import json
from typing import Annotated, Any, cast

from pydantic import Field, WithJsonSchema

from pai_dlc_mcp.server.budget.limits import shrink
from pai_dlc_mcp.server.budget.redact import of_call
from pai_dlc_mcp.server.cloud.errors import missing
from pai_dlc_mcp.server.cloud.secret_fields import secrets_of
from pai_dlc_mcp.server.cloud.templates import Template, Version
from pai_dlc_mcp.server.deps import Cloud
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import Facts, ForeignName, ForeignText, Listing, Row, Verbatim
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules import job_template
from pai_dlc_mcp.server.rules.redacted_view import showable
from pai_dlc_mcp.server.safety import questions
from pai_dlc_mcp.server.workflows.permit import Gated, Look, Permit, Plan, Sender, asking
from pai_dlc_mcp.tools.params import ConfirmationToken, Offset, Region, TemplateId, WorkspaceId

tools = Toolset("templates")

_CONTENT_TOKENS = 1200
_VERSIONS_SHOWN = 20

TemplateName = Annotated[
    str,
    Field(
        pattern=r"^[0-9A-Za-z_.-]{1,256}$", description="Letters, digits, `_`, `.` and `-`; unique in the workspace."
    ),
]
Description = Annotated[str | None, Field(description="What the template is for.")]
Number = Annotated[int, Field(ge=1, description="Number, from get_job_template.")]
# Validated like create_job's fields. In the schema only an object, because create_job's schema has 2 kB.
Content = Annotated[job_template.Content, WithJsonSchema({"type": "object", "description": "Fields as in create_job."})]
Constraints = Annotated[dict[str, str], Field(description="JSONPath to locked, overridable or required.")]


class TemplateRow(Row):
    template_id: str
    name: ForeignName
    description: ForeignName | None = None
    default_version: int
    modified: str | None = None
    last_used: str | None = None


class TemplateList(Listing):
    rows = "templates"

    workspace_id: str | None = None
    templates: list[TemplateRow]


class VersionRow(Row):
    version: int
    created: str | None = None


class TemplateFacts(Facts):
    """`content`: JSON of `version` under the API's names; environment values and secrets are hidden."""

    template_id: str | None = None
    name: ForeignName
    workspace_id: str | None = None
    description: ForeignText | None = None
    default_version: int | None = None
    version: int
    content: Verbatim
    constraints: Verbatim | None = None
    created: str | None = None
    modified: str | None = None
    last_used: str | None = None
    versions: list[VersionRow]


class TemplateReply(Facts):
    """`status`: created or updated. `version`: the newest; `default_version`: used for new jobs."""

    status: str
    template_id: str
    version: int | None = None
    default_version: int | None = None
    next: str | None = None


class DeleteReply(Gated):
    template_id: str | None = None


@tools.write("Create a job template")
async def create_job_template(
    workspace_id: WorkspaceId,
    template_name: TemplateName,
    content: Content,
    cloud: Cloud,
    sender: Sender,
    description: Description = None,
    constraints: Constraints | None = None,
    region: Region = None,
) -> TemplateReply:
    """Store some of a job's fields as a template. Keep secrets out: whoever sees the template can read them."""
    body = {
        "WorkspaceId": workspace_id,
        "TemplateName": template_name,
        "Description": description,
        **_version(content, constraints),
    }
    template_id = await sender.send(cloud.templates.create(body))
    return TemplateReply(status="created", template_id=template_id, version=1, default_version=1)


@tools.read("Get a job template")
async def get_job_template(
    template_id: TemplateId,
    cloud: Cloud,
    version: Annotated[Number | None, Field(description="Default: the template's default version.")] = None,
    region: Region = None,
) -> TemplateFacts:
    """Get a job template: the content of one version, by default the default one, and which versions there are. Secrets
    are never shown."""
    template = await cloud.templates.get(template_id)
    chosen = template.version(version)
    if chosen is None:
        raise _no_version(template, version)
    versions = sorted(template.versions, key=lambda one: -one.version)[:_VERSIONS_SHOWN]
    constraints = json.dumps(chosen.constraints, ensure_ascii=False) if chosen.constraints else None
    shown = {"version": chosen.version, "content": _shown(chosen), "constraints": constraints, "versions": versions}
    return TemplateFacts.model_validate({**dict(template), **shown})


@tools.read("List job templates")
async def list_job_templates(
    workspace_id: WorkspaceId,
    cloud: Cloud,
    name: Annotated[str | None, Field(description="Part of the name.")] = None,
    offset: Offset = 0,
    region: Region = None,
) -> TemplateList:
    """List a workspace's job templates. get_job_template shows what one holds."""
    page = await cloud.templates.list({"WorkspaceId": workspace_id, "TemplateName": name}, offset)
    return TemplateList.of(page, workspace_id=workspace_id)


@tools.write("Update a job template")
async def update_job_template(
    template_id: TemplateId,
    cloud: Cloud,
    sender: Sender,
    content: Content | None = None,
    constraints: Constraints | None = None,
    set_as_default: Annotated[bool, Field(description="Let create_job use the new version from now on.")] = False,
    template_name: TemplateName | None = None,
    description: Description = None,
    region: Region = None,
) -> TemplateReply:
    """Rename or describe a job template, or give it new content. Content is a whole new version, which jobs get only
    with set_as_default or set_job_template_default_version."""
    if content is None and (constraints or set_as_default):
        raise Failure(
            "constraints and set_as_default belong to new content, and there is none.",
            fix="Pass content too, or use set_job_template_default_version for a version there is.",
            code="InvalidArgument",
        )
    changes = {
        "TemplateName": template_name,
        "Description": description,
        **(_version(content, constraints) if content else {}),
        "SetAsDefault": True if set_as_default else None,
    }
    if all(value is None for value in changes.values()):
        raise Failure(
            f"There is nothing to change in template {template_id}.",
            fix="Pass content, template_name or description.",
            code="NothingToChange",
        )
    changed = await sender.send(cloud.templates.update(template_id, changes))
    behind = changed.version_created and changed.version != changed.default_version
    return TemplateReply(
        status="updated",
        template_id=template_id,
        version=changed.version,
        default_version=changed.default_version,
        next="set_job_template_default_version makes the new version the default." if behind else None,
    )


@tools.idempotent_write("Set a template's default version")
async def set_job_template_default_version(
    template_id: TemplateId,
    version: Number,
    cloud: Cloud,
    sender: Sender,
    region: Region = None,
) -> TemplateReply:
    """Choose which version of a job template jobs get, for example to go back to an earlier one."""
    template = await cloud.templates.get(template_id)
    if template.version(version) is None:
        raise _no_version(template, version)
    await sender.send(cloud.templates.set_default(template_id, version))
    seen = await cloud.templates.get(template_id)
    return TemplateReply(status="updated", template_id=template_id, default_version=seen.default_version)


async def _delete(template_id: str, cloud: Cloud) -> Look[None]:
    async def look() -> Plan[None]:
        preview = questions.delete_template(await cloud.templates.get(template_id), cloud.region)
        return Plan(preview, (cloud.templates.delete(template_id),), DeleteReply, {"template_id": template_id})

    return look


@tools.destroy("Delete a job template")
async def delete_job_template(
    template_id: TemplateId,
    cloud: Cloud,
    permit: Annotated[Permit[None], asking(_delete)],
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> DeleteReply:
    """Delete a job template with all its versions for good, after asking the user. Jobs made from it stay."""
    await permit.send()
    gone = await missing(cloud.templates.get(template_id))
    return DeleteReply(**permit.about, status="deleted" if gone else "delete_requested")


def _version(content: job_template.Content, constraints: dict[str, str] | None) -> dict[str, Any]:
    """Content and constraints for the API, which takes content as a JSON string."""
    body = content.api()
    job_template.check(body)
    return {"Content": json.dumps(body, ensure_ascii=False), "Constraints": constraints}


def _shown(version: Version) -> str:
    redactor = of_call().also(secrets_of(version.content))
    shown = cast("dict[str, object]", showable(version.content, redactor))
    return json.dumps(shrink(shown, _CONTENT_TOKENS)[0], ensure_ascii=False)


def _no_version(template: Template, version: int | None) -> Failure:
    numbers = ", ".join(str(one.version) for one in template.versions[-_VERSIONS_SHOWN:]) or "none"
    wanted = version or template.default_version
    return Failure(
        f"Job template {template.template_id} has no version {wanted}.",
        fix=f"Its versions: {numbers}.",
        code="NoSuchVersion",
    )
