"""Confirmation tokens: proof that the holder saw a preview, for clients that cannot ask a form question.

A token binds effect, ids, region, principal and the state the preview showed; it expires and is redeemed once. It
does not prove that a human was asked: only a client's form or a code on a terminal can.
"""

import base64
import hashlib
import hmac
import json
import math
import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Redeemed = Literal["valid", "invalid", "expired", "mismatch", "changed", "used"]

_NONCE, _DIGEST, _MAC = 10, 12, 18  # bytes; with the stamp a multiple of 3, so that a token has one spelling
_STAMP = struct.Struct(">Q")
_PREFIX = "confirm-"


@dataclass(frozen=True)
class Subject:
    """What exactly a confirmation is for. `state` is a fingerprint of the facts that were shown."""

    effect: str
    ids: tuple[str, ...]
    region: str
    principal: str
    state: str


@dataclass(frozen=True)
class Ticket:
    """A token and when it ends, in seconds since the epoch."""

    token: str
    expires: int


class Confirmations:
    """Issues and redeems tokens. With shared keys any replica redeems what another issued; single use holds within
    a process, and across replicas the changed state makes a second redemption fail."""

    def __init__(self, keys: Sequence[bytes], ttl: float, now: Callable[[], float]) -> None:
        self._keys = list(keys) or [os.urandom(32)]
        self._ttl, self._now = ttl, now
        self._used: dict[bytes, int] = {}

    def issue(self, subject: Subject) -> Ticket:
        expires = math.ceil(self._now() + self._ttl)
        payload = os.urandom(_NONCE) + _STAMP.pack(expires) + _who(subject) + _what(subject)
        token = base64.urlsafe_b64encode(payload + _sign(self._keys[0], payload)).decode().rstrip("=")
        return Ticket(_PREFIX + token, expires)

    def redeem(self, token: str, subject: Subject) -> Redeemed:
        """Spend a token on a subject. Only `valid` may act; the others say what to tell the caller."""
        payload = self._open(token)
        if payload is None:
            return "invalid"
        nonce, rest = payload[:_NONCE], payload[_NONCE:]
        (expires,) = _STAMP.unpack_from(rest)
        who, what = rest[_STAMP.size : _STAMP.size + _DIGEST], rest[_STAMP.size + _DIGEST :]
        now = self._now()
        if now >= expires:
            return "expired"
        if who != _who(subject):
            return "mismatch"
        if nonce in self._used:
            return "used"
        if what != _what(subject):
            return "changed"
        self._used = {n: end for n, end in self._used.items() if end > now} | {nonce: expires}
        return "valid"

    def age(self, token: str) -> float | None:
        """Seconds since a token of ours was issued."""
        payload = self._open(token)
        return None if payload is None else self._now() + self._ttl - _STAMP.unpack_from(payload, _NONCE)[0]

    def _open(self, token: str) -> bytes | None:
        """The payload of a token one of our keys signed."""
        text = token.removeprefix(_PREFIX)
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        payload, mac = raw[:-_MAC], raw[-_MAC:]
        if len(payload) != _NONCE + _STAMP.size + 2 * _DIGEST:
            return None
        return payload if any(hmac.compare_digest(mac, _sign(key, payload)) for key in self._keys) else None


def fingerprint(*facts: object) -> str:
    """A short digest of facts, the same for the same facts."""
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()[:16]


def _who(subject: Subject) -> bytes:
    facts = json.dumps([subject.effect, sorted(subject.ids), subject.region, subject.principal])
    return hashlib.sha256(facts.encode()).digest()[:_DIGEST]


def _what(subject: Subject) -> bytes:
    return hashlib.sha256(subject.state.encode()).digest()[:_DIGEST]


def _sign(key: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, payload, "sha256")[:_MAC]
