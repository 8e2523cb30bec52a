"""Runs the commands of an account's jobs: starts pods when a job runs, ends them when it no longer does, and sets the
job's state by what its processes did."""

from collections.abc import Iterable

from pai_dlc_mcp.emulator import errors, lifecycle, plan, pods
from pai_dlc_mcp.emulator.execute import canary, ranks
from pai_dlc_mcp.emulator.execute.process import Limits, Process
from pai_dlc_mcp.emulator.job import Execution, Job
from pai_dlc_mcp.emulator.lifecycle import TERMINAL, Transition
from pai_dlc_mcp.emulator.state import Account

GRACE_SECONDS = 10.0
"""Seconds between SIGTERM and SIGKILL when a pod is stopped."""
CLOSE_SECONDS = 10.0

MAX_PODS = 32
"""Most processes at a time, of all jobs."""

DECIDES = {"TFJob": ("chief", "worker"), "MPIJob": ("master",), "RayJob": ("head",)}
"""Roles whose pods decide about the success of the job; parameter servers and Ray's workers never end by themselves."""


class Runner:
    """Runs the commands of one emulator; `step` is called several times a second. Raises Unkillable if pods could not
    be ended reliably."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.prefix = canary.prefix()
        self.limits = limits or Limits()
        self.processes: dict[tuple[str, str], Process] = {}

    def step(self, account: Account) -> None:
        """Start and end processes as the jobs require."""
        for job_id in {job_id for job_id, _ in self.processes} - account.jobs.keys():
            self.kill(self.of(job_id))
        for job in list(account.jobs.values()):
            if job.execution:
                self.advance(account, job, job.execution)
        self.processes = {key: process for key, process in self.processes.items() if process.alive}

    def of(self, job_id: str, pod_ids: Iterable[str] | None = None) -> list[Process]:
        wanted = None if pod_ids is None else set(pod_ids)
        return [
            process
            for (owner, pod_id), process in self.processes.items()
            if owner == job_id and (wanted is None or pod_id in wanted)
        ]

    def advance(self, account: Account, job: Job, execution: Execution) -> None:
        status = job.status(account.now())
        if status == "Running" and not execution.started:
            self.start(account, job, execution)
        while execution.signals:
            pod_ids, number = execution.signals.pop(0)
            for process in self.of(job.job_id, pod_ids):
                process.order(f"signal {number}")
        if status == "Running":
            conclude(account, job, execution)
        if job.status(account.now()) in ("Stopping", *TERMINAL) and not execution.stopped:
            execution.stopped = True
            for process in self.of(job.job_id):
                process.order(f"stop {GRACE_SECONDS}")

    def start(self, account: Account, job: Job, execution: Execution) -> None:
        members = pods.names(job)
        ports = ranks.free_ports(len(members))
        execution.started = True
        for rank, (role, index, _) in enumerate(members):
            pod_id = f"{job.job_id}-{role}-{index}"
            records = execution.lines.setdefault(pod_id, [])

            def printed(text: str, records: list[tuple[float, str]] = records) -> None:
                records.append((job.elapsed(account.now()), text))

            def ended(code: int, pod_id: str = pod_id) -> None:
                execution.exits[pod_id] = (job.elapsed(account.now()), code)

            env = ranks.environment(job, members, rank, ports)
            process = Process(self.prefix, command_of(job, role), env, self.limits, printed, ended)
            self.processes[job.job_id, pod_id] = process

    def kill(self, processes: Iterable[Process]) -> None:
        for process in processes:
            process.kill()

    def close(self) -> None:
        """End all processes and wait for that. Raises Unkillable if some remain."""
        self.kill(self.processes.values())
        left = [process.popen.pid for process in self.processes.values() if not process.wait(CLOSE_SECONDS)]
        self.processes = {}
        if left:
            raise canary.Unkillable(f"processes {left} did not end")


def command_of(job: Job, role: str) -> str:
    """The role's own command, else the job's. A promoted master runs the workers' command."""
    job_specs = job.body["JobSpecs"]
    spec = next((spec for spec in job_specs if spec["Type"].lower() == role), job_specs[0])
    return spec.get("UserCommand") or job.body.get("UserCommand", "")


def conclude(account: Account, job: Job, execution: Execution) -> None:
    """The job fails with the first pod that fails, and succeeds when all pods that decide have."""
    members = pods.names(job)
    ids = {f"{job.job_id}-{role}-{index}": (role, index) for role, index, _ in members}
    failed = sorted((at, pod_id, code) for pod_id, (at, code) in execution.exits.items() if code)
    if failed:
        at, pod_id, code = failed[0]
        message = plan.failure_text(job, at, *ids[pod_id], code)
        finish(account, job, Transition(at, "Failed", "JobFailed", message))
        return
    decides = [pod_id for pod_id, (role, _) in ids.items() if role in DECIDES.get(job.kind, (role,))] or list(ids)
    if all(pod_id in execution.exits for pod_id in decides):
        at = max(execution.exits[pod_id][0] for pod_id in decides)
        message = f"{job.kind} {job.job_id} is successfully completed."
        finish(account, job, Transition(at, "Succeeded", "JobSucceeded", message))


def finish(account: Account, job: Job, end: Transition) -> None:
    job.life = (*lifecycle.so_far(job.life, end.at), end)
    job.modified = account.now()


def check_room(account: Account, asked: int) -> None:
    """Raises ServiceError unless the pods of the new job and of all unfinished jobs fit the limit."""
    now = account.now()
    waiting = [job for job in account.jobs.values() if job.execution and job.status(now) not in TERMINAL]
    taken = sum(len(pods.names(job)) for job in waiting)
    if taken + asked > MAX_PODS:
        raise errors.invalid(
            f"JobSpecs.PodCount: the emulator runs {MAX_PODS} pods at once (--execute), {taken} are taken."
        )
