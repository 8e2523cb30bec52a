"""The audit log: one JSON line for each step towards a write.

Steps: previewed, asked, answered, redeemed, refused, sending, executed, failed, unanswered (sent, but whether the
service carried it out is not known). Written to a file or to stderr. A line holds no argument of the call and no token.
"""

import errno
import json
import logging
import os
import stat
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pai_dlc_mcp.server import telemetry
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.safety.caller import Caller

Step = Literal[
    "previewed", "asked", "answered", "redeemed", "refused", "sending", "executed", "failed", "unanswered"
]  # fmt: skip
Fact = str | int | float | bool | None

_log = logging.getLogger("pai_dlc_mcp.audit")


class Audit:
    """Appends lines to `file`; None writes them to the log on stderr."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def write(self, step: Step, action: str, ids: tuple[str, ...], region: str, caller: Caller, **facts: Fact) -> None:
        """Append one step. `facts`: rung, word, seconds, …; those that are None are left out. An unwritable file is
        logged to stderr."""
        try:
            self._append(step, action, ids, {"region": region, **vars(caller), **facts})
        except OSError as error:
            _log.error("the audit file cannot be written (%s): %s of %s", error.strerror, step, action)

    def intend(self, action: str, ids: tuple[str, ...], region: str, caller: Caller) -> None:
        """Append the line that must exist before a write is sent. Raises Failure if it cannot be written; the write is
        then not sent."""
        try:
            self._append("sending", action, ids, {"region": region, **vars(caller)})
        except OSError as error:
            raise Failure(
                f"Nothing was sent: the audit file cannot be written ({error.strerror}).",
                fix="Ask the operator to make PAI_DLC_AUDIT_FILE writable.",
                code="AuditUnwritable",
            ) from None

    def _append(self, step: Step, action: str, ids: tuple[str, ...], facts: dict[str, Fact]) -> None:
        telemetry.gate_step(step, action, str(facts["region"]), facts)
        now = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds")
        told = {name: value for name, value in facts.items() if value is not None}
        line = json.dumps({"time": now, "step": step, "action": action, "ids": list(ids), **told}, ensure_ascii=True)
        if self._file is None:
            _log.info(line)
        else:
            append(self._file, line + "\n")


def append(file: Path, text: str) -> None:
    """Append `text` in one system call, so that lines of several processes do not mix. Never blocks on a FIFO without a
    reader. Raises OSError unless all of it was written."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0), 0o666)
    try:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
        if (written := os.write(descriptor, text.encode())) < len(text):
            _take_back(descriptor, written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file))
    finally:
        os.close(descriptor)


def _take_back(descriptor: int, written: int) -> None:
    """A part of a line, into which the next would run, unless that one stands behind it already."""
    with suppress(OSError):
        end = os.lseek(descriptor, 0, os.SEEK_CUR)
        if os.fstat(descriptor).st_size == end:
            os.ftruncate(descriptor, end - written)
