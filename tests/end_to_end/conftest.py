"""Server processes over HTTP, and a service whose answers are changed on the way."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
import uvicorn
from starlette.responses import JSONResponse, Response

from pai_dlc_mcp.cli import serve
from pai_dlc_mcp.emulator.call import Call
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server import auth, http
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.settings import Settings
from tests.conftest import REAL_TIME, virtual


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def listens(port: int, host: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


@contextmanager
def in_thread(app: Any, port: int, host: str = "127.0.0.1") -> Generator[str]:
    """The address of an app that is served in this process."""
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=port, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True, name=REAL_TIME)
    thread.start()
    until = time.monotonic() + 10
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def replica_here(emulator: Emulator, host: str = "127.0.0.1", **settings: Any) -> Generator[str]:
    """What `replica` gives, by a thread of this process instead of a start of another: a second less."""
    where: dict[str, Any] = {"endpoint": emulator.endpoint, "protocol": "http", "region": "cn-hangzhou"}
    chosen = Settings(**where, **settings)
    key = StaticKey(emulator.access_key_id, emulator.access_key_secret)
    server = serve.server(chosen, key, virtual(emulator), auth.verifier(chosen))
    app = http.application(server, chosen, host, lambda: serve._writable(chosen, server.app.store))
    with in_thread(app, free_port(), host) as address:
        yield address


class Address(str):
    """Of a server process, which can be told to end."""

    process: subprocess.Popen[bytes]


@contextmanager
def replica(emulator: Emulator, host: str = "127.0.0.1", **environment: str) -> Generator[Address]:
    port = free_port()
    account = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
        "PAI_DLC_ENDPOINT": emulator.endpoint,
        "PAI_DLC_PROTOCOL": "http",
        "PAI_DLC_REGION": "cn-hangzhou",
    }
    command = [sys.executable, "-m", "pai_dlc_mcp.cli", "serve", "--transport", "http", "--port", str(port)]
    command += ["--host", host]
    with subprocess.Popen(
        command, env={**os.environ, **account, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as run:
        try:
            until = time.monotonic() + 30
            while time.monotonic() < until and not listens(port, host):
                time.sleep(0.05)
            address = Address(f"http://{host}:{port}")
            address.process = run
            yield address
        finally:
            run.terminate()


@pytest.fixture(scope="session", name="free_port")
def find_free_port() -> Callable[[], int]:
    return free_port


@pytest.fixture(scope="session", name="replica")
def start_replica() -> Callable[..., AbstractContextManager[str]]:
    """replica(emulator, host, NAME=value…): the address of a server process with these variables."""
    return replica


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, emulator: Any) -> Callable[..., None]:
    """service(GetJob={…}): fields that the service's answer to an action has instead; `refusal` is an error's body."""
    changed: dict[str, dict[str, Any]] = {}
    answer = Call.answer

    def answered(call: Call, fault: Any) -> Response:
        change = changed.get(call.request.action)
        if change is None:
            return answer(call, fault)
        if "refusal" in change:
            return JSONResponse(change["refusal"], 403)
        response = answer(call, fault)
        body = json.loads(response.body) if response.status_code < 400 else {}
        return JSONResponse({**body, **change})

    monkeypatch.setattr(Call, "answer", answered)
    return lambda **changes: changed.update(changes)
