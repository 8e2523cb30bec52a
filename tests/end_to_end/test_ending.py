"""A server that is told to end in the middle of a write ends within seconds, and what it sent is on record."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault

CALL = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "create_job"}}
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


def start(emulator: Emulator, folder: Path) -> subprocess.Popen[bytes]:
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
        "PAI_DLC_ENDPOINT": emulator.endpoint,
        "PAI_DLC_PROTOCOL": "http",
        "PAI_DLC_REGION": "cn-hangzhou",
        "PAI_DLC_AUDIT_FILE": str(folder / "audit.jsonl"),
    }
    command = [sys.executable, "-m", "pai_dlc_mcp.cli", "serve"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, env={**os.environ, **environment}, **pipes)


def say(run: subprocess.Popen[bytes], message: dict[str, Any]) -> None:
    assert run.stdin is not None
    run.stdin.write(json.dumps(message).encode() + b"\n")
    run.stdin.flush()


def steps(folder: Path) -> list[str]:
    return [json.loads(line)["step"] for line in (folder / "audit.jsonl").read_text().splitlines()]


@pytest.mark.long
@pytest.mark.parametrize(
    ("end", "last"),
    [
        (lambda run: run.stdin.close(), "unanswered"),
        (lambda run: run.send_signal(signal.SIGTERM), "sending"),
        pytest.param(lambda run: run.send_signal(signal.SIGKILL), "sending", marks=pytest.mark.long),
    ],
    ids=["client gone", "SIGTERM", "SIGKILL"],
)
def test_09_a_server_that_ends_in_the_middle_of_a_create_has_it_on_record(
    end: Callable[[Any], None], last: str, emulator: Emulator, connect: Any, tmp_path: Path
) -> None:
    emulator.faults.add(Fault("CreateJob", "delay", seconds=20))
    with start(emulator, tmp_path) as run:
        say(run, HELLO)
        assert run.stdout is not None
        run.stdout.readline()
        say(run, {"jsonrpc": "2.0", "method": "notifications/initialized"})
        CALL["params"]["arguments"] = {**connect().JOB, "client_request_id": "request-1"}
        say(run, CALL)
        until = time.monotonic() + 60
        while "CreateJob" not in emulator.requests.actions() and time.monotonic() < until:
            time.sleep(0.02)
        started = time.monotonic()
        end(run)
        run.wait(20)
        assert time.monotonic() - started < 5  # 2 s on an idle machine
        assert steps(tmp_path)[-1] == last
        assert any("request-1" in kept.read_text() for kept in tmp_path.rglob("create/*.json"))
