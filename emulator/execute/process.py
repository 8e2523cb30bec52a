"""One pod's process: starts a supervisor, sends it orders and reads its output."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

SUPERVISOR = Path(__file__).with_name("supervisor.py")
RECORD_BYTES = 16_384
"""Length of one log record; longer output continues in the next."""


@dataclass(frozen=True)
class Limits:
    """Limits for all processes of one pod."""

    seconds: float = 3600.0
    memory_bytes: int = 2 * 2**30
    file_bytes: int = 2**30
    """For one file."""
    output_bytes: int = 10_000_000
    """For the log; later output is read and dropped."""
    processes: int = 256


class Process:
    """Starts at once. `printed` is called with each log record, `ended` with the exit code, in a separate thread."""

    def __init__(
        self,
        prefix: Sequence[str],
        command: str,
        env: dict[str, str],
        limits: Limits,
        printed: Callable[[str], None],
        ended: Callable[[int], None],
    ) -> None:
        self.limits = limits
        self.printed = printed
        self.ended = ended
        self.popen = subprocess.Popen(  # noqa: S603 - a program of ours
            [*prefix, sys.executable, "-I", "-S", str(SUPERVISOR)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": os.defpath},
            start_new_session=True,
        )
        self.order(json.dumps({"command": command, "env": env, "limits": asdict(limits)}))
        self.reader = threading.Thread(target=self.read, name="pai-dlc-pod", daemon=True)
        self.reader.start()

    @property
    def alive(self) -> bool:
        return self.popen.poll() is None

    def order(self, line: str) -> None:
        """Send an order (see supervisor.py); does nothing if the supervisor has ended."""
        stdin = self.popen.stdin
        assert stdin
        try:
            os.write(stdin.fileno(), f"{line}\n".encode())
        except (BrokenPipeError, ValueError):
            return

    def kill(self) -> None:
        """Close the supervisor's stdin, which ends the pod. Returns at once."""
        if self.popen.stdin and not self.popen.stdin.closed:
            self.popen.stdin.close()

    def wait(self, seconds: float) -> bool:
        """After kill(): whether all its processes ended within `seconds`. A remaining one would keep the pipe open."""
        try:
            self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self.reader.join(seconds)
        return not self.reader.is_alive()

    def read(self) -> None:
        stdout = self.popen.stdout
        assert stdout
        taken, rest = 0, b""
        while some := os.read(stdout.fileno(), 65_536):
            room = self.limits.output_bytes - taken
            taken += len(some)
            if room <= 0:
                continue
            *lines, rest = (rest + some[:room]).split(b"\n")
            if len(some) > room:
                lines += [rest, f"[emulator] log cut after {self.limits.output_bytes} bytes".encode()]
                rest = b""
            while len(rest) > RECORD_BYTES:
                lines, rest = [*lines, rest[:RECORD_BYTES]], rest[RECORD_BYTES:]
            self.print(lines)
        self.print([rest] if rest else [])
        stdout.close()
        code = self.popen.wait()
        self.kill()
        self.ended(code if code >= 0 else 128 - code)

    def print(self, lines: list[bytes]) -> None:
        for line in lines:
            for start in range(0, max(len(line), 1), RECORD_BYTES):
                self.printed(line[start : start + RECORD_BYTES].decode("utf-8", "replace"))
