"""Which RAM action an operation needs, and the policy that grants it."""

import json
from collections.abc import Iterable

from pai_dlc_mcp.server.cloud.endpoints import Product

_OTHERS: dict[Product, str] = {"pai": "paistudio", "sts": "sts"}
# AIWorkSpace authorises each of its nouns under a name of its own.
_WORKSPACE_NOUNS = {"Image": "paiimage", "Dataset": "paidataset", "CodeSource": "paicodesource"}


def ram_actions(product: Product, action: str) -> tuple[str, ...]:
    """The RAM actions that allow an operation; PAI-DLC's are documented under two prefixes, so both are named."""
    if product == "pai-dlc":
        return (f"pai:{action}", f"paidlc:{action}")
    if product in _OTHERS:
        return (f"{_OTHERS[product]}:{action}",)
    noun = next((prefix for word, prefix in _WORKSPACE_NOUNS.items() if word in action), "paiworkspace")
    return (f"{noun}:{action}",)


def policy(actions: Iterable[str]) -> str:
    """The smallest RAM policy document that allows these actions, on one line."""
    statement = {"Effect": "Allow", "Action": sorted(set(actions)), "Resource": "*"}
    return json.dumps({"Version": "1", "Statement": [statement]}, separators=(",", ":"))
