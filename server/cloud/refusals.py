"""Maps the SDK's exceptions to CloudError. Imports the SDK, so it is itself imported late.

The SDK's exceptions carry the request with its Authorization header and security token, and their text is `code: 403,
<message> request id: <id>`. Only these parts are used: the message, on one line, cut and quoted; the code, request id
and RAM action, if they have the form of one.
"""

import re
from typing import Any, NamedTuple

from pai_dlc_mcp.server.cloud.endpoints import Product
from pai_dlc_mcp.server.cloud.errors import CloudError, Kind, code_in, formed, no_credentials, request_id_in, said
from pai_dlc_mcp.server.cloud.no_answer import Outcome, http_status, outcome
from pai_dlc_mcp.server.cloud.permissions import policy, ram_actions
from pai_dlc_mcp.server.cloud.shape import as_object

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
_RAM_ACTION = re.compile(r"[a-z][a-z0-9-]{1,31}:[A-Z][A-Za-z0-9]{1,63}")  # no wildcard: goes into a policy


class _Words(NamedTuple):
    what: str
    fix: str
    code: str
    kind: Kind


_CHECK = "check_setup tests each endpoint."
_WORDS: dict[Outcome, _Words] = {
    "unreachable": _Words(
        "{} cannot be reached",
        f"Check the network, the region and PAI_DLC_NETWORK; {_CHECK}",
        "ConnectionFailed",
        "unreachable",
    ),
    "not_sent": _Words(
        "nothing was sent to {}: the request cannot be written",
        "Look for broken characters (half of a surrogate pair) in the values.",
        "InvalidText",
        "invalid",
    ),
    "timeout": _Words("{} did not answer in time", f"Try again; {_CHECK}", "Timeout", "timeout"),
    "connection": _Words("{} closed the connection", f"Try again; {_CHECK}", "ConnectionFailed", "connection"),
    "invalid_answer": _Words(
        "{} gave an answer that is not the service's JSON",
        f"Try again later; {_CHECK}",
        "InvalidAnswer",
        "invalid_answer",
    ),
    "redirected": _Words(
        "{} redirects to another address, which is not followed: the service never does that",
        "Ask the operator to check PAI_DLC_ENDPOINT and the proxy.",
        "Redirected",
        "redirected",
    ),
    "too_large": _Words(
        "the answer of {} is larger than PAI_DLC_MAX_RESPONSE_MB allows",
        "Ask for less: fewer lines or rows, a shorter time; or have the operator raise PAI_DLC_MAX_RESPONSE_MB.",
        "AnswerTooLarge",
        "too_large",
    ),
}


def from_sdk(error: Exception, product: Product, action: str, host: str) -> CloudError:
    """The CloudError for an SDK exception. The HTTP status decides first, because AIWorkSpace's codes can be
    numbers."""
    status = getattr(error, "status_code", None) or getattr(error, "statusCode", None)
    if not isinstance(status, int):
        found = "credentials" if getattr(error, "code", None) == "InvalidCredentials" else outcome(error)
        return no_answer(found, action, host, http_status(error))
    fields = as_object(getattr(error, "data", None))
    code = code_in(fields.get("Code"), fields.get("code"), getattr(error, "code", None)) or f"HTTP{status}"
    request_id = request_id_in(fields.get("RequestId"), fields.get("requestId"))
    message = fields.get("Message") or fields.get("message")
    refused = f"{action} was refused by {host}: {said(message) or code}"
    known: dict[str, Any] = {"code": code, "http_status": status, "request_id": request_id}

    if code.startswith(_CREDENTIAL_CODES):
        what, fix = _credential_words(code)
        return CloudError(what, fix=fix, **known, kind="credentials")
    if code.startswith("Throttling") or status == 429:
        return _throttled(error, action, host, known)
    if status in (401, 403) or code.startswith(_DENIED_CODES):
        return _denied(refused, product, action, fields, known)
    fix, kind = _by_status(status)
    return CloudError(f"{refused}.", fix=fix, **known, kind=kind)


def _by_status(status: int) -> tuple[str, Kind]:
    if status == 404:
        return "Check the id and the region: an id is valid in one region only.", "not_found"
    if status == 408:
        return "The service ran out of time: try again.", "timeout"
    if status >= 500:
        return "A fault of the service: try again later.", "unavailable"
    return "Correct the argument that the message names.", "invalid"


def _throttled(error: Exception, action: str, host: str, known: dict[str, Any]) -> CloudError:
    retry_ms = getattr(error, "retry_after", None)
    wait = retry_ms / 1000 if isinstance(retry_ms, int | float) and retry_ms > 0 else None
    fix = f"Wait {wait or 10:g} s, then try again; ask for less at once."
    return CloudError(f"{action} was throttled by {host}.", fix=fix, **known, kind="throttled", retry_after=wait)


def _credential_words(code: str) -> tuple[str, str]:
    """What went wrong with the credentials and its fix: invalid, expired and wrong clock have different fixes."""
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


def _denied(refused: str, product: Product, action: str, fields: dict[str, Any], known: dict[str, Any]) -> CloudError:
    named = formed(_RAM_ACTION, as_object(fields.get("AccessDeniedDetail")).get("AuthAction"))
    actions = tuple(dict.fromkeys(([named] if named else []) + list(ram_actions(product, action))))
    return CloudError(
        f"No permission: {refused}.",
        fix=f"Stop and ask the user to have {' or '.join(actions)} granted, for example with the RAM policy "
        f"{policy(actions)} (a workspace role or the job's PRIVATE visibility can refuse as well).",
        **known,
        kind="permission",
        ram=actions,
    )


def no_answer(found: Outcome, action: str, host: str, http_status: int | None = None) -> CloudError:
    """The CloudError for a call without an answer, or with an unusable one."""
    if found == "credentials":
        return no_credentials()
    what, fix, code, kind = _WORDS[found]
    return CloudError(f"{action}: {what.format(host)}.", fix=fix, code=code, kind=kind, http_status=http_status)
