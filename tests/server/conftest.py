"""The cloud as the server's own modules see it: a gateway to the emulator, and the operations of one region."""

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server.cloud.account import Identity
from pai_dlc_mcp.server.cloud.api import Write
from pai_dlc_mcp.server.cloud.credentials import Credentials, StaticKey
from pai_dlc_mcp.server.cloud.endpoints import Region
from pai_dlc_mcp.server.cloud.errors import sent_once
from pai_dlc_mcp.server.cloud.gateway import Gateway
from pai_dlc_mcp.server.deps import App, CloudInRegion
from pai_dlc_mcp.server.safety.caller import Caller
from pai_dlc_mcp.server.safety.gate import Gate
from pai_dlc_mcp.server.safety.stores import open_store
from pai_dlc_mcp.server.settings import Settings

T = TypeVar("T")


@pytest.fixture
def gateway_for(emulator: Emulator, settings_for: Callable[..., Settings]) -> Callable[..., Gateway]:
    """gateway_for(credentials, **settings): by default the emulator's own key."""

    def gateway(credentials: Credentials | None = None, **changes: object) -> Gateway:
        key = StaticKey(emulator.access_key_id, emulator.access_key_secret)
        return Gateway(settings_for(**changes), credentials or key)

    return gateway


@pytest.fixture
def gateway(gateway_for: Callable[..., Gateway]) -> Gateway:
    return gateway_for()


class SendingCloud(CloudInRegion):
    """Sends a write without a permit, which no tool can: what these tests are about is what it sends."""

    caller = Caller("local")

    async def send(self, write: Write[T]) -> T:
        gateway = self.jobs.api.gateway
        with sent_once(write.shown_by):
            body = await gateway.send(write.product, write.action, write.region, write.path, write.params)
        return write.answer(body)


@pytest.fixture
def cloud_for(
    gateway_for: Callable[..., Gateway], settings_for: Callable[..., Settings]
) -> Callable[..., CloudInRegion]:
    def cloud(**changes: object) -> CloudInRegion:
        settings = settings_for(**changes)
        store = open_store(settings.state)
        gateway = gateway_for(**changes)
        app = App(settings, gateway, Gate(settings, time.time, store), b"k" * 32, store, Identity(gateway))
        return SendingCloud(app, Region("cn-hangzhou", "argument"))

    return cloud


@pytest.fixture
def cloud(cloud_for: Callable[..., CloudInRegion]) -> CloudInRegion:
    return cloud_for()
