"""The views of a log, each a page of lines within a space: tail, errors, grep, summary."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from pai_dlc_mcp.server.budget.fence import inert
from pai_dlc_mcp.server.budget.fold import Group, fold, shapes_of
from pai_dlc_mcp.server.budget.grep import Grep
from pai_dlc_mcp.server.budget.limits import size
from pai_dlc_mcp.server.budget.select import CONTEXT_LINES, LINE_CHARS, Choice, Sheet, cut_line, outward
from pai_dlc_mcp.server.insight import errors as insight_errors
from pai_dlc_mcp.server.insight import re2
from pai_dlc_mcp.server.insight.errors import Block
from pai_dlc_mcp.server.insight.lines import Lines

_LEAST_LINE = 80  # characters a line keeps even in a small budget
_OTHERS = 40  # further error blocks named in a tail
_HEAD = 3  # first matches kept by grep
_WARNING = re2.compile(r"(?i)\bwarn(?:ing)?\b|\w+Warning:", one_line=True)
_SHAPES = 8  # of the repeated lines shown
_KEYS = 8  # lines of the first error: a chain of exceptions, or torchrun's entry


@dataclass(frozen=True)
class Space:
    """What a payload may take."""

    spare: int  # bytes
    lines: int | None

    @property
    def most(self) -> int:
        """Characters of one line: one of Chinese, three bytes each, fits even in a small budget."""
        return min(LINE_CHARS, max(_LEAST_LINE, self.spare // 4))

    def choice(self, sheet: Sheet) -> Choice:
        return Choice(sheet.cost, self.spare, self.lines)


@dataclass(frozen=True)
class Page:
    payload: list[str]
    available: int
    returned: int
    matched: int | None = None


def tail(sheet: Sheet, found: Sequence[Block], space: Space, head: int = 0, matched: int | None = None) -> Page:
    """Everything if it fits; else the root cause, its surroundings, the other errors in a line each, and the tail."""
    count = len(sheet.entries)
    everything = space.choice(sheet)
    everything.take(range(count))
    if len(everything.chosen) == count:
        return _page(sheet, everything, matched)

    choice = space.choice(sheet)
    first = insight_errors.root(found)
    keys, low, high = sheet.span(first) if first else ([], count, count)
    choice.take(keys[:1])
    choice.take(outward(keys, low, high), 0.45)
    choice.take(range(min(head, count)), 0.5)
    if first:
        choice.take(range(low - 1, max(0, low - CONTEXT_LINES) - 1, -1), 0.6)
        choice.take(range(high, min(count, high + CONTEXT_LINES)), 0.6)
    others = insight_errors.distinct(sheet.lines, found)[1 : _OTHERS + 1]
    choice.take_each((key for same in others for key in sheet.span(same[0])[0][:2]), 0.75)
    choice.take(reversed(range(count)))
    return _page(sheet, choice, matched)


def errors(sheet: Sheet, found: Sequence[Block], space: Space) -> Page:
    """One block of each kind that says the same, the nearest to the cause first and the most of it."""
    if not found:
        title = f"[no sign of an error in {len(sheet.lines):,} lines: the tail follows]"
        page = tail(sheet, found, replace(space, spare=space.spare - size(title) - 1))
        return replace(page, payload=[title, *page.payload] if page.payload else [])
    entries: list[Group | str] = []
    spans: list[tuple[int, list[int], int]] = []
    groups = insight_errors.distinct(sheet.lines, found)
    for same in groups[:_OTHERS]:
        keys, low, high = sheet.span(same[0])
        shift = len(entries) + 1 - low
        spans.append((len(entries), [key + shift for key in keys], high + shift))
        entries += [_title(same), *sheet.entries[low:high]]
    if len(groups) > _OTHERS:
        entries.append(f"[... {len(groups) - _OTHERS:,} further kinds of error: mode=summary counts them ...]")
    sheet = replace(sheet, entries=entries)
    choice = space.choice(sheet)
    choice.take(range(len(entries)))
    if len(choice.chosen) < len(entries):
        choice = space.choice(sheet)
        title, keys, high = spans[0]
        choice.take([keys[0], title])
        choice.take(outward(keys, title + 1, high), 0.6)
        for title, keys, _ in spans[1:]:
            choice.take([title, keys[0]], 0.85)
        for title, keys, high in spans:
            choice.take(outward(keys, title + 1, high))
    return _page(sheet, choice)


def grep(log: Lines, search: Grep, context: int, space: Space) -> Page:
    matches = search.matching(log)
    kept: list[int] = []
    for line in matches:
        start = max(line - context, kept[-1] + 1 if kept else 0)
        kept += range(start, min(line + context + 1, len(log.lines)))
    part = Lines(b"\n".join(log.lines[line] for line in kept))
    breaks = [at for at in range(1, len(kept)) if kept[at] > kept[at - 1] + 1] if context else []
    found = insight_errors.find(part)
    sheet = Sheet(part.lines, fold(part, found, breaks), space.most, search.focus, frozenset(breaks))
    return tail(sheet, found, space, head=_HEAD, matched=len(matches))


def summary(log: Lines, found: Sequence[Block], space: Space) -> Page:
    def cut(line: int) -> str:
        return inert(cut_line(log.lines[line], space.most // 2, insight_errors.sign(log.lines[line])))

    payload: list[str] = []
    spare = space.spare
    for line in islice(_summed(log, found, insight_errors.distinct(log.lines, found), cut), space.lines):
        spare -= size(line) + 1
        if spare < 0:
            break
        payload.append(line)
    return Page(payload, len(log.lines), 0)


def _title(same: Sequence[Block]) -> str:
    first, times = same[0], f", x{len(same):,}" if len(same) > 1 else ""
    return f"-- {first.kind.name}, lines {first.start + 1:,}-{first.stop:,}{times}"


def _page(sheet: Sheet, choice: Choice, matched: int | None = None) -> Page:
    payload = sheet.payload(choice.chosen) if choice.chosen else []
    return Page(payload, sheet.available, sheet.count(choice.chosen), matched)


def _summed(
    log: Lines, found: Sequence[Block], distinct: Sequence[Sequence[Block]], cut: Callable[[int], str]
) -> Iterator[str]:
    """The most important first. `cut` renders the line of a number; numbers shown count from 1."""
    kinds = Counter(block.kind.name for block in found)
    counts = ", ".join(f"{count:,} {name}" for name, count in kinds.most_common())
    yield f"{_count(log.lines, 'line')}, {_count(found, 'error block')}" + (f": {counts}" if counts else "")
    for same in distinct[:1]:
        yield _error("nearest to the cause", same, cut)
        yield from (f"  {cut(key)}" for key in same[0].keys[1:_KEYS])
    if log.lines:
        yield f"first line: {cut(0)}"
        yield f"last line: {cut(len(log.lines) - 1)}"
    for same in distinct[1:]:
        yield _error("error", same, cut)
    warnings = sorted({log.at(match.start()) for match in _WARNING.finditer(log.text)})
    if warnings:
        yield f"{_count(warnings, 'line')} with a warning, first at {warnings[0] + 1:,}: {cut(warnings[0])}"
    shapes = shapes_of(log.text)
    for shape, count in Counter(shapes).most_common(_SHAPES):
        if shape and count > 1:
            yield f"x{count:,} alike, last at {_last(shapes, shape) + 1:,}: {cut(_last(shapes, shape))}"


def _count(things: Sequence[object], noun: str) -> str:
    return f"{len(things):,} {noun}{'' if len(things) == 1 else 's'}"


def _error(title: str, same: Sequence[Block], cut: Callable[[int], str]) -> str:
    first, last = same[0], same[-1]
    times = f", x{len(same):,}, last at {last.start + 1:,}" if len(same) > 1 else ""
    return f"{title}: {first.kind.name}, lines {first.start + 1:,}-{first.stop:,}{times}: {cut(first.keys[0])}"


def _last(shapes: Sequence[bytes], shape: bytes) -> int:
    return next(index for index in range(len(shapes) - 1, -1, -1) if shapes[index] == shape)
