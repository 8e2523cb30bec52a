"""The commands as a person types them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from pai_dlc_mcp import cli
from pai_dlc_mcp.cli.tools import defaults, listed_tools


def test_help_names_every_command_and_imports_none_of_them() -> None:
    code = "import sys; from pai_dlc_mcp.cli import main\ntry: main(['--help'])\nfinally: print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    for name in ("serve", "demo", "emulator", "tools"):
        assert f"  {name}" in done.stdout
    for heavy in ("'mcp'", "'pydantic'", "'alibabacloud_tea_openapi'", "'starlette'", "'rich'"):
        assert heavy not in done.stdout


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_a_command_explains_its_options(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main([name, "--help"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: pai-dlc-mcp {name}")


def test_an_unknown_command_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["sreve"])
    assert left.value.code == 2
    assert "serve" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["emulator", "--port", "99999"], {}, "a port is a number from 1 to 65535"),
        (["emulator", "--speed", "nan"], {}, "a speed is a number above 0 and below 1,000,000"),
        (["emulator", "--seeds", "/nonexistent"], {}, "/nonexistent is not a folder"),
        (["emulator", "--host", "192.168.1.10"], {}, "192.168.1.10 is not the loopback: --token is needed"),
        (["demo", "--speed", "0"], {}, "a speed is a number above 0 and below 1,000,000"),
        (["demo", "--speed", "fast"], {}, "a speed is a number above 0 and below 1,000,000"),
        (["tools", "--readme", "/nonexistent"], {}, "/nonexistent: No such file or directory"),
        (["tools", "--readme", "/"], {}, "/: Is a directory"),
        (["tools", "--readme", __file__], {}, "the file has no <!-- settings: written by `make docs` -->"),
        (["tools"], {"PAI_DLC_EFFECTS": "stop_runing=deny"}, "stop_runing"),
        (["tools"], {"PAI_DLC_DENY_TOOLS": "stop_jobb"}, "did you mean 'stop_job'"),
        (["tools"], {"PAI_DLC_MAX_TOKENS": "many"}, "PAI_DLC_MAX_TOKENS: "),
        (["approve", "K7QX-M2PD"], {"PAI_DLC_CONFIRM_TIMEOUT": "0"}, "PAI_DLC_CONFIRM_TIMEOUT: "),
        (["approve"], {}, "required: code"),
    ],
)
def test_bad_input_is_answered_with_one_sentence(arguments, environment, said, monkeypatch, capsys) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    try:
        code = cli.main(arguments)
    except SystemExit as left:  # argparse, which prints the usage before it
        code = left.code
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].startswith(f"pai-dlc-mcp {arguments[0]}: ")
    assert said in err.splitlines()[-1]
    assert "Traceback" not in err


def test_listing_the_tools_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """tmp_path is HOME as well."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["tools"]) == 0
    assert "stop_job" in capsys.readouterr().out
    anyio.run(listed_tools, defaults())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_the_demo_walks_every_step_and_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", "--speed", "600"]) == 0
    out = capsys.readouterr().out
    steps = [int(number) for number in re.findall(r"^(\d)\. ", out, re.MULTILINE)]
    assert steps == [1, 2, 3, 4, 5, 6, 7]
    for promised in ("OutOfMemoryError", "confirmation_required", "Stop it?", "Stopped", "tokens"):
        assert promised in out


@pytest.mark.long  # a process
@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_serve_says_on_a_terminal_what_it_waits_for() -> None:
    import pty

    ours, theirs = pty.openpty()
    serve = [sys.executable, "-m", "pai_dlc_mcp.cli", "serve", "--read-only"]
    with subprocess.Popen(serve, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
        assert started.stderr is not None
        assert "a host starts it" in started.stderr.readline()
        started.terminate()
    os.close(ours)
    os.close(theirs)
