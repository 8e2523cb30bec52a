"""CloudError, and the one map from the SDK's exceptions to it.

The SDK's exceptions carry the request with its Authorization header and security token, and their text is
`code: 403, <message> request id: <id>`. Nothing of them is passed on but the fields named here.
"""

from collections.abc import Awaitable, Generator
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from pai_dlc_mcp.server.cloud.endpoints import Product
from pai_dlc_mcp.server.cloud.permissions import policy, ram_actions
from pai_dlc_mcp.server.cloud.shape import as_object
from pai_dlc_mcp.server.errors import Failure

T = TypeVar("T")

Kind = Literal[
    "permission", "not_found", "throttled", "invalid", "credentials",
    "unavailable", "timeout", "connection", "unreachable", "invalid_answer",
]  # fmt: skip

_CREDENTIAL_CODES = (
    "InvalidAccessKeyId",
    "InvalidSecurityToken",
    "SignatureDoesNotMatch",
    "MissingSecurityToken",
    "InvalidCredentials",
    "InvalidTimeStamp",
    "IncompleteSignature",
)
_DENIED_CODES = ("NoPermission", "Forbidden", "OperationForbidden", "Unauthorized")
_NEVER_SENT = (
    "NewConnectionError", "ConnectTimeout", "Connection refused", "NameResolutionError", "SSLCertVerificationError",
)  # fmt: skip
_FOREIGN_TEXT = 300  # characters of the service's own words that are passed on


class CloudError(Failure):
    """The service refused a call, or no usable answer came.

    `kind` says which; `maybe_done` is true when a write may have been carried out although no answer says so.
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
        return self.kind in ("unavailable", "timeout", "connection", "invalid_answer")

    @property
    def transient(self) -> bool:
        return self.kind in (
            "throttled",
            "unavailable",
            "timeout",
            "connection",
            "unreachable",
            "invalid_answer",
        )


async def or_none(look_up: Awaitable[T]) -> T | None:
    """The answer, or None where the service says that there is no such thing."""
    try:
        return await look_up
    except CloudError as error:
        if error.kind == "not_found":
            return None
        raise


async def missing(look_up: Awaitable[object]) -> bool:
    """Whether the service says that what is looked up is not there."""
    return await or_none(look_up) is None


@contextmanager
def sent_once(shown_by: str) -> Generator[None]:
    """Around a create that takes no client token: where no answer came, to try again could make a second one."""
    try:
        yield
    except CloudError as error:
        if error.maybe_done:
            error.fix = f"It may have been carried out all the same: look with {shown_by} before calling again."
        raise


def no_credentials(detail: str = "") -> CloudError:
    """Nothing in the default chain yields a key."""
    return CloudError(
        f"No Alibaba Cloud credentials were found{detail}.",
        fix="Ask the user to configure them outside this conversation: run `aliyun configure`, or set "
        "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET where this server starts, or attach a RAM "
        "role to the instance. Never paste keys into the chat.",
        code="NoCredentials",
        kind="credentials",
    )


def timed_out(action: str, host: str, seconds: float) -> CloudError:
    """The overall deadline passed."""
    return CloudError(
        f"{action}: no answer from {host} within {seconds:g} s.",
        fix="Try again; if it persists, check the network from this machine with check_setup.",
        code="Timeout",
        kind="timeout",
    )


def busy(action: str, seconds: float) -> CloudError:
    """The overall deadline passed before a worker thread was free: nothing was sent."""
    return CloudError(
        f"{action} was not sent: this server was busy with other calls for {seconds:g} s.",
        fix="Try again later, with fewer calls at once.",
        code="Busy",
        kind="unreachable",
    )


def from_sdk(error: Exception, product: Product, action: str, host: str) -> CloudError:
    """Map what an SDK call raised. Classified by HTTP status first: AIWorkSpace's codes can be numbers."""
    status = getattr(error, "status_code", None) or getattr(error, "statusCode", None)
    if not isinstance(status, int):
        if getattr(error, "code", None) == "InvalidCredentials":
            return no_credentials()
        return _no_answer(error, action, host)
    fields = as_object(getattr(error, "data", None))
    code = _text(fields.get("Code") or fields.get("code") or getattr(error, "code", None)) or f"HTTP{status}"
    message = _text(fields.get("Message") or fields.get("message"))
    request_id = _text(fields.get("RequestId") or fields.get("requestId")) or None
    said = f"{action} was refused by {host}: {message or code}"
    known: dict[str, Any] = {"code": code, "http_status": status, "request_id": request_id}
    retry_ms = getattr(error, "retry_after", None)

    if code.startswith(_CREDENTIAL_CODES):
        what, fix = _credential_words(code)
        return CloudError(what, fix=fix, **known, kind="credentials")
    if code.startswith("Throttling") or status == 429:
        wait = retry_ms / 1000 if isinstance(retry_ms, int | float) and retry_ms > 0 else None
        return CloudError(
            f"{action} was throttled by {host}.",
            fix=f"Wait {wait or 10:g} s, then try again; ask for less at once.",
            **known,
            kind="throttled",
            retry_after=wait,
        )
    if status in (401, 403) or code.startswith(_DENIED_CODES):
        return _denied(said, product, action, fields, known)
    if status == 404:
        fix = "Check the id and the region: an id is valid in one region only."
        return CloudError(f"{said}.", fix=fix, **known, kind="not_found")
    if status >= 500:
        return CloudError(f"{said}.", fix="A fault of the service: try again later.", **known, kind="unavailable")
    return CloudError(f"{said}.", fix="Correct the argument that the message names.", **known, kind="invalid")


def _credential_words(code: str) -> tuple[str, str]:
    """Invalid, expired and wrong-clock are told apart: each has another person to ask."""
    if "TimeStamp" in code:
        return (
            "The service rejected the request's time: this machine's clock is off.",
            "Ask the user to set the clock of the machine this server runs on.",
        )
    if "Expired" in code:
        return (
            "The Alibaba Cloud credentials have expired.",
            "Ask the user to sign in again (`aliyun configure`, or a new STS token), then to restart this server.",
        )
    return (
        "The Alibaba Cloud credentials are not valid.",
        "Ask the user to check the access key of this server's profile; never ask for the key itself.",
    )


def _denied(said: str, product: Product, action: str, fields: dict[str, Any], known: dict[str, Any]) -> CloudError:
    named = _text(as_object(fields.get("AccessDeniedDetail")).get("AuthAction"))
    actions = tuple(dict.fromkeys(([named] if named else []) + list(ram_actions(product, action))))
    return CloudError(
        f"No permission: {said}.",
        fix=f"Stop and ask the user to have {' or '.join(actions)} granted, for example with the RAM policy "
        f"{policy(actions)} (a workspace role or the job's PRIVATE visibility can refuse as well).",
        **known,
        kind="permission",
        ram=actions,
    )


def _no_answer(error: Exception, action: str, host: str) -> CloudError:
    """The SDK's UnretryableException: no status, no code; the reason is in the inner exception's class and text."""
    inner: Any = getattr(error, "inner_exception", None) or error
    text = f"{type(inner).__name__}: {inner}"
    if "Failed to parse" in text or "UnicodeDecodeError" in text or "JSONDecodeError" in text:
        what, fix, kind = "gave an answer that is not the service's JSON", "Try again later", "invalid_answer"
    elif "Credential" in text:
        return no_credentials()
    elif any(sign in text for sign in _NEVER_SENT):
        what, fix, kind = (
            "cannot be reached",
            "Check the network, the region and PAI_DLC_NETWORK",
            "unreachable",
        )
    elif "timed out" in text.lower() or "Timeout" in text:
        what, fix, kind = "did not answer in time", "Try again", "timeout"
    else:
        what, fix, kind = "closed the connection", "Try again", "connection"
    return CloudError(
        f"{action}: {host} {what}.",
        fix=f"{fix}; check_setup tests each endpoint.",
        code={"invalid_answer": "InvalidAnswer", "timeout": "Timeout"}.get(kind, "ConnectionFailed"),
        kind=kind,
    )


def _text(value: object) -> str:
    if value == "None":  # the SDK's word for nothing
        return ""
    return str(value).strip().rstrip(".")[:_FOREIGN_TEXT] if isinstance(value, str | int) else ""
