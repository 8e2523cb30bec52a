"""A cleaned, redacted log as one text and its lines; what stands before a line's words; lines without their numbers."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

_CHUNK_BYTES = 1 << 18
_REMEMBERED = 4000  # lines

# Each takes one separator at most: what is left is the line as it was written, with its indentation.
# Container runtimes and logging libraries; horovodrun's `Fri Sep 25 16:52:36 2020`
_CLOCK = (
    rb"\[?\d{4}[-/]\d\d[-/]\d\d[T -]\d\d:\d\d:\d\d(?:[.,:]\d+)?(?:Z| ?[+-]\d\d:?\d\d)?\]?(?: std(?:out"
    rb"|err) [FP])?[ \t]?"
    rb"|\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}"
)
# torchrun `[rank3]:` and `[default3]:`, `[3]`, `rank3:`, srun -l `3: `, mpirun `[1,3]<stdout>:`, horovodrun
# `[3]<stderr>:`; the last ones put no separator
_RANK = (
    rb"\[(?:(?:[Rr]ank|RANK|local_rank|R|r|proc|worker)[ :=_-]?)?(\d{1,6})(?:/\d{1,6})?\](?:<std(?:out"
    rb"|err)>:(?: (?=\S))?|:[ \t]?| |(?=\[))"
    rb"|[(|<]?(?:[Rr]ank|RANK)[ :=_-]?(\d{1,6})(?:/\d{1,6})?[)>]?(?::| ?[|>\]]:?)[ \t]?|(\d{1,6}):[ \t]"
    rb"|\[default(\d{1,6})\]:(?: (?=\S))?|\[\d{1,6},(\d{1,6})\]<std(?:out|err)>:(?: (?=\S))?"
)
# Ray `(Worker pid=3, ip=10.0.0.1) `; pdsh and others by host
_PROCESS = rb"\([\w.:\[\] ]{1,100} pid=(\d{1,9})(?:, ip=[\d.]{1,15})?\) ?"
_HOST = rb"(?:[\w.]{1,40}-){0,4}(?:worker|master|chief|launcher|node|host|ps)-?\d{1,5}: "
_PREFIX = re.compile(rb"(?:%s|%s|%s|%s){0,4}" % (_CLOCK, _RANK, _PROCESS, _HOST))
_INDENTS = b" \t"
_PROCESS_GROUP = 6  # a process, not a rank

_NUMBERS = b"0123456789.+- \t"
_HEX = re.compile(rb"0x[0-9a-fA-F]+")
_BAR_BODY = re.compile(rb"%\|[^|\n]*\|")


def chunks(text: bytes) -> Iterator[bytes]:
    """Whole lines, some at a time: what a pass over them leaves behind then stays in the processor's cache."""
    start = 0
    while start < len(text):
        end = text.find(b"\n", start + _CHUNK_BYTES) + 1 or len(text)
        yield text[start:end]
        start = end


class Said(NamedTuple):
    """A line apart: its words are without its clock and rank."""

    words: bytes
    who: int | None = None  # which rank or process speaks, where the line says so
    rank: int | None = None


def said(line: bytes) -> Said:
    match = _prefix(line)
    if match is None:
        return Said(line)
    group = match.lastindex
    who = int(match[group]) if group else None
    return Said(line[match.end() :], who, None if group == _PROCESS_GROUP else who)


def body(line: bytes) -> bytes:
    match = _prefix(line)
    return line[match.end() :] if match else line


def rank(line: bytes) -> int | None:
    """The rank in the prefix of a line."""
    match = _prefix(line)
    return int(match[match.lastindex]) if match and match.lastindex and match.lastindex < _PROCESS_GROUP else None


def _prefix(line: bytes) -> re.Match[bytes] | None:
    return None if line[:1] in _INDENTS else _PREFIX.match(line)  # none begins so


def with_ranks(line: bytes, ranks: bytes) -> bytes:
    """`[rank3]: x` as `[rank0-7]: x`, when several say it."""
    match = _PREFIX.match(line)
    if not match or not match.lastindex or ranks.isdigit():
        return line
    start, end = match.span(match.lastindex)
    return line[:start] + ranks + line[end:]


def shapes_of(text: bytes) -> list[bytes]:
    """Each line without its numbers: step, rank, host, clock and address are all numbers to this."""
    return b"".join(_shape(chunk) for chunk in chunks(text)).split(b"\n")


def _shape(text: bytes) -> bytes:
    if b"0x" in text:
        text = _HEX.sub(b"", text)
    if b"%|" in text:
        text = _BAR_BODY.sub(b"", text)
    return text.translate(None, _NUMBERS)


class Lines:
    """`text` is UTF-8 without carriage returns; `lines` are its lines without line ends."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.lines = text.split(b"\n") if text else []
        self._said: dict[bytes, Said] = {}

    @cached_property
    def starts(self) -> list[int]:
        """Byte offset of every line."""
        return list(accumulate((len(line) + 1 for line in self.lines), initial=0))

    @cached_property
    def shapes(self) -> list[bytes]:
        return shapes_of(self.text)

    @cached_property
    def times(self) -> Counter[bytes]:
        """How many lines have each shape."""
        return Counter(self.shapes)

    def said(self, index: int) -> Said:
        """As the function; what was asked of late, and what is said again, as frames are by every rank, is known."""
        line = self.lines[index]
        found = self._said.get(line)
        if found is None:
            if len(self._said) >= _REMEMBERED:
                self._said.clear()
            found = self._said[line] = said(line)
        return found

    def at(self, offset: int) -> int:
        """The line that holds a byte offset."""
        return min(bisect_right(self.starts, offset), len(self.lines)) - 1
