"""Operations on workspaces."""

import pytest

from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.workspaces import Workspace


async def test_workspaces_are_listed_newest_first(cloud, emulator) -> None:
    page = await cloud.workspaces.list(limit=2)
    (request,) = emulator.requests
    assert (request.action, request.headers["x-acs-version"]) == ("ListWorkspaces", "2021-02-04")
    assert request.query == {"SortBy": "GmtCreateTime", "Order": "DESC", "PageNumber": "1", "PageSize": "2"}
    assert [workspace.workspace_id for workspace in page.items] == ["234567", "123456"]
    assert (page.total, page.next_offset) == (3, 2)


async def test_part_of_a_name_finds_a_workspace(cloud, emulator) -> None:
    page = await cloud.workspaces.list("llm")
    assert emulator.requests[0].query["WorkspaceName"] == "llm"
    assert [workspace.name for workspace in page.items] == ["llm_team"]


async def test_one_workspace_is_read(cloud, emulator) -> None:
    found = await cloud.workspaces.get("123456")
    assert emulator.requests[0].path == "/api/v1/workspaces/123456"
    assert found == Workspace(
        workspace_id="123456",
        name="llm_team",
        display_name="LLM team",
        description="Pre-training and fine-tuning of language models",
        status="ENABLED",
        is_default=True,
        created="2025-06-01T03:04:05.123Z",
    )


async def test_an_unknown_workspace_is_not_found_although_its_code_is_a_number(cloud) -> None:
    with pytest.raises(CloudError) as caught:
        await cloud.workspaces.get("999999")
    assert (caught.value.kind, caught.value.code) == ("not_found", "100400027")
