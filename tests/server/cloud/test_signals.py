"""Signal operations against the emulator."""

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.deps import CloudInRegion

JOB = "dlc4stillrunning"


async def test_a_signal_is_sent_listed_and_read_back(cloud: CloudInRegion, emulator: Emulator) -> None:
    target = {"Scope": "pods", "PodNames": [f"{JOB}-worker-0"]}
    sent = await cloud.send(cloud.signals.create(JOB, {"Signal": "SIGUSR1", "Target": target}))
    assert (sent.signal, sent.status) == ("SIGUSR1", "Succeeded")
    assert emulator.requests[-1].sent() == {"Signal": "SIGUSR1", "Target": target}
    found = await cloud.signals.list(JOB)
    assert ([signal.signal_id for signal in found.items], found.total) == ([sent.signal_id], 1)
    assert emulator.requests[-1].query == {"PageNumber": "1", "PageSize": "20"}
    assert (await cloud.signals.get(JOB, sent.signal_id)).pods == (f"{JOB}-worker-0",)


async def test_an_unknown_signal_is_not_found(cloud: CloudInRegion) -> None:
    with pytest.raises(CloudError) as caught:
        await cloud.signals.get(JOB, "signal-none")
    assert caught.value.kind == "not_found"


async def test_a_signal_without_an_answer_is_not_sent_twice(cloud: CloudInRegion, emulator: Emulator) -> None:
    emulator.faults.add(Fault("CreateSignal", "lost_response"))
    with pytest.raises(CloudError) as caught:
        await cloud.send(cloud.signals.create(JOB, {"Signal": "SIGUSR1"}))
    assert "list_signals" in caught.value.fix
    assert emulator.requests.actions() == ["CreateSignal"]
