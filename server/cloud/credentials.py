"""Where the access key comes from. Resolved once, in a worker thread; a value is never shown, logged or passed on."""

import os
import socket
import threading
from typing import Any, Protocol

from pai_dlc_mcp.server.cloud.errors import no_credentials

_METADATA = ("100.100.100.200", 80)
_METADATA_SECONDS = 0.3  # inside Alibaba Cloud it answers in a millisecond; the SDK's own probes take 2 s a call


class Credentials(Protocol):
    """Blocking calls, for worker threads."""

    def config(self) -> dict[str, Any]:
        """The SDK Config's credential arguments."""
        ...

    def source(self) -> str:
        """Which step of a chain yields the key, e.g. `default/env`; never a value. Raises CloudError."""
        ...


class StaticKey:
    """A fixed access key: the emulator's."""

    def __init__(self, access_key_id: str, access_key_secret: str) -> None:
        self._id, self._secret = access_key_id, access_key_secret

    def __repr__(self) -> str:
        return "StaticKey(***)"

    def config(self) -> dict[str, Any]:
        return {"access_key_id": self._id, "access_key_secret": self._secret}

    def source(self) -> str:
        return "static key of the emulator"


class DefaultChain:
    """The SDK's chain: environment, OIDC, aliyun CLI profile, credentials.ini, ECS role, credentials URI."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._client: Any = None

    def config(self) -> dict[str, Any]:
        return {"credential": self._chain()}

    def source(self) -> str:
        chain = self._chain()
        from alibabacloud_credentials.exceptions import CredentialException

        try:
            return str(chain.get_credential().provider_name)
        except CredentialException:
            raise no_credentials() from None  # its text quotes each provider's

    def _chain(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = _new_chain()
            return self._client


def _new_chain() -> Any:
    """The ECS step, 2 s of silence on every call elsewhere, is switched off where nothing answers, unless the
    environment says what to do."""
    from alibabacloud_credentials.client import Client
    from alibabacloud_credentials.utils import auth_util

    explicit = ("ALIBABA_CLOUD_ECS_METADATA", "ALIBABA_CLOUD_ECS_METADATA_DISABLED")
    if not any(name in os.environ for name in explicit) and not _metadata_answers():
        auth_util.environment_ecs_metadata_disabled = "true"
    quiet_logs()
    return Client()


def _metadata_answers() -> bool:
    try:
        socket.create_connection(_METADATA, timeout=_METADATA_SECONDS).close()
    except OSError:
        return False
    return True


def quiet_logs() -> None:
    """The SDK's loggers add handlers of their own at import and print tracebacks twice; ours reports instead."""
    import logging

    for name in ("credentials", "darabonba-core", "apscheduler", "alibabacloud-tea"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(logging.CRITICAL)
