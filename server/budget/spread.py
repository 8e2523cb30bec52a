"""Ranges of the numbers in which similar lines differ: the words before each number, its minimum and its maximum."""

import re
from collections.abc import Sequence

from pai_dlc_mcp.server.insight.lines import body

_TOKEN = re.compile(rb"[\w.+-]+(?:(?<=\d):\d[\w.+-]*)*")  # a clock is one token, and no number
_NUMBER = re.compile(rb"([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)([A-Za-z]{0,5})")
_WORD = r"(?<![\w.])[^\W\d][^\W\d]*(?:[.%-][^\W\d]+)*"
_NAME = re.compile(rf"{_WORD}(?: {_WORD})?(?=\W*$)")
_NAME_CHARS = 24
_MOST = 8  # numbers of a line
LINES = 1_000  # of a group, its last: 10 ms


def spread(lines: Sequence[bytes]) -> str:
    """`step 1..50, loss 1.8..2.4`; empty where the lines do not have their numbers in common."""
    first = body(lines[0])
    rows = [_TOKEN.findall(body(line)) for line in lines]
    places = list(_TOKEN.finditer(first))
    rows = [row for row in rows if len(row) == len(places)]
    said: list[str] = []
    for at, place in enumerate(places):
        if _NUMBER.fullmatch(place[0]) is None or len(said) == _MOST:
            continue
        found = [match[1] for row in rows if (match := _NUMBER.fullmatch(row[at]))]
        low, high = min(found, key=float, default=b"0"), max(found, key=float, default=b"0")
        if float(low) != float(high):
            said.append(f"{_name(first[: place.start()])}{low.decode()}..{high.decode()}")
    return ", ".join(said)


def _name(before: bytes) -> str:
    """The one or two words right before a number."""
    match = _NAME.search(before[-80:].decode(errors="replace"))
    return f"{match[0][-_NAME_CHARS:].strip()} " if match else ""
