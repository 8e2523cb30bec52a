"""Every shape in the table: its example goes, its look-alike stays, and it compiles for RE2 with one group."""

import re

import pytest

from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.budget.secrets import SHAPES
from pai_dlc_mcp.server.budget.shape import Shape
from pai_dlc_mcp.server.insight import re2

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


NOBODY = Redactor()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_example_of_a_shape_goes_and_its_look_alike_stays(shape: Shape) -> None:
    text, secrets = example(shape.goes)
    shown = NOBODY.text(text)
    assert secrets
    assert [secret for secret in secrets if secret in shown] == []
    assert "[redacted]" in shown
    ordinary, none = example(shape.stays)
    assert none == ()
    assert NOBODY.text(ordinary) == ordinary


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_shape_finds_its_example_alone_and_has_one_group(shape: Shape) -> None:
    pattern = re2.compile(f"(?m){shape.pattern}")
    match = pattern.search(example(shape.goes)[0].encode())
    assert match is not None
    assert match.span(1)[0] >= 0


def test_the_names_of_shapes_are_their_own() -> None:
    assert len({shape.name for shape in SHAPES}) == len(SHAPES)
