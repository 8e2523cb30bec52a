"""One JSON line for each step towards a write: previewed, asked, answered, redeemed, refused, executed, failed.

To a file, or to stderr. No argument of a call is in it, and no token.
"""

import json
import logging
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

Step = Literal["previewed", "asked", "answered", "redeemed", "refused", "executed", "failed"]

_log = logging.getLogger("pai_dlc_mcp.audit")


class Audit:
    """Appends lines; `file` None writes them to the log on stderr."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def write(self, step: Step, action: str, ids: tuple[str, ...], **facts: str | int | float | bool | None) -> None:
        """`facts`: region, rung, client, word, milliseconds… None is left out. An unwritable file is said on stderr,
        once a line: an audit that fails must not stop the user's stop."""
        now = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds")
        told = {name: value for name, value in facts.items() if value is not None}
        line = json.dumps({"time": now, "step": step, "action": action, "ids": list(ids), **told}, ensure_ascii=True)
        if self._file is None:
            _log.info(line)
            return
        try:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            _log.error("the audit file cannot be written (%s): %s", error.strerror, line)
