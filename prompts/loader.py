"""Loads Markdown files with front matter as MCP prompts. Checked at start: a placeholder without an argument is an
error."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib.resources import files

from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.prompts.base import PromptArgument
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS

from pai_dlc_mcp.server.app import Server
from pai_dlc_mcp.server.protocol.wording import only_offered

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Sheet:
    """A prompt file. `arguments`: description by name; a trailing `?` marks an optional one. `needs`: tools without
    which the prompt is not offered. The body may name other tools, see protocol/wording.py."""

    name: str
    title: str
    description: str
    needs: frozenset[str]
    arguments: dict[str, str]
    optional: frozenset[str]
    body: str


def add(server: Server, offered: Collection[str]) -> None:
    """Add the prompts whose tools are offered."""
    for prompt in load(offered):
        server.add_prompt(prompt)


def load(offered: Collection[str]) -> list[Prompt]:
    """The prompts whose tools are offered, sorted by name."""
    return [_prompt(sheet, offered) for sheet in sheets() if sheet.needs <= set(offered)]


def sheets() -> Iterator[Sheet]:
    """All prompt files."""
    for file in sorted(files("pai_dlc_mcp.prompts").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".md"):
            yield parse(file.name.removesuffix(".md"), file.read_text("utf-8"))


def parse(name: str, text: str) -> Sheet:
    """Parse front matter (`---`, `key: value` lines, `---`) and body. Raises ValueError if they do not match."""
    _, head, body = text.split("---\n", 2)
    fields = dict(line.split(": ", 1) for line in head.strip().splitlines())
    title, description, needs = fields.pop("title"), fields.pop("description"), fields.pop("needs")
    arguments = {key.removesuffix("?"): value for key, value in fields.items()}
    if unknown := set(_PLACEHOLDER.findall(body)) ^ arguments.keys():
        raise ValueError(f"prompt {name}: {', '.join(sorted(unknown))} stands in only one of front matter and body")
    optional = frozenset(key.removesuffix("?") for key in fields if key.endswith("?"))
    return Sheet(name, title, description, frozenset(needs.split()), arguments, optional, body.strip())


def _prompt(sheet: Sheet, offered: Collection[str]) -> Prompt:
    body = only_offered(sheet.body, offered)

    def render(**given: str) -> str:
        if unknown := given.keys() - sheet.arguments.keys():
            known = ", ".join(sheet.arguments)
            said = f"prompt {sheet.name} has no argument {', '.join(sorted(unknown))}; it has {known}"
            raise MCPError(INVALID_PARAMS, said)
        return _PLACEHOLDER.sub(lambda found: given.get(found[1]) or "(not given: ask)", body)

    arguments = [
        PromptArgument(name=name, description=text, required=name not in sheet.optional)
        for name, text in sheet.arguments.items()
    ]
    return Prompt(
        name=sheet.name,
        title=sheet.title,
        description=sheet.description,
        arguments=arguments,
        fn=render,
        context_kwarg=None,
    )
