"""The lines of a view in order, folded, each rendered only when its turn comes."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from pai_dlc_mcp.server.budget.blocks import Block
from pai_dlc_mcp.server.budget.cut import cut_line, left_out
from pai_dlc_mcp.server.budget.estimate import size
from pai_dlc_mcp.server.budget.fence import inert
from pai_dlc_mcp.server.budget.fold import Group, shown

_BREAK = "--"  # as grep prints between lines that do not adjoin


@dataclass(frozen=True)
class Sheet:
    """`entries` are groups of `lines` in order of their first lines, or titles of ours between them."""

    lines: Sequence[bytes]
    entries: Sequence[Group | str]
    most: int  # characters and bytes of a line
    focus: Callable[[bytes], int]  # the byte of a long line that has to stay in sight
    breaks: Collection[int] = ()  # lines that do not adjoin the line before
    _seen: dict[int, list[str]] = field(default_factory=dict[int, list[str]])

    def rendered(self, position: int) -> list[str]:
        if position not in self._seen:
            entry = self.entries[position]
            self._seen[position] = [entry] if isinstance(entry, str) else self._group(entry)
        return self._seen[position]

    def cost(self, position: int) -> int:
        """Bytes, line ends included."""
        return sum(size(line) + 1 for line in self.rendered(position))

    def count(self, position: int) -> int:
        """How many lines of the log an entry stands for."""
        entry = self.entries[position]
        return 0 if isinstance(entry, str) else len(entry)

    def payload(self, chosen: Collection[int]) -> list[str]:
        """The chosen entries, with a marker wherever lines are missing."""
        out: list[str] = []
        missing = 0
        for position in range(len(self.entries)):
            if position in chosen:
                out += [left_out(missing)] if missing else []
                out += self.rendered(position)
                missing = 0
            else:
                missing += self.count(position)
        return out + ([left_out(missing)] if missing else [])

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
