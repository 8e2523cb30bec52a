"""The columns of the tables in families/: how one kind of failure looks in a line, and what it says of the cause."""

from dataclasses import dataclass
from typing import Literal

# Levels: what a kind says about the failure; a lower one is nearer to the cause
ROOT = 0  # says what went wrong
DEATH = 1  # a process was killed or crashed, as its launcher reports it
STALL = 2  # a collective that did not end, a fatal line: the cause if nothing else says more
ERROR = 3  # an error by its words only
WRAPPER = 4  # some other process failed: it points there, by rank or exit code
VICTIM = 5  # stopped or cut off by another process: the cause is elsewhere
NOISE = 6  # a warning, or said while going on

Category = Literal["network", "image", "program", "memory", "resources", "configuration", "platform"]


@dataclass(frozen=True)
class Kind:
    """The first kind whose pattern is in a line names it. `^` is where the words of a line start, after clock and rank.

    `example` is a line that it must name, `lookalike` one that it must not."""

    name: str
    level: int
    category: Category | None
    pattern: str  # RE2
    example: str
    lookalike: str
    alike: bool = False  # lines of it that differ in numbers only say the same
