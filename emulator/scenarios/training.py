"""A healthy training with the output of common trainers; failing scripts reuse its start."""

import math
from collections.abc import Callable, Iterator
from datetime import timedelta

from pai_dlc_mcp.emulator.scenarios.scenario import Line, Run

Report = Callable[[Run, float, int, int, float, float, float], str]
"""(run, seconds since start, step, total steps, loss, seconds for a step, gradient norm) -> one log record."""

NCCL = (
    "NCCL INFO Bootstrap : Using eth0:10.224.36.{ip}<0>",
    "NCCL INFO cudaDriverVersion 12040",
    "NCCL INFO NCCL version 2.21.5+cuda12.4",
    "NCCL INFO NET/IB : Using [0]mlx5_bond_0:1/RoCE [1]mlx5_bond_1:1/RoCE [RO]; OOB eth0:10.224.36.{ip}<0>",
    "NCCL INFO Using network IB",
    "NCCL INFO Channel 00/16 :    0   1   2   3   4   5   6   7",
    "NCCL INFO Connected all rings",
    "NCCL INFO comm 0x55d0c0de{ip:04x} rank {rank} nranks {ranks} cudaDev 0 busId 10 - Init COMPLETE",
)


def launch(run: Run) -> Iterator[Line]:
    """The first seconds: launcher, NCCL, model, data."""
    ranks = run.world * max(run.gpus, 1)
    yield 0.2, f"+ {run.command.splitlines()[0] if run.command else 'sh'}"
    yield 1.0, f"{run.stamp(1.0)} INFO launcher: node_rank={run.rank} nnodes={run.world} world_size={ranks}"
    if ranks > 1 and run.gpus:
        for number, text in enumerate(NCCL):
            line = text.format(ip=33 + run.rank, rank=run.rank * run.gpus, ranks=ranks)
            yield 2.0 + number * 0.3, f"{run.pod_id}:{71 + run.rank}:{71 + run.rank} [0] {line}"
    yield 5.0, f"{run.stamp(5.0)} INFO model: 6,738,415,616 parameters, bf16, flash attention"
    yield 9.0, tokenizing()
    yield 12.0, f"{run.stamp(12.0)} INFO data: 128,411 training samples, 1,024 validation samples"


def tokenizing() -> str:
    """A progress bar, which is one record with many carriage returns."""
    frames: list[str] = []
    for percent in range(0, 101, 4):
        bar, done, second = "█" * (percent // 10), 128411 * percent // 100, percent // 26
        frames.append(f"Tokenizing: {percent:3d}%|{bar:<10}| {done}/128411 [00:0{second}<00:00, 31407.5it/s]")
    return "\r".join(frames)


def steps(run: Run, until: float, resumed: int = 0, report: Report | None = None) -> Iterator[Line]:
    """The training loop. Rank 0 reports each step, the others only that they run. A training that fails or hangs is
    planned for half an hour."""
    first = 20.0
    planned = (1800.0 if run.seconds == math.inf else max(run.seconds, 1800.0)) - first - 15.0
    pace = max(2.0, planned / 800)
    total = resumed + int(planned / pace)
    report = report or (megatron if run.world * run.gpus > 8 else hugging_face)
    random = run.random
    for step in range(resumed + 1, total + 1):
        at = first + (step - resumed) * pace
        if at > until:
            return
        loss = 1.35 + 9.1 * math.exp(-5 * step / total) + random.uniform(-0.04, 0.04)
        if run.rank == 0:
            yield at, report(run, at, step, total, loss, pace, random.uniform(0.6, 1.4))
        elif step % 50 == 0:
            yield at, f"{run.stamp(at)} INFO rank {run.rank * max(run.gpus, 1)}: heartbeat, step {step}"
        if run.rank == 0 and step % 200 == 0:
            yield at + 0.5, f"{run.stamp(at + 0.5)} INFO saving checkpoint to /mnt/output/checkpoint-{step}"


def megatron(run: Run, at: float, step: int, total: int, loss: float, pace: float, grad_norm: float) -> str:
    clock = (run.start + timedelta(seconds=at)).strftime("%Y-%m-%d %H:%M:%S")
    return (
        f" [{clock}] iteration {step:8d}/{total:8d} | consumed samples: {step * 512:12d} |"
        f" elapsed time per iteration (ms): {pace * 1000 + grad_norm * 10:.1f} |"
        f" learning rate: {3e-4 * (1 - step / (total + 1)):.6E} | global batch size:   512 |"
        f" lm loss: {loss:.6E} | loss scale: 1.0 | grad norm: {grad_norm:.3f} |"
        " number of skipped iterations:   0 | number of nan iterations:   0 |"
    )


def hugging_face(run: Run, at: float, step: int, total: int, loss: float, pace: float, grad_norm: float) -> str:
    return (
        f"{{'loss': {loss:.4f}, 'grad_norm': {grad_norm:.4f},"
        f" 'learning_rate': {2e-5 * (1 - step / (total + 1)):.4e}, 'epoch': {3 * step / total:.2f}}}"
    )


def nothing(run: Run) -> Iterator[Line]:
    """No output: the job's real processes print."""
    yield from ()


def healthy(run: Run) -> Iterator[Line]:
    yield from launch(run)
    yield from steps(run, run.seconds - 10)
    if run.seconds < math.inf:
        at = run.seconds - 8
        if run.rank == 0:
            yield at, f"{run.stamp(at)} INFO eval: loss 1.3482, perplexity 3.85"
            yield at + 4, f"{run.stamp(at + 4)} INFO saving model to /mnt/output/final"
        yield run.seconds - 1, f"{run.stamp(run.seconds - 1)} INFO training finished, exiting with code 0"
