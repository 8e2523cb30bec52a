"""A log of any size as a text of a given size, with the cause in it. The stages, in order:

clean    clean.py    what a terminal would have shown: last states of bars, no escape codes
redact   redact.py   no secret of the job
grep     grep.py     only where asked: the lines that match
fold     fold.py     repeats together, with how many they were
select   select.py   by views.py: the lines that fit, the cause and the end first
fence    fence.py    said to be data
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pai_dlc_mcp.server.budget.clean import clean
from pai_dlc_mcp.server.budget.fence import fence, inert, new_nonce
from pai_dlc_mcp.server.budget.fold import fold
from pai_dlc_mcp.server.budget.grep import Grep
from pai_dlc_mcp.server.budget.limits import first_that_fits, nothing_shown, room, size
from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.budget.select import Sheet, cut_line
from pai_dlc_mcp.server.budget.views import Page, Space, errors, grep, summary, tail
from pai_dlc_mcp.server.insight import errors as insight_errors
from pai_dlc_mcp.server.insight.errors import Block, Cause
from pai_dlc_mcp.server.insight.lines import Lines, body
from pai_dlc_mcp.server.insight.signatures import VICTIM

_CAUSE_CHARS = 400

Mode = Literal["tail", "errors", "grep", "summary"]


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
    found = insight_errors.find(log)
    nonce = nonce or new_nonce()
    space = Space(room(max_tokens) - size(fence([], source, nonce)) - 1, max_lines)

    if not log.lines:
        page = Page([], 0, 0)
    elif mode == "summary":
        page = summary(log, found, space)
    elif search is not None:
        page = grep(log, search, context, space)
    else:
        sheet = Sheet(log.lines, fold(log, found), space.most, insight_errors.sign)
        page = errors(sheet, found, space) if mode == "errors" else tail(sheet, found, space)

    return View(
        text=fence(page.payload, source, nonce) if page.payload else _unfenced(page, len(log.lines), max_tokens),
        lines=len(log.lines),
        available=page.available,
        returned=page.returned,
        redacted=redacted,
        matched=page.matched,
        cause=_cause(log, insight_errors.root(found)),
    )


def _cause(log: Lines, block: Block | None) -> Cause | None:
    if block is None:
        return None
    words = body(log.lines[block.keys[0]])
    text = inert(cut_line(words, _CAUSE_CHARS, insight_errors.sign(words)))
    return Cause(block.kind.name, block.kind.level == VICTIM, block.keys[0] + 1, text)


def _unfenced(page: Page, lines: int, max_tokens: int) -> str:
    if page.matched == 0:
        return first_that_fits(max_tokens, f"[none of {lines:,} lines match]", "[no match]")
    return nothing_shown(page.available, "line", max_tokens)
