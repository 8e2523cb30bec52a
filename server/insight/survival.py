"""Which errors a job went on after: its rhythm or its start does, it says so itself, or it started again."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from pai_dlc_mcp.server.insight import re2
from pai_dlc_mcp.server.insight.blocks import CUT_OFF, EXCEPTION, Block
from pai_dlc_mcp.server.insight.kinds import DEATH, ERROR, ROOT, STALL, VICTIM, WRAPPER
from pai_dlc_mcp.server.insight.lines import Lines, body
from pai_dlc_mcp.server.insight.rhythm import Rhythm
from pai_dlc_mcp.server.insight.signatures import goes_on
from pai_dlc_mcp.server.insight.words import says_only_that, sets_up, trains_nothing

_ORDINARY, _ORDINARY_TIMES = 2, 2  # lines of different shapes that say that a start went on after an error
_ORDINARY_BYTES = 8
_MANY = 4  # of them, where what follows says less than the error
_HEAD_LINES, _HEAD_BYTES, _HEAD_TIMES, _HEADS = 60, 12, 2, 3  # of a log's start, to know it again
_EXPLAINS = "out of memory"  # a report of it comes after the kill
_HOLLOW_KINDS = frozenset(("exception", "TensorFlow op"))
_NEAR = 12  # lines between an exception and what it only points at
_RESTART = re2.compile(
    r"(?i)\bwill restart\b|restart_count[=: ]+[1-9]|restart(?:ing|ed)? (?:the )?(?:worker|job|process|container"
    r"|training|pod|run|all)|\battempts? left\b|incarnation [1-9]|\brestart #?\d|resum(?:ing|ed) (?:training )?from"
    r"|重启",
    one_line=True,
)


def judged(log: Lines, found: Sequence[Block], beat: Rhythm) -> list[Block]:
    """The blocks, those survived marked, and those that follow from a reported death as victims."""
    lived = [
        block._replace(survived=True) if beat.goes_on(block.start, block.stop, block.rank) else block for block in found
    ]
    return _reported(_hollow(log, _started_anew(log, _went_on(log, lived, beat))))


def order(block: Block) -> tuple[int, int]:
    """The nearest to the cause first. A stall is the cause where nothing else was said before."""
    return (ERROR if block.kind.level == STALL else block.kind.level, block.start)


def _hollow(log: Lines, found: Sequence[Block]) -> list[Block]:
    """An exception that only says that something failed is a wrapper of an error near it that says what."""
    tells = [
        block
        for block in found
        if not block.survived and block.kind.level <= ERROR and not says_only_that(log.said(block.sign).words)
    ]
    return [
        block._replace(kind=replace(block.kind, level=WRAPPER))
        if block.kind.name in _HOLLOW_KINDS
        and not block.survived
        and says_only_that(log.said(block.sign).words)
        and any(block.start - _NEAR <= other.stop and other.start <= block.stop + _NEAR for other in tells)
        else block
        for block in found
    ]


def _reported(found: Sequence[Block]) -> list[Block]:
    """Once a process has been reported dead, stalls and errors of others follow from that; exceptions too, where
    something before the report says why."""
    found = _cut_short(found)
    first = next((block.start for block in found if block.kind.level in (DEATH, WRAPPER) and not block.survived), None)
    if first is None:
        return found
    known = any(block.kind.level < ERROR and not block.survived and block.start <= first for block in found)
    follow = (ROOT, STALL, ERROR) if known else (STALL, ERROR)
    victims = {kind: replace(kind, level=VICTIM) for kind in {block.kind for block in found}}
    return [
        block._replace(kind=victims[block.kind])
        if block.start > first and block.kind.level in follow and block.kind.name != _EXPLAINS
        else block
        for block in found
    ]


def _cut_short(found: Sequence[Block]) -> list[Block]:
    """A traceback without its end, or an abort, once a process has said that it was stopped, is of stopping."""
    first = next((block.start for block in found if block.kind.level == VICTIM and not block.survived), None)
    return [
        block._replace(kind=replace(block.kind, level=VICTIM))
        if first is not None and block.start > first and (block.kind == CUT_OFF or block.kind.name == "abort")
        else block
        for block in found
    ]


def _went_on(log: Lines, found: list[Block], beat: Rhythm) -> list[Block]:
    """An error before the rhythm was survived if ordinary lines follow it, and one that says as much later, or many
    lines and one that says less; wherever it stands, if the next line says so."""
    out = list(found)
    counts = log.times
    near = [at for at, block in enumerate(found) if not block.survived and block.kind.level <= ERROR]
    for place, this in enumerate(near):
        later = (near[at] for at in range(place + 1, len(near)))
        after = next((at for at in later if order(found[at])[0] <= order(found[this])[0]), None)
        least = _ORDINARY
        if after is None:
            after, least = next(iter(near[place + 1 : place + 2]), None), _MANY
        if after is None or body(log.lines[found[this].sign]) == body(log.lines[found[after].sign]):
            continue  # the last; the same again: said by another rank, or tried once more
        between = [
            index
            for earlier, later in pairwise(found[this : after + 1])
            for index in range(earlier.stop, later.start)
            if log.lines[index].strip()
        ]
        if _said(log, between, found[this].stop) or (
            not beat.started(found[this].start) and _work(log, counts, between, log.said(found[this].sign).who, least)
        ):
            out[this] = found[this]._replace(survived=True)
    return out


def _said(log: Lines, between: Sequence[int], stop: int) -> bool:
    words = body(log.lines[between[0]]) if between and between[0] <= stop else b""
    return goes_on(words) and not EXCEPTION.match(words)


def _work(log: Lines, counts: Counter[bytes], between: Sequence[int], who: int | None, least: int) -> bool:
    """Whether at least so many lines are of starting or of work: each of its own shape, and said by the process that
    failed as far as lines name theirs. One that says that it starts something counts twice."""
    lines = ((log.shapes[index], log.said(index)) for index in between)
    said = {
        shape: sets_up(words)
        for shape, (words, speaker, _) in lines
        if who in (None, speaker)
        and counts[shape] <= _ORDINARY_TIMES
        and len(words) > _ORDINARY_BYTES
        and not words[:1].isspace()
        and (sets_up(words) or not trains_nothing(words))
    }
    return len(said) >= _ORDINARY and len(said) + sum(said.values()) >= least


def _started_anew(log: Lines, found: list[Block]) -> list[Block]:
    """What stands before a restart is of an earlier run, if a later one failed too."""
    if len(found) < 2:
        return found
    end = max((block.start for block in found if _ends(block)), default=0)
    again = {log.at(match.start()) for match in _RESTART.finditer(log.text)} | _heads(log, found[0].start)
    starts = [block.start for block in found]
    again = {at for at in again if starts[0] <= at < end and at >= found[bisect_right(starts, at) - 1].stop}
    last = max(again, default=None)
    if last is None:
        return found
    return [block._replace(survived=True) if block.stop <= last else block for block in found]


def _heads(log: Lines, first: int) -> set[int]:
    """Lines after the first block that say what stood at the log's start, several of them: the job started again."""
    head = {shape for shape in log.shapes[: min(first, _HEAD_LINES)] if len(shape) >= _HEAD_BYTES}
    counts = Counter(shape for shape in log.shapes[:first] if shape in head)
    once = {shape for shape, count in counts.items() if count <= _HEAD_TIMES}
    again = [at for at in range(first, len(log.shapes)) if log.shapes[at] in once]
    return {again[0]} if len({log.shapes[at] for at in again}) >= _HEADS else set()


def _ends(block: Block) -> bool:
    return not block.survived and block.kind.level <= ERROR
