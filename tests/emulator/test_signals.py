"""Signals sent to a job's pods."""

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

REQUEST = models.CreateSignalRequest().from_map(
    {"Signal": "SIGUSR1", "Target": {"Scope": "roles", "Roles": ["Worker"]}}
)


def test_a_signal_reaches_the_pods_of_a_role(dlc: Client) -> None:
    sent = dlc.create_signal("dlc4stillrunning", REQUEST).body
    signal = dlc.get_signal("dlc4stillrunning", sent.signal_id, models.GetSignalRequest()).body
    assert (signal.signal, signal.pod_names) == ("SIGUSR1", ["dlc4stillrunning-worker-0"])
    found = dlc.list_signals("dlc4stillrunning", models.ListSignalsRequest()).body.signals
    assert [item.signal_id for item in found] == [sent.signal_id]


def test_a_finished_job_takes_no_signal(dlc: Client) -> None:
    with pytest.raises(ClientException) as caught:
        dlc.create_signal("dlc1succeeded001", REQUEST)
    assert caught.value.code == "BadRequest"
