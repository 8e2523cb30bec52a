"""The estimate of a text's tokens, and the ceilings of a result: fit() for text, shrink() for JSON."""

import json
from bisect import bisect_right
from typing import cast

from pai_dlc_mcp.server.budget.fence import closing, open_fence

_CHARS, _ITEMS = 16_000, 1_024  # where halving starts
_LEAST_CHARS, _LEAST_ITEMS = 8, 1
_FIELDS, _DEEPEST = 64, 60
_LEFT_OUT = "[left out]"  # in a map: how many of its names

# Thousandths of an o200k token. That tokenizer splits text where letters, digits and punctuation meet and where a
# capital follows: a byte costs by its class, and more where it begins such a run. Fitted by bench/budget.py's corpora
TOKEN = 1000
_EACH = {"lower": 20, "upper": 100, "digit": 200, "space": 310, "mark": 165, "end": 1000, "lead": 570, "more": 100}
_FIRST = {"lower": 1000, "upper": 1150, "digit": 1800}
_CLASSES = {name: bytes([at]) for at, name in enumerate(_EACH)}
_GOES_ON = {("lower", "lower"), ("upper", "upper"), ("upper", "lower"), ("digit", "digit")}
_BEGINNINGS = {
    name: tuple(_CLASSES[other] + _CLASSES[name] for other in _EACH if (other, name) not in _GOES_ON) for name in _FIRST
}
_EIGHT, _EIGHT_COSTS = _CLASSES["lower"] * 8, 2500  # a word of so many letters is seldom one token


def _class(byte: int) -> str:
    char = chr(byte)
    if byte >= 0x80:
        return "lead" if byte >= 0xC0 else "more"
    names = (("lower", char.islower()), ("upper", char.isupper()), ("digit", char.isdigit()), ("space", char in " \t"))
    return next((name for name, holds in names if holds), "end" if char == "\n" else "mark")


_DEAREST = max(each + _FIRST.get(name, 0) for name, each in _EACH.items())  # a character cannot cost more

_TABLE = b"".join(_CLASSES[_class(byte)] for byte in range(256))


def cost(text: str) -> int:
    """What `text` takes, in thousandths of a token; of texts joined by line ends it is the sum of theirs. A lone
    surrogate counts as what its replacement would take."""
    data = text.encode("utf-8", "surrogatepass").translate(_TABLE)
    total = sum(each * data.count(_CLASSES[name]) for name, each in _EACH.items())
    data = _CLASSES["end"] + data
    for name, first in _FIRST.items():
        total += first * sum(map(data.count, _BEGINNINGS[name]))
    return total + _EIGHT_COSTS * data.count(_EIGHT)


LINE_END = cost("\n")
_CLOSING = 2 * LINE_END + cost(closing("0a1b2c3d4e5f"))


def tokens(text: str) -> int:
    """Close to o200k: bench/budget.py prints by how much, and fails beyond -5 % and +40 %."""
    return -(-cost(text) // TOKEN)


def fits(text: str, max_tokens: int) -> bool:
    """Whether a text is within max_tokens; most are so short that nothing need be counted."""
    return len(text) * _DEAREST <= room(max_tokens) or cost(text) <= room(max_tokens)


def room(max_tokens: int) -> int:
    """What max_tokens allow, in thousandths of a token."""
    return max(0, max_tokens) * TOKEN


def fit(text: str, max_tokens: int, how_to_get_the_rest: str) -> str:
    """The ceiling of every result: `text` if it fits, else its first lines and how to get the rest.

    A fence that the cut leaves open is closed before the notice. Below some 30 tokens the notice goes too."""
    text = text.encode("utf-8", "replace").decode()
    if fits(text, max_tokens):
        return text
    notice = f"[cut at {max_tokens:,} tokens of {tokens(text):,}. {how_to_get_the_rest}]"
    kept = _beginning(text, room(max_tokens) - cost(notice) - _CLOSING)
    cut = "\n".join(part for part in (kept, open_fence(kept), notice) if part)
    return first_that_fits(max_tokens, cut, notice, "[cut]")


def _beginning(text: str, most: int) -> str:
    """Whole lines within `most`; where these are little, the line after them is cut inside."""
    stop = spent = 0
    for line in text.split("\n"):
        if spent + cost(line) + LINE_END > most:
            break
        spent += cost(line) + LINE_END
        stop += len(line) + 1
    if spent > most // 2:
        return text[: stop - 1]
    rest = text[stop:].partition("\n")[0]
    return text[:stop] + rest[: bisect_right(range(len(rest)), most - spent, key=lambda end: cost(rest[: end + 1]))]


def nothing_shown(available: int, noun: str, max_tokens: int) -> str:
    """What can be said without a payload."""
    sentence = f"[{available:,} {noun}s cut: raise max_tokens]" if available else f"[no {noun}s]"
    return first_that_fits(max_tokens, sentence, "[cut]")


def first_that_fits(max_tokens: int, *texts: str) -> str:
    """The empty text if none does."""
    return next((text for text in texts if cost(text) <= room(max_tokens)), "")


def shrink(value: dict[str, object], max_tokens: int) -> tuple[dict[str, object], bool]:
    """`value` within `max_tokens` as compact JSON, and whether anything was cut. The longest texts, names, lists and
    maps go first: each try halves how long any of them may be. A map that was cut says how many names went."""
    chars, items = _CHARS, _ITEMS
    shrunk = cast("dict[str, object]", _bounded(value, chars, items))
    while not fits(_json(shrunk), max_tokens) and (chars, items) != (_LEAST_CHARS, _LEAST_ITEMS):
        chars, items = max(_LEAST_CHARS, chars // 2), max(_LEAST_ITEMS, items // 2)
        shrunk = cast("dict[str, object]", _bounded(value, chars, items))
    if not fits(_json(shrunk), max_tokens):  # nested without end
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
