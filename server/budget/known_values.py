"""The secrets of a call wherever a text repeats them, as they stand, re-encoded or wrapped over lines.

A search for a short piece of each (a key) in one pass finds the places to look at closer, so that a thousand values
cost hardly more than one.
"""

import base64
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from pai_dlc_mcp.server.budget.randomness import is_random
from pai_dlc_mcp.server.budget.secret_names import Level, is_plain, level
from pai_dlc_mcp.server.insight import re2

LEAST = 6  # characters; a shorter value is hidden only beside its name
_LEAST_LINE = 16  # of a value of several lines
_KEY = 10  # characters of a value that are searched for
MOST = 8192  # characters of a value, of which the rest is not looked for
_RUN = re.compile(rb"[0-9A-Za-z]+")
_BREAK = rb"(?:\n[ \t]*)?"
_LEFT = rb"(?:^|[^0-9A-Za-z]|\\[nrtbfv0]|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})"
_ESCAPE_BEFORE = re.compile(rb"(?:\\[nrtbfv0]|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})\Z")
_EVERYDAY = re.compile(
    r"(?i)default|training|(?:dis|en)abled|o(?:ff|n)line|warning|detail|python3?|pytorch|tensorflow|master|worker"
    r"|launcher|localhost|static|elastic|password|secret|required|anonymous|username|public|private"
)
_HTML = {'"': b"quot", "'": b"apos", "<": b"lt", ">": b"gt", "&": b"amp"}


class KnownValues:
    """Finds values that are secrets, by name; those under LEAST characters are left out."""

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        self._names: list[bytes] = []
        self._texts: list[str] = []
        self._patterns: dict[int, re2.Pattern] = {}
        self._by_key: dict[bytes, list[int]] = {}
        found = {value: name for name, value in values if len(value) >= LEAST}
        for index, (part, name) in enumerate(found.items()):
            self._texts.append(part)
            self._names.append(b"[redacted:" + re.sub(r"\W", "", name, flags=re.ASCII)[:40].encode() + b"]")
            for form in (part.encode(), *_encoded(part)):
                key = max(_RUN.findall(form) or [b""], key=len)[:_KEY]
                if len(key) >= min(3, len(part)):
                    self._by_key.setdefault(key, []).append(index)
        keys = sorted(self._by_key)
        self._keys = re2.compile_bytes(_LEFT + b"(?:" + b"|".join(keys) + b")") if keys else None

    def redact(self, text: bytes) -> tuple[bytes, int]:
        """Text without them, and how many places were taken out."""
        if self._keys is None or not (spans := self._spans(text)):
            return text, 0
        pieces: list[bytes] = []
        end = 0
        for start, stop, index in spans:
            pieces += text[end:start], self._names[index]
            end = stop
        return b"".join([*pieces, text[end:]]), len(spans)

    def _spans(self, text: bytes) -> list[tuple[int, int, int]]:
        """Start, end and value of what goes, in order; of two that overlap the longer."""
        seen: set[tuple[int, int, int]] = set()
        for at, index in self._places(text):
            reach = 4 * min(MOST, len(self._texts[index])) + 80
            low = max(0, at - reach)
            window = text[low : at + reach]
            for match in self._pattern(index).finditer(window):
                start, stop = match.span()
                if _apart(window, start, stop):
                    seen.add((low + start, low + stop, index))
        chosen: list[tuple[int, int, int]] = []
        for span in sorted(seen, key=lambda span: (span[0], -span[1])):
            if not chosen or span[0] >= chosen[-1][1]:
                chosen.append(span)
        return chosen

    def _places(self, text: bytes) -> Iterator[tuple[int, int]]:
        """Where a key stands, and whose; a key may be broken by a line's end."""
        assert self._keys is not None
        yield from self._hits(text)
        if b"\n" not in text:
            return
        joined = re.sub(rb"\n[ \t]*", b"", text)
        ends: list[int] = []  # of lines, in the joined text
        lengths: list[int] = []  # of what was taken out up to there
        for at, index in self._hits(joined):
            if not ends:
                gone = 0
                for found in re.finditer(rb"\n[ \t]*", text):
                    ends.append(found.start() - gone)
                    gone += found.end() - found.start()
                    lengths.append(gone)
            line = bisect_right(ends, at)
            yield at + (lengths[line - 1] if line else 0), index

    def _hits(self, text: bytes) -> Iterator[tuple[int, int]]:
        assert self._keys is not None
        for match in self._keys.finditer(text):
            start, stop = match.span()
            for length in range(min(_KEY, stop - start), 0, -1):
                for index in self._by_key.get(text[stop - length : stop], ()):
                    yield stop, index

    def _pattern(self, index: int) -> re2.Pattern:
        if index not in self._patterns:
            part = self._texts[index]
            forms = [_BREAK.join(map(_any_spelling, part))]
            forms += [_BREAK.join(bytes([byte]) if chr(byte).isalnum() else re2.escape(bytes([byte])) for byte in form)
                      for form in _encoded(part)]
            self._patterns[index] = re2.compile_bytes(b"(?:" + b"|".join(forms) + b")")
        return self._patterns[index]


def is_secret(name: str, text: str) -> bool:
    """By its name, or by its randomness; never where it is short, an everyday word, a number under an ordinary name, a
    path or a placeholder."""
    if len(text) < LEAST or _EVERYDAY.fullmatch(text) or is_plain(text):
        return False
    known = level(name)
    return known == Level.SECRET or is_random(text) or (known == Level.WEAK and any(map(str.isdigit, text)))


def parts_of(text: str) -> list[str]:
    """What of a secret value occurs in a log: of several lines, those long enough to be of this value alone."""
    lines = [line.strip() for line in text.split("\n")]
    long = [line for line in lines if len(line) >= _LEAST_LINE and not line.startswith("-----")]
    return lines if len(lines) == 1 else long


def _encoded(part: str) -> list[bytes]:
    """Base64 and hex, also of what `echo` would have sent, with a line's end."""
    forms: list[bytes] = []
    for raw in (part.encode(), part.encode() + b"\n"):
        for coded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw), raw.hex().encode(), raw.hex().upper().encode()):
            plain = coded.rstrip(b"=")
            if plain not in forms:
                forms.append(plain)
    return forms


def _any_spelling(character: str) -> bytes:
    """A character as it stands and as JSON, a URL, HTML, a shell or Python's repr write it."""
    raw = character.encode()
    if character.isascii() and character.isalnum():
        return raw
    code = ord(character)
    url = "".join(f"%(?:25)?(?i:{byte:02x})" for byte in raw).encode()
    units = character.encode("utf-16-be")
    json = b"".join(rb"\\+u(?i:%02x%02x)" % (units[i], units[i + 1]) for i in range(0, len(units), 2))
    ways = [rb"\\{0,7}" + re2.escape(raw), url, json, f"&#0*{code};".encode(), f"&#x0*(?i:{code:x});".encode()]
    ways += [b"".join(rb"\\+x(?i:%02x)" % byte for byte in raw)]
    ways += [b"&" + _HTML[character] + b";"] if character in _HTML else []
    ways += [rb"\+", rb"\\+n", rb"\\+t"] if character in " \n\t" else []
    return b"(?:" + b"|".join(ways) + b")"


def _apart(text: bytes, start: int, stop: int) -> bool:
    """Whether what was found is no part of a longer word."""
    left, right = text[max(0, start - 1) : start], text[stop : stop + 1]
    if right.isalnum() and text[stop - 1 : stop].isalnum():
        return False
    return not (left.isalnum() and text[start : start + 1].isalnum()) or bool(
        _ESCAPE_BEFORE.search(text[max(0, start - 6) : start])
    )
