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
