"""What a text costs a model's context in tokens, and the ceilings of a result: fit() for text, shrink() for JSON."""

import json
from typing import cast

from pai_dlc_mcp.server.budget.fence import open_fence

BYTES_PER_TOKEN = 2  # training logs measure ~2.0 bytes an o200k token, Chinese 2.4, tracebacks 3.3
_CLOSING_BYTES = 64  # of a fence's closing tag and line ends
_CHARS, _ITEMS = 16_000, 1_024  # where halving starts
_LEAST_CHARS, _LEAST_ITEMS = 8, 1
_FIELDS, _DEEPEST = 64, 60
_LEFT_OUT = "[left out]"  # in a map: how many of its names


def size(text: str) -> int:
    """UTF-8 bytes; a lone surrogate counts as three, what its replacement would take."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def tokens(text: str) -> int:
    """ceil(UTF-8 bytes / 2): never far under a real tokenizer, at most about half over."""
    return -(-size(text) // BYTES_PER_TOKEN)


def room(max_tokens: int) -> int:
    """The bytes that max_tokens allow."""
    return max(0, max_tokens) * BYTES_PER_TOKEN


def fit(text: str, max_tokens: int, how_to_get_the_rest: str) -> str:
    """The ceiling of every result: `text` if it fits, else its first lines and how to get the rest.

    A fence that the cut leaves open is closed before the notice. Below some 30 tokens the notice goes too."""
    data = text.encode("utf-8", "replace")
    most = room(max_tokens)
    if len(data) <= most:
        return data.decode()
    notice = f"[cut at {max_tokens:,} tokens of {-(-len(data) // 2):,}. {how_to_get_the_rest}]"
    kept = data[: max(0, most - size(notice) - _CLOSING_BYTES)]
    line_end = kept.rfind(b"\n")
    kept = kept[:line_end] if line_end > len(kept) // 2 else kept  # one huge line is cut inside
    parts = [kept.decode(errors="ignore"), open_fence(kept.decode(errors="ignore")), notice]
    cut = "\n".join(part for part in parts if part)
    return first_that_fits(max_tokens, cut, notice, "[cut]")


def nothing_shown(available: int, noun: str, max_tokens: int) -> str:
    """What can be said without a payload."""
    sentence = f"[{available:,} {noun}s cut: raise max_tokens]" if available else f"[no {noun}s]"
    return first_that_fits(max_tokens, sentence, "[cut]")


def first_that_fits(max_tokens: int, *texts: str) -> str:
    """The empty text if none does."""
    return next((text for text in texts if size(text) <= room(max_tokens)), "")


def shrink(value: dict[str, object], max_tokens: int) -> tuple[dict[str, object], bool]:
    """`value` within `max_tokens` as compact JSON, and whether anything was cut. The longest texts, names, lists and
    maps go first: each try halves how long any of them may be. A map that was cut says how many names went."""
    chars, items = _CHARS, _ITEMS
    shrunk = cast("dict[str, object]", _bounded(value, chars, items))
    while tokens(_json(shrunk)) > max_tokens and (chars, items) != (_LEAST_CHARS, _LEAST_ITEMS):
        chars, items = max(_LEAST_CHARS, chars // 2), max(_LEAST_ITEMS, items // 2)
        shrunk = cast("dict[str, object]", _bounded(value, chars, items))
    if tokens(_json(shrunk)) > max_tokens:  # nested without end
        shrunk = dict[str, object](cut="too large to show")
    return shrunk, shrunk != value


def _bounded(value: object, chars: int, items: int, depth: int = 0) -> object:
    if isinstance(value, str):
        return _short(value, chars)
    if depth == _DEEPEST and isinstance(value, dict | list):
        return "[cut: nested too deep]"
    if isinstance(value, dict):
        pairs = list(cast("dict[str, object]", value).items())
        most = items if depth else max(items, _FIELDS)  # a result's own fields are ours, and few
        kept = {_short(name, chars): _bounded(item, chars, items, depth + 1) for name, item in pairs[:most]}
        gone = len(pairs) - len(kept)
        return {**kept, _LEFT_OUT: gone} if gone else kept
    if isinstance(value, list):
        return [_bounded(item, chars, items, depth + 1) for item in cast("list[object]", value)[:items]]
    return value


def _short(text: str, chars: int) -> str:
    return text if len(text) <= chars + 24 else f"{text[:chars]}… [{len(text) - chars:,} characters cut]"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
