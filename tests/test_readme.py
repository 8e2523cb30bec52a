"""What the two READMEs say is so, and they say the same."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from pai_dlc_mcp import tools
from pai_dlc_mcp.cli import hosts, main, serve
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import StaticKey

ROOT = Path(__file__).parents[1]
ENGLISH, CHINESE = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))
both = pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])
ERRORS = {"en": "## Troubleshooting", "zh": "## 故障排查"}


def section(text: str, heading: str) -> str:
    return text.split(f"{heading}\n")[1].split("\n## ")[0]


def firsts(text: str) -> list[str]:
    """The words in code of each table row's first cell."""
    return [word for row in re.findall(r"(?m)^\| ([^|]*) \|", text) for word in re.findall(r"`([^`]+)`", row)]


def test_both_have_the_same_sections_and_the_same_blocks_of_code() -> None:
    for pattern in (r"(?m)^(#+) ", r"(?m)^```(\w+)$", r"(?m)^ {4}([a-z]+(?: [a-z-]+)+)"):
        assert re.findall(pattern, ENGLISH) == re.findall(pattern, CHINESE), pattern


def test_both_name_the_same_errors_prompts_and_resources() -> None:
    assert firsts(section(ENGLISH, ERRORS["en"])) == firsts(section(CHINESE, ERRORS["zh"]))
    parts = section(ENGLISH, "## Prompts, resources and the skill"), section(CHINESE, "## 提示、资源与技能")
    english, chinese = (set(re.findall(r"`([^`]+)`", part)) for part in parts)
    assert english == chinese


@both
def test_every_local_link_leads_somewhere(text: str) -> None:
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert link.startswith("https://") or (ROOT / link).exists(), link
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"(?m)^#+ (.*)", ENGLISH)
    }
    assert set(re.findall(r"README\.md#([a-z-]+)", text)) <= headings


@both
def test_the_entry_shown_is_mcp_json_and_the_hosts_are_those_of_install(text: str) -> None:
    shown = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert shown
    assert json.loads(shown[1]) == json.loads((ROOT / "mcp.json").read_text("utf-8"))
    line = re.search(r"install (\S+) --emulator +# (.*)", text)
    assert line
    assert {line[1], *line[2].split()} == hosts.HOSTS.keys()


def test_the_registry_finds_its_name_in_the_readme() -> None:
    entry = json.loads((ROOT / "server.json").read_text("utf-8"))
    assert f"mcp-name: {entry['name']} " in ENGLISH
    assert len(entry["description"]) <= 100
    assert re.fullmatch(r"[A-Za-z0-9.-]+/[A-Za-z0-9._-]+", entry["name"])


def test_every_error_code_named_is_one_of_the_servers() -> None:
    source = "".join(file.read_text("utf-8") for file in (ROOT / "server").rglob("*.py"))
    named = [word for word in firsts(section(ENGLISH, ERRORS["en"])) if re.fullmatch(r"([A-Z][a-z]+)+", word)]
    assert len(named) >= 8
    assert not [code for code in named if f'"{code}"' not in source]


@pytest.mark.parametrize(
    ("said", "arguments", "environment"),
    [
        ("is no setting; did you mean", ["serve"], {"PAI_DLC_REGOIN": "cn-hangzhou"}),
        ("unknown toolset", ["serve", "--toolsets", "qoutas"], {}),
        ("a port is a number from 1 to 65535", ["serve", "--port", "99999"], {}),
    ],
)
def test_an_error_at_start_reads_as_quoted(
    said: str, arguments: list[str], environment: dict[str, str], monkeypatch: Any, capsys: Any
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    try:
        code: object = main(arguments)
    except SystemExit as left:
        code = left.code
    assert code == 2
    assert said in capsys.readouterr().err
    assert f"`{said}`" in section(ENGLISH, ERRORS["en"])


async def test_the_prompts_and_resources_named_are_those_that_a_host_finds(settings_for: Any) -> None:
    key = StaticKey("a", "b")
    server = app.build(
        settings_for(toolsets="all"), tools.TOOLSETS, key, additions=serve.ADDITIONS, extensions=serve.EXTENSIONS
    )
    async with Client(server, cache=None) as client:
        prompts = {prompt.name for prompt in (await client.list_prompts()).prompts}
        resources = {str(one.uri) for one in (await client.list_resources()).resources}
        templates = {one.uri_template for one in (await client.list_resource_templates()).resource_templates}
    part = section(ENGLISH, "## Prompts, resources and the skill")
    named = set(re.findall(r"`([^`]+)`", part))
    assert prompts <= named
    assert {uri for uri in named if "://" in uri and "{" not in uri} <= resources
    assert {uri for uri in resources if uri.startswith("pai-dlc://")} <= named
    assert {uri for uri in named if "{" in uri} == templates
