"""The skill over MCP: the extension io.modelcontextprotocol/skills (SEP-2640); its files are plain resources elsewhere.

Source: specification/stable/skills.mdx of modelcontextprotocol/ext-skills. skills/list and skills/get answer alike.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from mcp.server.extension import Extension, MethodBinding, ResourceBinding
from mcp.server.mcpserver.resources import TextResource
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, PaginatedRequestParams, RequestParams

from pai_dlc_mcp.server.protocol.toolset import Tool
from pai_dlc_mcp.skills import folder

ROOT = f"skill://{folder.NAME}"
_FRESH: dict[str, Any] = {"resultType": "complete", "ttlMs": 300_000, "cacheScope": "public"}


class GetSkillParams(RequestParams):
    """`uri` of a skill's SKILL.md."""

    uri: str


class Skills(Extension):
    """One skill, for the tools that are on: the same for every caller until the server ends."""

    identifier = "io.modelcontextprotocol/skills"

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._files = {f"{ROOT}/{path}": text for path, text in folder.render(tools).items()}

    def resources(self) -> list[ResourceBinding]:
        return [ResourceBinding(self._resource(uri, text)) for uri, text in self._files.items()]

    def methods(self) -> list[MethodBinding]:
        return [
            MethodBinding("skills/list", PaginatedRequestParams, self._list),
            MethodBinding("skills/get", GetSkillParams, self._get),
        ]

    def _resource(self, uri: str, text: str) -> TextResource:
        path = uri.removeprefix(f"{ROOT}/")
        is_entry = path == "SKILL.md"
        return TextResource(
            uri=uri,
            name=folder.NAME if is_entry else f"{folder.NAME}/{path}",
            title=None if is_entry else text.splitlines()[0].removeprefix("# "),
            description=folder.DESCRIPTION if is_entry else None,
            mime_type="text/markdown",
            text=text,
        )

    def _entry(self) -> dict[str, Any]:
        return {
            "uri": f"{ROOT}/SKILL.md",
            "frontmatter": folder.frontmatter(),
            "resources": [_file(uri, text.encode()) for uri, text in self._files.items()],
        }

    async def _list(self, _: Any, params: PaginatedRequestParams) -> dict[str, Any]:
        if params.cursor is not None:
            raise MCPError(INVALID_PARAMS, "skills/list has one page: leave out cursor")
        return {**_FRESH, "skills": [self._entry()]}

    async def _get(self, _: Any, params: GetSkillParams) -> dict[str, Any]:
        if params.uri != f"{ROOT}/SKILL.md":
            raise MCPError(INVALID_PARAMS, f"there is no skill at this uri; there is {ROOT}/SKILL.md")
        return {**_FRESH, "skill": self._entry()}


def _file(uri: str, content: bytes) -> dict[str, Any]:
    return {"uri": uri, "digest": f"sha256:{sha256(content).hexdigest()}", "size": len(content)}
