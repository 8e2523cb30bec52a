"""Which RAM action an operation needs, and the policy that grants it."""

import json
from collections.abc import Iterable

from pai_dlc_mcp.server.cloud.endpoints import Product

# Where an operation is documented under two prefixes, both are named.
_PREFIXES: dict[Product, tuple[str, ...]] = {"pai-dlc": ("pai", "paidlc"), "pai": ("pai", "paistudio"), "sts": ("sts",)}
# AIWorkSpace authorises each of its nouns under a name of its own.
_WORKSPACE_NOUNS = {"Image": "paiimage", "Dataset": "paidataset", "CodeSource": "paicodesource"}


def ram_actions(product: Product, action: str) -> tuple[str, ...]:
    """The RAM actions that allow an operation, in every spelling there is."""
    if prefixes := _PREFIXES.get(product):
        return tuple(f"{prefix}:{action}" for prefix in prefixes)
    noun = next((prefix for word, prefix in _WORKSPACE_NOUNS.items() if word in action), "paiworkspace")
    return (f"{noun}:{action}",)


def policy(actions: Iterable[str]) -> str:
    """The smallest RAM policy document that allows these actions, on one line."""
    statement = {"Effect": "Allow", "Action": sorted(set(actions)), "Resource": "*"}
    return json.dumps({"Version": "1", "Statement": [statement]}, separators=(",", ":"))
