"""Amounts of GPU, CPU and memory as numbers: what a pod asks for, what a node or a quota has left."""

import re
from typing import NamedTuple

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?i?)B?")
_GIB = {"K": 1 / 1024**2, "M": 1 / 1024, "": 1, "G": 1, "T": 1024}


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
        """`8 GPU 96 CPU 1000 GiB`, without what is 0."""
        parts = zip(self, ("GPU", "CPU", "GiB"), strict=True)
        return " ".join(f"{amount:g} {unit}" for amount, unit in parts if amount) or "nothing"


def number(text: str | None) -> float:
    """What the service writes as text; 0 for nothing and for what is no number."""
    found = _AMOUNT.fullmatch((text or "").strip())
    return float(found[1]) if found else 0


def gib(text: str | None) -> float:
    """`1000Gi`, `512Mi`, `2T`; without a unit GiB, as nodes and the console have it."""
    found = _AMOUNT.fullmatch((text or "").strip())
    return float(found[1]) * _GIB[found[2].removesuffix("i")] if found else 0


def resources(gpu: str | None, cpu: str | None, memory: str | None) -> Resources:
    return Resources(number(gpu), number(cpu), gib(memory))
