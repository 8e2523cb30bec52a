"""Validation of tool arguments: refuses unknown ones, publishes schemas that every host accepts, and explains each
mistake in one sentence."""

from typing import Annotated, Any, Literal, cast, get_args, get_origin

from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import FuncMetadata
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import Facts
from pai_dlc_mcp.server.spelling import StrictModel, nearest

_ECHO = 80  # characters of a caller's value that an error quotes


class Arguments(FuncMetadata):
    """The SDK's FuncMetadata, except that Facts are not rendered here and strings stay strings: the SDK would parse
    `{"lr": 0.1}` or `null` given for a `str | None`."""

    def convert_result(self, result: Any) -> Any:
        """Returns Facts unchanged; door.py renders them."""
        return result if isinstance(result, Facts) else super().convert_result(result)

    def pre_parse_json(self, data: dict[str, Any]) -> dict[str, Any]:
        """Also drops null and empty strings, which some hosts send for arguments that were left out."""
        fields = self.arg_model.model_fields
        given = {name: value for name, value in data.items() if name not in fields or not _absent(fields[name], value)}
        known = {name: value for name, value in given.items() if name in fields}
        texts = {name: value for name, value in known.items() if _takes_text(fields[name].annotation)}
        numbers = {name: int(value) for name, value in known.items() if value in _numbers(fields[name].annotation)}
        return {**super().pre_parse_json(given), **texts, **numbers}


def _absent(field: FieldInfo, value: object) -> bool:
    """Whether an optional argument was left out: null, or an empty string where the field takes none."""
    if field.is_required() or value not in (None, ""):
        return False
    return value is None or not _accepts(field, value)


def _accepts(field: FieldInfo, value: object) -> bool:
    parts: Any = (field.annotation, field)
    try:
        TypeAdapter[Any](cast("Any", Annotated).__class_getitem__(parts)).validate_python(value)
    except ValidationError:
        return False
    return True


def _takes_text(annotation: Any) -> bool:
    return annotation is str or str in get_args(annotation)


def _numbers(annotation: Any) -> list[str]:
    """The numbers of a Literal, as text: the schema lists them as strings, since some hosts refuse enums of numbers."""
    parts = [annotation, *get_args(annotation)]
    return [
        str(value) for part in parts if get_origin(part) is Literal for value in get_args(part) if type(value) is int
    ]


def harden(tool: Tool) -> Tool:
    """Make a tool refuse unknown arguments (the SDK ignores them) and publish small, portable schemas."""
    tool.fn_metadata = Arguments(**{name: getattr(tool.fn_metadata, name) for name in FuncMetadata.model_fields})
    base = tool.fn_metadata.arg_model
    tool.fn_metadata.arg_model = type(
        base.__name__,
        (StrictModel, base),
        {
            "model_config": ConfigDict(extra="forbid", arbitrary_types_allowed=True),
            "__module__": base.__module__,
        },
    )
    tool.parameters = portable(tool.fn_metadata.arg_model.model_json_schema(by_alias=False))
    tool.parameters = {"properties": {}, **tool.parameters, "additionalProperties": False}
    if tool.fn_metadata.output_schema is not None:
        tool.fn_metadata.output_schema = _outline(portable(tool.fn_metadata.output_schema))
    return tool


def portable(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without titles, `$ref`, null alternatives and null defaults: some hosts refuse these, and each costs
    tokens."""
    return _plain_schema(schema, schema.get("$defs", {}))


def _plain_schema(node: Any, defs: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_plain_schema(item, defs) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    schema = cast("dict[str, Any]", node)
    if isinstance(ref := schema.get("$ref"), str):
        schema = {**defs[ref.rsplit("/", 1)[-1]], **{k: v for k, v in schema.items() if k != "$ref"}}
    if isinstance(arms := schema.get("anyOf"), list):
        arms = [arm for arm in cast("list[dict[str, Any]]", arms) if arm != {"type": "null"}]
        rest = {k: v for k, v in schema.items() if k != "anyOf"}
        if len(arms) == 1:
            return _plain_schema({**arms[0], **rest}, defs)
        schema = {**rest, "anyOf": arms}
    if schema.get("type") == "integer" and "enum" in schema:
        schema = {**schema, "type": "string", "enum": list(map(str, schema["enum"]))}
    out: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("title", "$defs") or value is False or (key == "default" and value in (None, [], {})):
            continue
        if key == "properties":
            fields = cast("dict[str, Any]", value)
            out[key] = {name: _plain_schema(part, defs) for name, part in fields.items()}
        else:
            out[key] = value if key in ("default", "enum", "const") else _plain_schema(value, defs)
    return out


def _outline(schema: dict[str, Any]) -> dict[str, Any]:
    """Name and type of the fields that a result always has. The other fields would double the schema's size."""
    always = {name: {"type": schema["properties"][name]["type"]} for name in schema.get("required", [])}
    return {"type": "object", "properties": always}


def explain(error: ValidationError) -> Failure:
    """A Failure with one sentence for each mistake in a call, and the value that was probably meant."""
    told = "; ".join(dict.fromkeys(_sentence(dict(found)) for found in error.errors(include_url=False)))
    return Failure(
        told if told.endswith("?") else f"{told}.",
        fix="Correct the arguments and call again.",
        code="InvalidArgument",
    )


def _sentence(found: dict[str, Any]) -> str:
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in found["loc"]).lstrip(".")
    value = found.get("input")
    echo = repr(value[:_ECHO]) if isinstance(value, str) else f"a {type(value).__name__}"
    match found["type"]:
        case "missing":
            said = "is required"
        case "literal_error":
            expected = [word.strip("'") for word in found["ctx"]["expected"].replace(" or ", ", ").split(", ")]
            near = nearest(value, expected) if isinstance(value, str) else None
            said = f"{echo} is not valid, " + (f"use {near!r}" if near else f"use one of {', '.join(expected)}")
        case "string_pattern_mismatch":
            said = f"{echo} does not have the form {found['ctx']['pattern']}"
        case _:
            said = str(found["msg"]).removeprefix("Value error, ")
    return f"{where}: {said}" if where else said
