"""What a scenario is: how long a job's phases last, how its pods end, and what they print."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from random import Random


@dataclass(frozen=True)
class Run:
    """One incarnation of one pod, as its script sees it; `seconds` is how long the container lives (may be inf)."""

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
        """The same numbers for the same pod, every time."""
        return Random(f"{self.pod_id}/{self.attempt}")

    def stamp(self, offset: float) -> str:
        """The container's own clock (UTC), as a Python logger prints it."""
        moment = self.start + timedelta(seconds=offset)
        return moment.strftime("%Y-%m-%d %H:%M:%S,") + f"{moment.microsecond // 1000:03d}"


Line = tuple[float, str]
"""Seconds since the container started, and one log record."""

Script = Callable[[Run], Iterator[Line]]


@dataclass(frozen=True)
class Scenario:
    """Defaults are those of a training that succeeds after half an hour."""

    script: Script
    runs: tuple[float, ...] = (1800.0,)
    """Seconds of Running, one an incarnation: all but the last end in a restart."""
    exit_code: int = 0
    """Of the pod that ends first, in the last incarnation; 0 is success."""
    culprit: int = 0
    """The rank of the pod that fails first; the last one if there are fewer."""
    victims_exit_code: int = 143
    victims_after: float = 4.0
    """The other pods end this many seconds after the culprit: peers killed by the launcher."""
    prepare: float = 150.0
    stuck: str = ""
    """A status the job enters and never leaves."""
    pulls_image: bool = True
    sanity: str = "Succeeded"
    idle_after: float = inf
    """Seconds of Running after which nothing computes any more."""
    events: tuple[tuple[float, str], ...] = ()
    """Extra job events: seconds since creation, text."""
