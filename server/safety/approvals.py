"""Strict mode: a code that only a person at a terminal redeems, with `pai-dlc-mcp approve CODE`.

The server leaves the question in a private folder; the command shows it there and marks it approved; the next call
with the code finds the mark. Server and terminal share the folder, so they run as one user on one machine.
"""

import json
import math
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from pai_dlc_mcp.server.cloud.shape import as_object
from pai_dlc_mcp.server.safety.confirmation import Redeemed, Subject, Ticket, fingerprint

_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # no letter that reads like a digit
_CODE = re.compile(rf"[{_ALPHABET}]{{4}}-[{_ALPHABET}]{{4}}")


@dataclass(frozen=True)
class Request:
    """What waits for a person: the question, and digests of what it is for."""

    question: str
    expires: int
    who: str
    state: str
    approved: bool = False


class Approvals:
    """Requests in a folder only its user can read, one file each."""

    def __init__(self, folder: Path, ttl: float, now: Callable[[], float]) -> None:
        self._folder, self._ttl, self._now = folder, ttl, now

    def issue(self, subject: Subject, question: str) -> Ticket:
        code = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(2))
        request = Request(question, math.ceil(self._now() + self._ttl), _who(subject), subject.state)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._save(code, request)
        return Ticket(code, request.expires)

    def redeem(self, code: str, subject: Subject) -> Redeemed | Literal["waiting"]:
        """`valid` once a person has approved it, and then never again."""
        request = self.find(code)
        if request is None:
            return "invalid"
        if self._now() >= request.expires:
            return "expired"
        if request.who != _who(subject):
            return "mismatch"
        if not request.approved:
            return "waiting"
        self._path(code).unlink(missing_ok=True)
        return "valid" if request.state == subject.state else "changed"

    def find(self, code: str) -> Request | None:
        if not _CODE.fullmatch(code):
            return None
        try:
            fields = as_object(json.loads(self._path(code).read_text("utf-8")))
            return Request(**fields)
        except (OSError, ValueError, TypeError):
            return None

    def approve(self, code: str) -> None:
        """Called by the terminal command after a person's yes. Raises KeyError for a code that waits no longer."""
        request = self.find(code)
        if request is None or self._now() >= request.expires:
            raise KeyError(code)
        self._save(code, replace(request, approved=True))

    def _save(self, code: str, request: Request) -> None:
        descriptor = os.open(self._path(code), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(request), file)

    def _path(self, code: str) -> Path:
        return self._folder / f"{code}.json"


def _who(subject: Subject) -> str:
    return fingerprint(subject.effect, sorted(subject.ids), subject.region, subject.principal)
