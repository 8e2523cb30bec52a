"""StrictModel mode: only a person at a terminal opens the gate."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pai_dlc_mcp.cli.approve import run
from pai_dlc_mcp.emulator.embedded import Emulator

RUNNING = "dlc4stillrunning"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def strict(connect: Any, folder: Path) -> Any:
    return connect(confirm="human", state=folder)


def stops(emulator: Emulator) -> int:
    return emulator.requests.actions().count("StopJob")


def approve(code: str, folder: Path, answer: str) -> tuple[int, str]:
    """Runs the command on a terminal of its own, and types an answer."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PAI_DLC_STATE": str(folder)}
    command = [sys.executable, "-m", "pai_dlc_mcp.cli", "approve", code]
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
    ) as run:
        os.write(ours, answer.encode() + b"\n")
        shown = run.communicate(timeout=30)[0].decode()
    os.close(ours)
    os.close(theirs)
    return run.returncode, shown


async def test_a_code_stops_nothing_until_a_person_has_said_yes(strict: Any, folder: Path, emulator: Emulator) -> None:
    asked = await strict.facts("stop_job", job_id=RUNNING)
    code = asked["confirmation_token"]
    assert f"pai-dlc-mcp approve {code}" in asked["next"]
    waiting = await strict.facts("stop_job", job_id=RUNNING, confirmation_token=code)
    assert (waiting["status"], stops(emulator)) == ("not_executed", 0)
    assert "Nobody has approved" in waiting["reason"]

    status, shown = approve(code, folder, "yes")
    assert status == 0
    assert asked["question"] in shown.replace("\r\n", "\n")
    done = await strict.facts("stop_job", job_id=RUNNING, confirmation_token=code)
    assert (done["status"], stops(emulator)) == ("stopped", 1)


async def test_a_no_at_the_terminal_leaves_the_gate_shut(strict: Any, folder: Path, emulator: Emulator) -> None:
    code = (await strict.facts("stop_job", job_id=RUNNING))["confirmation_token"]
    assert approve(code, folder, "y")[0] == 1
    assert (await strict.facts("stop_job", job_id=RUNNING, confirmation_token=code))["status"] == "not_executed"
    assert stops(emulator) == 0


async def test_a_pipe_is_not_a_person(strict: Any, folder: Path) -> None:
    code = (await strict.facts("stop_job", job_id=RUNNING))["confirmation_token"]
    done = subprocess.run(
        [sys.executable, "-m", "pai_dlc_mcp.cli", "approve", code],
        input="yes\n",
        env={**os.environ, "PAI_DLC_STATE": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "at a terminal" in done.stderr


async def test_an_approved_code_is_for_that_job_and_state_and_once(
    strict: Any, folder: Path, emulator: Emulator
) -> None:
    job_id = await strict.job()
    emulator.clock.advance(400)
    code = (await strict.facts("stop_job", job_id=job_id))["confirmation_token"]
    assert approve(code, folder, "yes")[0] == 0
    other = await strict.facts("stop_job", job_id=RUNNING, confirmation_token=code)
    assert "another call" in other["reason"]
    assert (await strict.facts("stop_job", job_id=job_id, confirmation_token=code))["status"] == "stopped"
    again = await strict.facts("stop_job", job_id=job_id, confirmation_token=code)
    assert again["status"] == "nothing_to_stop"
    assert stops(emulator) == 1


async def test_a_token_of_another_mode_opens_nothing(connect: Any, strict: Any, emulator: Emulator) -> None:
    key = "k" * 32
    token = (await connect(confirm_keys=key).facts("stop_job", job_id=RUNNING))["confirmation_token"]
    answer = await strict.facts("stop_job", job_id=RUNNING, confirmation_token=token)
    assert answer["status"] == "confirmation_required"
    assert stops(emulator) == 0


async def test_a_no_at_the_terminal_bars_the_job_until_a_person_says_otherwise(
    strict: Any, folder: Path, emulator: Emulator
) -> None:
    code = (await strict.facts("stop_job", job_id=RUNNING))["confirmation_token"]
    assert approve(code, folder, "no")[0] == 1
    barred = await strict.facts("stop_job", job_id=RUNNING, confirmation_token=code)
    assert barred["reason"] == "declined: The user declined this before."
    assert "confirmation_token" not in barred
    assert "PAI_DLC_EFFECTS" in barred["next"]
    (after,) = set(re.findall(r"[A-Z0-9]{4}-[A-Z0-9]{4}", barred["next"]))
    assert (await strict.facts("stop_job", job_id=RUNNING, confirmation_token=after))["status"] == "not_executed"
    assert approve(after, folder, "yes")[0] == 0
    assert (await strict.facts("stop_job", job_id=RUNNING, confirmation_token=after))["status"] == "stopped"
    assert stops(emulator) == 1


async def test_04_one_approval_is_redeemed_by_one_server(connect: Any, folder: Path, emulator: Emulator) -> None:
    one, other = (connect(confirm="human", state=folder) for _ in range(2))
    code = (await one.facts("get_token", target_id=RUNNING))["confirmation_token"]
    assert approve(code, folder, "yes")[0] == 0
    told = [await server.facts("get_token", target_id=RUNNING, confirmation_token=code) for server in (one, other)]
    assert [found["status"] for found in told] == ["issued", "confirmation_required"]
    assert emulator.requests.actions().count("GetToken") == 1


def test_without_a_shared_folder_there_is_nothing_to_approve(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("PAI_DLC_STATE", "memory")
    assert run(["AAAA-AAAA"]) == 2
    assert "PAI_DLC_STATE=memory" in capsys.readouterr().err


@pytest.mark.parametrize("code", ["../../etc/passwd", "AAAA-AAAA", "aaaa", ""])
async def test_a_code_nobody_issued_opens_nothing(code: str, strict: Any, emulator: Emulator) -> None:
    answer = await strict.facts("stop_job", job_id=RUNNING, confirmation_token=code)
    assert answer["status"] == "confirmation_required"
    assert stops(emulator) == 0
