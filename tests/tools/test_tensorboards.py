"""Tensorboards, through a real client: a life of their own, shared and deleted only after a yes."""

from typing import Any

import pytest
from mcp.types import ElicitResult

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault

JOB = "dlc1succeeded001"


@pytest.fixture
def boards(connect: Any) -> Any:
    return connect(toolsets="tensorboards")


async def made(agent: Any, **changes: Any) -> str:
    arguments = {"workspace_id": "123456", "display_name": "loss", "job_id": JOB, **changes}
    return (await agent.facts("create_tensorboard", **arguments))["tensorboard_id"]


async def running(agent: Any, emulator: Emulator, **changes: Any) -> str:
    board_id = await made(agent, **changes)
    emulator.clock.advance(60)
    return board_id


async def test_tensorboard_tools_are_off_by_default(agent: Any) -> None:
    assert not [tool.name for tool in await agent.tools() if "tensorboard" in tool.name]


async def test_a_tensorboard_of_a_job_is_created_and_told_where_it_is_once_it_runs(
    boards: Any, emulator: Emulator
) -> None:
    board_id = await made(boards, ecs_type="ecs.g6.large", max_running_time_minutes=240)
    assert emulator.requests[-1].sent() == {
        "WorkspaceId": "123456",
        "DisplayName": "loss",
        "JobId": JOB,
        "TensorboardSpec": {"EcsType": "ecs.g6.large"},
        "MaxRunningTimeMinutes": 240,
    }
    starting = await boards.facts("get_tensorboard", tensorboard_id=board_id)
    assert starting["status"] == "Creating"
    assert "url" not in starting
    emulator.clock.advance(60)
    found = await boards.facts("get_tensorboard", tensorboard_id=board_id)
    assert (found["status"], found["job_id"], found["ecs_type"]) == ("Running", JOB, "ecs.g6.large")
    assert found["url"].endswith(f"/tensorboard/{board_id}/")


async def test_the_kind_of_storage_is_read_off_its_uri(boards: Any, emulator: Emulator) -> None:
    uri = "oss://bucket.oss-cn-hangzhou-internal.aliyuncs.com/logs/"
    await made(boards, job_id=None, uri=uri, summary_path="/run1")
    sent = emulator.requests[-1].sent()
    assert (sent["Uri"], sent["DataSourceType"], sent["SummaryPath"]) == (uri, "OSS", "/run1")


@pytest.mark.parametrize("sources", [{}, {"job_id": JOB, "dataset_id": "d-sftdialogs00000002"}])
async def test_it_shows_exactly_one_thing(sources: dict[str, str], boards: Any, emulator: Emulator) -> None:
    said = await boards.error("create_tensorboard", workspace_id="123456", display_name="loss", **sources)
    assert "exactly one of job_id, dataset_id and uri" in said
    assert not emulator.requests


async def test_a_create_without_an_answer_is_not_sent_again(boards: Any, emulator: Emulator) -> None:
    emulator.faults.add(Fault("CreateTensorboard", "lost_response"))
    said = await boards.error("create_tensorboard", workspace_id="123456", display_name="loss", job_id=JOB)
    assert "look with list_tensorboards before calling again" in said
    assert emulator.requests.actions() == ["CreateTensorboard"]


async def test_the_list_is_filtered_and_holds_no_addresses(boards: Any, emulator: Emulator) -> None:
    board_id = await running(boards, emulator)
    await running(boards, emulator, display_name="other", job_id="dlc2outofmemory2")
    result = await boards.call("list_tensorboards", workspace_id="123456", job_id=JOB, name="LOSS")
    (row,) = result.structured_content["tensorboards"]
    assert (row["tensorboard_id"], row["status"]) == (board_id, "Running")
    assert "://" not in str(result)
    assert emulator.requests[-1].query["ShowOwn"] == "True"


async def test_a_refused_list_names_the_permission(boards: Any, emulator: Emulator) -> None:
    emulator.faults.add(Fault("ListTensorboards", "no_permission"))
    assert "paidlc:ListTensorboards" in await boards.error("list_tensorboards", workspace_id="123456")


async def test_a_change_is_reported_as_seen(boards: Any, emulator: Emulator) -> None:
    board_id = await running(boards, emulator)
    done = await boards.facts("update_tensorboard", tensorboard_id=board_id, max_running_time_minutes=30, priority=3)
    assert done["applied"] == ["max_running_time_minutes", "priority"]
    assert "pending" not in done


async def test_making_a_tensorboard_public_asks_first(boards: Any, emulator: Emulator) -> None:
    board_id = await running(boards, emulator)
    change = {"tensorboard_id": board_id, "accessibility": "PUBLIC", "max_running_time_minutes": 30}
    asked = await boards.facts("update_tensorboard", **change)
    assert asked["status"] == "confirmation_required"
    assert "will see the tensorboard" in asked["question"]
    assert "UpdateTensorboard" not in emulator.requests.actions()
    done = await boards.facts("update_tensorboard", **change, confirmation_token=asked["confirmation_token"])
    assert done["applied"] == ["max_running_time_minutes", "accessibility"]


async def test_an_update_without_a_change_is_refused_unsent(boards: Any, emulator: Emulator) -> None:
    said = await boards.error("update_tensorboard", tensorboard_id="tb1")
    assert "nothing to change in tensorboard tb1" in said
    assert not emulator.requests


async def test_a_tensorboard_is_stopped_and_started_again(boards: Any, emulator: Emulator) -> None:
    board_id = await running(boards, emulator)
    stopped = await boards.facts("stop_tensorboard", tensorboard_id=board_id)
    assert (stopped["status"], stopped["tensorboard_status"]) == ("stopped", "Stopped")
    started = await boards.facts("start_tensorboard", tensorboard_id=board_id)
    assert (started["status"], started["tensorboard_status"]) == ("starting", "Creating")


@pytest.mark.parametrize(
    ("tool", "action", "before"),
    [("start_tensorboard", "StartTensorboard", ()), ("stop_tensorboard", "StopTensorboard", ("stop_tensorboard",))],
)
async def test_what_is_so_already_is_left_alone(
    tool: str, action: str, before: tuple[str, ...], boards: Any, emulator: Emulator
) -> None:
    board_id = await running(boards, emulator)
    for step in before:
        await boards.facts(step, tensorboard_id=board_id)
    sent = emulator.requests.actions().count(action)
    answer = await boards.facts(tool, tensorboard_id=board_id)
    assert answer["status"] in ("nothing_to_start", "nothing_to_stop")
    assert emulator.requests.actions().count(action) == sent


@pytest.mark.parametrize(
    "tool",
    ["get_tensorboard", "start_tensorboard", "stop_tensorboard", "delete_tensorboard", "get_tensorboard_shared_url"],
)
async def test_an_unknown_tensorboard_is_not_found(tool: str, boards: Any) -> None:
    assert "http_status: 404" in await boards.error(tool, tensorboard_id="tb00000000000000")


async def test_a_tensorboard_is_deleted_after_a_yes_and_seen_to_be_gone(boards: Any, emulator: Emulator) -> None:
    board_id = await running(boards, emulator)
    asked = await boards.facts("delete_tensorboard", tensorboard_id=board_id)
    assert asked["status"] == "confirmation_required"
    assert f'Tensorboard {board_id} ("loss"), of job {JOB}, is currently Running.' in asked["question"]
    assert "DeleteTensorboard" not in emulator.requests.actions()
    token = asked["confirmation_token"]
    done = await boards.facts("delete_tensorboard", tensorboard_id=board_id, confirmation_token=token)
    assert done["status"] == "deleted"
    assert "http_status: 404" in await boards.error("get_tensorboard", tensorboard_id=board_id)


async def test_a_link_is_issued_once_after_a_yes(boards: Any, emulator: Emulator) -> None:
    board_id = await running(boards, emulator)
    arguments = {"tensorboard_id": board_id, "expire_time_seconds": 600}
    asked = await boards.facts("get_tensorboard_shared_url", **arguments)
    assert asked["status"] == "confirmation_required"
    assert "valid for 600 s" in asked["question"]
    assert "shared_url" not in asked
    token = asked["confirmation_token"]
    issued = await boards.facts("get_tensorboard_shared_url", **arguments, confirmation_token=token)
    assert (issued["status"], issued["expires_in"]) == ("issued", 600)
    assert "EXAMPLE-SHARE-TOKEN-" in issued["shared_url"]
    again = await boards.facts("get_tensorboard_shared_url", **arguments, confirmation_token=token)
    assert again["status"] == "confirmation_required"
    assert emulator.requests.actions().count("GetTensorboardSharedUrl") == 1


async def test_a_yes_to_ten_minutes_is_none_to_a_week(boards: Any, emulator: Emulator) -> None:
    board_id = await running(boards, emulator)
    asked = await boards.facts("get_tensorboard_shared_url", tensorboard_id=board_id, expire_time_seconds=600)
    answer = await boards.facts(
        "get_tensorboard_shared_url",
        tensorboard_id=board_id,
        expire_time_seconds=604_800,
        confirmation_token=asked["confirmation_token"],
    )
    assert answer["status"] == "confirmation_required"
    assert "GetTensorboardSharedUrl" not in emulator.requests.actions()


async def test_only_a_running_tensorboard_is_shared(boards: Any, emulator: Emulator) -> None:
    board_id = await made(boards)
    said = await boards.error("get_tensorboard_shared_url", tensorboard_id=board_id)
    assert "is Creating: only a Running one can be shared" in said
    assert "GetTensorboardSharedUrl" not in emulator.requests.actions()


async def test_a_link_is_in_no_log(
    connect: Any, emulator: Emulator, caplog: pytest.LogCaptureFixture, tmp_path: Any
) -> None:
    file = tmp_path / "audit.jsonl"
    boards = connect(toolsets="tensorboards", audit_file=file, effects="share_url=allow")
    board_id = await running(boards, emulator)
    with caplog.at_level("DEBUG"):
        issued = await boards.facts("get_tensorboard_shared_url", tensorboard_id=board_id)
    assert issued["shared_url"]
    assert issued["shared_url"] not in caplog.text + file.read_text("utf-8")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize(
    ("tool", "action"),
    [("delete_tensorboard", "DeleteTensorboard"), ("get_tensorboard_shared_url", "GetTensorboardSharedUrl")],
)
async def test_a_declined_form_does_nothing(
    tool: str, action: str, mode: str, connect: Any, emulator: Emulator
) -> None:
    async def no(*_: Any) -> ElicitResult:
        return ElicitResult(action="decline")

    boards = connect(toolsets="tensorboards", mode=mode, elicitation_callback=no)
    board_id = await running(boards, emulator)
    assert (await boards.facts(tool, tensorboard_id=board_id))["status"] == "not_executed"
    assert action not in emulator.requests.actions()
