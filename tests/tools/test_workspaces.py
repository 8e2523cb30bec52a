"""Workspaces, through a real client."""


async def test_the_workspaces_are_listed_with_their_ids(agent) -> None:
    found = await agent.facts("list_workspaces")
    assert {row["workspace_id"] for row in found["workspaces"]} == {"123456", "234567", "345678"}
    assert (found["total"], found["returned"]) == (3, 3)


async def test_the_next_page_is_named_and_continues_where_the_first_ended(agent) -> None:
    first = await agent.facts("list_workspaces", limit=2)
    assert first["next"] == "offset=2"
    second = await agent.facts("list_workspaces", limit=2, offset=2)
    assert "next" not in second
    ids = [row["workspace_id"] for row in first["workspaces"] + second["workspaces"]]
    assert len(set(ids)) == 3
