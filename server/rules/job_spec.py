"""The body of a job, and rules between its fields that the API reference does not state and the service may not check.
Fields are snake_case; the API's PascalCase is accepted too."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_pascal
from pydantic.json_schema import SkipJsonSchema

from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.job_types import JobType, exact, missing_roles, role_problem
from pai_dlc_mcp.server.spelling import StrictModel

# Passed on unchanged under the API's names; not in the published schema, because few jobs need them.
Rare = SkipJsonSchema[dict[str, Any] | list[Any] | str | bool | int | None]


# Fields whose API name is not the PascalCase of ours.
API_NAMES = {
    "cpu": "CPU",
    "gpu": "GPU",
    "gpu_type": "GPUType",
    "enable_rdma": "EnableRDMA",
    "enable_error_monitoring_in_aimaster": "EnableErrorMonitoringInAIMaster",
    "allocate_all_rdma_devices": "AllocateAllRDMADevices",
    "enable_cpu_affinity": "EnableCPUAffinity",
    "enable_dsw_dev": "EnableDSWDev",
    "output_model": "ModelConfig",
}


class Body(StrictModel):
    """Part of a request body. Accepts both spellings and sends the API's."""

    model_config = ConfigDict(alias_generator=lambda name: API_NAMES.get(name) or to_pascal(name))

    def api(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True, exclude_none=True)


class ResourceConfig(Body):
    """What each pod asks of a quota."""

    cpu: str | None = Field(None, description="Cores")
    memory: str | None = Field(None, description='e.g. "100Gi"')
    gpu: str | None = Field(None, description="Cards")
    gpu_type: str | None = Field(None, description="As the quota has it")
    shared_memory: str | None = Field(None, description='e.g. "8Gi"')


class SpotSpec(Body):
    spot_strategy: Literal["SpotWithPriceLimit", "SpotAsPriceGo"] | None = Field(None, description="How to bid")
    spot_discount_limit: float | None = Field(None, description="Part of list price")
    spot_price_limit: float | None = Field(None, description="CNY a minute")


class JobSpec(Body):
    """One role of the job."""

    type: str = Field(description="Role, e.g. Worker")
    image: str = Field(description="ImageUri from list_images, verbatim")
    pod_count: int = Field(1, ge=1, le=10_000, description="Replicas")
    ecs_spec: str | None = Field(None, description="Pay-as-you-go: instance type of list_ecs_specs")
    resource_config: ResourceConfig | None = Field(None, description="With resource_id")
    spot_spec: SpotSpec | None = Field(None, description="Preemptible, pay-as-you-go")
    use_spot_instance: bool | None = Field(None, description="Preemptible")
    restart_policy: Literal["Always", "Never", "OnFailure", "ExitCode"] | None = Field(None, description="Of its pods")
    assign_node_spec: Rare = None
    auto_scaling_spec: Rare = None
    consider_in_success_policy: Rare = None
    driver: Rare = None
    elastic_spot_specs: Rare = None
    extra_pod_spec: Rare = None
    hyper_node_scheduling_config: Rare = None
    image_config: Rare = None
    is_chief: Rare = None
    local_mount_specs: Rare = None
    oversold_type: Rare = None
    quota_id: Rare = None
    service_spec: Rare = None
    startup_dependencies: Rare = None
    system_disk: Rare = None
    user_command: Rare = None


class DataSource(Body):
    data_source_id: str | None = Field(None, description="From list_datasets")
    uri: str | None = Field(None, description="e.g. oss://bucket.endpoint/path/")
    mount_path: str | None = Field(None, description="Folder in the pods")
    mount_access: Literal["RO", "RW"] | None = Field(None, description="Read only, or both")
    data_source_version: Rare = None
    options: Rare = None
    access_point_id: Rare = None
    enable_cache: Rare = None
    role_arn: Rare = None
    role_chain: Rare = None


class CodeSource(Body):
    code_source_id: str | None = Field(None, description="From list_code_sources")
    uri: SkipJsonSchema[str | None] = None
    branch: str | None = Field(None, description="Else the source's")
    commit: str | None = Field(None, description="SHA")
    mount_path: str | None = Field(None, description="Folder in the pods")
    is_shared_mount_path: Rare = None


class JobSettings(Body):
    enable_rdma: bool | None = Field(None, description="Lingjun")
    enable_sanity_check: bool | None = Field(None, description="Test GPUs first")
    enable_error_monitoring_in_aimaster: bool | None = Field(None, description="Fault tolerance")
    error_monitoring_args: str | None = Field(None, description="AIMaster's flags")
    tags: dict[str, str] | None = Field(None, description="For search and bills")
    advanced_settings: Rare = None
    allocate_all_rdma_devices: Rare = None
    allow_unschedulable_nodes: Rare = None
    business_user_id: Rare = None
    caller: Rare = None
    data_juicer_config: Rare = None
    disable_ecs_stock_check: Rare = None
    driver: Rare = None
    elastic_spot_job_max_restart_times: Rare = None
    enable_cpu_affinity: Rare = None
    enable_dsw_dev: Rare = None
    enable_oss_append: Rare = None
    enable_tide_resource: Rare = None
    job_reserved_minutes: Rare = None
    job_reserved_policy: Rare = None
    output_model: Rare = None
    oversold_type: Rare = None
    pipeline_id: Rare = None
    sanity_check_args: Rare = None
    shell: Rare = None
    termination_grace_period_seconds: Rare = None


DisplayName = Annotated[str, Field(pattern=r"^[0-9A-Za-z_.-]{1,256}$", description="Shown in lists.")]


class Draft(Body):
    """A job before it is created."""

    workspace_id: str
    display_name: DisplayName
    job_type: Annotated[JobType, BeforeValidator(exact)]
    job_specs: list[JobSpec] = Field(min_length=1)
    user_command: str
    resource_id: str | None = None
    data_sources: list[DataSource] | None = None
    code_source: CodeSource | None = None
    envs: dict[str, str] | None = None
    settings: JobSettings | None = None
    priority: int | None = None
    job_max_running_time_minutes: int | None = None
    description: str | None = None
    accessibility: str | None = None
    user_vpc: dict[str, Any] | None = None
    other: dict[str, Any] = Field({}, exclude=True)

    def body(self) -> dict[str, Any]:
        """The CreateJob body, in the API's names."""
        return {**self.other, **self.api()}


Rule = Callable[[Draft], Iterator[str]]


def one_way_to_ask_for_compute(draft: Draft) -> Iterator[str]:
    """Each spec has either EcsSpec or ResourceConfig."""
    for i, spec in enumerate(draft.job_specs):
        if spec.ecs_spec and spec.resource_config:
            yield f"job_specs[{i}] has both ecs_spec and resource_config: keep one (pay-as-you-go or quota)"
        if not spec.ecs_spec and not spec.resource_config:
            yield f"job_specs[{i}] needs ecs_spec (from list_ecs_specs) or resource_config (with resource_id)"


def resource_config_needs_a_quota(draft: Draft) -> Iterator[str]:
    for i, spec in enumerate(draft.job_specs):
        if spec.resource_config and not draft.resource_id:
            yield f"job_specs[{i}].resource_config needs resource_id, the quota to take it from (ask the user for it)"


def ecs_spec_forbids_a_quota(draft: Draft) -> Iterator[str]:
    for i, spec in enumerate(draft.job_specs):
        if spec.ecs_spec and draft.resource_id:
            yield f"job_specs[{i}].ecs_spec is pay-as-you-go and cannot go with resource_id: use resource_config"


def roles_belong_to_the_framework(draft: Draft) -> Iterator[str]:
    for i, spec in enumerate(draft.job_specs):
        if problem := role_problem(draft.job_type, spec.type):
            yield f"job_specs[{i}].type: {problem}"


def roles_are_complete(draft: Draft) -> Iterator[str]:
    yield from missing_roles(draft.job_type, {spec.type: spec.pod_count for spec in draft.job_specs})


def a_role_is_described_once(draft: Draft) -> Iterator[str]:
    roles = [spec.type for spec in draft.job_specs]
    for role in dict.fromkeys(roles):
        if roles.count(role) > 1:
            yield f"role {role} is described {roles.count(role)} times: use one spec with pod_count"


def a_data_source_is_an_id_or_a_uri(draft: Draft) -> Iterator[str]:
    for i, source in enumerate(draft.data_sources or []):
        if bool(source.data_source_id) == bool(source.uri):
            yield f"data_sources[{i}] needs exactly one of data_source_id and uri"


def a_code_source_is_an_id_or_a_uri(draft: Draft) -> Iterator[str]:
    """CreateJob in the SDK has only the id; for a URI the message names what works."""
    source = draft.code_source
    if source and source.code_source_id and source.uri:
        yield "code_source has both code_source_id and uri: keep one"
    elif source and not source.code_source_id:
        yield "code_source needs code_source_id, from list_code_sources (CreateJob takes no uri for code)"


def other_fields_are_not_the_named_ones(draft: Draft) -> Iterator[str]:
    """A field that has a parameter may not be passed in other_fields, where it would not be checked."""
    named = {API_NAMES.get(name) or to_pascal(name): name for name in Draft.model_fields}
    for key in draft.other:
        if name := named.get(key):
            yield f"other.{key} has a parameter of its own: {name}"


RULES: tuple[Rule, ...] = (
    one_way_to_ask_for_compute,
    resource_config_needs_a_quota,
    ecs_spec_forbids_a_quota,
    roles_belong_to_the_framework,
    roles_are_complete,
    a_role_is_described_once,
    a_data_source_is_an_id_or_a_uri,
    a_code_source_is_an_id_or_a_uri,
    other_fields_are_not_the_named_ones,
)


def check(draft: Draft) -> None:
    """Raises one Failure that names every broken rule."""
    if problems := [problem for rule in RULES for problem in rule(draft)]:
        raise Failure(
            "The job cannot be created: " + "; ".join(problems) + ".",
            fix="Correct these fields and call create_job again.",
            code="InvalidJob",
        )
