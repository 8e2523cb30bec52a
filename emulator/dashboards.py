"""GetDashboard and GetRayDashboard for running Ray jobs. Responses have lower-case keys and no request id."""

from pai_dlc_mcp.emulator import errors
from pai_dlc_mcp.emulator.job import Job
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import Account


def running_ray_job(account: Account, request: Request) -> Job:
    job = account.job(request.ids["JobId"], request.action)
    if job.kind != "RayJob":
        raise errors.wrong_state(f"Job {job.job_id} is a {job.kind}, it has no dashboard.")
    if job.status(account.now()) != "Running":
        raise errors.wrong_state(f"Job {job.job_id} is not running.")
    return job


def url(account: Account, request: Request, path: str) -> str:
    shared = request.flag("isShared")
    job = running_ray_job(account, request)
    token = f"?token={account.new_id('EXAMPLE-DASHBOARD-TOKEN-', 16)}" if shared else ""
    return f"https://pai-dlc-proxy-cn-hangzhou.example.invalid/{path}/{job.job_id}{token}"


def get_dashboard(account: Account, request: Request) -> Json:
    return {"url": url(account, request, "dashboard")}


def get_ray_dashboard(account: Account, request: Request) -> Json:
    return {"url": url(account, request, "ray/dashboard"), "metricsEnabled": "true"}
