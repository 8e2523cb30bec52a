"""The journal of creates in the store: an entry is written before a CreateJob is sent, and its result afterwards.

An entry without a job id is unresolved: its request may have been sent, by this process or another one, also one that
has ended.
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
_REMEMBERED = 30 * 24 * 3600.0  # seconds that a create is known by its request id
WINDOW = 600.0  # seconds that a resolved create is found by its body: its caller may have missed the answer


@dataclass(frozen=True)
class Entry:
    """One create. `arguments`: keyed digest of its body. `body`: the key under which a repeated call without a request
    id finds the entry."""

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
    """The creates of all servers that share the store. Methods raise Failure if the store cannot be used."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, principal: str, request_id: str) -> Entry | None:
        found: dict[str, Any] | None = await kept(self._store.get, _KIND, _key(principal, request_id))
        return None if found is None else Entry(**found)

    async def request_id(self, body: str, instead: str | None = None) -> str:
        """The request id for a create that came without one: the id of an equal create that is unresolved or less than
        WINDOW old; else a new id. `instead`: an id that must not be reused."""
        new = {"request_id": uuid.uuid4().hex}
        if instead:
            await kept(self._store.swap, _BY_BODY, body, {"request_id": instead}, new, _REMEMBERED)
        else:
            await kept(self._store.put, _BY_BODY, body, new, _REMEMBERED)
        found: dict[str, Any] = await kept(self._store.get, _BY_BODY, body) or new
        return found["request_id"]

    async def intend(self, entry: Entry, instead: Entry | None) -> Entry | None:
        """Write the entry of a create that will be sent next, replacing `instead`. None if another call wrote one in
        the meantime; the create must then not be sent."""
        entry = replace(entry, sent=datetime.now(UTC).isoformat(timespec="microseconds"))
        if instead:
            ours = await kept(self._store.swap, _KIND, entry.key, asdict(instead), asdict(entry), _REMEMBERED)
        else:
            ours = await kept(self._store.put, _KIND, entry.key, asdict(entry), _REMEMBERED)
        return entry if ours else None

    async def resolve(self, entry: Entry, job_id: str) -> None:
        """Record the created job. If that fails the entry stays unresolved, so that the create is not sent again."""
        with anyio.CancelScope(shield=True), suppress(Failure):
            resolved = asdict(replace(entry, job_id=job_id))
            await kept(self._store.swap, _KIND, entry.key, asdict(entry), resolved, _REMEMBERED)
            if entry.body:
                mine = {"request_id": entry.request_id}
                await kept(self._store.swap, _BY_BODY, entry.body, mine, mine, WINDOW)

    async def forget(self, entry: Entry) -> None:
        """Remove the entry of a create that was certainly not carried out."""
        with anyio.CancelScope(shield=True), suppress(Failure):
            await kept(self._store.take, _KIND, entry.key)


def _key(principal: str, request_id: str) -> str:
    return json.dumps([principal, request_id])
