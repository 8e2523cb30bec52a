"""The tool that the job page calls. Not for models."""

from mcp.types import CallToolResult, TextContent

from pai_dlc_mcp.page import view
from pai_dlc_mcp.server.deps import Cloud, FreshJob
from pai_dlc_mcp.server.protocol.render import UNTRUSTED, UNTRUSTED_NOTE
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.tools.params import JobId, Region

tools = Toolset("page")


@tools.read("Show a training job")
async def get_job_page(job_id: JobId, job: FreshJob, cloud: Cloud, region: Region = None) -> CallToolResult:
    """What the page ui://pai-dlc/job shows of a job: statuses, use of its pods, progress, the log's end, diagnosis. The
    page calls it again while the job goes on."""
    seen = await view.of(cloud, job)
    said = f"What the job page shows of {job_id} ({job.status}); agents: use diagnose_job."
    return CallToolResult(
        content=[TextContent(type="text", text=said)], structured_content={UNTRUSTED: UNTRUSTED_NOTE, **seen}
    )
