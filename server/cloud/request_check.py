"""The SDK's request model of an operation, complete or refused: from_map() alone drops unknown fields in silence."""

import importlib
from collections.abc import Mapping
from typing import Any

from pai_dlc_mcp.server.cloud.endpoints import Product
from pai_dlc_mcp.server.cloud.shape import as_list, as_object
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.spelling import not_in_the_api

_MODELS: dict[Product, str] = {
    "pai-dlc": "alibabacloud_pai_dlc20201203.models",
    "aiworkspace": "alibabacloud_aiworkspace20210204.models",
}


def request_model(product: Product, action: str, params: Mapping[str, Any]) -> Any:
    """The request model holding all of `params`; None for an operation without one.

    Imports the SDK's models: call it in a worker thread. Raises Failure for a field the model does not know
    (UnknownField) or one of another type than the model's (InvalidField).
    """
    model = getattr(importlib.import_module(_MODELS[product]), f"{action}Request", None)
    if model is None:
        return None
    try:
        request = model().from_map(dict(params))
        lost = _lost(params, request.to_map(), "")
    except (AttributeError, TypeError, ValueError):  # a text where the model has an object
        raise Failure(
            f"{action} cannot take these fields: one has another type than the API reference says.",
            fix=f"Check the nested fields among {', '.join(params)}.",
            code="InvalidField",
        ) from None
    if lost:
        answer = not_in_the_api(lost.rsplit(".", 1)[-1])
        raise Failure(
            f"{answer}." if answer else f"{action} does not know the field {lost}.",
            fix="Remove it, or check its spelling against the API reference.",
            code="UnknownField",
        )
    return request


def _lost(sent: object, kept: object, where: str) -> str | None:
    """The path of the first field of `sent` that is not in `kept`."""
    rest = as_object(kept)
    for key, value in as_object(sent).items():
        if key not in rest:
            return f"{where}{key}"
        if found := _lost(value, rest[key], f"{where}{key}."):
            return found
    for i, (one, other) in enumerate(zip(as_list(sent), as_list(kept), strict=False)):
        if found := _lost(one, other, f"{where.removesuffix('.')}[{i}]."):
            return found
    return None
