"""The programs that start MCP servers: where each keeps its list of servers, and in which form. Reads and renders text;
writes nothing.
"""

import json
import os
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

NAME = "pai-dlc"  # of our entry


@dataclass(frozen=True)
class Entry:
    """How a host starts this server."""

    command: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Host:
    """One host. `keys` lead to its table of servers. `shape` renders an entry; `inherits`: a server sees the
    environment of the shell that the host was started from."""

    title: str
    linux: str
    keys: tuple[str, ...] = ("mcpServers",)
    mac: str = ""
    windows: str = ""
    shape: Callable[[Entry], dict[str, Any]] = lambda entry: _common(entry)
    inherits: bool = True

    @property
    def file(self) -> Path:
        """The user's own configuration file on this machine."""
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
    """The entry as it stands in a file of this host's form."""
    found = host.shape(entry)
    match host.file.suffix:
        case ".toml":
            return _toml(host.keys[0], found)
        case ".yaml":
            return _yaml(host.keys[0], found)
        case _:
            return json.dumps({host.keys[0]: {NAME: found}}, indent=2, ensure_ascii=False) + "\n"


def with_entry(host: Host, text: str, entry: Entry) -> str | None:
    """The file's text with our entry in it, everything else as it was. None where that cannot be done safely: a form
    with comments that this would lose, or an entry that stands in TOML already.

    Raises ValueError for a file that is not in the host's form.
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
    """A file's text as with_entry() would have written it, so that a diff shows our entry and nothing of others."""
    return _dumped(_json(text)) if text and host.file.suffix == ".json" else text


def read(host: Host, text: str) -> dict[str, Any]:
    """The servers of a configuration file, by name. Raises ValueError for a file that cannot be read."""
    config: Any = tomllib.loads(text) if host.file.suffix == ".toml" else _json(text)
    servers = config.get(host.keys[0], {})
    return cast("dict[str, Any]", servers) if isinstance(servers, dict) else {}


def problems(host: Host, entry: Mapping[str, Any], shell: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with an entry of ours; `shell` is the environment of a user's shell. Values are not repeated."""
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
    """Whether an entry of a host starts this server."""
    if not isinstance(entry, dict):
        return False
    fields = cast("dict[str, Any]", entry)
    words = [*_words(fields.get("command", fields.get("cmd"))), *_words(fields.get("args"))]
    return name == NAME or any("pai-dlc-mcp" in word or "pai_dlc_mcp" in word for word in words)


def this_command() -> tuple[str, tuple[str, ...]]:
    """The command that starts this very installation from anywhere, and its first arguments."""
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
    """JSON's strings, lists and names are TOML's as well."""
    tables = {name: cast("dict[str, str]", value) for name, value in entry.items() if isinstance(value, dict)}
    lines = [f"[{table}.{NAME}]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in entry.items() if key not in tables]
    for name, values in tables.items():
        lines += [f"[{table}.{NAME}.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _yaml(table: str, entry: Mapping[str, Any]) -> str:
    """JSON is YAML's flow style."""
    return f"{table}:\n  {NAME}:\n" + "".join(f"    {key}: {json.dumps(value)}\n" for key, value in entry.items())
