"""Jobs as resources: a URI template returns the result of a read tool, with the same redaction, fence and limits."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.types import CallToolResult

from pai_dlc_mcp.server.app import Server


class Template(NamedTuple):
    """A URI template, and the tool that is called with the ids in the URI."""

    uri: str
    name: str
    title: str
    description: str
    tool: str


TEMPLATES: Sequence[Template] = (
    Template("pai-dlc://jobs/{job_id}", "job", "A job", "Status, reason, times, specs and pods.", "get_job"),
    Template("pai-dlc://jobs/{job_id}/events", "job_events", "A job's events", "What it waited for.", "get_job_events"),
    Template(
        "pai-dlc://jobs/{job_id}/logs/{pod_id}", "pod_log", "A pod's log", "Its end and first error.", "get_pod_logs"
    ),
)


def add(server: Server, offered: Collection[str]) -> None:
    """Add the templates whose tools are offered."""
    for template in TEMPLATES:
        if template.tool in offered:
            _add(server, template)


def _add(server: Server, template: Template) -> None:
    async def read(context: Context[Any, Any], **ids: str) -> str:
        from pai_dlc_mcp.server.protocol.reply import text_of  # imported by the first call

        result = await server.call_tool(template.tool, ids, context)
        text = text_of(result) if isinstance(result, CallToolResult) else ""
        if not isinstance(result, CallToolResult) or result.is_error:
            raise (ResourceNotFoundError if "http_status: 404" in text else ResourceError)(text)
        return text

    async def job(job_id: str, context: Context[Any, Any]) -> str:
        return await read(context, job_id=job_id)

    async def pod(job_id: str, pod_id: str, context: Context[Any, Any]) -> str:
        return await read(context, job_id=job_id, pod_id=pod_id)

    server.resource(
        template.uri,
        name=template.name,
        title=template.title,
        description=template.description,
        mime_type="text/plain",
    )(pod if "{pod_id}" in template.uri else job)
