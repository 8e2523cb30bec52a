"""Checks of CreateJob beyond its schema: fields that exclude each other, roles, workspace and quota."""

from difflib import get_close_matches

from pai_dlc_mcp.emulator import errors, specs
from pai_dlc_mcp.emulator.request import Json
from pai_dlc_mcp.emulator.scenarios.catalog import SCENARIOS
from pai_dlc_mcp.emulator.state import Account

MAX_PODS = 1000
ROLES: dict[str, tuple[str, ...]] = {
    "TFJob": ("Chief", "PS", "Worker", "Evaluator", "GraphLearn"),
    "PyTorchJob": ("Worker", "Master"),
    "MPIJob": ("Worker", "Master"),
    "XGBoostJob": ("Worker", "Master"),
    "OneFlowJob": ("Worker", "Master"),
    "ElasticBatchJob": ("Worker", "Master"),
    "RayJob": ("Head", "Worker"),
}
"""Roles by job type; Ray's worker groups are Worker-<name>. Types without an entry have no documented roles."""

EXCLUSIVE = {
    "DataSources": ("DataSourceId", "Uri"),
    "CodeSource": ("CodeSourceId", "Uri"),
}


def check(account: Account, body: Json) -> None:
    """Raises ServiceError for a body that the service refuses."""
    job_specs: list[Json] = body["JobSpecs"]
    if not body.get("UserCommand") and not all(spec.get("UserCommand") for spec in job_specs):
        raise errors.invalid("UserCommand is required.")
    check_place(account, body["WorkspaceId"], body.get("ResourceId", ""))
    check_roles(body["JobType"], job_specs)
    for spec in job_specs:
        if not spec.get("Image"):
            raise errors.invalid("JobSpecs.Image is required.")
        check_resources(account, spec, body.get("ResourceId", ""))
        check_spot(spec.get("SpotSpec", {}))
    for source in body.get("DataSources", []):
        check_source("DataSources", source)
    check_scenario(body.get("Envs", {}).get("EMULATOR_SCENARIO", ""))


def check_place(account: Account, workspace_id: str, quota_id: str) -> None:
    """The workspace must be enabled and the quota bound to it."""
    workspace = account.workspace(workspace_id)
    if workspace["Status"] != "ENABLED":
        raise errors.wrong_state(f"Workspace {workspace_id} is {workspace['Status']}.")
    if not quota_id:
        return
    bound = [workspace["WorkspaceId"] for workspace in account.quota(quota_id)["Workspaces"]]
    if workspace_id not in bound:
        raise errors.invalid(f"ResourceId {quota_id} is not bound to workspace {workspace_id}.")


def check_roles(kind: str, job_specs: list[Json]) -> None:
    found = [spec.get("Type", "") for spec in job_specs]
    if "" in found:
        raise errors.invalid("JobSpecs.Type is required.")
    if len(set(found)) < len(found):
        raise errors.invalid("JobSpecs.Type must not repeat: a role has one spec.")
    for role in found:
        known = ROLES.get(kind, (role,))
        if role not in known and not (kind == "RayJob" and role.startswith("Worker-")):
            raise errors.invalid(f"JobSpecs.Type must be one of {', '.join(known)} for {kind}.")
    if sum(spec["PodCount"] for spec in job_specs) > MAX_PODS:
        raise errors.invalid(f"JobSpecs.PodCount adds up to more than {MAX_PODS}.")
    if any(spec["Type"] == "Master" and spec["PodCount"] > 1 for spec in job_specs):
        raise errors.invalid("JobSpecs.PodCount of Master must be 1.")


def check_resources(account: Account, spec: Json, quota_id: str) -> None:
    """EcsSpec is for pay-as-you-go, ResourceConfig for a quota."""
    ecs, config = spec.get("EcsSpec"), spec.get("ResourceConfig")
    if ecs and quota_id:
        raise errors.invalid("EcsSpec is not supported when ResourceId is specified, use ResourceConfig.")
    if ecs and config:
        raise errors.invalid("EcsSpec and ResourceConfig are mutually exclusive.")
    if not ecs and not (config and quota_id):
        raise errors.invalid("Specify EcsSpec, or ResourceConfig with ResourceId.")
    if ecs and not specs.find(account, ecs):
        raise errors.invalid("EcsSpec is not an instance type of this region.")


def check_spot(spot: Json) -> None:
    if "SpotDiscountLimit" in spot and "SpotPriceLimit" in spot:
        raise errors.invalid("SpotDiscountLimit and SpotPriceLimit are mutually exclusive.")


def check_source(name: str, source: Json) -> None:
    one, other = EXCLUSIVE[name]
    if bool(source.get(one)) == bool(source.get(other)):
        raise errors.invalid(f"{name} needs one of {one} and {other}.")


def check_scenario(name: str) -> None:
    """EMULATOR_SCENARIO is the emulator's own. A misspelt name would run a healthy job, and a test with it would prove
    nothing."""
    if name and name not in SCENARIOS:
        near = get_close_matches(name, SCENARIOS, 1, 0.0)
        raise errors.invalid(f"EMULATOR_SCENARIO {name[:64]} does not exist; the nearest is {near[0]}.")
