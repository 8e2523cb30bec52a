"""The sealed state of a form (protocol 2026-07-28): answered once, whatever the answer and on any replica."""

from mcp.server.mcpserver import AESGCMRequestStateCodec, InvalidRequestState

from pai_dlc_mcp.server.safety.store import Store, digest


class OnceCodec(AESGCMRequestStateCodec):
    """The SDK's codec, except that a state is put into the store when it is sealed and taken when it is opened: with
    the same answer again the tool would run again, and with another a no would become a yes."""

    def __init__(self, keys: list[bytes], seconds: float, store: Store) -> None:
        super().__init__(keys)
        self._seconds, self._store = seconds, store

    def seal(self, payload: bytes) -> str:
        """Raises OSError or ValueError when the store cannot keep it: then nothing is asked."""
        token = super().seal(payload)
        self._store.put("state", digest(token), {}, self._seconds)
        return token

    def unseal(self, token: str) -> bytes:
        """Raises InvalidRequestState for a token of another key, a changed one, and one that was answered before."""
        payload = super().unseal(token)
        if self._store.take("state", digest(token)) is None:
            raise InvalidRequestState("this state is not waiting for an answer")
        return payload
