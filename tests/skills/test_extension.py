"""The skill over MCP: what skills/list and skills/get promise is what resources/read gives, on both protocol eras."""

import json
from hashlib import sha256
from typing import Any, Literal

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, PaginatedRequestParams, Request
from pydantic import TypeAdapter

from pai_dlc_mcp import tools
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.protocol.wording import tools_in
from pai_dlc_mcp.skills.extension import ROOT, GetSkillParams, Skills

ANY = TypeAdapter(dict[str, Any])
CHOICES = [{}, {"toolsets": "all"}, {"read_only": True}, {"allow_tools": "stop_job"}]
eras = pytest.mark.parametrize("mode", ["auto", "legacy"])


class ListSkills(Request[PaginatedRequestParams, Literal["skills/list"]]):
    method: Literal["skills/list"] = "skills/list"
    params: PaginatedRequestParams = PaginatedRequestParams()


class GetSkill(Request[GetSkillParams, Literal["skills/get"]]):
    method: Literal["skills/get"] = "skills/get"
    params: GetSkillParams


@pytest.fixture
def served(settings_for: Any) -> Any:
    """served(mode, **settings): a client of a server with the skill."""

    def client(mode: str = "auto", **settings: Any) -> Client:
        server = app.build(settings_for(**settings), tools.TOOLSETS, StaticKey("a", "b"), extensions=(Skills,))
        return Client(server, mode=mode, cache=None)

    return client


@eras
@pytest.mark.parametrize(
    "settings", [{}, {"toolsets": "all"}, {"read_only": True}, {"allow_tools": "get_job"}], ids=str
)
async def test_every_file_reads_as_its_digest_and_size_say(mode: str, settings: dict[str, Any], served: Any) -> None:
    async with served(mode, **settings) as client:
        answer = await client.session.send_request(ListSkills(), ANY)
        (skill,) = answer["skills"]
        assert (answer["ttlMs"], answer["cacheScope"]) == (300_000, "public")
        listed = {str(one.uri) for one in (await client.list_resources()).resources}
        assert {one["uri"] for one in skill["resources"]} == listed
        on = {tool.name for tool in (await client.list_tools()).tools}
        for file in skill["resources"]:
            (content,) = (await client.read_resource(file["uri"])).contents
            raw = content.text.encode()
            assert (file["digest"], file["size"]) == (f"sha256:{sha256(raw).hexdigest()}", len(raw))
            assert tools_in(content.text) <= on
            assert "[[" not in content.text


@eras
async def test_a_skill_is_got_by_its_uri_with_its_frontmatter_word_for_word(mode: str, served: Any) -> None:
    async with served(mode) as client:
        (listed,) = (await client.session.send_request(ListSkills(), ANY))["skills"]
        request = GetSkill(params=GetSkillParams(uri=listed["uri"]))
        assert (await client.session.send_request(request, ANY))["skill"] == listed
        (content,) = (await client.read_resource(listed["uri"])).contents
    _, head, _ = content.text.split("---\n", 2)
    frontmatter = listed["frontmatter"]
    metadata = frontmatter.pop("metadata")
    lines = [line for line in head.splitlines() if not line.startswith(("metadata:", "  "))]
    assert {key: json.loads(value) for key, value in (line.split(": ", 1) for line in lines)} == frontmatter
    assert f'metadata:\n  version: "{metadata["version"]}"\n' in head
    assert listed["uri"].split("/")[-2] == frontmatter["name"]


@eras
@pytest.mark.parametrize("uri", [ROOT, f"{ROOT}/references/workflows.md", "skill://other/SKILL.md", ""])
async def test_what_is_no_skill_is_refused(mode: str, uri: str, served: Any) -> None:
    async with served(mode) as client:
        with pytest.raises(MCPError) as refused:
            await client.session.send_request(GetSkill(params=GetSkillParams(uri=uri)), ANY)
    assert refused.value.error.code == INVALID_PARAMS


async def test_there_is_no_second_page(served: Any) -> None:
    async with served() as client:
        with pytest.raises(MCPError, match="one page"):
            await client.session.send_request(ListSkills(params=PaginatedRequestParams(cursor="2")), ANY)


async def test_it_is_declared_with_resources(served: Any) -> None:
    async with served() as client:
        capabilities = client.server_capabilities
    assert "io.modelcontextprotocol/skills" in (capabilities.extensions or {})
    assert capabilities.resources is not None
