"""Failures between pods: one worker ends the others, a collective hangs, a job restarts."""

from collections.abc import Iterator

from pai_dlc_mcp.emulator.scenarios import failures, training
from pai_dlc_mcp.emulator.scenarios.scenario import Line, Run

HANG_SECONDS = 600.0

ROOT_CAUSE = """\
Traceback (most recent call last):
  File "/mnt/code/train.py", line 214, in <module>
    main(parse_args())
  File "/mnt/code/train.py", line 171, in main
    for batch in loader:
  File "/mnt/code/data.py", line 58, in __iter__
    shard = self.read_shard(index)
  File "/mnt/code/data.py", line 83, in read_shard
    return pickle.load(file)
_pickle.UnpicklingError: invalid load key, '\\x00'.
E torch/distributed/elastic/multiprocessing/api.py:869] failed (exitcode: 1) local_rank: {local_rank} \
(pid: {pid}) of binary: /usr/local/bin/python
============================================================
train.py FAILED
------------------------------------------------------------
Failures:
  <NO_OTHER_FAILURES>
------------------------------------------------------------
Root Cause (first observed failure):
[0]:
  time      : {time}
  host      : {host}
  rank      : {rank} (local_rank: {local_rank})
  exitcode  : 1 (pid: {pid})
  error_file: <N/A>
  traceback : To enable traceback see: https://pytorch.org/docs/stable/elastic/errors.html
============================================================"""


def root_cause(run: Run) -> Iterator[Line]:
    yield from training.launch(run)
    yield from training.steps(run, run.seconds - 5)
    if not run.culprit:
        yield from failures.victim(run)
        return
    at = run.seconds - 2
    local_rank = min(3, max(run.gpus - 1, 0))
    text = ROOT_CAUSE.format(
        pid=4100 + run.rank,
        time=run.stamp(at)[:19].replace(" ", "_"),
        host=run.pod_id,
        rank=run.rank * max(run.gpus, 1) + local_rank,
        local_rank=local_rank,
    )
    yield from failures.burst(at, text)


def nccl_hang(run: Run) -> Iterator[Line]:
    """Some steps, then a collective that never returns: the job stays Running, the log ends."""
    yield from training.launch(run)
    yield from training.steps(run, HANG_SECONDS)
    rank = run.rank * max(run.gpus, 1)
    process = f"{run.pod_id}:{71 + run.rank}:{402 + rank}"
    yield HANG_SECONDS + 1, f"{process} [0] NCCL INFO AllReduce: opCount 8f3 count 25165824 datatype 9"


def restarts(run: Run) -> Iterator[Line]:
    """The first incarnation loses a GPU; the second resumes from the last checkpoint."""
    yield from training.launch(run)
    if run.attempt:
        yield 15.0, f"{run.stamp(15.0)} INFO resuming from /mnt/output/checkpoint-200"
        yield from training.steps(run, run.seconds - 10, resumed=200)
        return
    yield from training.steps(run, run.seconds - 6)
    if not run.culprit:
        yield from failures.victim(run)
        return
    at = run.seconds - 2
    yield at, f"{run.stamp(at)} ERROR watchdog: NVRM: Xid (PCI:0000:10:00): 79, GPU has fallen off the bus."
    yield at + 0.2, "RuntimeError: CUDA error: unspecified launch failure"
