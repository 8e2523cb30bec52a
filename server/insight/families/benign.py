"""Lines that look like a failure and are none, by what they say themselves. Tables of pattern and example."""

BENIGN = (
    (r"C\+\+ Traceback", "C++ Traceback (most recent call last):"),
    (r"not a git repository", "fatal: not a git repository (or any of the parent directories): .git"),
    (
        r"Unable to register cu\w+ factory|computation placer already registered|Attempting to register factory",
        "E0000 00:00:17.9 9 cuda_dnn.cc:8310] Unable to register cuDNN factory: Attempting to register factory",
    ),
    (
        r"(?i:[(;,] ?(?:ignored|ignoring|non-?fatal|harmless|expected)\)|\bignoring\b|(?:can"
        r"|may) (?:be )?(?:safely )?ignored?|safe(?:ly)? (?:to )?ignored?|, ignored?\b"
        r"|\bignored (?:while|when|during)\b|已忽略|忽略)",
        "ls: cannot access '/mnt/old': No such file or directory (ignored)",
    ),
    (
        r"(?i:\bretry(?:ing)?(?: in| loop|:|\.\.\.|…|,| #| \d| after| with|$)|Retry\(total=[1-9]"
        r"|will (?:be )?retr(?:y"
        r"|ied)|trying again|\btry again in|\b(?:attempt|retry) #?[1-9]\d* ?(?:/|of|out of) ?\d+|重试)",
        "download of shard 7 failed: Connection reset by peer, retrying in 2 s",
    ),
    (
        r"(?i:fall(?:ing|s)?[ -]?back\b|\bskip(?:ping|ped)\b|\brecovered\b|continuing\b|continue (?:without|anyway"
        r"|with)|\busing (?:the )?(?:default|slow|eager|cpu|native)|not installed[,;.]"
        r"|\boptional(?: \w|[):,.;])|is disabled"
        r"|will (?:not )?be (?:disabled|used)|resum(?:ed|ing) from|跳过|回退)",
        "ModuleNotFoundError: No module named 'apex', falling back to torch.nn.LayerNorm",
    ),
    (
        r"NCCL (?:WARN|INFO) .*(?:libibverbs|libnccl|NET/Plugin|[Nn]o plugin|deprecated|gdrcopy|GDR|MSCCL"
        r"|[Cc]oll[Nn]et|NVLS|tuner|not supported|unsupported|NCCL_\w+ set)",
        "node1:1:2 [0] NCCL WARN Failed to open libibverbs.so[.1]",
    ),
    (r"NCCL INFO\b", "node1:1:2 [0] NCCL INFO NET/Plugin: Failed to find libnccl-net.so, using internal"),
    (
        r"\b(?:Mean|Root|Abs\w*|Squared|Percentage|Log\w*|Relative|Median|Max)\w*Error\b"
        r"|\w*Error ?[:=] ?[-+]?\d*\.\d+(?:e[-+]?\d+)?(?:$|[,;|]| [|\w]+ ?[:=])",
        "MeanSquaredError: 0.013",
    ),
    (
        r"(?i:\berrors?(?:[ _](?:rate|count|rates|counts|total|bars?|norm|ratio))? ?[:=] ?[-+]?(?:\d|\.\d)|\b(?:0"
        r"|no|zero|without) (?:errors?|failures?|exceptions?)\b|\d+ (?:failures?|errors?|failed) ?(?:,|of|/)"
        r"|\bfailed ?(?:= ?\d+|: ?\d+(?:$|[,;|]))|\berror_(?:rate|count))",
        "2026-01-05 10:00:00 INFO served 100 batches, 0 errors, error_rate=0.0",
    ),
    (
        r"\w*(?:User|Future|Deprecation|Runtime|Resource|Syntax|Import|Pending\w*|Convergence|Lightning\w*"
        r"|Insecure\w*|Possible\w*|Unsupported\w*)Warning:|: Warning:|^[Ww]arning: ",
        "/usr/lib/python3/a.py:9: UserWarning: Error: could not load the fused kernel",
    ),
    (
        r"TORCH_USE_CUDA_DSA|CUDA_LAUNCH_BLOCKING|device-side assertions|[Ff]or debugging consider"
        r"|expandable_segments|might be asynchronously|See documentation for Memory",
        "Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.",
    ),
    (
        r"error_file|errors?=['\"]|(?i:error[_ ]?handl|\bon[_ ]error|error[_ ]?callback|log[_ ]errors|error\.log"
        r"|errors?\.json|--[\w-]*error|raise[_ ]on|register\w* .{0,40}(?:handler|signal)|signal handler"
        r"|max_restarts|fault[_ -]tolerance|install\w* .{0,40}handler|save_on_|_on_(?:sigterm|failure|exception))",
        "installed SIGTERM handler; error_handler=rich",
    ),
    (
        r"Could not find TensorRT|TF-TRT|cudart_stub|dlerror|dso_loader|NUMA node read from SysFS"
        r"|could not open file to read NUMA|Cannot dlopen some GPU libraries|Unable to find hostfile"
        r"|CUDA_HOME does not exist",
        "W tensorflow/compiler/tf2tensorrt/utils/py_utils.cc:38] TF-TRT Warning: Could not find TensorRT",
    ),
    (
        r"(?:exit(?:ed)?(?: with)?|return|status|finished with)[ _]?(?:code|status)?[ :=]{1,3}0\b",
        "process 3 exited with exit code 0",
    ),
    (
        r"(?:^|[\s,;{(\[/'\"])(?:\w*_TIMEOUT|\w*_timeout|\w*ASYNC_ERROR_HANDLING|\w*_ERROR_\w+|timeout_ms"
        r"|timeout)['\"]?"
        r"[=:] ?['\"]?\d"
        r"|ASYNC_ERROR_HANDLING|\bNCCL_DEBUG|export \w+=|^\+ ",
        "TORCH_NCCL_ASYNC_ERROR_HANDLING=1 set, NCCL watchdog timeout=600",
    ),
    (
        r"\b(?:leaked \w+ objects|resource_tracker)|destroy_process_group\(\) was not called"
        r"|process group has NOT been destroyed",
        "resource_tracker.py:254: there appear to be 6 leaked semaphore objects",
    ),
)
