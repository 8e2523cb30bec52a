"""Parametrized scripts: a training that ends with given text, hangs, slows down, or logs too much."""

from collections.abc import Iterator
from math import inf

from pai_dlc_mcp.emulator.scenarios import failures, training
from pai_dlc_mcp.emulator.scenarios.scenario import Line, Run, Script

NCCL_LINE = "{pod}:{pid}:{pid} [0] NCCL INFO {text}"


def ends_in(text: str, *, trains: bool = True) -> Script:
    """Trains (or only starts up), then prints `text` in the pod that fails first; the others print a victim's
    output."""

    def script(run: Run) -> Iterator[Line]:
        if trains:
            yield from training.launch(run)
            yield from training.steps(run, run.seconds - 4)
        else:
            yield 0.2, f"+ {run.command}"
        if run.culprit:
            yield from failures.burst(run.seconds - 1, text)
        elif trains:
            yield from failures.victim(run)

    return script


def nccl_init_hang(run: Run) -> Iterator[Line]:
    """The communicator never completes."""
    yield 0.2, f"+ {run.command}"
    for number, text in enumerate(training.NCCL[:5]):
        line = text.format(ip=33 + run.rank, rank=run.rank, ranks=run.world)
        yield 2.0 + number * 0.3, NCCL_LINE.format(pod=run.pod_id, pid=71 + run.rank, text=line)


def rendezvous_wait(run: Run) -> Iterator[Line]:
    """Waits for a worker that never starts, with one line a minute for an hour."""
    yield 0.2, f"+ {run.command}"
    for minute in range(1, 61):
        at = minute * 60.0
        waited = f"waiting for worker-{max(run.world - 1, 1)} to join the rendezvous ({minute} min)"
        yield at, f"{run.stamp(at)} INFO torch.distributed.elastic.rendezvous: {waited}"


def stalled(run: Run) -> Iterator[Line]:
    """The log continues, the step number does not change."""
    yield from training.launch(run)
    for number in range(600):
        at = 20.0 + number * 10
        yield at, f"{run.stamp(at)} INFO step 120 loss 2.3411 retrying shard 7"


def diverges(run: Run) -> Iterator[Line]:
    """The loss is nan from step 181 on."""
    yield from training.launch(run)
    for step in range(1, 201):
        at = 15.0 + step * 2
        loss = "nan" if step > 180 else f"{3.0 - step * 0.01:.4f}"
        yield at, f"{{'loss': {loss}, 'grad_norm': {'nan' if step > 180 else '1.1000'}, 'epoch': {step / 100:.2f}}}"
    yield 418.0, "ERROR loss is nan at step 200: stopping, the last finite checkpoint is checkpoint-180"


def slows_down(run: Run) -> Iterator[Line]:
    """From step 300 on each step takes three times as long."""
    yield from training.launch(run)
    at = 20.0
    for step in range(1, 601):
        seconds = 1.0 if step < 300 else 3.0
        at += seconds
        if at < min(run.seconds, inf):
            yield at, f"step {step}/600 loss {2.5 - step * 0.002:.4f} step_time {seconds:.2f}s"


def talkative(run: Run) -> Iterator[Line]:
    """More than 5,000 records in a quarter of an hour."""
    yield from training.launch(run)
    for number in range(6000):
        at = 20.0 + number * 0.14
        yield at, f"{run.stamp(at)} DEBUG loader: batch {number} from shard {number % 64}, queue {number % 9}"


def long_teardown(run: Run) -> Iterator[Line]:
    """The cause, then a thousand lines of other ranks that end."""
    yield from training.launch(run)
    yield from training.steps(run, run.seconds - 30)
    if not run.culprit:
        yield from failures.victim(run)
        return
    yield from failures.burst(run.seconds - 25, failures.OUT_OF_MEMORY.format(pid=4100 + run.rank))
    for number in range(1000):
        rank = number % 64
        yield (
            run.seconds - 24 + number / 50,
            f"[rank{rank}]:[W ProcessGroupNCCL.cpp:1250] [Rank {rank}] aborting communicator",
        )
