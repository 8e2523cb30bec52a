"""The store in Redis. Replicas on any machines share its records, which expire by the clock of Redis.

A key's name holds a digest. Values are JSON in one fixed spelling, so that a script in Redis can compare them as text.
"""

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from pai_dlc_mcp.server.safety.store import Store, checked, digest

_CONNECT, _ANSWER = 2.0, 5.0  # seconds
_SWAP = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1
"""


class RedisStore(Store):
    """One Redis key for each record. Needs Redis 6.2 or newer, not a cluster; if maxmemory is set, with the policy
    noeviction.

    Raises ValueError for an invalid address, and for a Redis that cannot be used or may evict keys.
    """

    durable = True

    def __init__(self, address: str) -> None:
        self._where = urlsplit(address).hostname
        try:
            # A command that may have been carried out is not sent again: a second take would find nothing.
            once = Retry(NoBackoff(), 0)
            client: Any = redis.Redis  # its methods have incomplete types
            self._redis = client.from_url(address, socket_connect_timeout=_CONNECT, socket_timeout=_ANSWER, retry=once)
            memory = self._redis.info("memory")
            self._redis.getdel(_name("probe", "probe"))
        except RedisError as error:
            raise ValueError(f"the Redis of PAI_DLC_STATE, {self._where}, cannot be used ({_why(error)})") from None
        except (TypeError, ValueError):  # the text may quote the address, which contains a password
            raise ValueError("the address of PAI_DLC_STATE has a port or an option that is none of Redis") from None
        policy = memory.get("maxmemory_policy", "noeviction")
        if memory.get("maxmemory") and policy != "noeviction":
            raise ValueError(
                f"the Redis of PAI_DLC_STATE, {self._where}, may drop what it keeps (maxmemory-policy {policy}); "
                "set it to noeviction"
            )

    def put(self, kind: str, key: str, value: dict[str, Any], ttl: float | None) -> bool:
        with self._asked():
            return bool(self._redis.set(_name(kind, key), _text(key, value), nx=True, px=_milliseconds(ttl)))

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        with self._asked():
            return _value(_name(kind, key), self._redis.get(_name(kind, key)))

    def take(self, kind: str, key: str) -> dict[str, Any] | None:
        with self._asked():
            return _value(_name(kind, key), self._redis.getdel(_name(kind, key)))

    def swap(self, kind: str, key: str, old: dict[str, Any], new: dict[str, Any], ttl: float | None) -> bool:
        with self._asked():
            texts = (_text(key, old), _text(key, new), str(_milliseconds(ttl) or ""))
            return bool(self._redis.eval(_SWAP, 1, _name(kind, key), *texts))

    def keys(self, kind: str) -> list[str]:
        with self._asked():
            names: set[bytes] = set(self._redis.scan_iter(match=_PLACE.format(checked(kind), "*"), count=1000))
            asked = self._redis.pipeline(transaction=False)
            for name in names:  # not MGET, for which what is no text is not there
                asked.get(name)
            found: list[tuple[bytes, bytes | None]] = list(zip(names, asked.execute(), strict=True))
        return sorted(_record(name.decode(), text)["key"] for name, text in found if text is not None)

    @contextmanager
    def _asked(self) -> Generator[None]:
        try:
            yield
        except RedisError as error:
            raise ValueError(f"Redis at {self._where}: {_why(error)}") from None


_PLACE = "pai-dlc-mcp:{}:{}"


def _name(kind: str, key: str) -> str:
    return _PLACE.format(checked(kind), digest(key))


def _text(key: str, value: dict[str, Any]) -> str:
    return json.dumps({"key": key, "value": value}, sort_keys=True)


def _value(name: str, text: bytes | None) -> dict[str, Any] | None:
    return None if text is None else _record(name, text)["value"]


def _record(name: str, text: bytes) -> dict[str, Any]:
    """Raises ValueError for what is no record of this name: it may say that something was sent, so it counts as
    nothing."""
    try:
        found = json.loads(text)
        if (
            found.keys() == {"key", "value"}
            and isinstance(found["value"], dict)
            and name.endswith(digest(found["key"]))
        ):
            return found
    except (ValueError, TypeError, AttributeError, RecursionError):
        pass
    raise ValueError(f"{name[:-52]}* in Redis is not a record of this store; delete it")


def _milliseconds(ttl: float | None) -> int | None:
    return None if ttl is None else max(1, round(ttl * 1000))


def _why(error: RedisError) -> str:
    """The type of the error, such as ConnectionError or ReadOnlyError; its text may quote what was sent."""
    return type(error).__name__
