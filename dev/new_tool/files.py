"""The texts of a new noun's files: cloud operations, tool, emulator operations, and a test of each."""

import re
from collections.abc import Iterable
from pathlib import Path
from string import Template

from dev.new_tool.operation import SDKS, Operation, camel, snake

TEMPLATES = Path(__file__).with_name("templates")
PATHS = {
    "cloud": "server/cloud/{}.py",
    "tool": "tools/{}.py",
    "emulator": "emulator/{}.py",
    "test_cloud": "tests/server/cloud/test_{}.py",
    "test_tool": "tests/tools/test_{}.py",
    "test_emulator": "tests/emulator/test_{}.py",
}
KNOWN_IDS = {
    "job_id": ('"dlc9restarted009"', 'account.job(request.ids["JobId"], request.action)'),
    "workspace_id": ('"123456"', 'account.workspace(request.ids["WorkspaceId"])'),
}
"""Ids that the emulator has: one of its seeds, and how it is looked up."""
EXAMPLES = {"str": '"example"', "int": "1", "bool": "True", "float": "0.5", "list[str]": '["example"]'}


def plural(noun: str) -> str:
    return noun if noun.endswith("s") else f"{noun.removesuffix('y')}ies" if noun.endswith("y") else f"{noun}s"


def singular(noun: str) -> str:
    return re.sub("ies$", "y", noun) if noun.endswith("ies") else noun.removesuffix("s")


def of(operation: Operation, noun: str, toolset: str) -> dict[str, str]:
    """Path and text of each file, from the template of the same name."""
    values = _values(operation, noun, toolset)
    kind = "list" if operation.items else "get"
    texts = {path.format(noun): (TEMPLATES / f"{kind}_{name}.txt", name) for name, path in PATHS.items()}
    return {path: Template(file.read_text("utf-8")).substitute(values) for path, (file, _) in texts.items()}


def _values(operation: Operation, noun: str, toolset: str) -> dict[str, str]:
    ids, fields = operation.ids, operation.fields
    package, group = SDKS[operation.product]
    return {
        "name": operation.name,
        "action": operation.action,
        "product": operation.product,
        "group": group,
        "package": package,
        "toolset": toolset,
        "noun": noun,
        "title": operation.name.replace("_", " ").capitalize(),
        "Noun": camel(noun),
        "Item": camel(singular(noun)),
        "items": operation.items or "",
        "id_parameters": _joined(f"{name}: {camel(name)}," for name in ids),
        "cloud_ids": "".join(f", {name}: str" for name in ids),
        "ids": "".join(f", {name}" for name in ids),
        "passed": ", ".join(ids),
        "passed_first": "".join(f"{name}, " for name in ids),
        "given_after": "".join(f", {name}={_seed(name)}" for name in ids),
        "seeds": ", ".join(map(_seed, ids)),
        "seeds_first": "".join(f"{_seed(name)}, " for name in ids),
        "fixture": {"DLC": "dlc", "WORKSPACE": "workspace"}[group],
        "items_attribute": snake(operation.items or ""),
        "id_types": _types_of(ids),
        "id_imports": "".join(f"{camel(name)}, " for name in ids if name in KNOWN_IDS),
        "lookups": _joined(KNOWN_IDS[name][1] for name in ids if name in KNOWN_IDS),
        "cloud_fields": _joined(_cloud_field(*field) for field in fields.items()),
        "row_fields": _joined(f"{name}: {_shown(name, kind)} | None = None" for name, kind in fields.items()),
        "example": _joined((f'"{camel(name)}": {EXAMPLES[kind]},' for name, kind in fields.items()), 8),
        "expected": _joined((f'"{name}": {EXAMPLES[kind]},' for name, kind in fields.items()), 8),
        "exact": ", ".join(f'"{camel(name)}": "{camel(name)}"' for name in operation.filters),
        "foreign": _foreign(fields),
        "get_request": f"models.{operation.action}Request()" if operation.has_request else "",
        "get_models": f"from {package} import models\n" if operation.has_request else "",
    }


def _joined(lines: Iterable[str], indent: int = 4) -> str:
    return f"\n{' ' * indent}".join(lines)


def _seed(name: str) -> str:
    return KNOWN_IDS[name][0] if name in KNOWN_IDS else '"one"'


def _types_of(ids: Iterable[str]) -> str:
    unknown = [name for name in ids if name not in KNOWN_IDS]
    return "".join(f'{camel(name)} = Annotated[str, Field(description="From list_…")]\n' for name in unknown)


def _cloud_field(name: str, kind: str) -> str:
    if kind == "list[str]":
        return f'{name}: tuple[str, ...] = Field(default=(), alias="{camel(name)}")'
    return f'{name}: {kind} | None = Field(default=None, alias="{camel(name)}")'


def _shown(name: str, kind: str) -> str:
    """The type of a field in a reply; free text must be cleaned and fenced."""
    if kind != "str":
        return kind
    return "ForeignText" if name == "description" else "ForeignName" if name.endswith("name") else "str"


def _foreign(fields: dict[str, str]) -> str:
    shown = {_shown(name, kind) for name, kind in fields.items()}
    return "".join(f"{mark}, " for mark in ("ForeignName", "ForeignText") if mark in shown)
