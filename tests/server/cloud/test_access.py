"""Access operations against the emulator."""

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server.deps import CloudInRegion

JOB, POD = "dlc4stillrunning", "dlc4stillrunning-master-0"


async def test_a_web_terminal_is_asked_for_by_pod(cloud: CloudInRegion, emulator: Emulator) -> None:
    url = await cloud.send(cloud.access.web_terminal(JOB, POD, shared=True))
    assert url.startswith("wss://")
    (sent,) = emulator.requests
    assert (sent.action, sent.ids, sent.query) == ("GetWebTerminal", {"JobId": JOB, "PodId": POD}, {"IsShared": "True"})


async def test_a_token_is_asked_for_with_its_target_and_life(cloud: CloudInRegion, emulator: Emulator) -> None:
    assert (await cloud.send(cloud.access.token("job", JOB, 600))).startswith("eyJ")
    (sent,) = emulator.requests
    assert sent.query == {"TargetType": "job", "TargetId": JOB, "ExpireTime": "600"}
