"""What the SDK's HTTP sessions do not do: refuse redirects, cap an answer's size, leave out a proxy where they should.

The SDK follows a redirect with its signed headers and body, reads an answer of any size, sends every request through
HTTP_PROXY, one to this machine included, and ignores NO_PROXY.
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
    """The answer is a redirect. It was not followed."""


class TooLarge(RequestException):
    """The answer has more bytes than are taken. The rest was not read."""


class Guarded(BaseAdapter):
    """The SDK's own adapter (its TLS, its pool), with what is said above."""

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
        """The whole body, inflated, in at most `most_bytes`."""
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
    """Put a Guarded adapter before the SDK's own, in its session for this host: the SDK keeps one a host for the whole
    process. Its adapter stays the one it is, with the pool and the certificates that it read (20 ms). With a
    connection a thread none is closed after each call."""
    core: Any = DaraCore  # it has no public way to a session
    session = core._get_session(f"{protocol}://{host}:80:pool={THREADS}", protocol, pool_size=THREADS)
    mounted = session.get_adapter(f"{protocol}://")
    own = mounted.own if isinstance(mounted, Guarded) else mounted
    session.mount(f"{protocol}://", Guarded(own, most_bytes))


def goes_direct(url: str) -> bool:
    """Whether a request leaves no proxy between: to this machine, and to what NO_PROXY lists."""
    return is_loopback(urlsplit(url).netloc) or bool(should_bypass_proxies(url, no_proxy=None))
