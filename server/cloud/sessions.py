"""The SDK's clients for each caller: one set for all, or with PAI_DLC_ROLE_ARN one for each session of that role."""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from pai_dlc_mcp.server.cloud import endpoints
from pai_dlc_mcp.server.cloud.credentials import AssumedRole, Credentials
from pai_dlc_mcp.server.settings import Settings

if TYPE_CHECKING:
    from pai_dlc_mcp.server.cloud.clients import Clients

_MOST = 64  # callers whose sessions are kept, the most recent ones


class Sessions:
    """Blocking calls for worker threads; thread-safe. `caller`: the session name."""

    def __init__(self, settings: Settings, credentials: Credentials) -> None:
        self._settings, self._credentials = settings, credentials
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[Credentials, list[Clients]]] = OrderedDict()

    def arn(self, caller: str) -> str | None:
        """The ARN of the caller's session as STS writes it; None without a role."""
        role = self._settings.role_arn
        return f"{role.replace(':role/', ':assumed-role/', 1)}/{caller}" if role else None

    def source(self, caller: str) -> str:
        """The provider that yields the key; never a key. Raises CloudError."""
        return self._session(caller)[0].source()

    def clients(self, caller: str) -> "Clients":
        """The caller's clients. Raises CloudError if the role cannot be assumed."""
        credentials, clients = self._session(caller)
        if self._settings.role_arn:
            credentials.source()  # the SDK would report missing credentials instead
        with self._lock:
            if not clients:
                from pai_dlc_mcp.server.cloud.clients import Clients

                clients.append(Clients(self._settings, credentials.config()))
            return clients[0]

    def forget(self, caller: str) -> None:
        """The caller's session, whose key the service takes no more: the next call begins a new one."""
        if self._settings.role_arn:
            with self._lock:
                self._known.pop(caller, None)

    def _session(self, caller: str) -> "tuple[Credentials, list[Clients]]":
        name = caller if self._settings.role_arn else ""
        with self._lock:
            if name not in self._known:
                self._known[name] = (self._assumed(caller), [])
            self._known.move_to_end(name)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
            return self._known[name]

    def _assumed(self, caller: str) -> Credentials:
        settings = self._settings
        if not settings.role_arn:
            return self._credentials
        region = settings.region or endpoints.profile_region()
        sts = endpoints.host("sts", region or "", settings) if region or settings.endpoint else ""
        return AssumedRole(self._credentials, settings.role_arn, caller, sts)
