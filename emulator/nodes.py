"""ListNodes and ListNodePods: a quota's nodes and the pods on them."""

from pai_dlc_mcp.emulator import cordon, errors, ledger, listing, pods
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import OWNER_ID, USER_NAMES, Account


def list_nodes(account: Account, request: Request) -> Json:
    quota_id = request.text("QuotaId") or request.text("FilterByQuotaId")
    workspace_id = request.text("WorkspaceId")
    # Read before the loop, so that these parameters count as used also without nodes.
    wanted = {name: request.number(name, 0, low=0) for name in ("PodNum", "WorkloadNum") if request.text(name)}
    request.text("FilterByQuotaId")
    found = [
        node
        for quota in account.quotas
        if quota_id in ("", quota["QuotaId"])
        and workspace_id in ("", *(workspace["WorkspaceId"] for workspace in quota["Workspaces"]))
        for node in quota_nodes(account, quota)
        if all(node[name] == number for name, number in wanted.items())
    ]
    found = listing.select(
        found,
        request,
        exact={"AcceleratorType": "AcceleratorType", "GPUType": "GPUType"},
        among={
            "NodeNames": "NodeName",
            "NodeStatuses": "NodeStatus",
            "NodeTypes": "NodeType",
            "ReasonCodes": "ReasonCode",
        },
    )
    found = listing.ordered(found, request, "NodeName", "asc")
    return {"Nodes": listing.page(found, request, 10), "TotalCount": len(found)}


def quota_nodes(account: Account, quota: Json) -> list[Json]:
    size = ledger.node_size(quota)
    held = list(ledger.held(account, quota, account.now()))
    closed = cordon.nodes(account, quota, account.now())
    return [
        {
            "NodeName": name,
            "NodeType": quota["Min"]["NodeSpecs"][0]["Type"],
            "NodeStatus": cordon.STATUS if name in closed else "Ready",
            "ReasonCode": cordon.REASON if name in closed else "",
            "AcceleratorType": "GPU",
            "CPU": str(size.cpu),
            "GPU": str(size.gpu),
            "Memory": f"{size.memory}Gi",
            "GPUType": quota["GPUType"],
            "CreatorId": OWNER_ID,
            "IsBound": True,
            "BoundQuotas": [{"QuotaId": quota["QuotaId"], "QuotaName": quota["QuotaName"]}],
            **load([each for each in held if each.node == name]),
        }
        for name in ledger.node_names(quota)
    ]


def load(here: list[ledger.Held]) -> Json:
    """Amounts requested on one node; limits equal requests, as DLC sets them."""
    total = ledger.NONE
    for each in here:
        total = ledger.plus(total, each.resources)
    amounts = {"CPU": str(total.cpu), "GPU": str(total.gpu), "Memory": f"{total.memory}Gi"}
    users = sorted({each.user_id for each in here})
    return {
        **{f"Request{key}": value for key, value in amounts.items()},
        **{f"Limit{key}": value for key, value in amounts.items()},
        "PodNum": len(here),
        "WorkloadNum": len({each.workload for each in here}),
        "Users": [{"UserId": user, "UserName": USER_NAMES.get(user, "")} for user in users],
    }


def list_node_pods(account: Account, request: Request) -> Json:
    """The pods on a node, and the GPUs that each holds."""
    name = request.ids["NodeId"]
    indexes = {int(word) for word in request.words("GPUIndexes")}
    group = request.text("ResourceGroupId")
    quota = next((quota for quota in account.quotas if name in ledger.node_names(quota)), None)
    if not quota or group not in quota["ResourceGroupIds"]:
        raise errors.not_found(f"Node {name} not found.")
    first = 0
    found: list[Json] = []
    for each in ledger.held(account, quota, account.now()):
        if each.node == name:
            gpus = list(range(first, first + each.resources.gpu))
            first += each.resources.gpu
            if not indexes or indexes & set(gpus):
                found.append(pod_info(account, each, gpus))
    return {"NodePodInfos": found}


def pod_info(account: Account, held: ledger.Held, gpus: list[int]) -> Json:
    job = account.jobs.get(held.workload)
    now = account.now()
    pod = pods.find(job, held.pod, "", now) if job else None
    return {
        "PodName": held.pod,
        "PodNamespace": f"t{OWNER_ID}",
        "PodIP": pod.ip if pod else "",
        "Phase": pod.status(job.elapsed(now)) if job and pod else "Pending" if job else "Running",
        "GPUIndexes": gpus,
        "ResourceSpec": {
            "CPU": str(held.resources.cpu),
            "GPU": str(held.resources.gpu),
            "Memory": f"{held.resources.memory}Gi",
        },
        "WorkloadId": held.workload,
        "WorkloadType": "dlc" if job else held.workload.partition("-")[0],
    }
