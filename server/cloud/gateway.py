"""One call() to Alibaba Cloud: the sync SDK in a worker thread, with a limiter, a deadline and retries of reads.

The SDK's async client opens a session and an SSL context a call (68 ms, 44 of them on the event loop, against 0.9 ms).
"""

import importlib
import os
import random
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import anyio
import anyio.to_thread

from pai_dlc_mcp.server.cloud import endpoints, ids
from pai_dlc_mcp.server.cloud.credentials import Credentials, quiet_logs
from pai_dlc_mcp.server.cloud.endpoints import Product
from pai_dlc_mcp.server.cloud.errors import CloudError, from_sdk, no_credentials, timed_out
from pai_dlc_mcp.server.cloud.shape import as_list, as_object
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.settings import Settings

USER_AGENT = f"AlibabaCloud-Agent-Skills/alibabacloud-pai-dlc-job/{uuid.uuid4().hex}"  # one session id a process
_SDKS: dict[Product, str] = {
    "pai-dlc": "alibabacloud_pai_dlc20201203",
    "aiworkspace": "alibabacloud_aiworkspace20210204",
    "pai": "alibabacloud_tea_openapi",
    "sts": "alibabacloud_tea_openapi",
}
_GENERIC: dict[Product, dict[str, str]] = {  # called by path with the SDKs' common client: no third and fourth SDK
    "pai": {"version": "2022-01-12", "style": "ROA", "method": "GET", "req_body_type": "json"},
    "sts": {"version": "2015-04-01", "style": "RPC", "method": "POST", "req_body_type": "formData"},
}
_READ_TRIES = 3  # a first try and two retries
_BACKOFF = 0.5  # seconds, doubled each time
_THREADS = 64  # an abandoned call keeps its thread until its socket times out
_PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy")


AroundWrite = Callable[[Product, str, tuple[str, ...]], AbstractContextManager[None]]


def _nothing(*_: object) -> AbstractContextManager[None]:
    return nullcontext()


class Gateway:
    """All requests of one server. Clients are built once a product and region."""

    def __init__(self, settings: Settings, credentials: Credentials, around_write: AroundWrite = _nothing) -> None:
        """`around_write(product, action, ids)` is entered around each write: it may refuse, and takes note."""
        self._settings = settings
        self._around_write = around_write
        self._credentials = credentials
        self._limiter = anyio.CapacityLimiter(_THREADS)
        self._lock = threading.Lock()
        self._clients: dict[tuple[Product, str], Any] = {}
        self._credential_config: dict[str, Any] | None = None

    @property
    def settings(self) -> Settings:
        return self._settings

    async def key_source(self) -> str:
        """Which step of the credential chain yields a key, e.g. `default/env`; never a value. Raises CloudError."""
        return await anyio.to_thread.run_sync(self._key_source, abandon_on_cancel=True, limiter=self._limiter)

    async def check(self, product: Product, action: str, params: Mapping[str, Any]) -> None:
        """Raises Failure for a field the SDK would drop or cannot take; nothing is sent."""
        await anyio.to_thread.run_sync(_request, product, action, params, limiter=self._limiter)

    async def read(
        self,
        product: Product,
        action: str,
        region: str,
        *path: str,
        params: Mapping[str, Any] | None = None,
        pathname: str | None = None,
    ) -> dict[str, Any]:
        """Carry out a read, with two retries, and return its body as the service sent it, unknown fields included.

        `params` are the API's own PascalCase names (query or body); None values are left out. `pathname` is for
        the products without a generated client here.
        Raises CloudError; Failure for an id that may not stand in a path or a parameter the SDK does not know.
        """
        return await self._sent(product, action, region, path, params or {}, pathname, _READ_TRIES)

    async def send(
        self, product: Product, action: str, region: str, path: tuple[str, ...], params: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Send a write, once. Raises as `read` does; `maybe_done` of a CloudError says that it may have been done."""
        with self._around_write(product, action, path):
            return await self._sent(product, action, region, path, params, None, 1)

    async def _sent(
        self,
        product: Product,
        action: str,
        region: str,
        path: tuple[str, ...],
        params: Mapping[str, Any],
        pathname: str | None,
        tries: int,
    ) -> dict[str, Any]:
        if (bad := next((p for p in path if not ids.is_path_segment(p)), None)) is not None:
            raise Failure(f"{bad!r} is not a valid id.", fix="Pass an id as a list tool shows it.", code="InvalidId")
        sent = {key: value for key, value in params.items() if value is not None}
        host = endpoints.host(product, region, self._settings)

        def call() -> dict[str, Any]:
            return self._call(product, action, region, host, path, sent, pathname)

        return await self._tried(call, tries, action, host)

    async def _tried(self, call: Callable[[], dict[str, Any]], tries: int, action: str, host: str) -> dict[str, Any]:
        with anyio.move_on_after(self._settings.deadline) as scope:
            for tried in range(1, tries + 1):
                try:
                    return await anyio.to_thread.run_sync(call, abandon_on_cancel=True, limiter=self._limiter)
                except CloudError as error:
                    wait = error.retry_after or _BACKOFF * 2**tried * random.uniform(0.5, 1)  # noqa: S311 - jitter
                    if tried == tries or not error.transient or wait > scope.deadline - anyio.current_time():
                        raise
                    await anyio.sleep(wait)
        raise timed_out(action, host, self._settings.deadline)

    def _call(
        self,
        product: Product,
        action: str,
        region: str,
        host: str,
        path: tuple[str, ...],
        params: dict[str, Any],
        pathname: str | None,
    ) -> dict[str, Any]:
        client = self._client(product, region, host)  # imports the SDK the first time
        from Tea.exceptions import TeaException

        refused: CloudError | None = None
        try:
            if pathname is None:
                _typed(client, product, action, path, params)
            else:
                _generic(client, product, action, pathname, params)
        except TeaException as error:
            refused = from_sdk(error, product, action, host)
        if refused:  # raised out here: as a context, the SDK's exception would carry the signed headers along
            raise refused
        return as_object(client.answers.raw.get("body"))

    def _client(self, product: Product, region: str, host: str) -> Any:
        with self._lock:
            client = self._clients.get((product, region))
            if client is None:
                client = self._clients[product, region] = self._new_client(product, host)
            return client

    def _key_source(self) -> str:
        with self._lock:
            config = self._resolved()
        if "credential" not in config:
            return "static key of the emulator"
        from alibabacloud_credentials.exceptions import CredentialException

        try:
            return str(config["credential"].get_credential().provider_name)
        except CredentialException:
            raise no_credentials() from None  # its text quotes each provider's

    def _resolved(self) -> dict[str, Any]:
        if self._credential_config is None:
            self._credential_config = self._credentials.config()
        return self._credential_config

    def _new_client(self, product: Product, host: str) -> Any:
        settings = self._settings
        if settings.protocol == "http" and not endpoints.is_loopback(host):
            raise Failure(
                f"Plain HTTP to {host} is refused: requests carry a signature and job secrets.",
                fix="Ask the operator to set PAI_DLC_PROTOCOL=https.",
                code="PlainHttpRefused",
            )
        if endpoints.is_loopback(host):
            for name in _PROXIES:  # the SDK sends loopback calls through a proxy and ignores NO_PROXY
                os.environ.pop(name, None)
        module = importlib.import_module(f"{_SDKS[product]}.client")
        config = importlib.import_module("alibabacloud_tea_openapi.models").Config
        quiet_logs()
        return _recording(module.Client)(
            config(
                **self._resolved(),
                endpoint=host,
                protocol=settings.protocol.upper(),
                connect_timeout=int(settings.connect_timeout * 1000),
                read_timeout=int(settings.read_timeout * 1000),
                user_agent=USER_AGENT,
            )
        )


def _recording(client: Any) -> Callable[..., Any]:
    """The SDK's client, keeping the answer as it came: its response models drop every field they do not know."""

    def call_api(self: Any, params: Any, request: Any, runtime: Any) -> Any:
        self.answers.raw = client.call_api(self, params, request, runtime)
        return self.answers.raw

    return type(client.__name__, (client,), {"answers": threading.local(), "call_api": call_api})


def _typed(client: Any, product: Product, action: str, path: tuple[str, ...], params: Mapping[str, Any]) -> None:
    """Call the generated method: `GetJob` is get_job_with_options(job_id, GetJobRequest, headers, runtime)."""
    runtime = importlib.import_module("darabonba.runtime").RuntimeOptions()
    method = getattr(client, re.sub(r"(?<=.)(?=[A-Z])", "_", action).lower() + "_with_options")
    request = _request(product, action, params)
    method(*path, *([] if request is None else [request]), {}, runtime)


def _request(product: Product, action: str, params: Mapping[str, Any]) -> Any:
    """The SDK's request model, complete; None for an operation without one."""
    model = getattr(importlib.import_module(f"{_SDKS[product]}.models"), f"{action}Request", None)
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
        raise Failure(
            f"{action} does not know the field {lost}.",
            fix="Remove it, or check its spelling against the API reference.",
            code="UnknownField",
        )
    return request


def _generic(client: Any, product: Product, action: str, pathname: str, params: dict[str, Any]) -> None:
    models = importlib.import_module("alibabacloud_tea_openapi.utils_models")
    runtime = importlib.import_module("darabonba.runtime").RuntimeOptions()
    call = models.Params(
        action=action, pathname=pathname, protocol="HTTPS", auth_type="AK", body_type="json", **_GENERIC[product]
    )
    client.call_api(call, models.OpenApiRequest(query={k: str(v) for k, v in params.items()}, headers={}), runtime)


def _lost(sent: object, kept: object, where: str) -> str | None:
    """The first field of `sent` that the SDK's request model dropped: from_map() drops what it does not know."""
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
