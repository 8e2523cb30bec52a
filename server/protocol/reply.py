"""What a tool answers with: a Facts model, or a stream (logs, events) as text alone. Tools return data; door.py renders
it with render.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Protocol, Self

from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel, ConfigDict, Field

from pai_dlc_mcp.server.budget.fence import fence, inert, new_nonce, one_line
from pai_dlc_mcp.server.budget.limits import fit, tokens
from pai_dlc_mcp.server.budget.select import left_out
from pai_dlc_mcp.server.cloud.paging import Page
from pai_dlc_mcp.server.settings import Settings

FACTS_TOKENS = 2000
STREAM_TOKENS = 4000
HEADER_TOKENS = 150  # of a stream's budget, for the lines above its fence


@dataclass(frozen=True)
class Foreign:
    """Marks text that somebody else wrote: a job's name, description, command or reason. `treat` gets it cleaned.
    Not `fenced`: words of ours that quote it."""

    treat: Callable[[str], str]
    fenced: bool = True


ForeignName = Annotated[str, Foreign(lambda text: one_line(text, 120))]
ForeignText = Annotated[str, Foreign(lambda text: one_line(text, 600))]
Verbatim = Annotated[str, Foreign(lambda text: text[:4000])]  # a uri, a path, a command
Quoting = Annotated[str, Foreign(lambda text: text, fenced=False)]  # a question


class Facts(BaseModel):
    """Base of a tool's reply: flat, named for what a reader looks for. `note` says what the facts are not."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    note: str | None = None


class Pictured(Facts):
    """Facts that stand alone, with a PNG beside them where there is one."""

    picture: bytes | None = Field(default=None, exclude=True, repr=False)


class Row(BaseModel):
    """One line of a list, taken from the attributes of a cloud model."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Listing(Facts):
    """A reply with one list, of which as many rows are shown as fit FACTS_TOKENS. `next` is the argument that
    continues it, from `start` and the rows shown; `more`: also where `total` counts no further ones."""

    rows: ClassVar[str]  # the name of the list's field

    total: int
    returned: int
    next: str | None = None
    start: int = Field(default=0, exclude=True)
    more: bool = Field(default=False, exclude=True)

    @classmethod
    def of(cls, page: Page[Any], note: str | None = None, **fields: object) -> Self:
        """A page's items as rows; `note` stands beside the page's own."""
        notes = "; ".join(filter(None, (page.note, note))) or None
        counts = {"total": page.total, "returned": len(page.items), "start": page.offset, "more": page.more}
        return cls.model_validate({cls.rows: list(page.items), **counts, "note": notes, **fields})


class Origin(Protocol):
    """Where a call went: what every result echoes."""

    @property
    def region(self) -> str: ...
    @property
    def settings(self) -> Settings: ...


def stream(origin: Origin, header: str, payload: str, meta: Mapping[str, Any], max_tokens: int) -> CallToolResult:
    """Header lines and an already fenced payload, never above `max_tokens`; the header's facts again in `_meta`."""
    text = fit(f"{header}{where(origin)}\n{payload}", max_tokens, "raise max_tokens")
    return CallToolResult(content=[TextContent(type="text", text=text)], _meta={"pai-dlc": {**echo(origin), **meta}})


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


def echo(origin: Origin) -> dict[str, Any]:
    return {"region": origin.region} | ({"emulator": True} if origin.settings.emulator else {})


def where(origin: Origin) -> str:
    return f" · {origin.region}" + (" · emulator" if origin.settings.emulator else "")
