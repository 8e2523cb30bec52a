"""Chooses the lines to print when not all fit: long lines are cut, and entries chosen within a size. Sheet renders
entries in the order of the log, each only when it is needed."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pai_dlc_mcp.server.budget.fence import inert
from pai_dlc_mcp.server.budget.fold import Entry, hides, line_of, shown
from pai_dlc_mcp.server.budget.limits import LINE_END, cost

LINE_CHARS = 1000
_LEAST_CHARS = 40


def cut_line(line: bytes, most: int = LINE_CHARS, focus: int = 0) -> str:
    """The head of a long line, what stands at `focus` (a byte offset), and the last fifth: `most` characters in all,
    plus how many were cut in between."""
    if len(line) <= most:
        return line.decode(errors="replace")
    text = line.decode(errors="replace")
    if len(text) <= most:
        return text
    last = len(text) - most // 5
    at = len(line[:focus].decode(errors="ignore"))
    head = most - most // 5
    if at < head - most // 5 or at >= last:
        parts = [(0, head), (last, len(text))]
    else:  # a tenth of what stands before it
        start = at - most // 10
        end = min(start + most * 2 // 5, last)
        parts = [(0, most * 2 // 5), (start, end), (last, len(text))]
    return "".join(_parts(text, parts))


def cut_to(line: bytes, most: int, spare: int, focus: int = 0) -> str:
    """As cut_line, and shorter where even that would take more than `spare`, in thousandths of a token."""
    text = cut_line(line, most, focus)
    takes = cost(text)
    return text if takes <= spare else cut_line(line, max(_LEAST_CHARS, most * spare // takes), focus)


def _parts(text: str, parts: Sequence[tuple[int, int]]) -> Iterator[str]:
    passed = 0
    for start, end in parts:
        if start > passed:
            yield f" [{start - passed:,} chars cut] "
        yield text[max(start, passed) : end]
        passed = max(passed, end)


def left_out(count: int, noun: str = "line") -> str:
    """The marker that stands for what is not shown."""
    return f"[... {count:,} {noun}{'' if count == 1 else 's'} left out ...]"


GAP = cost(left_out(9_999_999)) + LINE_END


class Choice:
    """Positions chosen from a list of entries, the most important first, never above so much and so many lines.

    What is missing at the start and the end is said beyond `most_lines`, in a line each."""

    def __init__(self, cost: Callable[[int], tuple[int, int]], room: int, most_lines: int | None = None) -> None:
        """`cost` says what an entry takes, in thousandths of a token, and its lines."""
        self.chosen: set[int] = set()
        self._cost = cost
        self._room = room - GAP
        self._most_lines = most_lines
        self._spent = self._lines = 0

    def take(self, order: Iterable[int], share: float = 1.0) -> None:
        """Take in `order` until the first that would bring the total above a share of what there is."""
        for position in order:
            if position in self.chosen:
                continue
            island = position - 1 not in self.chosen and position + 1 not in self.chosen
            cost, lines = self._cost(position)
            spent = self._spent + cost + (GAP if island else 0)
            lines += self._lines + (1 if island and self.chosen else 0)
            if spent > self._room * share or (self._most_lines is not None and lines > self._most_lines * share):
                return
            self._spent, self._lines = spent, lines
            self.chosen.add(position)

    def take_each(self, order: Iterable[int], share: float = 1.0) -> None:
        """As `take`, but one that does not fit is passed over."""
        for position in order:
            self.take((position,), share)


@dataclass(frozen=True)
class Sheet:
    """`entries` in the order of the lines they print."""

    lines: Sequence[bytes]
    entries: Sequence[Entry]
    most: int  # what one line may take, in thousandths of a token
    focus: Callable[[bytes], int]  # the byte of a long line that has to stay in sight
    notes: Mapping[int, str] = field(default_factory=dict[int, str])  # said behind a line
    before: Mapping[int, str] = field(default_factory=dict[int, str])  # a line of ours above a line
    _seen: dict[int, list[str]] = field(default_factory=dict[int, list[str]], init=False)

    def rendered(self, position: int) -> list[str]:
        if position not in self._seen:
            self._seen[position] = self._render(self.entries[position])
        return self._seen[position]

    def cost(self, position: int) -> tuple[int, int]:
        """What an entry takes, line ends included, and its lines."""
        lines = self.rendered(position)
        return sum(cost(line) + LINE_END for line in lines), len(lines)

    def hidden(self, chosen: Iterable[int]) -> int:
        """How many lines the chosen entries stand for besides those they print."""
        return sum(hides(self.entries[position]) for position in chosen)

    def payload(self, chosen: Iterable[int]) -> list[str]:
        """The chosen entries, with a marker wherever lines are missing."""
        out: list[str] = []
        passed = 0
        for position in [*sorted(chosen), len(self.entries)]:
            missing = sum(1 + hides(entry) for entry in self.entries[passed:position])
            out += [left_out(missing)] if missing else []
            if position < len(self.entries):
                out += self.rendered(position)
                passed = position + 1
        return out

    def at(self, line: int) -> int:
        """The position of the first entry that prints this line or one after it."""
        return bisect_left(self.entries, line, key=line_of)

    def span(self, start: int, stop: int) -> range:
        """The positions of the entries that print lines start..stop (exclusive)."""
        return range(self.at(start), self.at(stop))

    def places(self, lines: Iterable[int]) -> list[int]:
        """The positions of the entries that print these lines, or where they are hidden in an entry of others."""
        return [at for line in lines if (at := self.at(line)) < len(self.entries)]

    def _render(self, entry: Entry) -> list[str]:
        line = line_of(entry)
        words, note = shown(self.lines, entry)
        focus = self.focus(words) if len(words) > _LEAST_CHARS else 0
        text = inert(cut_to(words, LINE_CHARS, self.most, focus))
        printed = text + note + self.notes.get(line, "")
        return [self.before[line], printed] if line in self.before else [printed]
