"""CreateJob, ListJobs, GetJob, UpdateJob, StopJob, DeleteJob, and the jobs of the account's past."""

import re
from datetime import datetime, timedelta

from pai_dlc_mcp.emulator import (
    errors,
    images,
    job_view,
    lifecycle,
    listing,
    plan,
    quotas,
    sanity,
    specs,
    templates,
)
from pai_dlc_mcp.emulator.lifecycle import TERMINAL
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.scenarios import catalog
from pai_dlc_mcp.emulator.state import USER_ID, Account, Job, Resources, seed

JOB_TYPES = (
    "TFJob",
    "PyTorchJob",
    "MPIJob",
    "XGBoostJob",
    "OneFlowJob",
    "ElasticBatchJob",
    "SlurmJob",
    "RayJob",
    "DataJuicerJob",
)
KEPT = (
    "Accessibility",
    "CodeSource",
    "DataSources",
    "Description",
    "DisplayName",
    "ElasticSpec",
    "Envs",
    "JobMaxRunningTimeMinutes",
    "JobType",
    "Priority",
    "ResourceId",
    "Settings",
    "ThirdpartyLibDir",
    "ThirdpartyLibs",
    "UserCommand",
    "WorkspaceId",
)
"""Keys of CreateJob's body the emulator remembers; others are ignored, as the service does with unknown ones."""

SPEC_KEPT = (
    "AssignNodeSpec",
    "EcsSpec",
    "Image",
    "PodCount",
    "ResourceConfig",
    "RestartPolicy",
    "SpotSpec",
    "Type",
    "UseSpotInstance",
    "UserCommand",
)
EXACT = {
    "Status": "Status",
    "JobType": "JobType",
    "Accessibility": "Accessibility",
    "ResourceId": "ResourceId",
    "UserIdForFilter": "UserId",
}
"""Filters of ListJobs that compare a whole field."""

STOPPED_BY_USER = ("JobStoppedByUser", "Job is stopped by user.")
MAX_PODS = 1000
PRIORITY_DELAY = timedelta(seconds=30)
LOOK_BACK = timedelta(days=7)


def create_job(account: Account, request: Request) -> Json:
    """Creates a job, twice if asked twice: there is no client token. The image is not checked here, an unknown one
    fails when it is pulled; without WorkspaceId the job lands in the default workspace."""
    sent = templates.filled(account, request.sent())
    body: Json = {key: sent[key] for key in KEPT if key in sent}
    body["JobSpecs"] = [
        {"PodCount": 1, **{key: spec[key] for key in SPEC_KEPT if key in spec}} for spec in sent.get("JobSpecs", [])
    ]
    body.setdefault("WorkspaceId", account.default_workspace()["WorkspaceId"])
    check(account, body)
    job = admit(account, account.new_id("dlc", 13), USER_ID, body, account.now())
    return {"JobId": job.job_id}


def check(account: Account, body: Json) -> None:
    if body.get("JobType") not in JOB_TYPES:
        raise errors.invalid(f"JobType {body.get('JobType', '')!r} is invalid.")
    if not body["JobSpecs"]:
        raise errors.invalid("JobSpecs is required.")
    if not re.fullmatch(r"[0-9A-Za-z_.-]{0,256}", body.get("DisplayName", "")):
        raise errors.invalid("DisplayName is limited to 256 characters of [0-9A-Za-z_.-].")
    if not body.get("UserCommand") and not all(spec.get("UserCommand") for spec in body["JobSpecs"]):
        raise errors.invalid("UserCommand is required.")
    if not 1 <= body.get("Priority", 1) <= 9:
        raise errors.invalid("Priority must be between 1 and 9.")
    account.workspace(body["WorkspaceId"])
    quota_id = body.get("ResourceId", "")
    if quota_id:
        account.quota(quota_id)
    for spec in body["JobSpecs"]:
        if not spec.get("Type"):
            raise errors.invalid("JobSpecs.Type is required.")
        if not 1 <= spec["PodCount"] <= MAX_PODS:
            raise errors.invalid(f"JobSpecs.PodCount must be between 1 and {MAX_PODS}.")
        check_resources(account, spec, quota_id)


def check_resources(account: Account, spec: Json, quota_id: str) -> None:
    """EcsSpec is for pay-as-you-go, ResourceConfig for a quota."""
    ecs, config = spec.get("EcsSpec"), spec.get("ResourceConfig")
    if ecs and quota_id:
        raise errors.invalid("EcsSpec is not supported when ResourceId is specified, use ResourceConfig.")
    if ecs and config:
        raise errors.invalid("EcsSpec and ResourceConfig are mutually exclusive.")
    if not ecs and not (config and quota_id):
        raise errors.invalid("Specify EcsSpec, or ResourceConfig with ResourceId.")
    if ecs and not specs.find(account, ecs):
        raise errors.invalid(f"EcsSpec {ecs} is invalid.")


def admit(
    account: Account, job_id: str, user_id: str, body: Json, created: datetime, scenario: str | None = None
) -> Job:
    """Writes a job into the account, its life planned."""
    job = Job(
        job_id=job_id,
        user_id=user_id,
        created=created,
        body=body,
        scenario_name="healthy",
        resources=[resources(account, spec) for spec in body["JobSpecs"]],
        life=(),
        modified=created,
    )
    job.scenario_name = scenario or choose(account, job)
    job.life = plan.life(job, bids=bids(job), checks_sanity=sanity.applies(account, job))
    account.jobs[job_id] = job
    return job


def choose(account: Account, job: Job) -> str:
    """EMULATOR_SCENARIO, else what the resources allow, else a word of the command or the name."""
    if named := catalog.named(job.body.get("Envs", {})):
        return named
    job_specs: list[Json] = job.body["JobSpecs"]
    if not all(images.known(account, spec.get("Image", "")) for spec in job_specs):
        return "image_pull"
    if not all(specs.available(account, spec["EcsSpec"]) for spec in job_specs if spec.get("EcsSpec")):
        return "no_stock"
    if job.quota_id and not quotas.fits(account.quota(job.quota_id), job_view.total(job)[2]):
        return "quota_full"
    return catalog.hinted(f"{job.body.get('UserCommand')} {job.body.get('DisplayName')}")


def bids(job: Job) -> bool:
    """Spot instances of a Lingjun quota are bid for."""
    return bool(job.quota_id) and any(
        spec.get("UseSpotInstance") or spec.get("SpotSpec") for spec in job.body["JobSpecs"]
    )


def resources(account: Account, spec: Json) -> Resources:
    if found := specs.find(account, spec.get("EcsSpec", "")):
        return Resources(found["Cpu"], found["Gpu"], found["Memory"])
    config = spec["ResourceConfig"]
    amount = [int(re.sub(r"\D.*", "", str(config.get(key, ""))) or 0) for key in ("CPU", "GPU", "Memory")]
    return Resources(*amount)


def list_jobs(account: Account, request: Request) -> Json:
    """The last 7 days of the caller's own jobs in one workspace, unless the query says otherwise."""
    now = account.now()
    since = request.time("StartTime", now - LOOK_BACK)
    until = request.time("EndTime", now)
    own = request.flag("ShowOwn", True)
    everywhere = own and request.flag("FromAllWorkspaces")
    workspace = request.text("WorkspaceId", account.default_workspace()["WorkspaceId"])
    ids = [job_id.lower() for job_id in request.words("JobId") or request.words("JobIds")]
    tags: Json = request.json("Tags") or {}
    jobs = [
        job_view.item(account, job)
        for job in account.jobs.values()
        if since <= job.created <= until
        and job.visible(now)
        and (job.user_id == USER_ID if own else job.public or job.user_id == USER_ID)
        and (everywhere or job.body["WorkspaceId"] == workspace)
        and (not ids or job.job_id in ids)
        and tags.items() <= job.body.get("Settings", {}).get("Tags", {}).items()
    ]
    jobs = [job for job in jobs if selected(job, request)]
    jobs = listing.ordered(jobs, request, "GmtCreateTime", "desc")
    return {"Jobs": listing.page(jobs, request, 10, 100), "TotalCount": len(jobs)}


def selected(job: Json, request: Request) -> bool:
    exact = all(request.text(name) in ("", job[key]) for name, key in EXACT.items())
    return exact and listing.matches(
        job, request, DisplayName="DisplayName", Username="Username", UserCommandSearch="UserCommand"
    )


def get_job(account: Account, request: Request) -> Json:
    return job_view.detail(account, account.job(request.ids["JobId"], "GetJob"))


def update_job(account: Account, request: Request) -> Json:
    """Answers 200 even when the priority is ignored: it counts only for a quota job that does not run yet, and
    shows half a minute later (10 to 60 s on the service)."""
    job = account.job(request.ids["JobId"], "UpdateJob", own=True)
    now = account.now()
    sent = request.sent()
    priority = sent.get("Priority")
    if priority is not None and not 1 <= priority <= 9:
        raise errors.invalid("Priority must be between 1 and 9.")
    if sent.get("Accessibility", "PUBLIC") != "PUBLIC":
        raise errors.invalid("Accessibility can only be changed to PUBLIC.")
    if priority and job.quota_id and job.status(now) in ("Creating", "Queuing", "EnvPreparing"):
        job.priorities.append((now + PRIORITY_DELAY, priority))
    job.body |= {key: sent[key] for key in ("Accessibility", "Description") if key in sent}
    job.modified = now
    return {"JobId": job.job_id}


def stop_job(account: Account, request: Request) -> Json:
    """Stopping takes a moment; a job that is stopping already is left to it."""
    job = account.job(request.ids["JobId"], "StopJob", own=True)
    now = account.now()
    status = job.status(now)
    if status in TERMINAL:
        raise errors.wrong_state("Job is in terminal state.")
    if status != "Stopping":
        job.life = lifecycle.stopped(job.life, job.elapsed(now), *STOPPED_BY_USER)
        job.modified = now
    return {"JobId": job.job_id}


def delete_job(account: Account, request: Request) -> Json:
    job = account.job(request.ids["JobId"], "DeleteJob", own=True)
    if job.status(account.now()) not in TERMINAL:
        raise errors.wrong_state("Job is not in terminal state.")
    del account.jobs[job.job_id]
    return {"JobId": job.job_id}


def seed_past(account: Account) -> None:
    """The account's past, counted back from the clock's present."""
    for past in seed("jobs"):
        created = account.now() - timedelta(seconds=past["SecondsAgo"])
        job = admit(account, past["JobId"], past["UserId"], past["Body"], created, past["Scenario"])
        if after := past.get("StoppedAfter"):
            job.life = lifecycle.stopped(job.life, after, *STOPPED_BY_USER)
