"""The opaque cursor of get_pod_logs: where the reader of a growing log stopped, and which records are new.

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
_DIGEST_BYTES = 2  # of each record
_PLACE = 8  # records by which a place is known again: one alone repeats too often
_LEAST_PLACE = 3  # of them, where a window begins among them
_LAST = re.compile(rf"(?:[0-9a-f]{{{2 * _DIGEST_BYTES}}}){{0,{_PLACE}}}")


@dataclass(frozen=True)
class Cursor:
    pod_uid: str  # another one after a restart; "" on old jobs
    since: str  # StartTime of the fetch that `seen` counts from, UTC "YYYY-MM-DDTHH:MM:SSZ" or ""
    seen: int  # records of that fetch, all of them already read; 0 where it did not begin at `since`
    last: str  # digests of the last of them, the latest last; "" if there were none


@dataclass(frozen=True)
class Page:
    """`reset`: the pod was restarted, `records` are another log. `gap`: the place was not found, some are missing.
    `unsure`: lines that repeat look like the place in several positions; the first was taken, so some come twice."""

    records: Sequence[str]
    cursor: Cursor
    reset: bool = False
    gap: bool = False
    unsure: bool = False


def read(
    records: Sequence[str], pod_uid: str, since: str, cursor: Cursor | None = None, *, key: bytes, cut: bool = False
) -> Page:
    """What of `records`, fetched from `since`, the cursor has not seen, and the cursor for the next call. `cut`: the
    fetch may have left out records before these."""
    digests = [_digest(record, key) for record in records]
    after = Cursor(pod_uid, since, 0 if cut else len(records), "".join(digests[-_PLACE:]))
    if cursor is None:
        return Page(records, after)
    if cursor.pod_uid != pod_uid:
        return Page(records, after, reset=True)
    if not cursor.last:
        return Page(records, after, gap=cut)
    if not records:
        return Page(records, cursor)
    place = [cursor.last[at : at + 2 * _DIGEST_BYTES] for at in range(0, len(cursor.last), 2 * _DIGEST_BYTES)]
    if not cut and cursor.since == since and cursor.seen and _ends_at(digests, cursor.seen, place):
        return Page(records[cursor.seen :], after)
    # MaxLines cut the head, or the window moved
    first = min(_LEAST_PLACE, len(place))
    found = [end for end in range(first, len(records) + 1) if _ends_at(digests, end, place)]
    if not found:
        return Page(records, after, gap=True)
    return Page(records[found[0] :], after, unsure=len(found) > 1)


def encode(cursor: Cursor) -> str:
    fields = [cursor.pod_uid, cursor.since, cursor.seen, cursor.last]
    return base64.urlsafe_b64encode(json.dumps(fields, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(text: str) -> Cursor:
    """ValueError for anything `encode` did not write."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        match cast(object, json.loads(raw)):
            case [str(pod_uid), str(since), int(seen), str(last)] if (
                _UID.fullmatch(pod_uid)
                and _TIME.fullmatch(since)
                and _LAST.fullmatch(last)
                and seen >= 0
                and not isinstance(seen, bool)
            ):
                return Cursor(pod_uid, since, seen, last)
            case _:
                pass
    except (binascii.Error, ValueError, RecursionError):
        pass
    raise ValueError(
        "not a cursor of this server. fix: pass the cursor of the last answer unchanged, or none to start over"
    )


def _ends_at(digests: Sequence[str], end: int, place: Sequence[str]) -> bool:
    """Whether the records before `end` are the place's, or its last ones where there are no more."""
    seen = min(end, len(place))
    return end <= len(digests) and digests[end - seen : end] == place[len(place) - seen :]


def _digest(record: str, key: bytes) -> str:
    """Keyed, so that nobody can tell from a cursor whether a guess at a line (a PIN, say) is right."""
    return blake2b(record.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES, key=key[:64]).hexdigest()
