"""Every place the API keeps a secret, in every shape it may come in."""

import json

import pytest

from pai_dlc_mcp.server.cloud.secret_fields import met, secrets_of

PAIR = ("DB_PASS", "correct-horse")
MAP = {PAIR[0]: PAIR[1]}


@pytest.mark.parametrize("field", ["Envs", "SystemEnvs", "RoleSystemEnvs", "CustomEnvs", "Env", "envs"])
@pytest.mark.parametrize(
    "shape",
    [
        MAP,
        [MAP],
        {"Worker": MAP},
        {"Worker": [MAP]},
        [{"Name": PAIR[0], "Value": PAIR[1]}],
        [{"Key": PAIR[0], "Value": PAIR[1], "Visible": "x"}],
        json.dumps(MAP),
        json.dumps([{"Name": PAIR[0], "Value": PAIR[1]}]),
        {"Worker": json.dumps(MAP)},
        [None, MAP],
    ],
    ids=repr,
)
def test_an_environment_variable_is_found_with_its_name_in_any_shape(field: str, shape: object) -> None:
    for body in ({field: shape}, {"JobSpecs": [{"ExtraPodSpec": {"InitContainers": [{field: shape}]}}]}):
        assert PAIR in secrets_of(body)


@pytest.mark.parametrize(
    "field",
    [
        *("Password", "Auth", "Username", "CodeRepoAccessToken", "CodeRepoUserName", "CredentialConfig"),
        *("RoleChain", "Token", "AccessToken", "SecurityToken", "AccessKeyId", "AccessKeySecret"),
    ],
)
@pytest.mark.parametrize(
    "shape",
    ["correct-horse", ["correct-horse"], {"X": [{"Y": "correct-horse"}]}, '["correct-horse"]'],
    ids=repr,
)
def test_every_string_below_a_credential_counts(field: str, shape: object) -> None:
    values = [value for _, value in secrets_of({"JobSpecs": [{"ImageConfig": {field: shape}}]})]
    assert "correct-horse" in values


@pytest.mark.parametrize("nothing", [None, "", [], {}, [None], "{broken", True])
def test_an_empty_or_broken_field_is_no_error(nothing: object) -> None:
    assert secrets_of({"Envs": nothing, "Password": nothing, "CustomEnvs": nothing}) in (
        [],
        [("Envs", "{broken"), ("credential.Password", "{broken"), ("CustomEnvs", "{broken")],
    )


def test_a_field_that_is_no_secret_is_none_and_a_number_counts_as_its_text() -> None:
    body = {"JobId": "dlc1", "UserCommand": "python train.py", "Envs": {"PIN": 12345678}}
    assert secrets_of(body) == [("PIN", "12345678")]
    assert secrets_of(None) == secrets_of("text") == []


def test_a_body_nested_without_end_is_no_error() -> None:
    deep: object = "end"
    for _ in range(5000):
        deep = [{"x": deep}]
    assert secrets_of({"Envs": deep}) == [("x", "end")]


def test_a_body_is_as_large_as_its_texts() -> None:
    assert met({"Envs": {"A_KEY": "one"}, "UserCommand": "x" * 100}) == ([("A_KEY", "one")], 103)
    assert met({"Password": "two", "Lines": ["y" * 50]}) == ([("credential.Password", "two")], 53)
