"""`install` and `doctor` on a made-up home folder, as a person types them."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from pai_dlc_mcp import cli
from pai_dlc_mcp.cli import hosts

FILES = {
    "claude-code": ".claude.json",
    "claude-desktop": ".config/Claude/claude_desktop_config.json",
    "cursor": ".cursor/mcp.json",
    "vscode": ".config/Code/User/mcp.json",
    "codex": ".codex/config.toml",
    "gemini": ".gemini/settings.json",
    "qwen": ".qwen/settings.json",
    "opencode": ".config/opencode/opencode.json",
    "copilot": ".copilot/mcp-config.json",
}
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the paths are Linux's")


class Machine:
    """A home folder, and the commands run with it as HOME, in this process: a start of Python costs a second."""

    def __init__(self, home: Path, output: pytest.CaptureFixture[str]) -> None:
        self.home, self.output = home, output

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        with pytest.MonkeyPatch.context() as changed:
            for name, value in {"HOME": str(self.home), **environment}.items():
                changed.setenv(name, value)
            self.output.readouterr()
            code = cli.main(arguments)
        out, err = self.output.readouterr()
        return subprocess.CompletedProcess(arguments, code, out, err)

    def write(self, name: str, text: str) -> Path:
        file = self.home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file


@pytest.fixture
def machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    return Machine(tmp_path, capsys)


def started_with(host: str, file: Path) -> tuple[str, list[str]]:
    """The command and arguments that a host would take from its file."""
    text = file.read_text("utf-8")
    config: dict[str, Any] = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    entry = config[hosts.HOSTS[host].keys[0]]["pai-dlc"]
    words = entry["command"] if isinstance(entry["command"], list) else [entry["command"], *entry["args"]]
    return words[0], words[1:]


@pytest.mark.parametrize("host", FILES)
def test_an_entry_goes_into_an_empty_home_and_doctor_finds_nothing_wrong_with_it(machine, host: str) -> None:
    done = machine.run("install", host, "--emulator", "--yes")
    assert done.returncode == 0, done.stderr
    command, arguments = started_with(host, machine.home / FILES[host])
    assert Path(command).is_absolute()
    assert arguments[-2:] == ["serve", "--emulator"]
    told = machine.run("doctor", "--offline")
    assert told.returncode == 0, told.stdout
    assert f"ok      {hosts.HOSTS[host].title}: pai-dlc in" in told.stdout
    assert machine.run("install", host, "--emulator", "--yes").returncode in (0, 1), "again: nothing changes"


@pytest.mark.long  # tests/end_to_end/test_stdio.py starts that of mcp.json
async def test_what_was_written_starts_the_server(machine) -> None:
    machine.run("install", "cursor", "--emulator", "--yes")
    command, arguments = started_with("cursor", machine.home / FILES["cursor"])
    async with Client(stdio_client(StdioServerParameters(command=command, args=arguments))) as client:
        assert "stop_job" in [tool.name for tool in (await client.list_tools()).tools]


def test_other_entries_and_settings_stay_and_are_not_printed(machine) -> None:
    key = "sk-" + "1" * 20
    before = {"theme": "dark", "mcpServers": {"other": {"command": "x", "env": {"KEY": key}}}}
    file = machine.write(".cursor/mcp.json", json.dumps(before))
    file.chmod(0o640)
    done = machine.run("install", "cursor", "--region", "cn-beijing", "--read-only", "--yes")
    after = json.loads(file.read_text("utf-8"))
    assert after["theme"] == "dark"
    assert after["mcpServers"]["other"] == before["mcpServers"]["other"]
    assert after["mcpServers"]["pai-dlc"]["args"] == ["serve", "--read-only", "--region", "cn-beijing"]
    assert file.stat().st_mode & 0o777 == 0o640
    assert key not in done.stdout + done.stderr


def test_nothing_is_written_without_a_yes(machine) -> None:
    done = machine.run("install", "cursor", "--emulator")
    assert done.returncode == 1
    assert "add --yes" in done.stderr
    assert list(machine.home.iterdir()) == []


@pytest.mark.parametrize(
    ("host", "text"),
    [
        ("vscode", '{\n  // mine\n  "servers": {}\n}'),
        ("codex", 'mcp_servers = { other = { command = "x" } }'),
        ("codex", "[mcp_servers.pai-dlc]\ncommand = 'old'\n"),
        ("cursor", "[]"),
        ("cursor", '{"mcpServers": []}'),
    ],
)
def test_a_file_that_would_lose_something_is_left_alone_and_the_entry_is_printed(machine, host: str, text: str) -> None:
    file = machine.write(FILES[host], text)
    done = machine.run("install", host, "--emulator", "--yes")
    assert done.returncode in (1, 2)
    assert file.read_text("utf-8") == text
    assert "pai-dlc" in done.stdout
    assert "Traceback" not in done.stderr


def test_no_key_is_copied_into_a_file_and_the_profile_is(machine) -> None:
    secret = "LTAI" + "5t" * 8
    environment = {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret, "ALIBABA_CLOUD_PROFILE": "work"}
    machine.run("install", "gemini", "--region", "cn-beijing", "--yes", **environment)
    text = (machine.home / FILES["gemini"]).read_text("utf-8")
    assert secret not in text
    assert json.loads(text)["mcpServers"]["pai-dlc"]["env"] == {"ALIBABA_CLOUD_PROFILE": "work"}


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"command": "pai-dlc-mcp-gone", "args": ["serve"]}, "is not found"),
        ({"command": "sh", "args": ["serve"]}, "use the absolute path"),
        ({"command": "/bin/sh", "args": []}, "lack `serve`"),
        ({"command": "/bin/sh", "args": ["serve"], "env": {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "x"}}, "in clear"),
        ({"command": "/bin/sh", "args": ["serve"]}, "PAI_DLC_READ_ONLY will not reach the server"),
    ],
)
def test_doctor_says_what_is_wrong_with_an_entry(machine, entry: dict[str, Any], told: str) -> None:
    machine.write(".gemini/settings.json", json.dumps({"mcpServers": {"pai-dlc": entry}}))
    done = machine.run("doctor", "--offline", "--json", PAI_DLC_READ_ONLY="true")
    report = json.loads(done.stdout)
    assert (done.returncode, report["ok"]) == (1, False)
    assert any(told in finding["found"] and finding["fix"] for finding in report["findings"]), report


def test_doctor_tells_bad_settings_from_a_bad_account(machine) -> None:
    misspelt = machine.run("doctor", "--offline", PAI_DLC_READONLY="1")
    assert misspelt.returncode == 2
    assert "did you mean PAI_DLC_READ_ONLY?" in misspelt.stdout
    nobody = machine.run("doctor", "--region", "cn-hangzhou")
    assert nobody.returncode == 1
    assert "aliyun configure" in nobody.stdout
    assert "ok      region: cn-hangzhou (" in nobody.stdout
    nowhere = machine.run("doctor")
    assert nowhere.returncode == 1
    assert "PROBLEM region: none configured" in nowhere.stdout
    assert "PAI_DLC_REGION" in nowhere.stdout


def test_goose_s_settings_are_begun_where_there_are_none_and_left_alone_where_there_are(machine) -> None:
    file = machine.home / ".config/goose/config.yaml"
    assert machine.run("install", "goose", "--emulator", "--yes").returncode == 0
    assert 'args: ["serve", "--emulator"]' in file.read_text("utf-8")
    file.write_text("theme: dark  # mine\n")
    assert machine.run("install", "goose", "--emulator", "--yes").returncode == 1
    assert file.read_text("utf-8") == "theme: dark  # mine\n"


def test_a_settings_file_stands_below_the_environment_and_its_mistakes_are_one_sentence(machine) -> None:
    file = machine.write("pai.toml", 'region = "cn-beijing"\nread_only = true\n')
    assert machine.run("doctor", "--offline", PAI_DLC_CONFIG=str(file)).returncode == 0
    for text, told in (("regoin = 'x'", "did you mean region?"), ("=", "not TOML"), ("region = 'X'", "pattern")):
        file.write_text(text)
        done = machine.run("serve", "--config", str(file))
        assert (done.returncode, done.stdout) == (2, "")
        assert told in done.stderr
        assert "Traceback" not in done.stderr
