"""The views of a log, each a page of lines in their order within a space: tail, errors, grep, summary."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pai_dlc_mcp.server.budget.fold import Entry, fold, unfolded
from pai_dlc_mcp.server.budget.grep import Grep
from pai_dlc_mcp.server.budget.limits import TOKEN
from pai_dlc_mcp.server.budget.select import Choice, Sheet
from pai_dlc_mcp.server.insight import errors as insight_errors
from pai_dlc_mcp.server.insight.errors import Block, Reading
from pai_dlc_mcp.server.insight.kinds import WRAPPER
from pai_dlc_mcp.server.insight.lines import Lines

_LEAST_LINE = 40 * TOKEN  # what a line may take even in a small budget
_OTHERS = 40  # further errors of a kind shown
_VICTIMS = 8  # of what only reports or suffers another's failure
_ENDING = 5  # last lines that are shown whatever else there is
_BEFORE_STOP, _AFTER_STOP = 2, 10  # lines around the point where the log's rhythm stops
_AROUND = 10  # lines on either side of the root
_WIDER = (3, 8, 20, 50, 120)  # lines on either side of every error, as far as the budget goes
_HEAD = 3  # first matches kept by grep
_BREAK = "--"  # as grep prints between lines that do not adjoin

_Matched = tuple[int, int]  # lines that match, and lines that stand around no match
_Groups = Sequence[Sequence[Block]]  # errors that say the same, the nearest to the cause first


@dataclass(frozen=True)
class Space:
    """What a payload may take."""

    spare: int  # thousandths of a token
    lines: int | None

    @property
    def most(self) -> int:
        """What one line may take: a quarter, so that other lines fit beside it."""
        return max(_LEAST_LINE, self.spare // 4)

    def choice(self, sheet: Sheet) -> Choice:
        return Choice(sheet.cost, self.spare, self.lines)


@dataclass(frozen=True)
class Page:
    """`printed` lines of the log as they stand, perhaps cut, and those `folded` into them."""

    payload: list[str]
    printed: int
    folded: int
    matched: int | None = None
    others: int = 0  # lines that do not match and stand around no match


def tail(log: Lines, reading: Reading, space: Space, *, folding: bool = True) -> Page:
    """Everything if it fits; else the root, where the rhythm stops, the other errors in a line each, and the end."""
    sheet = _sheet(log, reading, space, folding, {})
    if whole := _all(sheet, space):
        return whole
    choice = space.choice(sheet)
    _take_root(sheet, choice, log, reading, insight_errors.distinct(log, reading.blocks), _ENDING)
    choice.take(reversed(range(len(sheet.entries))))
    return _page(sheet, choice)


def errors(log: Lines, reading: Reading, space: Space, *, folding: bool = True) -> Page:
    """Every kind of error once, with as many lines around each as fit, the nearest to the cause first; where the
    rhythm stops; and the last lines."""
    groups = insight_errors.distinct(log, reading.blocks)
    sheet = _sheet(log, reading, space, folding, _notes(groups, reading))
    if whole := _all(sheet, space):
        return whole
    choice = space.choice(sheet)
    others = _take_root(sheet, choice, log, reading, groups, 1)
    for lines in _WIDER:
        for block in ([reading.root] if reading.root else []) + others:
            choice.take(_outward(sheet, block, lines), 0.95)
    choice.take(reversed(range(len(sheet.entries))))
    return _page(sheet, choice)


def grep(log: Lines, search: Grep, context: int, space: Space, *, folding: bool = False) -> Page:
    """The lines that match and `context` around each. Not all fit: the first, the last, and the error among them."""
    matches = search.matching(log)
    kept: list[int] = []
    for line in matches:
        start = max(line - context, kept[-1] + 1 if kept else 0)
        kept += range(start, min(line + context + 1, len(log.lines)))
    matched = len(matches), len(log.lines) - len(kept)
    part = Lines(b"\n".join(log.lines[line] for line in kept))
    found = insight_errors.find(part)
    reading = Reading(found, insight_errors.root(found), None)
    breaks = [at for at in range(1, len(kept)) if kept[at] > kept[at - 1] + 1] if context else []
    entries = fold(part, found, breaks) if folding else unfolded(part)
    sheet = Sheet(part.lines, entries, space.most, search.focus, before=dict.fromkeys(breaks, _BREAK))
    if whole := _all(sheet, space, matched):
        return whole
    choice = space.choice(sheet)
    choice.take(sheet.places(reading.root.keys[:1]) if reading.root else ())
    choice.take(range(min(_HEAD, len(entries))), 0.5)
    _take_root(sheet, choice, part, reading, insight_errors.distinct(part, found), _ENDING)
    choice.take(reversed(range(len(entries))))
    return _page(sheet, choice, matched)


def _sheet(log: Lines, reading: Reading, space: Space, folding: bool, notes: dict[int, str]) -> Sheet:
    apart = {line for line in stopping(log, reading) if line > (reading.stop or 0)}
    apart.update(reading.root.keys if reading.root else ())
    entries: Sequence[Entry] = fold(log, reading.blocks, apart) if folding else unfolded(log)
    return Sheet(log.lines, entries, space.most, insight_errors.sign, notes)


def stopping(log: Lines, reading: Reading) -> range:
    """The lines around the point where the rhythm stops."""
    if reading.stop is None:
        return range(0)
    return range(max(0, reading.stop - _BEFORE_STOP), min(len(log.lines), reading.stop + 1 + _AFTER_STOP))


def _all(sheet: Sheet, space: Space, matched: _Matched | None = None) -> Page | None:
    choice = space.choice(sheet)
    choice.take(range(len(sheet.entries)))
    return _page(sheet, choice, matched) if len(choice.chosen) == len(sheet.entries) else None


def _take_root(sheet: Sheet, choice: Choice, log: Lines, reading: Reading, groups: _Groups, ending: int) -> list[Block]:
    """What it says, the log's end, where its rhythm stops, the signs of the others, and only then the root's frames
    and surroundings: should another be the cause, its sign is there. Returns the others."""
    count = len(sheet.entries)
    root = reading.root
    if root:
        choice.take(sheet.places(root.keys[:1]))
    choice.take(reversed(range(max(0, count - ending), count)), 0.25)
    if root:
        choice.take_each(sheet.places(root.keys[1:]), 0.3)
    around = stopping(log, reading)
    after = around.start if reading.stop is None else reading.stop + 1
    choice.take(sheet.places([*range(after, around.stop), *reversed(range(around.start, after))]), 0.35)
    others = [same[0] for same in candidates(groups) if root not in same]
    choice.take_each(sheet.places(block.sign for block in others), 0.6)
    if root:
        choice.take(_outward(sheet, root, _AROUND), 0.8)
    return others


def candidates(groups: _Groups) -> _Groups:
    """What else might be the cause: the errors that nothing survived, then those that the job seems to have survived,
    the latest first; and of wrappers and victims a few."""
    real = [same for same in groups if same[0].kind.level < WRAPPER]
    survived = [same for same in real if same[0].survived]
    open_ones = [same for same in real if not same[0].survived]
    survived.sort(key=lambda same: same[-1].start, reverse=True)
    rest = [same for same in groups if same[0].kind.level >= WRAPPER]
    return [*open_ones[:_OTHERS], *survived[:_OTHERS], *rest[:_VICTIMS]]


def _outward(sheet: Sheet, block: Block, around: int) -> Iterable[int]:
    """A block from its sign outward, upward first, as a traceback's cause stands under its frames; then as many lines
    before and after it."""
    sign = sheet.at(block.sign)
    inside = sheet.span(block.start, block.stop)
    yield from range(min(sign, inside.stop - 1), inside.start - 1, -1)  # a sign folded away at the end is at none
    yield from range(sign + 1, inside.stop)
    for step in range(around):
        yield from (at for at in (inside.stop + step, inside.start - 1 - step) if 0 <= at < len(sheet.entries))


def _notes(groups: _Groups, reading: Reading) -> dict[int, str]:
    """What is said behind the sign of each error that is shown."""
    return {same[0].sign: f" [<- {'; '.join(_said(same, reading))}]" for same in candidates(groups)}


def _said(same: Sequence[Block], reading: Reading) -> Iterator[str]:
    first = same[0]
    yield f"{'cause: ' if reading.root in same else ''}{first.kind.name}, line {first.sign + 1:,}"
    if len(same) > 1:
        yield f"x{len(same):,}, last at {same[-1].sign + 1:,}"
    if went_on(same, reading):
        yield "the job went on after it"


def went_on(same: Sequence[Block], reading: Reading) -> bool:
    """Whether training followed all of these; what comes after the cause is its teardown."""
    return all(block.survived and (reading.root is None or block.start < reading.root.start) for block in same)


def _page(sheet: Sheet, choice: Choice, matched: _Matched | None = None) -> Page:
    payload = sheet.payload(choice.chosen) if choice.chosen else []
    return Page(payload, len(choice.chosen), sheet.hidden(choice.chosen), *(matched or (None, 0)))
