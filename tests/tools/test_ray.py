"""Ray history servers, through a real client: found, created, stopped and started, and deleted only after a yes."""

from typing import Any

import pytest
from mcp.types import ElicitResult

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault

PATH = "oss://bucket.oss-cn-hangzhou-internal.aliyuncs.com/ray/"


@pytest.fixture
def ray(connect: Any) -> Any:
    return connect(toolsets="ray")


async def made(agent: Any, **changes: Any) -> str:
    arguments = {"workspace_id": "123456", "display_name": "past", "storage_path": PATH, **changes}
    return (await agent.facts("create_ray_history_server", **arguments))["server_id"]


async def running(agent: Any, emulator: Emulator, **changes: Any) -> str:
    server_id = await made(agent, **changes)
    emulator.clock.advance(60)
    return server_id


async def test_the_toolset_is_off_by_default(agent: Any) -> None:
    assert not [tool.name for tool in await agent.tools() if "ray_history" in tool.name]


async def test_a_server_is_created_and_tells_its_url_once_it_runs(ray: Any, emulator: Emulator) -> None:
    server_id = await made(ray, ecs_spec="ecs.g6.large", max_runtime_minutes=240)
    assert emulator.requests[-1].sent() == {
        "WorkspaceId": "123456",
        "DisplayName": "past",
        "StoragePath": PATH,
        "EcsSpec": "ecs.g6.large",
        "MaxRuntimeMinutes": 240,
    }
    starting = await ray.facts("get_ray_history_server", server_id=server_id)
    assert (starting["status"], starting["storage_path"], "url" in starting) == ("Creating", PATH, False)
    emulator.clock.advance(60)
    found = await ray.facts("get_ray_history_server", server_id=server_id)
    assert (found["status"], found["url"].endswith(f"/rayhistory/{server_id}/")) == ("Running", True)


async def test_compute_is_paid_for_or_of_a_quota(ray: Any, emulator: Emulator) -> None:
    said = await ray.error(
        "create_ray_history_server",
        workspace_id="123456",
        display_name="past",
        storage_path=PATH,
        ecs_spec="ecs.g6.large",
        quota_id="quota1llmteam001",
    )
    assert "cannot go with quota_id" in said
    assert not emulator.requests


async def test_a_create_without_an_answer_is_not_sent_again(ray: Any, emulator: Emulator) -> None:
    emulator.faults.add(Fault("CreateRayHistoryServer", "lost_response"))
    said = await ray.error("create_ray_history_server", workspace_id="123456", display_name="past", storage_path=PATH)
    assert "look with list_ray_history_servers before calling again" in said
    assert emulator.requests.actions() == ["CreateRayHistoryServer"]


async def test_the_list_is_filtered_newest_first_and_holds_no_addresses(ray: Any, emulator: Emulator) -> None:
    first = await running(ray, emulator)
    second = await running(ray, emulator)
    await running(ray, emulator, display_name="other")
    result = await ray.call("list_ray_history_servers", workspace_id="123456", name="PAST", storage_path=PATH)
    rows = result.structured_content["ray_history_servers"]
    assert [(row["server_id"], row["status"]) for row in rows] == [(second, "Running"), (first, "Running")]
    assert "://" not in str(result)
    assert emulator.requests[-1].query["ShowOwn"] == "True"


async def test_a_refused_list_names_the_permission(ray: Any, emulator: Emulator) -> None:
    emulator.faults.add(Fault("ListRayHistoryServers", "no_permission"))
    assert "paidlc:ListRayHistoryServers" in await ray.error("list_ray_history_servers", workspace_id="123456")


async def test_a_server_is_stopped_and_started_again(ray: Any, emulator: Emulator) -> None:
    server_id = await running(ray, emulator)
    stopped = await ray.facts("stop_ray_history_server", server_id=server_id)
    assert (stopped["status"], stopped["server_status"]) == ("stopped", "Stopped")
    started = await ray.facts("start_ray_history_server", server_id=server_id)
    assert (started["status"], started["server_status"]) == ("starting", "Creating")


@pytest.mark.parametrize("tool", ["start_ray_history_server", "stop_ray_history_server"])
async def test_what_is_so_already_is_left_alone(tool: str, ray: Any, emulator: Emulator) -> None:
    server_id = await running(ray, emulator)
    if tool.startswith("stop"):
        await ray.facts(tool, server_id=server_id)
    sent = len([action for action in emulator.requests.actions() if action.startswith(("Start", "Stop"))])
    answer = await ray.facts(tool, server_id=server_id)
    assert answer["status"] == f"nothing_to_{tool.partition('_')[0]}"
    assert len([action for action in emulator.requests.actions() if action.startswith(("Start", "Stop"))]) == sent


@pytest.mark.parametrize(
    "tool",
    ["get_ray_history_server", "start_ray_history_server", "stop_ray_history_server", "delete_ray_history_server"],
)
@pytest.mark.parametrize(("server_id", "words"), [("rhs0000000000000", "http_status: 404"), ("..", "server_id")])
async def test_an_unknown_or_impossible_id_is_refused(
    tool: str, server_id: str, words: str, ray: Any, emulator: Emulator
) -> None:
    assert words in await ray.error(tool, server_id=server_id)
    assert len(emulator.requests) == (server_id != "..")


async def test_a_server_is_deleted_after_a_yes_and_seen_to_be_gone(ray: Any, emulator: Emulator) -> None:
    server_id = await running(ray, emulator)
    asked = await ray.facts("delete_ray_history_server", server_id=server_id)
    assert asked["status"] == "confirmation_required"
    assert f'Ray history server {server_id} ("past") is currently Running.' in asked["question"]
    assert "DeleteRayHistoryServer" not in emulator.requests.actions()
    token = asked["confirmation_token"]
    done = await ray.facts("delete_ray_history_server", server_id=server_id, confirmation_token=token)
    assert done["status"] == "deleted"
    assert "http_status: 404" in await ray.error("get_ray_history_server", server_id=server_id)


async def test_a_yes_to_a_running_server_is_none_to_a_stopped_one(ray: Any, emulator: Emulator) -> None:
    server_id = await running(ray, emulator)
    asked = await ray.facts("delete_ray_history_server", server_id=server_id)
    emulator.clock.advance(1)
    await ray.facts("stop_ray_history_server", server_id=server_id)
    token = asked["confirmation_token"]
    again = await ray.facts("delete_ray_history_server", server_id=server_id, confirmation_token=token)
    assert again["status"] != "deleted"
    assert "DeleteRayHistoryServer" not in emulator.requests.actions()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_declined_form_does_nothing(mode: str, connect: Any, emulator: Emulator) -> None:
    async def no(*_: Any) -> ElicitResult:
        return ElicitResult(action="decline")

    ray = connect(toolsets="ray", mode=mode, elicitation_callback=no)
    server_id = await running(ray, emulator)
    assert (await ray.facts("delete_ray_history_server", server_id=server_id))["status"] == "not_executed"
    assert "DeleteRayHistoryServer" not in emulator.requests.actions()
