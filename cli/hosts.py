"""The programs that start MCP servers: where each keeps its list of servers, and the file's format. Reads and renders
text; writes no file."""

import json
import os
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

NAME = "pai-dlc"  # name of our entry


@dataclass(frozen=True)
class Entry:
    """How a host starts this server."""

    command: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Host:
    """One host. `keys`: path to its table of servers. `shape` renders an entry. `inherits`: its servers get the
    environment of the shell that started it."""

    title: str
    linux: str
    keys: tuple[str, ...] = ("mcpServers",)
    mac: str = ""
    windows: str = ""
    shape: Callable[[Entry], dict[str, Any]] = lambda entry: _common(entry)
    inherits: bool = True

    @property
    def file(self) -> Path:
        """The user's configuration file of this host."""
        path = {"darwin": self.mac, "win32": self.windows}.get(sys.platform, "") or self.linux
        return Path(os.path.expandvars(path)).expanduser()


def _common(entry: Entry) -> dict[str, Any]:
    rest = {"env": dict(entry.environment)} if entry.environment else {}
    return {"command": entry.command, "args": list(entry.arguments), **rest}


def _stdio(entry: Entry) -> dict[str, Any]:
    return {"type": "stdio", **_common(entry)}


def _copilot(entry: Entry) -> dict[str, Any]:
    return {"type": "local", **_common(entry), "tools": ["*"]}


def _opencode(entry: Entry) -> dict[str, Any]:
    rest = {"environment": dict(entry.environment)} if entry.environment else {}
    return {"type": "local", "command": [entry.command, *entry.arguments], "enabled": True, **rest}


def _goose(entry: Entry) -> dict[str, Any]:
    return {
        "name": NAME,
        "type": "stdio",
        "cmd": entry.command,
        "args": list(entry.arguments),
        "envs": dict(entry.environment),
        "enabled": True,
        "timeout": 300,
    }


HOSTS = {
    "claude-code": Host("Claude Code", "~/.claude.json", shape=_stdio),
    "claude-desktop": Host(
        "Claude Desktop",
        "~/.config/Claude/claude_desktop_config.json",
        mac="~/Library/Application Support/Claude/claude_desktop_config.json",
        windows="%APPDATA%/Claude/claude_desktop_config.json",
        inherits=False,
    ),
    "cursor": Host("Cursor", "~/.cursor/mcp.json"),
    "vscode": Host(
        "VS Code",
        "~/.config/Code/User/mcp.json",
        ("servers",),
        mac="~/Library/Application Support/Code/User/mcp.json",
        windows="%APPDATA%/Code/User/mcp.json",
        shape=_stdio,
    ),
    "codex": Host("Codex", "~/.codex/config.toml", ("mcp_servers",), inherits=False),
    "gemini": Host("Gemini CLI", "~/.gemini/settings.json", inherits=False),
    "qwen": Host("Qwen Code", "~/.qwen/settings.json"),
    "opencode": Host("OpenCode", "~/.config/opencode/opencode.json", ("mcp",), shape=_opencode),
    "copilot": Host("Copilot CLI", "~/.copilot/mcp-config.json", shape=_copilot),
    "goose": Host("Goose", "~/.config/goose/config.yaml", ("extensions",), shape=_goose),
}


def snippet(host: Host, entry: Entry) -> str:
    """The entry in the format of this host's file."""
    found = host.shape(entry)
    match host.file.suffix:
        case ".toml":
            return _toml(host.keys[0], found)
        case ".yaml":
            return _yaml(host.keys[0], found)
        case _:
            return json.dumps({host.keys[0]: {NAME: found}}, indent=2, ensure_ascii=False) + "\n"


def with_entry(host: Host, text: str, entry: Entry) -> str | None:
    """The file's text with our entry, otherwise unchanged. None if this cannot be done safely: comments would be lost,
    or the TOML file has an entry of ours.

    Raises ValueError for a file that is not in the host's format.
    """
    match host.file.suffix:
        case ".toml":
            added = text.rstrip() + "\n" * 2 * bool(text.strip()) + snippet(host, entry)
            return added if NAME not in read(host, text) and _is_toml(added) else None
        case ".yaml":
            return None if text.strip() else snippet(host, entry)
        case _:
            config = _json(text)
            table = config.setdefault(host.keys[0], {})
            if not isinstance(table, dict):
                raise ValueError(f"{host.keys[0]} is not an object")
            table[NAME] = host.shape(entry)
            return _dumped(config)


def comparable(host: Host, text: str) -> str:
    """The file's text as with_entry() formats it, so that a diff shows our entry only."""
    return _dumped(_json(text)) if text and host.file.suffix == ".json" else text


def read(host: Host, text: str) -> dict[str, Any]:
    """The servers in a configuration file, by name. Raises ValueError for an unreadable file."""
    config: Any = tomllib.loads(text) if host.file.suffix == ".toml" else _json(text)
    servers = config.get(host.keys[0], {})
    return cast("dict[str, Any]", servers) if isinstance(servers, dict) else {}


def problems(host: Host, entry: Mapping[str, Any], shell: Mapping[str, str]) -> Iterator[str]:
    """Problems of our entry. `shell`: the environment of the user's shell. Values are not quoted."""
    words = [*_words(entry.get("command", entry.get("cmd"))), *_words(entry.get("args"))]
    command = words[0] if words else ""
    if not shutil.which(command):
        yield f"its command {command!r} is not found: `pai-dlc-mcp install` writes the path of this one"
    elif not Path(command).is_absolute():
        yield f"its command {command!r} is found on this shell's PATH, a host may have another: use the absolute path"
    if "serve" not in words:
        yield "its args lack `serve`"
    given: Mapping[str, Any] = entry.get("env") or entry.get("environment") or entry.get("envs") or {}
    if any("SECRET" in name.upper() for name in given):
        yield "an access key stands in this file in clear: use `aliyun configure` and ALIBABA_CLOUD_PROFILE"
    lost = sorted(name for name in shell if name.startswith(("PAI_DLC_", "ALIBABA_CLOUD_")) and name not in given)
    if lost and not host.inherits and "--emulator" not in words:
        yield f"{host.title} does not pass on the shell's environment: {', '.join(lost)} will not reach the server"


def is_ours(name: str, entry: object) -> bool:
    """Whether a host's entry starts this server."""
    if not isinstance(entry, dict):
        return False
    fields = cast("dict[str, Any]", entry)
    words = [*_words(fields.get("command", fields.get("cmd"))), *_words(fields.get("args"))]
    return name == NAME or any("pai-dlc-mcp" in word or "pai_dlc_mcp" in word for word in words)


def this_command() -> tuple[str, tuple[str, ...]]:
    """The command and its first arguments that start this installation from any folder."""
    script = Path(sys.executable).with_name("pai-dlc-mcp.exe" if sys.platform == "win32" else "pai-dlc-mcp")
    return (str(script), ()) if script.is_file() else (sys.executable, ("-m", "pai_dlc_mcp.cli"))


def _words(value: object) -> list[str]:
    return list(map(str, cast("list[object]", value))) if isinstance(value, list) else [str(value)] if value else []


def _json(text: str) -> dict[str, Any]:
    config: Any = json.loads(text or "{}")
    if not isinstance(config, dict):
        raise ValueError("not an object")
    return cast("dict[str, Any]", config)


def _dumped(config: dict[str, Any]) -> str:
    return json.dumps(config, indent=2, ensure_ascii=False) + "\n"


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _toml(table: str, entry: Mapping[str, Any]) -> str:
    """Strings, lists and keys of JSON are valid TOML."""
    tables = {name: cast("dict[str, str]", value) for name, value in entry.items() if isinstance(value, dict)}
    lines = [f"[{table}.{NAME}]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in entry.items() if key not in tables]
    for name, values in tables.items():
        lines += [f"[{table}.{NAME}.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _yaml(table: str, entry: Mapping[str, Any]) -> str:
    """JSON is valid YAML (flow style)."""
    return f"{table}:\n  {NAME}:\n" + "".join(f"    {key}: {json.dumps(value)}\n" for key, value in entry.items())
