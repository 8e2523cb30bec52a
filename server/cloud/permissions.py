"""The RAM actions that an operation needs, and a policy that grants them."""

import json
from collections.abc import Iterable

from pai_dlc_mcp.server.cloud.endpoints import Product

# Operations that are documented under two prefixes: both are named.
_PREFIXES: dict[Product, tuple[str, ...]] = {"pai-dlc": ("pai", "paidlc"), "pai": ("pai", "paistudio"), "sts": ("sts",)}
# AIWorkSpace has a RAM name for each noun.
_WORKSPACE_NOUNS = {"Image": "paiimage", "Dataset": "paidataset", "CodeSource": "paicodesource"}


def ram_actions(product: Product, action: str) -> tuple[str, ...]:
    """The RAM actions that permit an operation, in all documented spellings."""
    if prefixes := _PREFIXES.get(product):
        return tuple(f"{prefix}:{action}" for prefix in prefixes)
    noun = next((prefix for word, prefix in _WORKSPACE_NOUNS.items() if word in action), "paiworkspace")
    return (f"{noun}:{action}",)


def policy(actions: Iterable[str]) -> str:
    """The smallest RAM policy document (JSON on one line) that allows these actions."""
    statement = {"Effect": "Allow", "Action": sorted(set(actions)), "Resource": "*"}
    return json.dumps({"Version": "1", "Statement": [statement]}, separators=(",", ":"))
