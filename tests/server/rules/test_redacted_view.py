"""What of a job may be shown."""

from typing import Any

import pytest

from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.redacted_view import project, showable

RAW: dict[str, Any] = {
    "JobId": "dlc1",
    "UserCommand": "train --key correct-horse",
    "Description": "",
    "Envs": {"KEY": "correct-horse", "MODE": "fast"},
    "CredentialConfig": {"EnableCredentialInject": True},
    "JobSpecs": [
        {
            "Image": "x",
            "ImageConfig": {"Username": "u", "Password": "p", "DockerRegistry": "registry"},
            "ExtraPodSpec": {"SideCarContainers": [{"Name": "s", "Env": [{"Name": "A", "Value": "b"}]}]},
        }
    ],
    "NewerThanThisCode": {"Field": 1},
}
SHOWN = showable(RAW, Redactor([("KEY", "correct-horse")]))


def test_secrets_are_starred_and_everything_else_is_kept() -> None:
    assert SHOWN == {
        "JobId": "dlc1",
        "UserCommand": "train --key [redacted:KEY]",
        "Envs": {"KEY": "***", "MODE": "***"},
        "CredentialConfig": "***",
        "JobSpecs": [
            {
                "Image": "x",
                "ImageConfig": {"Username": "***", "Password": "***", "DockerRegistry": "registry"},
                "ExtraPodSpec": {"SideCarContainers": [{"Name": "s", "Env": [{"Name": "A", "Value": "***"}]}]},
            }
        ],
        "NewerThanThisCode": {"Field": 1},
    }


def test_fields_are_projected_by_dotted_names_through_lists() -> None:
    assert project(SHOWN, ["JobId", "JobSpecs.Image", "NewerThanThisCode.Field"]) == {
        "JobId": "dlc1",
        "JobSpecs.Image": ["x"],
        "NewerThanThisCode.Field": 1,
    }


def test_a_field_it_does_not_have_is_answered_with_the_nearest() -> None:
    with pytest.raises(Failure) as refused:
        project(SHOWN, ["jobspecs"])
    assert refused.value.fix == "Did you mean JobSpecs?"


def test_a_field_like_none_is_answered_with_all_there_are() -> None:
    with pytest.raises(Failure) as refused:
        project({"JobId": "dlc1", "Status": "Running"}, ["zzz"])
    assert refused.value.fix == "It has JobId, Status."


def test_what_a_path_leads_past_is_nothing() -> None:
    assert project(SHOWN, ["JobId.Deeper", "JobSpecs.Nothing", "NewerThanThisCode"]) == {
        "JobId.Deeper": None,
        "JobSpecs.Nothing": [None],
        "NewerThanThisCode": {"Field": 1},
    }


@pytest.mark.parametrize(
    ("envs", "shown"),
    [
        ('{"A": "b"}', "***"),
        (
            [{"Name": "A", "Value": "b"}, {"Key": "B", "Value": 1}, {}],
            [{"Name": "A", "Value": "***"}, {"Key": "B", "Value": "***"}],
        ),
        ([{"Name": "b"}], [{"Name": "***"}]),  # no pair: the name may be the variable's own
        ({"A": None, "B": "", "C": False}, {"A": None, "B": "***", "C": "***"}),
        ([], None),
        (None, None),
    ],
)
def test_an_environment_in_any_shape_is_starred(envs: object, shown: object) -> None:
    found = showable({"Envs": envs, "Kept": 0, "Off": False}, Redactor())
    assert found == {**({} if shown is None else {"Envs": shown}), "Kept": 0, "Off": False}


def test_an_empty_credential_is_left_out() -> None:
    assert showable({"Password": "", "Auth": None, "Token": "t"}, Redactor()) == {"Token": "***"}
