"""The lines of a view in order, folded, each rendered only when its turn comes."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

from pai_dlc_mcp.server.budget.blocks import Block
from pai_dlc_mcp.server.budget.cut import cut_line, left_out
from pai_dlc_mcp.server.budget.fence import inert
from pai_dlc_mcp.server.budget.fold import Group, shown
from pai_dlc_mcp.server.budget.limits import size

_BREAK = "--"  # as grep prints between lines that do not adjoin


@dataclass(frozen=True)
class Sheet:
    """`entries` are groups of `lines` in order of their first lines, or titles of ours between them."""

    lines: Sequence[bytes]
    entries: Sequence[Group | str]
    most: int  # characters of a line
    focus: Callable[[bytes], int]  # the byte of a long line that has to stay in sight
    breaks: Collection[int] = ()  # lines that do not adjoin the line before
    _seen: dict[int, list[str]] = field(default_factory=dict[int, list[str]], init=False)

    @cached_property
    def _before(self) -> list[int]:
        """How many lines the entries before a position stand for."""
        return list(accumulate((0 if isinstance(entry, str) else len(entry) for entry in self.entries), initial=0))

    def rendered(self, position: int) -> list[str]:
        if position not in self._seen:
            entry = self.entries[position]
            self._seen[position] = [entry] if isinstance(entry, str) else self._group(entry)
        return self._seen[position]

    def cost(self, position: int) -> tuple[int, int]:
        """The bytes, line ends included, and the lines that an entry takes."""
        lines = self.rendered(position)
        return sum(size(line) + 1 for line in lines), len(lines)

    def count(self, chosen: Iterable[int]) -> int:
        """How many lines of the log the chosen entries stand for."""
        return sum(self._before[position + 1] - self._before[position] for position in chosen)

    @property
    def available(self) -> int:
        return self._before[-1]

    def payload(self, chosen: Iterable[int]) -> list[str]:
        """The chosen entries, with a marker wherever lines are missing."""
        out: list[str] = []
        passed = 0
        for position in [*sorted(chosen), len(self.entries)]:
            missing = self._before[position] - passed
            out += [left_out(missing)] if missing else []
            if position < len(self.entries):
                out += self.rendered(position)
                passed = self._before[position + 1]
        return out

    def span(self, block: Block) -> tuple[list[int], int, int]:
        """Where a block's keys are among the entries, and its first entry and the one after its last."""
        low = bisect_left(self.entries, block.start, key=_first)
        high = bisect_left(self.entries, block.stop, key=_first)
        at = {line: position for position in range(low, high) for line in self.entries[position]}
        return [at[key] for key in block.keys], low, high

    def _group(self, group: Group) -> list[str]:
        texts = [self._line(line) + note for line, note in shown(self.lines, group)]
        return [_BREAK, *texts] if group[0] in self.breaks else texts

    def _line(self, line: bytes) -> str:
        return inert(cut_line(line, self.most, self.focus(line) if len(line) > self.most else 0))


def _first(entry: Group | str) -> int:
    return -1 if isinstance(entry, str) else entry[0]
