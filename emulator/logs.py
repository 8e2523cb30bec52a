"""GetPodLogs."""

from datetime import timedelta

from pai_dlc_mcp.emulator import pods
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import Account

LOOK_BACK = timedelta(days=7)
CONTAINERS = {"PyTorchJob": "pytorch", "TFJob": "tensorflow", "MPIJob": "mpi", "RayJob": "ray"}


def get_pod_logs(account: Account, request: Request) -> Json:
    """Oldest first; the last MaxLines records (see Account.log_order). Default window: the last 7 days (API
    documentation). Empty before the pod runs."""
    job = account.job(request.ids["JobId"], "GetPodLogs")
    now = account.now()
    since = request.time("StartTime", now - LOOK_BACK).replace(microsecond=0)
    until = request.time("EndTime", now)
    limit = request.number("MaxLines", 2000)
    container = CONTAINERS.get(job.kind, "main")
    wanted = request.words("Containers")
    pod = pods.find(job, request.ids["PodId"], request.text("PodUid"), now)
    elapsed = job.elapsed(now)
    records = [
        text
        for offset, text in (pods.lines(job, pod) if pod else ())
        if (not wanted or container in wanted)
        and offset <= elapsed
        and since <= job.at(offset).replace(microsecond=0) <= until
    ]
    return {
        "JobId": job.job_id,
        "PodId": request.ids["PodId"],
        "PodUid": pod.uid if pod else "",
        "Logs": records[-limit:] if account.log_order == "tail" else records[:limit],
        "ContainerInfo": {"MainContainer": container, "SidecarContainers": []},
        "Containers": "",
    }
