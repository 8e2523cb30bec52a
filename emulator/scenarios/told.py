"""Trainings defined by a table: log format, survived errors, last output of the first pod, and what follows."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pai_dlc_mcp.emulator.scenarios import failures, noise, training
from pai_dlc_mcp.emulator.scenarios.scenario import Line, Run, Scenario, Stage
from pai_dlc_mcp.emulator.scenarios.styles import REPORTS

CLOSINGS: dict[str, str] = {
    "": "",
    "torchrun": (
        "E torch/distributed/elastic/multiprocessing/api.py:869] failed (exitcode: {code}) local_rank: 0 (pid: {pid}) "
        "of binary: /usr/local/bin/python\n============================================================\ntrain.py "
        "FAILED\n"
        "------------------------------------------------------------\nRoot Cause (first observed failure):\n[0]:\n"
        "  time      : {time}\n  host      : {pod}\n  rank      : {rank} (local_rank: 0)\n"
        "  exitcode  : {code} (pid: {pid})\n  error_file: <N/A>\n"
        "============================================================"
    ),
    "mpirun": (
        "--------------------------------------------------------------------------\nPrimary job  terminated normally, "
        "but 1 process returned\na non-zero exit code. Per user-direction, the job has been aborted.\n"
        "--------------------------------------------------------------------------"
    ),
    "deepspeed": (
        "[{stamp}] [INFO] [launch.py:319:sigkill_handler] Killing subprocess {pid}\n[{stamp}] [ERROR] "
        "[launch.py:325:sigkill_handler] ['/usr/local/bin/python', '-u', 'train.py', '--local_rank=0'] exits with "
        "return code = {code}"
    ),
}
"""What a launcher prints about a failed process, by launcher."""


@dataclass(frozen=True)
class Told:
    """One training that fails. `text` can contain {rank}, {pid} and {pod}."""

    row: str
    shows: str
    text: str
    exit_code: int = 1
    style: str = "hugging_face"
    launcher: str = "torchrun"
    survives: tuple[str, ...] = ()
    """Names in noise.SURVIVED."""
    teardown: int = 0
    """Number of lines after the cause."""
    culprit: int = 0
    trains: bool = True
    """False: fails in the first seconds, in all pods alike."""
    node_fault: bool = False
    event: str = ""
    """Event of the pod that fails first, at its end."""
    events: tuple[tuple[float, str], ...] = ()
    """Events of the job: seconds since its creation, text."""

    def scenario(self) -> Scenario:
        victims = 143 if self.trains else self.exit_code
        stage = Stage(
            self.script,
            660.0 if self.trains else 8.0,
            self.exit_code,
            culprit=self.culprit,
            victims_exit_code=victims,
            last_event=self.event,
            node_fault=self.node_fault,
        )
        return Scenario(self.row, self.shows, (stage,), events=self.events)

    def script(self, run: Run) -> Iterator[Line]:
        if not self.trains:
            yield 0.2, f"+ {run.command}"
            yield from self.ending(run, run.seconds - 2)
            return
        before = heapq.merge(
            training.launch(run),
            noise.survived(run, self.survives),
            training.steps(run, run.seconds - 30, report=REPORTS[self.style]),
        )
        yield from before
        if run.culprit:
            yield from self.ending(run, run.seconds - 25)
        else:
            yield from failures.burst(run.seconds - 23, failures.victim_text(run))
            yield from noise.teardown(run, run.seconds - 22, self.teardown // 4)

    def ending(self, run: Run, at: float) -> Iterator[Line]:
        """The cause, the shutdown, and last the launcher's output."""
        facts = {"rank": run.rank * max(run.gpus, 1), "pid": 4100 + run.rank, "pod": run.pod_id}
        yield from failures.burst(at, filled(self.text, facts))
        yield from noise.teardown(run, at + 1, self.teardown)
        last = run.seconds - 1
        code = -9 if self.exit_code == 137 else self.exit_code
        closing = CLOSINGS[self.launcher].format(**facts, code=code, stamp=run.stamp(last), time=run.stamp(last)[:19])
        yield from failures.burst(last, closing)


def filled(text: str, facts: Mapping[str, object]) -> str:
    """Replaced one by one, not with str.format: texts of real programs contain braces."""
    for name, value in facts.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text
