"""Private keys in PEM: whole, cut at either end, spread over lines with prefixes, or on one line."""

import re
from collections.abc import Sequence

_MARK = re.compile(rb"-----(BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY")
_FROM_MARK = re.compile(rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY.*")
_REACH = 200  # lines: an RSA-8192 key has about 100
_BASE64 = re.compile(rb"[A-Za-z0-9+/=]*")
_HEADER = re.compile(rb"(?:Proc-Type|DEK-Info): ")
_LONG = 20  # base64 characters that are key material even behind an unknown prefix
_PLACE = b"[redacted private key]"


def redact(text: bytes) -> tuple[bytes, int]:
    """Every line of a key becomes a placeholder, one a run; other lines between them (another rank's) stay."""
    if b"PRIVATE KEY" not in text:
        return text, 0
    lines = text.split(b"\n")
    hidden = _hidden(lines)
    kept: list[bytes] = []
    runs = 0
    for index, line in enumerate(lines):
        if index not in hidden:
            kept.append(line)
        elif index - 1 not in hidden:
            runs += 1
            kept.append(_FROM_MARK.sub(_PLACE, line) if _FROM_MARK.search(line) else _PLACE)
    return b"\n".join(kept), runs


def _hidden(lines: Sequence[bytes]) -> set[int]:
    marks = [(index, match) for index, line in enumerate(lines) if (match := _MARK.search(line))]
    hidden = {index for index, _ in marks}
    for turn, (index, mark) in enumerate(marks):
        step = 1 if mark[1] == b"BEGIN" else -1
        other = marks[turn + step] if 0 <= turn + step < len(marks) else None
        reach = range(index + step, max(-1, min(len(lines), index + step * _REACH)), step)
        hidden |= _body(
            lines, reach, lines[index][: mark.start()].split(), other is not None and other[1][1] != mark[1]
        )
    return hidden


def _body(lines: Sequence[bytes], reach: range, prefix: list[bytes], closed: bool) -> set[int]:
    """The lines in reach that hold key material; where the other end is missing, short ones only without a break."""
    found: set[int] = set()
    unbroken = True
    for index in reach:
        words = lines[index].removesuffix(b"\\n").split()
        if _MARK.search(lines[index]):
            break
        last = words[-1] if len(words) > len(prefix) else b""
        short = len(words) <= len(prefix) + 1 or _HEADER.match(lines[index].strip())
        if (_BASE64.fullmatch(last) and (len(last) >= _LONG or (short and (unbroken or closed)))) or (
            words and len(words[-1]) >= _LONG and _BASE64.fullmatch(words[-1])
        ):
            found.add(index)
        else:
            unbroken = False
    return found
