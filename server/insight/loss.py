"""The loss of a training, read from its log: Megatron, Hugging Face, nanoGPT and `step N loss X` lines."""

import math
import re
from collections.abc import Iterable, Sequence

_LOSS = re.compile(
    r"(?i)(?<![a-z0-9_.])(?:lm|train(?:ing)?)?[ _/-]?loss['\"]?\s*[:=]?\s*"
    r"([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?|nan|[-+]?inf)\b"
)
_STEP = re.compile(r"(?i)(?<![a-z])(?:global[ _])?(?:iteration|iter|step)s?['\"]?\s*[:=#]?\s*(\d{1,9})")
_OTHERS = re.compile(r"(?i)(?:eval|val|valid|validation|test)[ _/]?(?:loss|step)")


def losses(lines: Iterable[str]) -> Sequence[tuple[int, float]]:
    """(step, loss) in the order of the log. Where lines name no step, they are counted; a step that comes again, after
    a restart, replaces what came after it before."""
    found: list[tuple[int | None, float]] = []
    for line in lines:
        told = _LOSS.search(line)
        if told and not _OTHERS.search(line):
            step = _STEP.search(line)
            found.append((int(step[1]) if step else None, float(told[1])))
    if any(step is None for step, _ in found):
        return [(number, loss) for number, (_, loss) in enumerate(found, 1)]
    kept: dict[int, float] = {}
    for step, loss in found:
        if step is not None:
            for later in [known for known in kept if known >= step] if step in kept else []:
                del kept[later]
            kept[step] = loss
    return list(kept.items())


def smooth(points: Sequence[tuple[int, float]], width: int) -> Sequence[tuple[int, float]]:
    """The mean of the finite losses of `width` points around each, as many on either side; fewer at the ends."""
    told: list[tuple[int, float]] = []
    for index, (step, _) in enumerate(points):
        side = min(width // 2, index, len(points) - 1 - index)
        near = points[index - side : index + side + 1]
        values = [loss for _, loss in near if math.isfinite(loss)]
        if values:
            told.append((step, sum(values) / len(values)))
    return told
