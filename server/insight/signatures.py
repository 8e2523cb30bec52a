"""Which kind of failure a line is a sign of: the tables of families/ in the order in which they are asked."""

import re
from dataclasses import replace

from pai_dlc_mcp.server.insight import re2
from pai_dlc_mcp.server.insight.families.benign import BENIGN
from pai_dlc_mcp.server.insight.families.devices import DEVICES
from pai_dlc_mcp.server.insight.families.launchers import LAUNCHERS, WORKERS
from pai_dlc_mcp.server.insight.families.network import HTTP, NETWORK
from pai_dlc_mcp.server.insight.families.peers import PEERS
from pai_dlc_mcp.server.insight.families.programs import COMPILERS, PROGRAMS
from pai_dlc_mcp.server.insight.families.storage import STORAGE
from pai_dlc_mcp.server.insight.kinds import DEATH, ERROR, NOISE, STALL, Kind
from pai_dlc_mcp.server.insight.lines import body

# The special before the general: a request refused is no lost peer, a worker's report may quote any error
KINDS: tuple[Kind, ...] = (
    *WORKERS,
    *HTTP,
    *DEVICES,
    *PEERS,
    *LAUNCHERS,
    *COMPILERS,
    *STORAGE,
    *NETWORK,
    *PROGRAMS,
)

SILENCE = Kind("no error sign; the output stops here", NOISE, None, "", "", "")

# A line's own level, before its message
_CALM = re.compile(rb"\b(?:INFO|DEBUG|TRACE|NOTICE|info|debug)\b|^I\d{4} |: I \w+/")
_WARNED = re.compile(rb"\b(?:WARN(?:ING)?|warn(?:ing)?|Warning)\b|^W\d{4} |: W \w+/")
# Logged as warnings, for want of a level of errors
_ERRS = re.compile(
    rb"NCCL WARN|OP_REQUIRES failed|distributed\.nanny|killed by YARN for exceeding|\*\*\* SIG[A-Z]+ \(@"
    rb"|^ *Warning +Failed[A-Za-z]* +\S+ "  # an event of Kubernetes
)
_GOES_ON = re.compile(
    rb"(?i)\bretr(?:y|ies|ying)\b|\btry(?:ing)? again|fall(?:ing|s)? ?back|\bskip(?:ping|ped)?\b|\bignor(?:ed|ing)\b"
    rb"|\bcontinu(?:e|ing)\b|\brecover(?:ed|ing)\b|\b(?:lower|reduc|halv|decreas)(?:ed|ing)\b|\binstead\b"
    rb"|\bresum(?:ed|ing)\b|\xe9\x87\x8d\xe8\xaf\x95|\xe8\xb7\xb3\xe8\xbf\x87"  # try again, pass over
)
_HEAD = 100  # bytes in which it stands
_BY_WORDS = frozenset(("exception", "missing file", "permission", "file", "error", "arguments"))


def _widened(pattern: str) -> str:
    """A pattern that finds at least as much and has fewer states: where a word or a line begins is asked later."""
    pattern = re.sub(r"(?<![\[\\])\^|\\b|(?<!\\)\$", "", pattern)
    return re.sub(r"\.\{\d,\d+\}", ".*", pattern)


# Two passes: of all kinds together with few states, then of those that may be in the line as they stand
_WIDENED = [_widened(kind.pattern) for kind in KINDS]
ANY = re2.compile("|".join(f"(?:{pattern})" for pattern in _WIDENED), one_line=True)
_WHICH = re2.Set(_WIDENED)
_EXACT = [re2.compile(kind.pattern, one_line=True) for kind in KINDS]
_BENIGN = re2.Set([_widened(pattern) for pattern, _ in BENIGN])
_EXACTLY_BENIGN = [re2.compile(pattern, one_line=True) for pattern, _ in BENIGN]


def kind_of(line: bytes) -> Kind | None:
    """The first kind whose sign is in the line; None if it says itself that it is none."""
    words = body(line)
    found = next((at for at in sorted(_WHICH.match(words)) if _EXACT[at].search(words)), None)
    if found is None or _is_benign(words):
        return None
    kind = KINDS[found]
    return _heard(kind, words[:_HEAD]) if kind.level <= ERROR and kind.level != DEATH else kind


def _is_benign(words: bytes) -> bool:
    return any(_EXACTLY_BENIGN[at].search(words) for at in _BENIGN.match(words))


def _heard(kind: Kind, head: bytes) -> Kind | None:
    """What a program logs below the level of an error, it goes on after."""
    if _ERRS.search(head):
        return kind
    if _CALM.search(head):
        return None
    if _WARNED.search(head) and (kind.level != STALL or kind.name == "no connection"):
        return None if kind.name in _BY_WORDS else replace(kind, level=NOISE)
    return kind


def goes_on(words: bytes) -> bool:
    """The program says of an error that it was expected, is passed over, or is tried again."""
    return _GOES_ON.search(words) is not None


def is_calm(words: bytes) -> bool:
    """Below the level of an error, by a level of its own or by what it says."""
    head = words[:_HEAD]
    return bool(_CALM.search(head) or _WARNED.search(head) or _is_benign(words))


def sign(line: bytes) -> int:
    """Byte offset of the sign of failure in a line; 0 if it has none."""
    match = ANY.search(line)
    return match.start() if match else 0
