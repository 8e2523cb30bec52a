"""Confirmations: random handles, each stored with what the user was shown; each permits one call with the same content.

A token is redeemed by the agent: it proves that the caller got the preview, not that a human saw it. A code is redeemed
only after a person approved it at a terminal with `pai-dlc-mcp approve CODE`.
"""

import hashlib
import hmac
import json
import math
import re
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pai_dlc_mcp.server.safety.store import Store, digest

Redeemed = Literal["valid", "unknown", "used", "mismatch", "changed", "waiting"]

_PREFIX = "confirm-"
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # no letters and digits that look alike
_CODE = re.compile(rf"[{_ALPHABET}]{{4}}-[{_ALPHABET}]{{4}}")
_SPENT_FOR = 24 * 3600.0  # seconds for which a used handle is reported as used, not as unknown


@dataclass(frozen=True)
class Subject:
    """What a confirmation permits. `request`: keyed digest of the requests to send. `state`: fingerprint of the facts
    that were shown."""

    effects: tuple[str, ...]
    ids: tuple[str, ...]
    region: str
    principal: str
    request: str
    state: str

    def record(self) -> dict[str, Any]:
        return {**asdict(self), "effects": sorted(self.effects), "ids": sorted(self.ids)}


@dataclass(frozen=True)
class Ticket:
    """A handle and its expiry, seconds since 1970."""

    token: str
    expires: int


class Confirmations:
    """Issues, checks and redeems handles. All servers that share the store accept them."""

    def __init__(self, store: Store, ttl: float, now: Callable[[], float]) -> None:
        self._store, self._ttl, self._now = store, ttl, now

    def issue(self, subject: Subject, question: str | None = None) -> Ticket:
        """Issue a token; with a `question`, a code for a person at a terminal."""
        now = self._now()
        record = {**subject.record(), "issued": now, "expires": now + self._ttl, "question": question}
        while True:
            handle = _code() if question is not None else _PREFIX + secrets.token_urlsafe(24)
            kind, key = _place(handle)
            if self._store.put(kind, key, record, self._ttl):
                return Ticket(handle, math.floor(now + self._ttl))

    def look(self, handle: str, subject: Subject) -> Redeemed:
        """The status of a handle; does not redeem it. Only `valid` permits the call."""
        kind, key = _place(handle)
        record = self._store.get(kind, key)
        if record is None:
            return "used" if self._store.get("spent", key) is not None else "unknown"
        return _judged(record, subject)

    def take(self, handle: str, subject: Subject) -> bool:
        """Redeem a valid handle. False if it is not valid, or another call redeemed it in the meantime."""
        kind, key = _place(handle)
        record = self._store.get(kind, key)
        if record is None or _judged(record, subject) != "valid" or self._store.take(kind, key) != record:
            return False
        self._store.put("spent", key, {}, _SPENT_FOR)
        return True

    def age(self, handle: str) -> float | None:
        """Seconds since a handle was issued; None for a dead handle."""
        record = self._store.get(*_place(handle))
        return self._now() - record["issued"] if record else None

    def waiting(self, code: str) -> dict[str, Any] | None:
        """The record of a code that nobody has answered yet: its `question` and its subject. None if there is none."""
        record = self._store.get(*_place(code))
        return record if record and record["question"] is not None and not record.get("approved") else None

    def answer(self, code: str, record: dict[str, Any], *, yes: bool) -> bool:
        """Store a person's answer to a record from `waiting`. False if the code was answered or has expired in the
        meantime."""
        kind, key = _place(code)
        if not yes:
            return self._store.take(kind, key) == record
        left = record["expires"] - self._now()
        return left > 0 and self._store.swap(kind, key, record, {**record, "approved": True}, left)


def _judged(record: dict[str, Any], subject: Subject) -> Redeemed:
    asked = subject.record()
    if any(record[name] != asked[name] for name in ("effects", "ids", "region", "principal")):
        return "mismatch"
    if any(record[name] != asked[name] for name in ("request", "state")):
        return "changed"
    return "waiting" if record["question"] is not None and not record.get("approved") else "valid"


def is_code(handle: str) -> bool:
    return _CODE.fullmatch(handle) is not None


def _place(handle: str) -> tuple[str, str]:
    """Kind and key of a handle's record. The key is a digest: reading the store does not reveal a handle."""
    return "code" if is_code(handle) else "token", digest(handle)


def _code() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(2))


def fingerprint(*facts: object) -> str:
    """A short digest; equal facts give equal digests."""
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()[:16]


def keyed(key: bytes, *facts: object) -> str:
    """A fingerprint with a secret key: without the key, guessed facts cannot be tested against it."""
    return hmac.digest(key, json.dumps(facts, sort_keys=True, default=str).encode(), "sha256").hex()[:32]
