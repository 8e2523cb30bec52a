"""One JSON line for each step towards a write: previewed, asked, answered, redeemed, refused, sending,
executed, failed.

To a file, or to stderr. No argument of a call is in it, and no token.
"""

import json
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pai_dlc_mcp.server.errors import Failure

Step = Literal["previewed", "asked", "answered", "redeemed", "refused", "sending", "executed", "failed"]

_log = logging.getLogger("pai_dlc_mcp.audit")


class Audit:
    """Appends lines; `file` None writes them to the log on stderr."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def write(self, step: Step, action: str, ids: tuple[str, ...], **facts: str | int | float | bool | None) -> None:
        """`facts`: region, rung, client, word, seconds… None is left out. An unwritable file is said on stderr."""
        try:
            self._append(step, action, ids, facts)
        except OSError as error:
            _log.error("the audit file cannot be written (%s): %s of %s", error.strerror, step, action)

    def intend(self, action: str, ids: tuple[str, ...], **facts: str | int | float | bool | None) -> None:
        """The line that is there before a write goes out. Raises Failure where it cannot be written: then nothing is
        sent."""
        try:
            self._append("sending", action, ids, facts)
        except OSError as error:
            raise Failure(
                f"Nothing was sent: the audit file cannot be written ({error.strerror}).",
                fix="Ask the operator to make PAI_DLC_AUDIT_FILE writable.",
                code="AuditUnwritable",
            ) from None

    def _append(self, step: Step, action: str, ids: tuple[str, ...], facts: Mapping[str, object]) -> None:
        now = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds")
        told = {name: value for name, value in facts.items() if value is not None}
        line = json.dumps({"time": now, "step": step, "action": action, "ids": list(ids), **told}, ensure_ascii=True)
        if self._file is None:
            _log.info(line)
            return
        with self._file.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
