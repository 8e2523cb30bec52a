"""Tests, before any command runs, whether this machine can end a process with all its descendants: a process tries to
escape, is ended, and must be gone."""

import secrets
import threading
from pathlib import Path

from pai_dlc_mcp.emulator.execute.process import Limits, Process

ESCAPE = """\
trap '' TERM HUP INT
(setsid sleep 86400.{mark} >/dev/null 2>&1 &)
setsid bash -c "trap '' TERM HUP; sleep 86400.{mark}1; sleep 1" &
echo ready
sleep 86400.{mark}2"""
"""A daemon in another session, and two processes that ignore SIGTERM."""

NAMESPACES = ("unshare", "--pid", "--fork", "--kill-child=KILL", "--mount-proc")
PREFIXES: tuple[tuple[str, ...], ...] = (
    NAMESPACES,
    (*NAMESPACES, "--user", "--map-current-user"),
    (),
)
"""Best first. In its own PID namespace the supervisor is process 1: its processes cannot see or signal any other, and
the kernel ends them all with it. Root can create one; other users only in a user namespace, if the system allows that.
Without one the supervisor searches for its descendants."""

SECONDS = 5.0


class Unkillable(RuntimeError):
    """This machine cannot reliably end the processes that would be started."""


def prefix() -> tuple[str, ...]:
    """The best way to start a supervisor on this machine. Raises Unkillable."""
    if not Path("/proc/self/stat").exists():
        raise Unkillable("--execute needs Linux: elsewhere what a command leaves behind could not be found and ended")
    for each in PREFIXES:
        if survives_nothing(each):
            return each
    raise Unkillable("--execute is refused: a process that was started on trial could not be ended here")


def survives_nothing(start: tuple[str, ...]) -> bool:
    mark = str(secrets.randbelow(10**9) + 10**9)
    ready = threading.Event()
    try:
        process = Process(
            start,
            ESCAPE.format(mark=mark),
            {"PATH": "/usr/local/bin:/usr/bin:/bin"},
            Limits(),
            lambda line: ready.set() if line == "ready" else None,
            lambda code: None,
        )
    except OSError:
        return False
    began = ready.wait(SECONDS) and len(running(mark)) > 1
    process.kill()
    return process.wait(SECONDS) and began and not running(mark)


def running(mark: str) -> list[str]:
    """Ids of the processes with `mark` in their command line."""
    found: list[str] = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                found += [folder.name] if mark.encode() in (folder / "cmdline").read_bytes() else []
            except OSError:
                continue
    return found
