"""diagnose_job: why a job failed, hangs, waits or is slow."""

from mcp.types import CallToolResult

from pai_dlc_mcp.server.budget.fence import inert, inline
from pai_dlc_mcp.server.deps import Cloud, FreshJob
from pai_dlc_mcp.server.protocol.reply import fenced, stream
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.workflows.diagnosis import diagnose
from pai_dlc_mcp.tools.jobs.read import console
from pai_dlc_mcp.tools.params import JobId, Region

tools = Toolset("core")

_TOKENS = 2000
_LINE = 600  # characters of one fact
_QUOTED_TOKENS = 900  # tokens of texts from the job and the service


@tools.read("Diagnose a training job")
async def diagnose_job(job_id: JobId, job: FreshJob, cloud: Cloud, region: Region = None) -> CallToolResult:
    """Say why a job failed, hangs, waits or restarts, and whether it trains: category, the pod, rank and log line that
    failed first, what fell with it, progress, queue, restarts, what was not looked at. Use it first; get_pod_logs and
    get_job_events show more of what it names."""
    report = await diagnose(cloud, job)
    page = console(cloud.region, job)
    header = inline(f"diagnosis of job {job_id} ({job.status}): {report.category}: {report.verdict}", _LINE)
    facts = [inert(inline(fact, _LINE)) for fact in report.facts]  # facts contain names from the service and the user
    lines = [*facts, f"console: {page} (metrics: the same with /monitor)"]
    said = fenced(report.quoted, f"job {job_id}", _QUOTED_TOKENS) if report.quoted else ""
    meta = {"job_id": job_id, "status": job.status, "category": report.category, "verdict": report.verdict}
    meta |= {name: value for name, value in report.meta.items() if value is not None}
    return stream(cloud, header, "\n".join([*lines, said]), meta, _TOKENS)
