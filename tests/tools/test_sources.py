"""Datasets and code sources, through a real client."""

from typing import Any

DATASET, CODE = "d-llmcorpus000000001", "code-20250911103721-85qz78ia96lu"


async def test_the_datasets_of_a_workspace_are_listed(agent: Any) -> None:
    found = await agent.facts("list_datasets", workspace_id="123456")
    assert DATASET in {row["dataset_id"] for row in found["datasets"]}
    assert found["workspace_id"] == "123456"


async def test_a_dataset_tells_where_it_is_stored(agent: Any) -> None:
    found = await agent.facts("get_dataset", dataset_id=DATASET)
    assert found["uri"].startswith("oss://")


async def test_code_sources_are_listed_and_never_with_their_access_token(agent: Any, emulator: Any) -> None:
    found = await agent.facts("list_code_sources", workspace_id="123456")
    assert CODE in {row["code_source_id"] for row in found["code_sources"]}
    one = await agent.facts("get_code_source", code_source_id=CODE)
    assert one["repo"].startswith("https://")
    assert "token" not in str(one).lower()


async def test_an_unknown_dataset_is_an_error_with_the_services_code(agent: Any) -> None:
    said = await agent.error("get_dataset", dataset_id="d-doesnotexist000000")
    assert "code: " in said
    assert "http_status: 404" in said


async def test_a_code_source_id_of_the_wrong_form_is_never_sent(agent: Any, emulator: Any) -> None:
    assert "code_source_id" in await agent.error("get_code_source", code_source_id="../jobs")
    assert not emulator.requests.actions()
