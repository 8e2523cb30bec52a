"""A log of any size as a text of a given size, with the cause in it: the one composition every stream goes through."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pai_dlc_mcp.server.budget import blocks
from pai_dlc_mcp.server.budget.blocks import Block
from pai_dlc_mcp.server.budget.clean import clean
from pai_dlc_mcp.server.budget.cut import (
    CONTEXT_LINES,
    LINE_CHARS,
    Choice,
    cut_line,
    first_that_fits,
    nothing_shown,
    outward,
)
from pai_dlc_mcp.server.budget.estimate import room, size
from pai_dlc_mcp.server.budget.fence import fence, inert, new_nonce
from pai_dlc_mcp.server.budget.fold import Group, fold
from pai_dlc_mcp.server.budget.grep import Grep
from pai_dlc_mcp.server.budget.lines import Lines, body
from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.budget.sheet import Sheet
from pai_dlc_mcp.server.budget.summary import summary

Mode = Literal["tail", "errors", "grep", "summary"]

_LEAST_LINE = 80  # characters a line keeps even in a small budget
_OTHERS = 40  # further error blocks named in a tail
_CAUSE_CHARS = 400
_HEAD = 3  # first matches kept by grep
_TAIL = 5  # lines kept before anything but the root cause


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
    returned: int
    redacted: int
    matched: int | None = None  # grep only
    cause: Cause | None = None

    @property
    def left_out(self) -> int:
        return self.available - self.returned


def view(
    records: Sequence[str],
    *,
    mode: Mode = "tail",
    pattern: str | None = None,
    context: int = 0,
    max_tokens: int,
    redactor: Redactor,
    source: str,
    nonce: str | None = None,
) -> View:
    """Never above `max_tokens`, whatever the input. ValueError for a pattern that is missing, invalid or too costly."""
    text, redacted = redactor.lines(clean(records))
    log = Lines(text)
    search = Grep(pattern) if mode == "grep" else None
    found = blocks.find(log)
    nonce = nonce or new_nonce()
    spare = room(max_tokens) - size(fence([], source, nonce)) - 1
    most = min(LINE_CHARS, max(_LEAST_LINE, spare // 4))

    if not log.lines:
        page = _Page([], 0, 0)
    elif mode == "summary":
        page = _summary(log, found, spare, most)
    elif search is not None:
        page = _grep(log, search, context, spare, most)
    else:
        sheet = Sheet(log.lines, fold(log, found), most, blocks.sign)
        page = _errors(sheet, found, spare) if mode == "errors" else _tail(sheet, found, spare)

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
class _Page:
    payload: list[str]
    available: int
    returned: int
    matched: int | None = None


def _tail(sheet: Sheet, found: Sequence[Block], spare: int, head: int = 0, matched: int | None = None) -> _Page:
    """Everything if it fits; else the root cause, its surroundings, the other errors in a line each, and the tail."""
    count = len(sheet.entries)
    everything = Choice(sheet.cost, spare)
    everything.take(range(count))
    if len(everything.chosen) == count:
        return _page(sheet, everything, matched)

    choice = Choice(sheet.cost, spare)
    first = blocks.root(found)
    keys, low, high = sheet.span(first) if first else ([], count, count)
    choice.take(keys[:1])
    choice.take(outward(keys, low, high), 0.45)
    choice.take(range(min(head, count)), 0.55)
    choice.take(reversed(range(max(0, count - _TAIL), count)), 0.7)
    if first:
        choice.take(range(low - 1, max(0, low - CONTEXT_LINES) - 1, -1), 0.75)
        choice.take(range(high, min(count, high + CONTEXT_LINES)), 0.75)
    others = blocks.distinct(sheet.lines, found)[1 : _OTHERS + 1]
    choice.take_each((key for same in others for key in sheet.span(same[0])[0][:2]), 0.8)
    choice.take(reversed(range(count)))
    return _page(sheet, choice, matched)


def _errors(sheet: Sheet, found: Sequence[Block], spare: int) -> _Page:
    """One block of each kind that says the same, the nearest to the cause first and the most of it."""
    if not found:
        title = f"[no sign of an error in {len(sheet.lines):,} lines: the tail follows]"
        page = _tail(sheet, found, spare - size(title) - 1)
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
    choice = Choice(sheet.cost, spare)
    choice.take(range(len(entries)))
    if len(choice.chosen) < len(entries):
        choice = Choice(sheet.cost, spare)
        title, keys, high = spans[0]
        choice.take([keys[0], title])
        choice.take(outward(keys, title + 1, high), 0.6)
        for title, keys, _ in spans[1:]:
            choice.take([keys[0], title], 0.85)
        for title, keys, high in spans:
            choice.take(outward(keys, title + 1, high))
    return _page(sheet, choice)


def _grep(log: Lines, search: Grep, context: int, spare: int, most: int) -> _Page:
    matches = search.matching(log)
    kept: list[int] = []
    for line in matches:
        start = max(line - context, kept[-1] + 1 if kept else 0)
        kept += range(start, min(line + context + 1, len(log.lines)))
    part = Lines(b"\n".join(log.lines[line] for line in kept))
    breaks = [at for at in range(1, len(kept)) if kept[at] > kept[at - 1] + 1] if context else []
    found = blocks.find(part)
    sheet = Sheet(part.lines, fold(part, found, breaks), most, search.focus, frozenset(breaks))
    return _tail(sheet, found, spare, head=_HEAD, matched=len(matches))


def _summary(log: Lines, found: Sequence[Block], spare: int, most: int) -> _Page:
    def cut(line: int) -> str:
        return inert(cut_line(log.lines[line], most // 2, blocks.sign(log.lines[line])))

    payload: list[str] = []
    for line in summary(log, found, blocks.distinct(log.lines, found), cut):
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
