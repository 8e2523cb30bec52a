"""Summary of a log in a few generated sentences: what failed, where it stops, other errors, what repeats."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from pai_dlc_mcp.server.budget.fence import inert
from pai_dlc_mcp.server.budget.limits import LINE_END, cost
from pai_dlc_mcp.server.budget.select import LINE_CHARS, cut_to
from pai_dlc_mcp.server.budget.views import Page, Space, candidates, stopping, went_on
from pai_dlc_mcp.server.insight import errors as insight_errors
from pai_dlc_mcp.server.insight import re2
from pai_dlc_mcp.server.insight.errors import Block, Reading
from pai_dlc_mcp.server.insight.lines import Lines
from pai_dlc_mcp.server.insight.signatures import SILENCE

_WARNING = re2.compile(r"(?i)\bwarn(?:ing)?\b|\w+Warning:", one_line=True)
_REPEATED = 8  # of the repeated lines shown
_NEAREST = 4  # other errors named before where the log ends
_KEYS = 8  # lines of the root: a chain of exceptions, or torchrun's entry


class _Overview:
    """`cut` renders the line of a number from 0; numbers shown count from 1."""

    def __init__(self, log: Lines, reading: Reading, most: int) -> None:
        self._log, self._reading, self._most = log, reading, most

    def cut(self, line: int) -> str:
        text = self._log.lines[line]
        return inert(cut_to(text, LINE_CHARS // 2, self._most, insight_errors.sign(text)))

    def sentences(self) -> Iterator[str]:
        """The most important first."""
        lines = self._log.lines
        blocks = [block for block in self._reading.blocks if block.kind is not SILENCE]
        kinds = Counter(block.kind.name for block in blocks)
        counts = ", ".join(f"{count:,} {name}" for name, count in kinds.most_common())
        yield f"{_count(lines, 'line')}, {_count(blocks, 'error block')}" + (f": {counts}" if counts else "")
        root = self._reading.root
        groups = sorted(insight_errors.distinct(self._log, self._reading.blocks), key=lambda same: root not in same)
        for same in groups[:1]:
            yield self._error("cause" if root in same else "error", same)
            yield from (f"  {self.cut(key)}" for key in self._further(same[0]))
        others = [self._error("error", same) for same in candidates(groups) if same is not groups[0]]
        yield from others[:_NEAREST]
        yield from self._ends()
        yield from others[_NEAREST:]
        yield from self._warnings()
        yield from self._repeated()

    def _further(self, block: Block) -> Iterator[int]:
        """The lines beside its sign that are not shown as the rhythm's end, and its others that tell something: of
        those alike one."""
        lines, shapes = self._log.lines, self._log.shapes
        beside = [at for at in (block.sign - 1, block.sign + 1) if 0 <= at < len(lines) and lines[at].strip()]
        beside = [at for at in beside if at not in stopping(self._log, self._reading)]
        told = {shapes[block.sign]}
        for line in [*beside, *block.keys[1:_KEYS]]:
            if shapes[line] not in told:
                told.add(shapes[line])
                yield line

    def _ends(self) -> Iterator[str]:
        around = stopping(self._log, self._reading)
        if around:
            yield f"the output's rhythm stops at line {(self._reading.stop or 0) + 1:,}:"
            yield from (f"  {self.cut(line)}" for line in around)
        last = len(self._log.lines) - 1
        yield f"first line: {self.cut(0)}"
        if last not in around:
            yield f"last line: {self.cut(last)}"

    def _error(self, title: str, same: Sequence[Block]) -> str:
        first, last = same[0], same[-1]
        times = f", x{len(same):,}, last at {last.start + 1:,}" if len(same) > 1 else ""
        survived = ", the job went on after it" if went_on(same, self._reading) else ""
        where = f"lines {first.start + 1:,}-{first.stop:,}" if first.stop > first.start + 1 else f"line {first.stop:,}"
        return f"{title}: {first.kind.name}, {where}{times}{survived}: {self.cut(first.sign)}"

    def _warnings(self) -> Iterator[str]:
        log = self._log
        warnings = sorted({log.at(match.start()) for match in _WARNING.finditer(log.text)})
        if warnings:
            yield f"{_count(warnings, 'line')} with a warning, first at {warnings[0] + 1:,}: {self.cut(warnings[0])}"

    def _repeated(self) -> Iterator[str]:
        shapes = self._log.shapes
        for shape, count in Counter(shapes).most_common(_REPEATED):
            if shape and count > 1:
                last = len(shapes) - 1 - shapes[::-1].index(shape)
                yield f"x{count:,} alike, last at {last + 1:,}: {self.cut(last)}"


def summary(log: Lines, reading: Reading, space: Space) -> Page:
    payload: list[str] = []
    spare = space.spare
    for sentence in islice(_Overview(log, reading, space.most).sentences(), space.lines):
        if (takes := cost(sentence) + LINE_END) <= spare:
            spare -= takes
            payload.append(sentence)
    return Page(payload, 0, 0)


def _count(things: Sequence[object], noun: str) -> str:
    return f"{len(things):,} {noun}{'' if len(things) == 1 else 's'}"
