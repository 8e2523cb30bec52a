"""What failed, as far as a log says: its error blocks, which of them is the root, and where the job stopped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from pai_dlc_mcp.server.insight import blocks as _blocks
from pai_dlc_mcp.server.insight.blocks import Block
from pai_dlc_mcp.server.insight.kinds import DEATH, ERROR, NOISE, STALL, VICTIM, WRAPPER, Category, Kind
from pai_dlc_mcp.server.insight.lines import Lines, body
from pai_dlc_mcp.server.insight.rhythm import rhythm
from pai_dlc_mcp.server.insight.signatures import SILENCE, is_calm, kind_of, sign
from pai_dlc_mcp.server.insight.survival import judged, order
from pai_dlc_mcp.server.insight.words import complains, ends, measures, tears_down

__all__ = ["Block", "Cause", "Reading", "distinct", "find", "kind_of", "read", "root", "sign"]

_DIGITS = b"0123456789"
_NEAR = 5  # lines after the rhythm in which a complaint counts as an error
_WINDOW = (
    200  # lines after the rhythm in which a complaint is looked for; without one, of the last that shut nothing down
)
_METERS = 4  # lines after it that measure too, in other words, before one that says why
_FAR = 5000  # of the last lines asked for that

COMPLAINT = Kind("words of an error", ERROR, None, "", "", "")
SHUT_DOWN = replace(SILENCE, level=VICTIM)  # its last words are of that alone


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
    found = _noted(judged(log, found, beat), failed=failed)
    found = [block for block in found if not (block.survived and block.kind.level == NOISE)]
    nearest = root(found)
    more = _unsigned(log, found, nearest, beat.stop, failed=failed)
    if more:
        found, nearest = sorted({*found, more}, key=lambda block: block.start), more
    named = _with_rank(found, nearest)
    return Reading([named if named and block is nearest else block for block in found], named, beat.stop)


def find(log: Lines) -> list[Block]:
    """All error blocks in order; they never overlap."""
    return read(log).blocks


def root(found: Sequence[Block]) -> Block | None:
    """The block nearest to the cause, the first of them if several are; None if all were survived or mere warnings."""
    candidates = (block for block in found if not block.survived and block.kind.level < NOISE)
    return min(candidates, key=order, default=None)


def _noted(found: Sequence[Block], *, failed: bool) -> Sequence[Block]:
    """Tracebacks that are said to be passed over are noise, unless a failed pod has nothing else that says why: the
    note may be of something before."""
    calm = [
        block._replace(kind=replace(block.kind, level=NOISE))
        if block.passed_over and block.kind.level < VICTIM
        else block
        for block in found
    ]
    best = root(calm)
    return calm if not failed or (best and best.kind.level < WRAPPER) else found


def _unsigned(
    log: Lines, found: Sequence[Block], nearest: Block | None, stop: int | None, *, failed: bool
) -> Block | None:
    """What to call the root instead, where no sign says much: lines without one, where the job stopped."""
    if nearest and order(nearest)[0] < ERROR:
        return None
    complaint = _complaint(log, found, stop) if nearest or failed else None
    if complaint and nearest and order(nearest) < order(complaint):
        complaint = None
    if not failed or any(one and one.kind.level < WRAPPER for one in (complaint, nearest)):
        return complaint or (_quiet(log, found, nearest, stop) if failed else None)
    return (
        _next(log, found, stop) or complaint or (None if nearest else _last_resort(found) or _silence(log, found, stop))
    )


def _quiet(log: Lines, found: Sequence[Block], nearest: Block | None, stop: int | None) -> Block | None:
    """The line after the last of the rhythm, if it says that the program ends: a later stall of others is of that."""
    told = _next(log, found, stop) if nearest and nearest.kind.level == STALL else None
    return told if told and nearest and told.start < nearest.start and ends(body(log.lines[told.start])) else None


def _next(log: Lines, found: Sequence[Block], stop: int | None) -> Block | None:
    """The line after the last of the rhythm and of its like, whatever it says, unless it is of shutting down."""
    if stop is None:
        return _last_word(log, found)
    said = enumerate(_free(log, found, stop)[: _METERS + 1])
    near = [at for place, at in said if at == stop + 1 + place]  # nothing else stands between
    at = next((at for at in near if ends(body(log.lines[at])) or not measures(log.lines[at])), None)
    if at is None:
        return None
    words = body(log.lines[at])
    calm = not words.strip() or tears_down(words) or (is_calm(words) and not ends(words))
    return None if calm else Block(at, at + 1, (at,), SILENCE)


def _last_word(log: Lines, found: Sequence[Block]) -> Block | None:
    """Of a log without a rhythm the line before others tell of the end, if it says that the program ends."""
    first = next((block.start for block in found if not block.survived and block.kind.level == VICTIM), 0)
    said = [at for at in _free(log, found, None) if at < first and log.lines[at].strip()]
    told = said and ends(body(log.lines[said[-1]]))
    return Block(said[-1], said[-1] + 1, (said[-1],), SILENCE) if told else None


def _last_resort(found: Sequence[Block]) -> Block | None:
    """A warning, at least."""
    return next((block for block in reversed(found) if not block.survived), None)


def distinct(log: Lines, found: Iterable[Block]) -> list[list[Block]]:
    """Blocks that say the same together, in order; of the groups the nearest to the cause first, the survived last."""
    same: dict[tuple[bool, str, bytes], list[Block]] = {}
    for block in found:
        words = log.said(block.sign).words
        words = words.translate(None, _DIGITS) if block.kind.alike else words
        same.setdefault((block.survived, block.kind.name, words), []).append(block)
    return sorted(same.values(), key=lambda group: (group[0].survived, order(group[0])))


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
    at = next((at for at in said if not tears_down(body(log.lines[at]))), None)
    if at is not None:
        return Block(at, at + 1, (at,), SILENCE)
    return Block(said[0], said[0] + 1, (said[0],), SHUT_DOWN) if said else None


def _free(log: Lines, found: Sequence[Block], stop: int | None) -> list[int]:
    taken = {at for block in found for at in range(block.start, block.stop)}
    if stop is not None:
        return [at for at in range(stop + 1, min(len(log.lines), stop + 1 + _WINDOW)) if at not in taken]
    back = (at for at in range(len(log.lines) - 1, max(-1, len(log.lines) - _FAR), -1) if at not in taken)
    return [*islice((at for at in back if not tears_down(body(log.lines[at]))), _WINDOW)][::-1]


def _with_rank(found: Sequence[Block], nearest: Block | None) -> Block | None:
    """The rank of a launcher's report, where the cause itself names none: a `local_rank` is another on each node."""
    if nearest is None or nearest.rank is not None:
        return nearest
    named = (block.rank for block in found if block.kind.level in (DEATH, WRAPPER) and not block.survived)
    return nearest._replace(rank=next((who for who in named if who is not None), None))
