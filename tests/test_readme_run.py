"""What the two READMEs show is run: commands, files, the transcript."""

import json
import re
import shlex
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from pai_dlc_mcp import cli
from pai_dlc_mcp.server import prices
from pai_dlc_mcp.server.cloud.permissions import ram_actions
from pai_dlc_mcp.server.safety.risks import RISKS

ROOT = Path(__file__).parents[1]
TEXTS = [(ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md")]
both = pytest.mark.parametrize("text", TEXTS, ids=["en", "zh"])

ELSEWHERE = {"uv tool install .": "tests/end_to_end/test_wheel.py builds, installs and runs the wheel"}
ENDS = {"pai-dlc-mcp doctor": 1}  # in a home without credentials


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}$\n(.*?)^```$", text)


def commands(text: str) -> list[str]:
    """The indented commands, without what their comments say."""
    return [line.split("#")[0].strip() for line in re.findall(r"(?m)^ {4}([a-z].*)$", text)]


@both
@pytest.mark.skipif(sys.platform == "win32", reason="make")
def test_each_command_does_what_it_is_shown_for(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shown = commands(text)
    assert len(shown) >= 5
    monkeypatch.setenv("HOME", str(tmp_path))
    for command in shown:
        words = shlex.split(command)
        if words[0] == "make":
            done = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        elif command not in ELSEWHERE:
            assert words[0] == "pai-dlc-mcp"
            yes = ["--yes"] if "install" in words else []
            assert cli.main([*words[1:], *yes]) == ENDS.get(command, 0), command


@both
def test_the_price_table_shown_is_one(text: str, tmp_path: Path) -> None:
    (table,) = blocks(text, "toml")
    file = tmp_path / "prices.toml"
    file.write_text(table, "utf-8")
    assert prices.load(file).hourly("cn-hangzhou", "ecs.gn6i-c4g1.xlarge") == 11.63


@both
def test_the_ram_policy_shown_leaves_an_agent_creating_and_reading_and_nothing_that_is_asked_for(text: str) -> None:
    statements = json.loads(blocks(text, "json")[1])["Statement"]

    def granted(action: str) -> bool:
        effects = {one["Effect"] for one in statements if any(fnmatchcase(action, form) for form in one["Action"])}
        return effects == {"Allow"}

    for action in {risk.action for risk in RISKS.values()}:
        for spelling in ram_actions("pai-dlc", action):
            assert granted(spelling) == (action == "CreateJob"), spelling
    reads = ["GetJob", "ListJobs", "GetPodLogs", "GetPodEvents", "GetJobEvents", "GetJobMetrics", "ListEcsSpecs"]
    assert all(granted(spelling) for action in reads for spelling in ram_actions("pai-dlc", action))
    for action in ("ListWorkspaces", "ListImages", "GetImage", "ListDatasets", "ListCodeSources"):
        assert all(map(granted, ram_actions("aiworkspace", action))), action


@pytest.mark.long
def test_the_transcript_shown_is_the_demo_s(capsys: pytest.CaptureFixture[str]) -> None:
    """Line by line, up to an ellipsis; ids, times and figures of tokens differ from run to run."""
    assert cli.main(["demo", "--speed", "600", "--full"]) == 0
    printed = [alike(line) for line in capsys.readouterr().out.splitlines()]
    for text in TEXTS:
        for line in blocks(text, "text")[0].splitlines():
            start = alike(line.split("…")[0])
            assert any(one.startswith(start) for one in printed), line


def alike(line: str) -> str:
    line = re.sub(r"\bdlc[a-z0-9]{13}\b|\b[0-9a-f]{8}\b", "id", line)
    return re.sub(r"\d[\d:., T-]*Z?", "0", line).rstrip(" (")
