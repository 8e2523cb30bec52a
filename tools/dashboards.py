"""Dashboards: URLs of a running job's web pages."""

from pai_dlc_mcp.server.cloud.dashboards import Dashboard
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.deps import Cloud, FreshJob
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import Facts
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.tools.params import JobId, Region

tools = Toolset("dashboards")


class DashboardFacts(Facts):
    """`url` needs a login with access to the job."""

    job_id: str | None = None
    job_status: str | None = None
    url: str
    metrics_enabled: bool | None = None


@tools.read("Get a job's dashboard")
async def get_dashboard(job_id: JobId, job: FreshJob, cloud: Cloud, region: Region = None) -> DashboardFacts:
    """Get the address of a running job's dashboard, for its user to open. For a Ray job use get_ray_dashboard."""
    board = _there(job, await cloud.dashboards.get(job_id))
    return DashboardFacts(job_id=job_id, job_status=job.status, url=board.url)


@tools.read("Get a Ray job's dashboard")
async def get_ray_dashboard(job_id: JobId, job: FreshJob, cloud: Cloud, region: Region = None) -> DashboardFacts:
    """Get the address of a running RayJob's dashboard, for its user to open, and whether Ray's metrics are in it."""
    if job.job_type != "RayJob":
        raise Failure(
            f"Job {job_id} is a {job.job_type}: only a RayJob has a Ray dashboard.",
            fix="Use get_job and get_pod_logs to follow it.",
            code="NotRay",
        )
    board = _there(job, await cloud.dashboards.ray(job_id))
    return DashboardFacts(job_id=job_id, job_status=job.status, url=board.url, metrics_enabled=board.metrics)


def _there(job: Job, board: Dashboard) -> Dashboard:
    if not board.url:
        raise Failure(
            f"Job {job.job_id} ({job.status}) has no dashboard now.",
            fix="A dashboard lives while its job is Running: look again with get_job.",
            code="NoDashboard",
        )
    return board
