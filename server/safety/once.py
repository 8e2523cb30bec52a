"""What holds once, or for a while, in this process: sealed form states that were answered, and a user's no."""

import hashlib
from collections.abc import Callable, Hashable

from mcp.server.mcpserver import AESGCMRequestStateCodec, InvalidRequestState


class Remembered:
    """Keys that were noted, each for `seconds`. Not shared with other processes and gone with this one."""

    def __init__(self, seconds: float, now: Callable[[], float]) -> None:
        self._seconds, self._now = seconds, now
        self._until: dict[Hashable, float] = {}

    def note(self, key: Hashable) -> None:
        now = self._now()
        self._until = {known: until for known, until in self._until.items() if until > now}
        self._until[key] = now + self._seconds

    def __contains__(self, key: Hashable) -> bool:
        return self._until.get(key, 0.0) > self._now()


class OnceCodec(AESGCMRequestStateCodec):
    """The SDK's codec, except that a sealed state opens once: a form that was answered cannot be answered again, with
    the same answer (three yeses would run the tool three times) or with another."""

    def __init__(self, keys: list[bytes], seconds: float, now: Callable[[], float]) -> None:
        super().__init__(keys)
        self._opened = Remembered(seconds, now)

    def unseal(self, token: str) -> bytes:
        """Raises InvalidRequestState for a token of another key, a changed one, and one that was opened before."""
        payload = super().unseal(token)
        digest = hashlib.sha256(token.encode()).digest()
        if digest in self._opened:
            raise InvalidRequestState("this state has been answered already")
        self._opened.note(digest)
        return payload
