"""The server over streamable HTTP. Stateless: any replica with the same keys and store can answer any request.

Plain HTTP; TLS is left to a reverse proxy. A non-loopback address requires authentication, because every caller acts
with this server's credentials.
"""

import signal
import socket
import sys
from collections.abc import Callable
from typing import NoReturn
from urllib.parse import urlsplit

import anyio
import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from sse_starlette.sse import AppStatus
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pai_dlc_mcp.server.app import Server
from pai_dlc_mcp.server.cloud.endpoints import is_loopback
from pai_dlc_mcp.server.cloud.gateway import FOR_A_WRITE
from pai_dlc_mcp.server.settings import Settings

PATH = "/mcp"


def serve(server: Server, settings: Settings, host: str, port: int, check: Callable[[], None]) -> None:
    """Serve until a signal ends the process. `check` raises OSError or ValueError if the records of writes cannot be
    stored at present; /ready then fails. Raises ValueError for a non-loopback address without authentication."""
    if not is_loopback(host):
        if not (settings.http_tokens or settings.http_issuer):
            raise ValueError(
                f"--host {host}: without authentication HTTP is served on the loopback only (127.0.0.1); set "
                "PAI_DLC_HTTP_TOKENS or PAI_DLC_HTTP_ISSUER"
            )
        if not settings.http_url:
            raise ValueError(f"--host {host}: set PAI_DLC_HTTP_URL to the address that clients use")
    app = application(server, settings, host, check)
    signal.signal(signal.SIGTERM, _ended)
    config = uvicorn.Config(app, host=host, port=port, log_level=server.settings.log_level.lower())
    anyio.run(Listener(config, app, settings.deadline + FOR_A_WRITE).serve)


def application(server: Server, settings: Settings, host: str, check: Callable[[], None]) -> "Answering":
    """What `serve` serves."""
    server.warm()
    _probes(server, check)
    return Answering(
        server.streamable_http_app(
            streamable_http_path=PATH,
            stateless_http=True,
            transport_security=known_names(host, settings),
            host=host,
        )
    )


def _ended(*_: object) -> NoReturn:
    """Handles the signal that uvicorn raises again after its shutdown: exits normally, so that waiting spans are
    exported."""
    sys.exit(0)


class Answering:
    """ASGI application that counts the requests not answered yet, except subscription streams, which stay open."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._owed = 0
        self._fewer = anyio.Event()

    async def all_answered(self) -> None:
        while self._owed:
            self._fewer = anyio.Event()
            await self._fewer.wait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        owes = scope.get("method") == "POST" and Headers(scope=scope).get("mcp-method") != "subscriptions/listen"
        self._owed += owes
        try:
            await self._app(scope, receive, send)
        finally:
            self._owed -= owes
            self._fewer.set()


class Listener(uvicorn.Server):
    """On shutdown refuses new requests and finishes the open ones, since one of them may have sent a write.

    uvicorn alone would cut all event streams at once, including those that carry results. After `patience` seconds they
    are cut.
    """

    def __init__(self, config: uvicorn.Config, app: Answering, patience: float) -> None:
        super().__init__(config)
        self._answering, self._patience = app, patience
        AppStatus.disable_automatic_graceful_drain()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(self._end_streams)
            await super().shutdown(sockets)

    async def _end_streams(self) -> None:
        with anyio.move_on_after(self._patience):
            await self._answering.all_answered()
        AppStatus.should_exit = True


def known_names(host: str, settings: Settings) -> TransportSecuritySettings:
    """Allowed Host and Origin headers: this machine, the public address and (Origin) the http_origins setting. The
    SDK's default allows only three names of the loopback."""
    given = f"[{host}]" if ":" in host else host
    own = ["127.0.0.1", "localhost", "[::1]", *([given] if is_loopback(host) else [])]
    names = [f"{name}:*" for name in dict.fromkeys(own)]
    public = urlsplit(settings.http_url or "")
    origins = [f"http://{name}" for name in names] + list(settings.http_origins)
    if public.hostname:
        names += [public.hostname, f"{public.hostname}:*"]
        origins.append(f"{public.scheme}://{public.netloc}")
    return TransportSecuritySettings(allowed_hosts=names, allowed_origins=origins)


def _probes(server: Server, check: Callable[[], None]) -> None:
    @server.custom_route("/health", methods=["GET"])
    async def health(_: Request) -> JSONResponse:  # pyright: ignore[reportUnusedFunction] - the decorator keeps it
        return JSONResponse({"status": "ok"})

    @server.custom_route("/ready", methods=["GET"])
    async def ready(_: Request) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        try:
            await anyio.to_thread.run_sync(check)
        except (OSError, ValueError):
            return JSONResponse({"status": "its state or audit file cannot be written"}, 503)
        return JSONResponse({"status": "ok"})
