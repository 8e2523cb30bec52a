"""ListJobSanityCheckResults and GetJobSanityCheckResult: checks of the GPUs before a training."""

import json
from datetime import datetime

from pai_dlc_mcp.emulator import clock, errors, pods
from pai_dlc_mcp.emulator.job import Job
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import Account

PHASES = (
    ("CheckInit", 1.0),
    ("DeviceCheck", 120.0),
    ("SingleNodeCommCheck", 60.0),
    ("TwoNodeCommCheck", 80.0),
    ("AllNodeCommCheck", 50.0),
)
FAILING_PHASE = "TwoNodeCommCheck"


def applies(account: Account, job: Job) -> bool:
    """Only PyTorch jobs on a Lingjun quota are checked (PAI user guide)."""
    asked = job.body.get("Settings", {}).get("EnableSanityCheck", False)
    return bool(
        asked and job.kind == "PyTorchJob" and job.quota_id and account.quota(job.quota_id)["ResourceType"] == "Lingjun"
    )


def list_job_sanity_check_results(account: Account, request: Request) -> Json:
    """One inner list for each check; empty for a job without checks."""
    job = account.job(request.ids["JobId"], "ListJobSanityCheckResults")
    found = checks(job, account.now())
    if request.text("Order", "desc") == "desc":
        found.reverse()
    return {"SanityCheckResults": found, "TotalCount": len(found)}


def get_job_sanity_check_result(account: Account, request: Request) -> Json:
    job = account.job(request.ids["JobId"], "GetJobSanityCheckResult")
    if not request.text("SanityCheckNumber"):
        raise errors.invalid("SanityCheckNumber is required.")
    number = request.number("SanityCheckNumber", 1)
    found = checks(job, account.now())
    if number > len(found):
        raise errors.not_found(f"Sanity check {number} of job {job.job_id} not found.")
    phase = request.text("SanityCheckPhase")
    results = [result for result in found[number - 1] if phase in ("", result["Phase"])]
    return {"JobId": job.job_id, "SanityCheckResult": results}


def checks(job: Job, now: datetime) -> list[list[Json]]:
    starts = [transition.at for transition in job.history(now) if transition.status == "SanityChecking"]
    return [results(job, number, start, now) for number, start in enumerate(starts, 1)]


def results(job: Job, number: int, start: float, now: datetime) -> list[Json]:
    elapsed = job.elapsed(now)
    failed = False
    found: list[Json] = []
    for phase, seconds in PHASES:
        end = start + seconds
        status = "Pending" if failed or elapsed < start else "Running" if elapsed < end else "Succeeded"
        if status == "Succeeded" and phase == FAILING_PHASE and job.scenario.sanity == "Failed":
            status, failed = "Failed", True
        found.append(
            {
                "Phase": phase,
                "Status": status,
                "StartedAt": "" if status == "Pending" else clock.beijing_rfc3339(job.at(start)),
                "FinishedAt": clock.beijing_rfc3339(job.at(end)) if status in ("Succeeded", "Failed") else "",
                "Message": message(job, phase, status),
                "CheckNumber": number,
            }
        )
        start = end
    return found


def message(job: Job, phase: str, status: str) -> str:
    """Figures of the device check. In an unhealthy job the last node is the slow one."""
    nodes = [pod.node for pod in pods.all_pods(job) if pod.attempt == 0 and pod.rank >= 0]
    if status == "Failed":
        return f"all_reduce bus bandwidth below baseline on {nodes[-1]}"
    if phase != "DeviceCheck" or status != "Succeeded":
        return ""
    figures = {node: 610.0 + number % 5 for number, node in enumerate(nodes)}
    if job.scenario.slow_node:
        figures[nodes[-1]] = round(610.0 * (1 - job.scenario.slow_node), 1)
    return json.dumps({"gemm_bf16": figures, "unit": "TFLOP/s"})
