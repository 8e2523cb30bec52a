"""The sealed state of a form (protocol 2026-07-28). Each state is accepted once, on any replica."""

from mcp.server.mcpserver import AESGCMRequestStateCodec, InvalidRequestState

from pai_dlc_mcp.server.safety.store import Store, digest


class OnceCodec(AESGCMRequestStateCodec):
    """The SDK's codec; in addition a state is stored when sealed and removed when opened. Otherwise a repeated answer
    would run the tool twice, and a changed answer could turn a no into a yes."""

    def __init__(self, keys: list[bytes], seconds: float, store: Store) -> None:
        super().__init__(keys)
        self._seconds, self._store = seconds, store

    def seal(self, payload: bytes) -> str:
        """Seal and store a state. Raises OSError or ValueError if it cannot be stored; the question is then not
        asked."""
        token = super().seal(payload)
        self._store.put("state", digest(token), {}, self._seconds)
        return token

    def unseal(self, token: str) -> bytes:
        """Open a state. Raises InvalidRequestState for a state with another key, a changed one, and one already
        answered."""
        payload = super().unseal(token)
        if self._store.take("state", digest(token)) is None:
            raise InvalidRequestState("this state is not waiting for an answer")
        return payload
