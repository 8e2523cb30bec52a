"""pytest fixtures for tests of code that uses PAI-DLC: `pai_dlc_emulator`, and `pai_dlc_client` (the SDK's client).

pytest loads this module in every run in which the package is installed, so all else is imported by the fixtures. The
ini option `pai_dlc_seeds` names a folder of seeds.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pai_dlc_mcp.emulator.embedded import Emulator

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("pai_dlc_seeds", "folder of JSON files that replace the PAI-DLC emulator's own", default="")


@pytest.fixture(scope="session")
def _pai_dlc_emulator(pytestconfig: pytest.Config) -> Generator[Emulator]:
    from pai_dlc_mcp.emulator import embedded
    from pai_dlc_mcp.emulator.clock import Clock

    folder = pytestconfig.getini("pai_dlc_seeds")
    seeds = Path(pytestconfig.rootpath, folder) if folder else None
    with embedded.start(clock=Clock(START, speed=0), seeds=seeds) as emulator:
        yield emulator


@pytest.fixture
def pai_dlc_emulator(_pai_dlc_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """An emulator, reset for each test. Its clock stands still until `.clock.advance(seconds)`; `.faults` are the
    active faults, `.requests` the requests received. Proxy variables are removed from the environment, because the SDK
    uses them even for the loopback."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    _pai_dlc_emulator.reset()
    return _pai_dlc_emulator


@pytest.fixture
def pai_dlc_client(pai_dlc_emulator: Emulator) -> Any:
    """alibabacloud_pai_dlc20201203.client.Client for the emulator."""
    sdk = pytest.importorskip("alibabacloud_pai_dlc20201203.client")
    models = pytest.importorskip("alibabacloud_tea_openapi.models")
    return sdk.Client(
        models.Config(
            access_key_id=pai_dlc_emulator.access_key_id,
            access_key_secret=pai_dlc_emulator.access_key_secret,
            endpoint=pai_dlc_emulator.endpoint,
            protocol="HTTP",
        )
    )
