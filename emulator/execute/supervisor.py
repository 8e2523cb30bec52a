"""The parent process of one pod: starts its command within limits, and ends all its descendants.

Started by path: `python -I -S supervisor.py`. The first line of stdin is JSON: command, env and limits. Each further
line is an order: `signal N` sends a signal to the command's process; `stop SECONDS` sends SIGTERM to its process group,
and SIGKILL that much later. End of stdin means that the starting process has ended: everything is killed at once. The
exit code is the command's, 128 + N after signal N. Processes that left the group, session or parent are found as well:
Linux makes orphans children of this process (PR_SET_CHILD_SUBREAPER).
"""

import ctypes
import json
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

SET_PDEATHSIG, SET_CHILD_SUBREAPER, SET_NO_NEW_PRIVS = 1, 36, 38
KILLED = 128 + signal.SIGKILL
CANNOT_START = 128
PAGE = os.sysconf("SC_PAGE_SIZE")
LOOK_SECONDS = 0.05
COUNT_SECONDS = 0.25
"""Seconds between checks for orders and the command's end, and between measurements of memory and processes."""

prctl = ctypes.CDLL(None).prctl


def start(spec: dict[str, Any], folder: str) -> "subprocess.Popen[bytes]":
    limits = spec["limits"]
    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: int(limits["seconds"]) + 1,
        resource.RLIMIT_FSIZE: limits["file_bytes"],
        # Address space is not limited: runtimes reserve far more than they use. watch() measures the memory in use.
        resource.RLIMIT_AS: 8 * limits["memory_bytes"],
    }

    def prepare() -> None:
        prctl(SET_PDEATHSIG, signal.SIGKILL)
        prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        for what, bound in bounds.items():
            resource.setrlimit(what, (bound, bound))

    return subprocess.Popen(  # noqa: S603 - to run what it is told is what it is for
        ["/bin/bash", "-c", spec["command"]],
        cwd=folder,
        env={**spec["env"], "HOME": folder, "TMPDIR": folder},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=prepare,  # safe: this process has one thread
    )


def watch(command: "subprocess.Popen[bytes]", limits: dict[str, float]) -> int:
    """The command's exit code, or KILLED after a limit, an order or the end of stdin."""
    now = time.monotonic()
    ends, counts, orders = now + limits["seconds"], now, b""
    while (code := ended(command)) is None:
        if select.select([0], [], [], LOOK_SECONDS)[0]:
            if not (some := os.read(0, 4096)):
                return KILLED
            *whole, orders = (orders + some).split(b"\n")
            for order in whole:
                ends = min(ends, obey(command, order.decode()))
        now = time.monotonic()
        if now > ends:
            return said(f"ended after {limits['seconds']:.0f} s or the grace of a stop")
        if now > counts:
            counts = now + COUNT_SECONDS
            if excess := too_much(limits):
                return said(excess)
    return code


def obey(command: "subprocess.Popen[bytes]", order: str) -> float:
    """Carry out an order. Returns the time by which the command must have ended."""
    what, _, number = order.partition(" ")
    try:
        if what == "stop":
            os.killpg(command.pid, signal.SIGTERM)
            return time.monotonic() + float(number)
        os.kill(command.pid, int(number))
    except ProcessLookupError:
        pass
    return float("inf")


def too_much(limits: dict[str, float]) -> str:
    family = descendants()
    if sum(family.values()) > limits["memory_bytes"]:
        return f"killed: more than {limits['memory_bytes'] / 2**20:.0f} MiB of memory"
    return f"killed: more than {limits['processes']} processes" if len(family) > limits["processes"] else ""


def said(what: str, code: int = KILLED) -> int:
    os.write(1, f"[emulator] {what}\n".encode())
    return code


def ended(command: "subprocess.Popen[bytes]") -> int | None:
    """Reap ended children; the command's exit code if it is among them."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return KILLED  # not reachable: the command is reaped only here
        if pid == command.pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        if not pid:
            return None


def descendants() -> dict[int, int]:
    """Memory in use (bytes) by process id, for all descendants."""
    parents: dict[int, tuple[int, int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(name)] = int(fields[1]), int(fields[21]) * PAGE
    found: dict[int, int] = {}
    while more := {pid: held for pid, (parent, held) in parents.items() if parent in found or parent == os.getpid()}:
        if more.keys() <= found.keys():
            break
        found |= more
    return found


def end_all() -> None:
    """Kill until no descendant is left: one may start while its parent ends."""
    while family := descendants():
        for pid in family:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.005)


def first_line() -> bytes:
    """Read byte by byte, so that no input after the line is buffered."""
    line = b""
    while (byte := os.read(0, 1)) not in (b"\n", b""):
        line += byte
    return line


def go_on(number: int, frame: object) -> None:
    """Ignore a signal to this process; its sender also closes stdin, and if this process ended first its descendants
    would survive. Not SIG_IGN, because the command would inherit that."""


def main() -> int:
    prctl(SET_CHILD_SUBREAPER, 1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, go_on)
    spec = json.loads(first_line())
    with tempfile.TemporaryDirectory(prefix="pai-dlc-pod-", ignore_cleanup_errors=True) as folder:
        try:
            command = start(spec, folder)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            return said(f"the container cannot be started: {error}", CANNOT_START)
        try:
            return watch(command, spec["limits"])
        finally:
            end_all()


if __name__ == "__main__":
    sys.exit(main())
