"""The table of operations: the function for each product, method and path."""

from collections.abc import Callable
from urllib.parse import unquote

from pai_dlc_mcp.emulator import (
    access,
    dashboards,
    events,
    images,
    job_list,
    jobs,
    logs,
    metrics,
    nodes,
    queue,
    quotas,
    ray_history,
    sanity,
    signals,
    sources,
    specs,
    spot_prices,
    tags,
    templates,
    tensorboards,
    workspaces,
)
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.schema.check import OPERATIONS
from pai_dlc_mcp.emulator.state import Account

Operation = Callable[[Account, Request], Json]
DLC, WORKSPACE, STUDIO = "2020-12-03", "2021-02-04", "2022-01-12"

ANSWERS: dict[str, tuple[Operation, ...]] = {
    DLC: (
        jobs.create_job,
        job_list.list_jobs,
        jobs.get_job,
        jobs.update_job,
        jobs.stop_job,
        jobs.delete_job,
        logs.get_pod_logs,
        events.get_pod_events,
        events.get_job_events,
        metrics.get_job_metrics,
        metrics.get_metrics,
        sanity.list_job_sanity_check_results,
        sanity.get_job_sanity_check_result,
        specs.list_ecs_specs,
        access.get_web_terminal,
        access.get_token,
        templates.create_job_template,
        templates.list_job_templates,
        templates.get_job_template,
        templates.update_job_template,
        templates.set_job_template_default_version,
        templates.delete_job_template,
        tensorboards.create_tensorboard,
        tensorboards.list_tensorboards,
        tensorboards.get_tensorboard,
        tensorboards.update_tensorboard,
        tensorboards.start_tensorboard,
        tensorboards.stop_tensorboard,
        tensorboards.delete_tensorboard,
        tensorboards.get_tensorboard_shared_url,
        ray_history.create_ray_history_server,
        ray_history.list_ray_history_servers,
        ray_history.get_ray_history_server,
        ray_history.start_ray_history_server,
        ray_history.stop_ray_history_server,
        ray_history.delete_ray_history_server,
        dashboards.get_dashboard,
        dashboards.get_ray_dashboard,
        signals.create_signal,
        signals.list_signals,
        signals.get_signal,
        tags.tag_resources,
        tags.untag_resources,
    ),
    WORKSPACE: (
        workspaces.list_workspaces,
        workspaces.get_workspace,
        workspaces.get_default_workspace,
        workspaces.list_permissions,
        workspaces.get_permission,
        workspaces.list_products,
        workspaces.list_quotas,
        quotas.list_resources,
        images.list_image_labels,
        images.list_images,
        images.get_image,
        sources.list_datasets,
        sources.get_dataset,
        sources.list_dataset_versions,
        sources.get_dataset_version,
        sources.list_code_sources,
        sources.get_code_source,
    ),
    STUDIO: (
        quotas.list_quotas,
        quotas.get_quota,
        queue.list_quota_workloads,
        queue.get_quota_workload_diagnosis,
        queue.list_quota_active_user_usages,
        nodes.list_nodes,
        nodes.list_node_pods,
        spot_prices.get_spot_price_history,
    ),
}
"""By API version, by which the three products are distinguished at one address."""


def action_of(operation: Operation) -> str:
    """The action's name, derived from the function's."""
    return operation.__name__.title().replace("_", "")


ROUTES: dict[str, dict[str, Operation]] = {
    version: {OPERATIONS[version][action_of(operation)]["route"]: operation for operation in operations}
    for version, operations in ANSWERS.items()
}
"""By API version, `METHOD /path/{Parameter}`."""

_PATTERNS = {
    version: [
        (route.partition(" ")[0], route.partition(" ")[2].removesuffix("/").split("/"), operation)
        for route, operation in routes.items()
    ]
    for version, routes in ROUTES.items()
}


def find(version: str, method: str, path: str) -> tuple[Operation | None, dict[str, str]]:
    """The operation and its path parameters. Segments are decoded one by one, so that %2F is not a separator."""
    segments = [unquote(segment) for segment in path.removesuffix("/").split("/")]
    for verb, parts, operation in _PATTERNS.get(version, []):
        if verb == method and len(parts) == len(segments):
            pairs = list(zip(parts, segments, strict=True))
            if all(part == segment or part.startswith("{") for part, segment in pairs):
                return operation, {name_of(part): segment for part, segment in pairs if part.startswith("{")}
    return None, {}


def name_of(part: str) -> str:
    """The parameter's name; dashboards have {jobId} instead of {JobId}."""
    return part[1].upper() + part[2:-1]
