"""Signatures of failures, a training for each. The texts are those of the real programs."""

from pai_dlc_mcp.emulator.scenarios.texts import traceback
from pai_dlc_mcp.emulator.scenarios.told import Told

SIGNS: dict[str, Told] = {
    "no_space": Told(
        "missed sign: disk full",
        "a checkpoint meets a full disk",
        "safetensors: writing model-00003-of-00017.safetensors\nNo space left on device",
        style="megatron",
        teardown=300,
        culprit=1,
    ),
    "mpirun_killed": Told(
        "missed sign: mpirun signal 9",
        "mpirun reports a killed rank",
        "--------------------------------------------------------------------------\nmpirun noticed that process "
        "rank {rank} "
        "with PID 0 on node {pod} exited on signal 9 (Killed).\n"
        "--------------------------------------------------------------------------",
        137,
        style="step_loss",
        launcher="",
        survives=("ibverbs",),
        event="Container was OOMKilled: memory limit exceeded",
    ),
    "bar_killed": Told(
        "missed sign: bar and Killed",
        "a progress bar, then Killed",
        "Epoch 3:  41%|####      | 41/100 [00:24<00:35, 1.67it/s, v_num=0, loss=2.113]\rKilled",
        137,
        style="lightning",
        launcher="",
        event="Container was OOMKilled: memory limit exceeded",
    ),
    "deepspeed_killed": Told(
        "missed sign: return code = -9",
        "DeepSpeed's launcher reports -9",
        "[INFO] [stage3.py:2047:step] offloading optimizer state to host memory, 118.2 GiB of 120.0 GiB in use",
        137,
        style="deepspeed",
        launcher="deepspeed",
        teardown=400,
        culprit=2,
        event="Container was OOMKilled: memory limit exceeded",
    ),
    "tf_oom": Told(
        "missed sign: RESOURCE_EXHAUSTED",
        "TensorFlow is out of memory",
        "tensorflow.python.framework.errors_impl.ResourceExhaustedError: Graph execution error:\n"
        "RESOURCE_EXHAUSTED: OOM when allocating tensor with shape[64,4096,4096] and type half on "
        "/job:worker/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc",
        style="keras",
        launcher="",
        survives=("cudnn_factory",),
    ),
    "mount_failed": Told(
        "missed sign: mount.nfs",
        "a file system cannot be mounted",
        "mount.nfs: Connection timed out for 0c1d2e.cn-hangzhou.nas.aliyuncs.com:/data on /mnt/data",
        32,
        trains=False,
        launcher="",
    ),
    "chinese_shell": Told(
        "missed sign: Chinese shell",
        "the shell complains in Chinese",
        "/bin/bash: 第 1 行: trian.sh: 未找到命令",
        127,
        trains=False,
        launcher="",
    ),
    "ascend": Told(
        "missed sign: Ascend EE1002",
        "an NPU's runtime reports an error",
        "[ERROR] RUNTIME(71,python):2026-01-05-08:10:41.114.021 [stream.cc:1082] 402 GetError: Stream execute failed\n"
        "RuntimeError: ACL stream synchronize failed, error code:507018\nEE1002: Stream synchronize timed out",
        style="step_loss",
    ),
    "hccl": Told(
        "missed sign: HCCL",
        "Ascend's collectives time out",
        "[ERROR] HCCL(71,python):2026-01-05-08:10:41.114 [hccl_socket.cc:512] get socket timeout, remote rank[{rank}]\n"
        "RuntimeError: HCCL function error: HcclAllReduce, error code is 4",
        style="step_loss",
        culprit=1,
    ),
    "dotted_exception": Told(
        "missed sign: dotted exception",
        "an exception without a traceback",
        "botocore.exceptions.EndpointConnectionError: Could not connect to the endpoint URL: "
        '"https://data.example.com/"',
        style="epochs",
        survives=("retried_download",),
    ),
    "device_assert": Told(
        "missed sign: device-side assertion",
        "an index out of range on the GPU",
        "/opt/pytorch/aten/src/ATen/native/cuda/Loss.cu:245: nll_loss_forward_reduce_cuda_kernel_2d: block: [0,0,0], "
        "thread: [5,0,0] Assertion `t >= 0 && t < n_classes` failed.\n"
        + traceback(88, "loss = criterion(logits, labels)", "RuntimeError: CUDA error: device-side assert triggered"),
        survives=("hint", "caught_import"),
    ),
    "nvcc_fatal": Told(
        "missed sign: nvcc fatal",
        "an extension cannot be compiled",
        "nvcc fatal   : Unsupported gpu architecture 'compute_120'\nninja: build stopped: subcommand failed.",
        trains=False,
    ),
    "panic": Told(
        "missed sign: panicked at",
        "a library in Rust panics",
        "thread '<unnamed>' panicked at tokenizers-lib/src/models/bpe/trainer.rs:519:47:\n"
        "called `Option::unwrap()` on a `None` value",
        134,
        style="epochs",
        launcher="",
    ),
    "triton": Told(
        "missed sign: Triton OutOfResources",
        "a kernel wants too much shared memory",
        "triton.runtime.errors.OutOfResources: out of resource: shared memory, Required: 196608, Hardware limit: "
        "101376. "
        "Reducing block sizes or `num_stages` may help.",
        style="nanogpt",
    ),
    "gpu_lost": Told(
        "missed sign: GPU is lost",
        "a GPU falls off the bus",
        "Unable to determine the device handle for GPU 0000:10:00.0: GPU is lost. Reboot the system to recover this "
        "GPU\n"
        "RuntimeError: CUDA error: unspecified launch failure",
        style="megatron",
        teardown=600,
        culprit=3,
        node_fault=True,
    ),
    "mpi_abort": Told(
        "missed sign: MPI_ABORT",
        "a rank aborts the others",
        "MPI_ABORT was invoked on rank {rank} in communicator MPI_COMM_WORLD\nwith errorcode 1.",
        style="step_loss",
        launcher="mpirun",
    ),
    "loss_is_nan": Told(
        "missed sign: Loss is nan",
        "stops at a loss that is nan",
        "Loss is nan, stopping training",
        style="epochs",
    ),
    "caught_import": Told(
        "trap: caught ModuleNotFoundError",
        "got over an import, dies of memory later",
        traceback(187, "loss.backward()", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.54 GiB."),
        survives=("caught_import", "ibverbs"),
        teardown=1000,
        culprit=1,
    ),
    "look_alikes": Told(
        "trap: words like errors",
        "metrics and names look like errors",
        traceback(61, "batch = next(loader)", "ValueError: shard 17 has 0 records"),
        events=((40.0, "Data set bloom-7b is mounted for skill-runner"),),
        survives=("metric_name", "model_name", "no_repository", "ignored_file", "cudnn_factory"),
        style="epochs",
    ),
    "retried": Told(
        "trap: a retried download",
        "gets over downloads and a loader, then fails",
        traceback(74, "labels = vocabulary[tokens]", "KeyError: '<|im_end|>'"),
        survives=("retried_download", "loader_retry"),
        style="step_loss",
        culprit=2,
        teardown=500,
    ),
    "wrapped": Told(
        "trap: wrappers",
        "the cause is wrapped twice",
        "Caught FileNotFoundError in DataLoader worker process 2.\nOriginal Traceback (most recent call last):\n"
        '  File "/mnt/code/data.py", line 33, in open\nFileNotFoundError: [Errno 2] No such file or directory: '
        "'/mnt/data/shard-00042.parquet'\n\n"
        + traceback(
            12,
            "subprocess.run(command, check=True)",
            "subprocess.CalledProcessError: Command '['python', 'train.py']' returned non-zero exit status 1.",
        ),
        style="hugging_face",
        launcher="",
    ),
    "socket_timeout": Told(
        "network: socket timeout",
        "the store cannot be reached any more",
        traceback(44, "dist.barrier()", "torch.distributed.DistStoreError: Socket Timeout"),
        style="megatron",
        culprit=1,
    ),
    "connection_timed_out": Told(
        "network: connection timed out",
        "object storage does not answer",
        traceback(
            52,
            "bucket.get_object(key)",
            "oss2.exceptions.RequestError: {'status': -2, 'details': \"Connection timed out. (connect timeout=60)\"}",
        ),
        survives=("retried_download",),
        style="step_loss",
    ),
    "unset_variable": Told(
        "configuration: unset variable",
        "the script uses a variable nobody set",
        "run.sh: line 14: DATA_ROOT: unbound variable",
        trains=False,
        launcher="",
    ),
    "invalid_argument": Told(
        "configuration: invalid argument",
        "a size that does not divide",
        traceback(30, "mesh = init_device_mesh(shape)", "OSError: [Errno 22] Invalid argument: tensor parallel size 3"),
        trains=False,
    ),
    "service_unavailable": Told(
        "platform: 5xx",
        "a service of the platform fails",
        traceback(
            66,
            "client.get_credentials()",
            "Tea.exceptions.TeaException: code: 503, The request has failed due to a temporary failure of the server. "
            "ServiceUnavailable",
        ),
        survives=("loader_retry",),
    ),
    "node_not_ready": Told(
        "platform: node not ready",
        "the node stops answering",
        "INFO heartbeat: step 301",
        143,
        launcher="",
        node_fault=True,
        event="Node is not ready: NodeNotReady, kubelet stopped posting node status",
        culprit=1,
    ),
}
