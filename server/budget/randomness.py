"""Whether a text was made by chance, as a key or a token is: by entropy, and not where ids and digests have as much."""

import math
import re
from collections import Counter
from itertools import pairwise

_LEAST = 20  # characters
_BITS = 3.4  # a character; 20 random letters and digits have about 4
_TURNS = 0.34  # of neighbours that differ in kind (lower, upper, digit); words and CamelCase have under 0.3
_RUN = re.compile(r"[A-Za-z0-9+/=]{12,}")
_NO_SECRET = re.compile(  # UUID; digest; a service's id is lower case and digits
    r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:sha\d+:|md5:)?[0-9a-f]+)|[a-z0-9_.-]+|[A-Z0-9_.-]+"
    r"|[a-z][a-z0-9+.-]*://.*|(?:~|\.{0,2})/.*|acs:.*|arn:.*"
)


def is_random(text: str) -> bool:
    """From 20 characters on; False for a UUID, a digest, an id of a service, a URL or a path."""
    if (
        len(text) < _LEAST
        or len(text) > 4096
        or re.search(r"\s", text)
        or not _RUN.search(text)
        or _NO_SECRET.fullmatch(text)
    ):
        return False
    counts = Counter(text)
    bits = -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
    kinds = ["d" if c.isdigit() else "u" if c.isupper() else "l" for c in text if c.isalnum()]
    turns = sum(one != other for one, other in pairwise(kinds))
    return bits >= _BITS and len(set(kinds)) == 3 and turns / len(kinds) >= _TURNS
