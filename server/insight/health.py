"""Rules about a job's health: what it is stuck on, whether it hangs, its restarts, its sanity figures. Texts are
cleaned and redacted by the caller."""

import json
import re
from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple, cast

# What the kubelet or the scheduler says while a job waits, what that is, and what says that it is over. The first
# phrase found is counted: the others come with it.
_STUCK = {
    "image pull failed": (("failed to pull image", "errimagepull", "imagepullbackoff"), "successfully pulled image"),
    "the container could not be started": (
        ("failed to create containerd task", "runcontainererror"),
        "started container",
    ),
    "a volume could not be mounted": (
        ("failedmount", "mountvolume", "unable to attach or mount", "mount.nfs"),
        "started container",
    ),
    "no stock of the instance type": (("resource type is not enough", "resourceallocatefailed"), "created pod"),
    "no node fits": (("failedscheduling", "unschedulable", "nodes are available"), "successfully assigned"),
}


class Trouble(NamedTuple):
    """What events repeat: `image pull failed`, how often, and the text of the last."""

    what: str
    times: int
    last: str

    def __str__(self) -> str:
        return f"{self.what} {self.times} time{'s' * (self.times > 1)}: {self.last}"


def trouble(events: Sequence[str]) -> Trouble | None:
    """The first of the known troubles that these event texts, oldest first, do not say to be over."""
    texts = [text.lower() for text in events]
    for what, (phrases, over) in _STUCK.items():
        begin = max((index + 1 for index, text in enumerate(texts) if over in text), default=0)
        for phrase in phrases:
            if hits := [events[index] for index in range(begin, len(events)) if phrase in texts[index]]:
                return Trouble(what, len(hits), hits[-1])
    return None


class Hang(NamedTuple):
    """`sure`: 0 alive, 1 suspected, 2 highly likely."""

    sure: int
    what: str


_WAITS_FOR = re.compile(
    rb"(?i)wait(?:ing|s|ed)? for (?:the )?([\w.-]{1,80}?\d)\b[\w .]{0,30}\b(?:to )?(?:join|connect|be ready|rendezvous)"
)
_WAITS = re.compile(
    rb"(?i)rendezvous.{0,80}\b(?:waiting|timeout|timed out)"
    rb"|waiting for (?:all |other )?(?:workers|peers|nodes|ranks|members)"
)
_NCCL_INIT = re.compile(
    rb"NCCL INFO (?:Bootstrap|NET/|Using network|cudaDriverVersion|NCCL version|comm 0x\w+ rank \d+ .*Init START)"
    rb"|ncclCommInitRank|init_process_group|Initializing (?:process group|NCCL|distributed)"
)
_LAST_LINES = 5
_MINUTE = 60.0


def hang(
    silent: float, ran: float, last_lines: Sequence[bytes], *, stands: bool, gpu_percent: float | None
) -> Hang | None:
    """The verdict on a running job, None for one that lives.

    `silent`: seconds since the log's last line, at least; `ran`: seconds the pods have run; `last_lines` of the log;
    `stands`: its progress lines repeat one step; `gpu_percent`: mean use in the silence, None where unknown.
    """
    tail = list(last_lines[-_LAST_LINES:])
    waits = [_WAITS_FOR.search(line) or _WAITS.search(line) for line in tail]
    if sum(map(bool, waits)) * 2 > len(tail) and ran > 5 * _MINUTE:
        who = next((match[1] for match in reversed(waits) if match and match.re is _WAITS_FOR), None)
        return Hang(1, f"a peer is missing: {who.decode()}" if who else "waits for peers that do not join")
    if silent >= 10 * _MINUTE and tail and _NCCL_INIT.search(tail[-1]):
        return Hang(1 + (gpu_percent == 0), "suspected hang while NCCL sets up its communicator")
    idle = gpu_percent is not None and gpu_percent < 1
    if silent >= 30 * _MINUTE:
        if idle:
            return Hang(2, "hang highly likely: no line for 30 min and no GPU use")
        return Hang(1, "suspected hang: no line for 30 min")
    if silent >= 10 * _MINUTE and idle:
        return Hang(1, "suspected hang: no line for 10 min and no GPU use")
    if stands:
        return Hang(1, "stalled: output flows, step and loss do not move")
    return None


class RestartBudget(NamedTuple):
    used: int
    limit: int

    @property
    def verdict(self) -> str:
        if self.used >= self.limit:
            return "used up: the next failure is final"
        if self.used > 0.8 * self.limit:
            return "critical"
        return "healthy" if self.used < 0.2 * self.limit else "partly used"


_ON = re.compile(r"--enable-job-restart(?:[ =](\w+))?")
_MAX = re.compile(r"--max-num-of-job-restart[ =](\d{1,6})\b")
_RESTARTS = 3  # AIMaster's default


def restart_budget(used: int, *, aimaster: bool, arguments: str) -> RestartBudget | None:
    """None where nothing restarts the job: AIMaster does so only with --enable-job-restart=True."""
    on = _ON.search(arguments)
    if not aimaster or not on or (on[1] or "true").lower() != "true":
        return None
    given = _MAX.search(arguments)
    return RestartBudget(used, int(given[1]) if given else _RESTARTS)


class Outlier(NamedTuple):
    """A node whose figure is off what is usual; `off` is a share, below zero for a lower figure."""

    node: str
    figure: str
    value: float
    usual: float
    off: float

    @property
    def significant(self) -> bool:
        return abs(self.off) > _SIGNIFICANT


_OFF, _SIGNIFICANT = 0.05, 0.10
_LOWER_IS_BETTER = re.compile(r"(?i)(?<![/\w])(?:[mun]?s|sec(?:ond)?s?)\b|latency|time")
_UNITS = ("unit", "units")


def outliers(message: str) -> list[Outlier]:
    """Nodes that are 5 % worse than the median, by a sanity check's figures: JSON, `{"gemm": {node: number}}`."""
    try:
        told: object = json.loads(message)
    except (ValueError, RecursionError):
        return []
    figures = cast("dict[str, object]", told if isinstance(told, dict) else {})
    unit = " ".join(str(figures[name]) for name in _UNITS if name in figures)
    return [found for name, values in figures.items() for found in _outliers(str(name), values, unit)]


def _outliers(name: str, values: object, unit: str) -> Iterator[Outlier]:
    if not isinstance(values, dict):
        return
    pairs = cast("dict[str, object]", values).items()
    numbers = {node: float(value) for node, value in pairs if isinstance(value, int | float)}
    worse = 1 if _LOWER_IS_BETTER.search(f"{name} {unit}") else -1
    for node, value in numbers.items():
        # of two nodes the other one: a median of both would halve how far they are apart
        usual = median(
            numbers.values() if len(numbers) > 2 else [of for key, of in numbers.items() if key != node] or [0]
        )
        if usual and (value / usual - 1) * worse > _OFF:
            yield Outlier(node, f"{name} {unit}".strip(), value, usual, value / usual - 1)
