"""What decides without asking: the strictest wins, and an unreadable policy denies."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server.safety import policy

RUNNING = "dlc4stillrunning"


@pytest.fixture
def cli_policy(tmp_path: Path) -> Any:
    """Writes the user's aliyun CLI safety policy into the test's home."""

    def write(text: str) -> Path:
        file = tmp_path / ".aliyun" / "safety-policy.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    return write


def rules(**actions: str) -> str:
    return json.dumps(
        {"enabled": True, "rules": [{"pattern": p.replace("__", ":"), "action": a} for p, a in actions.items()]}
    )


def stops(emulator: Emulator) -> int:
    return emulator.requests.actions().count("StopJob")


@pytest.mark.parametrize(
    "pattern", ["pai-dlc:StopJob", "pai-dlc:stop-job", "PAI-DLC:STOPJOB", "*:Stop*", "pai-dlc:*", "*"]
)
async def test_both_spellings_and_wildcards_of_a_denied_action_deny_it(
    pattern: str, agent: Any, emulator: Emulator, cli_policy: Any
) -> None:
    cli_policy(json.dumps({"enabled": True, "rules": [{"pattern": pattern, "action": "deny"}]}))
    answer = await agent.facts("stop_job", job_id=RUNNING)
    assert answer["status"] == "not_executed"
    assert "denied" in answer["reason"]
    assert stops(emulator) == 0


async def test_the_first_matching_rule_wins() -> None:
    found = policy.CliPolicy((("pai-dlc:stop*", "allow"), ("*", "deny")))
    assert found.ruling("pai-dlc", "StopJob") == "allow"
    assert found.ruling("pai-dlc", "DeleteJob") == "deny"


@pytest.mark.parametrize("word", ["confirm", "forbid"])
async def test_the_cli_policy_tightens_what_the_operator_allows(
    word: str, connect: Any, emulator: Emulator, cli_policy: Any
) -> None:
    agent = connect(effects="stop_running=allow")
    cli_policy(json.dumps({"enabled": True, "rules": [{"pattern": "pai-dlc:StopJob", "action": word}]}))
    assert (await agent.facts("stop_job", job_id=RUNNING))["status"] == "confirmation_required"
    assert stops(emulator) == 0


async def test_the_cli_policy_never_loosens(agent: Any, emulator: Emulator, cli_policy: Any) -> None:
    cli_policy(json.dumps({"enabled": True, "rules": [{"pattern": "*", "action": "allow"}]}))
    assert (await agent.facts("stop_job", job_id=RUNNING))["status"] == "confirmation_required"
    assert stops(emulator) == 0


@pytest.mark.parametrize("text", ["{", "[]", '{"enabled": true}', '{"rules": [{"pattern": "x", "action": "perhaps"}]}'])
async def test_an_unreadable_policy_denies_every_write_and_says_so(
    text: str, agent: Any, emulator: Emulator, cli_policy: Any
) -> None:
    cli_policy(text)
    assert "safety-policy.json" in (await agent.facts("stop_job", job_id=RUNNING))["reason"]
    assert "every write is denied" in await agent.error("create_job", **agent.JOB)
    assert not [action for action in emulator.requests.actions() if not action.startswith(("Get", "List"))]


async def test_a_switched_off_policy_is_none(agent: Any, cli_policy: Any) -> None:
    cli_policy('{"enabled": false, "rules": [{"pattern": "*", "action": "deny"}]}')
    assert (await agent.facts("create_job", **agent.JOB))["status"] == "created"


@pytest.mark.parametrize(
    ("word", "verb"), [("confirm", "asks to confirm, which this server cannot"), ("deny", "denies")]
)
async def test_a_write_without_a_question_of_its_own_is_refused_where_the_policy_wants_one(
    word: str, verb: str, connect: Any, emulator: Emulator, cli_policy: Any, tmp_path: Path
) -> None:
    cli_policy(json.dumps({"enabled": True, "rules": [{"pattern": "pai-dlc:CreateJob", "action": word}]}))
    agent = connect(audit_file=tmp_path / "audit.jsonl", allow_tools=("create_job",))
    assert f"the user's aliyun CLI safety policy {verb}" in await agent.error("create_job", **agent.JOB)
    assert "CreateJob" not in emulator.requests.actions()
    (line,) = map(json.loads, (tmp_path / "audit.jsonl").read_text().splitlines())
    told = {name: line[name] for name in ("step", "action", "word", "rung")}
    assert told == {"step": "refused", "action": "CreateJob", "word": "denied", "rung": "aliyun CLI policy"}


async def test_the_policy_is_read_from_the_environment_too(
    agent: Any, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_SAFETY_POLICY_RULES", "pai-dlc:StopJob=deny,*:Delete*=deny")
    assert (await agent.facts("stop_job", job_id=RUNNING))["status"] == "not_executed"
    assert stops(emulator) == 0


@pytest.mark.parametrize(
    ("effects", "status"), [("stop_running=deny", "not_executed"), ("stop_running=allow", "stopped")]
)
async def test_the_operator_may_decide_an_effect(effects: str, status: str, connect: Any) -> None:
    assert (await connect(effects=effects).facts("stop_job", job_id=RUNNING))["status"] == status


def test_a_misspelt_effect_stops_the_server_from_starting(connect: Any) -> None:
    with pytest.raises(ValueError, match="effects are stop_running"):
        connect(effects="stop_runing=deny")


async def test_read_only_offers_no_tool_that_changes_anything(connect: Any) -> None:
    tools = await connect(read_only=True, toolsets="all").tools()
    assert tools
    assert all(tool.annotations.read_only_hint for tool in tools)


@pytest.mark.parametrize(("file", "environment"), [("deny", "allow"), ("allow", "deny"), ("deny", "")])
def test_07_file_and_environment_both_bind(file: str, environment: str, cli_policy: Any) -> None:
    cli_policy(rules(**{"pai-dlc:StopJob": file}))
    found = policy.read_cli_policy({"ALIBABA_CLOUD_SAFETY_POLICY_RULES": environment and f"*={environment}"})
    assert found.ruling("pai-dlc", "StopJob") == "deny"


def test_the_environment_cannot_switch_the_file_off(cli_policy: Any) -> None:
    cli_policy(rules(**{"*": "deny"}))
    off = {"ALIBABA_CLOUD_SAFETY_POLICY_RULES": "*=allow", "ALIBABA_CLOUD_SAFETY_POLICY_ENABLED": "false"}
    assert policy.read_cli_policy(off).ruling("pai-dlc", "StopJob") == "deny"


def test_a_broken_rule_of_the_environment_denies_too() -> None:
    found = policy.read_cli_policy({"ALIBABA_CLOUD_SAFETY_POLICY_RULES": "*=perhaps"})
    assert found.broken
    assert found.ruling("pai-dlc", "StopJob") == "deny"


@pytest.mark.parametrize(
    "make",
    [
        os.mkfifo,
        Path.mkdir,
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.symlink_to(path),
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.write_text('{"enabled": false}' + " " * policy.MAX_BYTES),
        lambda path: path.write_bytes(b"\xff"),
        lambda path: path.write_text("[" * 200_000),
    ],
    ids=["pipe", "folder", "dangling", "loop", "device", "too large", "not text", "too deep"],
)
def test_07_a_policy_that_is_no_readable_file_denies_and_does_not_hang(make: Any, cli_policy: Any) -> None:
    file = cli_policy("")
    file.unlink()
    make(file)
    found = policy.read_cli_policy({})
    assert "safety-policy.json" in (found.broken or "")
    assert found.ruling("pai-dlc", "StopJob") == "deny"


def test_without_a_home_folder_the_policy_cannot_be_read_and_denies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "~")
    assert "no home folder" in (policy.read_cli_policy({}).broken or "")


@pytest.mark.parametrize("text", ["stop_running=deny,stop_running=allow", "stop_running=allow, stop_running=deny"])
def test_07_of_two_rulings_on_an_effect_the_stricter_counts(text: str) -> None:
    assert policy.parse_effects(text) == {"stop_running": "deny"}
