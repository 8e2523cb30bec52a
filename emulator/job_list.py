"""ListJobs."""

from datetime import timedelta

from pai_dlc_mcp.emulator import job_view, listing
from pai_dlc_mcp.emulator.job import Job
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import USER_ID, Account

EXACT = {
    "Accessibility": "Accessibility",
    "JobType": "JobType",
    "PaymentType": "PaymentType",
    "ResourceId": "ResourceId",
    "TemplateId": "TemplateId",
    "UserIdForFilter": "UserId",
}
CONTAINS = {
    "Description": "Description",
    "DisplayName": "DisplayName",
    "ImageSearch": "Images",
    "ReasonSearch": "Reason",
    "ResourceQuotaName": "ResourceQuotaName",
    "UserCommandSearch": "UserCommand",
    "Username": "Username",
}
SETTING = ("BusinessUserId", "Caller", "PipelineId")
"""Filters of ListJobs: by a whole field, by a part of one, and by a whole field of Settings."""

LOOK_BACK = timedelta(days=7)


def list_jobs(account: Account, request: Request) -> Json:
    """By default the caller's own jobs of the last 7 days in the default workspace."""
    jobs = [job for job in in_sight(account, request) if in_window(account, request, job)]
    tags: Json = request.json("Tags") or {}
    wanted = {name: request.text(name) for name in SETTING if request.text(name)}
    ids = [job_id.lower() for job_id in request.words("JobId") or request.words("JobIds")]
    assigned = request.text("EnableAssignNode").lower()
    rows = [
        {**job_view.item(account, job), **search_fields(job)}
        for job in jobs
        if (not ids or job.job_id in ids)
        and tags.items() <= job.body.get("Settings", {}).get("Tags", {}).items()
        and wanted.items() <= job.body.get("Settings", {}).items()
        and assigned in ("", str(assigns_nodes(job)).lower())
    ]
    rows = listing.select(
        rows, request, exact=EXACT, among={"ResourceIds": "ResourceId", "Status": "Status"}, contains=CONTAINS
    )
    rows = listing.ordered(rows, request, "GmtCreateTime", "desc")
    page = listing.page(rows, request, 10, 100)
    shown = [{key: value for key, value in row.items() if key not in SEARCHED} for row in page]
    return {"Jobs": shown, "TotalCount": len(rows)}


def in_sight(account: Account, request: Request) -> list[Job]:
    """Jobs that the caller can see: without ShowOwn also public jobs of others; of one workspace unless all are
    requested."""
    now = account.now()
    own = request.flag("ShowOwn", True)
    everywhere = request.flag("FromAllWorkspaces") and own
    workspace = request.text("WorkspaceId", account.default_workspace()["WorkspaceId"])
    return [
        job
        for job in account.jobs.values()
        if job.visible(now)
        and (job.user_id == USER_ID or (job.public and not own))
        and (everywhere or job.body["WorkspaceId"] == workspace)
    ]


def in_window(account: Account, request: Request, job: Job) -> bool:
    """Whether its creation (with TimeRangeField its end) is in the requested window."""
    now = account.now()
    since, until = request.time("StartTime", now - LOOK_BACK), request.time("EndTime", now)
    moment = job.finished(now) if request.text("TimeRangeField") == "GmtFinishTime" else job.created
    return moment is not None and since <= moment <= until


SEARCHED = ("Description", "Images", "PaymentType", "Reason", "TemplateId")


def search_fields(job: Job) -> Json:
    """Fields that ListJobs filters by and does not return."""
    job_specs: list[Json] = job.body["JobSpecs"]
    spot = any(spec.get("UseSpotInstance") or spec.get("SpotSpec") for spec in job_specs)
    last = job.life[-1]
    return {
        "Description": job.body.get("Description", ""),
        "Images": " ".join(spec.get("Image", "") for spec in job_specs),
        "PaymentType": "Spot" if spot else "PrePaid" if job.quota_id else "PostPaid",
        "Reason": f"{last.code} {last.message}",
        "TemplateId": job.body.get("TemplateId", ""),
    }


def assigns_nodes(job: Job) -> bool:
    return any(spec.get("AssignNodeSpec", {}).get("EnableAssignNode") for spec in job.body["JobSpecs"])
