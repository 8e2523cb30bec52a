"""All requests to Alibaba Cloud: checks ids, keeps the deadline, retries reads, sends writes once."""

import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import anyio

from pai_dlc_mcp.server import deadline, telemetry
from pai_dlc_mcp.server.budget import redact
from pai_dlc_mcp.server.budget.fence import inline
from pai_dlc_mcp.server.cloud import endpoints, ids
from pai_dlc_mcp.server.cloud.credentials import Credentials
from pai_dlc_mcp.server.cloud.endpoints import Product
from pai_dlc_mcp.server.cloud.errors import CloudError, busy, timed_out
from pai_dlc_mcp.server.cloud.secret_fields import met
from pai_dlc_mcp.server.cloud.sessions import Sessions
from pai_dlc_mcp.server.cloud.traffic import Traffic
from pai_dlc_mcp.server.cloud.workers import THREADS, Workers
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.settings import Settings

T = TypeVar("T")

FOR_A_WRITE = 10.0  # least seconds to wait for a write, also beyond the deadline of the call
_READ_TRIES = 3  # the first try and two retries
_BACKOFF = 0.5  # seconds, doubled with each retry
_POLITE = 50.0  # requests a second; the service's limits are not published


class Gateway:
    """Sends all requests of one server. The first call imports the SDK, in a worker thread."""

    def __init__(
        self,
        settings: Settings,
        credentials: Credentials,
        caller: Callable[[], str] = lambda: "local",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`caller` returns the session name for the RAM role of a request. `clock`: seconds, for the rate limit."""
        self.settings = settings
        self._caller, self._clock = caller, clock
        self._sessions = Sessions(settings, credentials)
        self._workers = Workers(THREADS)
        self._traffic: dict[tuple[Product, str], Traffic] = {}

    async def key_source(self) -> str:
        """The step of the credential chain that yields a key, such as `default/env`; never a key. Raises CloudError."""
        return await self._workers.run(self._sessions.source, self._caller())

    def assumed(self) -> str | None:
        """The ARN of the assumed role's session; None without a role (then only STS knows the ARN)."""
        return self._sessions.arn(self._caller())

    async def check(self, product: Product, action: str, params: Mapping[str, Any]) -> None:
        """Raises Failure for a field that the SDK would drop or cannot send. Sends nothing."""

        def model() -> None:
            from pai_dlc_mcp.server.cloud.clients import request_model

            request_model(product, action, params)

        await self._workers.run(model)

    async def read(
        self,
        product: Product,
        action: str,
        region: str,
        *path: str,
        params: Mapping[str, Any] | None = None,
        pathname: str | None = None,
    ) -> dict[str, Any]:
        """Send a read, with two retries, and return the body as sent by the service, unknown fields included.

        `params`: the API's PascalCase names (query or body); those that are None are left out. `pathname`: for products
        without a generated client here.

        Raises CloudError; Failure for an id that is not allowed in a path, or a parameter that the SDK does not have.
        """
        sent = {key: value for key, value in (params or {}).items() if value is not None}
        return await self._sent(product, action, region, path, sent, pathname, _READ_TRIES)

    async def send(
        self, product: Product, action: str, region: str, path: tuple[str, ...], params: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Send a write once. Raises as `read` does; a CloudError with `maybe_done` means that it may have been carried
        out."""
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
            raise Failure(
                f'"{inline(bad)}" is not a valid id.', fix="Pass an id as a list tool shows it.", code="InvalidId"
            )
        host, caller = endpoints.host(product, region, self.settings), self._caller()
        traffic = self._traffic_of(product, host)

        def call() -> dict[str, Any]:
            attempt()
            redact.note(*met(params))
            clients = self._sessions.clients(caller)  # where STS fails, it is no failure of this endpoint
            try:
                body = clients.call(product, action, host, path, params, pathname)
            except CloudError as error:
                traffic.failed(error)
                if error.kind == "credentials":
                    self._sessions.forget(caller)
                raise
            traffic.answered()
            redact.note(*met(body))
            return body

        left = max(deadline.left(), FOR_A_WRITE if tries == 1 else 0.0)
        within = round(min(self.settings.deadline, left), 1)
        if not within:
            raise timed_out(action, host, self.settings.deadline)
        with telemetry.cloud_call(action, region) as attempt:
            return await tried(
                call, self._workers, tries=tries, deadline=within, action=action, host=host, admit=traffic.admit
            )

    def _traffic_of(self, product: Product, host: str) -> Traffic:
        if (product, host) not in self._traffic:
            unset = None if endpoints.is_loopback(host) else _POLITE
            self._traffic[product, host] = Traffic(host, self.settings.requests_a_second or unset, self._clock)
        return self._traffic[product, host]


async def tried(
    call: Callable[[], T],
    workers: Workers,
    *,
    tries: int,
    deadline: float,
    action: str,
    host: str,
    admit: Callable[[str, float], Awaitable[None]],
) -> T:
    """Run `call` in a worker thread, up to `tries` times while its CloudError is temporary. `admit` waits until a try
    may start.

    `deadline`: seconds for all tries; a wait that would exceed it is not started. Raises CloudError.
    """
    begun: list[int] = []
    with anyio.move_on_after(deadline) as scope:
        for number in range(1, tries + 1):
            await admit(action, scope.deadline)
            try:
                return await workers.run(call, started=lambda: begun.append(1))
            except CloudError as error:
                wait = error.retry_after or _BACKOFF * 2**number * random.uniform(0.5, 1)  # noqa: S311 - jitter
                if number == tries or not error.transient or wait > scope.deadline - anyio.current_time():
                    raise
                await anyio.sleep(wait)
    raise timed_out(action, host, deadline) if begun else busy(action, deadline)
