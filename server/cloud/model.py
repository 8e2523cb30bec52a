"""How a response of the service becomes a frozen model: from the raw map, so that nothing unexpected breaks a read."""

from functools import cache
from typing import Any, Self, get_origin

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator

from pai_dlc_mcp.server.cloud.shape import as_list, as_object


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
        for name, key, many in _fields(cls):
            found = given.get(key, given.get(name))
            if many:
                usable[key] = [item for item in as_list(found) if item not in ("", None)]
            elif found not in ("", None):
                usable[key] = found
        try:
            return validate(usable)
        except ValidationError as error:  # a value of another type than documented
            wrong = {str(part["loc"][0]) for part in error.errors() if part["loc"]}
            return validate({key: item for key, item in usable.items() if key not in wrong})


@cache
def _fields(model: type[BaseModel]) -> list[tuple[str, str, bool]]:
    """Each field's name, the API's name of it, and whether it is a list."""
    fields = model.model_fields.items()
    return [(name, field.alias or name, get_origin(field.annotation) is tuple) for name, field in fields]
