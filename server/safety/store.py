"""Records that must outlive a call: tokens, codes, form states, declines and the create journal.

A record is put if absent, taken at most once, and expires."""

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

PERMITTING = frozenset({"token", "code", "state"})  # kinds of record with which something may be done
SKEW = 5.0  # seconds that clocks of replicas may differ, or one clock be set back, without a record dying of it
_SWEEP = 60.0  # seconds between two clearings of a kind's dead records
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def checked(kind: str) -> str:
    """The kind itself, which becomes part of a place's name. Raises ValueError."""
    if not _KIND.fullmatch(kind):
        raise ValueError(f"{kind!r} is not a kind of record: lower-case letters, digits, - and _")
    return kind


def digest(key: str) -> str:
    """Of a key, which may be of any length and text: the name of its place."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _boot() -> str:
    """What the monotonic clock counts from: this start of the machine, else this process alone."""
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return uuid4().hex


class Store(ABC):
    """Records {kind, key, value}. `ttl` in seconds; None: for ever.

    Raises OSError or ValueError when the records cannot be kept: whoever asked acts as if nothing was.
    """

    durable: bool  # records survive a restart and are known to other processes

    @abstractmethod
    def put(self, kind: str, key: str, value: dict[str, Any], ttl: float | None) -> bool:
        """False, and nothing is written, when a live record is there."""

    @abstractmethod
    def get(self, kind: str, key: str) -> dict[str, Any] | None: ...

    @abstractmethod
    def take(self, kind: str, key: str) -> dict[str, Any] | None:
        """The record, removed: exactly one of many takers gets it."""

    @abstractmethod
    def swap(self, kind: str, key: str, old: dict[str, Any], new: dict[str, Any], ttl: float | None) -> bool:
        """Put `new` in the place of `old`; False, and nothing is written, when something else or nothing is there."""

    @abstractmethod
    def keys(self, kind: str) -> list[str]:
        """Of the live records, sorted."""

    def secret(self) -> bytes:
        """The key of everything that whoever shares this store digests or seals."""
        self.put("key", "key", {"key": secrets.token_hex(32)}, None)
        key = str((self.get("key", "key") or {}).get("key"))
        if not re.fullmatch(r"[0-9a-f]{64}", key):
            raise ValueError("the key that lies with the state is none; move it away")
        return bytes.fromhex(key)


@dataclass(frozen=True)
class Record:
    """`written` and `expires` are seconds since the epoch; `until` is seconds of the monotonic clock of `boot`."""

    key: str
    value: dict[str, Any]
    written: float
    expires: float | None
    boot: str = ""
    until: float = 0.0


class ClockedStore(Store):
    """Under a lock, and expired by this machine's clocks; where the records lie is the subclass's. When a clock was set
    forward or back, a record that permits something counts as expired, any other as live."""

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
        """One found dead is removed, so that no clock brings it back."""
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
    """Records of this process alone: a restart or a second replica does not know them."""

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
    """Call the store in a worker thread: a folder waits for its disk, Redis for the
    network. Raises Failure when it cannot be used."""
    try:
        return await anyio.to_thread.run_sync(call, *arguments)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise Failure(
            f"The state of PAI_DLC_STATE cannot be used ({why}); without it nothing is sent.",
            fix="Ask the operator to make it usable again: a folder of this server's user alone, or Redis.",
            code="StateUnusable",
        ) from None
