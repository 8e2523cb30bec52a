"""What the SDK's HTTP sessions do not do: leave a proxy out where NO_PROXY or a loopback address says so.

The SDK sends every request through HTTP_PROXY, one to this machine included, and ignores NO_PROXY.
"""

from typing import Any
from urllib.parse import urlsplit

from darabonba.core import DEFAULT_POOL_MAXSIZE as _POOL
from darabonba.core import DaraCore
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.utils import should_bypass_proxies

from pai_dlc_mcp.server.cloud.endpoints import is_loopback


class Guarded(BaseAdapter):
    """The SDK's own adapter (its TLS, its pool), with what is said above."""

    def __init__(self, adapter: BaseAdapter) -> None:
        super().__init__()
        self._adapter = adapter

    def send(self, request: PreparedRequest, stream: bool = False, *args: Any, **options: Any) -> Response:
        if goes_direct(request.url or ""):
            options["proxies"] = None
        return self._adapter.send(request, stream, *args, **options)

    def close(self) -> None:
        self._adapter.close()


def guard(protocol: str, host: str) -> None:
    """Put a Guarded adapter into the SDK's session for this host: the SDK keeps one a host for the whole process."""
    core: Any = DaraCore  # it has no public way to a session
    session = core._get_session(f"{protocol}://{host}:80:pool={_POOL}", protocol, pool_size=_POOL)
    session.mount(f"{protocol}://", Guarded(core.get_adapter(protocol, pool_size=_POOL)))


def goes_direct(url: str) -> bool:
    """Whether a request leaves no proxy between: to this machine, and to what NO_PROXY lists."""
    return is_loopback(urlsplit(url).netloc) or bool(should_bypass_proxies(url, no_proxy=None))
