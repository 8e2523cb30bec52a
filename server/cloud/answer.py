"""How an answer of the service becomes a frozen model: from the raw map, so that nothing unexpected breaks a read."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Self, TypeVar, get_origin

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator

from pai_dlc_mcp.server.cloud.gateway import Gateway
from pai_dlc_mcp.server.cloud.shape import as_list, as_object

T = TypeVar("T")
M = TypeVar("M", bound="Answer")

_FULL_PAGE = 100  # items; the most a list operation gives at once


@dataclass(frozen=True)
class Regional:
    """A gateway and the region its calls go to: what every noun's operations stand on."""

    gateway: Gateway
    region: str


class Answer(BaseModel):
    """Part of an answer. A missing, null or empty value is the field's default, and so is one of another type than
    documented: the official examples contain both. Numbers may come as strings and ids as numbers."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        coerce_numbers_to_str=True,
        protected_namespaces=(),
    )

    @model_validator(mode="wrap")
    @classmethod
    def _tolerant(cls, value: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        given = as_object(value)
        if not given:
            return validate(value)
        usable: dict[str, Any] = {}
        for name, field in cls.model_fields.items():
            key = field.alias or name
            found = given.get(key, given.get(name))
            if get_origin(field.annotation) is tuple:
                usable[key] = [item for item in as_list(found) if item not in ("", None)]
            elif found not in ("", None):
                usable[key] = found
        try:
            return validate(usable)
        except ValidationError as error:  # a value of another type than documented
            wrong = {str(part["loc"][0]) for part in error.errors() if part["loc"]}
            return validate({key: item for key, item in usable.items() if key not in wrong})


class Page(NamedTuple, Generic[T]):
    """Some items of a list, starting at `offset`, and how many there are in all."""

    items: Sequence[T]
    offset: int
    total: int

    @property
    def next_offset(self) -> int | None:
        after = self.offset + len(self.items)
        return after if self.items and after < self.total else None


class Window(NamedTuple):
    """The page to ask for, and how many of its items to skip and to keep."""

    number: int
    size: int
    skip: int
    keep: int


def window(offset: int, limit: int, max_size: int = _FULL_PAGE) -> Window:
    """The page that holds items offset .. offset+limit-1, so that any offset works on a service that pages by number.

    Where no page size up to `max_size` holds them all, `keep` is smaller than `limit`.
    """
    for size in range(limit, max_size + 1):
        if offset // size == (offset + limit - 1) // size:
            return Window(offset // size + 1, size, offset % size, limit)
    return Window(offset // max_size + 1, max_size, offset % max_size, max_size - offset % max_size)


async def page(
    ask: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]],
    key: str,
    model: type[M],
    offset: int,
    limit: int,
) -> Page[M]:
    """Ask for one window of a list; `ask` gets PageNumber and PageSize, `key` names the items in the body."""
    wanted = window(offset, limit)
    body = await ask({"PageNumber": wanted.number, "PageSize": wanted.size})
    items = [item for item in map(as_object, as_list(body.get(key))) if item]
    kept = [model.model_validate(item) for item in items[wanted.skip : wanted.skip + wanted.keep]]
    total = body.get("TotalCount")
    return Page(kept, offset, total if isinstance(total, int) else offset + len(kept))


async def each(ask: Callable[[int, int], Awaitable[Page[T]]], most_pages: int) -> AsyncGenerator[T]:
    """The items of a list, page after page, as far as they are read; `ask` gets offset and limit.

    A page that is not full is the last one: the total alone is not trusted.
    """
    for number in range(most_pages):
        found = await ask(number * _FULL_PAGE, _FULL_PAGE)
        for item in found.items:
            yield item
        if found.next_offset is None or len(found.items) < _FULL_PAGE:
            return
