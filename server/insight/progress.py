"""How far a training is, from its log: step, loss, time a step; NaN, slow-down, standstill.

A line is progress if it tells a step or an epoch together with a loss, a total or a time: Megatron, HF Trainer, tqdm
and Lightning bars, nanoGPT, and `step N loss X` in any order. Patterns run on single lines of bounded length.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from pai_dlc_mcp.server.insight.lines import body
from pai_dlc_mcp.server.insight.timeline import took

_CHARS = 2000  # of a line
_NUMBER = rb"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_STEP = re.compile(
    rb"(?i)(?<![a-z])(?:iteration|iter|(?:global[_ ]?|train[_ ]?)?steps?|batch)['\"]?[ \t:=#\[(]{0,12}(\d{1,12})"
    rb"(?:[ \t]{0,12}/[ \t]{0,12}(\d{1,12}))?"
)
_EPOCH = re.compile(rb"(?i)(?<![a-z])epoch['\"]?[ \t:=#\[(]{0,4}(\d{1,6}(?:\.\d+)?)(?:[ \t]?/[ \t]?(\d{1,6}))?")
_BAR = re.compile(rb"(\d{1,12})/(\d{1,12}) \[[\d:]+<[\d:?]+, *(?:([\d.]+) ?(s/it|it/s))?")
_KERAS = re.compile(rb"\s*(\d{1,12})/(\d{1,12}) \[[=>. ]*\]")
_BARE = re.compile(rb"\s*\d{1,3}%\|")  # HF Trainer's
_LOSS = re.compile(
    rb"(?i)(?<![a-z])(?:(?:lm|train(?:ing)?)[ _/])?loss['\"]?[ \t]*[:=]?[ \t]*(nan|-?inf|" + _NUMBER + rb")"
)
_TIMES = (  # (pattern, seconds of its unit)
    (re.compile(rb"elapsed time per iteration \(ms\): *([\d.]+)"), 0.001),
    (re.compile(rb"(?i)(?<![a-z])(?:step[_ ]?time|iter[_ ]?time|time|dt)[ \t:=]{1,3}([\d.]+) ?ms\b"), 0.001),
    (re.compile(rb"(?i)(?<![a-z])(?:step[_ ]?time|iter[_ ]?time|sec(?:onds)?/step)[ \t:=]{1,3}([\d.]+) ?s?\b"), 1.0),
)
_NOT_TRAINING = re.compile(rb"(?i)(?<![a-z])(?:eval|val|valid|validation|test)(?:uation)?(?![a-z])")
_SIGNS = (b"oss", b"tep", b"ter", b"poch", b"TEP", b"OSS", b"it/s", b"s/it")  # of one of them at least
_SLOWER = 1.5  # times the median before
_STANDS = 20  # points that say the same
_TREND = 0.02  # of the first loss: less is level
_LEAST = 8  # points from which a trend is told


class Point(NamedTuple):
    """What one line tells; `line` counts from 1."""

    line: int
    step: int | None
    total: int | None
    epoch: float | None
    loss: float | None
    seconds: float | None


@dataclass(frozen=True)
class Progress:
    """Of all progress lines, oldest first; there is at least one."""

    points: Sequence[Point]

    @property
    def step(self) -> int | None:
        return next((point.step for point in reversed(self.points) if point.step is not None), None)

    @property
    def restarts(self) -> bool:
        """Steps are counted anew, in each epoch say."""
        steps = [point.step for point in self.points if point.step is not None]
        return any(after < before for before, after in pairwise(steps))

    @property
    def total(self) -> int | None:
        return next((point.total for point in reversed(self.points) if point.total), None)

    @property
    def epoch(self) -> float | None:
        return next((point.epoch for point in reversed(self.points) if point.epoch is not None), None)

    @property
    def losses(self) -> list[float]:
        return [point.loss for point in self.points if point.loss is not None and math.isfinite(point.loss)]

    @property
    def broken(self) -> Point | None:
        """The first whose loss is no number and after which none is again."""
        told = [point for point in self.points if point.loss is not None]
        found: Point | None = None
        for point in reversed(told):
            if point.loss is None or math.isfinite(point.loss):
                break
            found = point
        return found

    @property
    def times(self) -> list[float]:
        return [point.seconds for point in self.points if point.seconds]

    @property
    def slower(self) -> float | None:
        """How many times longer the last steps take than those before, if that is much."""
        times = self.times
        if len(times) < _LEAST:
            return None
        recent, before = times[-max(3, len(times) // 10) :], times[: len(times) // 2]
        factor = median(recent) / median(before)
        return factor if factor > _SLOWER else None

    @property
    def stands(self) -> bool:
        """Lines keep coming, and neither step nor loss moves."""
        recent = {(point.step, point.epoch, point.loss) for point in self.points[-_STANDS:]}
        return len(self.points) >= _STANDS and len(recent) == 1

    @property
    def eta(self) -> float | None:
        """Seconds to the last step, at the pace of the last ones."""
        if not (self.step and self.total and self.times) or self.total <= self.step or self.restarts:
            return None
        return (self.total - self.step) * median(self.times[-5:])


def read(lines: Iterable[bytes]) -> Progress | None:
    """None where no line is of a known form."""
    points = [point for number, line in enumerate(lines, 1) if (point := _point(number, line))]
    return Progress(points) if points else None


def _point(number: int, line: bytes) -> Point | None:
    if not any(sign in line for sign in _SIGNS):
        return None
    words = body(line)[:_CHARS]
    if _NOT_TRAINING.search(words):
        return None
    step, epoch, loss, bar = _STEP.search(words), _EPOCH.search(words), _LOSS.search(words), _BAR.search(words)
    seconds = _seconds(words, bar)
    counted = bar or _KERAS.match(words) or step
    total = counted[2] if counted else None
    if not (counted or epoch) or (loss is None and seconds is None and not total and not (epoch and epoch[2])):
        return None
    if bar and loss is None and not (epoch or step or _BARE.match(words)):
        return None  # a download's or a tokenizer's bar
    return Point(
        line=number,
        step=int(counted[1]) if counted else None,
        total=int(total) if total else None,
        epoch=float(epoch[1]) if epoch else None,
        loss=float(loss[1]) if loss else None,
        seconds=seconds,
    )


def _seconds(words: bytes, bar: re.Match[bytes] | None) -> float | None:
    for pattern, unit in _TIMES:
        if found := pattern.search(words):
            return _float(found[1]) * unit or None
    if bar and bar[3] and (rate := _float(bar[3])):
        return rate if bar[4] == b"s/it" else 1 / rate
    return None


def _float(digits: bytes) -> float:
    try:
        return float(digits)
    except ValueError:  # `1.2.3`
        return 0.0


def told(progress: Progress) -> str:
    """`step 450 of 1,000, loss 10.4 to 2.1 (falling), 2.0 s a step, 18 min to go`."""
    said: list[str] = []
    if progress.epoch is not None and (progress.step is None or progress.restarts):
        said.append(f"epoch {progress.epoch:g}")
    if progress.step is not None:
        said.append(f"step {progress.step:,}" + (f" of {progress.total:,}" if progress.total else ""))
    if losses := progress.losses:
        said.append(f"loss {losses[0]:.4g} to {losses[-1]:.4g}{_trend(losses)}")
    if broken := progress.broken:
        at = f"step {broken.step:,}" if broken.step is not None else f"log line {broken.line:,}"
        said.append(f"loss is {broken.loss} from {at} on")
    if times := progress.times:
        said.append(f"{median(times):.3g} s a step (median), {median(times[-3:]):.3g} s now")
    if factor := progress.slower:
        said.append(f"steps take {factor:.1f} times as long as before")
    if progress.stands:
        said.append(f"the last {_STANDS} progress lines are the same step")
    if (eta := progress.eta) is not None and not progress.broken:
        said.append(f"{took(eta)} to go at this pace")
    return ", ".join(said)


def _trend(losses: Sequence[float]) -> str:
    if len(losses) < _LEAST:
        return ""
    part = max(1, len(losses) // 5)
    before, now = median(losses[:part]), median(losses[-part:])
    if abs(now - before) <= _TREND * abs(before):
        return " (level)"
    return " (falling)" if now < before else " (rising)"
