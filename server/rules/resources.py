"""Amounts of GPU, CPU and memory as numbers: what a pod asks for, what a node or a quota has left."""

import re
from math import inf
from typing import NamedTuple

_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(m?)")
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?")
_GIB = {"K": 1 / 1024**2, "M": 1 / 1024, "": 1, "G": 1, "T": 1024}
_BYTES = 10**6  # more than this without a unit is no GiB


class Resources(NamedTuple):
    """GPUs, CPU cores, memory in GiB."""

    gpu: float = 0
    cpu: float = 0
    memory: float = 0

    def plus(self, other: "Resources") -> "Resources":
        return Resources(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def minus(self, other: "Resources") -> "Resources":
        """Never below nothing: a node can be asked for more than it has."""
        return Resources(*(max(0, mine - theirs) for mine, theirs in zip(self, other, strict=True)))

    def times(self, count: int) -> "Resources":
        return Resources(*(mine * count for mine in self))

    def within(self, limit: "Resources") -> bool:
        return all(mine <= theirs for mine, theirs in zip(self, limit, strict=True))

    def least(self, other: "Resources") -> "Resources":
        return Resources(*map(min, self, other))

    def __str__(self) -> str:
        """`8 GPU 96 CPU 1000 GiB`, without what is 0 or not bounded."""
        parts = zip(self, ("GPU", "CPU", "GiB"), strict=True)
        return " ".join(f"{amount:g} {unit}" for amount, unit in parts if 0 < amount < inf) or "nothing"


def number(text: str | None) -> float:
    """What the service writes as text, `500m` is a half; 0 for nothing and for what is no number."""
    found = _NUMBER.fullmatch((text or "").strip())
    return float(found[1]) / (1000 if found[2] else 1) if found else 0


def gib(text: str | None) -> float:
    """`1000Gi`, `512Mi`, `2T`; without a unit GiB, as nodes and the console have it, unless it can only be bytes."""
    found = _MEMORY.fullmatch((text or "").strip())
    if not found:
        return 0
    amount = float(found[1])
    return amount / 1024**3 if not found[2] and amount > _BYTES else amount * _GIB[found[2]]


def resources(gpu: str | None, cpu: str | None, memory: str | None) -> Resources:
    return Resources(number(gpu), number(cpu), gib(memory))


def limit(gpu: str | None, cpu: str | None, memory: str | None) -> Resources:
    """As `resources`; what is not told does not bound."""
    amounts = zip((gpu, cpu, memory), resources(gpu, cpu, memory), strict=True)
    return Resources(*(amount if text else inf for text, amount in amounts))
