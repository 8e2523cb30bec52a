"""Guards for the SDK's HTTP sessions: no redirects, a size limit for responses, and no proxy where none should be used.

By itself the SDK follows redirects with the signed headers and body, reads responses of any size, sends requests
through HTTP_PROXY even to this machine, and ignores NO_PROXY.
"""

import io
from typing import Any
from urllib.parse import urlsplit

from darabonba.core import DaraCore
from requests import PreparedRequest, RequestException, Response
from requests.adapters import BaseAdapter
from requests.utils import should_bypass_proxies
from urllib3.exceptions import HTTPError

from pai_dlc_mcp.server.cloud.endpoints import is_loopback
from pai_dlc_mcp.server.cloud.workers import THREADS

_CHUNK = 65536


class Redirected(RequestException):
    """The response was a redirect, which was not followed."""


class TooLarge(RequestException):
    """The response exceeds the size limit; the rest was not read."""


class Guarded(BaseAdapter):
    """The SDK's adapter (with its TLS and connection pool) and the guards of this module."""

    def __init__(self, adapter: BaseAdapter, most_bytes: int) -> None:
        super().__init__()
        self.own = adapter
        self._most_bytes = most_bytes

    def send(self, request: PreparedRequest, stream: bool = False, *args: Any, **options: Any) -> Response:
        if goes_direct(request.url or ""):
            options["proxies"] = None
        response = self.own.send(request, True, *args, **options)
        answer = response.raw
        try:
            if 300 <= response.status_code < 400:
                raise Redirected(response=response)
            response.raw = self._body(response)
        except (RequestException, HTTPError):
            answer.close()
            raise
        return response

    def _body(self, response: Response) -> io.BytesIO:
        """The whole body, decompressed. Raises TooLarge above `most_bytes`."""
        body = io.BytesIO()
        for chunk in response.raw.stream(_CHUNK, decode_content=True):
            body.write(chunk)
            if body.tell() > self._most_bytes:
                raise TooLarge(response=response)
        body.seek(0)
        return body

    def close(self) -> None:
        self.own.close()


def guard(protocol: str, host: str, most_bytes: int) -> None:
    """Wrap the adapter in the SDK's session for this host; the SDK has one session for each host and process. The
    wrapped adapter keeps its pool and its loaded certificates (20 ms). The pool has one connection for each worker
    thread, so none is closed after a call."""
    core: Any = DaraCore  # has no public access to its sessions
    session = core._get_session(f"{protocol}://{host}:80:pool={THREADS}", protocol, pool_size=THREADS)
    mounted = session.get_adapter(f"{protocol}://")
    own = mounted.own if isinstance(mounted, Guarded) else mounted
    session.mount(f"{protocol}://", Guarded(own, most_bytes))


def goes_direct(url: str) -> bool:
    """Whether a request uses no proxy: to this machine and to hosts in NO_PROXY."""
    return is_loopback(urlsplit(url).netloc) or bool(should_bypass_proxies(url, no_proxy=None))
