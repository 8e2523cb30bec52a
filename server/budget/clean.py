r"""Raw bytes of a log as a terminal would have shown them: UTF-8 lines, no control characters but \n and \t.

Strips what hides text from a reader or from the redactor: escape codes, bidi, tags, zero-width characters."""

import re
from collections.abc import Callable, Iterable

from pai_dlc_mcp.server.insight.lines import chunks

_CONTROLS = bytes(set(range(32)) - {9, 10}) + b"\x7f"

# Possessive and bounded by ESC or the line, so linear. An unterminated OSC loses its opening only: to
# swallow the line, as a terminal does, could hide an error.
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*+[ -/]*+[@-~]?|[\]PX^_](?:[^\x07\x1b\n]*+(?:\x07|\x1b\\))?|[ -/]*+[0-Z\\^-~]?)")

# UTF-8 of: CSI, OSC and other C1, soft hyphen; U+034F; U+061C; U+115F-1160; U+17B4-17B5; U+180B-180F; U+200B-200F,
# U+202A-202E; U+2060-206F; U+3164; variation selectors; BOM; U+FFA0; U+FFF9-FFFB; U+1D173-1D17A; tags, plane 14
_INVISIBLE = re.compile(
    rb"\xc2(?:\x9b[0-?]*+[ -/]*+[@-~]?|[\x9d\x90\x98\x9e\x9f](?:[^\x07\x1b\n\xc2]*+(?:\x07|\xc2\x9c))?|[\x80-\x9f\xad])"
    rb"|\xcd\x8f|\xd8\x9c|\xe1(?:\x85[\x9f\xa0]|\x9e[\xb4\xb5]|\xa0[\x8b-\x8f])"
    rb"|\xe2(?:\x80[\x8b-\x8f\xaa-\xae]|\x81[\xa0-\xaf])|\xe3\x85\xa4"
    rb"|\xef(?:\xb8[\x80-\x8f]|\xbb\xbf|\xbe\xa0|\xbf[\xb9-\xbb])|\xf0\x9d\x85[\xb3-\xba]|\xf3[\xa0-\xaf][\x80-\xbf]{2}"
)
# What follows a tqdm bar on its line: the program died, or wrote elsewhere, before the bar's line end
_AFTER_BAR = re.compile(rb"(\d%\|[^|\n]{0,400}+\|[^\[\n]{0,80}+\[[^\]\n]{0,400}+\])(?=[\s\]]*+[^\s\]])")
# Not words: a counter, a percentage, a spinner, a bar of any characters
_COUNTING = bytes(set(range(256)) - set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
_SEPARATORS = (b"\xe2\x80\xa8", b"\xe2\x80\xa9")  # U+2028, U+2029: a line break to some readers


def clean(records: Iterable[str]) -> bytes:
    """One UTF-8 text with the lines of all records; linear in the input."""
    joined = "\n".join(record.removesuffix("\n") for record in records)
    text = joined.encode("utf-8", "ignore")  # drops lone surrogates, which JSON lets through
    return b"".join(_clean(chunk) for chunk in chunks(text))


def _clean(text: bytes) -> bytes:
    text = _where(b"\x1b", text, lambda line: _ESCAPES.sub(b"", line))
    text = _where(b"\r", text, _last_states)
    text = _where(b"%|", text, _apart)
    if not text.isascii():
        lines = text.split(b"\n")
        text = b"\n".join([line if line.isascii() else _INVISIBLE.sub(b"", line) for line in lines])
        for separator in _SEPARATORS:
            text = text.replace(separator, b" ")
    return text.translate(None, _CONTROLS)


def _where(mark: bytes, text: bytes, rewritten: Callable[[bytes], bytes]) -> bytes:
    """The text with only those lines rewritten that have the mark: most patterns are slower than the look for it."""
    if mark not in text:
        return text
    return b"\n".join([rewritten(line) if mark in line else line for line in text.split(b"\n")])


def _apart(line: bytes) -> bytes:
    """A bar, and on a line of its own what follows it."""
    alone = line.endswith(b"]") and line.count(b"[") == 1
    return line if alone else _AFTER_BAR.sub(rb"\1\n", line)


def clean_text(text: str) -> str:
    """The same for one piece of text; most are plain ASCII already."""
    if text.isascii() and text.isprintable():
        return text
    return clean([text]).decode()


def _last_states(line: bytes) -> bytes:
    r"""The last state of each thing drawn in a record, a line each: of a bar the last of thousands of frames, but a
    message that a bar was drawn over (`boom\r 50%|##|`) stays. tqdm blanks or erases a frame with `leave=False`."""
    drawn: list[bytes] = []
    what = None
    for frame in line.split(b"\r"):
        if not frame.strip():
            continue
        words = b"%|" if b"%|" in frame else frame.translate(None, _COUNTING)
        if words == what:
            drawn[-1] = frame
        else:
            drawn.append(frame)
        what = words
    return b"\n".join(drawn)
