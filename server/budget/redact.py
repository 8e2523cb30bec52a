"""Secrets out of cleaned text, before anything is searched or cut: by exact value, by shape, by key block."""

import json
import re
from collections.abc import Iterable
from urllib.parse import quote

from pai_dlc_mcp.server.budget import pem
from pai_dlc_mcp.server.budget.clean import clean, clean_text
from pai_dlc_mcp.server.insight import re2

# Values nobody hides, and without which no log could be read; shorter ones are skipped for their length
_COMMON = re.compile(
    r"(?i)default|(?:dis|en)abled|o(?:ff|n)line|warning|detail|python3?|pytorch|tensorflow|master|worker|launcher"
    r"|localhost|127\.0\.0\.1|0\.0\.0\.0|(?:c|en_us)\.utf-?8|forkserver|static|elastic|expandable_segments:true"
)
_MIN_VALUE = 6  # shorter values ("1", "eth0", "INFO") occur by chance everywhere
_NUMBER = re.compile(r"[\d.,:+-]{1,12}")  # ports, sizes, counts; an account id is longer

_Q = r"\\*[\"']?"
_ASSIGN = rf"{_Q}[ \t]{{0,8}}(?:=>|:=|[:=])[ \t]*"
_FLAG = r"(?:[ \t]+|=)"
_VALUE = (
    r"((?:(?i:bearer|basic|token)[ \t]+)?"
    r"(?:\\+[\"'][^\"'\n]*|\"(?:[^\"\\\n]|\\[^\n])*|'(?:[^'\\\n]|\\[^\n])*|[^\s\"'\\][^\s]*))"
)
_HIDE = r"(?:password|passwd|passphrase|pwd)"
_KEY = (
    r"(?:secret|token|api[_-]?key|access[_-]?key(?:[_-]?(?:id|secret))?|secret[_-]?(?:access[_-]?)?key"
    r"|private[_-]?key|auth[_-]?key|credentials?)"
)
_SIGNED = (
    r"(?:signature|x-(?:amz|oss|goog)-(?:signature|credential|security-token)|security-?token|ossaccesskeyid"
    r"|awsaccesskeyid|googleaccessid|accesskeyid|access_token|sig|auth_?key)"
)

# name -> pattern; its one group is what goes. The first that matches at the leftmost place wins.
SHAPES: dict[str, str] = {
    "authorization": rf"(?i)authorization{_ASSIGN}{_Q}([^\"'\n]+)",
    "bearer": r"(?i)\bbearer[ \t]+([a-z0-9._~+/=-]{8,})",
    "password": rf"(?i){_HIDE}{_ASSIGN}{_VALUE}",
    "key": rf"(?i){_KEY}{_ASSIGN}{_VALUE}",
    "flag": rf"(?i)--[a-z0-9_-]{{0,40}}(?:{_HIDE}|{_KEY}){_FLAG}{_VALUE}",
    "url user": r"(?i)[a-z][a-z0-9+.-]{0,30}://([^\s@/:\"']*:[^\s@/\"']+|[^\s@/:\"']{16,})@",
    "signed url": rf"(?i)\b{_SIGNED}(?:=|%3D)([^\s&\"'<>,]+)",
    "alibaba key": r"(LTAI[0-9A-Za-z]{12,})",
    "alibaba sts": r"(STS\.[0-9A-Za-z_+/=.-]{10,}|CAIS[0-9A-Za-z+/=_-]{40,})",
    "aws key": r"((?:AKIA|ASIA)[0-9A-Z]{16})",
    "github": r"(gh[pousr]_[0-9A-Za-z]{16,}|github_pat_[0-9A-Za-z_]{16,})",
    "gitlab, npm": r"(glpat-[0-9A-Za-z_-]{16,}|npm_[0-9A-Za-z]{30,})",
    "hugging face": r"(hf_[0-9A-Za-z]{16,}|api_org_[0-9A-Za-z]{16,})",
    "sk": r"(?:^|[^0-9A-Za-z])(sk-[0-9A-Za-z_-]{16,})",
    "google": r"(AIza[0-9A-Za-z_-]{30,})",
    "jwt": r"(eyJ[0-9A-Za-z_-]{14,}(?:\.[0-9A-Za-z_-]*){0,4})",
    "slack": r"(xox[a-z]-[0-9A-Za-z-]{8,}|xapp-[0-9A-Za-z-]{8,})",
    "pypi": r"(pypi-AgE[0-9A-Za-z_-]{40,})",
    "stripe": r"\b((?:sk|rk)_(?:live|test)_[0-9A-Za-z]{16,}|whsec_[0-9A-Za-z]{24,})",
    "sendgrid": r"(SG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,})",
    "databricks": r"\b(dapi[0-9a-f]{32})",
    "vault": r"\b(hv[sbr]\.[0-9A-Za-z_-]{20,})",
    "google oauth": r"\b(ya29\.[0-9A-Za-z_-]{20,})",
    "azure account key": r"(?i)\baccountkey=([a-z0-9+/=]{20,})",
    "slack, discord, feishu hook": (
        r"(?i)(?:hooks\.slack\.com/(?:services|workflows)/|discord(?:app)?\.com/api/webhooks/\d+/"
        r"|open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/)([^\s\"'<>]+)"
    ),
    "wecom hook": r"(?i)qyapi\.weixin\.qq\.com/[^\s\"'?]{1,60}\?key=([^\s&\"'<>]+)",
    "telegram bot": r"(?:\b|bot)(\d{8,10}:AA[0-9A-Za-z_-]{32,})",
    "wandb": r"(?i)wandb[ :=_a-z-]{0,40}\b([0-9a-f]{40})\b",
}
_GROUPS = tuple(enumerate(SHAPES, 1))
_ANY = re2.compile("(?m)" + "|".join(f"(?:{shape})" for shape in SHAPES.values()))

# What looks like a secret by its name only: `pad_token='<pad>'`, `token: 128`, `token=None`, `PWD=/root`
_SPECIAL_TOKEN = re.compile(
    rb"(?i)(?:pad|[eb]os|unk|mask|sep|cls|image|audio|video|special|stop|per|next)[_-]token[^\w]{1,6}$"
)
_WORKING_DIR = re.compile(rb"(?:^|[^A-Za-z])(?:OLD)?PWD=$")
_NAME_BYTES = 40  # before a value, in which its name is looked for
_PLAIN_VALUE = re.compile(rb"(?i)[\[({<\\\"']*(?:none|null|true|false|[\d.,eE+-]*)[\])}>\\\"',;]*")


class Redactor:
    """Knows one job's own env values. Built from the values as GetJob returned them: without them there are no logs."""

    def __init__(self, env: Iterable[tuple[str, str]]) -> None:
        """Not hidden: values under 6 characters, numbers of up to 12, and the words of `_COMMON`."""
        names: dict[bytes, bytes] = {}
        for name, value in env:
            for form in _forms(value):
                names.setdefault(form, b"[redacted:" + re.sub(r"\W", "", name, flags=re.ASCII)[:40].encode() + b"]")
        self._names = names
        self._values = re2.literals(sorted(names, key=len, reverse=True)) if names else None

    def lines(self, text: bytes) -> tuple[bytes, int]:
        """Cleaned text without its secrets, and how many were taken out."""
        text, keys = pem.redact(text)
        text, values = self._exact(text)
        text, shapes = _shapes(text)
        return text, keys + values + shapes

    def text(self, text: str) -> str:
        """One text, cleaned first: for commands, descriptions and messages shown outside a log."""
        return self.lines(clean([text]))[0].decode()

    def _exact(self, text: bytes) -> tuple[bytes, int]:
        if self._values is None:
            return text, 0
        pieces: list[bytes] = []
        end = 0
        for match in self._values.finditer(text):
            pieces += text[end : match.start()], self._names[text[match.start() : match.end()]]
            end = match.end()
        return b"".join([*pieces, text[end:]]), len(pieces) // 2


def _forms(value: str) -> set[bytes]:
    """The value and each of its lines, as printed, inside JSON and inside a URL."""
    plain = clean_text(value)
    parts = {plain.strip(), *(line.strip() for line in plain.split("\n"))}
    worth = {part for part in parts if _worth_hiding(part)}
    forms = worth | {json.dumps(part)[1:-1] for part in worth} | {quote(part, safe="") for part in worth}
    return {form.encode() for form in forms}


def _worth_hiding(value: str) -> bool:
    return len(value) >= _MIN_VALUE and not _COMMON.fullmatch(value) and not _NUMBER.fullmatch(value)


def _shapes(text: bytes) -> tuple[bytes, int]:
    pieces: list[bytes] = []
    end = 0
    for match in _ANY.finditer(text):
        shape, (start, stop) = next((name, span) for group, name in _GROUPS if (span := match.span(group))[0] >= 0)
        if _harmless(shape, text[max(0, start - _NAME_BYTES) : start], text[start:stop]):
            continue
        pieces += text[end:start], b"[redacted]"
        end = stop
    return b"".join([*pieces, text[end:]]), len(pieces) // 2


def _harmless(shape: str, before: bytes, value: bytes) -> bool:
    if value.startswith(b"[redacted"):
        return True
    if shape == "password":
        return _WORKING_DIR.search(before) is not None and value.startswith(b"/")
    return shape in ("key", "flag") and bool(_PLAIN_VALUE.fullmatch(value) or _SPECIAL_TOKEN.search(before))
