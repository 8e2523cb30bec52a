"""Training jobs: models, and one method for each operation."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from pai_dlc_mcp.server.budget.fence import word
from pai_dlc_mcp.server.cloud.api import Regional, Write
from pai_dlc_mcp.server.cloud.model import TOLD, CloudModel, Told
from pai_dlc_mcp.server.cloud.paging import Page, page
from pai_dlc_mcp.server.cloud.shape import as_list, as_object
from pai_dlc_mcp.server.cloud.times import Time

TERMINAL = frozenset({"Succeeded", "Failed", "Stopped"})


class Pod(CloudModel):
    """One pod. `history`: earlier incarnations, with the same pod id and other uids."""

    pod_id: str = Field(default="", alias="PodId")
    uid: str = Field(default="", alias="PodUid")
    role: str = Field(default="", alias="Type")
    status: str = Field(default="Unknown", alias="Status")
    sub_status: str | None = Field(default=None, alias="SubStatus")
    node: str | None = Field(default=None, alias="NodeName")
    created: Time | None = Field(default=None, alias="GmtCreateTime")
    started: Time | None = Field(default=None, alias="GmtStartTime")
    finished: Time | None = Field(default=None, alias="GmtFinishTime")
    history: "tuple[Pod, ...]" = Field(default=(), alias="HistoryPods")


class Resources(CloudModel):
    """ResourceConfig: what a pod requests from a quota. Values are strings ("8", "100Gi")."""

    cpu: str | None = Field(default=None, alias="CPU")
    memory: str | None = Field(default=None, alias="Memory")
    gpu: str | None = Field(default=None, alias="GPU")
    gpu_type: str | None = Field(default=None, alias="GPUType")


class Spec(CloudModel):
    """One role of a job: the number of pods and what each gets."""

    type: str = Field(default="", alias="Type")
    pod_count: int = Field(default=1, alias="PodCount")
    image: Told = Field(default="", alias="Image")
    ecs_spec: str | None = Field(default=None, alias="EcsSpec")
    resources: Resources | None = Field(default=None, alias="ResourceConfig")
    auto_scaling: dict[str, Any] | None = Field(default=None, alias="AutoScalingSpec")

    @property
    def compute(self) -> str:
        """What each pod gets: an instance type, or `8 GPU 96 CPU 1000Gi` from a quota."""
        if self.ecs_spec or not self.resources:
            return self.ecs_spec or "?"
        asked = self.resources
        parts = ((asked.gpu, " GPU"), (asked.cpu, " CPU"), (asked.memory, ""))
        return " ".join(f"{value}{unit}" for value, unit in parts if value and value != "0") or "?"


class JobOptions(CloudModel):
    """The fields of Settings that this server reads."""

    tags: Annotated[dict[str, str], TOLD] = Field(default={}, alias="Tags")
    sanity_check: bool = Field(default=False, alias="EnableSanityCheck")
    aimaster: bool = Field(default=False, alias="EnableErrorMonitoringInAIMaster")
    aimaster_args: Told = Field(default="", alias="ErrorMonitoringArgs")


class StatusSpan(CloudModel):
    """One status of a job; `end` is None for the current one."""

    status: str = Field(default="", alias="Status")
    start: Time | None = Field(default=None, alias="StartTime")
    end: Time | None = Field(default=None, alias="EndTime")
    reason_code: str = Field(default="", alias="ReasonCode")


class RestartError(CloudModel):
    """An error in an entry of RestartRecord."""

    code: str = Field(default="", alias="ErrorCode")
    message: Told = Field(default="", alias="ErrorMsg")
    pod_id: str = Field(default="", alias="Pod")
    node: str = Field(default="", alias="Node")


class Restart(CloudModel):
    """An entry of RestartRecord."""

    at: Time | None = Field(default=None, alias="OccurTime")
    reason: Told = Field(default="", alias="Reason")
    errors: tuple[RestartError, ...] = Field(default=(), alias="DetailErrorInfoList")


class Failed(NamedTuple):
    """A job's failure: a sentence, and exit codes by pod id."""

    overview: str
    exits: tuple[tuple[tuple[str, ...], str], ...]


class JobSummary(CloudModel):
    """A job as ListJobs returns it."""

    job_id: str = Field(default="", alias="JobId")
    display_name: Told = Field(default="", alias="DisplayName")
    job_type: str = Field(default="", alias="JobType")
    status: str = Field(default="Unknown", alias="Status")
    workspace_id: str = Field(default="", alias="WorkspaceId")
    user_id: str = Field(default="", alias="UserId")
    resource_id: str | None = Field(default=None, alias="ResourceId")
    priority: int | None = Field(default=None, alias="Priority")
    specs: tuple[Spec, ...] = Field(default=(), alias="JobSpecs")
    gpus: float | None = Field(default=None, alias="RequestGPU")
    created: Time | None = Field(default=None, alias="GmtCreateTime")
    modified: Time | None = Field(default=None, alias="GmtModifiedTime")
    running_since: Time | None = Field(default=None, alias="GmtRunningTime")
    finished: Time | None = Field(default=None, alias="GmtFinishTime")
    duration: int | None = Field(default=None, alias="Duration", ge=0, le=10**10)  # no overflow in sums
    reason_code: str | None = Field(default=None, alias="ReasonCode")
    reason_message: Told | None = Field(default=None, alias="ReasonMessage")
    restarts: str | None = Field(default=None, alias="RestartTimes")
    settings: JobOptions = Field(default=JobOptions(), alias="Settings")
    max_minutes: int | None = Field(default=None, alias="JobMaxRunningTimeMinutes")  # in ListJobs only, not in GetJob

    @property
    def terminal(self) -> bool:
        """Whether the job has ended."""
        return self.status in TERMINAL

    @property
    def pods_asked(self) -> int:
        """Number of pods in the job's specs."""
        return sum(spec.pod_count for spec in self.specs)

    @property
    def failure(self) -> Failed | None:
        """ReasonMessage of a failed job, which is JSON since 2026; None for any other text."""
        try:
            told = as_object(json.loads(self.reason_message or ""))
            exits: list[tuple[tuple[str, ...], str]] = []
            for entry in map(as_object, as_list(told.get("content"))):
                pods = as_object(entry["pods"]).items()
                ids = (f"{self.job_id}-{role.lower()}-{n}" for role, numbers in pods for n in as_list(numbers))
                exits.append((tuple(ids), str(entry["reason"])))
            return Failed(str(told["overview"]), tuple(exits))
        except (ValueError, KeyError):
            return None

    @property
    def reason(self) -> str | None:
        """ReasonMessage as a sentence."""
        if not (failed := self.failure):
            return self.reason_message
        return " ".join([failed.overview, *(f"{', '.join(pods)}: exit code {code}" for pods, code in failed.exits)])


class Job(JobSummary):
    """A job as GetJob returns it. `raw`: the whole response, including fields that this code does not know."""

    description: Told | None = Field(default=None, alias="Description")
    accessibility: str | None = Field(default=None, alias="Accessibility")
    sub_status: str | None = Field(default=None, alias="SubStatus")
    command: Told | None = Field(default=None, alias="UserCommand")
    envs: dict[str, Any] = Field(default={}, alias="Envs")
    pods: tuple[Pod, ...] = Field(default=(), alias="Pods")
    history: tuple[StatusSpan, ...] = Field(default=(), alias="StatusHistory")
    restart_record: tuple[Restart, ...] = Field(default=(), alias="RestartRecord")
    raw: dict[str, Any] = Field(default={}, exclude=True, repr=False)

    @classmethod
    def of(cls, body: dict[str, Any]) -> "Job":
        """From the body of GetJob."""
        return cls.model_validate({**body, "raw": body})


class Jobs(Regional):
    """Operations on jobs in one region."""

    async def check(self, body: Mapping[str, Any]) -> None:
        """Raises Failure for a field that CreateJob does not have. Sends nothing."""
        await self.api.gateway.check("pai-dlc", "CreateJob", body)

    def create(self, body: Mapping[str, Any]) -> Write[str]:
        """CreateJob, which has no client token. The result is the job id, "" if the response has none."""
        return self.api.write("CreateJob", params=body, answer=lambda answer: word(str(answer.get("JobId") or "")))

    async def list(self, filters: Mapping[str, Any], offset: int = 0, limit: int = 20) -> Page[JobSummary]:
        """ListJobs. By default the service lists the caller's own jobs of the last 7 days, newest first."""

        def ask(paging: dict[str, Any]) -> Any:
            return self.api.read("pai-dlc", "ListJobs", params={**filters, **paging})

        return await page(ask, "Jobs", JobSummary, offset, limit)

    async def get(self, job_id: str) -> Job:
        """GetJob. Raises CloudError, kind not_found for an unknown id."""
        return Job.of(await self.api.read("pai-dlc", "GetJob", job_id, params={"NeedDetail": True}))

    def update(self, job_id: str, changes: Mapping[str, Any]) -> Write[None]:
        """UpdateJob. The service returns 200 and ignores a priority that it does not apply; read the job again to
        know."""
        return self.api.write("UpdateJob", job_id, params=changes)

    def stop(self, job_id: str) -> Write[None]:
        """StopJob, for running and queued jobs."""
        return self.api.write("StopJob", job_id)

    def delete(self, job_id: str) -> Write[None]:
        """DeleteJob, for ended jobs only."""
        return self.api.write("DeleteJob", job_id)
