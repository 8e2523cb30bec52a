"""The last output of the pod that fails first, by scenario. The texts are those of the real programs."""

PYTHON = """\
Traceback (most recent call last):
  File "/mnt/code/train.py", line 214, in <module>
    main(parse_args())
  File "/mnt/code/train.py", line {line}, in main
    {code}
{error}"""


def traceback(line: int, code: str, error: str) -> str:
    return PYTHON.format(line=line, code=code, error=error)


PIP_TIMEOUT = """\
WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by \
'ReadTimeoutError("HTTPSConnectionPool(host='pypi.org', port=443): Read timed out. (read timeout=15)")': \
/simple/flash-attn/
ERROR: Could not find a version that satisfies the requirement flash-attn (from versions: none)
ERROR: No matching distribution found for flash-attn"""

DNS_FAILURE = traceback(
    44,
    'dist.init_process_group("nccl")',
    "torch.distributed.DistNetworkError: The client socket has failed to connect to any network address of "
    "(master-0, 23456). gai error: -3 - Temporary failure in name resolution",
)

NCCL_TIMEOUT = """\
[rank0]:[E ProcessGroupNCCL.cpp:632] [Rank 0] Watchdog caught collective operation timeout: \
WorkNCCL(SeqNum=911, OpType=ALLREDUCE, NumelIn=25165824, NumelOut=25165824, Timeout(ms)=600000) \
ran for 600081 milliseconds
[rank0]:[E ProcessGroupNCCL.cpp:1895] [PG ID 0 PG GUID 0 Rank 0] \
Process group watchdog thread terminated with exception"""

HOST_OOM = """\
dataloader worker 3: resident set 118.2 GiB of 120.0 GiB
/bin/bash: line 1:    71 Killed                  python train.py --config cfg/7b.yaml"""

CANNOT_ALLOCATE = traceback(
    96, "pool = torch.empty(size, pin_memory=True)", "OSError: [Errno 12] Cannot allocate memory"
)

PERMISSION_DENIED = "/bin/bash: line 1: ./run.sh: Permission denied"

BAD_FLAG = """\
usage: train.py [-h] [--config CONFIG] [--steps STEPS]
train.py: error: unrecognized arguments: --batchsize 32"""

MISSING_FILE = traceback(
    38,
    "config = yaml.safe_load(open(path))",
    "FileNotFoundError: [Errno 2] No such file or directory: '/mnt/data/cfg.yaml'",
)

ABORT = """\
terminate called after throwing an instance of 'c10::Error'
  what():  CUDA error: device-side assert triggered
/opt/conda/conda-bld/pytorch/aten/src/ATen/native/cuda/Indexing.cu:1290: indexSelectLargeIndex: block: [122,0,0], \
thread: [64,0,0] Assertion `srcIndex < srcSelectDimSize` failed.
/bin/bash: line 1:    71 Aborted                 (core dumped) python train.py"""

SEGFAULT = """\
Fatal Python error: Segmentation fault

Current thread 0x00007f1c2b7fe700 (most recent call first):
  File "/mnt/code/kernels/fused.py", line 88 in forward
/bin/bash: line 1:    71 Segmentation fault      (core dumped) python train.py"""

SSH_FAILURE = """\
ssh: connect to host worker-0 port 22: Connection refused
--------------------------------------------------------------------------
ORTE was unable to reliably start one or more daemons.
--------------------------------------------------------------------------"""

ECC = """\
NVRM: Xid (PCI:0000:10:00): 48, pid=71, Double Bit ECC Error
RuntimeError: CUDA error: uncorrectable ECC error encountered"""

NVLINK = """\
NVRM: Xid (PCI:0000:3b:00): 74, pid=71, NVLink: fatal error detected on link 4
RuntimeError: NCCL error: unhandled system error, NCCL version 2.21.5"""

DRIVER = """\
Failed to initialize NVML: Driver/library version mismatch
RuntimeError: CUDA unknown error - this may be due to an incorrectly set up environment"""
