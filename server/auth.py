"""Authentication of HTTP callers: bearer tokens from a file, or JWTs of an identity provider."""

import hashlib
import hmac
import logging
import re
import time
from pathlib import Path
from typing import Any

import anyio
import jwt
from mcp.server.auth.provider import AccessToken, TokenVerifier

from pai_dlc_mcp.server.cloud.endpoints import is_loopback
from pai_dlc_mcp.server.settings import Settings

_log = logging.getLogger(__name__)

_LINE = re.compile(r"(?P<name>[A-Za-z0-9._@-]{1,64})\s+(?P<token>[A-Za-z0-9._~+/=-]{32,})")
_ASYMMETRIC = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_LEEWAY = 30  # seconds of clock difference that are tolerated
_KEEP, _PAUSE = 600, 30  # seconds: lifetime of a key set; least time between two fetches for an unknown key id


def verifier(settings: Settings) -> TokenVerifier | None:
    """The verifier of bearer tokens, None where the settings configure no authentication. Raises ValueError for
    settings that contradict each other."""
    provider = (settings.http_issuer, settings.http_jwks, settings.http_audience)
    if settings.http_tokens and any(provider):
        raise ValueError("set PAI_DLC_HTTP_TOKENS or PAI_DLC_HTTP_ISSUER, not both")
    if settings.http_tokens:
        return TokenFile(settings.http_tokens)
    if not any(provider):
        return None
    issuer, key_set, audience = provider
    if not issuer or not key_set or not audience:
        raise ValueError("PAI_DLC_HTTP_ISSUER, PAI_DLC_HTTP_JWKS and PAI_DLC_HTTP_AUDIENCE belong together")
    return Jwt(issuer, audience, KeySet(key_set))


class TokenFile:
    """Tokens from a file. Each line is a name, blanks and a token of at least 32 characters; # begins a comment. The
    file is read for each request, so a removed token is refused at once. While the file cannot be read, all tokens are
    refused."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read()

    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            known = await anyio.to_thread.run_sync(self._read)
        except ValueError as error:
            _log.error("nobody is let in: %s", error)
            return None
        given, found = _digest(token), None
        for name, expected in known:
            if hmac.compare_digest(given, expected):  # compare all, so that the time taken reveals nothing
                found = name
        return AccessToken(token=token, client_id=found, subject=found, scopes=[]) if found else None

    def _read(self) -> list[tuple[str, bytes]]:
        """Names and digests of the tokens. Raises ValueError, whose text quotes no token."""
        try:
            text = self._file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"{self._file} cannot be read ({type(error).__name__})") from None
        known: list[tuple[str, bytes]] = []
        for number, line in enumerate(text.splitlines(), 1):
            words = line.partition("#")[0].strip()
            if not words:
                continue
            if not (found := _LINE.fullmatch(words)):
                raise ValueError(f"line {number} of {self._file} is not a name and a token of 32 characters or more")
            known.append((found["name"], _digest(found["token"])))
        if len({digest for _, digest in known}) < len(known):
            raise ValueError(f"a token stands twice in {self._file}: nobody could tell who called")
        return known


class KeySet:
    """The public keys of an issuer, by key id. An unknown id causes a fetch, at most once every `_PAUSE` seconds."""

    def __init__(self, address: str) -> None:
        if not (address.startswith("https://") or _on_this_machine(address)):
            raise ValueError("PAI_DLC_HTTP_JWKS has to be an https:// address")
        self._client = jwt.PyJWKClient(address, cache_jwk_set=False, timeout=10)
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched = -float(_KEEP)
        self._lock = anyio.Lock()

    async def key(self, key_id: str | None) -> jwt.PyJWK | None:
        async with self._lock:
            age = time.monotonic() - self._fetched
            if age >= _KEEP or (key_id not in self._keys and age >= _PAUSE):
                self._fetched = time.monotonic()
                try:
                    keys = await anyio.to_thread.run_sync(self._client.get_signing_keys)
                    self._keys = {key.key_id: key for key in keys}
                except (jwt.PyJWTError, ValueError, OSError) as error:  # those known go on for now
                    _log.error("the key set cannot be fetched: %s", type(error).__name__)
            return self._keys.get(key_id)


class Jwt:
    """Verifies a JWT: signed by a key of the issuer (asymmetric algorithms only), for this audience, not expired."""

    def __init__(self, issuer: str, audience: str, keys: KeySet) -> None:
        self._issuer, self._audience, self._keys = issuer, audience, keys

    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            header = jwt.get_unverified_header(token)
            key = await self._keys.key(header.get("kid"))
            claims: dict[str, Any] = jwt.decode(
                token,
                key=key or "",
                algorithms=_ASYMMETRIC,
                audience=self._audience,
                issuer=self._issuer,
                leeway=_LEEWAY,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
            if not claims["sub"]:  # nobody: whoever has the client's id for a subject would be one with them
                raise jwt.InvalidTokenError
        except jwt.PyJWTError as error:
            _log.info("a token was refused: %s", type(error).__name__)
            return None
        subject = str(claims["sub"])
        return AccessToken(
            token=token,
            client_id=str(claims.get("client_id") or claims.get("azp") or subject),
            subject=subject,
            scopes=str(claims.get("scope") or "").split(),
            expires_at=int(claims["exp"]) + _LEEWAY,
            claims={"iss": self._issuer},
        )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _on_this_machine(address: str) -> bool:
    return address.startswith("http://") and is_loopback(address.removeprefix("http://").partition("/")[0])
