"""The scripted agent on the API's operations, by the published skill: the job, its events, then each pod's log and
events, and its conclusion by words that it knows. It uses only what was printed."""

import re
from statistics import fmean
from typing import Any

from evals.agent import NODE, SMALL, Scripted, worker
from evals.by_tools import found
from evals.scenes import WORKSPACE

EVENTS, POD_EVENTS, LINES, PAGE = 50, 20, 100, 100  # limits of the published skill
POLL = 60.0  # seconds between two polls of a job
SIGNS = (
    (r"ImagePullBackOff|ErrImagePull", "image"),
    (r"OutOfMemoryError|OOMKilled", "memory"),
    (r"ModuleNotFoundError", "program"),
    (r"loss is nan", "progress"),
    (r"XID_79", "platform"),
    (r"Watchdog caught collective operation timeout", "network"),
)
"""Patterns in the logs and their cause, the first match counts."""


class ByOperations(Scripted):
    """One method for each script."""

    async def irrevocable(self, question: str, name: str, /, **arguments: Any) -> str:
        return (await self.call(name, **arguments)).text if self.consents(question) else "You said no."

    async def read(self, job: str) -> str:
        """All that the skill reads about a failed job."""
        whole = await self.call("GetJob", JobId=job)
        texts = [whole.text, (await self.call("GetJobEvents", JobId=job, MaxEventsNum=EVENTS)).text]
        for pod in whole.facts["Pods"]:
            ids = {"JobId": job, "PodId": pod["PodId"]}
            texts.append((await self.call("GetPodLogs", **ids, MaxLines=LINES)).text)
            texts.append((await self.call("GetPodEvents", **ids, MaxEventsNum=POD_EVENTS)).text)
        return "\n".join(texts)

    async def cause(self, job: str) -> str:
        text = await self.read(job)
        return next(kind for pattern, kind in SIGNS if re.search(pattern, text))

    async def hang(self, job: str) -> str:
        await self.read(job)
        return "hangs" if await self.mean_use(job) < 1 else "trains"

    async def mean_use(self, job: str) -> float:
        whole = await self.facts("GetJobMetrics", JobId=job, MetricType="GpuCoreUsage")
        values = [one["Value"] for pod in whole["PodMetrics"] for one in pod["Metrics"]]
        return fmean(values[len(values) // 2 :] if min(values) < 1 else values)

    async def short(self, job: str) -> str:
        whole = await self.facts("GetJob", JobId=job)
        await self.facts("GetJobEvents", JobId=job, MaxEventsNum=EVENTS)
        told = await self.facts("GetQuotaWorkloadDiagnosis", QuotaId=whole["ResourceId"], WorkloadId=job)
        limit = told["Diagnosis"]["ResourceDiagnosis"]["SelfQuotaLimit"]
        return str(int(whole["RequestGPU"]) - int(limit["Limit"]["GPU"]) + int(limit["Used"]["GPU"]))

    async def restarted(self, job: str) -> str:
        whole = await self.facts("GetJob", JobId=job)
        return str(whole["RestartRecord"][-1]["DetailErrorInfoList"][-1]["Pod"])

    async def room(self, quota: str) -> str:
        nodes = (await self.facts("ListNodes", QuotaId=quota, PageSize=PAGE))["Nodes"]
        free = [int(node["GPU"]) - int(node["RequestGPU"]) for node in nodes if node["NodeStatus"] == "Ready"]
        return str(sum(each >= 8 for each in free))

    async def stop(self, job: str) -> str:
        whole = await self.facts("GetJob", JobId=job)
        name = whole["DisplayName"]
        said = await self.irrevocable(f"Stop job {job} ({name}, {whole['Status']})?", "StopJob", JobId=job)
        if "JobId" in said:
            await self.call("GetJob", JobId=job)
        return said

    async def stop_by_name(self) -> str:
        listed = await self.facts("ListJobs", WorkspaceId=WORKSPACE, DisplayName="ablation-2", PageSize=PAGE)
        return await self.stop(next(job["JobId"] for job in listed["Jobs"] if job["DisplayName"] == "ablation-2"))

    async def last_checkpoint(self, job: str) -> str:
        whole = await self.facts("GetJob", JobId=job)
        text = (await self.call("GetPodLogs", JobId=job, PodId=whole["Pods"][0]["PodId"], MaxLines=2000)).text
        return re.findall(r"saving checkpoint to \S+?checkpoint-(\d+)", text)[-1]

    async def failed(self) -> str:
        listed = await self.facts("ListJobs", WorkspaceId=WORKSPACE, Status="Failed", ShowOwn=True, PageSize=PAGE)
        return str(listed["TotalCount"])

    async def image(self) -> str:
        labels = "system.official=true,system.supported.dlc=true,system.chipType=GPU"
        listed = await self.facts("ListImages", Labels=labels, Name="pytorch", Verbose=True, PageSize=PAGE)
        return max((one["ImageUri"] for one in listed["Images"]), key=lambda uri: found(r":(\S+?)-", uri))

    async def made(self, **body: Any) -> str:
        body = {"WorkspaceId": WORKSPACE, "JobType": "PyTorchJob", **body}
        answer = await self.call("CreateJob", **body)
        return await self.unanswered(body, "") if answer.failed else answer.facts["JobId"]

    async def unanswered(self, body: dict[str, Any], told: str) -> str:
        for _ in range(10):
            listed = await self.facts("ListJobs", WorkspaceId=WORKSPACE, DisplayName=body["DisplayName"], PageSize=PAGE)
            if listed["Jobs"]:
                return listed["Jobs"][0]["JobId"]
            self.hands.sleep(POLL)
        raise ValueError("no job shows it")

    async def create(self, workspace: str, name: str) -> str:
        specs = [worker(await self.image(), **SMALL)]
        return await self.made(DisplayName=name, JobSpecs=specs, UserCommand="python /mnt/code/train.py")

    async def four_by_eight(self, workspace: str, quota: str) -> str:
        job = await self.made(
            DisplayName="root-cause-4x8",
            JobSpecs=[worker(await self.image(), 4, **NODE)],
            ResourceId=quota,
            UserCommand="torchrun /mnt/code/train.py",
        )
        whole = await self.facts("GetJob", JobId=job)
        while whole["Status"] not in ("Failed", "Succeeded", "Stopped"):
            self.hands.sleep(POLL)
            whole = await self.facts("GetJob", JobId=job)
        await self.read(job)
        return min(whole["Pods"], key=lambda pod: pod["GmtFinishTime"])["PodId"]

    async def within_limit(self, workspace: str, quota: str) -> str:
        specs = [worker(await self.image(), **NODE)]
        command = "torchrun /mnt/code/train.py"
        for number in (1, 2):
            await self.made(DisplayName=f"fine-{number}", JobSpecs=specs, ResourceId=quota, UserCommand=command)
        return "two of four"

    async def spec(self) -> str:
        listed = await self.facts("ListEcsSpecs", AcceleratorType="GPU", PageSize=PAGE)
        fitting = [spec for spec in listed["EcsSpecs"] if spec["Gpu"] == 8 and spec["IsAvailable"]]
        return min(fitting, key=lambda spec: (-spec["GpuMemory"], spec["Memory"]))["InstanceType"]

    async def copied(self, job: str, name: str, **envs: str) -> dict[str, Any]:
        whole = await self.facts("GetJob", JobId=job)
        kept = ("JobType", "UserCommand", "ResourceId", "Priority")
        body = {key: whole[key] for key in kept if whole.get(key)}
        sources = [{key: one[key] for key in ("DataSourceId", "MountPath")} for one in whole["DataSources"]]
        specs = [
            {key: spec[key] for key in ("Type", "PodCount", "Image", "EcsSpec", "ResourceConfig") if spec.get(key)}
            for spec in whole["JobSpecs"]
        ]
        more = {"JobSpecs": specs, "DataSources": sources, "Envs": {**whole["Envs"], **envs}}
        return {**body, **more, "DisplayName": f"{whole['DisplayName']}-{name}"}

    async def rerun(self, job: str) -> str:
        return await self.made(**await self.copied(job, "again", BATCH_SIZE="16"))

    async def differs(self, a: str, b: str) -> str:
        one, other = [(await self.facts("GetJob", JobId=job))["Envs"] for job in (a, b)]
        return next(name for name in {**one, **other} if one.get(name) != other.get(name))

    async def sweep(self, job: str) -> str:
        body = await self.copied(job, "sweep")
        if not self.consents(f"Create three jobs like {job}, with LR 0.1, 0.01 and 0.001?"):
            return "You said no."
        for number, rate in enumerate(("0.1", "0.01", "0.001"), 1):
            one = {"DisplayName": f"{body['DisplayName']}-{number}", "Envs": {**body["Envs"], "LR": rate}}
            await self.made(**{**body, **one})
        return "three"

    async def raise_priorities(self) -> str:
        listed = await self.facts("ListJobs", WorkspaceId=WORKSPACE, Status="Queuing", ShowOwn=True, PageSize=PAGE)
        for job in listed["Jobs"]:
            if job["ResourceId"]:
                await self.call("UpdateJob", JobId=job["JobId"], Priority=9)
                self.hands.sleep(POLL)
                await self.call("GetJob", JobId=job["JobId"])
        return "raised"

    async def gpu_use(self, job: str) -> str:
        return str(5 * round(await self.mean_use(job) / 5))

    async def terminal(self, job: str, pod: str) -> str:
        question = f"Open a terminal in {pod} of job {job}? Whoever has the link gets a shell."
        return await self.irrevocable(question, "GetWebTerminal", JobId=job, PodId=pod)

    async def share(self, board: str) -> str:
        await self.call("GetTensorboard", TensorboardId=board)
        question = f"Share tensorboard {board} with whoever has the link?"
        return await self.irrevocable(question, "GetTensorboardSharedUrl", TensorboardId=board)
