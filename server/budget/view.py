"""A log of any size as a text of a given size, with the cause in it: the one composition every stream goes through."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from pai_dlc_mcp.server.budget import blocks
from pai_dlc_mcp.server.budget.blocks import Block
from pai_dlc_mcp.server.budget.clean import clean
from pai_dlc_mcp.server.budget.cut import CONTEXT_LINES, LINE_CHARS, Choice, cut_line, outward
from pai_dlc_mcp.server.budget.fence import fence, inert, new_nonce
from pai_dlc_mcp.server.budget.fold import Group, fold
from pai_dlc_mcp.server.budget.grep import Grep
from pai_dlc_mcp.server.budget.limits import first_that_fits, nothing_shown, room, size
from pai_dlc_mcp.server.budget.lines import Lines, body
from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.budget.sheet import Sheet
from pai_dlc_mcp.server.budget.summary import summary

Mode = Literal["tail", "errors", "grep", "summary"]

_LEAST_LINE = 80  # characters a line keeps even in a small budget
_OTHERS = 40  # further error blocks named in a tail
_CAUSE_CHARS = 400
_HEAD = 3  # first matches kept by grep


@dataclass(frozen=True)
class Cause:
    """The line nearest to the cause. `text` is cleaned, redacted and cut, but still the job's words: fence it."""

    kind: str
    victim: bool  # stopped or cut off by another process: the cause is elsewhere
    line: int  # from 1
    text: str


@dataclass(frozen=True)
class View:
    """`text` is complete and fenced. Lines are counted; a folded line counts as returned."""

    text: str
    lines: int  # fetched
    available: int  # what the mode is about: all lines, those of error blocks, those around matches
    returned: int  # 0 for a summary, which shows none of them as they stand
    redacted: int
    matched: int | None = None  # grep only
    cause: Cause | None = None  # of the whole log, in every mode

    @property
    def left_out(self) -> int:
        return self.available - self.returned


def view(
    records: Sequence[str],
    *,
    mode: Mode = "tail",
    pattern: str | None = None,
    context: int = 0,
    max_lines: int | None = None,
    max_tokens: int,
    redactor: Redactor,
    source: str,
    nonce: str | None = None,
) -> View:
    """Never above `max_tokens`, nor more than `max_lines` lines between the first marker and the last.

    ValueError for a pattern that is missing, invalid or too costly."""
    text, redacted = redactor.lines(clean(records))
    log = Lines(text)
    search = Grep(pattern) if mode == "grep" else None
    found = blocks.find(log)
    nonce = nonce or new_nonce()
    space = _Space(room(max_tokens) - size(fence([], source, nonce)) - 1, max_lines)

    if not log.lines:
        page = _Page([], 0, 0)
    elif mode == "summary":
        page = _summary(log, found, space)
    elif search is not None:
        page = _grep(log, search, context, space)
    else:
        sheet = Sheet(log.lines, fold(log, found), space.most, blocks.sign)
        page = _errors(sheet, found, space) if mode == "errors" else _tail(sheet, found, space)

    return View(
        text=fence(page.payload, source, nonce) if page.payload else _unfenced(page, len(log.lines), max_tokens),
        lines=len(log.lines),
        available=page.available,
        returned=page.returned,
        redacted=redacted,
        matched=page.matched,
        cause=_cause(log, blocks.root(found)),
    )


@dataclass(frozen=True)
class _Space:
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
class _Page:
    payload: list[str]
    available: int
    returned: int
    matched: int | None = None


def _tail(sheet: Sheet, found: Sequence[Block], space: _Space, head: int = 0, matched: int | None = None) -> _Page:
    """Everything if it fits; else the root cause, its surroundings, the other errors in a line each, and the tail."""
    count = len(sheet.entries)
    everything = space.choice(sheet)
    everything.take(range(count))
    if len(everything.chosen) == count:
        return _page(sheet, everything, matched)

    choice = space.choice(sheet)
    first = blocks.root(found)
    keys, low, high = sheet.span(first) if first else ([], count, count)
    choice.take(keys[:1])
    choice.take(outward(keys, low, high), 0.45)
    choice.take(range(min(head, count)), 0.5)
    if first:
        choice.take(range(low - 1, max(0, low - CONTEXT_LINES) - 1, -1), 0.6)
        choice.take(range(high, min(count, high + CONTEXT_LINES)), 0.6)
    others = blocks.distinct(sheet.lines, found)[1 : _OTHERS + 1]
    choice.take_each((key for same in others for key in sheet.span(same[0])[0][:2]), 0.75)
    choice.take(reversed(range(count)))
    return _page(sheet, choice, matched)


def _errors(sheet: Sheet, found: Sequence[Block], space: _Space) -> _Page:
    """One block of each kind that says the same, the nearest to the cause first and the most of it."""
    if not found:
        title = f"[no sign of an error in {len(sheet.lines):,} lines: the tail follows]"
        page = _tail(sheet, found, replace(space, spare=space.spare - size(title) - 1))
        return replace(page, payload=[title, *page.payload] if page.payload else [])
    entries: list[Group | str] = []
    spans: list[tuple[int, list[int], int]] = []
    groups = blocks.distinct(sheet.lines, found)
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


def _grep(log: Lines, search: Grep, context: int, space: _Space) -> _Page:
    matches = search.matching(log)
    kept: list[int] = []
    for line in matches:
        start = max(line - context, kept[-1] + 1 if kept else 0)
        kept += range(start, min(line + context + 1, len(log.lines)))
    part = Lines(b"\n".join(log.lines[line] for line in kept))
    breaks = [at for at in range(1, len(kept)) if kept[at] > kept[at - 1] + 1] if context else []
    found = blocks.find(part)
    sheet = Sheet(part.lines, fold(part, found, breaks), space.most, search.focus, frozenset(breaks))
    return _tail(sheet, found, space, head=_HEAD, matched=len(matches))


def _summary(log: Lines, found: Sequence[Block], space: _Space) -> _Page:
    def cut(line: int) -> str:
        return inert(cut_line(log.lines[line], space.most // 2, blocks.sign(log.lines[line])))

    payload: list[str] = []
    spare = space.spare
    for line in islice(summary(log, found, blocks.distinct(log.lines, found), cut), space.lines):
        spare -= size(line) + 1
        if spare < 0:
            break
        payload.append(line)
    return _Page(payload, len(log.lines), 0)


def _cause(log: Lines, block: Block | None) -> Cause | None:
    if block is None:
        return None
    words = body(log.lines[block.keys[0]])
    text = inert(cut_line(words, _CAUSE_CHARS, blocks.sign(words)))
    return Cause(block.kind.name, block.kind.level == blocks.VICTIM, block.keys[0] + 1, text)


def _title(same: Sequence[Block]) -> str:
    first, times = same[0], f", x{len(same):,}" if len(same) > 1 else ""
    return f"-- {first.kind.name}, lines {first.start + 1:,}-{first.stop:,}{times}"


def _page(sheet: Sheet, choice: Choice, matched: int | None = None) -> _Page:
    payload = sheet.payload(choice.chosen) if choice.chosen else []
    return _Page(payload, sheet.available, sheet.count(choice.chosen), matched)


def _unfenced(page: _Page, lines: int, max_tokens: int) -> str:
    if page.matched == 0:
        return first_that_fits(max_tokens, f"[none of {lines:,} lines match]", "[no match]")
    return nothing_shown(page.available, "line", max_tokens)
