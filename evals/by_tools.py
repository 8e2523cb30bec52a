"""The scripted agent on this server."""

import re
from typing import Any

from evals.agent import NODE, SMALL, Scripted, worker
from evals.arms import Answer


class ByTools(Scripted):
    """One method for each script."""

    async def asked(self, tool: str, /, **arguments: Any) -> Answer:
        """A call that needs a confirmation: through the client's form, else with a token."""
        answer = await self.call(tool, **arguments)
        token = answer.facts.get("confirmation_token")
        if token and self.consents(answer.text):
            return await self.call(tool, **arguments, confirmation_token=token)
        return answer

    async def text(self, tool: str, /, **arguments: Any) -> str:
        return (await self.call(tool, **arguments)).text

    async def cause(self, job: str) -> str:
        return found(r"\(Failed\): (\w+)", await self.text("diagnose_job", job_id=job))

    async def hang(self, job: str) -> str:
        return "hangs" if "): hang" in await self.text("diagnose_job", job_id=job) else "trains"

    async def short(self, job: str) -> str:
        return found(r"(\d+) short", await self.text("diagnose_job", job_id=job))

    async def restarted(self, job: str) -> str:
        return f"{job}-" + found(r"restarted .* for (\S+) on", await self.text("diagnose_job", job_id=job))

    async def room(self, quota: str) -> str:
        return found(r"(?m)^(\d+) \| 8 GPU", await self.text("get_capacity", quota_id=quota))

    async def stop(self, job: str) -> str:
        return (await self.asked("stop_job", job_id=job)).text

    async def stop_by_name(self) -> str:
        jobs = (await self.facts("list_jobs", display_name="ablation-2", status="Running"))["jobs"]
        return await self.stop(next(job["job_id"] for job in jobs if job["display_name"] == "ablation-2"))

    async def last_checkpoint(self, job: str) -> str:
        text = await self.text("get_pod_logs", job_id=job, show="grep", pattern="saving checkpoint|(?i)stop_job")
        return re.findall(r"checkpoint-(\d+)", text)[-1]

    async def failed(self) -> str:
        return str((await self.facts("list_jobs", status="Failed"))["total"])

    async def image(self) -> str:
        listed = await self.facts("list_images", name="pytorch", accelerator="GPU", limit=1)
        return listed["images"][0]["image_uri"]

    async def made(self, **body: Any) -> str:
        """The id of a new job, or the text of the result if there is none."""
        answer = await self.asked("create_job", job_type="PyTorchJob", **body)
        if answer.facts.get("status") == "unknown":
            return await self.unanswered(body, answer.facts["client_request_id"])
        return answer.facts.get("job_id") or answer.text

    async def unanswered(self, body: dict[str, Any], told: str) -> str:
        self.hands.sleep(180)
        again = await self.facts("create_job", job_type="PyTorchJob", **body, client_request_id=told)
        return again["job_id"]

    async def create(self, workspace: str, name: str) -> str:
        specs = [worker(await self.image(), **SMALL)]
        command = "python /mnt/code/train.py"
        return await self.made(workspace_id=workspace, display_name=name, job_specs=specs, user_command=command)

    async def four_by_eight(self, workspace: str, quota: str) -> str:
        job = await self.made(
            workspace_id=workspace,
            display_name="root-cause-4x8",
            job_specs=[worker(await self.image(), 4, **NODE)],
            resource_id=quota,
            user_command="torchrun /mnt/code/train.py",
        )
        waited = await self.text("wait_for_jobs", job_ids=[job], timeout_s=3600)
        if told := re.search(rf"failed first: ({job}-\S+)", waited):
            return told[1]
        return found(r"failed first: (\S+)", await self.text("diagnose_job", job_id=job))

    async def within_limit(self, workspace: str, quota: str) -> str:
        specs = [worker(await self.image(), **NODE)]
        for number in range(1, 5):
            said = await self.made(
                workspace_id=workspace,
                display_name=f"fine-{number}",
                job_specs=specs,
                resource_id=quota,
                user_command="torchrun /mnt/code/train.py",
            )
            if not said.startswith("dlc"):
                return said
        return "all four"

    async def spec(self) -> str:
        specs = (await self.facts("list_ecs_specs", accelerator="GPU", gpus=8))["specs"]
        return min(specs, key=lambda spec: (-float(spec["gpu_memory"]), float(spec["memory"])))["instance_type"]

    async def rerun(self, job: str) -> str:
        return (await self.asked("clone_job", job_id=job, changes={"envs": {"BATCH_SIZE": "16"}})).text

    async def differs(self, a: str, b: str) -> str:
        return found(r"Envs\.(\w+)", await self.text("compare_jobs", a=a, b=b))

    async def sweep(self, job: str) -> str:
        grid = {"envs.LR": ["0.1", "0.01", "0.001"]}
        return (await self.asked("create_sweep", job_id=job, grid=grid, at_once=3)).text

    async def raise_priorities(self) -> str:
        for job in (await self.facts("list_jobs", status="Queuing"))["jobs"]:
            if job.get("resource_id"):
                await self.asked("update_job", job_id=job["job_id"], priority=9)
        return "raised"

    async def gpu_use(self, job: str) -> str:
        text = await self.text("get_job_metrics", job_id=job, metric="GpuCoreUsage", last="1h")
        return str(5 * round(float(found(rf"{job}-\S+ \| \S+ \| (\S+)", text)) / 5))

    async def terminal(self, job: str, pod: str) -> str:
        return (await self.asked("get_web_terminal", job_id=job, pod_id=pod)).text

    async def share(self, board: str) -> str:
        return (await self.asked("get_tensorboard_shared_url", tensorboard_id=board)).text


def found(pattern: str, text: str) -> str:
    """The match in the text. Raises ValueError without one."""
    if told := re.search(pattern, text):
        return told[1]
    raise ValueError(f"no {pattern} in {text[:200]}")
