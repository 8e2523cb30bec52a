"""Faults that can be turned on: matched by action, limited by a count or a seeded probability."""

from dataclasses import dataclass, replace
from datetime import timedelta
from difflib import get_close_matches
from random import Random
from typing import Literal, get_args

from pai_dlc_mcp.emulator import errors
from pai_dlc_mcp.emulator.errors import ServiceError
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.schema.check import OPERATIONS
from pai_dlc_mcp.emulator.state import OWNER_ID, USER_ID, Account

Answer = tuple[int, str, str]
ANSWERS: dict[str, Answer] = {
    "throttling": (400, "Throttling", "Request was denied due to user flow control."),
    "throttling_user": (429, "Throttling.User", "Request was denied due to user flow control."),
    "forbidden_ram": (
        403,
        "Forbidden.RAM",
        "User not authorized to operate on the specified resource, or this API does not support RAM.",
    ),
    "numeric_code": (404, "100400027", "Workspace not exists"),
    "clock_skew": (400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."),
    "expired_token": (400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired."),
    "internal_error": (
        500,
        "InternalError",
        "The request processing has failed due to some unknown error.",
    ),
    "unavailable": (
        503,
        "ServiceUnavailable",
        "The request has failed due to a temporary failure of the server.",
    ),
}
"""Faults that replace the response; the operation is not carried out."""

Kind = Literal[
    "throttling",
    "throttling_user",
    "no_permission",
    "forbidden_ram",
    "numeric_code",
    "clock_skew",
    "expired_token",
    "internal_error",
    "unavailable",
    "html_502",
    "early_close",
    "lost_response",
    "slow_drip",
    "delay",
    "redirect",
    "gzip_bomb",
    "large_body",
    "late_visibility",
    "empty_job_id",
    "status_after_commit",
    "no_total",
    "string_total",
    "small_page",
    "short_page",
    "wrong_shape",
    "list_body",
    "empty_body",
    "not_utf8",
]
"""no_permission: a 403 with AccessDeniedDetail. html_502: a proxy's page. early_close drops the connection before the
operation, lost_response after it. delay sends the response late, slow_drip byte by byte. redirect: a 307 to `url`; the
operation is not carried out.

With the others it is carried out first. gzip_bomb and large_body pad the response to `megabytes`, compressed or not.
late_visibility hides the created job from ListJobs and GetJob for `seconds`. empty_job_id returns `job_id` instead of
the real id. status_after_commit returns `status`. no_total removes TotalCount, string_total sends it as text.
small_page limits pages to `page_size` items; short_page removes the last item of each page but not from TotalCount.
wrong_shape replaces each list and object by a string. list_body returns a list, empty_body nothing, not_utf8 invalid
UTF-8.
"""

KINDS: tuple[str, ...] = get_args(Kind)
ACTIONS = {action for operations in OPERATIONS.values() for action in operations}


@dataclass
class Fault:
    """Applies to the next `times` requests of an action (* for any) after `skip` requests. Raises ValueError for an
    unknown kind or action: a misspelt fault would never apply, and a test with it would prove nothing."""

    action: str
    kind: Kind
    times: int | None = 1
    """None: without limit."""
    skip: int = 0
    probability: float = 1.0
    """For each request after `skip` and within `times`."""
    seed: int = 0
    """The same seed and order of requests give the same result."""
    retry_after_ms: int = 2000
    """throttling: the x-acs-retry-after header in milliseconds; 0 leaves it out."""
    seconds: float = 0.1
    """delay: total; slow_drip: between bytes (real seconds). late_visibility: virtual seconds."""
    url: str = ""
    """redirect: the Location header."""
    megabytes: float = 64.0
    """gzip_bomb, large_body: size of the decompressed body (10^6 bytes)."""
    lose_response: bool = False
    """late_visibility: drop the connection instead of sending the response."""
    job_id: str = ""
    """empty_job_id: the JobId in the response."""
    status: int = 408
    """status_after_commit: the HTTP status."""
    page_size: int = 5
    """small_page: the largest page."""
    drawn: int = 0
    """Number of random draws so far."""

    def __post_init__(self) -> None:
        _refuse_unknown("kind", self.kind, KINDS)
        _refuse_unknown("action", self.action, ("*", *sorted(ACTIONS)))
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability {self.probability} is not between 0 and 1")

    def happens(self, action: str) -> bool:
        """Count a request; whether the fault applies to it."""
        if self.action not in ("*", action) or self.times == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.probability < 1:
            self.drawn += 1
            if Random(f"{self.seed}/{self.drawn}").random() >= self.probability:
                return False
        if self.times is not None:
            self.times -= 1
        return True

    @property
    def drops_response(self) -> bool:
        """Whether the operation is carried out and its response lost."""
        return self.kind == "lost_response" or (self.kind == "late_visibility" and self.lose_response)


class Faults(list[Fault]):
    """The active faults; the first that matches a request applies."""

    def add(self, *faults: Fault) -> None:
        self.extend(faults)

    def take(self, action: str) -> Fault | None:
        return next((fault for fault in self if fault.happens(action)), None)


def _refuse_unknown(what: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        near = get_close_matches(given, known, 1, 0.0)
        raise ValueError(f"{what} {given[:64]} does not exist; the nearest is {near[0]}")


def refusal(fault: Fault | None, ram_action: str) -> ServiceError | None:
    """The error of a fault that replaces the response; None for other faults."""
    if not fault:
        return None
    if fault.kind == "no_permission":
        return errors.denied(ram_action, USER_ID, OWNER_ID)
    if fault.kind not in ANSWERS:
        return None
    throttled = fault.kind.startswith("throttling") and fault.retry_after_ms
    headers = {"x-acs-retry-after": str(fault.retry_after_ms)} if throttled else None
    return ServiceError(*ANSWERS[fault.kind], headers=headers)


AFTER_COMMIT: dict[int, Answer] = {
    408: (408, "RequestTimeout", "The request timed out."),
    429: (429, "Throttling.User", "Request was denied due to user flow control."),
}
"""Errors for status_after_commit; other statuses are an InternalError."""


def after_commit(fault: Fault | None, account: Account, answer: Json) -> Json:
    """The response of an operation that was carried out, changed by the fault. Raises ServiceError."""
    if not fault:
        return answer
    match fault.kind:
        case "status_after_commit":
            unknown = (fault.status, "InternalError", "The request processing has failed due to some unknown error.")
            raise ServiceError(*AFTER_COMMIT.get(fault.status, unknown))
        case "empty_job_id":
            return {**answer, "JobId": fault.job_id}
        case "no_total":
            return {key: value for key, value in answer.items() if key != "TotalCount"}
        case "string_total":
            return {key: str(value) if key == "TotalCount" else value for key, value in answer.items()}
        case "short_page":
            return {key: value[:-1] if isinstance(value, list) else value for key, value in answer.items()}
        case "wrong_shape":
            return {key: "none" if isinstance(value, (list, dict)) else value for key, value in answer.items()}
        case "late_visibility" if answer.get("JobId") in account.jobs:
            account.jobs[answer["JobId"]].visible_from = account.now() + timedelta(seconds=fault.seconds)
        case _:
            pass
    return answer


def on_the_way_in(fault: Fault | None, request: Request) -> Request:
    """The request changed by the fault: with small_page a smaller page size."""
    if not fault or fault.kind != "small_page":
        return request
    asked = request.number("PageSize", fault.page_size)
    return replace(request, query={**request.query, "PageSize": str(min(asked, fault.page_size))})


BODIES: dict[str, bytes] = {"list_body": b'["x"]', "empty_body": b"", "not_utf8": b'{"RequestId":"\xff\xfe"}'}
"""Responses that are not JSON objects."""
