"""The views of a log, each a page of lines in their order within a space: tail, errors, grep, summary."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pai_dlc_mcp.server.budget.fold import Entry, fold, unfolded
from pai_dlc_mcp.server.budget.grep import Grep
from pai_dlc_mcp.server.budget.limits import TOKEN
from pai_dlc_mcp.server.budget.select import LINE_CHARS, Choice, Sheet
from pai_dlc_mcp.server.insight import errors as insight_errors
from pai_dlc_mcp.server.insight.errors import Block, Reading
from pai_dlc_mcp.server.insight.lines import Lines

_LEAST_LINE = 80  # characters a line keeps even in a small budget
_OTHERS = 40  # further error blocks named
_ENDING = 5  # last lines that are shown whatever else there is
_BEFORE_STOP, _AFTER_STOP = 3, 10  # lines around the point where the log's rhythm stops
_AROUND = 10  # lines on either side of the root
_WIDER = (3, 8, 20, 50, 120)  # lines on either side of every error, as far as the budget goes
_HEAD = 3  # first matches kept by grep
_BREAK = "--"  # as grep prints between lines that do not adjoin

_Groups = Sequence[Sequence[Block]]  # errors that say the same, the nearest to the cause first


@dataclass(frozen=True)
class Space:
    """What a payload may take."""

    spare: int  # thousandths of a token
    lines: int | None

    @property
    def most(self) -> int:
        """Characters of one line: even one of digits and signs, 1.5 tokens a character, fits in a small budget."""
        return min(LINE_CHARS, max(_LEAST_LINE, self.spare // (2 * TOKEN)))

    def choice(self, sheet: Sheet) -> Choice:
        return Choice(sheet.cost, self.spare, self.lines)


@dataclass(frozen=True)
class Page:
    """`printed` lines of the log as they stand, perhaps cut, and those `folded` into them."""

    payload: list[str]
    printed: int
    folded: int
    matched: int | None = None


def tail(log: Lines, reading: Reading, space: Space, *, folding: bool = True) -> Page:
    """Everything if it fits; else the root, where the rhythm stops, the other errors in a line each, and the end."""
    sheet = _sheet(log, reading, space, folding, {})
    if whole := _all(sheet, space):
        return whole
    choice = space.choice(sheet)
    _take_root(sheet, choice, log, reading, insight_errors.distinct(log.lines, reading.blocks), _ENDING)
    choice.take(reversed(range(len(sheet.entries))))
    return _page(sheet, choice)


def errors(log: Lines, reading: Reading, space: Space, *, folding: bool = True) -> Page:
    """Every kind of error once, with as many lines around each as fit, the nearest to the cause first; where the
    rhythm stops; and the last lines."""
    groups = insight_errors.distinct(log.lines, reading.blocks)
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
    part = Lines(b"\n".join(log.lines[line] for line in kept))
    found = insight_errors.find(part)
    reading = Reading(found, insight_errors.root(found), None)
    breaks = [at for at in range(1, len(kept)) if kept[at] > kept[at - 1] + 1] if context else []
    entries = fold(part, found, breaks) if folding else unfolded(part)
    sheet = Sheet(part.lines, entries, space.most, search.focus, before=dict.fromkeys(breaks, _BREAK))
    if whole := _all(sheet, space, len(matches)):
        return whole
    choice = space.choice(sheet)
    choice.take(range(min(_HEAD, len(entries))), 0.5)
    _take_root(sheet, choice, part, reading, insight_errors.distinct(part.lines, found), _ENDING)
    choice.take(reversed(range(len(entries))))
    return _page(sheet, choice, len(matches))


def _sheet(log: Lines, reading: Reading, space: Space, folding: bool, notes: dict[int, str]) -> Sheet:
    apart = {*(reading.root.keys if reading.root else ()), *stopping(log, reading)}
    entries: Sequence[Entry] = fold(log, reading.blocks, apart) if folding else unfolded(log)
    return Sheet(log.lines, entries, space.most, insight_errors.sign, notes)


def stopping(log: Lines, reading: Reading) -> range:
    """The lines around the point where the rhythm stops."""
    if reading.stop is None:
        return range(0)
    return range(max(0, reading.stop - _BEFORE_STOP), min(len(log.lines), reading.stop + 1 + _AFTER_STOP))


def _all(sheet: Sheet, space: Space, matched: int | None = None) -> Page | None:
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
    choice.take(sheet.places([*range(after, around.stop), *reversed(range(around.start, after))]), 0.4)
    others = [same[0] for same in groups[: _OTHERS + 1] if same[0] is not root]
    choice.take_each(sheet.places(block.sign for block in others), 0.5)
    if root:
        choice.take(_outward(sheet, root, 0), 0.65)
        choice.take(_outward(sheet, root, _AROUND), 0.75)
    return others


def _outward(sheet: Sheet, block: Block, around: int) -> Iterable[int]:
    """A block from its sign outward, upward first, as a traceback's cause stands under its frames; then as many lines
    before and after it."""
    sign = sheet.at(block.sign)
    inside = sheet.span(block.start, block.stop)
    yield from range(sign, inside.start - 1, -1)
    yield from range(sign + 1, inside.stop)
    for step in range(around):
        yield from (at for at in (inside.stop + step, inside.start - 1 - step) if 0 <= at < len(sheet.entries))


def _notes(groups: _Groups, reading: Reading) -> dict[int, str]:
    """What is said behind the sign of each error that is shown."""
    return {same[0].sign: f" [<- {'; '.join(_said(same, reading))}]" for same in groups[: _OTHERS + 1]}


def _said(same: Sequence[Block], reading: Reading) -> Iterator[str]:
    first = same[0]
    yield f"{'cause: ' if reading.root in same else ''}{first.kind.name}, line {first.sign + 1:,}"
    if len(same) > 1:
        yield f"x{len(same):,}, last at {same[-1].sign + 1:,}"
    if all(block.survived for block in same):
        yield "the job went on after it"


def _page(sheet: Sheet, choice: Choice, matched: int | None = None) -> Page:
    payload = sheet.payload(choice.chosen) if choice.chosen else []
    return Page(payload, len(choice.chosen), sheet.hidden(choice.chosen), matched)
