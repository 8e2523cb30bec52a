"""Loads this server's tools with an agent framework and calls three: `python frameworks.py NAME COMMAND ARGS…`.

Runs in an environment of the framework's own, without this project; prints JSON: the tools, those whose schema the
framework could not make strict (openai-agents), and the text of each answer.
"""

import asyncio
import contextlib
import copy
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

Call = Callable[[str, dict[str, object]], Awaitable[object]]
JOB: dict[str, object] = {"job_id": "dlc4stillrunning"}
CALLS: list[tuple[str, dict[str, object]]] = [("list_workspaces", {}), ("get_pod_logs", JOB), ("stop_job", JOB)]


@contextlib.asynccontextmanager
async def openai_agents(command: str, args: list[str]) -> AsyncIterator[tuple[list[str], list[str], Call]]:
    from agents import Agent, RunContextWrapper
    from agents.mcp import MCPServerStdio, MCPUtil
    from agents.strict_schema import ensure_strict_json_schema

    params = {"command": command, "args": args}
    async with MCPServerStdio(params=params, client_session_timeout_seconds=60) as server:
        agent, context = Agent(name="a", mcp_servers=[server]), RunContextWrapper(context=None)
        tools = await MCPUtil.get_function_tools(server, True, context, agent)
        loose = []
        for tool in await server.list_tools():
            try:
                ensure_strict_json_schema(copy.deepcopy(getattr(tool, "input_schema", None) or tool.inputSchema))
            except Exception:
                loose.append(tool.name)
        yield [tool.name for tool in tools], loose, server.call_tool


@contextlib.asynccontextmanager
async def fastmcp(command: str, args: list[str]) -> AsyncIterator[tuple[list[str], list[str], Call]]:
    from fastmcp import Client
    from fastmcp.client.transports import StdioTransport

    async with Client(StdioTransport(command, args)) as client:
        yield [tool.name for tool in await client.list_tools()], [], client.call_tool


@contextlib.asynccontextmanager
async def langchain(command: str, args: list[str]) -> AsyncIterator[tuple[list[str], list[str], Call]]:
    from langchain_core.utils.function_calling import convert_to_openai_tool
    from langchain_mcp_adapters.client import MultiServerMCPClient
    from langchain_mcp_adapters.tools import load_mcp_tools

    client = MultiServerMCPClient({"pai": {"command": command, "args": args, "transport": "stdio"}})
    async with client.session("pai") as session:  # one process for all calls: get_tools() starts one a call
        tools = {tool.name: tool for tool in await load_mcp_tools(session)}
        for tool in tools.values():
            convert_to_openai_tool(tool, strict=True)
        yield list(tools), [], lambda name, given: tools[name].ainvoke(given)


@contextlib.asynccontextmanager
async def pydantic_ai(command: str, args: list[str]) -> AsyncIterator[tuple[list[str], list[str], Call]]:
    from fastmcp.client.transports import StdioTransport
    from pydantic_ai.mcp import MCPToolset

    toolset = MCPToolset(StdioTransport(command, args), init_timeout=60)
    async with toolset:
        yield [tool.name for tool in await toolset.list_tools()], [], toolset.direct_call_tool


@contextlib.asynccontextmanager
async def llama_index(command: str, args: list[str]) -> AsyncIterator[tuple[list[str], list[str], Call]]:
    from llama_index.tools.mcp import BasicMCPClient, McpToolSpec

    tools = {tool.metadata.name: tool for tool in await McpToolSpec(BasicMCPClient(command, args)).to_tool_list_async()}
    for tool in tools.values():
        tool.metadata.to_openai_tool(skip_length_check=True)
    yield list(tools), [], lambda name, given: tools[name].acall(**given)


@contextlib.asynccontextmanager
async def google_adk(command: str, args: list[str]) -> AsyncIterator[tuple[list[str], list[str], Call]]:
    from google.adk.tools.mcp_tool import McpToolset
    from google.adk.tools.mcp_tool.mcp_session_manager import StdioConnectionParams
    from mcp import StdioServerParameters

    server = StdioServerParameters(command=command, args=args)
    toolset = McpToolset(connection_params=StdioConnectionParams(server_params=server, timeout=60))
    tools = {tool.name: tool for tool in await toolset.get_tools()}
    for tool in tools.values():
        assert tool._get_declaration()
    session = await toolset._mcp_session_manager.create_session()
    yield list(tools), [], session.call_tool
    await toolset.close()


FRAMEWORKS = {
    "openai-agents": openai_agents,
    "fastmcp": fastmcp,
    "langchain-mcp-adapters": langchain,
    "pydantic-ai": pydantic_ai,
    "llama-index": llama_index,
    "google-adk": google_adk,
}


async def main(name: str, command: str, args: list[str]) -> None:
    async with FRAMEWORKS[name](command, args) as (tools, loose, call):
        answers = {tool: str(await call(tool, given)) for tool, given in CALLS}
    print(json.dumps({"tools": tools, "loose": loose, "answers": answers}))


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
