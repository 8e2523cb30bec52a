"""The server over streamable HTTP: stateless, so that any replica with the same keys and store answers any request.

Plain HTTP: TLS is a proxy's. Off the loopback only with authentication: whoever is let in acts with this server's
credentials.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

import anyio
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.responses import JSONResponse

from pai_dlc_mcp.server.app import Server
from pai_dlc_mcp.server.cloud.endpoints import is_loopback
from pai_dlc_mcp.server.settings import Settings

PATH = "/mcp"


def serve(server: Server, settings: Settings, host: str, port: int, check: Callable[[], None]) -> None:
    """Serve until told to end. `check` raises OSError or ValueError while this server could not keep what a write leaves
    behind: /ready says so. Raises ValueError for an address others can reach without authentication."""
    if not is_loopback(host):
        if not (settings.http_tokens or settings.http_issuer):
            raise ValueError(
                f"--host {host}: without authentication HTTP is served on the loopback only (127.0.0.1); set "
                "PAI_DLC_HTTP_TOKENS or PAI_DLC_HTTP_ISSUER"
            )
        if not settings.http_url:
            raise ValueError(f"--host {host}: set PAI_DLC_HTTP_URL to the address that clients use")
    server.warm()
    _probes(server, check)
    server.run(
        "streamable-http",
        host=host,
        port=port,
        streamable_http_path=PATH,
        stateless_http=True,
        transport_security=known_names(host, settings),
    )


def known_names(host: str, settings: Settings) -> TransportSecuritySettings:
    """Host must be this machine or the public address; Origin as well, or one of the settings' own: by itself the SDK
    checks three spellings of the loopback only."""
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
