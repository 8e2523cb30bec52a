"""Checks of the state at the end of a task; each returns what is missing, in words."""

from evals.scenes import OUT_OF_MEMORY, QUEUED, QUOTA, SUCCEEDED
from evals.task import Outcome, answered
from pai_dlc_mcp.emulator.job import Job


def lacks(job: Job, **body: object) -> str:
    differs = [key for key, value in body.items() if job.body.get(key) != value]
    return f"the job has another {', '.join(differs)}" if differs else ""


def on_catalog_image(outcome: Outcome) -> str:
    offered = {image["ImageUri"] for image in outcome.world.account.images if "pytorch:2.6.0-gpu" in image["ImageUri"]}
    used = {spec["Image"] for job in outcome.made for spec in job.body["JobSpecs"]}
    return "" if used and used <= offered else "not on the newest PyTorch GPU image"


def one_job(outcome: Outcome) -> str:
    ids = [job.job_id for job in outcome.made]
    if len(ids) != 1 or answered(outcome.answer) != ids[0]:
        return f"{len(ids)} jobs were made, or another one was named"
    return on_catalog_image(outcome)


def four_by_eight(outcome: Outcome) -> str:
    for job in outcome.made:
        (spec,) = job.body["JobSpecs"]
        pod = f"{job.job_id}-worker-1"  # rank 2, the first to fail in the scenario
        if (spec["PodCount"], job.resources[0].gpu, job.quota_id) != (4, 8, QUOTA) or answered(outcome.answer) != pod:
            return f"not 4 x 8 GPUs on the quota, or not {pod}"
    return on_catalog_image(outcome)


def two_of_four(outcome: Outcome) -> str:
    names = [job.body["DisplayName"] for job in outcome.made]
    return on_catalog_image(outcome) if names == ["fine-1", "fine-2"] else f"created {', '.join(names) or 'none'}"


def is_stopped(outcome: Outcome) -> str:
    account = outcome.world.account
    status = account.jobs[outcome.facts["job"]].status(account.now())
    return "" if status in ("Stopping", "Stopped") else f"it is {status}"


def rerun(outcome: Outcome) -> str:
    before = outcome.world.account.jobs[OUT_OF_MEMORY].body
    for job in outcome.made:
        same = {key: before[key] for key in ("UserCommand", "JobType", "ResourceId", "DataSources")}
        if differs := lacks(job, Envs={**before["Envs"], "BATCH_SIZE": "16"}, **same):
            return differs
    return ""


def swept(outcome: Outcome) -> str:
    before = outcome.world.account.jobs[SUCCEEDED].body
    rates = sorted(job.body["Envs"].get("LR", "") for job in outcome.made)
    same = all(lacks(job, UserCommand=before["UserCommand"]) == "" for job in outcome.made)
    return "" if rates == ["0.001", "0.01", "0.1"] and same else f"made with LR {rates}"


def raised(outcome: Outcome) -> str:
    job = outcome.world.account.jobs[QUEUED]
    return "" if [value for _, value in job.priorities] == [9] else "its priority is not 9"
