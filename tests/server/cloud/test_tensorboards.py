"""Tensorboard operations against the emulator."""

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.tensorboards import Tensorboard
from pai_dlc_mcp.server.deps import CloudInRegion

BODY = {"WorkspaceId": "123456", "DisplayName": "loss", "JobId": "dlc1succeeded001"}


async def test_a_tensorboard_lives_stops_and_starts_again(cloud: CloudInRegion, emulator: Emulator) -> None:
    board_id = await cloud.send(cloud.tensorboards.create({**BODY, "TensorboardSpec": {"EcsType": "ecs.g6.large"}}))
    assert (await cloud.tensorboards.get(board_id)).status == "Creating"
    emulator.clock.advance(60)
    board = await cloud.tensorboards.get(board_id)
    assert (board.status, board.job_id) == ("Running", "dlc1succeeded001")
    assert board.compute is not None
    assert board.compute.ecs_type == "ecs.g6.large"
    assert board.url
    await cloud.send(cloud.tensorboards.stop(board_id))
    assert (await cloud.tensorboards.get(board_id)).is_in("Stopped")
    await cloud.send(cloud.tensorboards.start(board_id))
    assert (await cloud.tensorboards.get(board_id)).is_in("Creating")


async def test_changes_go_into_the_query(cloud: CloudInRegion, emulator: Emulator) -> None:
    board_id = await cloud.send(cloud.tensorboards.create(BODY))
    await cloud.send(cloud.tensorboards.update(board_id, {"MaxRunningTimeMinutes": 30, "Accessibility": "PUBLIC"}))
    assert emulator.requests[-1].query == {"MaxRunningTimeMinutes": "30", "Accessibility": "PUBLIC"}
    board = await cloud.tensorboards.get(board_id)
    assert (board.max_running_time_minutes, board.accessibility) == (30, "PUBLIC")


async def test_tensorboards_of_all_times_are_listed(cloud: CloudInRegion, emulator: Emulator) -> None:
    board_id = await cloud.send(cloud.tensorboards.create(BODY))
    found = await cloud.tensorboards.list({"WorkspaceId": "123456", "JobId": BODY["JobId"]})
    assert ([board.tensorboard_id for board in found.items], found.total) == ([board_id], 1)
    assert emulator.requests[-1].query["StartTime"] == "1970-01-01T00:00:00Z"


async def test_a_shared_url_is_asked_for_with_its_life(cloud: CloudInRegion, emulator: Emulator) -> None:
    board_id = await cloud.send(cloud.tensorboards.create(BODY))
    emulator.clock.advance(60)
    assert (await cloud.send(cloud.tensorboards.shared_url(board_id, 600))).startswith("https://")
    assert emulator.requests[-1].query == {"ExpireTimeSeconds": "600"}


async def test_a_create_without_an_answer_is_sent_once_and_says_to_look(
    cloud: CloudInRegion, emulator: Emulator
) -> None:
    emulator.faults.add(Fault("CreateTensorboard", "lost_response"))
    with pytest.raises(CloudError) as caught:
        await cloud.send(cloud.tensorboards.create(BODY))
    assert "list_tensorboards" in caught.value.fix
    assert emulator.requests.actions() == ["CreateTensorboard"]


async def test_a_deleted_tensorboard_is_not_found(cloud: CloudInRegion) -> None:
    board_id = await cloud.send(cloud.tensorboards.create(BODY))
    await cloud.send(cloud.tensorboards.delete(board_id))
    with pytest.raises(CloudError) as caught:
        await cloud.tensorboards.get(board_id)
    assert caught.value.kind == "not_found"


@pytest.mark.parametrize("status", ["Running", "running", "RUNNING"])
def test_a_status_is_known_in_any_case(status: str) -> None:
    assert Tensorboard.model_validate({"Status": status}).is_in("Running")
