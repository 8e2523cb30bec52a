"""What the SDK's generated code contains about an operation: route, parameters, and fields of the response."""

import importlib
import inspect
import re
from dataclasses import dataclass
from typing import Any

SDKS = {
    "pai-dlc": ("alibabacloud_pai_dlc20201203", "DLC"),
    "aiworkspace": ("alibabacloud_aiworkspace20210204", "WORKSPACE"),
}
"""By product: the package, and the product's name in emulator/routes.py."""
PLAIN = {"str": "str", "int": "int", "bool": "bool", "float": "float", "List[str]": "list[str]"}
PAGING = {"PageNumber", "PageSize"}


@dataclass(frozen=True)
class Operation:
    """`ids` and `filters`: snake_case names. `fields`: an item's fields with types. `items`: key of the list in the
    response, None if the response is the item."""

    name: str
    product: str
    version: str
    path: str
    ids: tuple[str, ...]
    filters: tuple[str, ...]
    items: str | None
    fields: dict[str, str]
    has_request: bool

    @property
    def action(self) -> str:
        return camel(self.name)


def camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def snake(name: str) -> str:
    return re.sub(r"(?<=.)(?=[A-Z])", "_", name).lower()


def read(name: str) -> Operation:
    """The operation for a tool's name. Raises SystemExit for a name that is no read in either SDK."""
    for product, (package, _) in SDKS.items():
        client = importlib.import_module(f"{package}.client").Client
        if method := getattr(client, f"{name}_with_options", None):
            return _read(name, product, inspect.getsource(method), importlib.import_module(f"{package}.models"))
    raise SystemExit(f"Neither SDK has {camel(name)}. For PAI Studio, start from server/cloud/quotas.py.")


def _read(name: str, product: str, source: str, models: Any) -> Operation:
    said = dict(re.findall(r"(version|pathname|method) = f?'([^']*)'", source))
    if said["method"] != "GET" or not name.startswith(("list_", "get_")):
        raise SystemExit(f"{camel(name)} writes: start from tools/tags.py; one that asks, from tools/jobs/change.py.")
    body = getattr(models, f"{camel(name)}ResponseBody")
    items, item = _list_of(body, models) if name.startswith("list_") else (None, body)
    fields = {key: kind for key, kind in _fields(item).items() if key != "request_id"}
    request = getattr(models, f"{camel(name)}Request", None)
    sent = {camel(key) for key in (_fields(request) if request else ())}
    ids = tuple(re.findall(r"percent_encode\((\w+)\)", said["pathname"]))
    path = re.sub(r"\{DaraURL\.percent_encode\((\w+)\)\}", lambda at: f"{{{camel(at[1])}}}", said["pathname"])
    filters = tuple(sorted(snake(key) for key in sent - PAGING if fields.get(snake(key)) == "str"))
    return Operation(name, product, said["version"], path, ids, filters, items, fields, request is not None)


def _list_of(body: Any, models: Any) -> tuple[str, Any]:
    """The key of the only list of objects in the response, and the class of its objects."""
    for key, kind in _types(body).items():
        if found := re.search(r"List\[main_models\.(\w+)\]", kind):
            return camel(key), getattr(models, found[1])
    raise SystemExit(f"{body.__name__} has no list of objects: start from tools/images.py.")


def _fields(model: Any) -> dict[str, str]:
    """Plain fields only; nested ones are left to the author of the tool."""
    return {name: PLAIN[kind] for name, kind in _types(model).items() if kind in PLAIN}


def _types(model: Any) -> dict[str, str]:
    found = re.findall(r"^        (\w+): (.+) = None,$", inspect.getsource(model.__init__), re.MULTILINE)
    return dict(found)
