"""Quotas and their queues (PAI Studio, called by path)."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from pai_dlc_mcp.server.cloud.api import Regional
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.model import CloudModel
from pai_dlc_mcp.server.cloud.paging import each, page
from pai_dlc_mcp.server.cloud.shape import as_list, as_object
from pai_dlc_mcp.server.cloud.times import Time

RESOURCE_TYPES = ("Lingjun", "ECS", "ACS")
_MOST = 10  # pages of a type


class Amount(CloudModel):
    """Resources as the service writes them: "64", "8000Gi"."""

    gpu: str | None = Field(default=None, alias="GPU")
    cpu: str | None = Field(default=None, alias="CPU")
    memory: str | None = Field(default=None, alias="Memory")


class QuotaDetails(CloudModel):
    total: Amount = Field(default=Amount(), alias="ActualMinQuota")
    allocated: Amount = Field(default=Amount(), alias="AllocatedQuota")


class QuotaWorkspace(CloudModel):
    workspace_id: str = Field(default="", alias="WorkspaceId")
    name: str = Field(default="", alias="WorkspaceName")


class Quota(CloudModel):
    """`quota_id` is what a job's ResourceId takes."""

    quota_id: str = Field(default="", alias="QuotaId")
    name: str = Field(default="", alias="QuotaName")
    status: str = Field(default="", alias="Status")
    resource_type: str | None = Field(default=None, alias="ResourceType")
    gpu_type: str | None = Field(default=None, alias="GPUType")
    details: QuotaDetails = Field(default=QuotaDetails(), alias="QuotaDetails")
    workspaces: tuple[QuotaWorkspace, ...] = Field(default=(), alias="Workspaces")


class Workload(CloudModel):
    """A job in a quota. `position` counts from 1 while it is Enqueued."""

    status: str = Field(default="", alias="Status")
    position: int | None = Field(default=None, alias="Position")
    priority: int | None = Field(default=None, alias="Priority")
    strategy: str | None = Field(default=None, alias="QueueStrategy")
    code: str | None = Field(default=None, alias="Code")
    reason: str | None = Field(default=None, alias="Reason")
    enqueued: Time | None = Field(default=None, alias="GmtEnqueuedTime")
    moved: Time | None = Field(default=None, alias="GmtPositionModifiedTime")

    @property
    def waiting(self) -> bool:
        return self.status == "Enqueued"


class Limit(CloudModel):
    """One thing that can hold a job back: of its quota, the quotas above, its user, or the jobs ahead."""

    status: str = Field(default="", alias="Status")
    exceeded: tuple[str, ...] = Field(default=(), alias="ExceedResources")
    used: dict[str, str] = Field(default={}, alias="Used")
    limit: dict[str, str] = Field(default={}, alias="Limit")
    jobs: tuple[str, ...] = Field(default=(), alias="WorkloadIds")


class UnfitNodes(CloudModel):
    reason: str = Field(default="", alias="Reason")
    nodes: tuple[str, ...] = Field(default=(), alias="Nodes")


class Placement(CloudModel):
    """Whether the pods would fit on nodes now."""

    status: str = Field(default="", alias="Status")
    pods: int = Field(default=0, alias="TaskNum")
    fitting: int = Field(default=0, alias="SchedulableNum")
    unfit: tuple[UnfitNodes, ...] = Field(default=(), alias="UnschedulableNodes")


class Diagnosis(CloudModel):
    """Why a job waits."""

    limits: dict[str, Limit] = Field(default={}, alias="ResourceDiagnosis")
    placement: Placement | None = Field(default=None, alias="SchedulingDiagnosis")


class Quotas(Regional):
    """Operations on quotas in one region."""

    async def list(self, filters: Mapping[str, Any], resource_type: str | None) -> Sequence[Quota]:
        """ListQuotas, all pages. Its ResourceType is ECS by default, so that Lingjun quotas seem not to exist: without
        a type every one is asked for."""
        found: dict[str, Quota] = {}
        for kind in [resource_type] if resource_type else RESOURCE_TYPES:

            def ask(paging: dict[str, Any], kind: str = kind) -> Any:
                params = {"Verbose": True, **filters, "ResourceType": kind, **paging}
                return self.api.read("pai", "ListQuotas", params=params, pathname="/api/v1/quotas/")

            async for quota in each(lambda offset, limit, ask=ask: page(ask, "Quotas", Quota, offset, limit), _MOST):
                found[quota.quota_id] = quota
        return list(found.values())

    async def workload(self, quota_id: str, job_id: str) -> Workload | None:
        """ListQuotaWorkloads: where the job stands; None when the quota does not know it."""
        body = await self.api.read(
            "pai",
            "ListQuotaWorkloads",
            quota_id,  # for the check of ids only: the path is written out
            params={"WorkloadIds": job_id, "WorkloadType": "dlc"},
            pathname=f"/api/v1/quotas/{quota_id}/workloads",
        )
        items = [item for item in map(as_object, as_list(body.get("Workloads"))) if item.get("WorkloadId") == job_id]
        return Workload.model_validate(items[0]) if items else None

    async def diagnosis(self, quota_id: str, job_id: str) -> Diagnosis | None:
        """Why the job waits, from a path the reference does not name. None once the job has left the queue (the
        service answers 400 or 404), and for who may not ask."""
        try:
            body = await self.api.read(
                "pai",
                "GetQuotaWorkloadDiagnosis",
                quota_id,
                job_id,
                pathname=f"/api/v1/quotas/{quota_id}/workloads/{job_id}/diagnosis",
            )
        except CloudError as error:
            if error.kind in ("invalid", "not_found", "permission"):
                return None
            raise
        return Diagnosis.model_validate(as_object(body.get("Diagnosis")))
