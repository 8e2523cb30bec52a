"""Lines that match a caller's pattern, through RE2: no backtracking, and stopped where that is not enough."""

import time
from collections.abc import Iterator

from pai_dlc_mcp.server.insight import re2
from pai_dlc_mcp.server.insight.lines import Lines

_MAX_PATTERN = 500  # characters
_MAX_PROGRAM = 4000  # RE2 instructions; `error.*rank \d+` has 30, a Unicode class about 1,200
_MAX_SECONDS = 2.0  # RE2 falls to 0.2 MB/s where its states explode, e.g. `a[ab]{900}c` on random a and b
_CHUNK_BYTES = 1 << 17  # between two looks at the clock; a longer line is searched that far


class Grep:
    """ValueError says what to change in the pattern."""

    def __init__(self, pattern: str | None) -> None:
        self._pattern = _compile(pattern or "")

    def focus(self, line: bytes) -> int:
        """The byte where a matching line matches."""
        match = self._pattern.search(line)
        return match.start() if match else 0

    def matching(self, log: Lines) -> list[int]:
        """The numbers of the lines that match, from 0."""
        deadline = time.monotonic() + _MAX_SECONDS
        found: list[int] = []
        for start, end in _chunks(log):
            if time.monotonic() > deadline:
                raise ValueError(
                    f"the pattern takes over {_MAX_SECONDS:g} s on {len(log.text):,} bytes of log. "
                    "fix: drop counted repeats such as {0,500}, or several .* in a row"
                )
            while start <= end and (match := self._pattern.search(log.text, start, end)) is not None:
                line = log.at(match.start())
                found.append(line)
                start = log.starts[line + 1]
        return found


def _chunks(log: Lines) -> Iterator[tuple[int, int]]:
    """Byte ranges of whole lines, without the last line end."""
    line = 0
    while line < len(log.lines):
        start = log.starts[line]
        line = max(line + 1, log.at(start + _CHUNK_BYTES))
        yield start, min(log.starts[line] - 1, start + _CHUNK_BYTES)


def _compile(pattern: str) -> re2.Pattern:
    if not pattern:
        raise ValueError("the pattern is empty. fix: pass the words to look for, e.g. 'loss|nan'")
    if len(pattern) > _MAX_PATTERN:
        raise ValueError(
            f"the pattern has {len(pattern):,} characters; at most {_MAX_PATTERN} are allowed. fix: shorten it"
        )
    try:
        compiled = re2.compile(pattern, one_line=True)
    except ValueError as error:
        raise ValueError(
            f"not a valid RE2 pattern: {error}. fix: no look-around and no backreferences; "
            r"escape ( ) [ ] { } . * + ? | \ with a backslash to search for them as text"
        ) from None
    if compiled.programsize > _MAX_PROGRAM:
        raise ValueError("the pattern is too large. fix: smaller counted repeats, fewer Unicode classes")
    return compiled
