"""Job templates: named bodies of CreateJob, with versions."""

import json
import re

from pai_dlc_mcp.emulator import clock, errors, listing
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import USER_ID, Account


def create_job_template(account: Account, request: Request) -> Json:
    sent = request.sent()
    workspace_id = sent.get("WorkspaceId") or account.default_workspace()["WorkspaceId"]
    account.workspace(workspace_id)
    check_name(account, sent.get("TemplateName", ""), workspace_id)
    check_content(sent.get("Content", ""))
    now = clock.utc_minutes(account.now())
    template: Json = {
        "TemplateId": account.new_id("jobtemplate-", 12),
        "TemplateName": sent["TemplateName"],
        "WorkspaceId": workspace_id,
        "Description": sent.get("Description", ""),
        "Metadata": sent.get("Metadata", {}),
        "DefaultVersion": 1,
        "UserId": USER_ID,
        "TenantId": "",
        "ModifiedBy": USER_ID,
        "GmtCreateTime": now,
        "GmtModifyTime": now,
        "LastUsedTime": "",
        "Versions": [version(1, sent, now)],
    }
    account.templates[template["TemplateId"]] = template
    return {**{key: value for key, value in summary(template).items() if key != "ModifiedBy"}, "Version": 1}


def version(number: int, sent: Json, now: str) -> Json:
    return {
        "Version": number,
        "Content": sent["Content"],
        "Constraints": sent.get("Constraints", {}),
        "CreatedBy": USER_ID,
        "GmtCreateTime": now,
    }


def check_name(account: Account, name: str, workspace_id: str) -> None:
    taken = [
        template["TemplateName"] for template in account.templates.values() if template["WorkspaceId"] == workspace_id
    ]
    if not re.fullmatch(r"[0-9A-Za-z_.-]{1,256}", name) or name in taken:
        raise errors.ServiceError(400, "InvalidParameter.TemplateName", f"TemplateName {name!r} is invalid or taken.")


def check_content(content: object) -> None:
    """Content is the JSON text of a CreateJob body."""
    try:
        valid = isinstance(content, str) and isinstance(json.loads(content), dict)
    except ValueError:
        valid = False
    if not valid:
        raise errors.ServiceError(400, "InvalidParameter.Content", "Content is not a JSON object.")


def find(account: Account, template_id: str) -> Json:
    if template := account.templates.get(template_id):
        return template
    raise errors.not_found("The specified job template does not exist.", "NotFound.JobTemplate")


def find_version(template: Json, number: int) -> Json:
    versions: list[Json] = template["Versions"]
    if 1 <= number <= len(versions):
        return versions[number - 1]
    raise errors.not_found("The specified job template version does not exist.", "NotFound.JobTemplateVersion")


def summary(template: Json) -> Json:
    return {key: value for key, value in template.items() if key != "Versions"}


def get_job_template(account: Account, request: Request) -> Json:
    """All versions, or the requested one."""
    template = find(account, request.ids["TemplateId"])
    versions: list[Json] = template["Versions"]
    if request.text("Version"):
        versions = [find_version(template, request.number("Version", 1))]
    return {**summary(template), "Versions": versions, "TotalCount": len(versions)}


def list_job_templates(account: Account, request: Request) -> Json:
    found = listing.select(
        [summary(template) for template in account.templates.values()],
        request,
        exact={"WorkspaceId": "WorkspaceId", "TemplateId": "TemplateId", "UserId": "UserId"},
        contains={"TemplateName": "TemplateName", "Description": "Description"},
    )
    found = listing.ordered(found, request, "GmtCreateTime", "desc")
    return {
        "JobTemplates": listing.page(found, request, 10),
        "PageNumber": request.number("PageNumber", 1),
        "PageSize": request.number("PageSize", 10),
        "TotalCount": len(found),
    }


def update_job_template(account: Account, request: Request) -> Json:
    """New content makes a new version, which becomes the default only with SetAsDefault."""
    template = find(account, request.ids["TemplateId"])
    sent = request.sent()
    if sent.get("TemplateName", template["TemplateName"]) != template["TemplateName"]:
        check_name(account, sent["TemplateName"], template["WorkspaceId"])
    now = clock.utc_minutes(account.now())
    created = "Content" in sent
    if created:
        check_content(sent["Content"])
        template["Versions"].append(version(len(template["Versions"]) + 1, sent, now))
        if sent.get("SetAsDefault"):
            template["DefaultVersion"] = len(template["Versions"])
    template |= {key: sent[key] for key in ("TemplateName", "Description", "Metadata") if key in sent}
    template["GmtModifyTime"] = now
    return {
        "Version": len(template["Versions"]),
        "VersionCreated": created,
        "DefaultVersion": template["DefaultVersion"],
        "GmtModifyTime": now,
    }


def set_job_template_default_version(account: Account, request: Request) -> Json:
    template = find(account, request.ids["TemplateId"])
    number = request.sent().get("Version", 0)
    find_version(template, number)
    template["DefaultVersion"] = number
    template["GmtModifyTime"] = clock.utc_minutes(account.now())
    return {"DefaultVersion": number, "GmtModifyTime": template["GmtModifyTime"]}


def delete_job_template(account: Account, request: Request) -> Json:
    template = find(account, request.ids["TemplateId"])
    del account.templates[template["TemplateId"]]
    return {"TemplateId": template["TemplateId"]}


def filled(account: Account, sent: Json) -> Json:
    """CreateJob's body on top of the template that it names, if any."""
    if not (template_id := sent.get("TemplateId")):
        return sent
    template = find(account, template_id)
    chosen = find_version(template, sent.get("TemplateVersion") or template["DefaultVersion"])
    template["LastUsedTime"] = clock.utc_minutes(account.now())
    return {**json.loads(chosen["Content"]), **sent}
