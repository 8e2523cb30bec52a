"""Filters by image labels, `K=V,K=V`. The service returns an empty list for a label that does not exist."""

from collections.abc import Mapping, Set

from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.spelling import nearest

_SHOWN = 12


def parse(text: str) -> dict[str, str]:
    """Parse `K=V,K=V`. Raises Failure for JSON, for spaces around separators and for a pair without a value."""
    pairs = [pair.partition("=") for pair in text.split(",")]
    words = [word for key, _, value in pairs for word in (key, value)]
    twice = len({key for key, _, _ in pairs}) < len(pairs)
    if twice or any(not word or word != word.strip() or word[0] in "{[\"'" for word in words):
        raise Failure(
            f"labels {text[:120]!r} is not of the form K=V,K=V with each key once.",
            fix="Write comma-separated Key=Value pairs without JSON or spaces, e.g. "
            "system.chipType=GPU,system.framework.PyTorch=2.6.0.",
            code="InvalidLabels",
        )
    return {key: value for key, _, value in pairs}


def check(given: Mapping[str, str], known: Mapping[str, Set[str]]) -> None:
    """Raises Failure, which names the valid ones, for a key or value that list_image_labels does not have."""
    for key, value in given.items():
        if key not in known:
            near = nearest(key, known)
            offer = f"did you mean {near!r}? " if near else ""
            valid = ", ".join(sorted(known)[:_SHOWN])
            raise Failure(f"There is no image label {key!r}: {offer}Keys are {valid}.", fix=_FIX, code="InvalidLabels")
        if value not in known[key]:
            valid = ", ".join(sorted(known[key])[:_SHOWN])
            raise Failure(f"Image label {key} has no value {value!r}: it has {valid}.", fix=_FIX, code="InvalidLabels")


_FIX = "Take keys and values from list_image_labels."
