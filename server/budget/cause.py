"""The line of a pod's log that tells why it failed, with its rank, its time and the lines around it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pai_dlc_mcp.server.budget.clean import clean
from pai_dlc_mcp.server.budget.fence import inert
from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.budget.select import cut_line
from pai_dlc_mcp.server.insight import errors
from pai_dlc_mcp.server.insight.blocks import Block
from pai_dlc_mcp.server.insight.kinds import ERROR, VICTIM, WRAPPER, Category
from pai_dlc_mcp.server.insight.lines import Lines
from pai_dlc_mcp.server.insight.signatures import SILENCE

_CHARS = 240  # of a line shown
_BEFORE, _AFTER = 6, 3  # lines shown around the telling one: of its block, and one before that
_CLOCK = re.compile(rb"\d{4}-\d\d-\d\d[T _]\d\d:\d\d:\d\d")
_NEAR = 30  # lines beside the telling one in which a clock is looked for


@dataclass(frozen=True)
class Found:
    """`text` and `shown` are cleaned, redacted and inert, but still the job's words: fence them."""

    kind: str
    level: int  # of insight.kinds: lower is nearer to the cause
    category: Category | None
    line: int  # from 1
    rank: int | None
    at: str | None  # a clock of the line itself, or of the launcher's report on it
    after: str | None  # else one of the lines before it
    text: str
    shown: Sequence[str]

    @property
    def silent(self) -> bool:
        """No line says why: `line` is only where the output stops."""
        return self.kind == SILENCE.name

    @property
    def when(self) -> str | None:
        return self.at or (f"after {self.after}" if self.after else None)

    @property
    def victim(self) -> bool:
        return self.level >= VICTIM


@dataclass(frozen=True)
class PodLog:
    """A pod's log, read once: its lines, and what failed as far as they say."""

    lines: Sequence[bytes]
    found: Found | None
    redacted: int = field(default=0)


def read(records: Sequence[str], redactor: Redactor, *, failed: bool) -> PodLog:
    """`failed`: the pod did, so that silence is a finding too."""
    text, redacted = redactor.lines(clean(records))
    log = Lines(text)
    root = errors.read(log, failed=failed).root
    return PodLog(log.lines, _found(log, root) if root else None, redacted)


def _found(log: Lines, root: Block) -> Found:
    told = root.sign
    block = root.start - 1 if root.kind.level not in (ERROR, WRAPPER) else 0  # those point to what stands before them
    around = range(max(block, told - _BEFORE, 0), min(len(log.lines), told + _AFTER + 1))
    return Found(
        kind=root.kind.name,
        level=root.kind.level,
        category=root.kind.category,
        line=told + 1,
        rank=root.rank,
        at=_clock(log.lines[told : told + 1]) or _reported(log.lines[told : told + _NEAR]),
        after=_clock(log.lines[max(0, told - _NEAR) : told]),
        text=_line(log.lines[told]),
        shown=[_line(log.lines[index]) for index in around if index != told],
    )


def _line(line: bytes) -> str:
    return inert(cut_line(line, _CHARS, errors.sign(line)))


def _reported(lines: Sequence[bytes]) -> str | None:
    """torchrun's `time : 2026-01-05_02:17:40`."""
    return next((_clock([line]) for line in lines if line.startswith(b"  time ")), None)


def _clock(lines: Sequence[bytes]) -> str | None:
    """The last clock of these lines."""
    for line in reversed(lines):
        if match := _CLOCK.search(line):
            return match[0].decode().replace("_", " ").replace("T", " ")
    return None
