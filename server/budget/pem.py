"""Private keys in PEM: whole, cut at either end, spread over lines with prefixes, or on one line."""

import re

_MARK = re.compile(rb"-----(BEGIN|END) [A-Z0-9 ]*PRIVATE KEY")
_ONE_LINE = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[^\n]*")
_REACH = 200  # lines: an RSA-8192 key has about 100
_BODY = re.compile(rb"(?:\S{0,60}+[ \t]++){0,8}+(?:[A-Za-z0-9+/=]{20,}|[A-Za-z0-9+/]+={1,2})(?:\\n)*")
_SHORT = re.compile(rb"[A-Za-z0-9+/=]*|.*(?:Proc-Type|DEK-Info):.*")
_PLACE = b"[redacted private key]"


def redact(text: bytes) -> tuple[bytes, int]:
    """Every line of a key becomes a placeholder, one a run; other lines between them (another rank's) stay."""
    if b"PRIVATE KEY" not in text:
        return text, 0
    lines = text.split(b"\n")
    kept: list[bytes] = []
    found = 0
    hidden = _hidden(lines)
    for index, line in enumerate(lines):
        if index not in hidden:
            kept.append(line)
        elif index - 1 not in hidden:
            found += 1
            kept.append(_ONE_LINE.sub(_PLACE, line) if _ONE_LINE.search(line) else _PLACE)
    return b"\n".join(kept), found


def _hidden(lines: list[bytes]) -> set[int]:
    marks = {index: match[1] for index, line in enumerate(lines) if (match := _MARK.search(line))}
    hidden = set(marks)
    for index, mark in marks.items():
        step = 1 if mark == b"BEGIN" else -1
        unbroken = True
        for near in range(index + step, index + step * _REACH, step):
            if not 0 <= near < len(lines) or near in marks:
                break
            line = lines[near].strip()
            if _BODY.fullmatch(line) or (unbroken and _SHORT.fullmatch(line)):
                hidden.add(near)
            else:
                unbroken = False
    return hidden
