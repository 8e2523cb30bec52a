"""Output that looks like a cause but is none: errors that a training survived, words similar to errors, and the many
lines that follow a cause."""

from collections.abc import Iterator

from pai_dlc_mcp.emulator.scenarios.scenario import Line, Run

SURVIVED: dict[str, tuple[float, str]] = {
    "caught_import": (
        3.1,
        "WARNING flash attention is not there, falling back to sdpa\nTraceback (most recent call last):\n"
        '  File "/mnt/code/attention.py", line 12, in <module>\n    from flash_attn import flash_attn_func\n'
        "ModuleNotFoundError: No module named 'flash_attn'",
    ),
    "metric_name": (320.0, "INFO eval: MeanSquaredError: 0.013, MeanAbsoluteError: 0.071"),
    "model_name": (4.2, "INFO config: model=bloom-7b runner=skill-runner checkpoint=oomph-base"),
    "no_repository": (0.4, "fatal: not a git repository (or any of the parent directories): .git"),
    "cudnn_factory": (
        1.6,
        "E0000 00:00:1767600001.204931      71 cuda_dnn.cc:8310] Unable to register cuDNN factory: Attempting to "
        "register factory for plugin cuDNN when one has already been registered",
    ),
    "ibverbs": (2.2, "NCCL WARN Failed to open libibverbs.so[.1]"),
    "ignored_file": (0.6, "cat: /etc/ssh/ssh_known_hosts: No such file or directory (ignored)"),
    "retried_download": (
        6.5,
        "WARNING download of shard-00017 failed: HTTPSConnectionPool(host='oss-cn-hangzhou.aliyuncs.com', port=443): "
        "Read timed out. Retrying (1/5)\nINFO download of shard-00017 done after 2 attempts",
    ),
    "loader_retry": (
        240.0,
        "ERROR loader: Caught OSError in DataLoader worker process 3.\nTraceback (most recent call last):\n"
        '  File "/mnt/code/data.py", line 51, in read\n    return file.read(size)\n'
        "OSError: [Errno 5] Input/output error\nINFO loader: worker 3 was started again, batch 114 is read anew",
    ),
    "hint": (
        1.1,
        "For debugging consider passing CUDA_LAUNCH_BLOCKING=1. Compile with `TORCH_USE_CUDA_DSA` to enable "
        "device-side assertions.",
    ),
}
"""By name: seconds since the start, and the text printed then. The training continues after each."""

AFTERMATH = (
    "[rank{rank}]:[W ProcessGroupNCCL.cpp:1250] [Rank {rank}] aborting communicator",
    "[rank{rank}]:[E ProcessGroupNCCL.cpp:632] [Rank {rank}] NCCL error: remote process exited or there was a "
    "network error",
    "Traceback (most recent call last):\n  File "
    '"/usr/local/lib/python3.11/site-packages/torch/distributed/elastic/agent/'
    'server/api.py", line 704, in run\n    time.sleep(monitor_interval)\ntorch.distributed.elastic.multiprocessing.api.'
    "SignalException: Process {pid} got signal: 15",
    "W torch/distributed/elastic/multiprocessing/api.py:897] Sending process {pid} closing signal SIGTERM",
    "wandb: WARNING retry {rank}: connection to the tracking server was lost while the run was finishing",
    "/usr/local/lib/python3.11/multiprocessing/resource_tracker.py:254: UserWarning: resource_tracker: There appear "
    "to be "
    "{rank} leaked semaphore objects to clean up at shutdown",
)
"""Lines of a shutdown, repeated by all ranks."""


def survived(run: Run, names: tuple[str, ...]) -> Iterator[Line]:
    for at, text in sorted(SURVIVED[name] for name in names):
        for number, line in enumerate(text.splitlines()):
            yield at + number / 1000, line


def teardown(run: Run, at: float, count: int) -> Iterator[Line]:
    """At least `count` lines in 15 seconds."""
    for number in range(count):
        rank = number * 7 % 64
        text = AFTERMATH[number % len(AFTERMATH)].format(rank=rank, pid=4100 + rank)
        for place, line in enumerate(text.splitlines()):
            yield at + 15 * number / max(count, 1) + place / 10_000, line
