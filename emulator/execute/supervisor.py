"""The process that stands over one pod: starts its command within limits, and ends with nothing of it left.

Run by path, on its own: `python -I -S supervisor.py`. The first line of stdin is JSON: command, env and limits. Further
lines are orders: `signal N` to the command's own process, `stop SECONDS` for SIGTERM to its process group and SIGKILL
that much later. The end of stdin means that whoever started this is gone, however that came about: everything is
killed at once. The exit code is the command's, 128 + N after signal N. What left its group, its session or its parent
is found all the same: Linux gives orphans to this process (PR_SET_CHILD_SUBREAPER), so that all descend from it.
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
"""Between looks at the orders and at the command's end; and between counts of memory and processes."""

prctl = ctypes.CDLL(None).prctl


def start(spec: dict[str, Any], folder: str) -> "subprocess.Popen[bytes]":
    limits = spec["limits"]
    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: int(limits["seconds"]) + 1,
        resource.RLIMIT_FSIZE: limits["file_bytes"],
        # Address space is no memory: runtimes reserve far more than they touch. What they touch is counted in watch().
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
    """The command's exit code, or KILLED where a limit, an order or the end of stdin came first."""
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
    """Sends the signal; returns when the command has to be over."""
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
    """Buries whoever has died; the command's exit code if it is among them."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return KILLED  # cannot be: the command is a child until it was buried here
        if pid == command.pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        if not pid:
            return None


def descendants() -> dict[int, int]:
    """Bytes of memory held, by process id, of all that stem from this process."""
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
    """Kills until nobody is left: a child may be born while its parent dies."""
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
    """Read byte by byte, so that nothing behind it is lost in a buffer."""
    line = b""
    while (byte := os.read(0, 1)) not in (b"\n", b""):
        line += byte
    return line


def go_on(number: int, frame: object) -> None:
    """Of a signal to this process: what sent it ends stdin soon enough, and without this process its family would live
    on. Not SIG_IGN, which the command would inherit."""


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
