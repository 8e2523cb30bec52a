"""Quotas a DLC job can run on: AIWorkSpace's ListResources, and PAI Studio's quotas, queues and nodes."""

import re
from typing import Any

from pai_dlc_mcp.emulator import clock, errors, job_view, listing
from pai_dlc_mcp.emulator.lifecycle import TERMINAL, last
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import OWNER_ID, USER_NAMES, Account, Job


def fits(quota: Json, gpus: int) -> bool:
    """Whether the quota has that many GPUs free, by its seeded use."""
    return gpus <= free(quota)["GPU"]


def amounts(quota: Json, name: str) -> dict[str, int]:
    detail: dict[str, Any] = quota["QuotaDetails"][name]
    return {key: int(re.sub(r"\D.*", "", detail[key])) for key in ("CPU", "GPU", "Memory")}


def free(quota: Json) -> dict[str, int]:
    limit, used = amounts(quota, "ActualMinQuota"), amounts(quota, "AllocatedQuota")
    return {key: limit[key] - used[key] for key in limit}


def list_resources(account: Account, request: Request) -> Json:
    """How a workspace's DLC quota ids are found: Resources[].Quotas[].Id."""
    workspace_id = request.text("WorkspaceId")
    types = request.words("ResourceTypes")
    found: list[Json] = [
        {
            "Id": "",
            "Name": quota["QuotaName"],
            "ResourceType": quota["ResourceType"],
            "ProductType": "PAI",
            "WorkspaceId": workspace["WorkspaceId"],
            "IsDefault": False,
            "GroupName": "",
            "GmtCreateTime": quota["GmtCreatedTime"].replace("Z", ".000Z"),
            "Quotas": [
                {
                    "Id": quota["QuotaId"],
                    "Name": quota["QuotaName"],
                    "DisplayName": quota["QuotaName"],
                    "QuotaType": quota["ResourceType"],
                    "ProductCode": "PAI_isolate",
                    "Mode": "isolate",
                    "CardType": "GPU",
                    "Specs": [],
                }
            ],
        }
        for quota in account.quotas
        for workspace in quota["Workspaces"]
        if workspace_id in ("", workspace["WorkspaceId"]) and (not types or quota["ResourceType"] in types)
    ]
    return {"Resources": listing.page(found, request, 20), "TotalCount": len(found)}


def list_quotas(account: Account, request: Request) -> Json:
    ids, workspaces = request.words("QuotaIds"), set(request.words("WorkspaceIds"))
    found = [
        quota
        for quota in account.quotas
        if (not ids or quota["QuotaId"] in ids)
        and (not workspaces or workspaces & {workspace["WorkspaceId"] for workspace in quota["Workspaces"]})
        and request.text("ResourceType") in ("", quota["ResourceType"])
        and listing.matches(quota, request, QuotaName="QuotaName")
    ]
    found = listing.ordered(found, request, "GmtCreatedTime", "desc")
    return {"Quotas": listing.page(found, request, 20), "TotalCount": len(found)}


def get_quota(account: Account, request: Request) -> Json:
    return account.quota(request.ids["QuotaId"])


def list_quota_workloads(account: Account, request: Request) -> Json:
    """The queue of a quota: where a job stands and, in Reason, what it waits for."""
    quota = account.quota(request.ids["QuotaId"])
    ids = request.words("WorkloadIds")
    queue = waiting(account, quota)
    found = [
        workload(account, quota, job, queue.index(job) + 1 if job in queue else 0)
        for job in account.jobs.values()
        if job.quota_id == quota["QuotaId"]
        and job.status(account.now()) not in TERMINAL
        and (not ids or job.job_id in ids)
    ]
    status = request.text("Status")
    found = [item for item in found if status in ("", item["Status"])]
    found = listing.ordered(found, request, "GmtCreatedTime", "desc")
    return {"Workloads": listing.page(found, request, 10), "TotalCount": len(found)}


def waiting(account: Account, quota: Json) -> list[Job]:
    """Queued jobs in the order they will be let go: by priority, then by age."""
    now = account.now()
    queued = [job for job in account.jobs.values() if job.quota_id == quota["QuotaId"] and job.status(now) == "Queuing"]
    return sorted(queued, key=lambda job: (-job.priority(now), job.created))


def workload(account: Account, quota: Json, job: Job, position: int) -> Json:
    now = account.now()
    _, cpu, gpu, memory = job_view.total(job)
    item: Json = {
        "WorkloadId": job.job_id,
        "WorkloadName": job.body.get("DisplayName", ""),
        "WorkloadType": "dlc",
        "WorkloadStatus": job.status(now),
        "Status": "Enqueued" if position else "Dequeued",
        "QuotaId": quota["QuotaId"],
        "WorkspaceId": job.body["WorkspaceId"],
        "UserId": job.user_id,
        "UserName": USER_NAMES.get(job.user_id, ""),
        "Priority": job.priority(now),
        "Position": position,
        "QueueStrategy": quota["QueueStrategy"],
        "Resource": {"CPU": str(cpu), "GPU": str(gpu), "Memory": f"{memory}Gi", "GPUType": ""},
        "UseOversoldResource": False,
        "GmtCreatedTime": clock.utc(job.created),
    }
    if enqueued := last(job.history(now), "Queuing"):
        item["GmtEnqueuedTime"] = item["GmtPositionModifiedTime"] = clock.utc(job.at(enqueued.at))
    if position:
        limit = amounts(quota, "ActualMinQuota")["GPU"]
        item |= {
            "Code": "insufficientQuota",
            "CodeType": "Resource",
            "Reason": f"Requested GPU is {gpu}, free GPU is {free(quota)['GPU']} of {limit} in the quota.",
        }
    return item


def get_quota_workload_diagnosis(account: Account, request: Request) -> Json:
    """An undocumented path the diagnosis skill uses; it answers only while the job is in the queue."""
    quota = account.quota(request.ids["QuotaId"])
    queue = waiting(account, quota)
    job = next((job for job in queue if job.job_id == request.ids["WorkloadId"]), None)
    if not job:
        raise errors.invalid("workload is not in queue")
    count, *_ = job_view.total(job)
    limit, used = amounts(quota, "ActualMinQuota"), amounts(quota, "AllocatedQuota")
    ahead = [other.job_id for other in queue[: queue.index(job)]]
    succeeded: Json = {"Status": "Succeeded"}
    nodes = quota_nodes(quota)
    full = [node["NodeName"] for node in nodes if node["RequestGPU"] == node["GPU"]]
    return {
        "Diagnosis": {
            "WorkloadId": job.job_id,
            "QuotaId": quota["QuotaId"],
            "QueueStrategy": quota["QueueStrategy"],
            "ResourceDiagnosis": {
                "SelfQuotaLimit": {
                    "Status": "Failed",
                    "ExceedResources": ["GPU"],
                    "Used": {
                        "GPU": str(used["GPU"]),
                        "CPU": str(used["CPU"]),
                        "Memory": f"{used['Memory']}Gi",
                    },
                    "Limit": {
                        "GPU": str(limit["GPU"]),
                        "CPU": str(limit["CPU"]),
                        "Memory": f"{limit['Memory']}Gi",
                    },
                },
                "AncestorQuotaLimit": succeeded,
                "UserLimit": succeeded,
                "QueueStrategyLimit": {"Status": "Failed", "WorkloadIds": ahead} if ahead else succeeded,
            },
            "SchedulingDiagnosis": {
                "Status": "Failed",
                "TaskNum": count,
                "SchedulableNum": len(nodes) - len(full),
                "AvailableNodeNames": [node["NodeName"] for node in nodes if node["NodeName"] not in full],
                "TotalNodes": [
                    {
                        "NodeName": node["NodeName"],
                        "RequestGPU": node["RequestGPU"],
                        "WorkloadNum": node["WorkloadNum"],
                        "Workloads": [],
                        "WorkloadSchedulingStatusOnNode": {
                            "AvailableForWorkload": False,
                            "UnschedulableInfo": "OutOfGPU",
                        }
                        if node["NodeName"] in full
                        else {"AvailableForWorkload": True},
                    }
                    for node in nodes
                ],
                "UnschedulableNodes": [{"Reason": "OutOfGPU", "Nodes": full}] if full else [],
                "TotalHyperNodes": [],
            },
        }
    }


def list_nodes(account: Account, request: Request) -> Json:
    quota_id = request.text("QuotaId") or request.text("FilterByQuotaId")
    found = [node for quota in account.quotas if quota_id in ("", quota["QuotaId"]) for node in quota_nodes(quota)]
    return {"Nodes": listing.page(found, request, 10), "TotalCount": len(found)}


def quota_nodes(quota: Json) -> list[Json]:
    """Eight-GPU nodes enough for the quota, filled up in order."""
    used = amounts(quota, "AllocatedQuota")["GPU"]
    names = [
        f"{quota['QuotaName']}-node-{number + 1:02d}" for number in range(amounts(quota, "ActualMinQuota")["GPU"] // 8)
    ]
    return [
        {
            "NodeName": name,
            "NodeType": quota["Min"]["NodeSpecs"][0]["Type"],
            "NodeStatus": "Ready",
            "AcceleratorType": "GPU",
            "CPU": "96",
            "GPU": "8",
            "Memory": "1000Gi",
            "GPUType": quota["GPUType"],
            "CreatorId": OWNER_ID,
            "IsBound": True,
            "BoundQuotas": [{"QuotaId": quota["QuotaId"], "QuotaName": quota["QuotaName"]}],
            "RequestGPU": str(min(8, max(0, used - 8 * number))),
            "WorkloadNum": int(used > 8 * number),
        }
        for number, name in enumerate(names)
    ]
