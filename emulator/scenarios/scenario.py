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
    """Of Running."""
    exit_code: int = 0
    """Of the pod that ends first; 0 is success."""
    culprit: int = 0
    """The rank of that pod; the last one if there are fewer."""
    victims_exit_code: int = 143
    victims_after: float = 4.0
    """The other pods end this many seconds after it: peers killed by the launcher."""
    last_event: str = ""
    """What the kubelet or the scheduler says of the first pod as it ends."""
    substatus: str = "Normal"
    """Of that pod, once it has ended: Normal or Evicted."""
    exit_event: bool = True
    """False: no event says that a pod exited, as when AIMaster ends a job that hangs."""
    node_fault: bool = False
    """Whether the node of that pod is cordoned (cordon.py)."""
    fault: tuple[str, str] = XID_79
    """Of a stage that ends in a restart: the error code and message RestartRecord shows."""


@dataclass(frozen=True)
class Scenario:
    """A scenario. `row`: the kind of problem. `shows`: a description in one line."""

    row: str
    shows: str
    stages: tuple[Stage, ...]
    prepare: float = 150.0
    """Seconds of EnvPreparing."""
    stuck: str = ""
    """A status the job enters and never leaves."""
    limit: str = ""
    """Of a job stuck in the queue: which limit holds it, as the diagnosis names them, if not the quota's own."""
    unschedulable: str = ""
    """Of a job stuck in the queue though its quota has GPUs enough: why no node takes it, as the diagnosis says."""
    pulls_image: bool = True
    pull_error: str = "rpc error: code = NotFound desc = manifest unknown"
    """What the kubelet says of an image it cannot pull."""
    starts: bool = True
    """False: the image is there, and the runtime cannot start the container."""
    sanity: str = "Succeeded"
    slow_node: float = 0.0
    """How far the last node's figures are below the others', as a share."""
    idle_after: float = inf
    """Seconds of Running after which nothing computes any more."""
    events: tuple[tuple[float, str], ...] = ()
    """Extra job events: seconds since creation, text."""

    def stage(self, attempt: int) -> Stage:
        return self.stages[min(attempt, len(self.stages) - 1)]
