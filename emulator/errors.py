"""Error responses of the service: HTTP status, and Code, Message, RequestId and HostId in one JSON object."""

from typing import Any


class ServiceError(Exception):
    """Raised by an operation; sent as a JSON response."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        detail: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail
        self.headers = headers or {}

    def body(self, request_id: str, host: str) -> dict[str, Any]:
        body: dict[str, Any] = {
            "Code": self.code,
            "Message": self.message,
            "RequestId": request_id,
            "HostId": host,
        }
        return {**body, "AccessDeniedDetail": self.detail} if self.detail else body


def invalid(message: str) -> ServiceError:
    return ServiceError(400, "InvalidParameter", message)


def wrong_state(message: str) -> ServiceError:
    return ServiceError(400, "BadRequest", message)


def not_found(message: str, code: str = "NotFound") -> ServiceError:
    return ServiceError(404, code, message)


def workspace_not_found() -> ServiceError:
    """AIWorkSpace has numeric codes; this one is in Alibaba's workspace skill."""
    return ServiceError(404, "100400027", "Workspace not exists")


def denied(ram_action: str, user_id: str, owner_id: str) -> ServiceError:
    """A refusal in the gateway's words, with the missing RAM action."""
    return ServiceError(
        403,
        "NoPermission",
        "You are not authorized to perform this operation.",
        detail={
            "AuthAction": ram_action,
            "AuthPrincipalType": "SubUser",
            "AuthPrincipalOwnerId": owner_id,
            "AuthPrincipalDisplayName": user_id,
            "NoPermissionType": "ImplicitDeny",
            "PolicyType": "AccountLevelIdentityBasedPolicy",
            "EncodedDiagnosticMessage": "AQIBIAAAAEXAMPLE",
        },
    )
