"""The queue of a quota: ListQuotaWorkloads, the undocumented diagnosis, and the users' usage."""

from pai_dlc_mcp.emulator import clock, cordon, errors, ledger, listing, pods
from pai_dlc_mcp.emulator.job import Job, Resources
from pai_dlc_mcp.emulator.lifecycle import TERMINAL, last
from pai_dlc_mcp.emulator.quotas import amounts
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import USER_ID, USER_NAMES, Account


def list_quota_workloads(account: Account, request: Request) -> Json:
    """A job's place and, in Reason, what it waits for. Ended jobs are included only on request."""
    quota = account.quota(request.ids["QuotaId"])
    now = account.now()
    queue = ledger.waiting(account, quota, now)
    positions = {job.job_id: number for number, job in enumerate(queue, 1)}
    historical = request.flag("WithHistoricalData")
    node = request.text("NodeName")
    # Documented default: true. Alibaba's skill reads jobs of others with the default, so it hides nothing here.
    own = bool(request.text("ShowOwn")) and request.flag("ShowOwn")
    found = [
        workload(account, quota, job, positions.get(job.job_id, 0))
        for job in account.jobs.values()
        if job.quota_id == quota["QuotaId"]
        and (historical or job.status(now) not in TERMINAL)
        and (not own or job.user_id == USER_ID)
        and (not node or node in job.nodes.values())
    ]
    found = listing.select(
        found,
        request,
        exact={"Position": "Position", "Priority": "Priority", "Status": "Status", "WorkloadType": "WorkloadType"},
        among={
            "UserIds": "UserId",
            "WorkloadIds": "WorkloadId",
            "WorkloadNames": "WorkloadName",
            "WorkloadStatuses": "WorkloadStatus",
            "WorkspaceIds": "WorkspaceId",
        },
    )
    found = listing.ordered(found, request, "GmtCreatedTime", "desc")
    shown = listing.page(found, request, 10, 100)
    free = ledger.open_nodes(account, quota, now)
    whole = [{**item, **reason(quota, account.jobs[item["WorkloadId"]], free)} for item in shown if item["Position"]]
    reasons = {item["WorkloadId"]: item for item in whole}
    return {"Workloads": [reasons.get(item["WorkloadId"], item) for item in shown], "TotalCount": len(found)}


def workload(account: Account, quota: Json, job: Job, position: int) -> Json:
    now = account.now()
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
        "Resource": {**amounts(quota, ledger.total(job)), "GPUType": ""},
        "UseOversoldResource": False,
        "GmtCreatedTime": clock.utc(job.created),
    }
    if enqueued := last(job.history(now), "Queuing"):
        item["GmtEnqueuedTime"] = item["GmtPositionModifiedTime"] = clock.utc(job.at(enqueued.at))
    return item


NO_NODE: Json = {
    "Code": "insufficientNode",
    "CodeType": "Scheduling",
    "Reason": "No node of the quota has room for each pod.",
}


def reason(quota: Json, job: Job, nodes: dict[str, Resources]) -> Json:
    """Not enough is free, no node has room for a pod, or the strategy blocks it behind another job."""
    if job.scenario.unschedulable:
        return NO_NODE
    behind = {
        "Code": "queueStrategy",
        "CodeType": "Strategy",
        "Reason": f"The job waits for those before it under {quota['QueueStrategy']}.",
    }
    if job.scenario.limit == "QueueStrategyLimit":
        return behind
    asked = ledger.total(job)
    free = ledger.NONE
    for rest in nodes.values():
        free = ledger.plus(free, rest)
    if not ledger.within(asked, free) or job.scenario.stuck:
        text = f"Requested GPU is {asked.gpu}, free GPU is {free.gpu} of {ledger.limit(quota).gpu} in the quota."
        return {"Code": "insufficientQuota", "CodeType": "Resource", "Reason": text}
    if len(ledger.place(job, dict(nodes))) < len(pods.names(job)):
        return NO_NODE
    return behind


def schedulable(account: Account, quota: Json, job: Job) -> int:
    """How many of the job's pods fit on the nodes now."""
    return len(ledger.place(job, ledger.open_nodes(account, quota, account.now())))


def get_quota_workload_diagnosis(account: Account, request: Request) -> Json:
    """An undocumented path that the diagnosis skill uses; answers only while the job is in the queue."""
    quota = account.quota(request.ids["QuotaId"])
    queue = ledger.waiting(account, quota, account.now())
    job = next((job for job in queue if job.job_id == request.ids["WorkloadId"]), None)
    if not job:
        raise errors.invalid("workload is not in queue")
    ahead = [other.job_id for other in queue[: queue.index(job)]]
    held_back = ahead or job.scenario.limit == "QueueStrategyLimit"
    succeeded: Json = {"Status": "Succeeded"}
    return {
        "Diagnosis": {
            "WorkloadId": job.job_id,
            "QuotaId": quota["QuotaId"],
            "QueueStrategy": quota["QueueStrategy"],
            "ResourceDiagnosis": {
                "SelfQuotaLimit": self_limit(account, quota, job) or succeeded,
                "AncestorQuotaLimit": played_limit(quota, job, "AncestorQuotaLimit") or succeeded,
                "UserLimit": played_limit(quota, job, "UserLimit") or succeeded,
                "QueueStrategyLimit": {"Status": "Failed", "WorkloadIds": ahead} if held_back else succeeded,
            },
            "SchedulingDiagnosis": scheduling(account, quota, job),
        }
    }


def played_limit(quota: Json, job: Job, name: str) -> Json | None:
    """The limit by which a scenario holds the job: of an ancestor or a user, fully used."""
    if job.scenario.limit != name:
        return None
    used = {key: value for key, value in amounts(quota, ledger.limit(quota)).items() if key != "GPUType"}
    return {"Status": "Failed", "ExceedResources": ["GPU"], "Used": used, "Limit": used}


def self_limit(account: Account, quota: Json, job: Job) -> Json | None:
    """The limit of the job's own quota that it would exceed; None if it would not."""
    whole, taken = ledger.limit(quota), ledger.used(account, quota, account.now())
    after = ledger.plus(taken, ledger.total(job))
    pairs = (("GPU", after.gpu, whole.gpu), ("CPU", after.cpu, whole.cpu), ("Memory", after.memory, whole.memory))
    exceeded = [name for name, wanted, there in pairs if wanted > there]
    if job.scenario.unschedulable or job.scenario.limit:
        return None
    if job.scenario.stuck and not exceeded:
        exceeded = ["GPU"]
    if not exceeded:
        return None
    shown = {"Used": taken, "Limit": whole}
    figures = {key: {k: v for k, v in amounts(quota, value).items() if k != "GPUType"} for key, value in shown.items()}
    # The sample names GPUs first; a job that exceeds GPUs exceeds its share of the rest as well.
    return {"Status": "Failed", "ExceedResources": exceeded[:1], **figures}


def scheduling(account: Account, quota: Json, job: Job) -> Json:
    """Each node, and why the job's largest pod does not fit on it."""
    free = ledger.free_nodes(account, quota, account.now())
    each = [resources for _, _, resources in pods.names(job)]
    largest = max(each, key=lambda one: (one.gpu, one.cpu, one.memory))
    size = ledger.node_size(quota)
    blocked = {name: job.scenario.unschedulable or why(largest, rest) for name, rest in free.items()}
    blocked |= dict.fromkeys(cordon.nodes(account, quota, account.now()), "NodeUnschedulable")
    by_reason: dict[str, list[str]] = {}
    for name, text in blocked.items():
        if text:
            by_reason.setdefault(text, []).append(name)
    held = list(ledger.held(account, quota, account.now()))
    count = 0 if job.scenario.unschedulable else schedulable(account, quota, job)
    names = len(pods.names(job))
    return {
        "Status": "Failed" if count < names else "Succeeded",
        "TaskNum": names,
        "SchedulableNum": count,
        "AvailableNodeNames": [name for name, text in blocked.items() if not text],
        "TotalNodes": [
            {
                "NodeName": name,
                "RequestGPU": str(size.gpu - free[name].gpu),
                "WorkloadNum": len({each.workload for each in held if each.node == name}),
                "Workloads": [],
                "WorkloadSchedulingStatusOnNode": {"AvailableForWorkload": False, "UnschedulableInfo": text}
                if text
                else {"AvailableForWorkload": True},
            }
            for name, text in blocked.items()
        ],
        "UnschedulableNodes": [{"Reason": text, "Nodes": nodes} for text, nodes in by_reason.items()],
        "TotalHyperNodes": [],
    }


def why(asked: Resources, free: Resources) -> str:
    """The reason code of a node on which a pod does not fit: Out if nothing is left, NotEnough if too little is."""
    for name, wanted, there in (
        ("GPU", asked.gpu, free.gpu),
        ("CPU", asked.cpu, free.cpu),
        ("Memory", asked.memory, free.memory),
    ):
        if wanted > there:
            return f"NotEnough{name}" if there > 0 else f"OutOf{name}"
    return ""


def list_quota_active_user_usages(account: Account, request: Request) -> Json:
    """Users with the amounts they hold and request in a quota; users without any are left out."""
    quota = account.quota(request.ids["QuotaId"])
    rows: dict[str, tuple[set[str], Resources, Resources]] = {}
    workspace_id, own = request.text("WorkspaceId"), request.flag("SelfOnly")
    bound = workspace_id in ("", *(workspace["WorkspaceId"] for workspace in quota["Workspaces"]))
    now = account.now()
    taken = [(each.user_id, each.workload, each.resources, each.resources) for each in ledger.held(account, quota, now)]
    asked = [(job.user_id, job.job_id, ledger.NONE, ledger.total(job)) for job in ledger.waiting(account, quota, now)]
    for user_id, workload_id, holds, wants in [*taken, *asked] if bound else []:
        ids, used, submitted = rows.get(user_id, (set[str](), ledger.NONE, ledger.NONE))
        rows[user_id] = (ids | {workload_id}, ledger.plus(used, holds), ledger.plus(submitted, wants))
    found: list[Json] = [
        {
            "UserId": user_id,
            "Username": USER_NAMES.get(user_id, ""),
            "WorkloadCount": len(ids),
            "Resources": {"Submitted": amounts(quota, submitted), "Used": amounts(quota, used)},
        }
        for user_id, (ids, used, submitted) in sorted(rows.items())
        if not own or user_id == USER_ID
    ]
    found = listing.select(
        found, request, exact={"UserId": "UserId", "Username": "Username", "WorkloadCount": "WorkloadCount"}
    )
    found = listing.sorted_by(found, request, usage_key(request.text("SortBy", "UsedGPU")))
    shown = listing.page(found, request, 10)
    return {"QuotaUserUsages": shown, "TotalCount": len(found)}


def usage_key(name: str) -> list[str]:
    """`UsedGPU` is Resources.Used.GPU."""
    for part in ("Submitted", "Used"):
        if name.startswith(part):
            return ["Resources", part, name.removeprefix(part)]
    return [name]
