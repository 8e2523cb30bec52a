"""What this server uses of the inside of `mcp`: each has a test that names it, so a new version says what it broke."""

import inspect

import pytest
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.prompts.base import PromptArgument
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import FuncMetadata
from mcp.server.transport_security import TransportSecuritySettings


def one(number: int) -> int:
    return 1 // number


def test_a_tool_made_of_a_function_has_metadata_that_can_be_replaced() -> None:
    tool = Tool.from_function(one)
    assert isinstance(tool.fn_metadata, FuncMetadata)
    assert {"arg_model", "output_schema"} <= FuncMetadata.model_fields.keys()
    tool.fn_metadata = FuncMetadata(**{name: getattr(tool.fn_metadata, name) for name in FuncMetadata.model_fields})
    tool.parameters = tool.fn_metadata.arg_model.model_json_schema(by_alias=False)


async def test_a_tool_s_failure_is_the_cause_of_its_tool_error() -> None:
    server = MCPServer("test", tools=[Tool.from_function(one)])
    with pytest.raises(ToolError) as caught:
        await server.call_tool("one", {"number": 0})
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_prompt_is_made_of_its_arguments() -> None:
    assert {"name", "title", "description", "arguments", "fn"} <= Prompt.model_fields.keys()
    assert {"name", "description", "required"} <= PromptArgument.model_fields.keys()


def test_http_takes_the_names_it_is_served_under() -> None:
    assert {"allowed_hosts", "allowed_origins"} <= TransportSecuritySettings.model_fields.keys()
    assert "transport_security" in inspect.signature(MCPServer.run_streamable_http_async).parameters


async def test_a_call_s_context_can_be_made_again_around_another_request_context() -> None:
    assert {"request_context", "mcp_server", "input_params", "subscriptions"} <= inspect.signature(
        Context
    ).parameters.keys()
    context = Context[None, None](mcp_server=MCPServer("test"))
    assert context._input_params is None
    assert inspect.iscoroutinefunction(Context.elicit)
