"""A user's no: it bars every way of asking for the same effect on the same thing, except a new form now and then."""

from collections.abc import Iterator
from dataclasses import dataclass

from pai_dlc_mcp.server.safety.confirmation import fingerprint
from pai_dlc_mcp.server.safety.store import Store

_BARRED_FOR = 24 * 3600.0  # seconds
_FORMS, _WITHIN = 3, 3600.0  # so many new forms in so many seconds


@dataclass(frozen=True)
class About:
    """What a no is about: each effect on each of the ids, for one caller. A no to two jobs is a no to either."""

    principal: str
    effects: tuple[str, ...]
    ids: tuple[str, ...]
    region: str

    def each(self) -> Iterator[str]:
        for effect in self.effects:
            for one in self.ids:
                yield fingerprint(self.principal, effect, one, self.region)


class Declines:
    """Kept in the store, so that no restart and no replica forgets one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def note(self, about: About) -> None:
        for key in about.each():
            if not self._store.put("decline", key, {}, _BARRED_FOR):
                self._store.swap("decline", key, {}, {}, _BARRED_FOR)  # a second no counts from now

    def forget(self, about: About) -> None:
        """A later yes to the same thing settles it."""
        for key in about.each():
            self._store.take("decline", key)

    def bars(self, about: About) -> bool:
        return any(self._store.get("decline", key) is not None for key in about.each())

    def may_show_form(self, about: About) -> bool:
        """Claims one of the hour's forms for each thing that is barred; False where there is none left."""
        barred = [key for key in about.each() if self._store.get("decline", key) is not None]
        return all(self._claim(key) for key in barred)

    def _claim(self, key: str) -> bool:
        return any(self._store.put("form", f"{key} {number}", {}, _WITHIN) for number in range(_FORMS))
