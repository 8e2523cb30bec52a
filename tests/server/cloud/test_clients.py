"""A request is complete or refused: no field is dropped in silence."""

import re

import pytest

from pai_dlc_mcp.server.cloud.clients import request_model
from pai_dlc_mcp.server.errors import Failure


def test_all_fields_are_in_the_request() -> None:
    params = {"DisplayName": "x", "JobSpecs": [{"Type": "Worker", "PodCount": 2}], "Settings": {"EnableRDMA": True}}
    sent = request_model("pai-dlc", "CreateJob", params).to_map()
    assert {key: sent[key] for key in ("DisplayName", "Settings")} == {
        key: params[key] for key in ("DisplayName", "Settings")
    }
    assert sent["JobSpecs"][0].items() >= params["JobSpecs"][0].items()


def test_an_operation_without_parameters_has_no_request() -> None:
    assert request_model("pai-dlc", "StopJob", {}) is None


@pytest.mark.parametrize(
    ("params", "code", "named"),
    [
        ({"Pagesize": 5}, "UnknownField", "Pagesize"),
        ({"JobSpecs": [{}, {"Pod": {}}]}, "UnknownField", r"JobSpecs\[1\]\.Pod"),
        ({"Settings": {"Tags": {}, "enableRDMA": 1}}, "UnknownField", "Settings.enableRDMA"),
        ({"DisplayName": "a", "JobSpecs": "Worker"}, "InvalidField", "cannot take JobSpecs:"),
        ({"JobSpecs": [{}, {"ResourceConfig": "8"}]}, "InvalidField", r"JobSpecs\[1\]\.ResourceConfig:"),
    ],
)
def test_a_field_that_would_be_lost_is_refused_by_name(params, code, named) -> None:
    with pytest.raises(Failure) as caught:
        request_model("pai-dlc", "CreateJob", params)
    assert caught.value.code == code
    assert re.search(named, f"{caught.value.what} {caught.value.fix}")
