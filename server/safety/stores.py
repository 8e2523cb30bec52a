"""Opens the store that the setting PAI_DLC_STATE names."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from pai_dlc_mcp.server.safety.folder_store import FolderStore
from pai_dlc_mcp.server.safety.store import MemoryStore, Store


def open_store(state: Path | SecretStr | Literal["memory"], now: Callable[[], float] = time.time) -> Store:
    """Open the store. Raises ValueError for a folder that other users can reach, and for a Redis that cannot be
    used."""
    if state == "memory":
        return MemoryStore(now)
    if isinstance(state, SecretStr):
        return _redis(state.get_secret_value())
    try:
        store = FolderStore(state, now)
        store.secret()
    except OSError as error:
        words = f"{error.filename} cannot be written ({error.strerror})"
        raise ValueError(f"{words}; set PAI_DLC_STATE to a folder of this user, or to memory") from None
    return store


def _redis(address: str) -> Store:
    try:
        from pai_dlc_mcp.server.safety.redis_store import RedisStore  # an optional dependency
    except ImportError:
        raise ValueError("PAI_DLC_STATE names Redis, which needs: pip install 'pai-dlc-mcp[redis]'") from None
    return RedisStore(address)
