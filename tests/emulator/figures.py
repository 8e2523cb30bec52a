"""What the contract tests went through, counted, so that a run can say how much of the contract it held."""

from collections import Counter

KEYS = {"Code", "Message", "RequestId", "HostId"}
"""Of every refusal."""

_counted: Counter[str] = Counter()
_operations: set[tuple[str, str]] = set()


def count(version: str, action: str, what: str, number: int = 1) -> None:
    _operations.add((version, action))
    _counted[what] += number


def any_counted() -> bool:
    return bool(_counted)


def table() -> str:
    lines = [f"{what:24}{number:6,}" for what, number in sorted(_counted.items())]
    return "\n".join([f"{'operations':24}{len(_operations):6,}", *lines])
