"""The files of the skill, rendered from the code's tools, prompts, guides and risks, for the tools that are on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from typing import Any, cast

from mcp.server.mcpserver.resources import TextResource

from pai_dlc_mcp.prompts import loader
from pai_dlc_mcp.resources import guides
from pai_dlc_mcp.server.protocol.toolset import Tool
from pai_dlc_mcp.server.protocol.wording import only_offered
from pai_dlc_mcp.server.safety.risks import RISKS

NAME = "alibabacloud-pai-dlc-job"
DESCRIPTION = (
    "Create, watch, diagnose, change and stop deep-learning training jobs on Alibaba Cloud PAI-DLC, with their logs, "
    "events, metrics and node checks, and find workspaces, images, datasets, code and compute for them. Use it when "
    "the user speaks of PAI, PAI-DLC, DLC jobs, or of a training on Alibaba Cloud that fails, hangs or waits. Needs "
    "the MCP server pai-dlc."
)
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "pai-dlc": (
        "create-job", "list-jobs", "get-job", "update-job", "stop-job", "get-pod-logs", "get-pod-events",
        "get-job-events", "list-job-sanity-check-results", "get-job-sanity-check-result", "list-ecs-specs",
        "get-web-terminal", "get-token",
    ),
    "aiworkspace": (
        "list-workspaces", "list-image-labels", "list-images", "get-image", "list-datasets", "get-dataset",
        "list-code-sources", "get-code-source",
    ),
}  # fmt: skip
"""The commands of the published skill, by product of the aliyun CLI."""


def frontmatter() -> dict[str, Any]:
    """What a host knows of the skill before it reads it (agentskills.io)."""
    return {
        "name": NAME,
        "description": DESCRIPTION,
        "license": "Apache-2.0",
        "compatibility": "Needs the MCP server pai-dlc (pai-dlc-mcp serve).",
        "metadata": {"version": version("pai-dlc-mcp")},
    }


def render(tools: Sequence[Tool]) -> dict[str, str]:
    """Text by path in the skill's folder, SKILL.md first; it names no tool but these."""
    names = {tool.name for tool in tools}
    known = {guide.name: cast("TextResource", guide).text for guide in guides.load(names)}
    return {
        "SKILL.md": _head() + _body(tools, names),
        "references/workflows.md": _workflows(names),
        **{f"references/{name}.md": text for name, text in known.items()},
    }


def _head() -> str:
    """YAML of plain lines: a JSON string is one of YAML's."""
    return "---\n" + "".join(_yaml(frontmatter())) + "---\n\n"


def _yaml(fields: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    for key, value in fields.items():
        if isinstance(value, dict):
            yield f"{indent}{key}:\n"
            yield from _yaml(cast("dict[str, Any]", value), indent + "  ")
        else:
            yield f'{indent}{key}: "{value}"\n'


def _body(tools: Sequence[Tool], names: set[str]) -> str:
    text = only_offered((files("pai_dlc_mcp.skills") / "SKILL.template.md").read_text("utf-8"), names) + "\n"
    return text.format(
        commands="\n".join(_commands(tools)),
        others=_others(tools),
        asks="\n".join(_asks(names)) or "Nothing: this server offers no tool that has to ask.",
        workflows=", ".join(sheet.title[0].lower() + sheet.title[1:] for sheet in _sheets(names)) or "none",
    )


def _commands(tools: Sequence[Tool]) -> Iterator[str]:
    on = {tool.name: tool for tool in tools}
    yield "| command | tool | |"
    yield "|---|---|---|"
    for product, commands in COMMANDS.items():
        for command in commands:
            tool = on.get(command.replace("-", "_"))
            told = f"`{tool.name}` | {tool.title}" if tool else "not offered by this server |"
            yield f"| `aliyun {product} {command}` | {told} |"


def _others(tools: Sequence[Tool]) -> str:
    commands = {command.replace("-", "_") for product in COMMANDS.values() for command in product}
    beyond: dict[str, list[str]] = {}
    for tool in tools:
        if tool.name not in commands:
            beyond.setdefault(tool.toolset, []).append(f"`{tool.name}`")
    lines = [f"- {toolset}: {', '.join(names)}" for toolset, names in beyond.items()]
    return "\n".join(["Beyond the commands, by toolset (other than core: `--toolsets`):", "", *lines] if lines else [])


def _asks(names: set[str]) -> Iterator[str]:
    """A line for each effect that a tool of these has."""
    for effect, risk in RISKS.items():
        tool = "stop_jobs" if effect == "stop_many" else re.sub(r"(?<=.)(?=[A-Z])", "_", risk.action).lower()
        if tool in names:
            yield f"- {tool}: {risk.consequence or risk.asks}"


def _workflows(names: set[str]) -> str:
    parts = ["# Workflows\n"]
    for sheet in _sheets(names):
        body = re.sub(r"\{(\w+)\}", r"<\1>", only_offered(sheet.body, names))
        parts.append(f"## {sheet.title}\n\n{sheet.description}\n\n{body}\n")
    return "\n".join(parts)


def _sheets(names: set[str]) -> list[loader.Sheet]:
    return [sheet for sheet in loader.sheets() if sheet.needs <= names]
