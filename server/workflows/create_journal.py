"""The journal of creates: what is about to be sent is in the store before it goes, what became of it after.

An entry without a job id is unresolved: its request may be out, from this process or another, dead or alive.
"""

import json
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import anyio

from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.safety.store import Store, kept

_KIND, _BY_BODY = "create", "create-by-body"
_REMEMBERED = 30 * 24 * 3600.0  # seconds that a create is known by its id
WINDOW = 600.0  # seconds that a resolved one is known by its body alone: its caller may not have heard the answer


@dataclass(frozen=True)
class Entry:
    """One create. `arguments` is a keyed digest of its body; `body` the key under which a caller who gave no id finds
    it again."""

    principal: str
    request_id: str
    arguments: str
    region: str
    workspace_id: str
    display_name: str
    body: str | None = None
    sent: str = ""  # UTC, microseconds
    job_id: str | None = None

    @property
    def key(self) -> str:
        return _key(self.principal, self.request_id)

    @property
    def is_recent(self) -> bool:
        return abs((datetime.now(UTC) - datetime.fromisoformat(self.sent)).total_seconds()) < 60


class Journal:
    """The creates of all servers that share the store. Its methods raise Failure where the store cannot be used."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, principal: str, request_id: str) -> Entry | None:
        found: dict[str, Any] | None = await kept(self._store.get, _KIND, _key(principal, request_id))
        return None if found is None else Entry(**found)

    async def request_id(self, body: str, instead: str | None = None) -> str:
        """The id of a create without one: that of an equal create which is not resolved, or was within WINDOW; else a
        new one. `instead`: of an earlier create that this one is not."""
        new = {"request_id": uuid.uuid4().hex}
        if instead:
            await kept(self._store.swap, _BY_BODY, body, {"request_id": instead}, new, _REMEMBERED)
        else:
            await kept(self._store.put, _BY_BODY, body, new, _REMEMBERED)
        found: dict[str, Any] = await kept(self._store.get, _BY_BODY, body) or new
        return found["request_id"]

    async def intend(self, entry: Entry, instead: Entry | None) -> Entry | None:
        """Enter a create that is about to be sent, in the place of what was known of it; None, and it may not be sent,
        where somebody else entered one meanwhile."""
        entry = replace(entry, sent=datetime.now(UTC).isoformat(timespec="microseconds"))
        if instead:
            ours = await kept(self._store.swap, _KIND, entry.key, asdict(instead), asdict(entry), _REMEMBERED)
        else:
            ours = await kept(self._store.put, _KIND, entry.key, asdict(entry), _REMEMBERED)
        return entry if ours else None

    async def resolve(self, entry: Entry, job_id: str) -> None:
        """The job that a create made. Where it cannot be written, the entry stays unresolved: nothing is sent twice."""
        with anyio.CancelScope(shield=True), suppress(Failure):
            resolved = asdict(replace(entry, job_id=job_id))
            await kept(self._store.swap, _KIND, entry.key, asdict(entry), resolved, _REMEMBERED)
            if entry.body:
                mine = {"request_id": entry.request_id}
                await kept(self._store.swap, _BY_BODY, entry.body, mine, mine, WINDOW)

    async def forget(self, entry: Entry) -> None:
        """A create that certainly was not carried out."""
        with anyio.CancelScope(shield=True), suppress(Failure):
            await kept(self._store.take, _KIND, entry.key)


def _key(principal: str, request_id: str) -> str:
    return json.dumps([principal, request_id])
