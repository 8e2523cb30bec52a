"""The SDK's clients, one for each product and host, and one request through them.

Imported by the first call, in a worker thread: importing the SDK takes 0.4 s and 50 MB.
"""

import importlib
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any, cast

from alibabacloud_aiworkspace20210204.client import Client as AiWorkspaceSdk
from alibabacloud_pai_dlc20201203.client import Client as PaiDlcSdk
from alibabacloud_tea_openapi.client import Client as OpenApiSdk
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions
from Tea.exceptions import TeaException

from pai_dlc_mcp.server.cloud import endpoints, refusals, transport
from pai_dlc_mcp.server.cloud.credentials import quiet_logs
from pai_dlc_mcp.server.cloud.endpoints import Product
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.shape import as_list, as_object
from pai_dlc_mcp.server.cloud.workers import THREADS
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.settings import Settings
from pai_dlc_mcp.server.spelling import not_in_the_api

USER_AGENT = f"AlibabaCloud-Agent-Skills/alibabacloud-pai-dlc-job/{uuid.uuid4().hex}"  # one session id for each process


class Call(RuntimeOptions):
    """The options of one call, which also keep its response: headers, statusCode, body."""

    answer: Mapping[str, Any] | None = None


class Recording(OpenApiSdk):
    """Keeps the raw response in the call's options, because the generated response models drop fields they do not
    know."""

    def call_api(self, params: Any, request: Any, runtime: Any) -> Any:
        """Overrides the SDK's method; returns what it returns."""
        sdk: Any = super()
        runtime.answer = sdk.call_api(params, request, runtime)
        return runtime.answer


class PaiDlc(PaiDlcSdk, Recording):
    """PAI-DLC's generated client."""


class AiWorkspace(AiWorkspaceSdk, Recording):
    """AIWorkSpace's generated client."""


SDK: dict[Product, type[Recording]] = {
    "pai-dlc": PaiDlc,
    "aiworkspace": AiWorkspace,
    "pai": Recording,
    "sts": Recording,
}
_MODELS: dict[Product, str] = {
    "pai-dlc": "alibabacloud_pai_dlc20201203.models",
    "aiworkspace": "alibabacloud_aiworkspace20210204.models",
}
# Called by path with the SDK's common client, to need no further SDKs.
_BY_PATH: dict[Product, dict[str, str]] = {
    "pai": {"version": "2022-01-12", "style": "ROA", "method": "GET", "req_body_type": "json"},
    "sts": {"version": "2015-04-01", "style": "RPC", "method": "POST", "req_body_type": "formData"},
}


class Clients:
    """Blocking calls for worker threads; thread-safe. `key`: the credential arguments of the SDK's Config."""

    def __init__(self, settings: Settings, key: Mapping[str, Any]) -> None:
        quiet_logs()
        self._settings = settings
        self._key = key
        self._lock = threading.Lock()
        self._clients: dict[tuple[Product, str], Recording] = {}

    def call(
        self,
        product: Product,
        action: str,
        host: str,
        path: tuple[str, ...],
        params: Mapping[str, Any],
        pathname: str | None,
    ) -> dict[str, Any]:
        """Send one request and return the JSON object of its response. Raises CloudError; Failure for a bad
        parameter."""
        client = self._client(product, host)
        try:
            if pathname is None:
                body = _by_method(client, product, action, path, params)
            else:
                body = _by_path(client, product, action, pathname, params)
        except TeaException as error:
            refused: CloudError = refusals.from_sdk(error, product, action, host)
        else:
            if isinstance(body, dict):
                return cast("dict[str, Any]", body)
            refused = refusals.no_answer("invalid_answer", action, host)  # valid JSON, but not an object
        raise refused  # outside the except block: the SDK's exception as context would carry the signed headers

    def _client(self, product: Product, host: str) -> Recording:
        with self._lock:
            client = self._clients.get((product, host))
            if client is None:
                client = self._clients[product, host] = self._new_client(product, host)
            return client

    def _new_client(self, product: Product, host: str) -> Recording:
        settings = self._settings
        if settings.protocol == "http" and not endpoints.is_loopback(host):
            raise Failure(
                f"Plain HTTP to {host} is refused: requests carry a signature and job secrets.",
                fix="Ask the operator to set PAI_DLC_PROTOCOL=https.",
                code="PlainHttpRefused",
            )
        transport.guard(settings.protocol, host, settings.max_response_mb * 1_000_000)
        return SDK[product](
            Config(
                **self._key,
                endpoint=host,
                protocol=settings.protocol.upper(),
                connect_timeout=int(settings.connect_timeout * 1000),
                read_timeout=int(settings.read_timeout * 1000),
                user_agent=USER_AGENT,
                max_idle_conns=THREADS,
            )
        )


def _by_method(client: Any, product: Product, action: str, path: tuple[str, ...], params: Mapping[str, Any]) -> Any:
    """Call the generated method (GetJob: get_job_with_options(job_id, …)) and return the response's body."""
    call = Call()
    method = getattr(client, re.sub(r"(?<=.)(?=[A-Z])", "_", action).lower() + "_with_options")
    request = request_model(product, action, params)
    method(*path, *([] if request is None else [request]), {}, call)
    return (call.answer or {}).get("body")


def _by_path(client: Any, product: Product, action: str, pathname: str, params: Mapping[str, Any]) -> Any:
    """Call an operation without a generated client here, and return the response's body."""
    operation = Params(
        action=action, pathname=pathname, protocol="HTTPS", auth_type="AK", body_type="json", **_BY_PATH[product]
    )
    request = OpenApiRequest(query={key: str(value) for key, value in params.items()}, headers={})
    return client.call_api(operation, request, Call()).get("body")


def request_model(product: Product, action: str, params: Mapping[str, Any]) -> Any:
    """The SDK's request model with all of `params`; None for an operation without one. The model's own from_map()
    silently drops unknown fields.

    Raises Failure for a field that the model does not have (UnknownField) or that has another type there
    (InvalidField).
    """
    model = getattr(importlib.import_module(_MODELS[product]), f"{action}Request", None)
    if model is None:
        return None

    def fits(fields: object) -> bool:
        try:
            model().from_map(fields).to_map()
        except (AttributeError, TypeError, ValueError):  # a string where the model has an object
            return False
        return True

    if not fits(dict(params)):
        raise Failure(
            f"{action} cannot take {_misfit(fits, params)}: it has another type than the API reference says.",
            fix="Write it as the API reference does: an object where it has one, a list where it has a list.",
            code="InvalidField",
        )
    request = model().from_map(dict(params))
    lost = _lost(params, request.to_map(), "")
    if lost:
        answer = not_in_the_api(lost.rsplit(".", 1)[-1])
        raise Failure(
            f"{answer}." if answer else f"{action} does not know the field {lost}.",
            fix="Remove it, or check its spelling against the API reference.",
            code="UnknownField",
        )
    return request


def _misfit(fits: Callable[[object], bool], value: object, where: str = "") -> str:
    """The path of the innermost field of `value` that does not fit."""
    for key, part in as_object(value).items():
        if not fits({key: part}):
            return _misfit(lambda inner, key=key: fits({key: inner}), part, f"{where}.{key}".lstrip("."))
    for i, part in enumerate(as_list(value)):
        if not fits([part]):
            return _misfit(lambda inner: fits([inner]), part, f"{where}[{i}]")
    return where


def _lost(sent: object, kept: object, where: str) -> str | None:
    """The path of the first field of `sent` that is not in `kept`; None if nothing was lost."""
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
