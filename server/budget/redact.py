"""Secrets out of cleaned text, before anything is searched or cut: known values, shapes, key blocks.

What is a secret: a value beside a name that says so (secret_names.py), a known shape (secrets.py), a value of this call
that is one by its field, its name or its randomness (known_values.py), and a private key (pem.py). An everyday value
is none, so that a diagnosis stays readable.
"""

import re
from collections.abc import Iterable, Iterator

from pai_dlc_mcp.server.budget import pem, secret_names
from pai_dlc_mcp.server.budget.clean import clean, clean_text
from pai_dlc_mcp.server.budget.known_values import MOST, KnownValues, is_secret, parts_of
from pai_dlc_mcp.server.budget.secret_names import Level
from pai_dlc_mcp.server.budget.secrets import SHAPES
from pai_dlc_mcp.server.insight import re2

_ANY = re2.compile("(?m)" + "|".join(f"(?:{shape.pattern})" for shape in SHAPES))
_NUMBERED = tuple(enumerate(SHAPES, 1))
_PLACE = b"[redacted]"
_NAME_BYTES = 120  # before a value, in which its name is looked for
_NAME_BEFORE = re.compile(
    rb"([\w.\[\]\x80-\xff-]+)((?:\\*[\"'])?\]?[ \t]*(?:[:=,+]|=>|\xef\xbc\x9a|[ \t])"
    rb"(?:[=>]|[ \t\n|>\"'\\-])*(?:(?i:value|bearer|basic|token)\\*[\"']?[ \t:=]+[\"'\\]*)?)$"
)
_DIGIT = re.compile(rb"[0-9]")
_CLOSING = b"\"'`,;)]}>&|"


class Redactor:
    """Knows the secrets of one call. Without any it hides what names and shapes give away."""

    def __init__(self, values: Iterable[tuple[str, str]] = ()) -> None:
        """`values`: name and value of what may be secret: variables of a job, credentials by their field."""
        self._known = KnownValues((name, part) for name, value in values for part in _secrets_in(name, value))

    def lines(self, text: bytes) -> tuple[bytes, int]:
        """Cleaned text without its secrets, and how many were taken out."""
        text, keys = pem.redact(text) if b"PRIVATE KEY" in text else (text, 0)
        text, values = self._known.redact(text)
        text, shapes = _shapes(text)
        return text, keys + values + shapes

    def text(self, text: str) -> str:
        """One text, cleaned first: for commands, descriptions and messages shown outside a log."""
        return self.lines(clean([text]))[0].decode()


def _shapes(text: bytes) -> tuple[bytes, int]:
    pieces: list[bytes] = []
    end = 0
    for start, stop in _spans(text):
        pieces += text[end:start], _PLACE
        end = stop
    return b"".join([*pieces, text[end:]]), len(pieces) // 2


def _spans(text: bytes) -> Iterator[tuple[int, int]]:
    """Where shapes are, in order. What turned out to be none is searched again from its value on."""
    at = 0
    while (match := _ANY.search(text, at)) is not None:
        shape, start, stop = next((shape, *span) for group, shape in _NUMBERED if (span := match.span(group))[0] >= 0)
        if shape.proof == "the name":
            start, stop = _value(text, start, stop)
        elif shape.proof == "a digit" and not _DIGIT.search(text, start, stop):
            stop = start
        if stop <= start or text.startswith(b"[redacted", start):
            at = max(match.start() + 1, start)
        else:
            yield start, stop
            at = stop


def _secrets_in(name: str, value: str) -> Iterator[str]:
    """What of a value under this name is a secret anywhere: all of it, or what has the shape of one."""
    text = clean_text(value).strip()[:MOST]
    if is_secret(name, text):
        yield from parts_of(text)
        return
    data = text.encode()
    for start, stop in _spans(data):
        found = data[start:stop].decode("utf-8", "replace")
        yield found
        yield found.partition(":")[2]  # the password of `user:password`


def _value(text: bytes, start: int, stop: int) -> tuple[int, int]:
    """The part of a value beside its name that is a secret; an empty one where nothing is."""
    before = _NAME_BEFORE.search(text, max(0, start - _NAME_BYTES), start)
    if before is None:
        return start, start
    name, between = before[1].decode("utf-8", "replace"), before[2]
    found = secret_names.level(name.strip("-."))
    if found == Level.NONE:
        return start, start
    opened = re.match(rb"\\*[\"']", text[start:stop])
    if opened:
        start, stop = start + opened.end(), stop - opened.end() * text[start:stop].endswith(opened[0])
    else:
        stop = _bare_end(text, before.start(), start, stop)
    value = text[start:stop].decode("utf-8", "replace")
    assigned = bool(opened) or b"=" in between or b":" not in between or b"\n" in between
    return (start, stop) if secret_names.hides(found, name, value, assigned=assigned) else (start, start)


def _bare_end(text: bytes, name: int, start: int, stop: int) -> int:
    """Where a value without quotes ends: before closing punctuation; in a URL's query, at the next parameter."""
    if text[max(0, name - 1) : name] in (b"?", b"&"):
        stop = min((at for at in (text.find(b"&", start, stop), text.find(b"#", start, stop)) if at >= 0), default=stop)
    while stop > start and text[stop - 1 : stop] in [_CLOSING[i : i + 1] for i in range(len(_CLOSING))]:
        stop -= 1
    return stop
