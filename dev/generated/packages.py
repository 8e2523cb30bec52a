"""Files from which registries and hosts install: the registry's entry, the bundle (MCPB) and the Claude Code plugin."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
from mcp import Client
from mcp.types import Tool as Listed

from pai_dlc_mcp import tools
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import DefaultChain
from pai_dlc_mcp.server.settings import Settings

PROJECT: Mapping[str, Any] = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
NAME, VERSION = PROJECT["name"], PROJECT["version"]
REGISTRY_NAME = f"io.github.{NAME}/{NAME}"  # the registry looks for mcp-name in the README on PyPI
SHORT = "Deep-learning training jobs on Alibaba Cloud PAI-DLC: typed tools, short logs, a gate before harm"
TITLE = "Alibaba Cloud PAI-DLC"
# Questions to the user at installation, by environment variable: title, description, default.
QUESTIONS: Mapping[str, tuple[str, str, str | bool]] = {
    "PAI_DLC_REGION": ("Region", "Region of calls that name none, for example cn-hangzhou.", ""),
    "ALIBABA_CLOUD_PROFILE": ("Profile", "Profile of `aliyun configure` with the credentials; empty: its default.", ""),
    "PAI_DLC_TOOLSETS": ("Toolsets", "Opt-in toolsets besides core, comma-separated; or all.", ""),
    "PAI_DLC_READ_ONLY": ("Read only", "Offer only tools that change nothing.", False),
}


def packages(skill: Mapping[str, str]) -> dict[str, str]:
    """Text by path in the repository; `skill` is the skill's folder."""
    plugin = "packaging/claude-code"
    return {
        "server.json": _json(_registry_entry()),
        "packaging/mcpb/manifest.json": _json(_manifest(anyio.run(_listed))),
        "packaging/mcpb/server.py": _launcher(),
        f"{plugin}/.claude-plugin/plugin.json": _json(_plugin()),
        f"{plugin}/.mcp.json": _json({"mcpServers": {"pai-dlc": {"command": NAME, "args": ["serve"]}}}),
        **{f"{plugin}/{path}": text for path, text in skill.items()},
    }


def _registry_entry() -> dict[str, Any]:
    """The registry's server.json, schema 2025-12-11."""
    variables = [
        {"name": name, "description": description, "format": "boolean" if default is False else "string"}
        for name, (_, description, default) in QUESTIONS.items()
    ]
    package = {
        "registryType": "pypi",
        "identifier": NAME,
        "version": VERSION,
        "runtimeHint": "uvx",
        "transport": {"type": "stdio"},
        "packageArguments": [{"type": "positional", "value": "serve"}],
        "environmentVariables": variables,
    }
    return {
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": REGISTRY_NAME,
        "title": TITLE,
        "description": SHORT,
        "version": VERSION,
        "packages": [package],
    }


def _manifest(listed: Sequence[Listed]) -> dict[str, Any]:
    """The bundle's manifest, version 0.3: uv runs a script that names the package it needs."""
    asked = {
        name.lower(): {
            "type": "boolean" if default is False else "string",
            "title": title,
            "description": description,
            "required": False,
            "default": default,
        }
        for name, (title, description, default) in QUESTIONS.items()
    }
    return {
        "manifest_version": "0.3",
        "name": NAME,
        "display_name": TITLE,
        "version": VERSION,
        "description": PROJECT["description"],
        "author": {"name": PROJECT["authors"][0]["name"]},
        "license": PROJECT["license"],
        "keywords": PROJECT["keywords"],
        "server": {
            "type": "python",
            "entry_point": "server.py",
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--script", "${__dirname}/server.py", "serve"],
                "env": {name: f"${{user_config.{name.lower()}}}" for name in QUESTIONS},
            },
        },
        "tools": [{"name": tool.name, "description": tool.title or tool.name} for tool in listed],
        "tools_generated": True,  # toolsets add tools
        "prompts_generated": True,
        "user_config": asked,
        "compatibility": {
            "platforms": ["darwin", "win32", "linux"],
            "runtimes": {"python": PROJECT["requires-python"]},
        },
    }


async def _listed() -> list[Listed]:
    """tools/list of a server without settings."""
    server = app.build(Settings.model_construct(state="memory"), tools.TOOLSETS, DefaultChain())
    async with Client(server, cache=None) as client:
        return (await client.list_tools()).tools


def _launcher() -> str:
    return f'''# /// script
# requires-python = "{PROJECT["requires-python"]}"
# dependencies = ["{NAME}=={VERSION}"]
# ///
"""Starts the server; `uv run --script` installs what it needs first."""

import sys

from pai_dlc_mcp.cli import main

sys.exit(main(sys.argv[1:]))
'''


def _plugin() -> dict[str, Any]:
    return {
        "name": NAME,
        "version": VERSION,
        "description": SHORT,
        "author": {"name": PROJECT["authors"][0]["name"]},
        "license": PROJECT["license"],
        "keywords": PROJECT["keywords"],
    }


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
