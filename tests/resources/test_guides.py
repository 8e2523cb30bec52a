"""Guides: what a host can read."""

from typing import Any

import pytest
from mcp import Client

from pai_dlc_mcp import tools
from pai_dlc_mcp.resources import guides
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.protocol.wording import tools_in
from pai_dlc_mcp.server.rules.job_types import ROLES, STATUSES


@pytest.mark.parametrize("changes", [{}, {"toolsets": "all"}, {"read_only": True}, {"allow_tools": "get_job"}], ids=str)
async def test_every_guide_is_listed_and_read_and_names_only_tools_that_are_on(
    changes: dict[str, Any], settings_for: Any
) -> None:
    server = app.build(settings_for(**changes), tools.TOOLSETS, StaticKey("a", "b"), additions=(guides.add,))
    async with Client(server, cache=None) as client:
        on = {tool.name for tool in (await client.list_tools()).tools}
        listed = (await client.list_resources()).resources
        texts = {str(one.uri): (await client.read_resource(one.uri)).contents[0].text for one in listed}
    assert texts.keys() == {"pai-dlc://guides/job-types", "pai-dlc://guides/job-status"}
    for text in texts.values():
        assert text.startswith("# ")
        assert "[[" not in text
        assert tools_in(text) <= on
    assert "pay-as-you-go: `ecs_spec`" in texts["pai-dlc://guides/job-types"]


def guide(name: str) -> str:
    every = {tool.name for toolset in tools.TOOLSETS for tool in toolset.tools}
    (text,) = [resource.text for resource in guides.load(every) if resource.name == name]
    return text


def test_the_guide_names_every_job_type_with_the_roles_that_are_enforced() -> None:
    for job_type, roles in ROLES.items():
        row = next(line for line in guide("job-types").splitlines() if line.startswith("|") and job_type in line)
        assert all(role in row for role in roles or ())


def test_the_guide_has_a_row_for_every_status_that_is_known() -> None:
    rows = "\n".join(line for line in guide("job-status").splitlines() if line.startswith("|"))
    assert [status for status in STATUSES if status not in rows] == ["Stopping"]
