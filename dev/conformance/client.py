"""One client of the matrix: lists the tools, reads a job, and is asked before a stop. For any version of the Python SDK
from 1.9 on: `client.py stdio PYTHON` or `client.py URL`. Prints what was seen; exits 1 where that is not enough."""

import asyncio  # noqa: TID251 - runs where only the old SDK is
import sys
from contextlib import AsyncExitStack

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

try:
    from mcp import types
except ImportError:
    import mcp_types as types

JOB = "dlc4stillrunning"


async def streams(stack: AsyncExitStack, where: list[str]):
    if where[0] == "stdio":
        command = ["-m", "pai_dlc_mcp.cli", "serve", "--emulator"]
        server = StdioServerParameters(command=where[1], args=command, env={"PAI_DLC_STATE": "memory"})
        return await stack.enter_async_context(stdio_client(server))
    from mcp.client import streamable_http

    http = getattr(streamable_http, "streamablehttp_client", None) or streamable_http.streamable_http_client
    return (await stack.enter_async_context(http(where[0])))[:2]


async def yes(context, params):
    return types.ElicitResult(action="accept", content={"confirm": True})


async def main(where: list[str]) -> int:
    async with AsyncExitStack() as stack:
        read, write = await streams(stack, where)
        form = {"elicitation_callback": yes} if hasattr(types, "ElicitResult") else {}
        session = await stack.enter_async_context(ClientSession(read, write, **form))
        hello = await session.initialize()
        version = getattr(hello, "protocolVersion", None) or hello.protocol_version
        names = [tool.name for tool in (await session.list_tools()).tools]
        job = await session.call_tool("get_job", {"job_id": JOB})
        stopped = await session.call_tool("stop_job", {"job_id": JOB})
        facts = getattr(stopped, "structuredContent", None) or getattr(stopped, "structured_content", None) or {}
        words = stopped.content[0].text
        asked = bool(form) and where[0] == "stdio"  # over stateless HTTP there is no way back to an old client
        ended = facts.get("status") or ("confirmation_required" if "confirmation_token: " in words else words[:60])
        fine = "stop_job" in names and JOB in job.content[0].text
        sys.stdout.write(f"{version}: {len(names)} tools, read {'ok' if fine else 'FAILED'}, stop {ended}\n")
        return 0 if fine and (ended != "confirmation_required" if asked else ended == "confirmation_required") else 1


sys.exit(asyncio.run(main(sys.argv[1:])))
