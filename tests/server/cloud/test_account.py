"""The account behind the credentials, against the emulator."""

from typing import Any

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.cloud.account import PRODUCTS, Account
from pai_dlc_mcp.server.deps import CloudInRegion


@pytest.fixture
def account(cloud: CloudInRegion) -> Account:
    return cloud.account


@pytest.mark.parametrize("product", PRODUCTS)
async def test_a_probe_is_one_read_of_one_item(product: Any, account: Account, emulator: Emulator) -> None:
    probe = await account.probe(product)
    assert probe.error is None
    (sent,) = emulator.requests
    assert sent.method == "GET"
    assert sent.query["PageSize"] == "1"


async def test_a_refused_probe_says_what_is_missing(account: Account, emulator: Emulator) -> None:
    emulator.faults.add(Fault("ListWorkspaces", "forbidden_ram"))
    probe = await account.probe("aiworkspace")
    assert probe.error is not None
    assert probe.error.ram == ("paiworkspace:ListWorkspaces",)


async def test_an_endpoint_of_its_own_is_not_asked_for_an_identity(account: Account, emulator: Emulator) -> None:
    assert await account.identity() is None
    assert not emulator.requests.actions()
