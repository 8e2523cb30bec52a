"""Every shape in the table: its example goes, its look-alike stays, and it compiles for RE2 with one group."""

import pytest

from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.budget.secrets import SHAPES
from pai_dlc_mcp.server.budget.shape import Shape, example
from pai_dlc_mcp.server.insight import re2

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


def test_a_shape_finds_its_example_alone_and_has_one_group() -> None:
    for shape in SHAPES:
        pattern = re2.compile(f"(?m){shape.pattern}")
        match = pattern.search(example(shape.goes)[0].encode())
        assert match is not None, shape.name
        assert match.span(1)[0] >= 0, shape.name


def test_the_names_of_shapes_are_their_own() -> None:
    assert len({shape.name for shape in SHAPES}) == len(SHAPES)
