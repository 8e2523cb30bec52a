"""The store in a folder. Processes of one machine, or replicas with a shared volume, share its records."""

import json
import os
import secrets
import stat
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pai_dlc_mcp.server.safety.locks import lock
from pai_dlc_mcp.server.safety.store import ClockedStore, Record, checked, digest

_POSIX = os.name == "posix"  # on Windows the folder is as private as the user's profile
_NOFOLLOW, _NONBLOCK = getattr(os, "O_NOFOLLOW", 0), getattr(os, "O_NONBLOCK", 0)


class FolderStore(ClockedStore):
    """One file for each record, folder/kind/digest, under one lock for each kind. Records are synced to disk before a
    call returns.

    Raises ValueError for a folder that other users can reach.
    """

    durable = True

    def __init__(self, folder: Path, now: Callable[[], float], monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__(now, monotonic)
        self._folder = folder
        _private(folder)

    @contextmanager
    def _locked(self, kind: str) -> Generator[None]:
        _private(self._folder)
        _private(self._folder / checked(kind))
        descriptor = os.open(self._folder / kind / "lock", os.O_RDWR | os.O_CREAT | _NOFOLLOW, 0o600)
        try:
            lock(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _load(self, kind: str, key: str) -> Record | None:
        return _read(self._path(kind, key))

    def _save(self, kind: str, record: Record) -> None:
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
        path.unlink(missing_ok=True)
        _sync(path.parent)

    def _all(self, kind: str) -> Iterator[Record]:
        for draft in (self._folder / kind).glob("*.draft"):  # left by a process that died while writing
            draft.unlink(missing_ok=True)
        for path in (self._folder / kind).glob("*.json"):
            if record := _read(path):
                yield record

    def _path(self, kind: str, key: str) -> Path:
        return self._folder / kind / _name(key)


def _private(folder: Path) -> None:
    """Create the folder if absent. Raises ValueError unless it belongs to this user and nobody else can enter it."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700, parents=True)
    found = folder.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise ValueError(f"the state folder {folder} is a symbolic link; name the folder itself")
    if not stat.S_ISDIR(found.st_mode):
        raise ValueError(f"the state folder {folder} is not a folder")
    if _POSIX and found.st_uid != os.getuid():
        raise ValueError(f"the state folder {folder} belongs to another user")
    if _POSIX and found.st_mode & 0o077:
        raise ValueError(f"the state folder {folder} is open to others; run: chmod 700 {folder}")


def _read(path: Path) -> Record | None:
    """Read one record; None if there is no file. Follows no link and does not block on a FIFO. Raises ValueError for a
    file that is not a record: it could mean that a write was sent, so it must not count as absent."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _NOFOLLOW | _NONBLOCK)
    except FileNotFoundError:
        return None
    try:
        with os.fdopen(descriptor, "rb") as file:
            return _record(json.loads(file.read(), parse_constant=_no_number), path)
    except (ValueError, TypeError, RecursionError):
        raise ValueError(f"{path} is not a record of this store; move it away") from None


def _record(found: dict[str, Any], path: Path) -> Record:
    record = Record(**found)
    typed: Mapping[str, tuple[type, ...]] = {"key": (str,), "value": (dict,), "boot": (str,)}
    for name, value in found.items():
        kinds = typed.get(name, (int, float, type(None)) if name == "expires" else (int, float))
        if type(value) not in kinds:
            raise ValueError(name)
    if path.name != _name(record.key):
        raise ValueError(record.key)
    return record


def _no_number(name: str) -> float:
    raise ValueError(name)  # NaN has no order


def _name(key: str) -> str:
    return f"{digest(key)}.json"


def _sync(folder: Path) -> None:
    """Sync the folder, so that renames and removals are on disk. Not available on Windows."""
    if not _POSIX:
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
