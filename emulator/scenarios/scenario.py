"""The model of a scenario: stages, one for each start of the job's pods, and its other properties."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from random import Random


@dataclass(frozen=True)
class Run:
    """One incarnation of one pod, as given to its script. `seconds`: lifetime of the container, may be inf."""

    command: str
    envs: dict[str, str]
    pod_id: str
    rank: int
    world: int
    gpus: int
    attempt: int
    culprit: bool
    start: datetime
    seconds: float

    @property
    def random(self) -> Random:
        """Pseudo-random numbers, the same for the same pod in each run."""
        return Random(f"{self.pod_id}/{self.attempt}")

    def stamp(self, offset: float) -> str:
        """A time of the container's clock (UTC), as a Python logger prints it."""
        moment = self.start + timedelta(seconds=offset)
        return moment.strftime("%Y-%m-%d %H:%M:%S,") + f"{moment.microsecond // 1000:03d}"


Line = tuple[float, str]
"""Seconds since the container's start, and one log record."""

Script = Callable[[Run], Iterator[Line]]

XID_79 = ("XID_79", "GPU has fallen off the bus")


@dataclass(frozen=True)
class Stage:
    """One incarnation of the pods: output, duration and end. All stages except the last end in a restart."""

    script: Script
    seconds: float = 1800.0
    """Seconds of Running."""
    exit_code: int = 0
    """Exit code of the pod that ends first; 0 is success."""
    culprit: int = 0
    """Rank of that pod; the last rank if there are fewer pods."""
    victims_exit_code: int = 143
    victims_after: float = 4.0
    """Seconds after which the other pods end: the launcher kills them."""
    last_event: str = ""
    """Event of the kubelet or scheduler when the first pod ends."""
    substatus: str = "Normal"
    """Substatus of that pod after its end: Normal or Evicted."""
    exit_event: bool = True
    """False: no event reports the exit of a pod, as when AIMaster ends a hanging job."""
    node_fault: bool = False
    """Whether that pod's node is cordoned (cordon.py)."""
    fault: tuple[str, str] = XID_79
    """For a stage that ends in a restart: error code and message in RestartRecord."""


@dataclass(frozen=True)
class Scenario:
    """A scenario. `row`: the kind of problem. `shows`: a description in one line."""

    row: str
    shows: str
    stages: tuple[Stage, ...]
    prepare: float = 150.0
    """Seconds of EnvPreparing."""
    stuck: str = ""
    """A status that the job enters and does not leave."""
    limit: str = ""
    """For a job stuck in the queue: the limit that holds it, under the diagnosis' name, if not the quota's own."""
    unschedulable: str = ""
    """For a job stuck in the queue although enough GPUs are free: why no node accepts it, as in the diagnosis."""
    pulls_image: bool = True
    pull_error: str = "rpc error: code = NotFound desc = manifest unknown"
    """The kubelet's error for an image that it cannot pull."""
    starts: bool = True
    """False: the image exists, and the runtime cannot start the container."""
    sanity: str = "Succeeded"
    slow_node: float = 0.0
    """How much lower the last node's figures are, as a fraction."""
    idle_after: float = inf
    """Seconds of Running after which the pods do no work."""
    events: tuple[tuple[float, str], ...] = ()
    """More events of the job: seconds since creation, text."""

    def stage(self, attempt: int) -> Stage:
        return self.stages[min(attempt, len(self.stages) - 1)]
