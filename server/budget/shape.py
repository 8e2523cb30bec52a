"""The shape of a secret, as one row of secret_tokens.py and secret_places.py."""

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
