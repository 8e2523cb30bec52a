"""Events: what the scheduler, the image puller and the job controller did."""

from typing import Annotated

from mcp.types import CallToolResult
from pydantic import Field

from pai_dlc_mcp.server.deps import Cloud, FreshJob
from pai_dlc_mcp.server.reply import STREAM_TOKENS, stream
from pai_dlc_mcp.server.toolset import Toolset
from pai_dlc_mcp.tools.params import JobId, MaxTokens, PodId, Region

tools = Toolset("core")
