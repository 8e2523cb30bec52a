"""The job page in a browser: read-only, one job, on the loopback, under a URL with a random token.

The document and its requests are those of the MCP App; an MCP client in this process answers them.
"""

import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any

import uvicorn
from mcp import Client
from mcp.client import advertise
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pai_dlc_mcp.page import document
from pai_dlc_mcp.page.extension import TOOL
from pai_dlc_mcp.server.app import Server

HOST = "127.0.0.1"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Address:
    """The page's URL: a port (0: any free one) and a random token. Raises OSError if the port is in use."""

    def __init__(self, port: int = 0) -> None:
        self.socket = socket.socket()
        try:
            self.socket.bind((HOST, port))
            self.socket.listen()  # requests before the start of the server wait
        except OSError as error:
            self.socket.close()
            raise OSError(error.errno, error.strerror, f"port {port}") from None
        self.host = f"{HOST}:{self.socket.getsockname()[1]}"
        self.token = token_urlsafe(32)

    @property
    def url(self) -> str:
        return f"http://{self.host}/{self.token}/"


class Serving(uvicorn.Server):
    """Serves the page of one job (the arguments of get_job_page) until `should_exit`."""

    def __init__(self, server: Server, job: Mapping[str, Any], address: Address) -> None:
        super().__init__(uvicorn.Config(app(server, job, address), log_level="warning", access_log=False))
        self._socket = address.socket

    async def run_until_told(self) -> None:
        await self.serve(sockets=[self._socket])


def app(server: Server, job: Mapping[str, Any], address: Address) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        apps = advertise(EXTENSION_ID, {"mimeTypes": [APP_MIME_TYPE]})
        async with Client(server, cache=None, extensions=[apps]) as client:
            app.state.client = client
            yield

    async def page(_: Request) -> Response:
        return HTMLResponse(document.html(connect="'self'"), headers=_HEADERS)

    async def facts(request: Request) -> Response:
        result = await request.app.state.client.call_tool(TOOL.name, dict(job))
        return JSONResponse(result.model_dump(mode="json", by_alias=True, exclude_none=True), headers=_HEADERS)

    routes = [Route("/{token}/", page), Route("/{token}/job", facts, methods=["POST"])]
    return Starlette(routes=routes, middleware=[Middleware(_OnlyOurs, address=address)], lifespan=lifespan)


class _OnlyOurs:
    """Answers 404 without the token; 403 for a foreign Host (DNS rebinding) or Origin."""

    def __init__(self, app: ASGIApp, address: Address) -> None:
        self._app, self._address = app, address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(Request(scope)) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        token = request.url.path.removeprefix("/").partition("/")[0]  # of `OPTIONS *` the path is *
        origin = request.headers.get("origin", None if request.method == "POST" else f"http://{self._address.host}")
        if request.headers.get("host") != self._address.host or origin != f"http://{self._address.host}":
            return PlainTextResponse("Forbidden", 403, headers=_HEADERS)
        if not compare_digest(token.encode(), self._address.token.encode()):
            return PlainTextResponse("Not found", 404, headers=_HEADERS)
        return None
