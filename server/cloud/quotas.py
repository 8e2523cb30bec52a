"""Quotas and their queues (PAI Studio, called by path)."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import Field

from pai_dlc_mcp.server.cloud.api import Regional
from pai_dlc_mcp.server.cloud.model import CloudModel, Told
from pai_dlc_mcp.server.cloud.paging import Page, page, whole
from pai_dlc_mcp.server.cloud.shape import as_list, as_object
from pai_dlc_mcp.server.cloud.times import Time

M = TypeVar("M", bound=CloudModel)

RESOURCE_TYPES = ("Lingjun", "ECS", "ACS")
_MOST, _MOST_OF_ONE = 10, 50  # pages: quotas of a type; nodes, workloads or users of a quota


class Amount(CloudModel):
    """Amounts as the service writes them: "64", "8000Gi"."""

    gpu: str | None = Field(default=None, alias="GPU")
    cpu: str | None = Field(default=None, alias="CPU")
    memory: str | None = Field(default=None, alias="Memory")


class QuotaDetails(CloudModel):
    """`actual`: all of the bound nodes. `allocatable`: without the system's share; not always present."""

    actual: Amount = Field(default=Amount(), alias="ActualMinQuota")
    allocatable: Amount | None = Field(default=None, alias="AllocatableQuota")
    allocated: Amount = Field(default=Amount(), alias="AllocatedQuota")

    @property
    def total(self) -> Amount:
        """What workloads can use."""
        return self.allocatable or self.actual


class QuotaWorkspace(CloudModel):
    """A workspace to which a quota is bound."""

    workspace_id: str = Field(default="", alias="WorkspaceId")
    name: Told = Field(default="", alias="WorkspaceName")


class Quota(CloudModel):
    """A quota. `quota_id` is the value for a job's ResourceId."""

    quota_id: str = Field(default="", alias="QuotaId")
    name: Told = Field(default="", alias="QuotaName")
    status: str = Field(default="", alias="Status")
    resource_type: str | None = Field(default=None, alias="ResourceType")
    gpu_type: str | None = Field(default=None, alias="GPUType")
    strategy: str | None = Field(default=None, alias="QueueStrategy")
    details: QuotaDetails = Field(default=QuotaDetails(), alias="QuotaDetails")
    workspaces: tuple[QuotaWorkspace, ...] = Field(default=(), alias="Workspaces")


class Workload(CloudModel):
    """A job in a quota. `position` counts from 1 while the job is Enqueued."""

    workload_id: str = Field(default="", alias="WorkloadId")
    status: str = Field(default="", alias="Status")
    position: int | None = Field(default=None, alias="Position")
    priority: int | None = Field(default=None, alias="Priority")
    strategy: str | None = Field(default=None, alias="QueueStrategy")
    code: str | None = Field(default=None, alias="Code")
    reason: Told | None = Field(default=None, alias="Reason")
    user_id: str = Field(default="", alias="UserId")
    user_name: Told | None = Field(default=None, alias="UserName")
    resources: Amount = Field(default=Amount(), alias="Resource")
    enqueued: Time | None = Field(default=None, alias="GmtEnqueuedTime")
    moved: Time | None = Field(default=None, alias="GmtPositionModifiedTime")

    @property
    def waiting(self) -> bool:
        """Whether it waits in the queue."""
        return self.status == "Enqueued"


class Limit(CloudModel):
    """A limit that can keep a job waiting: of its quota, a parent quota, its user, or the jobs ahead of it."""

    status: str = Field(default="", alias="Status")
    exceeded: tuple[str, ...] = Field(default=(), alias="ExceedResources")
    used: dict[str, str] = Field(default={}, alias="Used")
    limit: dict[str, str] = Field(default={}, alias="Limit")
    jobs: tuple[str, ...] = Field(default=(), alias="WorkloadIds")


class UnfitNodes(CloudModel):
    """Nodes on which the job does not fit, and why."""

    reason: Told = Field(default="", alias="Reason")
    nodes: tuple[str, ...] = Field(default=(), alias="Nodes")


class Placement(CloudModel):
    """Whether the pods would fit on the nodes now."""

    status: str = Field(default="", alias="Status")
    pods: int = Field(default=0, alias="TaskNum")
    fitting: int = Field(default=0, alias="SchedulableNum")
    unfit: tuple[UnfitNodes, ...] = Field(default=(), alias="UnschedulableNodes")


class Diagnosis(CloudModel):
    """Why a job waits."""

    limits: dict[str, Limit] = Field(default={}, alias="ResourceDiagnosis")
    placement: Placement | None = Field(default=None, alias="SchedulingDiagnosis")


class Node(CloudModel):
    """A node of a quota. Requested amounts are present only with Verbose and a quota id. Memory without a unit is in
    GiB."""

    name: Told = Field(default="", alias="NodeName")
    type: str = Field(default="", alias="NodeType")
    status: str = Field(default="", alias="NodeStatus")
    reason: Told | None = Field(default=None, alias="ReasonCode")
    gpu: str | None = Field(default=None, alias="GPU")
    cpu: str | None = Field(default=None, alias="CPU")
    memory: str | None = Field(default=None, alias="Memory")
    allocatable_cpu: str | None = Field(default=None, alias="AllocatableCPU")
    allocatable_memory: str | None = Field(default=None, alias="AllocatableMemory")
    asked_gpu: str | None = Field(default=None, alias="RequestGPU")
    asked_cpu: str | None = Field(default=None, alias="RequestCPU")
    asked_memory: str | None = Field(default=None, alias="RequestMemory")

    @property
    def usable(self) -> bool:
        """Whether pods can be placed on the node: Ready, and no reason against it."""
        return self.status == "Ready" and not self.reason

    @property
    def cordoned(self) -> bool:
        """Whether a person took the node out of service; it may be healthy."""
        return "cordon" in (self.reason or "").lower()


class Usages(CloudModel):
    """Amounts of a user. `submitted` includes held and waiting workloads."""

    submitted: Amount = Field(default=Amount(), alias="Submitted")
    used: Amount = Field(default=Amount(), alias="Used")


class UserUsage(CloudModel):
    """What one user holds and requests in a quota."""

    user_id: str = Field(default="", alias="UserId")
    user_name: Told | None = Field(default=None, alias="Username")
    workloads: int = Field(default=0, alias="WorkloadCount")
    resources: Usages = Field(default=Usages(), alias="Resources")


class Quotas(Regional):
    """Operations on quotas in one region."""

    async def list(self, filters: Mapping[str, Any], resource_type: str | None) -> Page[Quota]:
        """ListQuotas, all pages. Without `resource_type` every type is requested: the service's default is ECS, which
        would hide Lingjun quotas."""
        found: dict[str, Quota] = {}
        notes: list[str] = []
        for kind in [resource_type] if resource_type else RESOURCE_TYPES:

            def ask(paging: dict[str, Any], kind: str = kind) -> Any:
                params = {"Verbose": True, **filters, "ResourceType": kind, **paging}
                return self.api.read("pai", "ListQuotas", params=params, pathname="/api/v1/quotas/")

            quotas = await whole(lambda offset, limit, ask=ask: page(ask, "Quotas", Quota, offset, limit), _MOST)
            found |= {quota.quota_id: quota for quota in quotas.items}
            notes += [f"of {kind} {quotas.note}"] if quotas.note else []
        return Page(list(found.values()), 0, len(found), note=", ".join(notes) or None)

    async def workload(self, quota_id: str, job_id: str) -> Workload | None:
        """ListQuotaWorkloads: the job's place in the queue. None if the quota does not have the job."""
        body = await self.api.read(
            "pai",
            "ListQuotaWorkloads",
            quota_id,  # checked as an id; the path below contains it
            params={"WorkloadIds": job_id, "WorkloadType": "dlc"},
            pathname=f"/api/v1/quotas/{quota_id}/workloads",
        )
        items = [item for item in map(as_object, as_list(body.get("Workloads"))) if item.get("WorkloadId") == job_id]
        return Workload.model_validate(items[0]) if items else None

    async def get(self, quota_id: str) -> Quota:
        """GetQuota. Raises CloudError."""
        path = f"/api/v1/quotas/{quota_id}"
        body = await self.api.read("pai", "GetQuota", quota_id, params={"Verbose": True}, pathname=path)
        return Quota.model_validate(body)

    async def workloads(self, quota_id: str) -> Page[Workload]:
        """ListQuotaWorkloads: the workloads that run on the quota or wait for it, as far as the caller may see them."""
        path = f"/api/v1/quotas/{quota_id}/workloads"
        return await self._listed("ListQuotaWorkloads", quota_id, path, ("Workloads", Workload), {})

    async def nodes(self, quota_id: str) -> Page[Node]:
        """ListNodes of a quota, with the amounts requested on each."""
        params = {"QuotaId": quota_id, "Verbose": True}
        return await self._listed("ListNodes", quota_id, "/api/v1/nodes", ("Nodes", Node), params)

    async def usages(self, quota_id: str) -> Page[UserUsage]:
        """ListQuotaActiveUserUsages: users who hold or request resources, the largest holder first."""
        path = f"/api/v1/quotas/{quota_id}/activeuserusages"
        params = {"SortBy": "UsedGPU", "Order": "desc"}
        return await self._listed("ListQuotaActiveUserUsages", quota_id, path, ("QuotaUserUsages", UserUsage), params)

    async def diagnosis(self, quota_id: str, job_id: str) -> Diagnosis:
        """Why a job waits, from a path that the API reference does not list. Raises CloudError: 400 or 404 when the job
        has left the queue, 403 without permission."""
        body = await self.api.read(
            "pai",
            "GetQuotaWorkloadDiagnosis",
            quota_id,
            job_id,
            pathname=f"/api/v1/quotas/{quota_id}/workloads/{job_id}/diagnosis",
        )
        return Diagnosis.model_validate(as_object(body.get("Diagnosis")))

    async def _listed(
        self, action: str, quota_id: str, pathname: str, items: tuple[str, type[M]], params: Mapping[str, Any]
    ) -> Page[M]:
        """All pages. `items`: the key of the list in the body, and its model. The quota id is only passed to be
        checked, as `pathname` contains it."""

        def ask(paging: dict[str, Any]) -> Any:
            return self.api.read("pai", action, quota_id, params={**params, **paging}, pathname=pathname)

        return await whole(lambda offset, limit: page(ask, *items, offset, limit), _MOST_OF_ONE)
