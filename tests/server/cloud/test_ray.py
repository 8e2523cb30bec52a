"""Ray history server operations against the emulator."""

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.deps import CloudInRegion

BODY = {"WorkspaceId": "123456", "DisplayName": "past", "StoragePath": "oss://bucket/ray/"}


async def test_a_server_lives_stops_and_lives_again(cloud: CloudInRegion, emulator: Emulator) -> None:
    server_id = await cloud.send(cloud.ray.create(BODY))
    assert (await cloud.ray.get(server_id)).status == "Creating"
    emulator.clock.advance(60)
    found = await cloud.ray.get(server_id)
    assert (found.status, found.server_id, found.storage_path) == ("Running", server_id, BODY["StoragePath"])
    assert (found.url or "").startswith("https://")
    await cloud.send(cloud.ray.stop(server_id))
    assert (await cloud.ray.get(server_id)).status == "Stopped"
    await cloud.send(cloud.ray.start(server_id))
    assert (await cloud.ray.get(server_id)).status == "Creating"


async def test_servers_of_all_times_are_listed(cloud: CloudInRegion, emulator: Emulator) -> None:
    server_id = await cloud.send(cloud.ray.create(BODY))
    emulator.clock.advance(30 * 86_400)
    found = await cloud.ray.list({"WorkspaceId": "123456"})
    assert [server.server_id for server in found.items] == [server_id]


async def test_a_deleted_server_is_gone(cloud: CloudInRegion) -> None:
    server_id = await cloud.send(cloud.ray.create(BODY))
    await cloud.send(cloud.ray.delete(server_id))
    with pytest.raises(CloudError) as caught:
        await cloud.ray.get(server_id)
    assert caught.value.http_status == 404
