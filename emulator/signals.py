"""CreateSignal, ListSignals, GetSignal: Unix signals sent to a running job's pods."""

import signal

from pai_dlc_mcp.emulator import clock, errors, listing, plan, pods
from pai_dlc_mcp.emulator.job import Job
from pai_dlc_mcp.emulator.lifecycle import Killed, Transition, so_far
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import Account

DEADLY = {"SIGHUP": 1, "SIGINT": 2, "SIGQUIT": 3, "SIGABRT": 6, "SIGKILL": 9, "SIGSEGV": 11, "SIGTERM": 15}
"""Signals that end a process without a handler; the emulated trainings have none."""


def create_signal(account: Account, request: Request) -> Json:
    job = account.job(request.ids["JobId"], "CreateSignal", own=True)
    sent = request.sent()
    if not sent.get("Signal"):
        raise errors.invalid("Signal is required.")
    now = account.now()
    if job.status(now) != "Running":
        raise errors.wrong_state(f"Job {job.job_id} is not running.")
    target: Json = sent.get("Target", {})
    roles = [role.lower() for role in target.get("Roles", [])]
    names = target.get("PodNames") or [
        lives[-1].pod_id for lives in pods.incarnations(job, now).values() if not roles or lives[-1].role in roles
    ]
    made: Json = {
        "SignalId": account.new_id("signal-", 13),
        "Signal": sent["Signal"],
        "Scope": target.get("Scope", "job"),
        "PodNames": names,
        "Roles": target.get("Roles", []),
        "Status": "Succeeded",
        "Reason": "Completed",
        "Message": "",
        "GmtCreated": clock.utc(now),
        "GmtModified": clock.utc(now),
    }
    account.signals.setdefault(job.job_id, []).append(made)
    deliver(account, job, sent["Signal"], names)
    return {"JobId": job.job_id, **{key: made[key] for key in ("SignalId", "Signal", "Status")}}


def deliver(account: Account, job: Job, name: str, pod_names: list[str]) -> None:
    """A deadly signal ends the first pod that it reaches with exit code 128 + number, and with it the job. Others are
    recorded without effect."""
    now = account.now()
    hit = [lives[-1] for pod_id, lives in pods.incarnations(job, now).items() if pod_id in pod_names]
    hit = [pod for pod in hit if pod.rank >= 0 and pod.status(job.elapsed(now)) == "Running"]
    if job.execution:
        job.execution.signals.append(([pod.pod_id for pod in hit], signal.Signals[name].value))
        return
    if not hit or name not in DEADLY:
        return
    first = hit[0]
    exit_code = 128 + DEADLY[name]
    elapsed = job.elapsed(now)
    message = plan.failure_text(job, elapsed, first.role, first.index, exit_code)
    end = Transition(elapsed, "Failed", "JobFailed", message, Killed(first.rank, exit_code))
    job.life = (*so_far(job.life, elapsed), end)
    job.modified = now


def list_signals(account: Account, request: Request) -> Json:
    job = account.job(request.ids["JobId"], "ListSignals")
    found = listing.select(account.signals.get(job.job_id, []), request, exact={"Status": "Status"})
    found = listing.ordered(found, request, "GmtCreated", "desc")
    return {
        "JobId": job.job_id,
        "Signals": listing.page(found, request, 10),
        "PageNumber": request.number("PageNumber", 1),
        "PageSize": request.number("PageSize", 10),
        "TotalCount": len(found),
    }


def get_signal(account: Account, request: Request) -> Json:
    job = account.job(request.ids["JobId"], "GetSignal")
    for each in account.signals.get(job.job_id, []):
        if each["SignalId"] == request.ids["SignalId"]:
            return {"JobId": job.job_id, **each}
    raise errors.not_found(f"Signal {request.ids['SignalId']} not found.")
