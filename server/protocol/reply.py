"""Models of tool results: Facts (structured content and text) or a stream (logs and events, text only). Tools return
these; door.py renders them with render.py."""

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
HEADER_TOKENS = 150  # share of a stream's tokens for the lines above its fence


@dataclass(frozen=True)
class Foreign:
    """Marks text from jobs or users: a name, description, command or reason. `treat` takes the cleaned text. `fenced`
    False: text of ours that quotes such text."""

    treat: Callable[[str], str]
    fenced: bool = True


ForeignName = Annotated[str, Foreign(lambda text: one_line(text, 120))]
ForeignText = Annotated[str, Foreign(lambda text: one_line(text, 600))]
Verbatim = Annotated[str, Foreign(lambda text: text[:4000])]  # a URI, path or command
Quoting = Annotated[str, Foreign(lambda text: text, fenced=False)]  # a question


class Facts(BaseModel):
    """Base of a tool's result; flat. `note` states what the facts do not cover."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    note: str | None = None


class Pictured(Facts):
    """Facts with an optional PNG, which repeats them."""

    picture: bytes | None = Field(default=None, exclude=True, repr=False)


class Row(BaseModel):
    """One row of a list, made from the attributes of a cloud model."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Listing(Facts):
    """A result with one list; as many rows are shown as fit into FACTS_TOKENS. `next`: the argument for the next page.
    `start`: offset of the first row. `more`: further rows may exist although `total` does not count them."""

    rows: ClassVar[str]  # name of the field with the list

    total: int
    returned: int
    next: str | None = None
    start: int = Field(default=0, exclude=True)
    more: bool = Field(default=False, exclude=True)

    @classmethod
    def of(cls, page: Page[Any], note: str | None = None, **fields: object) -> Self:
        """The items of a page as rows; `note` is added to the page's note."""
        notes = "; ".join(filter(None, (page.note, note))) or None
        counts = {"total": page.total, "returned": len(page.items), "start": page.offset, "more": page.more}
        return cls.model_validate({cls.rows: list(page.items), **counts, "note": notes, **fields})


class Origin(Protocol):
    """The region and settings of a call, named in each result."""

    @property
    def region(self) -> str: ...
    @property
    def settings(self) -> Settings: ...


def stream(origin: Origin, header: str, payload: str, meta: Mapping[str, Any], max_tokens: int) -> CallToolResult:
    """A text result of header lines and a fenced payload, at most `max_tokens`; the facts of the header are repeated in
    _meta."""
    text = fit(f"{header}{where(origin)}\n{payload}", max_tokens, "raise max_tokens")
    return CallToolResult(content=[TextContent(type="text", text=text)], _meta={"pai-dlc": {**echo(origin), **meta}})


def fenced(lines: Sequence[str], source: str, max_tokens: int) -> str:
    """Lines from jobs or users in a fence: as many as fit, and how many are left out."""
    nonce = new_nonce()
    kept, marker = list(map(inert, lines)), list[str]()
    while kept and tokens(fence([*kept, *marker], source, nonce)) > max_tokens:
        kept.pop()
        marker = [left_out(len(lines) - len(kept))]
    return fence([*kept, *marker], source, nonce)


def text_of(result: CallToolResult) -> str:
    """All text blocks of a result."""
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


def echo(origin: Origin) -> dict[str, Any]:
    """The origin as fields for structured content or _meta."""
    return {"region": origin.region} | ({"emulator": True} if origin.settings.emulator else {})


def where(origin: Origin) -> str:
    """The origin as text."""
    return f" · {origin.region}" + (" · emulator" if origin.settings.emulator else "")
