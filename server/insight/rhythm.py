"""Recurring lines of a training loop in a log. An error after which they continue was survived; the place where they
stop for good is shown."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pai_dlc_mcp.server.insight.blocks import Block
from pai_dlc_mcp.server.insight.lines import Lines, body
from pai_dlc_mcp.server.insight.signatures import kind_of
from pai_dlc_mcp.server.insight.words import counts_steps, measures, trains_nothing

_LEAST = 3  # times a line comes back
_MOST = 200  # shapes asked, the most frequent
_GOES_ON = 3  # lines of it after a block: what was still in a buffer is fewer
_ROUNDS = 4  # of all ranks, in which one that lives is heard twice
_ASKED = 400  # lines asked for their rank


@dataclass(frozen=True)
class Rhythm:
    """`measured` and `stepped` are lines in order, by shape: the first count wherever they stand, the others where
    their shape came back before."""

    measured: Sequence[int]
    stepped: Sequence[Sequence[int]]
    log: Lines
    speakers: frozenset[int]

    @cached_property
    def stop(self) -> int | None:
        """The last line of the rhythm."""
        return max((at[-1] for at in (self.measured, *self.stepped) if at), default=None)

    def started(self, line: int) -> bool:
        """Whether it had been heard before a line."""
        return any(at and at[1] < line for at in (self.measured, *self.stepped))

    def goes_on(self, start: int, stop: int, who: int | None) -> bool:
        """Whether the job went on after lines start..stop (exclusive), said by a rank if it is known."""
        if self.stop is None or self.stop < stop:
            return False
        first = bisect_left(self.measured, stop)
        if len(self.speakers) > 1 and who in self.speakers:
            near = self.measured[first : first + _ROUNDS * len(self.speakers)]
            return sum(self.log.said(index).rank == who for index in near) > 1
        least = max(_GOES_ON, 2 * len(self.speakers) + 1)
        after = len(self.measured) - first
        if after < least:
            known = self.started(start)
            after += sum(len(at) - bisect_left(at, stop) for at in self.stepped if not known or at[1] < start)
        return after >= least


def rhythm(log: Lines, blocks: Iterable[Block]) -> Rhythm:
    """Lines of error blocks are none of it."""
    errors = {index for block in blocks for index in range(block.start, block.stop)}
    counts = log.times
    often = [(count, shape) for shape, count in counts.items() if count >= _LEAST and shape]
    candidates = {shape for _, shape in sorted(often, reverse=True)[:_MOST]}
    at: dict[bytes, list[int]] = {shape: [] for shape in candidates}
    for index, shape in enumerate(log.shapes):
        if shape in at and index not in errors:
            at[shape].append(index)
    measured: list[int] = []
    stepped: list[list[int]] = []
    for places in at.values():
        if len(places) < _LEAST:
            continue
        first, last = log.lines[places[0]], log.lines[places[-1]]
        if _is_sign(first, last):
            continue
        if measures(first):
            measured += places
        elif _steps(first, last):
            stepped.append(places)
    measured.sort()
    stepped = [places for places in stepped if not measured or places[0] < measured[-1]]
    said = measured or (stepped[0] if stepped else [])
    heard = Counter(who for index in said[:_ASKED] if (who := log.said(index).rank) is not None)
    speakers = frozenset(who for who, times in heard.items() if times > 1)
    return Rhythm(measured, stepped, log, speakers)


def _is_sign(first: bytes, last: bytes) -> bool:
    return kind_of(first) is not None or kind_of(last) is not None


def _steps(first: bytes, last: bytes) -> bool:
    words = body(first)
    return words != body(last) and counts_steps(words) and not trains_nothing(words)
