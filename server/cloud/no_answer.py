"""Classifies a call without an answer by its exception's class: not sent, or perhaps carried out.

Only errors that cannot occur after the first byte was sent count as not sent. Imports the SDK's HTTP libraries, so it
is itself imported late.
"""

import socket
import ssl
from collections.abc import Iterator
from typing import Any, Literal

import alibabacloud_credentials.exceptions as credential_errors
import alibabacloud_tea_openapi.exceptions as sdk
import darabonba.exceptions as darabonba
import requests.exceptions as requests
import Tea.exceptions as tea
import urllib3.exceptions as urllib3

from pai_dlc_mcp.server.cloud import transport

Outcome = Literal[
    "unreachable", "not_sent", "credentials", "timeout", "connection", "invalid_answer", "redirected", "too_large"
]

# The nearest class in the exception's MRO decides. None: a wrapper; the wrapped exception decides.
OUTCOMES: dict[type[BaseException], Outcome | None] = {
    transport.Redirected: "redirected",
    transport.TooLarge: "too_large",
    credential_errors.CredentialException: "credentials",
    # No connection was made.
    requests.ConnectTimeout: "unreachable",
    requests.ProxyError: "unreachable",
    urllib3.ConnectTimeoutError: "unreachable",
    urllib3.NewConnectionError: "unreachable",
    urllib3.NameResolutionError: "unreachable",
    urllib3.ProxyError: "unreachable",
    ConnectionRefusedError: "unreachable",
    socket.gaierror: "unreachable",
    ssl.SSLCertVerificationError: "unreachable",
    # The request could not be built.
    UnicodeEncodeError: "not_sent",
    requests.InvalidHeader: "not_sent",
    requests.InvalidProxyURL: "not_sent",
    requests.InvalidSchema: "not_sent",
    requests.InvalidURL: "not_sent",
    requests.MissingSchema: "not_sent",
    requests.URLRequired: "not_sent",
    urllib3.LocationParseError: "not_sent",
    urllib3.LocationValueError: "not_sent",
    urllib3.ProxySchemeUnknown: "not_sent",
    urllib3.ProxySchemeUnsupported: "not_sent",
    urllib3.URLSchemeUnknown: "not_sent",
    darabonba.RequiredArgumentException: "not_sent",
    darabonba.ValidateException: "not_sent",
    tea.RequiredArgumentException: "not_sent",
    tea.ValidateException: "not_sent",
    # Sent, without an answer in time.
    requests.ReadTimeout: "timeout",
    requests.Timeout: "timeout",
    urllib3.ReadTimeoutError: "timeout",
    urllib3.TimeoutError: "timeout",
    TimeoutError: "timeout",
    # A response that the service did not send.
    requests.ContentDecodingError: "invalid_answer",
    requests.InvalidJSONError: "invalid_answer",
    requests.JSONDecodeError: "invalid_answer",
    requests.TooManyRedirects: "redirected",
    urllib3.BodyNotHttplibCompatible: "invalid_answer",
    urllib3.DecodeError: "invalid_answer",
    urllib3.HeaderParsingError: "invalid_answer",
    urllib3.InvalidHeader: "invalid_answer",
    urllib3.ResponseError: "invalid_answer",
    urllib3.ResponseNotChunked: "invalid_answer",
    UnicodeDecodeError: "invalid_answer",
    RuntimeError: "invalid_answer",  # raised by the SDK for text that is not JSON
    ValueError: "invalid_answer",
    AttributeError: "invalid_answer",  # valid JSON, but not an object
    TypeError: "invalid_answer",
    # The connection broke; whether before or after sending is unknown.
    requests.ChunkedEncodingError: "connection",
    requests.HTTPError: "connection",
    requests.StreamConsumedError: "connection",
    requests.UnrewindableBodyError: "connection",
    urllib3.ClosedPoolError: "connection",
    urllib3.EmptyPoolError: "connection",
    urllib3.FullPoolError: "connection",
    urllib3.HostChangedError: "connection",
    urllib3.IncompleteRead: "connection",
    urllib3.InvalidChunkLength: "connection",
    urllib3.ProtocolError: "connection",
    urllib3.TimeoutStateError: "connection",
    urllib3.UnrewindableBodyError: "connection",
    # Wrappers.
    requests.ConnectionError: None,
    requests.RequestException: None,
    requests.RetryError: None,
    requests.SSLError: None,
    urllib3.HTTPError: None,
    urllib3.MaxRetryError: None,
    urllib3.PoolError: None,
    urllib3.RequestError: None,
    urllib3.SSLError: None,
    darabonba.DaraException: None,
    darabonba.ResponseException: None,
    darabonba.RetryError: None,
    darabonba.UnretryableException: None,
    tea.TeaException: None,
    tea.RetryError: None,
    tea.UnretryableException: None,
    sdk.AlibabaCloudException: None,
    sdk.ClientException: None,
    sdk.ServerException: None,
    sdk.ThrottlingException: None,
    Exception: None,
}


def outcome(error: BaseException) -> Outcome:
    """The outcome of the outermost exception that has one; else `connection`."""
    for one in _chain(error):
        nearest = next(kind for kind in type(one).__mro__ if kind in OUTCOMES or kind is BaseException)
        if found := OUTCOMES.get(nearest):
            return found
    return "connection"


def http_status(error: BaseException) -> int | None:
    """The HTTP status of a response that was rejected, if the exception has one."""
    answers = (getattr(one, "response", None) for one in _chain(error))
    return next((answer.status_code for answer in answers if answer is not None), None)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and those it wraps, outermost first, each once."""
    left, seen = [error], set[int]()
    while left:
        one: Any = left.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = (getattr(one, "inner_exception", None), getattr(one, "reason", None), *one.args)
        left += [*inner, one.__cause__, one.__context__]
