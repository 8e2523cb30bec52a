"""Base of the response models. Frozen; read from raw JSON; a missing or mistyped value becomes the field's default."""

from functools import cache
from typing import Annotated, Any, NamedTuple, Self, cast, get_origin

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic.fields import FieldInfo

from pai_dlc_mcp.server.budget.fence import word
from pai_dlc_mcp.server.cloud.shape import as_list, as_object

TOLD = "told"
Told = Annotated[str, TOLD]
"""Marks free text: a name, description, message, command or address. All other strings of a response (also in lists and
maps) are API words: an id, status, type or time; one that does not look like that is quoted."""


class CloudModel(BaseModel):
    """Part of a response. A missing, null, empty or mistyped value is replaced by the field's default: the official
    examples contain all of these. Numbers may be strings, and ids numbers."""

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
        for name, key, many, of_words in _fields(cls):
            found = given.get(key, given.get(name))
            if many:
                found = [item for item in as_list(found) if item not in ("", None)]
            if found not in ("", None):
                usable[key] = _words(found) if of_words else found
        try:
            return validate(usable)
        except ValidationError as error:  # a value of another type than documented
            wrong = {str(part["loc"][0]) for part in error.errors() if part["loc"]}
            return validate({key: item for key, item in usable.items() if key not in wrong})


class _Field(NamedTuple):
    """How one field is read from a response."""

    name: str
    key: str  # the API's name
    many: bool
    of_words: bool


@cache
def _fields(model: type[BaseModel]) -> list[_Field]:
    return [
        _Field(name, field.alias or name, get_origin(field.annotation) is tuple, _of_words(field))
        for name, field in model.model_fields.items()
    ]


_WORDS = (str, str | None, tuple[str, ...], dict[str, str])


def _of_words(field: FieldInfo) -> bool:
    """Whether the field is an API word (see Told). In `Told | None` the marker is inside the annotation."""
    kind: Any = field.annotation
    return kind in _WORDS and TOLD not in field.metadata


def _words(found: object) -> object:
    """Each string of the value as an API word: quoted unless it looks like one."""
    if isinstance(found, str):
        return word(found)
    if isinstance(found, list):
        return [_words(item) for item in cast("list[object]", found)]
    if isinstance(found, dict):
        return {_words(name): _words(item) for name, item in cast("dict[object, object]", found).items()}
    return found
