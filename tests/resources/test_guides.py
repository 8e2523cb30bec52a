"""Guides: what a host can read."""

from typing import Any

from mcp import Client

from pai_dlc_mcp import tools
from pai_dlc_mcp.resources import guides
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.rules.job_types import ROLES


async def test_every_guide_is_listed_and_read(settings_for: Any) -> None:
    server = app.build(settings_for(), tools.TOOLSETS, StaticKey("a", "b"), resources=guides.load())
    async with Client(server, cache=None) as client:
        listed = (await client.list_resources()).resources
        texts = {str(one.uri): (await client.read_resource(one.uri)).contents[0].text for one in listed}
    assert texts.keys() == {"pai-dlc://guides/job-types", "pai-dlc://guides/job-status"}
    assert all(text.startswith("# ") for text in texts.values())


def test_the_guide_names_every_job_type_with_the_roles_that_are_enforced() -> None:
    (text,) = [resource.text for resource in guides.load() if resource.name == "job-types"]
    for job_type, roles in ROLES.items():
        row = next(line for line in text.splitlines() if line.startswith("|") and job_type in line)
        assert all(role in row for role in roles or ())
