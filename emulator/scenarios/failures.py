"""Trainings that fail by their own fault: out of memory, a missing module, a missing command."""

from collections.abc import Iterator

from pai_dlc_mcp.emulator.scenarios import training
from pai_dlc_mcp.emulator.scenarios.scenario import Line, Run

OUT_OF_MEMORY = """\
Traceback (most recent call last):
  File "/mnt/code/train.py", line 214, in <module>
    main(parse_args())
  File "/mnt/code/train.py", line 187, in main
    loss = trainer.step(batch)
  File "/mnt/code/trainer.py", line 96, in step
    loss.backward()
  File "/usr/local/lib/python3.11/site-packages/torch/_tensor.py", line 626, in backward
    torch.autograd.backward(
  File "/usr/local/lib/python3.11/site-packages/torch/autograd/__init__.py", line 347, in backward
    _engine_run_backward(
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.54 GiB. GPU 0 has a total capacity of 79.33 GiB of \
which 1.12 GiB is free. Process {pid} has 78.20 GiB memory in use. Of the allocated memory 74.91 GiB is allocated by \
PyTorch, and 2.31 GiB is reserved by PyTorch but unallocated."""

MISSING_MODULE = """\
Traceback (most recent call last):
  File "/mnt/code/train.py", line 7, in <module>
    from flash_attn import flash_attn_func
ModuleNotFoundError: No module named 'flash_attn'"""

VICTIM = """\
[rank{rank}]:[E ProcessGroupNCCL.cpp:632] [Rank {rank}] Watchdog caught collective operation timeout: \
WorkNCCL(SeqNum=2291, OpType=ALLREDUCE, NumelIn=25165824, NumelOut=25165824, Timeout(ms)=600000)
W torch/distributed/elastic/agent/server/api.py:704] Received Signals.SIGTERM death signal, shutting down \
workers on node {node}
W torch/distributed/elastic/multiprocessing/api.py:897] Sending process {pid} closing signal SIGTERM
torch.distributed.elastic.multiprocessing.api.SignalException: Process 1 got signal: 15"""


def burst(at: float, text: str) -> Iterator[Line]:
    """Lines printed one millisecond apart."""
    for number, line in enumerate(text.splitlines()):
        yield at + number / 1000, line


def cuda_oom(run: Run) -> Iterator[Line]:
    yield from training.launch(run)
    yield from training.steps(run, run.seconds - 3)
    if run.culprit:
        yield from burst(run.seconds - 2, OUT_OF_MEMORY.format(pid=4100 + run.rank))
    else:
        yield from victim(run)


def missing_module(run: Run) -> Iterator[Line]:
    yield 0.2, f"+ {run.command}"
    yield from burst(run.seconds - 1, MISSING_MODULE)


def command_not_found(run: Run) -> Iterator[Line]:
    words = run.command.split() or ["train"]
    yield run.seconds - 0.5, f"/bin/bash: line 1: {words[0]}: command not found"


def victim(run: Run) -> Iterator[Line]:
    """The output of a healthy pod after another one has ended."""
    yield from burst(run.seconds - 3, victim_text(run))


def victim_text(run: Run) -> str:
    return VICTIM.format(rank=run.rank * max(run.gpus, 1), node=run.rank, pid=71 + run.rank)
