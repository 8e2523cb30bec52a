"""Adds the lines for a new noun to the files that list nouns or operations."""

import json
import re
from pathlib import Path

from dev.new_tool.operation import PAGING, SDKS, Operation, camel


def put(file: Path, line: str, after: str, before: str) -> None:
    """Insert a line into the sorted block between the line that matches `after` and the next line that matches
    `before`."""
    lines = file.read_text("utf-8").split("\n")
    first = next(number for number, text in enumerate(lines) if re.search(after, text)) + 1
    last = next(number for number in range(first, len(lines)) if re.search(before, lines[number]))
    at = next((number for number in range(first, last) if lines[number] > line), last)
    lines.insert(at, line)
    file.write_text("\n".join(lines), "utf-8")


def append(file: Path, line: str, after: str, before: str) -> None:
    """As `put`, for an unsorted block: the line becomes the last."""
    lines = file.read_text("utf-8").split("\n")
    first = next(number for number, text in enumerate(lines) if re.search(after, text)) + 1
    lines.insert(next(number for number in range(first, len(lines)) if re.search(before, lines[number])), line)
    file.write_text("\n".join(lines), "utf-8")


def wire(root: Path, operation: Operation, noun: str) -> list[Path]:
    """Add the noun to the server, the list of tools and the emulator. Returns the changed files."""
    deps, tools, routes = root / "server/deps.py", root / "tools/families.py", root / "emulator/routes.py"
    kind = camel(noun)
    put(
        deps,
        f"from pai_dlc_mcp.server.cloud.{noun} import {kind}",
        r"^from mcp\.",
        r"^from pai_dlc_mcp\.server\.safety",
    )
    put(deps, f"        self.{noun} = {kind}(at)", r"at = Api\(", r"^$")
    put(tools, f"    {noun},", r"^from pai_dlc_mcp\.tools import \($", r"^\)")
    append(tools, f"    {noun}.tools,", r"^TOOLSETS = \(", r"^\)")
    put(routes, f"    {noun},", r"^from pai_dlc_mcp\.emulator import \($", r"^\)")
    append(routes, f"        {noun}.{operation.name},", rf"^    {SDKS[operation.product][1]}: \($", r"^    \),")
    return [deps, tools, routes, *_described(root / "emulator/schema", operation), *_exemplified(root, operation)]


def _exemplified(root: Path, operation: Operation) -> list[Path]:
    """An example of a new kind of id, for the tests that call every operation."""
    requests = root / "tests/data/requests.json"
    text = requests.read_text("utf-8")
    new = [name for name in map(camel, operation.ids) if f'"{{{name}}}"' not in text]
    lines = "".join(f'\n  "{{{name}}}": "one",' for name in new)
    requests.write_text(text.replace('"ids": {', f'"ids": {{{lines}', 1), "utf-8")
    return [requests] if new else []


def _described(folder: Path, operation: Operation) -> list[Path]:
    """Add the operation to overrides.json and to the generated operations.json."""
    source, result = folder / "overrides.json", folder / "operations.json"
    params = [{"in": "query", "name": name, "type": "string"} for name in map(camel, operation.filters)]
    if operation.items:
        params += [{"in": "query", "name": name, "type": "integer", "minimum": 1} for name in sorted(PAGING)]
    given = {"version": operation.version, "method": "GET", "path": operation.path, "params": params}
    name = f'"{operation.action}"'
    put(source, f"    {name}: {json.dumps(given)},", r'^  "operations": \{$', r"^  \}")
    from pai_dlc_mcp.emulator.schema import generate  # a program that nothing else imports

    line = f"{name}:{generate.compact(generate.operation(given))}"
    lines = result.read_text("utf-8").split("\n")
    first = lines.index(f'"{operation.version}":{{') + 1
    last = next(number for number in range(first, len(lines)) if lines[number].startswith("}"))
    group = sorted([*(text.rstrip(",") for text in lines[first:last]), line])
    lines[first:last] = [*(f"{text}," for text in group[:-1]), group[-1]]
    result.write_text("\n".join(lines), "utf-8")
    return [source, result]
