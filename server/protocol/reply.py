"""The two answers a tool gives. facts(): structured content and the same facts as compact text. stream(): text only.

Never both for one payload, and no facts in only one of the two: hosts show the model either.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Protocol, TypeVar

from mcp.types import CallToolResult, TextContent
from pydantic import AfterValidator, BaseModel, ConfigDict

from pai_dlc_mcp.server.budget.clean import clean_text
from pai_dlc_mcp.server.budget.cut import left_out
from pai_dlc_mcp.server.budget.fence import fence, inert, inline, new_nonce
from pai_dlc_mcp.server.budget.limits import fit, tokens
from pai_dlc_mcp.server.cloud.paging import Page
from pai_dlc_mcp.server.settings import Settings

FACTS_TOKENS = 2000
STREAM_TOKENS = 4000
HEADER_TOKENS = 150  # of a stream's budget, for the lines above its fence
_VERBATIM = 4000  # characters of a uri or a command


class _Foreign:
    """Marks text that somebody else wrote: a job's name, description, command or reason."""


ForeignName = Annotated[str, AfterValidator(lambda text: inline(text, 120)), _Foreign()]
ForeignText = Annotated[str, AfterValidator(lambda text: inline(text, 600)), _Foreign()]
Verbatim = Annotated[str, AfterValidator(lambda text: clean_text(text)[:_VERBATIM]), _Foreign()]


class Facts(BaseModel):
    """Base of a tool's own reply: flat, hand-written, named for what a reader looks for."""

    model_config = ConfigDict(frozen=True)


class Listing(Facts):
    """A reply with one list field. `next` is the argument that continues it."""

    total: int
    returned: int
    next: str | None = None


class Origin(Protocol):
    """Where a call went: what every result echoes."""

    @property
    def region(self) -> str: ...
    @property
    def settings(self) -> Settings: ...


L = TypeVar("L", bound=Listing)


def facts(place: Origin, model: Facts, *, note: str | None = None) -> CallToolResult:
    """CloudModel with facts, and a `note` on what they are not. Text of others is fenced as data."""
    structured = {**_echo(place), **model.model_dump(mode="json", exclude_none=True)} | ({"note": note} if note else {})
    return CallToolResult(
        content=[TextContent(type="text", text=_text(place, model, note))], structured_content=structured
    )


def listing(
    place: Origin,
    model: type[L],
    rows: Sequence[BaseModel],
    page: Page[Any],
    *,
    note: str | None = None,
    **more: Any,
) -> CallToolResult:
    """CloudModel with a list, of as many rows as fit the budget; `next` names the offset of the first row left out."""
    (key,) = [name for name, field in model.model_fields.items() if "list" in str(field.annotation)]
    kept = len(rows)
    while True:
        after = Page(rows[:kept], page.offset, page.total).next_offset
        follow = None if after is None else f"offset={after}"
        shown = {key: list(rows[:kept]), "total": page.total, "returned": kept, "next": follow}
        reply = model.model_validate({**shown, **more})
        result = facts(place, reply, note=note)
        cost = max(tokens(reply.model_dump_json(exclude_none=True)), tokens(text_of(result)))
        if cost <= FACTS_TOKENS or kept <= 1:
            return result
        kept = max(1, min(kept - 1, kept * FACTS_TOKENS // cost))


def stream(place: Origin, header: str, payload: str, meta: Mapping[str, Any], max_tokens: int) -> CallToolResult:
    """CloudModel with header lines and an already fenced payload, never above `max_tokens`; the header's facts again in
    `_meta`."""
    text = fit(f"{header}{_where(place)}\n{payload}", max_tokens, "raise max_tokens")
    return CallToolResult(content=[TextContent(type="text", text=text)], _meta={"pai-dlc": {**_echo(place), **meta}})


def fenced(lines: Sequence[str], source: str, max_tokens: int) -> str:
    """Lines that somebody else wrote, inside a fence, as many as fit and how many do not."""
    nonce = new_nonce()
    kept, marker = list(map(inert, lines)), list[str]()
    while kept and tokens(fence([*kept, *marker], source, nonce)) > max_tokens:
        kept.pop()
        marker = [left_out(len(lines) - len(kept))]
    return fence([*kept, *marker], source, nonce)


def text_of(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


def _echo(place: Origin) -> dict[str, Any]:
    return {"region": place.region} | ({"emulator": True} if place.settings.emulator else {})


def _where(place: Origin) -> str:
    return f" · {place.region}" + (" · emulator" if place.settings.emulator else "")


def _text(place: Origin, model: Facts, note: str | None) -> str:
    """`key: value` lines, a table for a list; compact, because a model reads it on every call."""
    lines: list[str] = []
    for name in type(model).model_fields:
        value: object = getattr(model, name)
        if isinstance(value, list):
            lines += _table(name, value)  # pyright: ignore[reportUnknownArgumentType] - rows are models or strings
        elif value is not None:
            lines.append(f"{name}: {_cell(value)}")
    body = "\n".join(lines)
    if _has_foreign(type(model)):
        body = fence(map(inert, body.splitlines()), "PAI-DLC, with names and texts that users wrote", new_nonce())
    return "\n".join(part for part in (f"region: {_where(place).removeprefix(' · ')}", note, body) if part)


def _table(name: str, rows: Sequence[object]) -> list[str]:
    models = [row for row in rows if isinstance(row, BaseModel)]
    if not models:
        return [f"{name}: {', '.join(map(str, rows)) or 'none'}"]
    used = [f for f in type(models[0]).model_fields if any(getattr(m, f) not in (None, "", [], ()) for m in models)]
    return [f"{name}:", " | ".join(used)] + [" | ".join(_cell(getattr(m, f)) for f in used) for m in models]


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))  # pyright: ignore[reportUnknownArgumentType] - JSON
    if isinstance(value, BaseModel):
        return " ".join(f"{k}={_cell(v)}" for k, v in value if v is not None)
    return str(value).replace("\n", "\\n")  # a line of somebody's text is no line of ours


@cache
def _has_foreign(model: type[BaseModel]) -> bool:
    for field in model.model_fields.values():
        if any(isinstance(mark, _Foreign) for mark in field.metadata) or "_Foreign" in str(field.annotation):
            return True
        if any(_has_foreign(part) for part in _models_in(field.annotation)):
            return True
    return False


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    parts = getattr(annotation, "__args__", ()) or (annotation,)
    return [part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)]
