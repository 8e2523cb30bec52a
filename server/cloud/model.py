"""Base of the response models: frozen, read from the raw JSON; a missing or mistyped value becomes the default."""

from functools import cache
from typing import Annotated, Any, NamedTuple, Self, get_origin

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic.fields import FieldInfo

from pai_dlc_mcp.server.budget.fence import word
from pai_dlc_mcp.server.cloud.shape import as_list, as_object

TOLD = "told"
Told = Annotated[str, TOLD]
"""Text that somebody wrote: a name, a description, a message, a command, an address. Any other text of an answer is an
id, a status, a type or a time, and is made one harmless line where it does not look like that."""


class CloudModel(BaseModel):
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
        for name, key, many, is_word in _fields(cls):
            found = given.get(key, given.get(name))
            if many:
                usable[key] = [item for item in as_list(found) if item not in ("", None)]
            elif found not in ("", None):
                usable[key] = word(found) if isinstance(found, str) and is_word else found
        try:
            return validate(usable)
        except ValidationError as error:  # a value of another type than documented
            wrong = {str(part["loc"][0]) for part in error.errors() if part["loc"]}
            return validate({key: item for key, item in usable.items() if key not in wrong})


class _Field(NamedTuple):
    """A field as it is read from an answer."""

    name: str
    key: str  # the API's name of it
    many: bool
    is_word: bool


@cache
def _fields(model: type[BaseModel]) -> list[_Field]:
    return [
        _Field(name, field.alias or name, get_origin(field.annotation) is tuple, _is_word(field))
        for name, field in model.model_fields.items()
    ]


def _is_word(field: FieldInfo) -> bool:
    """The mark of `Told | None` is inside its annotation."""
    kind: Any = field.annotation
    return kind in (str, str | None) and TOLD not in field.metadata
