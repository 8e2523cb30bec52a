"""Removes secrets from cleaned text, before anything is searched or cut: known values, shapes, private keys.

What is a secret: a value beside a name that says so (secret_names.py), a known shape (secrets.py), a value of this call
that is one by its field, its name or its randomness (known_values.py), and a private key (pem.py). An everyday value
is none, so that a diagnosis stays readable."""

import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pai_dlc_mcp.server.budget import pem, secret_names
from pai_dlc_mcp.server.budget.clean import clean_text
from pai_dlc_mcp.server.budget.known_values import MOST, KnownValues
from pai_dlc_mcp.server.budget.secret_names import Level
from pai_dlc_mcp.server.budget.secrets import SHAPES
from pai_dlc_mcp.server.budget.shape import Shape
from pai_dlc_mcp.server.insight import re2

_PATTERNS = tuple(re2.compile(f"(?m){shape.pattern}") for shape in SHAPES)
_ANY = re2.compile_bytes(("(?m)" + "|".join(re2.without_groups(shape.pattern) for shape in SHAPES)).encode())
_WHICH = re2.Set([shape.pattern for shape in SHAPES], anchored=True)
_PLACE = b"[redacted]"
_OPENED = re.compile(rb"\\*[\"']")
_CLOSING = b"\"'`,;)]}>&|"


class Issued:
    """Marks a field that hands out a secret, which is what its call is for: shown as it is."""


class Redactor:
    """Knows the secrets of one call. Without any it hides what names and shapes give away."""

    def __init__(self, values: Iterable[tuple[str, str]] = ()) -> None:
        """`values`: name and value of what may be secret: variables of a job, credentials by their field."""
        self._learn([], values)

    def also(self, values: Iterable[tuple[str, str]]) -> "Redactor":
        """One that knows these besides; what this one knows is not judged again."""
        more = Redactor()
        more._learn(self._parts, values)
        return more

    def _learn(self, known: list[tuple[str, str]], values: Iterable[tuple[str, str]]) -> None:
        each = dict.fromkeys(values)  # jobs of one list often have the same variables
        self._parts = [*known, *((name, part) for name, value in each for part in _secrets_in(name, value))]
        self._known = KnownValues(self._parts) if self._parts else None

    def lines(self, text: bytes) -> tuple[bytes, int]:
        """Cleaned text without its secrets, and how many were taken out."""
        text, keys = pem.redact(text) if b"PRIVATE KEY" in text else (text, 0)
        text, values = self._known.redact(text) if self._known else (text, 0)
        text, shapes = _shapes(text)
        return text, keys + values + shapes

    def text(self, text: str) -> str:
        """One text, cleaned first: for commands, descriptions and messages shown outside a log."""
        return self.texts([text])[0]

    def texts(self, texts: Iterable[str]) -> list[str]:
        """Several at once: they are cleaned, and searched one by one only where a search of all together finds
        anything. A line's end between two of them hides nothing: a pattern begins and ends at one as at a text's."""
        cleaned = list(map(clean_text, texts))
        if not self._finds("\n".join(cleaned).encode()):
            return cleaned
        return [self.lines(text.encode())[0].decode() for text in cleaned]

    def _finds(self, text: bytes) -> bool:
        known = self._known is not None and self._known.finds(text)
        return known or b"PRIVATE KEY" in text or _ANY.search(text) is not None


class Seen:
    """What one call sent and got: the secrets in it, and its size in characters."""

    def __init__(self, own: Redactor | None = None) -> None:
        """`own` knows the secrets of this server, which no call may show either."""
        self.secrets: dict[tuple[str, str], None] = {}  # each once: a job that is read again has the same
        self.size = 0
        self._made = 0, own or Redactor()

    def redactor(self) -> Redactor:
        """Of all secrets until now."""
        judged, made = self._made
        secrets = list(self.secrets)  # threads add to it
        if len(secrets) > judged:
            made = made.also(secrets[judged:])
            self._made = len(secrets), made
        return made


_current: ContextVar[Seen | None] = ContextVar("seen", default=None)
_SHAPES = Redactor()


@contextmanager
def whole_call(seen: Seen) -> Generator[None]:
    """From here on `note` adds to `seen`, in every task and thread the call starts."""
    token = _current.set(seen)
    try:
        yield
    finally:
        _current.reset(token)


def note(secrets: Iterable[tuple[str, str]], size: int) -> None:
    """What the current call has met; outside a call, of no consequence."""
    if seen := _current.get():
        seen.secrets.update(dict.fromkeys(secrets))
        seen.size += size


def of_call() -> Redactor:
    """Knows what secrets the current call has met until now; outside a call, shapes and names alone."""
    seen = _current.get()
    return seen.redactor() if seen else _SHAPES


def _shapes(text: bytes) -> tuple[bytes, int]:
    pieces: list[bytes] = []
    end = 0
    for start, stop in _spans(text):
        pieces += text[end:start], _PLACE
        end = stop
    return b"".join([*pieces, text[end:]]), len(pieces) // 2


def _spans(text: bytes, at: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Where shapes are, in order. What turned out to be none is searched again from its value on."""
    while (match := _ANY.search(text, at, end)) is not None:
        start, stop = _judged(text, match, end)
        done = text.startswith(b"[redacted", start) or text.endswith(b"[redacted:", 0, match.start())
        if stop <= start or done:
            at = max(match.start() + 1, start - 1)  # the sign before a value is part of some shapes
        else:
            yield from _spans(text, match.start() + 1, start)
            yield start, stop
            at = stop


def _judged(text: bytes, match: re2.Match, end: int | None) -> tuple[int, int]:
    """What of a match is a secret; an empty span where nothing is. Which shape it was is looked up by a set and the
    shape's own pattern: one pattern for all that had groups would be slow."""
    start, stop = match.span()
    for index in sorted(_WHICH.match(text[start:stop])):
        if found := _PATTERNS[index].match(text, start, end):
            return _proven(text, SHAPES[index], found)
    return start, start


def _proven(text: bytes, shape: Shape, found: re2.Match) -> tuple[int, int]:
    if shape.proof == "the name":
        return _beside(text, found.span(1), *found.span(2))
    if shape.proof == "said":
        name, value = (text[slice(*found.span(group))].decode("utf-8", "replace") for group in (1, 2))
        start, stop = found.span(2)
        return (start, stop) if secret_names.says(secret_names.level(name), value) else (start, start)
    start, stop = next(span for group in (1, 2) if (span := found.span(group))[0] >= 0)
    value = text[start:stop].decode("utf-8", "replace")
    match shape.proof:
        case "a digit":
            holds = any(map(str.isdigit, value))
        case "chance":
            holds = secret_names.is_random(value)
        case _:
            holds = not secret_names.is_plain(value.rpartition(":")[2].rpartition(" ")[2])
    return (start, stop) if holds else (start, start)


def _beside(text: bytes, named: tuple[int, int], start: int, stop: int) -> tuple[int, int]:
    """The part of a value beside its name that is a secret."""
    name, between = text[slice(*named)].decode("utf-8", "replace"), text[named[1] : start]
    known = secret_names.level(name)
    if known == Level.NONE:
        return start, start
    opened = _OPENED.match(text, start, stop)
    if opened:
        start, stop = opened.end(), stop - len(opened[0]) * text.endswith(opened[0], opened.end(), stop)
    else:
        stop = _bare_end(text, named[0], start, stop)
    value = text[start:stop].decode("utf-8", "replace")
    assigned = bool(opened) or b"=" in between or b":" not in between
    return (start, stop) if secret_names.hides(known, value, assigned=assigned) else (start, start)


def _secrets_in(name: str, value: str) -> Iterator[str]:
    """What of a value under this name is a secret anywhere: all of it, or what has the shape of one."""
    text = clean_text(value).strip()[:MOST]
    if secret_names.is_secret(name, text):
        yield from secret_names.parts_of(text)
        return
    data = text.encode()
    for start, stop in _spans(data):
        found = data[start:stop].decode("utf-8", "replace")
        yield found
        yield found.partition(":")[2]  # the password of `user:password`


def _bare_end(text: bytes, name: int, start: int, stop: int) -> int:
    """Where a value without quotes ends: before closing punctuation; in a URL's query, at the next parameter."""
    if text[max(0, name - 1) : name] in (b"?", b"&"):
        stop = min((at for at in (text.find(b"&", start, stop), text.find(b"#", start, stop)) if at >= 0), default=stop)
    return start + len(text[start:stop].rstrip(_CLOSING))
