"""What is known of an emulator's jobs, in the store of a server that has an account as well."""

from typing import Any

from pai_dlc_mcp.server.safety.store import Store


class EmulatedStore(Store):
    """Records of one emulator, by its address, in kinds of their own: the account's servers, and other emulators, see
    none of them. The key of digests is the whole store's."""

    def __init__(self, store: Store, address: str) -> None:
        self._store, self._prefix, self.durable = store, f"{address} ", store.durable

    def put(self, kind: str, key: str, value: dict[str, Any], ttl: float | None) -> bool:
        return self._store.put(_own(kind), self._prefix + key, value, ttl)

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        return self._store.get(_own(kind), self._prefix + key)

    def take(self, kind: str, key: str) -> dict[str, Any] | None:
        return self._store.take(_own(kind), self._prefix + key)

    def swap(self, kind: str, key: str, old: dict[str, Any], new: dict[str, Any], ttl: float | None) -> bool:
        return self._store.swap(_own(kind), self._prefix + key, old, new, ttl)

    def keys(self, kind: str) -> list[str]:
        known = self._store.keys(_own(kind))
        return [key.removeprefix(self._prefix) for key in known if key.startswith(self._prefix)]

    def secret(self) -> bytes:
        return self._store.secret()


def _own(kind: str) -> str:
    return f"{kind}-emulated"
