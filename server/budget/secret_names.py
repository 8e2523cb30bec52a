"""Which names say that their value is a secret, which values are none all the same, and which values look random.

`AccessKeySecret`, `DB_PASS`, `hf-token` are; `pad_token`, `max_tokens`, `cache_key`, `SSH_KEY_PATH`, `PWD` are not."""

import math
import re
from collections import Counter
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise


class Level(IntEnum):
    """How much a name says. WEAK names occur in ordinary logs as well: `token`, `key`, `auth`."""

    NONE = 0
    WEAK = 1
    SECRET = 2


_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[\u4e00-\u9fff]+")
_STRONG = re.compile(
    r"(?:password|passwd|passphrase|passcode|pwd|secret|credential|authorization|apikey|accesskey|secretkey|privatekey|authkey"
    r"|apitoken|accesstoken|authtoken|hftoken|(?:db|user|mysql|ssh|smtp|ftp|redis|admin|root|mail|pg|my|key|store)pass"
    r"|密码|口令|密钥|令牌)s?$"
)
_CARRIERS = ("value", "text", "base", "b64", "str", "string", "data", "plain")
_WEAK = frozenset({"token", "key", "auth", "cookie", "signature", "jwt", "ak", "sk", "pin", "pass", "pw", "dsn"})
# Before `key` or `token`, what makes the pair a secret in any spelling
_OF_ACCESS = frozenset(
    {
        *("api", "access", "secret", "private", "auth", "account", "encryption", "signing", "client", "consumer"),
        *("refresh", "bearer", "session", "security", "id", "oauth", "csrf", "bot", "personal", "deploy", "registry"),
        *("shared", "storage", "subscription", "license", "master", "hf", "github", "gitlab", "wandb", "openai", "app"),
    }
)
# After the word, what the value is instead: NAME_FILE, token_ids, key_name
_ABOUT = frozenset(
    {
        *("id", "ids", "count", "num", "len", "length", "size", "type", "types", "limit", "ratio", "rate", "loss"),
        *("index", "idx", "embedding", "embeddings", "dim", "mode", "name", "names", "file", "path", "dir", "folder"),
        *("url", "uri", "endpoint", "host", "port", "ttl", "expiry", "expires", "timeout", "policy", "required"),
        *("enabled", "provider", "class", "env", "version", "algorithm", "arn", "ref", "format", "mask", "level"),
        *(
            "parallelism",
            "strategy",
            "weights",
            "shape",
            "error",
            "failed",
            "rotation",
            "manager",
            "in",
            "per",
            "hash",
            "s",
        ),
    }
)
# Before the word, in names of training code
_ORDINARY = frozenset(
    {
        *(
            "pad",
            "eos",
            "bos",
            "unk",
            "mask",
            "sep",
            "cls",
            "image",
            "audio",
            "video",
            "special",
            "stop",
            "per",
            "next",
        ),
        *("num", "max", "min", "total", "new", "start", "end", "prompt", "input", "output", "first", "last", "text"),
        *("primary", "foreign", "sort", "cache", "partition", "public", "group", "feature", "state", "label", "shard"),
        *(
            "hash",
            "unique",
            "query",
            "model",
            "data",
            "dataset",
            "metric",
            "batch",
            "forward",
            "backward",
            "hot",
            "host",
        ),
        *("invalid", "unexpected", "missing", "unknown", "object", "idempotency", "by", "sharding", "dedup", "routing"),
        *("decoder", "encoder", "fim", "think", "vision", "target", "source", "column", "field", "lookup", "record"),
    }
)


@lru_cache(4096)
def level(name: str) -> Level:
    """What the name of a variable, field, flag or header says of its value."""
    parts = [part.lower() for part in _PARTS.findall(name)]
    if not parts:
        return Level.NONE
    while len(parts) > 1 and (parts[-1].isdigit() or parts[-1] in _CARRIERS):
        parts.pop()
    if "".join(parts).endswith(("accesskeyid", "secretid")):
        return Level.SECRET
    if parts[-1] in _ABOUT:
        return Level.NONE
    if any(_STRONG.search(part) for part in parts) or (len(parts) > 1 and _STRONG.search("".join(parts[-2:]))):
        return Level.SECRET
    return _weak(parts[-1], parts[-2] if len(parts) > 1 else "", upper=name.isupper())


def _weak(word: str, before: str, *, upper: bool) -> Level:
    if before in _ORDINARY or word not in _WEAK:
        return Level.NONE
    if word == "key" and not before:
        return Level.SECRET if upper else Level.NONE
    if upper or (word in ("key", "token") and before in _OF_ACCESS):
        return Level.SECRET
    return Level.WEAK


_NOTHING = re.compile(
    r"(?i)\W*|[)\]},;].*|none|null|nil|true|false|undefined|n/a|str|int|bytes|bool|string|optional\[.*|union\[.*|\$\{?\w+\}?|\$[({].*|<.*>?|\{\{.*"
    r"|%\w+%|[*x.•]{3,}.*|\[?redacted.*|\(?hidden\)?|os\.(?:environ|getenv).*|getpass.*|[a-z_][\w.]*\(.*|\\u003c.*|\{.*"
    r"|process\.env.*|secretkeyref.*|valuefrom.*|required|lambda.*|[a-z_]\w*:"
)
_NUMBER = re.compile(r"[-+]?[0-9][0-9.,:/_%eE+-]*(?:[a-zA-Z]{1,3}(?:/s)?)?")
_PATH = re.compile(r"(?:~|\.{0,2})/[\w.@+-]*(?:/[\w.@+=-]*)*|[A-Za-z]:\\.*")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_0-9]\w*)+")
_WORDS = re.compile(r"[^\W\d_]+(?:[-_ .'/][^\W\d_]+)*[.:,;!?]*")
_DIGEST = re.compile(r"[0-9a-f]{32,}")
_SAID = re.compile(  # of a password or a key, in prose
    r"(?i)(?:incorrect|invalid|missing|wrong|expected|not|no|is|was|has|required|empty|expired|denied|access|failed|error"
    r"|authentication|the|a|an|must|cannot|unknown|unable|please|enter|ok|enabled|disabled|optional|successful|set|unset|none|yes|found|given|too|use|bad)\b.*"
)


def is_plain(value: str) -> bool:
    """A placeholder, a number, a path or an expression: nothing that opens anything."""
    stripped = value.strip()
    return bool(_NOTHING.fullmatch(stripped) or _is_path(stripped))


def _is_path(value: str) -> bool:
    return bool(_PATH.fullmatch(value)) and not any(is_random(part) for part in value.split("/"))


def says(known: Level, value: str) -> bool:
    """Whether a value that only follows such a name, as in `password was X`, is a secret: one no sentence has."""
    if known == Level.SECRET:
        kinds = (str.isdigit, str.isupper, str.islower)
        mixed = all(any(map(kind, value)) for kind in kinds)
        return is_random(value) or bool(_DIGEST.fullmatch(value)) or (value.isalnum() and mixed)
    return known == Level.WEAK and is_random(value)


def names_secret(name: str, value: str) -> bool:
    """Whether the value of a map's key is a secret."""
    return hides(level(name), value, assigned=True)


def hides(known: Level, value: str, *, assigned: bool) -> bool:
    """Whether `value`, read right behind a name of this level, is a secret. `assigned`: by `=`, in quotes or by a flag,
    so it is no word of a sentence behind a colon."""
    if known == Level.NONE or is_plain(value):
        return False
    words = bool(_WORDS.fullmatch(value)) and not is_random(value)
    if known == Level.SECRET:
        return assigned or not (words and _SAID.match(value))
    if _IDENTIFIER.fullmatch(value) and not is_random(value):
        return False
    if _NUMBER.fullmatch(value) or words or "://" in value:
        return False
    return len(value) >= (8 if assigned else 12) and bool(re.search(r"\d", value) or is_random(value))


_LEAST_RANDOM = 20  # characters
_BITS = 3.4  # a character; 20 random letters and digits have about 4
_TURNS = 0.34  # of neighbours that differ in kind (lower, upper, digit); words and CamelCase have under 0.3
_LONG_RUN = re.compile(r"[A-Za-z0-9+/=]{12,}")
_NO_SECRET = re.compile(  # UUID; digest; a service's id is lower case and digits
    r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:sha\d+:|md5:)?[0-9a-f]+)|[a-z0-9_.-]+|[A-Z0-9_.-]+"
    r"|[a-z][a-z0-9+.-]*://.*|(?:~|\.{0,2})/.*|acs:.*|arn:.*"
)


def is_random(text: str) -> bool:
    """From 20 characters on; False for a UUID, a digest, an id of a service, a URL or a path."""
    if (
        len(text) < _LEAST_RANDOM
        or len(text) > 4096
        or re.search(r"\s", text)
        or not _LONG_RUN.search(text)
        or _NO_SECRET.fullmatch(text)
    ):
        return False
    counts = Counter(text)
    bits = -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
    kinds = ["d" if c.isdigit() else "u" if c.isupper() else "l" for c in text if c.isalnum()]
    turns = sum(one != other for one, other in pairwise(kinds))
    return bits >= _BITS and len(set(kinds)) == 3 and turns / len(kinds) >= _TURNS


_LEAST_LINE = 16  # characters of a line of a longer value
_EVERYDAY = re.compile(
    r"(?i)default|training|(?:dis|en)abled|o(?:ff|n)line|warning|detail|python3?|pytorch|tensorflow|master|worker"
    r"|launcher|localhost|static|elastic|password|secret|required|anonymous|username|public|private"
)


def is_secret(name: str, text: str) -> bool:
    """Whether the value of a variable or a credential is a secret: by its name, or because it was made by chance; never
    an everyday word, a path or a placeholder."""
    if _EVERYDAY.fullmatch(text) or is_plain(text):
        return False
    known = level(name)
    return known == Level.SECRET or is_random(text) or (known == Level.WEAK and any(map(str.isdigit, text)))


def parts_of(text: str) -> list[str]:
    """What of a secret value occurs in a log: of several lines, those long enough to be of this value alone."""
    lines = [line.strip() for line in text.split("\n")]
    long = [line for line in lines if len(line) >= _LEAST_LINE and not line.startswith("-----")]
    return lines if len(lines) == 1 else long
