"""CreateSignal, ListSignals, GetSignal: Unix signals sent to a running job's pods."""

from pai_dlc_mcp.emulator import clock, errors, listing, pods
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import Account


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
    signal: Json = {
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
    account.signals.setdefault(job.job_id, []).append(signal)
    return {"JobId": job.job_id, **{key: signal[key] for key in ("SignalId", "Signal", "Status")}}


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
    for signal in account.signals.get(job.job_id, []):
        if signal["SignalId"] == request.ids["SignalId"]:
            return {"JobId": job.job_id, **signal}
    raise errors.not_found(f"Signal {request.ids['SignalId']} not found.")
