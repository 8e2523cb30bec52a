"""What an identifier may look like, in a tool's argument and in a request's path."""

import re
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from pai_dlc_mcp.server.cloud import ids

IN_PATHS = {
    name: getattr(ids, name)
    for name in ("JOB_ID", "POD_ID", "WORKSPACE_ID", "QUOTA_ID", "IMAGE_ID", "DATASET_ID", "CODE_SOURCE_ID")
}
EXAMPLES = {
    "JOB_ID": ["dlc4stillrunning", "dlc-20210126170216-mtl37ge7gkvdz"],
    "POD_ID": ["dlc4stillrunning-master-0", "dlc-20210126170216-mtl37ge7gkvdz-worker-12"],
    "POD_UID": ["5e2a2d4c-3b0c-5b0f-9a0e-7d0c4f4d5c11"],
    "WORKSPACE_ID": ["123456"],
    "QUOTA_ID": ["quota1llmteam001", "quotamtl37ge7gkvdz", "rgf0zhfqn1d4ity2"],
    "IMAGE_ID": ["image-4pytorch26gpu001", "image-05cefd0be2exxxx"],
    "DATASET_ID": ["d-llmcorpus000000001"],
    "CODE_SOURCE_ID": ["code-20250911103721-85qz78ia96lu"],
    "INSTANCE_TYPE": ["ecs.gn6i-c4g1.xlarge", "ml.gu7xf.c96m1600.8-gu108"],
    "REGION": ["cn-hangzhou", "cn-shanghai-finance-1", "us-east-1"],
}
TRICKS = [
    "",
    ".",
    "..",
    "a/b",
    "../x",
    "%2e%2e",
    "a b",
    "a\0",
    "a?b=c",
    "a#b",
    "a&b",
    "a\\b",
    "http://x",
    "a;b",
    "${x}",
]


def accepts(pattern: str, value: str) -> bool:
    """As a tool's parameter does it."""
    try:
        TypeAdapter(Annotated[str, Field(pattern=pattern)]).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in EXAMPLES for value in EXAMPLES[name]])
def test_the_services_own_ids_are_accepted(name, value) -> None:
    assert accepts(getattr(ids, name), value)
    assert name in ("INSTANCE_TYPE",) or ids.is_path_segment(value)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_no_id_of_any_kind_is_a_path_or_a_query(name) -> None:
    for trick in TRICKS:
        pattern = getattr(ids, name)
        assert not accepts(pattern, trick), trick
        assert not accepts(pattern, f"{EXAMPLES[name][0]}/{trick}"), trick


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_a_line_feed_does_not_hide_behind_the_end_of_an_id(name) -> None:
    assert not accepts(getattr(ids, name), EXAMPLES[name][0] + "\n")


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_other_scripts_digits_are_no_digits(name) -> None:
    arabic = EXAMPLES[name][0].translate({ord("0") + digit: chr(0x660 + digit) for digit in range(10)})
    assert arabic == EXAMPLES[name][0] or not accepts(getattr(ids, name), arabic)


@given(data=st.data())
@pytest.mark.parametrize("name", sorted(IN_PATHS))
def test_what_a_tool_accepts_may_stand_in_a_path(name, data) -> None:
    value = data.draw(st.from_regex(re.compile(IN_PATHS[name], re.ASCII), fullmatch=True))
    assert ids.is_path_segment(value)


@given(st.text())
def test_a_path_segment_is_a_plain_word(value) -> None:
    assert ids.is_path_segment(value) == bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,255}", value))


def test_a_trick_is_no_path_segment() -> None:
    for trick in TRICKS:
        assert not ids.is_path_segment(trick), trick
