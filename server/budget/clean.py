r"""Raw bytes of a log as a terminal would have shown them: UTF-8 lines, no control characters but \n and \t.

Strips what hides text from a reader or from the redactor: escape codes, bidi, tags, zero-width characters."""

import re
from collections.abc import Callable, Iterable

from pai_dlc_mcp.server.insight import re2
from pai_dlc_mcp.server.insight.lines import chunks

_CONTROLS = bytes(set(range(32)) - {9, 10}) + b"\x7f"

# Possessive and bounded by ESC or the line, so linear. An unterminated OSC loses its opening only: to
# swallow the line, as a terminal does, could hide an error.
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*+[ -/]*+[@-~]?|[\]PX^_](?:[^\x07\x1b\n]*+(?:\x07|\x1b\\))?|[ -/]*+[0-Z\\^-~]?)")

# C1 controls and soft hyphen; marks that join or hide; fillers; directions and zero width; variation selectors; BOM;
# annotations; musical controls; tags and all of plane 14
_HIDDEN = (
    r"\x80-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000effff"
)
_HIDES = re2.compile("[\u2028\u2029" + _HIDDEN.encode().decode("unicode_escape") + "]")
# Of the C1 controls CSI and OSC take what they control with them
_INVISIBLE = re.compile(
    r"\x9b[0-?]*+[ -/]*+[@-~]?|[\x9d\x90\x98\x9e\x9f](?:[^\x07\x1b\n\x80-\xbf]*+(?:\x07|\x9c))?"
    rf"|[{_HIDDEN}]"
)
# What follows a tqdm bar on its line: the program died, or wrote elsewhere, before the bar's line end
_AFTER_BAR = re.compile(rb"(\d%\|[^|\n]{0,400}+\|[^\[\n]{0,80}+\[[^\]\n]{0,400}+\])(?=[\s\]]*+[^\s\]])")
# Not words: a counter, a percentage, a spinner, a bar of any characters
_COUNTING = bytes(set(range(256)) - set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
_SEPARATORS = str.maketrans("\u2028\u2029", "  ")  # a line break to some readers


def clean(records: Iterable[str]) -> bytes:
    """One UTF-8 text with the lines of all records; linear in the input."""
    joined = "\n".join(record.removesuffix("\n") for record in records)
    text = joined.encode("utf-8", "ignore")  # drops lone surrogates, which JSON lets through
    return b"".join(_clean(chunk) for chunk in chunks(text))


def _clean(text: bytes) -> bytes:
    text = _ESCAPES.sub(b"", text)
    text = _where(b"\r", text, _last_states)
    text = _where(b"%|", text, _apart)
    if not text.isascii() and _HIDES.search(text):
        text = b"\n".join([line if line.isascii() else _shown(line) for line in text.split(b"\n")])
    return text.translate(None, _CONTROLS)


def _where(mark: bytes, text: bytes, rewritten: Callable[[bytes], bytes]) -> bytes:
    """The text with only those lines rewritten that have the mark; the others are not looked at one by one."""
    parts: list[bytes] = []
    done = 0
    while (at := text.find(mark, done)) >= 0:
        start = text.rfind(b"\n", done, at) + 1 or done
        end = text.find(b"\n", at)
        end = len(text) if end < 0 else end
        parts += (text[done:start], rewritten(text[start:end]))
        done = end
    return b"".join((*parts, text[done:])) if parts else text


def _shown(line: bytes) -> bytes:
    return _INVISIBLE.sub("", line.decode().translate(_SEPARATORS)).encode()


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
