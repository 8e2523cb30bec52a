"""Verifies ACS3-HMAC-SHA256, the signature of today's Alibaba Cloud SDKs."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote

from pai_dlc_mcp.emulator.errors import ServiceError

ALGORITHM = "ACS3-HMAC-SHA256"
_AUTHORIZATION = re.compile(rf"{ALGORITHM} Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]+)")


@dataclass
class Key:
    """An access key's secret; a temporary (STS) key has a token too, and may have expired."""

    secret: str
    security_token: str = ""
    expired: bool = False


def verify(
    keys: Mapping[str, Key], method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> None:
    """Raises the ServiceError the gateway would answer with; `path` and `query` are as sent, still encoded."""
    match = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if not match:
        raise ServiceError(400, "IncompleteSignature", "The request signature does not conform to Aliyun standards.")
    key_id, signed, signature = match.groups()
    key = keys.get(key_id)
    if not key:
        raise ServiceError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    _check_token(key, headers.get("x-acs-security-token", ""))
    request = canonical(method, path, query, headers, signed, headers.get("x-acs-content-sha256", ""))
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    expected = hmac.new(key.secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    intact = headers.get("x-acs-content-sha256") == hashlib.sha256(body).hexdigest()
    if not (intact and hmac.compare_digest(expected, signature)):
        raise ServiceError(
            400,
            "SignatureDoesNotMatch",
            f"Specified signature is not matched with our calculation. server string to sign is:{to_sign}",
        )


def _check_token(key: Key, token: str) -> None:
    if key.expired:
        raise ServiceError(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
    if not hmac.compare_digest(key.security_token, token):
        raise ServiceError(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")


def canonical(method: str, path: str, query: str, headers: Mapping[str, str], signed: str, payload_hash: str) -> str:
    """The canonical request. Path and query are decoded and encoded again, RFC 3986: HTTP libraries differ in
    which characters they escape on the wire."""
    uri = "/".join(quote(unquote(segment), safe="") for segment in path.split("/"))
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    canonical_query = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in pairs)
    lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in signed.split(";"))
    return f"{method}\n{uri}\n{canonical_query}\n{lines}\n{signed}\n{payload_hash}"
