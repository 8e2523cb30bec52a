"""Declines. After a user says no, the same effect on the same ids is not asked again, apart from a few forms an
hour."""

from collections.abc import Iterator
from dataclasses import dataclass

from pai_dlc_mcp.server.safety.confirmation import fingerprint
from pai_dlc_mcp.server.safety.store import Store

_BARRED_FOR = 24 * 3600.0  # seconds
_FORMS, _WITHIN = 3, 3600.0  # new forms for each period; the period in seconds


@dataclass(frozen=True)
class About:
    """What a decline covers: each effect on each id, for one caller. Declining two jobs bars each of them."""

    principal: str
    effects: tuple[str, ...]
    ids: tuple[str, ...]
    region: str

    def each(self) -> Iterator[str]:
        for effect in self.effects:
            for one in self.ids:
                yield fingerprint(self.principal, effect, one, self.region)


class Declines:
    """Declines in the store, so that they survive restarts and hold for all replicas."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def note(self, about: About) -> None:
        """Record a decline, valid for 24 hours."""
        for key in about.each():
            if not self._store.put("decline", key, {}, _BARRED_FOR):
                self._store.swap("decline", key, {}, {}, _BARRED_FOR)  # a second decline starts the time anew

    def forget(self, about: About) -> None:
        """Remove the decline after a later yes to the same effect."""
        for key in about.each():
            self._store.take("decline", key)

    def bars(self, about: About) -> bool:
        """Whether the caller declined any part of `about` in the last 24 hours."""
        return any(self._store.get("decline", key) is not None for key in about.each())

    def may_show_form(self, about: About) -> bool:
        """Take one of the forms allowed for each barred part of `about`. False if none is left."""
        barred = [key for key in about.each() if self._store.get("decline", key) is not None]
        return all(self._claim(key) for key in barred)

    def _claim(self, key: str) -> bool:
        return any(self._store.put("form", f"{key} {number}", {}, _WITHIN) for number in range(_FORMS))
