"""Error blocks found anywhere in a log: what failed, where, and whether it is the cause or somebody else's victim."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pai_dlc_mcp.server.insight import re2
from pai_dlc_mcp.server.insight.lines import Lines, body, rank, spoken
from pai_dlc_mcp.server.insight.signatures import KINDS, NOISE, REPORT, Category, Kind

_ANY = re2.compile("|".join(f"(?:{kind.pattern})" for kind in KINDS), one_line=True)
_WHICH = re2.Set([kind.pattern for kind in KINDS])
_PYTHON = next(kind for kind in KINDS if kind.name == "python")

_OPENING = b"Traceback (most recent call last)"
_INDENT = (b"  ", b"\t")  # Megatron begins its metric lines with one space
_CHAIN = (b"During handling of the above exception", b"The above exception was the direct cause")
_ROOT = b"Root Cause (first observed failure)"
# Lines of torchrun's report
_TABLE = re.compile(rb"[=-]{5,}|.{1,200} FAILED$|Failures:|Root Cause |\[\d+\]:$|<NO_OTHER_FAILURES>")
_TELLING = (b"  rank ", b"  exitcode ")
_ROOT_LINES = 8  # the entry of the rank that failed first
_DIGITS = re.compile(rb"\d+")
_MAX_LINES = 2000
_STRAY = 20  # lines of others between two frames of one traceback


@dataclass(frozen=True)
class Cause:
    """The line nearest to the cause. `text` is cleaned, redacted and cut, but still the job's words: fence it."""

    kind: str
    victim: bool  # stopped or cut off by another process: the cause is elsewhere
    line: int  # from 1
    text: str
    category: Category | None = None
    rank: int | None = None


@dataclass(frozen=True)
class Block:
    """Lines start..stop (exclusive); `keys` are those that say what happened, the nearest to the cause first."""

    start: int
    stop: int
    keys: tuple[int, ...]
    kind: Kind  # its name, level and category
    rank: int | None = None  # which failed, where a prefix or a launcher's report says so
    survived: bool = False  # the job went on as before: never the root

    @property
    def sign(self) -> int:
        """The line that tells most."""
        return self.keys[0]


@dataclass(frozen=True)
class Reading:
    """The error blocks of a log in order, they never overlap; the root; and the last line of the log's rhythm."""

    blocks: list[Block]
    root: Block | None
    stop: int | None  # None: no line comes back often enough to be a rhythm


def read(log: Lines, *, failed: bool = False) -> Reading:
    """With `failed`, a log without a sign has a root too: a block of kind SILENCE, where its output stops."""
    found = find(log)
    return Reading(found, root(found), None)


def find(log: Lines) -> list[Block]:
    """All error blocks in order; they never overlap."""
    hits: dict[int, Kind] = {}
    position = 0
    while position < len(log.text) and (match := _ANY.search(log.text, position)) is not None:
        index = log.at(match.start())
        hits[index] = kind_of(log.lines[index]) or _PYTHON
        position = log.starts[index + 1]
    found: list[Block] = []
    for index in hits:
        if not found or index >= found[-1].stop:
            found.append(_block(log.lines, hits, index))
    return found


def kind_of(line: bytes) -> Kind | None:
    """The first kind whose sign is in the line."""
    matched = _WHICH.match(line)
    return KINDS[min(matched)] if matched else None


def sign(line: bytes) -> int:
    """Byte offset of the sign of failure in a line; 0 if it has none."""
    match = _ANY.search(line)
    return match.start() if match else 0


def root(found: Sequence[Block]) -> Block | None:
    """The block nearest to the cause, the first of them if several are."""
    return min(found, key=lambda block: (block.kind.level, block.start), default=None)


def _block(lines: Sequence[bytes], hits: Mapping[int, Kind], first: int) -> Block:
    """From its first sign as far as it goes: frames, chained exceptions, a table, further signs of the same level."""
    open_ranks = {rank(lines[first])} if _opens(lines[first]) else set[int | None]()
    closing: list[int] = []  # the exception lines of its tracebacks
    chained = False
    stop = first + 1  # after the last line that belongs
    for index in range(stop, min(len(lines), first + _MAX_LINES)):
        line = lines[index]
        who, words = spoken(line)
        if _opens(line):
            if not (chained or open_ranks or (closing and who is not None and who != rank(lines[closing[-1]]))):
                break
            open_ranks.add(who)
            chained = False
        elif who in open_ranks:
            if words and not words.startswith(_INDENT):
                open_ranks.discard(who)
                closing.append(index)
        elif words.startswith(_CHAIN):
            chained = True
        elif not (_belongs(line, words) or (not closing and _level(hits, index) == _level(hits, first))):
            # a blank line, or another process speaking between the frames
            if not (open_ranks or not words.strip()) or index - stop >= _STRAY:
                break
            continue
        stop = index + 1
    return _judged(lines, hits, closing, first, stop)


def _opens(line: bytes) -> bool:
    """Indented ones stand inside a block of their own, an exception group's or a test report's, and end with it."""
    return _OPENING in line and not body(line).startswith(_INDENT)


def _belongs(line: bytes, words: bytes) -> bool:
    return words.startswith(_INDENT) or _TABLE.match(line) is not None


def _level(hits: Mapping[int, Kind], index: int) -> int | None:
    return hits[index].level if index in hits else None


def _judged(lines: Sequence[bytes], hits: Mapping[int, Kind], closing: list[int], first: int, stop: int) -> Block:
    if closing:
        kinds = {index: hits.get(index, _PYTHON) for index in closing}
        kinds = {index: _PYTHON if kind.level == NOISE else kind for index, kind in kinds.items()}
    elif _opens(lines[first]):
        kinds = {stop - 1: _PYTHON}  # cut off before its exception
    else:
        inside = [index for index in range(first, stop) if index in hits]
        kinds = {index: hits[index] for index in inside if _OPENING not in lines[index]} or {first: hits[first]}
    keys = sorted(kinds, key=lambda index: (kinds[index].level, index))
    kind = kinds[keys[0]]
    if kind.level == REPORT:
        table = next((index for index in range(first, stop) if _ROOT in lines[index]), stop)
        entry = range(table, min(stop, table + _ROOT_LINES))
        keys = sorted(entry, key=lambda index: not lines[index].startswith(_TELLING)) + keys
    said: dict[bytes, int] = {}
    for key in keys:
        said.setdefault(body(lines[key]), key)
    return Block(first, stop, tuple(said.values()), kind)


def distinct(lines: Sequence[bytes], found: Iterable[Block]) -> list[list[Block]]:
    """Blocks that say the same together, in order; of the groups the nearest to the cause first."""
    same: dict[tuple[str, bytes], list[Block]] = {}
    for block in found:
        words = body(lines[block.keys[0]])
        same.setdefault((block.kind.name, _DIGITS.sub(b"", words) if block.kind.alike else words), []).append(block)
    return sorted(same.values(), key=lambda group: (group[0].kind.level, group[0].start))
