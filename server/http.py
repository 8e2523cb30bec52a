"""The server over streamable HTTP: stateless, so that any replica with the same keys answers any request.

Loopback only: there is no authentication yet, and whoever reaches the port acts with this server's credentials.
"""

from mcp.server.transport_security import TransportSecuritySettings

from pai_dlc_mcp.server.app import Server
from pai_dlc_mcp.server.cloud.endpoints import is_loopback

PATH = "/mcp"


def serve(server: Server, host: str, port: int) -> None:
    """Serve until interrupted. Raises ValueError for an address others can reach."""
    if not is_loopback(host):
        raise ValueError(f"--host {host}: HTTP is served on the loopback only (127.0.0.1), as it has no authentication")
    server.run(
        "streamable-http",
        host=host,
        port=port,
        streamable_http_path=PATH,
        stateless_http=True,
        transport_security=own_names(host),
    )


def own_names(host: str) -> TransportSecuritySettings:
    """Host and Origin must be this machine: by itself the SDK checks three spellings of the loopback only."""
    given = f"[{host}]" if ":" in host else host
    names = [f"{name}:*" for name in dict.fromkeys(["127.0.0.1", "localhost", "[::1]", given])]
    return TransportSecuritySettings(allowed_hosts=names, allowed_origins=[f"http://{name}" for name in names])
