"""A cleaned, redacted log as one text and its lines; and what stands before a line's own words."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate

_CHUNK_BYTES = 1 << 18

# A clock and who speaks: torchrun `[rank3]:` and `[default3]:`, `[3]`, srun -l `3: `, mpirun `[1,3]<stdout>:`,
# Ray `(Worker pid=3, ip=10.0.0.1) `
_CLOCK = rb"(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?[ \t]*)?"
_PREFIX = re.compile(
    _CLOCK + rb"(?:\[(?:[Rr]ank|RANK)? ?(\d{1,6})\]:?[ \t]?|[Rr]ank ?(\d{1,6})\]?:[ \t]?|(\d{1,6}):[ \t]"
    rb"|\[default(\d{1,6})\]:|\[\d{1,6},(\d{1,6})\]<std(?:out|err)>:"
    rb"|\([\w.:]{1,100} pid=(\d{1,9})(?:, ip=[\d.]{1,15})?\) ?)?" + _CLOCK
)


def chunks(text: bytes) -> Iterator[bytes]:
    """Whole lines, some at a time: what a pass over them leaves behind then stays in the processor's cache."""
    start = 0
    while start < len(text):
        end = text.find(b"\n", start + _CHUNK_BYTES) + 1 or len(text)
        yield text[start:end]
        start = end


def spoken(line: bytes) -> tuple[int | None, bytes]:
    """Which rank speaks, where the line says so, and the line without its clock and rank."""
    match = _PREFIX.match(line)
    if match is None:
        return None, line
    return (int(match[match.lastindex]) if match.lastindex else None), line[match.end() :]


def rank(line: bytes) -> int | None:
    return spoken(line)[0]


def body(line: bytes) -> bytes:
    return spoken(line)[1]


def with_ranks(line: bytes, ranks: bytes) -> bytes:
    """`[rank3]: x` as `[rank0-7]: x`, when several say it."""
    match = _PREFIX.match(line)
    if not match or not match.lastindex or ranks.isdigit():
        return line
    start, end = match.span(match.lastindex)
    return line[:start] + ranks + line[end:]


class Lines:
    """`text` is UTF-8 without carriage returns; `lines` are its lines without line ends."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.lines = text.split(b"\n") if text else []

    @cached_property
    def starts(self) -> list[int]:
        """Byte offset of every line."""
        return list(accumulate((len(line) + 1 for line in self.lines), initial=0))

    def at(self, offset: int) -> int:
        """The line that holds a byte offset."""
        return min(bisect_right(self.starts, offset), len(self.lines)) - 1
