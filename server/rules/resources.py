"""Amounts of GPU, CPU and memory as numbers: requested by a pod, or left on a node or a quota."""

import re
from math import inf
from typing import NamedTuple

_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(m?)")
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?")
_GIB = {"K": 1 / 1024**2, "M": 1 / 1024, "": 1, "G": 1, "T": 1024}
_BYTES = 10**6  # a larger number without a unit is bytes, not GiB


class Resources(NamedTuple):
    """GPUs, CPU cores and GiB of memory."""

    gpu: float = 0
    cpu: float = 0
    memory: float = 0

    def plus(self, other: "Resources") -> "Resources":
        return Resources(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def minus(self, other: "Resources") -> "Resources":
        """The difference, at least 0: a node's requests can exceed its capacity."""
        return Resources(*(max(0, mine - theirs) for mine, theirs in zip(self, other, strict=True)))

    def times(self, count: int) -> "Resources":
        return Resources(*(mine * count for mine in self))

    def within(self, limit: "Resources") -> bool:
        return all(mine <= theirs for mine, theirs in zip(self, limit, strict=True))

    def least(self, other: "Resources") -> "Resources":
        return Resources(*map(min, self, other))

    def __str__(self) -> str:
        """`8 GPU 96 CPU 1000 GiB`; amounts that are 0 or unlimited are left out."""
        parts = zip(self, ("GPU", "CPU", "GiB"), strict=True)
        return " ".join(f"{amount:g} {unit}" for amount, unit in parts if 0 < amount < inf) or "nothing"


def number(text: str | None) -> float:
    """A number from the service's text (`500m` is 0.5); 0 for an empty text or one that is not a number."""
    found = _NUMBER.fullmatch((text or "").strip())
    return float(found[1]) / (1000 if found[2] else 1) if found else 0


def gib(text: str | None) -> float:
    """GiB from `1000Gi`, `512Mi` or `2T`. Without a unit GiB, as for nodes and in the console; very large numbers are
    bytes."""
    found = _MEMORY.fullmatch((text or "").strip())
    if not found:
        return 0
    amount = float(found[1])
    return amount / 1024**3 if not found[2] and amount > _BYTES else amount * _GIB[found[2]]


def resources(gpu: str | None, cpu: str | None, memory: str | None) -> Resources:
    return Resources(number(gpu), number(cpu), gib(memory))


def limit(gpu: str | None, cpu: str | None, memory: str | None) -> Resources:
    """As `resources`, but a missing amount is unlimited."""
    amounts = zip((gpu, cpu, memory), resources(gpu, cpu, memory), strict=True)
    return Resources(*(amount if text else inf for text, amount in amounts))
