"""Facts as compact text: `key: value`, a list as a table. A model reads it on every call."""

import json
from collections.abc import Mapping, Sequence
from typing import cast


def lines_of(name: str, value: object) -> list[str]:
    """`key: value`, or a table for a list."""
    if not isinstance(value, list):
        return [f"{name}: {_cell(value)}"]
    rows = cast("list[object]", value)
    tables = [cast("dict[str, object]", row) for row in rows if isinstance(row, dict)]
    if not tables:
        cells = list(map(_cell, rows))
        if any(", " in cell for cell in cells):  # sentences: a comma would not part them
            return [f"{name}:", *(f"- {cell}" for cell in cells)]
        return [f"{name}: {', '.join(cells) or 'none'}"]
    used = [key for key in _keys(tables) if any(row.get(key) not in (None, "", []) for row in tables)]
    return [f"{name}:", " | ".join(used)] + [" | ".join(_cell(row.get(key)) for key in used) for row in tables]


def _keys(rows: Sequence[Mapping[str, object]]) -> list[str]:
    """The columns of all rows, each after those that precede it in the fullest row."""
    fullest = max(rows, key=len)
    return list(dict.fromkeys([*fullest, *(key for row in rows for key in row)]))


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return compact(cast("object", value))
    if isinstance(value, list):
        return ", ".join(map(_cell, cast("list[object]", value)))
    return str(value).replace("\n", "\\n")  # a line of somebody's text is no line of ours


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
