"""Repeats folded: groups of lines that say the same, first in the order of their first lines."""

import re
from collections.abc import Iterable, Sequence
from operator import itemgetter

from pai_dlc_mcp.server.insight.errors import Block
from pai_dlc_mcp.server.insight.lines import Lines, body, chunks, rank, spoken, with_ranks

Group = Sequence[int]  # line numbers from 0, ascending; a range for one, which costs the garbage collector nothing

_WINDOW = 8  # lines: ranks and bars speak in turn
_SPEAKERS = 1000  # lines of a group asked for their rank
_SHAPES = 1000  # remembered at a time
_LEAST = 4  # lines alike but not identical; three would take as many lines to say

_NUMBERS = b"0123456789.+- \t"
_HEX = re.compile(rb"0x[0-9a-fA-F]+")
_BAR_BODY = re.compile(rb"%\|[^|\n]*\|")
_BAR = re.compile(rb"\d%\||\d%[ |\[(]*[#=>\xe2]{2}|[\xe2][\x94\x96][\x80-\xbf]{1}\xe2[\x94\x96]")


def fold(log: Lines, blocks: Iterable[Block], breaks: Iterable[int] = ()) -> list[Group]:
    """Every line in exactly one group; no group reaches across a break or into an error block.

    Lines of an error block fold only when identical but for clock and rank."""
    shapes = shapes_of(log.text)
    groups: list[Group] = []
    ends = iter([*breaks, len(log.lines)])
    end = next(ends)
    done = 0
    for block in [*blocks, None]:
        start = block.start if block else len(log.lines)
        while end < start:
            _fold_alike(shapes, done, end, groups)
            done, end = max(done, end), next(ends)
        _fold_alike(shapes, done, start, groups)
        if block and block.kind.alike:
            _fold_alike(shapes, start, block.stop, groups)
        elif block:
            _fold_identical(log.lines, start, block.stop, groups)
        done = block.stop if block else start
    return _unfold_few(log.lines, groups)


def is_bar(line: bytes) -> bool:
    """A progress bar: tqdm, Lightning, rich, pip."""
    return _BAR.search(line) is not None


def shapes_of(text: bytes) -> list[bytes]:
    """Each line without its numbers: step, rank, host, clock and address are all numbers to this."""
    return b"".join(_shape(chunk) for chunk in chunks(text)).split(b"\n")


def _shape(text: bytes) -> bytes:
    if b"0x" in text:
        text = _HEX.sub(b"", text)
    if b"%|" in text:
        text = _BAR_BODY.sub(b"", text)
    return text.translate(None, _NUMBERS)


def _fold_alike(shapes: Sequence[bytes], start: int, stop: int, groups: list[Group]) -> None:
    latest: dict[bytes, int] = {}  # shape -> which group
    for index in range(start, stop):
        at = latest.get(shapes[index])
        if at is None or index - groups[at][-1] > _WINDOW:
            if len(latest) >= _SHAPES:  # forget those out of reach: a small table stays in the cache
                latest = {shape: at for shape, at in latest.items() if index - groups[at][-1] <= _WINDOW}
            latest[shapes[index]] = len(groups)
            groups.append(range(index, index + 1))
        else:
            _join(groups, at, index)


def _join(groups: list[Group], at: int, index: int) -> None:
    group = groups[at]
    if isinstance(group, list):
        group.append(index)
    else:
        groups[at] = [*group, index]


def _fold_identical(lines: Sequence[bytes], start: int, stop: int, groups: list[Group]) -> None:
    """The nth time a rank says something joins the nth time the others say it: tracebacks of ranks interleave."""
    said: dict[tuple[int | None, bytes], int] = {}
    known: dict[tuple[int, bytes], list[int]] = {}
    previous, turn = None, 0
    for index in range(start, stop):
        who, words = spoken(lines[index])
        if words != previous:
            turn = said.get((who, words), 0) + 1
        said[who, words] = turn
        group = known.get((turn, words)) if who is not None or words == previous else None
        if group is None:
            known[turn, words] = group = list[int]()
            groups.append(group)
        group.append(index)
        previous = words


def _unfold_few(lines: Sequence[bytes], groups: list[Group]) -> list[Group]:
    """Two or three lines that differ take no more room than their fold would."""
    kept: list[Group] = []
    for group in groups:
        if 1 < len(group) < _LEAST and not is_bar(lines[group[0]]) and not same(lines, group):
            kept += (range(index, index + 1) for index in group)
        else:
            kept.append(group)
    return sorted(kept, key=itemgetter(0))


def same(lines: Sequence[bytes], group: Group) -> bool:
    """Identical but for clock and rank."""
    first = lines[group[0]]
    words = body(first)
    return all(lines[index] == first or body(lines[index]) == words for index in group)


def shown(lines: Sequence[bytes], group: Group) -> list[tuple[bytes, str]]:
    """What is printed of a group: lines, with their ranks, and a note behind each."""
    first, last = group[0], group[-1]
    if len(group) == 1 or not lines[last].strip():
        return [(lines[first], "")]
    speakers = {who for index in group[:_SPEAKERS] if (who := rank(lines[index])) is not None}
    if is_bar(lines[last]):
        return [(with_ranks(lines[last], _spans(speakers)), f" [last of {len(group):,} states]")]
    if same(lines, group):
        times = f" [x{len(group):,}]" if len(group) > len(speakers) else ""
        return [(with_ranks(lines[first], _spans(speakers)), times)]
    note = f" [x{len(group):,} alike, first above]"
    return [(lines[first], ""), (with_ranks(lines[last], _spans(speakers)), note)]


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
