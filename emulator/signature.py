"""Verifies the signatures that the service accepts: ACS3-HMAC-SHA256, and ROA's older HMAC-SHA1, which PAI's SDK still
uses."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote

from pai_dlc_mcp.emulator.errors import ServiceError

ALGORITHM = "ACS3-HMAC-SHA256"
_ROA = re.compile(r"acs ([^:]+):([A-Za-z0-9+/=]+)")
_AUTHORIZATION = re.compile(rf"{ALGORITHM} Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]+)")


@dataclass
class Key:
    """The secret of an access key. A temporary (STS) key also has a token and can expire; a role's key has a session
    name."""

    secret: str
    security_token: str = ""
    expired: bool = False
    session: str = ""


def verify(
    keys: Mapping[str, Key], method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> None:
    """Raises the ServiceError that the gateway would send. `path` and `query` as sent, still encoded."""
    authorization = headers.get("authorization", "")
    if match := _ROA.fullmatch(authorization):
        key_id, signature = match.groups()
        _verify_roa(keys, key_id, signature, string_to_sign(method, path, query, headers), headers)
        return
    match = _AUTHORIZATION.fullmatch(authorization)
    if not match:
        raise ServiceError(400, "IncompleteSignature", "The request signature does not conform to Aliyun standards.")
    key_id, signed, signature = match.groups()
    key = _key(keys, key_id, headers)
    request = canonical(method, path, query, headers, signed, headers.get("x-acs-content-sha256", ""))
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    expected = hmac.new(key.secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    intact = headers.get("x-acs-content-sha256") == hashlib.sha256(body).hexdigest()
    if not (intact and hmac.compare_digest(expected, signature)):
        raise _mismatch(to_sign)


def _verify_roa(keys: Mapping[str, Key], key_id: str, signature: str, to_sign: str, headers: Mapping[str, str]) -> None:
    """Verify an ROA signature, which does not cover the body."""
    key = _key(keys, key_id, headers)
    expected = base64.b64encode(hmac.new(key.secret.encode(), to_sign.encode(), hashlib.sha1).digest()).decode()
    if not hmac.compare_digest(expected, signature):
        raise _mismatch(to_sign)


def key_id(authorization: str) -> str:
    """The access key id in an Authorization header, not verified; "" if it cannot be read."""
    match = _ROA.fullmatch(authorization) or _AUTHORIZATION.fullmatch(authorization)
    return match[1] if match else ""


def string_to_sign(method: str, path: str, query: str, headers: Mapping[str, str]) -> str:
    """ROA's string to sign; the query in its resource is not encoded."""
    plain = "".join(f"{headers.get(name, '')}\n" for name in ("accept", "content-md5", "content-type", "date"))
    own = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers) if name.startswith("x-acs-"))
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    resource = "&".join(f"{key}={value}" if value else key for key, value in pairs)
    return f"{method}\n{plain}{own}{path}{'?' if resource else ''}{resource}"


def _mismatch(to_sign: str) -> ServiceError:
    return ServiceError(
        400,
        "SignatureDoesNotMatch",
        f"Specified signature is not matched with our calculation. server string to sign is:{to_sign}",
    )


def _key(keys: Mapping[str, Key], key_id: str, headers: Mapping[str, str]) -> Key:
    key = keys.get(key_id)
    if not key:
        raise ServiceError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    token = headers.get("x-acs-security-token", "")
    if key.expired:
        raise ServiceError(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
    if not hmac.compare_digest(key.security_token.encode(), token.encode()):
        raise ServiceError(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
    return key


def canonical(method: str, path: str, query: str, headers: Mapping[str, str], signed: str, payload_hash: str) -> str:
    """The canonical request. Path and query are decoded and encoded again (RFC 3986), because HTTP libraries escape
    different characters."""
    uri = "/".join(quote(unquote(segment), safe="") for segment in path.split("/"))
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    canonical_query = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in pairs)
    lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in signed.split(";"))
    return f"{method}\n{uri}\n{canonical_query}\n{lines}\n{signed}\n{payload_hash}"
