"""Coding assistants start the server, without a login: `make hosts`, where HOSTS_NPM holds their commands.

Each in a home of its own, once with the entry that `install` writes and once with its own `mcp add`.
"""

import os
import subprocess
from pathlib import Path

import pytest

from pai_dlc_mcp.cli import hosts

COMMANDS = Path(os.environ.get("HOSTS_NPM") or "/nonexistent")
# By the name of `install`: the host's command, and what follows `mcp add` up to the server's own command.
ASSISTANTS = {
    "claude-code": ("claude", "pai-dlc --"),
    "codex": ("codex", "pai-dlc --"),
    "gemini": ("gemini", "--scope user pai-dlc"),
    "qwen": ("qwen", "--scope user pai-dlc"),
    "opencode": ("opencode", "pai-dlc --"),
}
# Codex lists entries and starts none of them; the others list whether the server answered.
CONNECTED = {"codex": "enabled"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path


def ran(home: Path, *words: str) -> str:
    """What a command printed, run in a project there. Gemini CLI starts nothing in a folder it does not trust."""
    environment = {
        "HOME": str(home),
        "PATH": os.pathsep.join((str(COMMANDS), os.environ["PATH"])),
        "GEMINI_CLI_TRUST_WORKSPACE": "true",
    }
    done = subprocess.run(
        words,
        cwd=home / "project",
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout + done.stderr


def assert_started(home: Path, host: str) -> None:
    listed = ran(home, ASSISTANTS[host][0], "mcp", "list")
    line = next(line for line in listed.splitlines() if "pai-dlc" in line)
    assert CONNECTED.get(host, "connected") in line.lower().replace("disconnected", ""), listed


@pytest.mark.parametrize("how", ["install", "mcp add"])
@pytest.mark.parametrize("host", ASSISTANTS)
def test_an_assistant_starts_the_server(home: Path, host: str, how: str) -> None:
    program, words = ASSISTANTS[host]
    if not (COMMANDS / program).exists():
        pytest.skip("run `make hosts`")
    command, first = hosts.this_command()
    if how == "install":
        ran(home, command, *first, "install", host, "--emulator", "--yes")
    else:
        separator = ["--"] if "--" not in words.split() else []  # of a flag that is the server's, not the host's
        ran(home, program, "mcp", "add", *words.split(), command, *first, "serve", *separator, "--emulator")
    assert_started(home, host)
