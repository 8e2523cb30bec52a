"""The secrets of a call wherever a text repeats them, as they stand, re-encoded or wrapped over lines.

A search for a short piece of each (its key) in one pass finds the places to look at closer, so that a thousand values
cost hardly more than one.
"""

import base64
import html
import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from pai_dlc_mcp.server.insight import re2

LEAST = 6  # characters; a shorter value is hidden only beside its name
MOST = 8192  # characters of a value, of which the rest is not looked for
_KEY = 10  # characters that are searched for first
_LEAST_RUN = 3  # letters and digits in a row that make a key
_RUN = re.compile(rb"[0-9A-Za-z]+")
_LINE_END = re.compile(rb"\n[ \t]*")
_ESCAPE = rb"\\[nrtbfv0]|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|%(?:25)?[0-9A-Fa-f]{2}"
_ESCAPE_BEFORE = re.compile(rb"(?:" + _ESCAPE + rb")\Z")
_HTML = {'"': b"quot", "'": b"apos", "<": b"lt", ">": b"gt", "&": b"amp"}
_INLINED = (('"`“”«»', "'"), ("[", "("), ("]", ")"), ("|\\", "/"), ("<", "‹"), (">", "›"), ("*", "·"), ("/", " /"))
_SPACES = {" ": (rb"\+",), "\n": (rb"\\+n", rb"\\+r\\+n"), "\t": (rb"\\+t",)}


_ESCAPED: tuple[Callable[[str], str], ...] = (
    lambda value: json.dumps(value)[1:-1],
    lambda value: json.dumps(json.dumps(value))[3:-3],
    lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    lambda value: quote(value, safe=""),
    lambda value: quote(quote(value, safe=""), safe=""),
    quote_plus,
    html.escape,
)


class Form(NamedTuple):
    """One way to write a value. `key` stands at `offset` of it. `plain`: as it is, with signs that may be escaped."""

    value: int
    text: bytes
    key: bytes
    offset: int
    plain: bool


class KnownValues:
    """Finds values that are secrets, given with the name that is shown instead of each."""

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        """Values under LEAST characters are left out."""
        found = {value[:MOST]: name for name, value in values if len(value) >= LEAST}
        self._values = list(found)
        self._names = [f"[redacted:{re.sub('[^0-9A-Za-z_]', '', name)[:40]}]".encode() for name in found.values()]
        self._forms: dict[bytes, list[Form]] = {}
        self._patterns: dict[Form, re2.Pattern] = {}
        for form in (form for index, value in enumerate(found) for form in _forms(index, value)):
            self._forms.setdefault(form.key, []).append(form)
        keys = b"|".join(map(re2.escape, sorted(self._forms)))
        self._keys = re2.compile_bytes(rb"(?:^|[^0-9A-Za-z]|" + _ESCAPE + rb")(?:" + keys + rb")") if keys else None

    def finds(self, text: bytes) -> bool:
        """Whether there is a place to look at closer."""
        return next(self._places(text), None) is not None

    def redact(self, text: bytes) -> tuple[bytes, int]:
        """Text without them, and how many places were taken out."""
        spans = self._spans(text)
        pieces: list[bytes] = []
        end = 0
        for start, stop, value in spans:
            pieces += text[end:start], self._names[value]
            end = stop
        return (b"".join([*pieces, text[end:]]), len(spans)) if spans else (text, 0)

    def _spans(self, text: bytes) -> list[tuple[int, int, int]]:
        """Start, end and value of what goes, in order; of two that overlap the longer."""
        seen = {
            (start, stop, form.value) for at, form in self._places(text) for start, stop in self._at(text, at, form)
        }
        chosen: list[tuple[int, int, int]] = []
        for span in sorted(seen, key=lambda span: (span[0], -span[1])):
            if not chosen or span[0] >= chosen[-1][1]:
                chosen.append(span)
        return chosen

    def _places(self, text: bytes) -> Iterator[tuple[int, Form]]:
        """Where the key of which form ends; a key may be broken by a line's end."""
        if self._keys is None:
            return
        yield from self._hits(text, self._keys)
        if b"\n" not in text:
            return
        joined = _LINE_END.sub(b"", text) if b"\n " in text or b"\n\t" in text else text.replace(b"\n", b"")
        ends: list[int] = []  # of lines, in the joined text
        gone: list[int] = [0]  # bytes taken out up to there
        for at, form in self._hits(joined, self._keys):
            if not ends:
                for found in _LINE_END.finditer(text):
                    ends.append(found.start() - gone[-1])
                    gone.append(gone[-1] + found.end() - found.start())
            yield at + gone[bisect_right(ends, at - 1)], form

    def _hits(self, text: bytes, keys: re2.Pattern) -> Iterator[tuple[int, Form]]:
        for match in keys.finditer(text):
            start, stop = match.span()
            for begin in range(max(start, stop - _KEY), stop):
                if text[begin:stop] in self._forms:  # the shortest key there: a longer one may begin alike
                    for end in range(stop, begin + _KEY + 1):
                        yield from ((end, form) for form in self._forms.get(text[begin:end], ()))

    def _at(self, text: bytes, at: int, form: Form) -> Iterator[tuple[int, int]]:
        """The form around a key that ends at `at`: to the letter, or else escaped and over line ends."""
        start = at - len(form.key) - form.offset
        stop = start + len(form.text)
        if start >= 0 and text.startswith(form.text, start):
            if _apart(text, start, stop):
                yield start, _padded(text, stop, form)
            return
        reach = 4 * len(form.text) + 80
        low = max(0, at - reach)
        window = text[low : at + reach]
        for match in self._pattern(form).finditer(window):
            if _apart(window, *match.span()):
                yield low + match.start(), low + _padded(window, match.end(), form)

    def _pattern(self, form: Form) -> re2.Pattern:
        if form not in self._patterns:
            signs = (
                map(_any_spelling, self._values[form.value]) if form.plain else map(_to_the_letter, form.text.decode())
            )
            self._patterns[form] = re2.compile_bytes(rb"(?:\n[ \t]*)?".join(signs))
        return self._patterns[form]


def _forms(index: int, value: str) -> Iterator[Form]:
    """The value itself, and its base64 and hex; also of what `echo` would have passed on, with a line's end."""
    plain = value.encode()
    texts = {plain: True}
    for raw in (plain, plain + b"\n"):
        for coded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw), raw.hex().encode()):
            texts.setdefault(coded.rstrip(b"="), False)
    texts.setdefault(plain.hex().upper().encode(), False)
    if len(max(_RUN.findall(plain) or [b""], key=len)) < _LEAST_RUN:  # no piece of it stays as it is
        texts.update({escaped(value).encode(): False for escaped in _ESCAPED if escaped(value) != value})
    for text, is_plain in texts.items():
        run = text if text.isalnum() else max(_RUN.findall(text) or [text], key=len)
        key = (run if len(run) >= _LEAST_RUN else text)[:_KEY].decode("utf-8", "ignore").encode()  # no half character
        yield Form(index, text, key, text.index(key), is_plain)


def _to_the_letter(character: str) -> bytes:
    return re2.escape(character.encode())


def _any_spelling(character: str) -> bytes:
    """A character as it stands and as JSON, a URL, HTML, a shell or Python's repr write it."""
    raw = character.encode()
    if character.isascii() and character.isalnum():
        return raw
    url = "".join(f"%(?:25)?(?i:{byte:02x})" for byte in raw).encode()
    python = b"".join(rb"\\+x(?i:%02x)" % byte for byte in raw)
    units = character.encode("utf-16-be")
    utf16 = b"".join(rb"\\+u(?i:%02x%02x)" % (units[i], units[i + 1]) for i in range(0, len(units), 2))
    entity = f"&#0*{ord(character)};|&#[xX]0*(?i:{ord(character):x});".encode()
    ways = [
        rb"\\{0,7}" + re2.escape(raw),
        url,
        python,
        utf16,
        entity,
        *_SPACES.get(character, ()),
        *_inlined(character),
    ]
    ways += [b"&" + _HTML[character] + b";"] if character in _HTML else []
    return b"(?:" + b"|".join(ways) + b")"


def _inlined(character: str) -> list[bytes]:
    """As fence.inline() writes it."""
    return [re2.escape(other.encode()) for signs, other in _INLINED if character in signs]


def _padded(text: bytes, stop: int, form: Form) -> int:
    """The end of a form, the padding of base64 included."""
    while not form.plain and text[stop : stop + 1] == b"=":
        stop += 1
    return stop


def _apart(text: bytes, start: int, stop: int) -> bool:
    """Whether what stands there is no part of a longer word."""
    left, right = text[max(0, start - 1) : start], text[stop : stop + 1]
    if right.isalnum() and text[stop - 1 : stop].isalnum():
        return False
    inside = left.isalnum() and text[start : start + 1].isalnum()
    return not inside or _ESCAPE_BEFORE.search(text[max(0, start - 6) : start]) is not None
