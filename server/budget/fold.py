"""Folds repeated lines: which are printed, in the log's order, and how many each of them stands for."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from pai_dlc_mcp.server.budget.spread import LINES, spread
from pai_dlc_mcp.server.insight.errors import Block
from pai_dlc_mcp.server.insight.lines import Lines, body, rank, with_ranks

Group = Sequence[int]  # line numbers from 0, ascending


@dataclass(frozen=True, slots=True)
class Fold:
    """The line printed for a group. `hides` counts the lines of the group that are not printed."""

    line: int
    group: Group
    hides: int


Entry = int | Fold  # a line as it stands, or what is printed for several

_WINDOW = 8  # lines: ranks and bars speak in turn
_SPEAKERS = 1000  # lines of a group asked for their rank
_SHAPES = 1000  # remembered at a time
_LEAST = 4  # lines alike but not identical; three would take as many lines to say

_BAR = re.compile(rb"\d%\||\d%[ |\[(]*[#=>\xe2]{2}|[\xe2][\x94\x96][\x80-\xbf]{1}\xe2[\x94\x96]")


def unfolded(log: Lines) -> list[Entry]:
    return list(range(len(log.lines)))


def fold(log: Lines, blocks: Iterable[Block], apart: Collection[int] = ()) -> list[Entry]:
    """What is printed, by line; every line of the log is printed or hidden by exactly one entry. Those `apart` are
    printed, and what is printed last says what the log's last line says.

    Nothing folds into an error block; its own lines fold only when identical but for clock and rank."""
    shapes = log.shapes
    if apart:
        shapes = [*shapes]
        for line in apart:
            shapes[line] = b"%d" % line  # a shape has no numbers: it is like no other
    entries: list[Entry] = []
    done = 0
    for block in blocks:
        entries += _alike(log.lines, shapes, done, block.start)
        if block.kind.alike:
            entries += _alike(log.lines, shapes, block.start, block.stop)
        else:
            entries += _identical(log, block.start, block.stop)
        done = block.stop
    entries += _alike(log.lines, shapes, done, len(log.lines))
    return _ending(entries, len(log.lines) - 1)


def line_of(entry: Entry) -> int:
    return entry if isinstance(entry, int) else entry.line


def hides(entry: Entry) -> int:
    return 0 if isinstance(entry, int) else entry.hides


def is_bar(line: bytes) -> bool:
    """A progress bar: tqdm, Lightning, rich, pip."""
    return (b"%" in line or b"\xe2" in line) and _BAR.search(line) is not None


def _alike(lines: Sequence[bytes], shapes: Sequence[bytes], start: int, stop: int) -> list[Entry]:
    if stop - start < 2:
        return [*range(start, stop)]
    latest: dict[bytes, list[int]] = {}
    groups: list[list[int]] = []
    for shape, run in groupby(range(start, stop), key=shapes.__getitem__):
        found = [*run]
        group = latest.get(shape)
        if group is not None and found[0] - group[-1] <= _WINDOW:
            group += found
            continue
        if len(latest) >= _SHAPES:  # forget those out of reach: a small table stays in the cache
            latest = {shape: group for shape, group in latest.items() if found[0] - group[-1] <= _WINDOW}
        latest[shape] = found
        groups.append(found)
    entries: list[Entry] = []
    for group in groups:
        if len(group) == 1:
            entries.append(group[0])
        else:
            entries += _printed(lines, group)
    return entries if len(groups) == stop - start else _in_order(entries)


def _printed(lines: Sequence[bytes], group: Group) -> Iterable[Entry]:
    """The last state of a bar, one of identical lines, the first and the last of many alike."""
    last = group[-1]
    if is_bar(lines[last]) or same(lines, group):
        return (Fold(last, group, len(group) - 1),)
    if len(group) < _LEAST:
        return group
    return (group[0], Fold(last, group, len(group) - 2))


def _identical(log: Lines, start: int, stop: int) -> list[Entry]:
    """The nth time a rank says something joins the nth time the others say it: tracebacks of ranks interleave. The
    first is printed, so that frames stay in order."""
    if stop - start == 1:
        return [start]
    said: dict[tuple[int | None, bytes], int] = {}
    known: dict[tuple[int, bytes], list[int]] = {}
    groups: list[list[int]] = []
    previous, turn = None, 0
    for index in range(start, stop):
        words, who, _ = log.said(index)
        if words != previous:
            turn = said.get((who, words), 0) + 1
        said[who, words] = turn
        group = known.get((turn, words)) if who is not None or words == previous else None
        if group is None:
            known[turn, words] = group = list[int]()
            groups.append(group)
        group.append(index)
        previous = words
    return [group[0] if len(group) == 1 else Fold(group[0], group, len(group) - 1) for group in groups]


def _in_order(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=line_of)


def _ending(entries: list[Entry], last: int) -> list[Entry]:
    """What is printed last says what the log's last line says: where that is hidden further up, it stands alone."""
    for position in range(len(entries) - 2, -1, -1):
        entry = entries[position]
        if isinstance(entry, Fold) and entry.group[-1] == last:
            rest = entry.group[:-1]
            entries[position] = Fold(entry.line, rest, len(rest) - 1) if len(rest) > 1 else entry.line
            return [*entries, last]
    return entries


def same(lines: Sequence[bytes], group: Group) -> bool:
    """Identical but for clock and rank."""
    first = lines[group[0]]
    words = body(first)
    return all(lines[index] == first or body(lines[index]) == words for index in group)


def shown(lines: Sequence[bytes], entry: Entry) -> tuple[bytes, str]:
    """The line printed for an entry, with the ranks that said it, and what it stands for."""
    if isinstance(entry, int):
        return lines[entry], ""
    line, group = lines[entry.line], entry.group
    if not line.strip():
        return line, ""
    speakers = {who for index in group[:_SPEAKERS] if (who := rank(lines[index])) is not None}
    if is_bar(line):
        return with_ranks(line, _spans(speakers)), f" [last of {len(group):,} states]"
    if same(lines, group):
        times = f" [x{len(group):,}]" if len(group) > len(speakers) else ""
        return with_ranks(line, _spans(speakers)), times
    varied = spread([lines[index] for index in group[-LINES:]])
    part = f"; the last {LINES:,}: " if len(group) > LINES else ": "
    return line, f" [x{len(group):,} alike{part + varied if varied else ''}]"


def _spans(numbers: set[int]) -> bytes:
    """0-3,7"""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    text = ",".join(f"{low}-{high}" if high > low else f"{low}" for low, high in spans[:8])
    return (text + (",..." if len(spans) > 8 else "")).encode()
