"""Records that outlive a call: tokens, codes, form states, declines, the create journal.

A record is written if absent, taken at most once, and expires.
"""

import hashlib
import json
import re
import secrets
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import anyio.to_thread

from pai_dlc_mcp.server.errors import Failure

T = TypeVar("T")

PERMITTING = frozenset({"token", "code", "state"})  # kinds of record that permit an action
SKEW = 5.0  # seconds that the clocks of replicas may differ, or one be set back, before records are dropped
_SWEEP = 60.0  # seconds between two removals of a kind's expired records
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def checked(kind: str) -> str:
    """Return the kind, which becomes part of a file name. Raises ValueError if it is not suitable."""
    if not _KIND.fullmatch(kind):
        raise ValueError(f"{kind!r} is not a kind of record: lower-case letters, digits, - and _")
    return kind


def digest(key: str) -> str:
    """The digest under which a key of any length and text is stored."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _boot() -> str:
    """Id of the current boot, on which the monotonic clock depends; elsewhere an id of this process."""
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return uuid4().hex


class Store(ABC):
    """Records (kind, key, value). `ttl` in seconds; None means no expiry.

    Methods raise OSError or ValueError if the records cannot be stored; the caller must then act as if nothing had been
    stored.
    """

    durable: bool  # records survive a restart and are shared between processes

    @abstractmethod
    def put(self, kind: str, key: str, value: dict[str, Any], ttl: float | None) -> bool:
        """Store a record. False, without writing, if a live record exists."""

    @abstractmethod
    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """The value of a live record; None if there is none."""

    @abstractmethod
    def take(self, kind: str, key: str) -> dict[str, Any] | None:
        """Remove a record and return its value. Of several takers exactly one gets it, the others None."""

    @abstractmethod
    def swap(self, kind: str, key: str, old: dict[str, Any], new: dict[str, Any], ttl: float | None) -> bool:
        """Replace `old` by `new`. False, without writing, if the stored value is not `old`."""

    @abstractmethod
    def keys(self, kind: str) -> list[str]:
        """The keys of live records, sorted."""

    def secret(self) -> bytes:
        """The key with which everybody who shares this store digests and seals."""
        self.put("key", "key", {"key": secrets.token_hex(32)}, None)
        key = str((self.get("key", "key") or {}).get("key"))
        if not re.fullmatch(r"[0-9a-f]{64}", key):
            raise ValueError("the key that lies with the state is none; move it away")
        return bytes.fromhex(key)


@dataclass(frozen=True)
class Record:
    """`written` and `expires`: seconds since 1970. `until`: seconds of the monotonic clock of `boot`."""

    key: str
    value: dict[str, Any]
    written: float
    expires: float | None
    boot: str = ""
    until: float = 0.0


class ClockedStore(Store):
    """A store with a lock and expiry by this machine's clocks; subclasses hold the records. If a clock was set forward
    or back, a record that permits an action counts as expired, any other as live."""

    def __init__(self, now: Callable[[], float], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._now, self._monotonic, self._boot = now, monotonic, _boot()
        self._swept: dict[str, float] = {}

    def put(self, kind: str, key: str, value: dict[str, Any], ttl: float | None) -> bool:
        with self._locked(kind):
            self._sweep(kind)
            if self._live(kind, key) is not None:
                return False
            self._save(kind, self._record(key, value, ttl))
            return True

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        with self._locked(kind):
            return self._live(kind, key)

    def take(self, kind: str, key: str) -> dict[str, Any] | None:
        with self._locked(kind):
            value = self._live(kind, key)
            if value is not None:
                self._remove(kind, key)
            return value

    def swap(self, kind: str, key: str, old: dict[str, Any], new: dict[str, Any], ttl: float | None) -> bool:
        with self._locked(kind):
            if self._live(kind, key) != old:
                return False
            self._save(kind, self._record(key, new, ttl))
            return True

    def keys(self, kind: str) -> list[str]:
        with self._locked(kind):
            return sorted(record.key for record in self._all(kind) if self._is_live(kind, record))

    def _record(self, key: str, value: dict[str, Any], ttl: float | None) -> Record:
        now = self._now()
        if ttl is None:
            return Record(key, value, now, None)
        return Record(key, value, now, now + ttl, self._boot, self._monotonic() + ttl)

    def _is_live(self, kind: str, record: Record) -> bool:
        if record.expires is None:
            return True
        now, known = self._now(), record.boot == self._boot
        in_time = self._monotonic() < record.until
        if kind in PERMITTING:
            return record.written - SKEW <= now < record.expires and (in_time or not known)
        return now < record.expires or (known and in_time)

    def _live(self, kind: str, key: str) -> dict[str, Any] | None:
        """The record if it is live. An expired one is removed, so that setting back a clock does not revive it."""
        record = self._load(kind, key)
        if record is None:
            return None
        if self._is_live(kind, record):
            return record.value
        self._remove(kind, key)
        return None

    def _sweep(self, kind: str) -> None:
        now = self._now()
        if 0 <= now - self._swept.get(kind, float("-inf")) < _SWEEP:
            return
        self._swept[kind] = now
        for record in list(self._all(kind)):
            if not self._is_live(kind, record):
                self._remove(kind, record.key)

    @abstractmethod
    def _locked(self, kind: str) -> AbstractContextManager[None]: ...
    @abstractmethod
    def _load(self, kind: str, key: str) -> Record | None: ...
    @abstractmethod
    def _save(self, kind: str, record: Record) -> None: ...
    @abstractmethod
    def _remove(self, kind: str, key: str) -> None: ...
    @abstractmethod
    def _all(self, kind: str) -> Iterator[Record]: ...


class MemoryStore(ClockedStore):
    """Records in memory: lost at a restart, not shared with replicas."""

    durable = False

    def __init__(self, now: Callable[[], float], monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__(now, monotonic)
        self._lock = threading.Lock()
        self._texts: dict[tuple[str, str], str] = {}

    @contextmanager
    def _locked(self, kind: str) -> Generator[None]:
        with self._lock:
            yield

    def _load(self, kind: str, key: str) -> Record | None:
        text = self._texts.get((kind, key))
        return None if text is None else Record(**json.loads(text))

    def _save(self, kind: str, record: Record) -> None:
        self._texts[kind, record.key] = json.dumps(asdict(record))

    def _remove(self, kind: str, key: str) -> None:
        self._texts.pop((kind, key), None)

    def _all(self, kind: str) -> Iterator[Record]:
        return (Record(**json.loads(text)) for (of, _), text in self._texts.items() if of == kind)


async def kept(call: Callable[..., T], *arguments: Any) -> T:
    """Call the store in a worker thread, since it waits for the disk or the network. Raises Failure if the store cannot
    be used."""
    try:
        return await anyio.to_thread.run_sync(call, *arguments)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise Failure(
            f"The state of PAI_DLC_STATE cannot be used ({why}); without it nothing is sent.",
            fix="Ask the operator to make it usable again: a folder of this server's user alone, or Redis.",
            code="StateUnusable",
        ) from None
