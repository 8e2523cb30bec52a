"""Web terminals and tokens."""

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException


def terminal(dlc: Client, pod_id: str) -> str:
    return dlc.get_web_terminal(pod_id.split("-")[0], pod_id, models.GetWebTerminalRequest()).body.web_terminal_url


def test_a_running_pod_has_a_terminal_and_each_time_another(dlc: Client) -> None:
    first, second = terminal(dlc, "dlc4stillrunning-master-0"), terminal(dlc, "dlc4stillrunning-master-0")
    assert first.startswith("wss://pai-dlc-proxy-cn-hangzhou.example.invalid/terminal/dlc4stillrunning-master-0?token=")
    assert first != second


@pytest.mark.parametrize("pod_id", ["dlc1succeeded001-master-0", "dlc5waitinginq05-master-0"])
def test_a_pod_that_does_not_run_has_none(dlc: Client, pod_id: str) -> None:
    with pytest.raises(ClientException) as caught:
        terminal(dlc, pod_id)
    assert (caught.value.status_code, caught.value.code) == (400, "BadRequest")


def test_a_token_is_for_a_job_that_exists(dlc: Client) -> None:
    request = models.GetTokenRequest(target_type="job", target_id="dlc4stillrunning", expire_time=60)
    assert dlc.get_token(request).body.token.count(".") == 2
    with pytest.raises(ClientException) as caught:
        dlc.get_token(models.GetTokenRequest(target_type="job", target_id="dlcnone"))
    assert caught.value.status_code == 404
