"""Where the access key comes from. Resolved once, in a worker thread; no key is shown or logged."""

import os
import re
import socket
import threading
from typing import Any, Protocol

from pai_dlc_mcp.server.cloud.errors import CloudError, no_credentials

_METADATA = ("100.100.100.200", 80)
_METADATA_SECONDS = 0.3  # inside Alibaba Cloud it answers in a millisecond; the SDK's own probe takes 2 s for each call


class Credentials(Protocol):
    """A source of the access key. Blocking calls, for worker threads."""

    def config(self) -> dict[str, Any]:
        """The credential arguments of the SDK's Config."""
        ...

    def source(self) -> str:
        """The step of the chain that yields the key, such as `default/env`; never a key. Raises CloudError."""
        ...

    def provider(self) -> Any:
        """The SDK's provider object, for credentials that are built on this one."""
        ...


class StaticKey:
    """A fixed access key, for the emulator."""

    def __init__(self, access_key_id: str, access_key_secret: str) -> None:
        self._id, self._secret = access_key_id, access_key_secret

    def __repr__(self) -> str:
        return "StaticKey(***)"

    def config(self) -> dict[str, Any]:
        return {"access_key_id": self._id, "access_key_secret": self._secret}

    def source(self) -> str:
        return "static key of the emulator"

    def provider(self) -> Any:
        from alibabacloud_credentials.provider import StaticAKCredentialsProvider

        return StaticAKCredentialsProvider(access_key_id=self._id, access_key_secret=self._secret)


class DefaultChain:
    """The SDK's default chain: environment, OIDC, aliyun CLI profile, credentials.ini, ECS role, credentials URI."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._chain: Any = None

    def config(self) -> dict[str, Any]:
        return _config(self.provider())

    def source(self) -> str:
        """The provider of the chain that has a key. Raises CloudError (NoCredentials)."""
        chain = self.provider()
        from alibabacloud_credentials.exceptions import CredentialException

        try:
            return str(chain.get_credentials().get_provider_name())
        except CredentialException:
            raise no_credentials() from None  # its text quotes the text of each provider

    def provider(self) -> Any:
        with self._lock:
            if self._chain is None:
                self._chain = _new_chain()
            return self._chain


class AssumedRole:
    """The session of a RAM role; its name is in the audit of the cloud for each call. The key is renewed 15 minutes
    before it expires. `sts`: STS host, "" for the SDK's default."""

    def __init__(self, base: Credentials, role: str, session: str, sts: str) -> None:
        self._role, self._session = role, session
        from alibabacloud_credentials.provider import RamRoleArnCredentialsProvider

        self._provider: Any = RamRoleArnCredentialsProvider(
            credentials_provider=base.provider(), role_arn=role, role_session_name=session, sts_endpoint=sts
        )
        quiet_logs()

    def config(self) -> dict[str, Any]:
        return _config(self._provider)

    def source(self) -> str:
        """Raises CloudError if the role cannot be assumed; no request is then sent."""
        from alibabacloud_credentials.exceptions import CredentialException
        from Tea.exceptions import RetryError

        try:
            return str(self._provider.get_credentials().get_provider_name())
        except CredentialException as error:
            said = re.search(r'"Code"\s*:\s*"([A-Za-z0-9.]{1,100})"', str(error))  # the rest quotes keys and tokens
            if not said:
                raise no_credentials() from None
            raise self._refused(said[1]) from None
        except (RetryError, ValueError, TypeError):  # no connection; no JSON, or of another shape
            raise CloudError(
                f"STS gave no answer, so {self._role} was not assumed and nothing was sent.",
                fix="Try again; if it persists, check the network from this machine to STS.",
                code="ConnectionFailed",
                kind="unreachable",
            ) from None

    def provider(self) -> Any:
        return self._provider

    def _refused(self, code: str) -> CloudError:
        return CloudError(
            f"{self._role} could not be assumed as {self._session} ({code}); nothing was sent.",
            fix="Ask the operator to let this server's own identity assume the role (sts:AssumeRole, and the role's "
            "trust policy), or to correct PAI_DLC_ROLE_ARN.",
            code=code,
            kind="credentials",
        )


def _config(provider: Any) -> dict[str, Any]:
    from alibabacloud_credentials.client import Client

    return {"credential": Client(provider=provider)}


def _new_chain() -> Any:
    """The SDK's chain. Its ECS step waits 2 s in each call outside Alibaba Cloud; it is turned off if the metadata
    service does not answer, unless the environment configures it."""
    from alibabacloud_credentials.provider import DefaultCredentialsProvider
    from alibabacloud_credentials.utils import auth_util

    explicit = ("ALIBABA_CLOUD_ECS_METADATA", "ALIBABA_CLOUD_ECS_METADATA_DISABLED")
    if not any(name in os.environ for name in explicit) and not _metadata_answers():
        auth_util.environment_ecs_metadata_disabled = "true"
    quiet_logs()
    return DefaultCredentialsProvider()


def _metadata_answers() -> bool:
    try:
        socket.create_connection(_METADATA, timeout=_METADATA_SECONDS).close()
    except OSError:
        return False
    return True


def quiet_logs() -> None:
    """Remove the handlers that the SDK's loggers add at import, which print tracebacks; this server reports errors
    itself."""
    import logging

    for name in ("credentials", "darabonba-core", "apscheduler", "alibabacloud-tea"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(logging.CRITICAL)
