"""What a template's content may not hold."""

from typing import Any

import pytest

from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.job_template import check


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ({"Envs": {"A": "b", "TOKEN": "***"}}, "Envs.TOKEN"),
        ({"UserCommand": "train --key [redacted:KEY] --fast"}, "UserCommand"),
        ({"JobSpecs": [{"Image": "i"}, {"ImageConfig": {"Password": "***"}}]}, "JobSpecs.1.ImageConfig.Password"),
        ({"Envs": {"STARS": "a *** b", "MORE": "****"}, "Priority": 3, "Off": False, "Nothing": None}, None),
        ({}, None),
    ],
)
def test_a_hidden_value_is_named_by_its_place(content: dict[str, Any], where: str | None) -> None:
    if where is None:
        check(content)
        return
    with pytest.raises(Failure) as refused:
        check(content)
    assert f"hidden values ({where})" in refused.value.what
