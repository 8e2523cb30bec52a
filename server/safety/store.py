"""What must outlive a call: tokens, form states, declines, approvals and the create journal.

A record is put if absent, taken once, and dies by itself. Whoever shares the folder shares the records: other
processes on this machine, or replicas with one volume.
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import stat
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

SKEW = 5.0  # seconds that clocks of replicas may differ, or one clock be set back, without a record dying of it
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,31}")


@dataclass(frozen=True)
class _Record:
    key: str
    value: dict[str, Any]
    written: float  # seconds since the epoch
    expires: float | None

    def live(self, now: float) -> bool:
        """One written in the future is dead: a clock set back must not prolong it."""
        return self.expires is None or self.written - SKEW <= now < self.expires


class Store(ABC):
    """Records {kind, key, value}: the rules, once; where they lie is the subclass's. `ttl` in seconds; None: for ever.

    Raises OSError or ValueError when the records cannot be kept: then nothing was.
    """

    durable: bool  # records survive a restart and are known to other processes

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def put(self, kind: str, key: str, value: dict[str, Any], ttl: float | None) -> bool:
        """False, and nothing is written, when a live record is there."""
        with self._locked(kind):
            self._sweep(kind)
            if self._load(kind, key):
                return False
            self._save(kind, self._record(key, value, ttl))
            return True

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        with self._locked(kind):
            return self._live(kind, key)

    def take(self, kind: str, key: str) -> dict[str, Any] | None:
        """The record, removed: exactly one of many takers gets it."""
        with self._locked(kind):
            value = self._live(kind, key)
            self._remove(kind, key)
            return value

    def replace(self, kind: str, key: str, value: dict[str, Any], ttl: float | None) -> None:
        with self._locked(kind):
            self._sweep(kind)
            self._save(kind, self._record(key, value, ttl))

    def keys(self, kind: str) -> list[str]:
        with self._locked(kind):
            now = self._now()
            return sorted(record.key for record in self._all(kind) if record.live(now))

    def _record(self, key: str, value: dict[str, Any], ttl: float | None) -> _Record:
        now = self._now()
        return _Record(key, value, now, None if ttl is None else now + ttl)

    def _live(self, kind: str, key: str) -> dict[str, Any] | None:
        record = self._load(kind, key)
        return record.value if record and record.live(self._now()) else None

    def _sweep(self, kind: str) -> None:
        now = self._now()
        for record in list(self._all(kind)):
            if not record.live(now):
                self._remove(kind, record.key)

    @abstractmethod
    def _locked(self, kind: str) -> AbstractContextManager[None]: ...
    @abstractmethod
    def _load(self, kind: str, key: str) -> _Record | None: ...
    @abstractmethod
    def _save(self, kind: str, record: _Record) -> None: ...
    @abstractmethod
    def _remove(self, kind: str, key: str) -> None: ...
    @abstractmethod
    def _all(self, kind: str) -> Iterator[_Record]: ...


class MemoryStore(Store):
    """Records of this process alone: a restart or a second replica does not know them."""

    durable = False

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__(now)
        self._lock = threading.Lock()
        self._texts: dict[tuple[str, str], str] = {}

    @contextmanager
    def _locked(self, kind: str) -> Generator[None]:
        _checked(kind)
        with self._lock:
            yield

    def _load(self, kind: str, key: str) -> _Record | None:
        text = self._texts.get((kind, key))
        return None if text is None else _Record(**json.loads(text))

    def _save(self, kind: str, record: _Record) -> None:
        self._texts[kind, record.key] = json.dumps(asdict(record))

    def _remove(self, kind: str, key: str) -> None:
        self._texts.pop((kind, key), None)

    def _all(self, kind: str) -> Iterator[_Record]:
        return (_Record(**json.loads(text)) for (of, _), text in self._texts.items() if of == kind)


class FolderStore(Store):
    """One file a record in folder/kind/, under a lock of that kind; on disk before a call returns.

    The lock is the system's and ends with its process. Raises ValueError for a folder others could reach.
    """

    durable = True

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        super().__init__(now)
        self._folder = folder
        _private(folder)

    @contextmanager
    def _locked(self, kind: str) -> Generator[None]:
        _private(self._folder)
        _private(self._folder / _checked(kind))
        descriptor = os.open(self._folder / kind / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _load(self, kind: str, key: str) -> _Record | None:
        return _read(self._path(kind, key))

    def _save(self, kind: str, record: _Record) -> None:
        path = self._path(kind, record.key)
        draft = path.with_name(f"{secrets.token_hex(16)}.draft")
        text = json.dumps(asdict(record)).encode()
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        _sync(path.parent)

    def _remove(self, kind: str, key: str) -> None:
        path = self._path(kind, key)
        if path.exists():
            path.unlink()
            _sync(path.parent)

    def _all(self, kind: str) -> Iterator[_Record]:
        for draft in (self._folder / kind).glob("*.draft"):  # of a process that died while writing
            draft.unlink(missing_ok=True)
        for path in (self._folder / kind).glob("*.json"):
            if record := _read(path):
                yield record

    def _path(self, kind: str, key: str) -> Path:
        return self._folder / kind / f"{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}.json"


def open_store(state: Path | Literal["memory"], now: Callable[[], float] = time.time) -> Store:
    """The store of the setting `state`. Raises OSError or ValueError for a folder that cannot keep secrets."""
    return MemoryStore(now) if state == "memory" else FolderStore(Path(state), now)


def _checked(kind: str) -> str:
    if not _KIND.fullmatch(kind):
        raise ValueError(f"{kind!r} is not a kind of record: lower-case letters, digits, - and _")
    return kind


def _private(folder: Path) -> None:
    """Made if absent; raises ValueError unless it is a folder of this user that nobody else can enter."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700, parents=True)
    found = folder.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise ValueError(f"the state folder {folder} is a symbolic link; name the folder itself")
    if not stat.S_ISDIR(found.st_mode):
        raise ValueError(f"the state folder {folder} is not a folder")
    if found.st_uid != os.getuid():
        raise ValueError(f"the state folder {folder} belongs to another user")
    if found.st_mode & 0o077:
        raise ValueError(f"the state folder {folder} is open to others; run: chmod 700 {folder}")


def _read(path: Path) -> _Record | None:
    """Raises ValueError for a file that is no record: it may say that something was sent, so it counts as nothing."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return None
    try:
        return _Record(**json.loads(text))
    except (ValueError, TypeError):
        raise ValueError(f"{path} is not a record of this store; move it away") from None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
