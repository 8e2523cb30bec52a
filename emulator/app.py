"""The HTTP application: the table of routes, and a request's way through signature, faults and operation."""

from collections.abc import Callable
from urllib.parse import parse_qsl, unquote

from starlette import requests as http
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pai_dlc_mcp.emulator import (
    access,
    control,
    dashboards,
    errors,
    events,
    faults,
    images,
    jobs,
    logs,
    metrics,
    quotas,
    sanity,
    signals,
    signature,
    sources,
    specs,
    tags,
    templates,
    tensorboards,
    wire,
    workspaces,
)
from pai_dlc_mcp.emulator.control import World
from pai_dlc_mcp.emulator.errors import ServiceError
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import Account

Operation = Callable[[Account, Request], Json]
DLC, WORKSPACE, STUDIO = "2020-12-03", "2021-02-04", "2022-01-12"

ROUTES: dict[str, dict[str, Operation]] = {
    DLC: {
        "POST /api/v1/jobs": jobs.create_job,
        "GET /api/v1/jobs": jobs.list_jobs,
        "GET /api/v1/jobs/{JobId}": jobs.get_job,
        "PUT /api/v1/jobs/{JobId}": jobs.update_job,
        "POST /api/v1/jobs/{JobId}/stop": jobs.stop_job,
        "DELETE /api/v1/jobs/{JobId}": jobs.delete_job,
        "GET /api/v1/jobs/{JobId}/pods/{PodId}/logs": logs.get_pod_logs,
        "GET /api/v1/jobs/{JobId}/pods/{PodId}/events": events.get_pod_events,
        "GET /api/v1/jobs/{JobId}/events": events.get_job_events,
        "GET /api/v1/jobs/{JobId}/metrics": metrics.get_job_metrics,
        "GET /api/v1/cms/metrics": metrics.get_metrics,
        "GET /api/v1/jobs/{JobId}/sanitycheckresults": sanity.list_job_sanity_check_results,
        "GET /api/v1/jobs/{JobId}/sanitycheckresult": sanity.get_job_sanity_check_result,
        "GET /api/v1/ecsspecs": specs.list_ecs_specs,
        "GET /api/v1/jobs/{JobId}/pods/{PodId}/webterminal": access.get_web_terminal,
        "GET /api/v1/tokens": access.get_token,
        "POST /api/v1/jobtemplates": templates.create_job_template,
        "GET /api/v1/jobtemplates": templates.list_job_templates,
        "GET /api/v1/jobtemplates/{TemplateId}": templates.get_job_template,
        "PUT /api/v1/jobtemplates/{TemplateId}": templates.update_job_template,
        "PUT /api/v1/jobtemplates/{TemplateId}/defaultversion": templates.set_job_template_default_version,
        "DELETE /api/v1/jobtemplates/{TemplateId}": templates.delete_job_template,
        "POST /api/v1/tensorboards": tensorboards.create_tensorboard,
        "GET /api/v1/tensorboards": tensorboards.list_tensorboards,
        "GET /api/v1/tensorboards/{TensorboardId}": tensorboards.get_tensorboard,
        "PUT /api/v1/tensorboards/{TensorboardId}": tensorboards.update_tensorboard,
        "PUT /api/v1/tensorboards/{TensorboardId}/start": tensorboards.start_tensorboard,
        "PUT /api/v1/tensorboards/{TensorboardId}/stop": tensorboards.stop_tensorboard,
        "DELETE /api/v1/tensorboards/{TensorboardId}": tensorboards.delete_tensorboard,
        "GET /api/v1/tensorboards/{TensorboardId}/sharedurl": tensorboards.get_tensorboard_shared_url,
        "GET /api/v1/jobs/{JobId}/dashboard": dashboards.get_dashboard,
        "GET /api/v1/jobs/{JobId}/rayDashboard": dashboards.get_ray_dashboard,
        "POST /api/v1/jobs/{JobId}/signals": signals.create_signal,
        "GET /api/v1/jobs/{JobId}/signals": signals.list_signals,
        "GET /api/v1/jobs/{JobId}/signals/{SignalId}": signals.get_signal,
        "POST /api/v1/tags": tags.tag_resources,
        "DELETE /api/v1/tags": tags.untag_resources,
    },
    WORKSPACE: {
        "GET /api/v1/workspaces": workspaces.list_workspaces,
        "GET /api/v1/workspaces/{WorkspaceId}": workspaces.get_workspace,
        "GET /api/v1/defaultWorkspaces": workspaces.get_default_workspace,
        "GET /api/v1/workspaces/{WorkspaceId}/permissions": workspaces.list_permissions,
        "GET /api/v1/workspaces/{WorkspaceId}/permissions/{PermissionCode}": workspaces.get_permission,
        "GET /api/v1/products": workspaces.list_products,
        "GET /api/v1/quotas": workspaces.list_quotas,
        "GET /api/v1/resources": quotas.list_resources,
        "GET /api/v1/image/labels": images.list_image_labels,
        "GET /api/v1/images": images.list_images,
        "GET /api/v1/images/{ImageId}": images.get_image,
        "GET /api/v1/datasets": sources.list_datasets,
        "GET /api/v1/datasets/{DatasetId}": sources.get_dataset,
        "GET /api/v1/datasets/{DatasetId}/versions": sources.list_dataset_versions,
        "GET /api/v1/datasets/{DatasetId}/versions/{VersionName}": sources.get_dataset_version,
        "GET /api/v1/codesources": sources.list_code_sources,
        "GET /api/v1/codesources/{CodeSourceId}": sources.get_code_source,
    },
    STUDIO: {
        "GET /api/v1/quotas": quotas.list_quotas,
        "GET /api/v1/quotas/{QuotaId}": quotas.get_quota,
        "GET /api/v1/quotas/{QuotaId}/workloads": quotas.list_quota_workloads,
        "GET /api/v1/quotas/{QuotaId}/workloads/{WorkloadId}/diagnosis": quotas.get_quota_workload_diagnosis,
        "GET /api/v1/nodes": quotas.list_nodes,
    },
}
"""By API version, which is how the three products are told apart at one address; the action's name is the
function's."""

RAM = {
    WORKSPACE: "paiworkspace",
    STUDIO: "paistudio",
    "image": "paiimage",
    "images": "paiimage",
    "datasets": "paidataset",
    "codesources": "paicodesource",
}
"""The RAM prefix of an action, by product or by the noun of its path; the rest is paidlc."""

REQUEST_ID = {
    "ListJobSanityCheckResults": "RequestID",
    "GetJobSanityCheckResult": "RequestID",
    "GetDashboard": "",
    "GetRayDashboard": "",
}
"""Where the request id goes if not into RequestId; dashboards have none."""

SECRETS = ("authorization", "x-acs-security-token", "x-acs-accesskey-id")


def action_of(operation: Operation) -> str:
    return operation.__name__.title().replace("_", "")


def find(version: str, method: str, path: str) -> tuple[Operation | None, dict[str, str]]:
    """The operation and the path's parameters; segments are decoded one by one, so %2F is not a separator."""
    segments = [unquote(segment) for segment in path.removesuffix("/").split("/")]
    for route, operation in ROUTES.get(version, {}).items():
        verb, _, pattern = route.partition(" ")
        parts = pattern.split("/")
        if verb == method and len(parts) == len(segments):
            pairs = list(zip(parts, segments, strict=True))
            if all(part == segment or part.startswith("{") for part, segment in pairs):
                return operation, {part[1:-1]: segment for part, segment in pairs if part.startswith("{")}
    return None, {}


def create(world: World) -> ASGIApp:
    """The ASGI application for one world."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        incoming = http.Request(scope, receive)
        body = await incoming.body()
        path = scope["raw_path"].decode()
        if path.startswith("/emulator/"):
            await side_door(world, incoming, body)(scope, receive, send)
            return
        call = Call(world, incoming, path, body)
        fault = world.faults.take(call.request.action)
        kind = fault.kind if fault else ""
        if kind == "early_close":
            await wire.drop(scope, receive)
            return
        response = call.answer(fault)
        seconds = fault.seconds if fault else 0.0
        if fault and fault.drops_response:
            await wire.drop(scope, receive)
        elif kind == "slow_drip":
            await wire.drip(response, seconds, receive, send)
        elif kind != "delay" or not await wire.gone(receive, seconds):
            await response(scope, receive, send)

    return app


class Call:
    """One request on its way to its answer."""

    def __init__(self, world: World, incoming: http.Request, path: str, body: bytes) -> None:
        self.world = world
        self.incoming = incoming
        self.raw_body = body
        self.raw_path = path
        self.raw_query: str = incoming.scope["query_string"].decode()
        headers = dict(incoming.headers)
        self.version = headers.get("x-acs-version", "")
        self.operation, ids = find(self.version, incoming.method, path)
        self.request = Request(
            action=action_of(self.operation) if self.operation else headers.get("x-acs-action", ""),
            method=incoming.method,
            path=path,
            query=dict(parse_qsl(self.raw_query, keep_blank_values=True)),
            body=wire.parsed(body),
            user_agent=headers.get("user-agent", ""),
            headers={name: value for name, value in headers.items() if name not in SECRETS},
            ids=ids,
        )
        world.requests.append(self.request)

    def answer(self, fault: Fault | None) -> Response:
        """Carries the operation out, unless the signature or a fault stands against it."""
        request_id = self.world.account.new_request_id()
        try:
            if refusal := faults.refusal(fault, self.ram_action()):
                raise refusal
            if fault and fault.kind == "html_502":
                return HTMLResponse("<html><head><title>502 Bad Gateway</title></head></html>", 502)
            if fault and fault.kind == "redirect":
                return RedirectResponse(fault.url, 307)
            signature.verify(
                self.world.account.keys,
                self.request.method,
                self.raw_path,
                self.raw_query,
                self.incoming.headers,
                self.raw_body,
            )
            if not self.operation:
                message = "Specified api is not found, please check your url and method."
                raise ServiceError(404, "InvalidAction.NotFound", message)
            body = faults.after_commit(fault, self.world.account, self.carry_out(self.operation))
        except ServiceError as error:
            host = self.incoming.headers.get("host", "")
            return wire.reply(error.status, error.body(request_id, host), request_id, error.headers)
        key = REQUEST_ID.get(self.request.action, "RequestId")
        whole = {**body, key: request_id} if key else body
        if fault and fault.kind in ("gzip_bomb", "large_body"):
            return wire.padded(whole, fault.megabytes, compressed=fault.kind == "gzip_bomb")
        return wire.reply(200, whole, request_id)

    def carry_out(self, operation: Operation) -> Json:
        """A body whose values have the wrong types is the caller's mistake; without a body it would be ours."""
        try:
            return operation(self.world.account, self.request)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            if not self.request.body:
                raise
            raise errors.invalid(f"The body has a value of the wrong type: {error}.") from error

    def ram_action(self) -> str:
        segment = (self.raw_path.split("/") + [""] * 4)[3]
        return f"{RAM.get(segment) or RAM.get(self.version) or 'paidlc'}:{self.request.action}"


def side_door(world: World, incoming: http.Request, body: bytes) -> Response:
    door = incoming.url.path.removeprefix("/emulator/")
    try:
        return wire.reply(200, control.answer(world, door, incoming.method, wire.parsed(body) or {}), "")
    except ServiceError as error:
        return wire.reply(error.status, error.body("", ""), "")
