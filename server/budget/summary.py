"""A log in a few lines: how much, what failed where, what it warns of, what it repeats."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from pai_dlc_mcp.server.budget import re2
from pai_dlc_mcp.server.budget.blocks import Block
from pai_dlc_mcp.server.budget.fold import shapes_of
from pai_dlc_mcp.server.budget.lines import Lines

_WARNING = re2.compile(r"(?i)\bwarn(?:ing)?\b|\w+Warning:", one_line=True)
_SHAPES = 8  # of the repeated lines shown
_KEYS = 8  # lines of the first error: a chain of exceptions, or torchrun's entry


def summary(
    log: Lines, found: Sequence[Block], distinct: Sequence[Sequence[Block]], cut: Callable[[int], str]
) -> Iterator[str]:
    """The most important first. `cut` renders the line of a number; numbers shown count from 1."""
    kinds = Counter(block.kind.name for block in found)
    counts = ", ".join(f"{count:,} {name}" for name, count in kinds.most_common())
    yield f"{_count(log.lines, 'line')}, {_count(found, 'error block')}" + (f": {counts}" if counts else "")
    for same in distinct[:1]:
        yield _error("nearest to the cause", same, cut)
        yield from (f"  {cut(key)}" for key in same[0].keys[1:_KEYS])
    if log.lines:
        yield f"first line: {cut(0)}"
        yield f"last line: {cut(len(log.lines) - 1)}"
    for same in distinct[1:]:
        yield _error("error", same, cut)
    warnings = sorted({log.at(match.start()) for match in _WARNING.finditer(log.text)})
    if warnings:
        yield f"{_count(warnings, 'line')} with a warning, first at {warnings[0] + 1:,}: {cut(warnings[0])}"
    shapes = shapes_of(log.text)
    for shape, count in Counter(shapes).most_common(_SHAPES):
        if shape and count > 1:
            yield f"x{count:,} alike, last at {_last(shapes, shape) + 1:,}: {cut(_last(shapes, shape))}"


def _count(things: Sequence[object], noun: str) -> str:
    return f"{len(things):,} {noun}{'' if len(things) == 1 else 's'}"


def _error(title: str, same: Sequence[Block], cut: Callable[[int], str]) -> str:
    first, last = same[0], same[-1]
    times = f", x{len(same):,}, last at {last.start + 1:,}" if len(same) > 1 else ""
    return f"{title}: {first.kind.name}, lines {first.start + 1:,}-{first.stop:,}{times}: {cut(first.keys[0])}"


def _last(shapes: Sequence[bytes], shape: bytes) -> int:
    return next(index for index in range(len(shapes) - 1, -1, -1) if shapes[index] == shape)
