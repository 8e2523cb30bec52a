"""Settings: flags, then the environment, then the defaults."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from pai_dlc_mcp import cli
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
        ("endpoint", "host:99999"),
        ("endpoint", "host:0"),
        ("endpoint", "a..b"),
        ("endpoint", "-a.b"),
        ("region", "hangzhou"),
        ("region", "CN-Hangzhou"),
        ("region", "cn-hangzhou.evil.com/"),
        ("region", "cn_hangzhou"),
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


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """refused(*arguments, **environment): what a command that must not start says, its usage left out."""

    def run(*arguments: str, **environment: str) -> str:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        try:
            code = cli.main(arguments)
        except SystemExit as leaving:
            code = leaving.code
        for name in environment:
            monkeypatch.delenv(name)
        out, err = capsys.readouterr()
        assert (code, out) == (2, "")
        *usage, said = err.splitlines()
        assert all(line.startswith(("usage: ", " ")) for line in usage), err
        return said

    return run


@pytest.mark.long  # the start of a process; what is refused is said the same within this one, below
def test_a_process_that_is_refused_ends_with_2_and_one_line() -> None:
    command = [sys.executable, "-m", "pai_dlc_mcp.cli", "serve", "--region", "Hangzhou"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("pai-dlc-mcp serve: PAI_DLC_REGION: ")


@pytest.mark.parametrize("command", ["serve", "tools"])
def test_07_a_bad_start_is_one_sentence_and_echoes_no_key(command: str, refused: Callable[..., str]) -> None:
    assert "PAI_DLC_READ_ONLY?" in refused(command, PAI_DLC_READONLY="1")
    said = refused(command, PAI_DLC_CONFIRM_KEYS="hunter2-short")
    assert "32 characters" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("flags", "environment", "words"),
    [
        (["--port", "99999"], {}, "1 to 65535"),
        (["--port", "-1"], {}, "1 to 65535"),
        (["--speed", "0"], {}, "above 0"),
        (["--speed", "nan"], {}, "above 0"),
        (["--speed", "fast"], {}, "speed"),
        (["--region", "Hangzhou"], {}, "PAI_DLC_REGION"),
        (["--toolsets", "qoutas"], {}, "quotas"),
        (["--deny-tools", "stop_jobb"], {}, "stop_job"),
        ([], {"PAI_DLC_AUDIT_FILE": "/nowhere/audit.log"}, "/nowhere/audit.log cannot be written"),
        ([], {"PAI_DLC_AUDIT_FILE": "/"}, "cannot be written"),
        ([], {"PAI_DLC_STATE": "/dev/null/state"}, "cannot be written"),
        ([], {"PAI_DLC_STATE": "/dev/null"}, "not a folder"),
        ([], {"PAI_DLC_COLOUR": "red"}, "PAI_DLC_COLOUR"),
        ([], {"PAI_DLC_ACCOUNT": "acs:ram::1:root"}, "PAI_DLC_ACCOUNT"),
    ],
)
def test_what_could_not_work_is_refused_at_start(
    flags: list[str], environment: dict[str, str], words: str, refused: Callable[..., str]
) -> None:
    assert words in refused("serve", *flags, **environment)
