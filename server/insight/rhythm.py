"""The regular rhythm of a log: lines of training that come back with other numbers. Where it goes on after an error, the
error was survived; where it stops for good is where to look."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pai_dlc_mcp.server.insight.lines import Lines, body, rank
from pai_dlc_mcp.server.insight.signatures import kind_of

_LEAST = 3  # times a line comes back
_MOST = 200  # shapes asked, the most frequent
_GOES_ON = 3  # lines of it after a block: what was still in a buffer is fewer
_ASKED = 400  # lines asked for their rank

# Words of a measured step: nothing else says them
_MEASURES = re.compile(
    rb"(?i)\bloss(?:es)?\b|_loss\b|\bgrad_?norm|grad norm|(?:it|iter|iters|step|steps|sample|samples|seq|img|imgs|images?|tokens?|tok|examples?|batch|batches|B)/s(?:ec)?\b"
    rb"|\bs/(?:it|step|iter|batch)\b|\bms/(?:step|iter|batch)|learning[_ ]rate|\blr[ =:]|throughput|\bmfu\b|tflops|perplexity|\bppl\b|\breward|\bEpoch \d+[ /:\[]|\bETA\b|\beta:"
    rb"|\d%\||\d+%[ |\[(]*[#=>\xe2]{2}|(?:train|valid|eval|test)-\w+:|\b(?:acc|accuracy|auc|rmse|logloss|kl|entropy)\b ?[=:]|samples per second"
    rb"|\xe6\x8d\x9f\xe5\xa4\xb1|\xe5\xad\xa6\xe4\xb9\xa0\xe7\x8e\x87"  # loss, learning rate
)
_STEPS = re.compile(
    rb"(?i)\b(?:global[_ ]?)?(?:steps?|iter(?:ation)?s?|epochs?|batch(?:es)?|round|update|progress|processed|trial|episode|rollout|consumed|eval|train(?:ing)?|acc|samples|tokens|frames?)\b"
    rb"|\d+ ?/ ?\d+|\xe6\xad\xa5|\xe8\xbd\xae|\xe8\xbf\xad\xe4\xbb\xa3"  # step, round, iteration
)
# Words of setting up, of waiting and of shutting down: such a line may come back and its numbers grow, it trains nothing
_OTHER = re.compile(
    rb"(?i)sigterm|\bsignal|watchdog|heart ?beat|keep-?alive|\babort|shut(?:ting)? ?down|terminat|\bkill|destroy|clean(?:ing)? ?up|\bretr(?:y|ies)|wait(?:ing|ed)?\b|tim(?:ed|e) ?-?out|\bexit|disconnect|reconnect|\bclos(?:e|ed|ing)\b"
    rb"|NCCL|\bping\b|util(?:ization)?\b|monitor|traceback|File \"|core dump|flush|upload|wandb|unregister|releas|tear(?:ing)? ?down|stopp(?:ed|ing)|frame #|worker_?group|\bpid\b|leaked|deregister|drain|dump|\bcomm 0x|Channel \d|died|lost|dead|fail|error"
)

_TEARDOWN = re.compile(
    rb"(?i)sigterm|watchdog|heart ?beat|keep-?alive|shut(?:ting)? ?down|clean(?:ing)? ?up|\bretr(?:y|ies|ying)|waiting|disconnect|reconnect|\bclosing\b|NCCL INFO|\bping\b|flush|upload|wandb|unregister|releas|tear(?:ing)? ?down"
    rb"|frame #|leaked|deregister|drain|core dump|\bcomm 0x|destroy|resource_tracker|semaphore|\bat exit\b|File \"|^\s"
)


@dataclass(frozen=True)
class Rhythm:
    """`measured` and `stepped` are lines in order, by shape: the first count wherever they stand, the others where
    their shape came back before."""

    measured: Sequence[int]
    stepped: Sequence[Sequence[int]]
    lines: Sequence[bytes]
    speakers: frozenset[int]

    @property
    def stop(self) -> int | None:
        """The last line of the rhythm."""
        return max((at[-1] for at in (self.measured, *self.stepped) if at), default=None)

    def started(self, line: int) -> bool:
        """Whether it had been heard before a line."""
        return any(len(at) > 1 and at[1] < line for at in (self.measured, *self.stepped))

    def goes_on(self, start: int, stop: int, who: int | None) -> bool:
        """Whether the job went on after lines start..stop (exclusive), said by a rank if it is known."""
        after = self.measured[bisect_left(self.measured, stop) :]
        if len(self.speakers) > 1 and who in self.speakers:
            return sum(rank(self.lines[index]) == who for index in after[:_ASKED]) > 1
        least = max(_GOES_ON, 2 * len(self.speakers) + 1)
        if len(after) >= least:
            return True
        known = self.started(start)
        stepped = sum(
            len(at) - bisect_right(at, stop) for at in self.stepped if not known or (len(at) > 1 and at[1] < start)
        )
        return len(after) + stepped >= least


def rhythm(log: Lines) -> Rhythm:
    counts = Counter(log.shapes)
    often = [(count, shape) for shape, count in counts.items() if count >= _LEAST and shape]
    candidates = {shape for _, shape in sorted(often, reverse=True)[:_MOST]}
    at: dict[bytes, list[int]] = {shape: [] for shape in candidates}
    for index, shape in enumerate(log.shapes):
        if shape in at:
            at[shape].append(index)
    measured: list[int] = []
    stepped: list[list[int]] = []
    for places in at.values():
        first, last = log.lines[places[0]], log.lines[places[-1]]
        if _is_sign(first, last):
            continue
        if _MEASURES.search(first):
            measured += places
        elif _steps(first, last):
            stepped.append(places)
    measured.sort()
    said = measured or (stepped[0] if stepped else [])
    speakers = frozenset(who for index in said[:_ASKED] if (who := rank(log.lines[index])) is not None)
    return Rhythm(measured, stepped, log.lines, speakers)


def _is_sign(first: bytes, last: bytes) -> bool:
    return kind_of(first) is not None or kind_of(last) is not None


def _steps(first: bytes, last: bytes) -> bool:
    words = body(first)
    return words != body(last) and _STEPS.search(words) is not None and not _OTHER.search(words)


def trains_nothing(words: bytes) -> bool:
    """A line of setting up, waiting or shutting down."""
    return _OTHER.search(words) is not None


def tears_down(words: bytes) -> bool:
    """A line of waiting or shutting down."""
    return _TEARDOWN.search(words) is not None
