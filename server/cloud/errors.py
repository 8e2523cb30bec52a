"""CloudError: the service refused a call, or sent no usable answer. And the helpers that act on one."""

import re
from collections.abc import Awaitable, Generator
from contextlib import contextmanager
from typing import Literal, TypeVar

from pai_dlc_mcp.server.errors import Failure

T = TypeVar("T")

Kind = Literal[
    "permission", "not_found", "throttled", "invalid", "credentials",
    "unavailable", "timeout", "connection", "unreachable", "invalid_answer", "redirected", "too_large", "not_asked",
]  # fmt: skip

_NO_USABLE_ANSWER = ("unavailable", "timeout", "connection", "invalid_answer")
_MOST_TEXT = 300  # characters of the service's message that are quoted
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_MAYBE_DONE = (408, 429)  # also sent by proxies, after which the service may have carried out the request


class CloudError(Failure):
    """The service refused a call, or sent no usable answer.

    `kind` is the class of error (not_asked: this server sent nothing). `maybe_done` is true if a write may have been
    carried out.
    """

    def __init__(
        self,
        what: str,
        *,
        fix: str,
        code: str,
        kind: Kind,
        http_status: int | None = None,
        request_id: str | None = None,
        ram: tuple[str, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(what, fix=fix, code=code, http_status=http_status, request_id=request_id)
        self.kind: Kind = kind
        self.ram = ram
        self.retry_after = retry_after

    @property
    def maybe_done(self) -> bool:
        """Whether a write with this error may have been carried out."""
        return self.kind in (*_NO_USABLE_ANSWER, "redirected", "too_large") or self.http_status in _MAYBE_DONE

    @property
    def transient(self) -> bool:
        """Whether a read with this error should be tried again."""
        return self.kind in (*_NO_USABLE_ANSWER, "throttled", "unreachable")


async def or_none(look_up: Awaitable[T]) -> T | None:
    """The result; None if the service answers that there is no such object."""
    try:
        return await look_up
    except CloudError as error:
        if error.kind == "not_found":
            return None
        raise


async def missing(look_up: Awaitable[object]) -> bool:
    """Whether the service answers that there is no such object."""
    return await or_none(look_up) is None


@contextmanager
def sent_once(shown_by: str) -> Generator[None]:
    """Context of a create without a client token. On an error without an answer the fix says to look with the tool
    `shown_by`, since a second try could create a second object."""
    try:
        yield
    except CloudError as error:
        if error.maybe_done:
            error.fix = f"It may have been carried out all the same: look with {shown_by} before calling again."
        raise


def no_credentials(detail: str = "") -> CloudError:
    """No provider of the default chain has a key."""
    return CloudError(
        f"No Alibaba Cloud credentials were found{detail}.",
        fix="Ask the user to configure them outside this conversation: run `aliyun configure`, or set "
        "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET where this server starts, or attach a RAM "
        "role to the instance. Never paste keys into the chat.",
        code="NoCredentials",
        kind="credentials",
    )


def timed_out(action: str, host: str, seconds: float) -> CloudError:
    """The deadline of the call passed, in seconds."""
    return CloudError(
        f"{action}: no answer from {host} within {seconds:g} s.",
        fix="Try again; if it persists, check the network from this machine with check_setup.",
        code="Timeout",
        kind="timeout",
    )


def busy(action: str, seconds: float) -> CloudError:
    """The deadline passed before a worker thread was free: nothing was sent."""
    return CloudError(
        f"{action} was not sent: this server was busy with other calls for {seconds:g} s.",
        fix="Try again later, with fewer calls at once.",
        code="Busy",
        kind="unreachable",
    )


def said(value: object) -> str:
    """The service's message on one line, quoted so that it cannot end the quotation; empty if there is none."""
    if value == "None" or not isinstance(value, str | int):  # "None": the SDK's text for a missing value
        return ""
    from pai_dlc_mcp.server.budget.fence import inline  # only needed with an error of the service

    words = inline(str(value).strip().rstrip("."), _MOST_TEXT)
    return words and f'"{words}"'


def code_in(*values: object) -> str | None:
    """The first value with the form of an error code."""
    return formed(_CODE, *values)


def request_id_in(*values: object) -> str | None:
    """The first value with the form of a request id."""
    return formed(_REQUEST_ID, *values)


def formed(form: re.Pattern[str], *values: object) -> str | None:
    """The first value that matches `form`. "None" is the SDK's text for a missing value."""
    texts = (str(value) for value in values if isinstance(value, str | int) and value != "None")
    return next((text for text in texts if form.fullmatch(text)), None)


def circuit_open(action: str, host: str, failures: int, seconds: float) -> CloudError:
    """The circuit breaker is open after repeated failures of the endpoint: nothing was sent."""
    return CloudError(
        f"{action} was not sent: the last {failures} requests to {host} failed. It is tried again in {seconds:.0f} s.",
        fix=f"Wait {seconds:.0f} s, then call again; if it persists, check the network, region and PAI_DLC_NETWORK.",
        code="CircuitOpen",
        kind="not_asked",
    )


def rate_limited(action: str, host: str, seconds: float) -> CloudError:
    """The server's own limit (PAI_DLC_REQUESTS_A_SECOND) cannot be met before the deadline: nothing was sent."""
    return CloudError(
        f"{action} was not sent: this server's own limit of requests to {host} is used up for {seconds:.0f} s.",
        fix=f"Wait {seconds:.0f} s, and ask for less at once; the operator can raise PAI_DLC_REQUESTS_A_SECOND.",
        code="RateLimited",
        kind="not_asked",
    )
