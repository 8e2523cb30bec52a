"""Where the access key comes from. Resolved once, in a worker thread; a value is never shown, logged or passed on."""

import os
import socket
from typing import Any, Protocol

_METADATA = ("100.100.100.200", 80)
_METADATA_SECONDS = 0.3  # inside Alibaba Cloud it answers in a millisecond; the SDK's own probes take 2 s a call


class Credentials(Protocol):
    """Yields the SDK Config's credential arguments; called in a worker thread."""

    def config(self) -> dict[str, Any]: ...


class StaticKey:
    """A fixed access key: the emulator's."""

    def __init__(self, access_key_id: str, access_key_secret: str) -> None:
        self._id, self._secret = access_key_id, access_key_secret

    def __repr__(self) -> str:
        return "StaticKey(***)"

    def config(self) -> dict[str, Any]:
        return {"access_key_id": self._id, "access_key_secret": self._secret}


class DefaultChain:
    """The SDK's chain: environment, OIDC, aliyun CLI profile, credentials.ini, ECS role, credentials URI."""

    def config(self) -> dict[str, Any]:
        """Import and build the chain. The library reads the environment when it is imported, so the ECS step,
        2 s of silence on every call elsewhere, is switched off before that where nothing answers."""
        explicit = ("ALIBABA_CLOUD_ECS_METADATA", "ALIBABA_CLOUD_ECS_METADATA_DISABLED")
        if not any(name in os.environ for name in explicit) and not _metadata_answers():
            os.environ["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true"
        from alibabacloud_credentials.client import (
            Client,
        )  # the SDK is imported on the first call, in a thread

        quiet_logs()
        return {"credential": Client()}


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
