"""The SDK's clients of one server, built once a product and region, in a worker thread.

The SDK is imported here on the first call: it takes 0.4 s and 50 MB.
"""

import threading
import uuid
from collections.abc import Mapping
from typing import Any, cast

from pai_dlc_mcp.server.cloud import endpoints
from pai_dlc_mcp.server.cloud.credentials import Credentials, quiet_logs
from pai_dlc_mcp.server.cloud.endpoints import Product
from pai_dlc_mcp.server.cloud.errors import CloudError, no_credentials
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.settings import Settings

USER_AGENT = f"AlibabaCloud-Agent-Skills/alibabacloud-pai-dlc-job/{uuid.uuid4().hex}"  # one session id a process


class Clients:
    """Blocking calls, for worker threads; safe to use from several."""

    def __init__(self, settings: Settings, credentials: Credentials) -> None:
        self._settings = settings
        self._credentials = credentials
        self._lock = threading.Lock()
        self._clients: dict[tuple[Product, str], Any] = {}
        self._credential_config: dict[str, Any] | None = None

    def call(
        self,
        product: Product,
        action: str,
        region: str,
        path: tuple[str, ...],
        params: Mapping[str, Any],
        pathname: str | None,
    ) -> dict[str, Any]:
        """Send one request and return the object of its answer. Raises CloudError; Failure for a bad parameter."""
        host = endpoints.host(product, region, self._settings)
        client = self._client(product, region, host)
        from Tea.exceptions import TeaException

        from pai_dlc_mcp.server.cloud import refusals, sdk

        try:
            if pathname is None:
                body = sdk.call_method(client, product, action, path, params)
            else:
                body = sdk.call_path(client, product, action, pathname, params)
        except TeaException as error:
            refused: CloudError = refusals.from_sdk(error, product, action, host)
        else:
            if isinstance(body, dict):
                return cast("dict[str, Any]", body)
            refused = refusals.no_answer("invalid_answer", action, host)  # JSON, but not an object
        raise refused  # out here: as a context, the SDK's exception would carry the signed headers along

    def key_source(self) -> str:
        """Which step of the credential chain yields a key; never a value. Raises CloudError."""
        with self._lock:
            config = self._resolved()
        if "credential" not in config:
            return "static key of the emulator"
        from alibabacloud_credentials.exceptions import CredentialException

        try:
            return str(config["credential"].get_credential().provider_name)
        except CredentialException:
            raise no_credentials() from None  # its text quotes each provider's

    def _client(self, product: Product, region: str, host: str) -> Any:
        with self._lock:
            client = self._clients.get((product, region))
            if client is None:
                client = self._clients[product, region] = self._new_client(product, host)
            return client

    def _resolved(self) -> dict[str, Any]:
        if self._credential_config is None:
            self._credential_config = self._credentials.config()
        return self._credential_config

    def _new_client(self, product: Product, host: str) -> Any:
        settings = self._settings
        if settings.protocol == "http" and not endpoints.is_loopback(host):
            raise Failure(
                f"Plain HTTP to {host} is refused: requests carry a signature and job secrets.",
                fix="Ask the operator to set PAI_DLC_PROTOCOL=https.",
                code="PlainHttpRefused",
            )
        credential = self._resolved()  # before any other part of the SDK: see DefaultChain
        from alibabacloud_tea_openapi.models import Config

        from pai_dlc_mcp.server.cloud import sdk, transport

        quiet_logs()
        transport.guard(settings.protocol, host, settings.max_response_mb * 1_000_000)
        return sdk.CLIENTS[product](
            Config(
                **credential,
                endpoint=host,
                protocol=settings.protocol.upper(),
                connect_timeout=int(settings.connect_timeout * 1000),
                read_timeout=int(settings.read_timeout * 1000),
                user_agent=USER_AGENT,
            )
        )
