"""Settings: flags, then the environment, then the defaults."""

import pytest
from pydantic import ValidationError

from pai_dlc_mcp.server.settings import Settings

KEY = "k" * 32


def test_an_empty_environment_gives_the_safe_defaults() -> None:
    settings = Settings()
    assert (settings.region, settings.endpoint, settings.network, settings.protocol) == (None, None, "public", "https")
    assert (settings.toolsets, settings.allow_tools, settings.deny_tools, settings.read_only) == ((), (), (), False)
    assert (settings.confirm, settings.image_policy, settings.emulator) == ("auto", "catalog", False)
    assert (settings.connect_timeout, settings.read_timeout) == (15, 30)


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("PAI_DLC_REGION", "cn-shanghai", "region", "cn-shanghai"),
        ("PAI_DLC_ENDPOINT", "10.0.0.8:443", "endpoint", "10.0.0.8:443"),
        ("PAI_DLC_NETWORK", "vpc", "network", "vpc"),
        ("PAI_DLC_READ_ONLY", "true", "read_only", True),
        ("PAI_DLC_READ_ONLY", "0", "read_only", False),
        ("PAI_DLC_TOOLSETS", "admin, quotas,", "toolsets", ("admin", "quotas")),
        ("PAI_DLC_ALLOW_TOOLS", "get_job", "allow_tools", ("get_job",)),
        ("PAI_DLC_DENY_TOOLS", "stop_job,delete_job", "deny_tools", ("stop_job", "delete_job")),
        ("PAI_DLC_MAX_TOKENS", "5000", "max_tokens", 5000),
        ("PAI_DLC_CONFIRM", "human", "confirm", "human"),
        ("PAI_DLC_IMAGE_POLICY", "any", "image_policy", "any"),
        ("PAI_DLC_DEADLINE", "2.5", "deadline", 2.5),
    ],
)
def test_the_environment_sets_a_field(monkeypatch, variable, text, field, value) -> None:
    monkeypatch.setenv(variable, text)
    assert getattr(Settings(), field) == value


@pytest.mark.parametrize(
    ("variable", "text", "flag"),
    [
        ("PAI_DLC_REGION", "cn-shanghai", {"region": "cn-beijing"}),
        ("PAI_DLC_TOOLSETS", "admin", {"toolsets": ("quotas",)}),
        ("PAI_DLC_READ_ONLY", "true", {"read_only": False}),
    ],
)
def test_a_flag_wins_over_the_environment(monkeypatch, variable, text, flag) -> None:
    monkeypatch.setenv(variable, text)
    ((name, value),) = flag.items()
    assert getattr(Settings(**flag), name) == value


def test_an_empty_variable_is_as_good_as_none(monkeypatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(f"PAI_DLC_{name.upper()}", "")
    monkeypatch.setenv("ALIBABA_CLOUD_REGION_ID", "")
    assert Settings() == Settings.model_construct(**Settings().model_dump())
    assert Settings().region is None


def test_a_variable_of_somebody_else_is_ignored(monkeypatch) -> None:
    monkeypatch.setenv("PAI_DLC_COLOUR", "red")
    monkeypatch.setenv("REGION", "cn-beijing")
    monkeypatch.setenv("ENDPOINT", "evil.example.com")
    assert (Settings().region, Settings().endpoint) == (None, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("network", "intranet"),
        ("protocol", "ftp"),
        ("endpoint", "https://10.0.0.8"),
        ("endpoint", "10.0.0.8/path"),
        ("endpoint", "user@host"),
        ("endpoint", "host:port"),
        ("endpoint", "host name"),
        ("endpoint", "host\n"),
        ("max_tokens", 100),
        ("max_tokens", 1_000_000),
        ("deadline", 0),
        ("read_timeout", -1),
        ("confirm", "never"),
        ("confirm_timeout", 0),
        ("image_policy", "none"),
        ("read_only", "maybe"),
        ("confirm_keys", ("short",)),
        ("confirm_keys", f"{KEY},short"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(field, value) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(**{field: value})
    assert caught.value.errors()[0]["loc"][0] == field


def test_keys_are_secrets(monkeypatch) -> None:
    monkeypatch.setenv("PAI_DLC_CONFIRM_KEYS", f"{KEY}, {'n' * 40}")
    settings = Settings()
    assert [key.get_secret_value() for key in settings.confirm_keys] == [KEY, "n" * 40]
    for text in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert KEY not in text


def test_settings_do_not_change_once_read() -> None:
    with pytest.raises(ValidationError):
        Settings().region = "cn-beijing"


def test_every_field_says_what_it_is() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
