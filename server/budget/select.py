"""What stays when not all fits: long lines cut, then the root cause with its surroundings, then the tail. Choice picks
entries within a size; Sheet renders them in order, each only when its turn comes."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

from pai_dlc_mcp.server.budget.fence import inert
from pai_dlc_mcp.server.budget.fold import Group, shown
from pai_dlc_mcp.server.budget.limits import size
from pai_dlc_mcp.server.insight.errors import Block

LINE_CHARS = 1000
CONTEXT_LINES = 10  # on either side of the first error block

_GAP_BYTES = 48  # of a marker for lines left out


def cut_line(line: bytes, most: int = LINE_CHARS, focus: int = 0) -> str:
    """At most `most` characters and three times as many bytes, plus how many characters were cut.

    `focus` is a byte offset that has to stay in sight."""
    if len(line) <= most:
        return line.decode(errors="replace")
    text = line.decode(errors="replace")
    at = len(line[:focus].decode(errors="ignore"))
    start = 0 if at < most * 3 // 4 else at - most // 4
    kept = text[start : start + most].encode("utf-8", "replace")[: 3 * most].decode(errors="ignore")
    before = f"[{start:,} chars cut] " if start else ""
    after = len(text) - start - len(kept)
    return before + kept + (f" [{after:,} chars cut]" if after else "")


def left_out(count: int, noun: str = "line") -> str:
    """The marker that stands for what is not shown."""
    return f"[... {count:,} {noun}{'' if count == 1 else 's'} left out ...]"


class Choice:
    """Positions chosen from a list of entries, the most important first, never above so many bytes and lines.

    What is missing at the start and the end is said beyond `most_lines`, in a line each."""

    def __init__(self, cost: Callable[[int], tuple[int, int]], room: int, most_lines: int | None = None) -> None:
        """`cost` says the bytes and the lines that an entry takes."""
        self.chosen: set[int] = set()
        self._cost = cost
        self._room = room - _GAP_BYTES
        self._most_lines = most_lines
        self._spent = self._lines = 0

    def take(self, order: Iterable[int], share: float = 1.0) -> None:
        """Take in `order` until the first that would bring the total above a share of what there is."""
        for position in order:
            if position in self.chosen:
                continue
            island = position - 1 not in self.chosen and position + 1 not in self.chosen
            cost, lines = self._cost(position)
            spent = self._spent + cost + (_GAP_BYTES if island else 0)
            lines += self._lines + (1 if island and self.chosen else 0)
            if spent > self._room * share or (self._most_lines is not None and lines > self._most_lines * share):
                return
            self._spent, self._lines = spent, lines
            self.chosen.add(position)

    def take_each(self, order: Iterable[int], share: float = 1.0) -> None:
        """As `take`, but one that does not fit is passed over."""
        for position in order:
            self.take((position,), share)


def outward(keys: Sequence[int], low: int, high: int) -> list[int]:
    """low..high (exclusive), from the first key outward, upward first: a traceback's cause stands under its frames."""
    if not keys:
        return []
    key = keys[0]
    return [*keys, *range(key, low - 1, -1), *range(key + 1, high)]


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
