"""What stays when not all fits: long lines cut, then the root cause with its surroundings, then the tail."""

from collections.abc import Callable, Iterable, Sequence

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
