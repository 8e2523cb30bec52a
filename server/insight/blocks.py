"""Error blocks of a log: a traceback to its exception, a launcher's table, signs that adjoin."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from pai_dlc_mcp.server.insight.kinds import DEATH, ERROR, NOISE, VICTIM, WRAPPER, Kind
from pai_dlc_mcp.server.insight.lines import Lines
from pai_dlc_mcp.server.insight.signatures import ANY, KINDS, kind_of
from pai_dlc_mcp.server.insight.words import measures

_PYTHON = next(kind for kind in KINDS if kind.name == "exception")
CUT_OFF = replace(_PYTHON, level=WRAPPER)  # a traceback that ends before its exception

_OPENING = b"Traceback (most recent call last)"
_OPENING_OF_CPP = b"C++ " + _OPENING
_INDENT = (b"  ", b"\t")  # Megatron begins its metric lines with one space
_CHAIN = (b"During handling of the above exception", b"The above exception was the direct cause")
_ROOT = b"Root Cause (first observed failure)"
# Lines of torchrun's report
_TABLE = re.compile(rb"[=-]{5,}|Failures:|Root Cause |\[\d+\]:$|<NO_OTHER_FAILURES>")
_FAILED = b" FAILED"
_TELLING = (b"  rank ", b"  exitcode ")
_ROOT_LINES = 8  # the entry of the rank that failed first
_MAX_LINES = 2000
_STRAY = 20  # lines of others between two frames of one traceback
_CAUSED = b"Caused by: "
_INSIDE = (*_INDENT, _CAUSED)
# What ends a traceback: a name, and what it says
EXCEPTION = re.compile(
    rb"(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:\[.{0,80}\]|\(\w+\))?(?::|$)|(?:[A-Za-z_]\w*\.)+\w+(?::|$)|[a-z_]\w*(?:error"
    rb"|exception)?:? ?$"
)
_LEAD_BYTES = 200
_IGNORED = re.compile(
    rb"(?i)exception ignored in|\(ignored\)|\bignor(?:ing|ed) (?:the |an )?(?:error|exception|failure)"
)
_PASSED_OVER = re.compile(rb"(?i)\bignor(?:ing|ed)\b|retrying|falling back")  # or a note of something before

_NAMED_RANK = re.compile(
    rb"\b[Rr]ank(?:s|ID)? ?[=:#]?[ \[]{0,8}(\d{1,6})\b|^  rank +: (\d{1,6})"
    rb"|\b[Pp]rocess(?: rank)? (\d{1,6}) (?:terminated|exit)|\btask (\d{1,6}):"
)
_NAMING = (b"ank", b"task ", b" terminated", b" exit")  # one of them is in what it finds


class Block(NamedTuple):
    """Lines start..stop (exclusive); `keys` are those that say what happened, the nearest to the cause first."""

    start: int
    stop: int
    keys: tuple[int, ...]
    kind: Kind  # its name, level and category
    rank: int | None = None  # which failed, where a prefix or a launcher's report says so
    survived: bool = False  # the job went on as before: never the root
    passed_over: bool = False  # the line before a traceback says that it is ignored, or tried again

    @property
    def sign(self) -> int:
        """The line that tells most."""
        return self.keys[0]


def find(log: Lines) -> list[Block]:
    """All error blocks in order; they never overlap."""
    hits = _hits(log)
    found: list[Block] = []
    for index in hits:
        if not found or index >= found[-1].stop:
            found.append(_block(log, hits, index))
    return found


def _hits(log: Lines) -> dict[int, Kind]:
    hits: dict[int, Kind] = {}
    known: dict[bytes, Kind | None] = {}  # a line that is said again
    position = 0
    while position < len(log.text) and (match := ANY.search(log.text, position)) is not None:
        index = log.at(match.start())
        line = log.lines[index]
        if line not in known:
            known[line] = kind_of(line)
        if kind := known[line]:
            hits[index] = kind
        position = log.starts[index + 1]
    return hits


def _block(log: Lines, hits: Mapping[int, Kind], first: int) -> Block:
    """From its first sign as far as it goes: frames, chained exceptions, a table, further signs of the same level."""
    lines = log.lines
    words, speaker, _ = log.said(first)
    opens = _opens(lines[first], words)
    open_ranks = {speaker} if opens else set[int | None]()
    closing: list[int] = []  # the exception lines of its tracebacks
    chained = False
    stop = first + 1  # after the last line that belongs
    lead = _lead(words) if opens else None
    for index in range(stop, min(len(lines), first + _MAX_LINES)):
        line = lines[index]
        words, who, _ = log.said(index)
        if lead and (logged := lead.match(words)):
            words = words[logged.end() :]
        if who in open_ranks and words.startswith(_INDENT):
            pass
        elif _opens(line, words):
            if not (chained or open_ranks or (closing and who is not None and who != log.said(closing[-1]).who)):
                break
            open_ranks.add(who)
            chained = False
        elif who in open_ranks and EXCEPTION.match(words):
            open_ranks.discard(who)
            closing.append(index)
        elif words.startswith(_CHAIN):
            chained = True
        elif not (_belongs(words) or (not closing and _level(hits, index) == _level(hits, first))):
            # a blank line, or another process speaking between the frames
            if not (open_ranks or not words.strip()) or index - stop >= _STRAY:
                break
            continue
        stop = index + 1
    return _judged(log, hits, closing, range(first, stop), opens=opens)


def _opens(line: bytes, words: bytes) -> bool:
    """Indented ones stand inside a block of their own, an exception group's or a test report's, and end with it."""
    return _OPENING in line and _OPENING_OF_CPP not in line and not words.startswith(_INDENT)


def _lead(words: bytes) -> re.Pattern[bytes] | None:
    """What a logger puts before every line of a traceback, whatever its numbers."""
    head = words.partition(_OPENING)[0]
    if not head or len(head) > _LEAD_BYTES:
        return None
    return re.compile(re.sub(rb"\d+", rb"\\d+", re.escape(head)))


def _belongs(words: bytes) -> bool:
    return (words.startswith(_INSIDE) and not measures(words)) or words.endswith(_FAILED) or bool(_TABLE.match(words))


def _level(hits: Mapping[int, Kind], index: int) -> int | None:
    return hits[index].level if index in hits else None


def _judged(log: Lines, hits: Mapping[int, Kind], closing: list[int], block: range, *, opens: bool) -> Block:
    lines = log.lines
    if len(block) == 1 and not opens:
        return Block(block[0], block.stop, (block[0],), hits[block[0]], _rank(log, (block[0],)))
    inside = [index for index in block if index in hits]
    if closing:
        kinds = {index: _closing(hits.get(index)) for index in closing}
        kinds |= {index: hits[index] for index in inside if index >= closing[-1] and hits[index].level == DEATH}
    elif opens:
        kinds = {block[-1]: CUT_OFF}
    else:
        kinds = {index: hits[index] for index in inside if _OPENING not in lines[index]} or {block[0]: hits[block[0]]}
    keys = sorted(kinds, key=lambda index: (kinds[index].level, _order(log.said(index).words, index)))
    kind = kinds[keys[0]]
    note = lines[block[0] - 1] if opens and block[0] else b""
    if kind.level < VICTIM and _IGNORED.search(note):
        kind = replace(kind, level=NOISE)
    table = next((index for index in inside if _ROOT in lines[index]), block.stop)
    entry = sorted(
        block[table - block[0] :][:_ROOT_LINES], key=lambda index: not log.said(index).words.startswith(_TELLING)
    )
    if kind.level in (DEATH, WRAPPER):
        keys = entry + keys
    said: dict[bytes, int] = {}
    for key in keys:
        said.setdefault(log.said(key).words, key)
    keys = list(said.values())
    who = _rank(log, [*keys[:_ROOT_LINES], *entry])
    return Block(block[0], block.stop, tuple(keys), kind, who, passed_over=bool(_PASSED_OVER.search(note)))


def _closing(kind: Kind | None) -> Kind:
    """What ends a traceback is an exception, whatever its words."""
    return _PYTHON if kind is None or kind.level in (NOISE, ERROR) else kind


def _order(words: bytes, index: int) -> int:
    """Of Java's causes the last is the first."""
    return -index if words.startswith(_CAUSED) else index


def _rank(log: Lines, keys: Sequence[int]) -> int | None:
    for key in keys:
        words, _, who = log.said(key)
        if who is not None and not words.startswith(_TELLING):  # a report's entry is of another than who printed it
            return who
        if any(word in words for word in _NAMING) and (match := _NAMED_RANK.search(words)):
            return int(match[match.lastindex or 0])
    return None
