"""CreateJob, GetJob, UpdateJob, StopJob, DeleteJob, and the account's past jobs."""

import re
from datetime import datetime, timedelta
from math import ceil, inf

from pai_dlc_mcp.emulator import (
    cordon,
    elastic,
    errors,
    images,
    job_checks,
    job_view,
    ledger,
    lifecycle,
    plan,
    sanity,
    specs,
    templates,
)
from pai_dlc_mcp.emulator.execute import runner
from pai_dlc_mcp.emulator.job import Execution, Job, Resources
from pai_dlc_mcp.emulator.lifecycle import TERMINAL, Life
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.scenarios import catalog
from pai_dlc_mcp.emulator.schema import check as schema
from pai_dlc_mcp.emulator.state import USER_ID, Account

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
    "TemplateId",
    "ThirdpartyLibDir",
    "ThirdpartyLibs",
    "UserCommand",
    "WorkspaceId",
)
"""Keys of CreateJob's body that are stored; others are ignored, like unknown keys by the service."""

SPEC_KEPT = tuple(key for key in schema.known("JobSpec") if key != "ImageConfig")
"""Passwords of registries are not stored."""

STOPPED_BY_USER = ("JobStoppedByUser", "Job is stopped by user.")
PRIORITY_DELAY = timedelta(seconds=30)


def create_job(account: Account, request: Request) -> Json:
    """Create a job; a repeated request creates another, since there is no client token. The image is not checked: an
    unknown one fails when it is pulled. Without WorkspaceId the job is in the default workspace."""
    sent = templates.filled(account, request.sent())
    schema.check_body(request.version, "CreateJob", {key: value for key, value in sent.items() if key != "TemplateId"})
    body: Json = {key: sent[key] for key in KEPT if key in sent}
    body["JobSpecs"] = [
        {"PodCount": 1, **{key: spec[key] for key in SPEC_KEPT if key in spec}} for spec in sent.get("JobSpecs", [])
    ]
    body.setdefault("WorkspaceId", account.default_workspace()["WorkspaceId"])
    job_checks.check(account, body)
    if account.executes:
        runner.check_room(account, sum(spec["PodCount"] for spec in body["JobSpecs"]))
    job = admit(account, account.new_id("dlc", 13), USER_ID, body, account.now())
    return {"JobId": job.job_id}


def admit(
    account: Account, job_id: str, user_id: str, body: Json, created: datetime, scenario: str | None = None
) -> Job:
    """Add a job with its planned life to the account."""
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
    if account.executes and not scenario and job.scenario_name == "healthy" and not catalog.named(body.get("Envs", {})):
        job.execution = Execution()
    waits = job.quota_id or job.scenario.stuck == "Queuing"
    job.life = planned(account, job, inf if waits else plan.QUEUING_SECONDS)
    account.jobs[job_id] = job
    return job


def planned(account: Account, job: Job, queuing: float) -> Life:
    return plan.life(job, queuing, bids=bids(job), checks_sanity=sanity.applies(account, job))


def settle(account: Account) -> None:
    """Release jobs from the queues up to now, so that the next read is up to date."""
    ledger.settle(account, lambda job, queuing: planned(account, job, queuing))


def choose(account: Account, job: Job) -> str:
    """The scenario: EMULATOR_SCENARIO, else one given by the resources, else by a word of the command or the name. For
    a command that really runs it is `healthy`."""
    if named := catalog.named(job.body.get("Envs", {})):
        return named
    job_specs: list[Json] = job.body["JobSpecs"]
    if not all(images.known(account, spec.get("Image", "")) for spec in job_specs):
        return "image_pull"
    if not all(specs.available(account, spec["EcsSpec"]) for spec in job_specs if spec.get("EcsSpec")):
        return "no_stock"
    if account.executes:
        return "healthy"
    return catalog.hinted(f"{job.body.get('UserCommand')} {job.body.get('DisplayName')}")


def bids(job: Job) -> bool:
    """Whether the job bids for spot instances of a Lingjun quota."""
    return bool(job.quota_id) and any(
        spec.get("UseSpotInstance") or spec.get("SpotSpec") for spec in job.body["JobSpecs"]
    )


def resources(account: Account, spec: Json) -> Resources:
    if found := specs.find(account, spec.get("EcsSpec", "")):
        return Resources(found["Cpu"], found["Gpu"], found["Memory"])
    config: Json = spec["ResourceConfig"]
    return Resources(int(config.get("CPU") or 0), int(config.get("GPU") or 0), gib(config.get("Memory") or "0"))


def gib(quantity: str) -> int:
    """Memory in GiB, rounded up; GiB without a unit."""
    number, unit = re.fullmatch(r"(\d+)(\w*)", quantity).groups()  # pyright: ignore[reportOptionalMemberAccess]
    mebi = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024 * 1024}[(unit or "G")[0]]
    return ceil(int(number) * mebi / 1024)


def get_job(account: Account, request: Request) -> Json:
    return job_view.detail(account, account.job(request.ids["JobId"], "GetJob"))


def update_job(account: Account, request: Request) -> Json:
    """Returns 200 even if the priority is ignored: it applies only to a quota job before it runs, and is visible 30 s
    later (10 to 60 s on the service)."""
    job = account.job(request.ids["JobId"], "UpdateJob", own=True)
    now = account.now()
    sent = request.sent()
    if "JobSpecs" in sent:
        elastic.resize(account, job, sent["JobSpecs"])
    priority = sent.get("Priority")
    if priority and job.quota_id and job.status(now) in ("Creating", "Queuing", "EnvPreparing"):
        job.priorities.append((now + PRIORITY_DELAY, priority))
    job.body |= {key: sent[key] for key in ("Accessibility", "Description") if key in sent}
    job.modified = now
    return {"JobId": job.job_id}


def stop_job(account: Account, request: Request) -> Json:
    """Stopping takes some seconds; a job that is stopping already is not changed."""
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
    account.cordons += cordon.of(job)
    del account.jobs[job.job_id]
    return {"JobId": job.job_id}


def seed_past(account: Account) -> None:
    """Add the account's past jobs, with times relative to the clock's present."""
    stops: list[tuple[Job, float]] = []
    for past in account.seed("jobs"):
        created = account.now() - timedelta(seconds=past["SecondsAgo"])
        job = admit(account, past["JobId"], past["UserId"], past["Body"], created, past["Scenario"])
        if after := past.get("StoppedAfter"):
            stops.append((job, after))
    settle(account)
    for job, after in stops:
        job.life = lifecycle.stopped(job.life, after, *STOPPED_BY_USER)
