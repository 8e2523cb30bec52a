"""What failed, as far as a log says: its error blocks, which of them is the root, and where the job stopped."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pai_dlc_mcp.server.insight import blocks as _blocks
from pai_dlc_mcp.server.insight import re2
from pai_dlc_mcp.server.insight.blocks import Block
from pai_dlc_mcp.server.insight.kinds import DEATH, ERROR, NOISE, STALL, VICTIM, WRAPPER, Category, Kind
from pai_dlc_mcp.server.insight.lines import Lines, body
from pai_dlc_mcp.server.insight.rhythm import Rhythm, rhythm
from pai_dlc_mcp.server.insight.signatures import SILENCE, is_calm, kind_of, sign
from pai_dlc_mcp.server.insight.words import complains, tears_down, trains_nothing

__all__ = ["Block", "Cause", "Reading", "distinct", "find", "kind_of", "read", "root", "sign"]

_DIGITS = re.compile(rb"\d+")
_ORDINARY, _ORDINARY_TIMES = 2, 2  # lines of different shapes that say that a start went on after an error
_ORDINARY_BYTES = 8
_HEAD_LINES, _HEAD_BYTES, _HEAD_TIMES, _HEADS = 60, 12, 2, 3  # of a log's start, to know it again
_NEAR = 5  # lines after the rhythm in which a complaint counts as an error
_WINDOW = 200  # lines after the rhythm in which a complaint is looked for

COMPLAINT = Kind("words of an error", ERROR, None, "", "", "")
_RESTART = re2.compile(
    r"(?i)\bwill restart\b|restart_count[=: ]+[1-9]|restart(?:ing|ed)? (?:the )?(?:worker|job|process|container"
    r"|training|pod|run|all)|\battempts? left\b|incarnation [1-9]|\brestart #?\d|resum(?:ing|ed) (?:training )?from"
    r"|重启",
    one_line=True,
)


@dataclass(frozen=True)
class Cause:
    """The line nearest to the cause. `text` is cleaned, redacted and cut, but still the job's words: fence it."""

    kind: str
    level: int  # of insight.kinds: lower is nearer to the cause
    line: int  # from 1
    text: str
    category: Category | None = None
    rank: int | None = None

    @property
    def victim(self) -> bool:
        """Stopped or cut off by another process: the cause is elsewhere."""
        return self.level == VICTIM


@dataclass(frozen=True)
class Reading:
    """The error blocks of a log in order, they never overlap; the root; and the last line of the log's rhythm."""

    blocks: list[Block]
    root: Block | None
    stop: int | None  # None: no line comes back often enough to be a rhythm


def read(log: Lines, *, failed: bool = False) -> Reading:
    """With `failed`, a log without a sign has a root too: a block of kind SILENCE, where its output stops."""
    found = _blocks.find(log)
    beat = rhythm(log, found)
    found = [
        replace(block, survived=True) if beat.goes_on(block.start, block.stop, block.rank) else block for block in found
    ]
    found = _reported(_started_anew(log, _went_on(log, found, beat)))
    found = [block for block in found if not (block.survived and block.kind.level == NOISE)]
    nearest = root(found)
    more = _unsigned(log, found, nearest, beat.stop, failed=failed)
    if more:
        found, nearest = sorted({*found, more}, key=lambda block: block.start), more
    return Reading(found, _with_rank(found, nearest), beat.stop)


def find(log: Lines) -> list[Block]:
    """All error blocks in order; they never overlap."""
    return read(log).blocks


def root(found: Sequence[Block]) -> Block | None:
    """The block nearest to the cause, the first of them if several are; None if all were survived or mere warnings."""
    candidates = (block for block in found if not block.survived and block.kind.level < NOISE)
    return min(candidates, key=_order, default=None)


def _order(block: Block) -> tuple[int, int]:
    """A stall is the cause where nothing else was said before."""
    return (ERROR if block.kind.level == STALL else block.kind.level, block.start)


def _unsigned(
    log: Lines, found: Sequence[Block], nearest: Block | None, stop: int | None, *, failed: bool
) -> Block | None:
    """What to call the root instead, where no sign says much: lines without one, where the job stopped."""
    if nearest and _order(nearest)[0] < ERROR:
        return None
    complaint = _complaint(log, found, stop) if nearest or failed else None
    if complaint and nearest and _order(nearest) < _order(complaint):
        complaint = None
    if not failed or any(one and one.kind.level < WRAPPER for one in (complaint, nearest)):
        return complaint
    return (
        _next(log, found, stop) or complaint or (None if nearest else _last_resort(found) or _silence(log, found, stop))
    )


def _next(log: Lines, found: Sequence[Block], stop: int | None) -> Block | None:
    """The line after the last of the rhythm, whatever it says, unless it is of shutting down."""
    at = next(iter(_free(log, found, stop)), None) if stop is not None else None
    if at is None or stop is None or at > stop + 1:
        return None
    words = body(log.lines[at])
    calm = not words.strip() or is_calm(words) or tears_down(words)
    return None if calm else Block(at, at + 1, (at,), SILENCE)


def _last_resort(found: Sequence[Block]) -> Block | None:
    """A warning, at least."""
    return next((block for block in reversed(found) if not block.survived), None)


def _reported(found: Sequence[Block]) -> list[Block]:
    """Once a process has been reported dead, stalls and errors of others follow from that."""
    first = next((block.start for block in found if block.kind.level in (DEATH, WRAPPER) and not block.survived), None)
    if first is None:
        return list(found)
    return [
        replace(block, kind=replace(block.kind, level=VICTIM))
        if block.start > first and block.kind.level in (STALL, ERROR)
        else block
        for block in found
    ]


def distinct(lines: Sequence[bytes], found: Iterable[Block]) -> list[list[Block]]:
    """Blocks that say the same together, in order; of the groups the nearest to the cause first, the survived last."""
    same: dict[tuple[bool, str, bytes], list[Block]] = {}
    for block in found:
        words = body(lines[block.sign])
        words = _DIGITS.sub(b"", words) if block.kind.alike else words
        same.setdefault((block.survived, block.kind.name, words), []).append(block)
    return sorted(same.values(), key=lambda group: (group[0].survived, _order(group[0])))


def _went_on(log: Lines, found: list[Block], beat: Rhythm) -> list[Block]:
    """An error at the start, before the rhythm, was survived if ordinary lines follow it and another error after."""
    out = list(found)
    counts = Counter(log.shapes)
    near = [at for at, block in enumerate(found) if not block.survived and block.kind.level <= ERROR]
    for this, after in pairwise(near):
        if beat.started(found[this].start):
            break
        if body(log.lines[found[this].sign]) == body(log.lines[found[after].sign]):
            continue  # the same again: said by another rank, or tried once more
        shapes = {
            log.shapes[index]
            for earlier, later in pairwise(found[this : after + 1])
            for index in range(earlier.stop, later.start)
            if counts[log.shapes[index]] <= _ORDINARY_TIMES and _ordinary(log.lines[index])
        }
        if len(shapes) >= _ORDINARY:
            out[this] = replace(found[this], survived=True)
    return out


def _ordinary(line: bytes) -> bool:
    words = body(line)
    return len(words) > _ORDINARY_BYTES and not trains_nothing(words)


def _started_anew(log: Lines, found: list[Block]) -> list[Block]:
    """What stands before a restart is of an earlier run, if a later one failed too."""
    if len(found) < 2:
        return found
    end = max((block.start for block in found if _ends(block)), default=0)
    again = {log.at(match.start()) for match in _RESTART.finditer(log.text)} | _heads(log, found[0].start)
    again -= {at for block in found for at in range(block.start, block.stop)}
    last = max((at for at in again if at < end), default=None)
    if last is None:
        return found
    return [replace(block, survived=True) if block.stop <= last else block for block in found]


def _heads(log: Lines, first: int) -> set[int]:
    """Lines after the first block that say what stood at the log's start, several of them: the job started again."""
    head = {shape for shape in log.shapes[: min(first, _HEAD_LINES)] if len(shape) >= _HEAD_BYTES}
    counts = Counter(shape for shape in log.shapes[:first] if shape in head)
    once = {shape for shape, count in counts.items() if count <= _HEAD_TIMES}
    again = [at for at in range(first, len(log.shapes)) if log.shapes[at] in once]
    return {again[0]} if len({log.shapes[at] for at in again}) >= _HEADS else set()


def _ends(block: Block) -> bool:
    return not block.survived and block.kind.level <= ERROR


def _complaint(log: Lines, found: Sequence[Block], stop: int | None) -> Block | None:
    """A line with words of an error where the job stopped, before what others say of it."""
    said = [at for at in _free(log, found, stop) if _complains(log.lines[at])]
    if stop is None:
        reports = (block.start for block in found if block.kind.level in (WRAPPER, VICTIM) and not block.survived)
        reported = next(reports, len(log.lines))
        said = [at for at in said if at < reported][::-1]
    if said:
        near = stop is not None and said[0] <= stop + _NEAR
        return Block(said[0], said[0] + 1, (said[0],), COMPLAINT if near else replace(COMPLAINT, level=WRAPPER))
    return None


def _complains(line: bytes) -> bool:
    words = body(line)
    return complains(words) and not is_calm(words) and not tears_down(words)


def _silence(log: Lines, found: Sequence[Block], stop: int | None) -> Block | None:
    """Where the output stops: the first line after the rhythm, the last of a log without one."""
    said = [at for at in _free(log, found, stop) if log.lines[at].strip()]
    if stop is None or not said:
        said = [at for at in said or range(len(log.lines)) if log.lines[at].strip()][::-1]
    at = next((at for at in said if not tears_down(body(log.lines[at]))), said[0] if said else None)
    return Block(at, at + 1, (at,), SILENCE) if at is not None else None


def _free(log: Lines, found: Sequence[Block], stop: int | None) -> list[int]:
    taken = {at for block in found for at in range(block.start, block.stop)}
    first = max(0, len(log.lines) - _WINDOW) if stop is None else stop + 1
    return [at for at in range(first, min(len(log.lines), first + _WINDOW)) if at not in taken]


def _with_rank(found: Sequence[Block], nearest: Block | None) -> Block | None:
    """The rank of a launcher's report, where the cause itself names none."""
    if nearest is None or nearest.rank is not None:
        return nearest
    named = (block.rank for block in found if block.kind.level == WRAPPER and not block.survived)
    return replace(nearest, rank=next((who for who in named if who is not None), None))
