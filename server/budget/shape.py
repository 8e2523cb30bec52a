"""The shape of a secret, as one row of secret_tokens.py and secret_places.py."""

import re
from typing import Literal, NamedTuple

Proof = Literal["the place", "the name", "said", "a digit", "chance"]
"""What shows that the last group is a secret: where it stands; the name before it, which is the first group, judged by
secret_names.py (`said`: it only follows the name, as in a sentence); a digit in it, which a file or a package that only
begins alike has not; that it was made by chance."""


class Shape(NamedTuple):
    name: str
    pattern: str
    goes: str
    stays: str
    proof: Proof = "the place"


_FILL = "kQ7vTz2NfR9wXb4MhJ8sLc6DpG3yZe5VaK1uWtB0qHnErFgSxUdCmPjAiYo"
_BLANK = re.compile(r"\{([xUd]?)(\d+)\}")
_ALPHABETS = {"": _FILL, "x": "3f8a0c5b9d2e7146", "U": "Q7ZK2NX9WB4MHJ8L", "d": "7391846205"}


def example(template: str) -> tuple[str, tuple[str, ...]]:
    """A template's text, and what of it must go."""

    def fill(blank: re.Match[str]) -> str:
        letters = _ALPHABETS[blank[1]]
        start = blank.start() % len(letters)
        return "".join(letters[(start + i * 7) % len(letters)] for i in range(int(blank[2])))

    marked = _BLANK.sub(fill, template).replace("{{", "{").replace("}}", "}")
    return re.sub("[«»]", "", marked), tuple(re.findall("«([^»]*)»", marked))
