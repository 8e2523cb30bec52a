"""Memory of hosts and devices; GPUs, NPUs, their drivers and links."""

from pai_dlc_mcp.server.insight.kinds import ROOT, STALL, Kind

DEVICES = (
    Kind(
        "out of shared memory",
        ROOT,
        "configuration",
        r"insufficient shared memory|unable to (?:open|allocate|mmap|write to) .{0,40}shared memory"
        r"|/dev/shm.{0,60}(?:full|No space|exceed|too small)|shm_open.{0,40}(?:fail|error)"
        r"|No space left on device.{0,40}/dev/shm"
        r"|[Bb]us error",
        "RuntimeError: unable to open shared memory object </torch_1_2> in read-write mode",
        "shared memory of 64 GiB mounted",
    ),
    Kind(
        "out of memory",
        ROOT,
        "memory",
        r"[Oo]ut of memory|OutOfMemory|OOMKilled|OOM[ -][Kk]ill|oom[-_]kill|Killed process \d+|Memory cgroup out"
        r"|[Cc]an(?:no|')t allocate memory|std::bad_alloc|MemoryError\b|not enough memory"
        r"|RESOURCE_EXHAUSTED|ResourceExhaustedError|memory allocation of \d+ bytes failed|OOM when allocating"
        r"|[Ff]ailed to allocate .{0,40}(?:memory|bytes|[KMGT]i?B)|ran out of (?:\w+ )?memory"
        r"|CUBLAS_STATUS_ALLOC_FAILED"
        r"|cudaErrorMemoryAllocation|CUDA_ERROR_OUT_OF_MEMORY|[Uu]nable to allocate \d|Java heap space"
        r"|GC overhead limit|exceed(?:ed|ing) (?:\w+ ){0,3}memory (?:limit|limits)|running low on memory"
        r"|exceeded \d+% memory budget|memory (?:usage )?(?:exceeds|exceeded)|exceeds the memory usage threshold"
        r"|memory pressure \(OOM\)|No space left in (?:the )?(?:pool|KV)"
        r"|内存不足|显存不足|内存溢出|EL0004",
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB.",
        "mem allocated: 70.1 GiB, reserved 74.0 GiB",
    ),
    Kind(
        "device assertion",
        ROOT,
        "program",
        r"Assertion `?.{1,200}failed\.?$|device-side assert",
        "../IndexKernel.cu:93: operator(): block: [1,0,0], thread: [2,0,0] Assertion `index < size` failed.",
        "Compile with TORCH_USE_CUDA_DSA to enable device-side assertions.",
    ),
    Kind(
        "device",
        ROOT,
        "platform",
        r"\bXid\b|[Uu]ncorrectable (?:\w+ )?(?:ECC|NVLink|memory)|ECC (?:error|uncorrectable)|double[- ]bit ECC"
        r"|fallen off the bus|GPU is lost|[Uu]nable to determine the device handle|Driver/library version mismatch"
        r"|CUDA driver version is insufficient|[Nn]o CUDA GPUs are available|[Ff]ound no NVIDIA driver"
        r"|[Nn]o CUDA-capable device|[Ff]ailed to initialize NVML|NVIDIA-SMI has failed"
        r"|couldn't communicate with the NVIDIA driver"
        r"|NVLink.{0,60}(?:[Ee]rror|[Ff]ail|down|inactive)|NVSwitch.{0,60}(?:[Ee]rror|[Ff]atal)|cudaError(?:Device"
        r"|ECC|Hardware|Nvlink|System|NoDevice|Insufficient)\w*|CUDA_ERROR_(?:ECC|DEVICE|NO_DEVICE|SYSTEM|HARDWARE"
        r"|NVLINK)\w*"
        r"|EXT4-fs error|XFS \(\w+\): .{0,60}(?:error|[Cc]orruption)|\bI/O error, dev |mce: \[Hardware Error\]"
        r"|EDAC .{0,60} UE "
        r"|[Dd]evice (?:is )?lost|GSP (?:RPC )?timeout|row remap|fabric manager.{0,40}(?:fail|not)"
        r"|nvidia-container-cli:.*error|(?i:\b(?:health|sanity|hardware) ?check\b.{0,120}\bfail"
        r"|\bfail\w* .{0,40}(?:health"
        r"|sanity|hardware) ?check)|掉卡",
        "NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.",
        "NVLink topology: NV18",
    ),
    # how a call ends when something else went wrong on the device
    Kind(
        "Ascend call",
        STALL,
        "platform",
        r"\brt[A-Z]\w+ execute failed|ACL stream synchronize failed",
        "rtStreamSynchronize execute failed, reason=[task timeout]",
        "rtStreamSynchronize executed in 3 ms",
    ),
    Kind(
        "Ascend",
        ROOT,
        "platform",
        r"\bE[1-9]\d{4}:|\bE(?:[A-HJ-Z]\d|I[1-9]|I0[1-9]|I00[1-9]|I000[1345789])\d{0,3}\b|ERR\d{5} (?:PTA|OPS"
        r"|GRAPH|PROF)\b|[Aa]scend.{0,30}[Ee]rror|ACL (?:stream |error)"
        r"|\baclrt\w+ .{0,40}fail|aicore (?:error|exception|timeout)|AICPU.{0,20}(?:error|exception)"
        r"|error code is (?:107|207|507|500)\d{3}"
        r"|\b(?:507|107|207)\d{3}\b.{0,40}(?:error|fail)|NPU function error|npuSynchronize"
        r"|[Rr]untime result = \d{6}|rt\w+ execute failed|drvDevice|dcmi .{0,30}(?:fail|error)|HBM .{0,30}(?:ECC"
        r"|error)",
        "EE1002: 2026-01-05-10:00:00.123 Stream synchronize failed. Reason: the AI core ran into an exception",
        "using Ascend 910B3, CANN 8.0",
    ),
    Kind(
        "CUDA",
        ROOT,
        "program",
        r"CUDA (?:[Rr]untime |[Dd]river |kernel )?(?:error|failure)|Cuda failure|CUDA_ERROR_\w+|cudaError\w+|CU(?:DNN"
        r"|BLAS|FFT|SPARSE|SOLVER)_STATUS_[A-Z]*(?:NOT|ERR|FAIL|INVALID|INTERNAL|EXEC|MISMATCH|ARCH|BAD)\w*"
        r"|no kernel image is available|illegal (?:memory access|instruction)|misaligned address"
        r"|unspecified launch failure|hipError\w+|HIP error|MUSA error|too many resources requested for launch"
        r"|out of resource: ",
        "RuntimeError: CUDA error: an illegal memory access was encountered",
        "CUDA runtime 12.4",
    ),
)
