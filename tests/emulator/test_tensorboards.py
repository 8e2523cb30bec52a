"""TensorBoard instances."""

from typing import Any

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from pai_dlc_mcp.emulator.embedded import Emulator


@pytest.fixture
def board_id(dlc: Client) -> str:
    request = models.CreateTensorboardRequest(
        display_name="curves", job_id="dlc4stillrunning", workspace_id="123456", summary_path="/mnt/output/tb"
    )
    return dlc.create_tensorboard(request).body.tensorboard_id


def get(dlc: Client, board_id: str) -> Any:
    return dlc.get_tensorboard(board_id, models.GetTensorboardRequest()).body


def share(dlc: Client, board_id: str) -> str:
    request = models.GetTensorboardSharedUrlRequest()
    return dlc.get_tensorboard_shared_url(board_id, request).body.tensorboard_shared_url


def test_it_takes_a_moment_to_start(dlc: Client, emulator: Emulator, board_id: str) -> None:
    assert (get(dlc, board_id).status, get(dlc, board_id).tensorboard_url) == ("Creating", "")
    emulator.clock.advance(20)
    board = get(dlc, board_id)
    assert (board.status, board.duration) == ("Running", "20")
    assert board.tensorboard_url.endswith(f"/tensorboard/{board_id}/")


def test_it_is_stopped_and_started_again(dlc: Client, emulator: Emulator, board_id: str) -> None:
    emulator.clock.advance(60)
    dlc.stop_tensorboard(board_id, models.StopTensorboardRequest())
    assert get(dlc, board_id).status == "Stopped"
    with pytest.raises(ClientException) as caught:
        dlc.stop_tensorboard(board_id, models.StopTensorboardRequest())
    assert caught.value.code == "BadRequest"
    dlc.start_tensorboard(board_id, models.StartTensorboardRequest())
    assert get(dlc, board_id).status == "Creating"
    emulator.clock.advance(20)
    assert get(dlc, board_id).status == "Running"


def test_it_is_shared_while_it_runs(dlc: Client, emulator: Emulator, board_id: str) -> None:
    with pytest.raises(ClientException) as caught:
        share(dlc, board_id)
    assert caught.value.code == "BadRequest"
    emulator.clock.advance(20)
    assert share(dlc, board_id) != share(dlc, board_id)


def test_it_is_changed_listed_and_deleted(dlc: Client, board_id: str) -> None:
    dlc.update_tensorboard(
        board_id, models.UpdateTensorboardRequest(accessibility="PUBLIC", max_running_time_minutes=30)
    )
    found = dlc.list_tensorboards(models.ListTensorboardsRequest(job_id="dlc4stillrunning")).body.tensorboards
    assert [(board.tensorboard_id, board.accessibility, board.max_running_time_minutes) for board in found] == [
        (board_id, "PUBLIC", 30)
    ]
    dlc.delete_tensorboard(board_id, models.DeleteTensorboardRequest())
    with pytest.raises(ClientException) as caught:
        get(dlc, board_id)
    assert caught.value.status_code == 404


def test_a_token_can_be_had_for_it(dlc: Client, board_id: str) -> None:
    assert dlc.get_token(models.GetTokenRequest(target_type="tensorboard", target_id=board_id)).body.token
