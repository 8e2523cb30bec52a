"""Where a reader of a growing log stopped: an opaque cursor, and what came after it.

GetPodLogs has no cursor of its own: the caller asks again from `since`, this drops what was seen."""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import cast

_UID = re.compile(r"[0-9A-Za-z-]{0,64}")
_TIME = re.compile(r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?")
_DIGEST_BYTES = 4  # enough to find a place, too few to guess a line by


@dataclass(frozen=True)
class Cursor:
    pod_uid: str  # another one after a restart; "" on old jobs
    since: str  # StartTime of the fetch that `seen` counts from, UTC "YYYY-MM-DDTHH:MM:SSZ" or ""
    seen: int  # records of that fetch already read
    last: str  # digest of the last of them, "" if there were none


@dataclass(frozen=True)
class Page:
    """`reset`: the pod was restarted, `records` are another log. `gap`: the place was not found, some may be lost."""

    records: Sequence[str]
    cursor: Cursor
    reset: bool = False
    gap: bool = False


def read(records: Sequence[str], pod_uid: str, since: str, cursor: Cursor | None = None, *, key: bytes) -> Page:
    """What of `records`, fetched from `since`, the cursor has not seen, and the cursor for the next call."""
    after = Cursor(pod_uid, since, len(records), _digest(records[-1], key) if records else "")
    if cursor is None:
        return Page(records, after)
    if cursor.pod_uid != pod_uid:
        return Page(records, after, reset=True)
    if not cursor.last:
        return Page(records, after)
    seen = cursor.seen if cursor.since == since else 0
    if 0 < seen <= len(records) and _digest(records[seen - 1], key) == cursor.last:
        return Page(records[seen:], after)
    # MaxLines cut the head, or the window moved: the latest record that looks like it
    for index in range(len(records) - 1, -1, -1):
        if _digest(records[index], key) == cursor.last:
            return Page(records[index + 1 :], after)
    return Page(records, after, gap=bool(records))


def encode(cursor: Cursor) -> str:
    fields = [cursor.pod_uid, cursor.since, cursor.seen, cursor.last]
    return base64.urlsafe_b64encode(json.dumps(fields, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(text: str) -> Cursor:
    """ValueError for anything `encode` did not write."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        match cast(object, json.loads(raw)):
            case [str(pod_uid), str(since), int(seen), str(last)] if (
                _UID.fullmatch(pod_uid) and _TIME.fullmatch(since) and seen >= 0 and not isinstance(seen, bool)
            ):
                return Cursor(pod_uid, since, seen, last)
            case _:
                pass
    except (binascii.Error, ValueError, RecursionError):
        pass
    raise ValueError(
        "not a cursor of this server. fix: pass the cursor of the last answer unchanged, or none to start over"
    )


def _digest(record: str, key: bytes) -> str:
    """Keyed, so that nobody can tell from a cursor whether a guess at the line (a PIN, say) is right."""
    return blake2b(record.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES, key=key[:64]).hexdigest()
