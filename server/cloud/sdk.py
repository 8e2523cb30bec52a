"""The SDKs' clients, keeping each answer as it came. Imported on the first call, in a worker thread: it takes 0.4 s."""

import re
from collections.abc import Mapping
from typing import Any

from alibabacloud_aiworkspace20210204.client import Client as AiWorkspaceSdk
from alibabacloud_pai_dlc20201203.client import Client as PaiDlcSdk
from alibabacloud_tea_openapi.client import Client as OpenApiSdk
from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions

from pai_dlc_mcp.server.cloud.endpoints import Product
from pai_dlc_mcp.server.cloud.request_check import request_model


class Call(RuntimeOptions):
    """The options of one call, and its answer: headers, statusCode, body."""

    answer: Mapping[str, Any] | None = None


class Recording(OpenApiSdk):
    """Leaves the answer in the call's options: the generated response models drop every field they do not know."""

    def call_api(self, params: Any, request: Any, runtime: Any) -> Any:
        sdk: Any = super()
        runtime.answer = sdk.call_api(params, request, runtime)
        return runtime.answer


class PaiDlc(PaiDlcSdk, Recording):
    """PAI-DLC's generated client."""


class AiWorkspace(AiWorkspaceSdk, Recording):
    """AIWorkSpace's generated client."""


CLIENTS: dict[Product, type[Recording]] = {
    "pai-dlc": PaiDlc,
    "aiworkspace": AiWorkspace,
    "pai": Recording,
    "sts": Recording,
}
# Called by path with the SDKs' common client: no third and fourth SDK.
_BY_PATH: dict[Product, dict[str, str]] = {
    "pai": {"version": "2022-01-12", "style": "ROA", "method": "GET", "req_body_type": "json"},
    "sts": {"version": "2015-04-01", "style": "RPC", "method": "POST", "req_body_type": "formData"},
}


def call_method(client: Any, product: Product, action: str, path: tuple[str, ...], params: Mapping[str, Any]) -> Any:
    """Call the generated method and return the answer's body: `GetJob` is get_job_with_options(job_id, …)."""
    call = Call()
    method = getattr(client, re.sub(r"(?<=.)(?=[A-Z])", "_", action).lower() + "_with_options")
    request = request_model(product, action, params)
    method(*path, *([] if request is None else [request]), {}, call)
    return (call.answer or {}).get("body")


def call_path(client: Any, product: Product, action: str, pathname: str, params: Mapping[str, Any]) -> Any:
    """Call an operation that has no generated client here, and return the answer's body."""
    operation = Params(
        action=action, pathname=pathname, protocol="HTTPS", auth_type="AK", body_type="json", **_BY_PATH[product]
    )
    request = OpenApiRequest(query={key: str(value) for key, value in params.items()}, headers={})
    return client.call_api(operation, request, Call()).get("body")
