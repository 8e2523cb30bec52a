"""All requests of one server to Alibaba Cloud: ids checked, a deadline kept, a read tried again, a write sent once."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

from pai_dlc_mcp.server.cloud import endpoints, ids
from pai_dlc_mcp.server.cloud.clients import Clients
from pai_dlc_mcp.server.cloud.credentials import Credentials
from pai_dlc_mcp.server.cloud.endpoints import Product
from pai_dlc_mcp.server.cloud.request_check import request_model
from pai_dlc_mcp.server.cloud.retries import READ_TRIES, tried
from pai_dlc_mcp.server.cloud.workers import Workers
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.settings import Settings

_THREADS = 64  # a call that was given up keeps its thread until its socket times out


def _nobody(_: object) -> None:
    pass


class Gateway:
    """The one way to the cloud."""

    def __init__(self, settings: Settings, credentials: Credentials) -> None:
        self._settings = settings
        self._clients = Clients(settings, credentials)
        self._workers = Workers(_THREADS)
        self._note: Callable[[object], None] = _nobody

    def noting(self, note: Callable[[object], None]) -> "Gateway":
        """The same gateway, which also shows `note` what is sent and what comes back, in a worker thread."""
        noted = copy.copy(self)
        noted._note = note
        return noted

    @property
    def settings(self) -> Settings:
        return self._settings

    async def key_source(self) -> str:
        """Which step of the credential chain yields a key, e.g. `default/env`; never a value. Raises CloudError."""
        return await self._workers.run(self._clients.key_source)

    async def check(self, product: Product, action: str, params: Mapping[str, Any]) -> None:
        """Raises Failure for a field the SDK would drop or cannot take; nothing is sent."""
        await self._workers.run(request_model, product, action, params)

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
        return await self._sent(product, action, region, path, params or {}, pathname, READ_TRIES)

    async def send(
        self, product: Product, action: str, region: str, path: tuple[str, ...], params: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Send a write, once. Raises as `read` does; `maybe_done` of a CloudError says that it may have been done."""
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

        def call() -> dict[str, Any]:
            self._note(sent)
            body = self._clients.call(product, action, region, path, sent, pathname)
            self._note(body)
            return body

        host = endpoints.host(product, region, self._settings)
        deadline = self._settings.deadline
        return await tried(call, self._workers, tries=tries, deadline=deadline, action=action, host=host)
