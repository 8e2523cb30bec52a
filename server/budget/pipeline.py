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
from pai_dlc_mcp.server.budget.grep import Grep
from pai_dlc_mcp.server.budget.limits import LINE_END, cost, first_that_fits, nothing_shown, room
from pai_dlc_mcp.server.budget.overview import summary
from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.budget.select import cut_line
from pai_dlc_mcp.server.budget.views import Page, Space, errors, grep, tail
from pai_dlc_mcp.server.insight import errors as insight_errors
from pai_dlc_mcp.server.insight.errors import Block, Cause
from pai_dlc_mcp.server.insight.lines import Lines, body

_CAUSE_CHARS = 400

Mode = Literal["tail", "errors", "grep", "summary"]


@dataclass(frozen=True)
class View:
    """`text` is complete and fenced. Every line read is printed, folded into one that is, left out, or, where matches
    were asked for, one of the `others`."""

    text: str
    lines: int  # read
    printed: int  # 0 for a summary, which shows none of them as they stand
    folded: int
    redacted: int
    matched: int | None = None  # grep only
    others: int = 0  # grep only: lines around no match
    cause: Cause | None = None  # of the whole log, in every mode

    @property
    def left_out(self) -> int:
        return self.lines - self.others - self.printed - self.folded


def view(
    records: Sequence[str],
    *,
    mode: Mode = "tail",
    pattern: str | None = None,
    context: int = 0,
    folding: bool | None = None,
    failed: bool = False,
    max_lines: int | None = None,
    max_tokens: int,
    redactor: Redactor,
    source: str,
    nonce: str | None = None,
) -> View:
    """Never above `max_tokens`, nor more than `max_lines` lines between the first marker and the last. `failed`: the
    pod did, so there is a cause to be found. `folding`: by default all but what grep matches.

    ValueError for a pattern that is missing, invalid or too costly."""
    text, redacted = redactor.lines(clean(records))
    log = Lines(text)
    search = Grep(pattern) if mode == "grep" else None
    reading = insight_errors.read(log, failed=failed)
    nonce = nonce or new_nonce()
    space = Space(room(max_tokens) - cost(fence([], source, nonce)) - LINE_END, max_lines)

    if not log.lines:
        page = Page([], 0, 0)
    elif mode == "summary":
        page = summary(log, reading, space)
    elif search is not None:
        page = grep(log, search, context, space, folding=bool(folding))
    else:
        page = (errors if mode == "errors" else tail)(log, reading, space, folding=folding is not False)

    return View(
        text=fence(page.payload, source, nonce) if page.payload else _unfenced(page, len(log.lines), max_tokens),
        lines=len(log.lines),
        printed=page.printed,
        folded=page.folded,
        redacted=redacted,
        matched=page.matched,
        others=page.others,
        cause=_cause(log, reading.root),
    )


def saved(records: Sequence[str], redactor: Redactor) -> tuple[bytes, int]:
    """The whole log for a file, cleaned, and how many secrets were taken out of it."""
    text, redacted = redactor.lines(clean(records))
    return text + b"\n", redacted


def _cause(log: Lines, block: Block | None) -> Cause | None:
    if block is None:
        return None
    words = body(log.lines[block.sign])
    text = inert(cut_line(words, _CAUSE_CHARS, insight_errors.sign(words)))
    kind = block.kind
    return Cause(kind.name, kind.level, block.sign + 1, text, kind.category, block.rank)


def _unfenced(page: Page, lines: int, max_tokens: int) -> str:
    if page.matched == 0:
        return first_that_fits(max_tokens, f"[none of {lines:,} lines match]", "[no match]")
    return nothing_shown(lines, "line", max_tokens)
