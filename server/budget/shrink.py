"""The ceiling of structured content: any JSON as JSON of a given size, its strings clean."""

import json
from typing import cast

from pai_dlc_mcp.server.budget.clean import clean_text
from pai_dlc_mcp.server.budget.estimate import tokens

_CHARS, _ITEMS = 16_000, 1_024  # where halving starts
_LEAST_CHARS, _LEAST_ITEMS = 8, 1


def shrink(value: dict[str, object], max_tokens: int) -> tuple[dict[str, object], bool]:
    """`value` within `max_tokens` as compact JSON, and whether anything was cut. Longest strings and lists go first:
    each try halves how long any of them may be."""
    chars, items = _CHARS, _ITEMS
    shrunk = cast("dict[str, object]", _bounded(value, chars, items))
    while tokens(_json(shrunk)) > max_tokens and (chars, items) != (_LEAST_CHARS, _LEAST_ITEMS):
        chars, items = max(_LEAST_CHARS, chars // 2), max(_LEAST_ITEMS, items // 2)
        shrunk = cast("dict[str, object]", _bounded(value, chars, items))
    return shrunk, chars < _CHARS


def _bounded(value: object, chars: int, items: int) -> object:
    if isinstance(value, str):
        text = clean_text(value)
        return text if len(text) <= chars else f"{text[:chars]}… [{len(text) - chars:,} characters cut]"
    if isinstance(value, dict):
        pairs = list(cast("dict[str, object]", value).items())
        return {clean_text(name): _bounded(item, chars, items) for name, item in pairs[: max(items, 64)]}
    if isinstance(value, list):
        return [_bounded(item, chars, items) for item in cast("list[object]", value)[:items]]
    return value


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
