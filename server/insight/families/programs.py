"""Shells, arguments, configuration, compilers, libraries, panics, exceptions: what the program itself did."""

from pai_dlc_mcp.server.insight.kinds import DEATH, ERROR, ROOT, WRAPPER, Kind

COMPILERS = (
    Kind(
        "compiler",
        ROOT,
        "program",
        r"nvcc fatal|ptxas (?:fatal|error|.{0,80}error)|:\d+: (?:fatal )?error: "
        r"|\(\d+\): (?:catastrophic )?error(?: #\d+)?: "
        r"|undefined reference to|undefined symbol|collect2: error|ld: cannot find|CMake Error"
        r"|triton\.\w+(?:\.\w+)*Error|CompilationError|ninja: error"
        r"|Unknown CUDA arch|Unsupported gpu architecture|cannot open shared object file|version `\S+' not found"
        r"|GLIBCXX_\S+ not found|wheel.{0,40}not supported|error: command .{0,80}failed|error: (?:could not"
        r"|cannot) |error\[E\d{4}\]",
        "nvcc fatal   : Unsupported gpu architecture 'compute_120'",
        "nvcc: NVIDIA (R) Cuda compiler driver",
    ),
)

PROGRAMS = (
    Kind(
        "shell",
        ROOT,
        "program",
        r"command not found|未找到命令|找不到命令|(?:ba|z|da)?sh: (?:\d+: |line \d+: )?\S+: not found"
        r"|: line \d+: .{0,80}(?:syntax error|unexpected)|syntax error near|unexpected end of file|未预期的|语法错误"
        r"|unbound variable|未绑定的变量"
        r"|parameter (?:null or )?not set|[Ee]xec format error|cannot execute(?::| binary)|无法执行"
        r"|executable file not found|(?:was |^)?unable to find the specified executable|failed to run command"
        r"|exec: .{0,80}: not found|Argument list too long|ambiguous redirect"
        r"|(?:integer expression|(?:unary|binary) operator) expected|not a valid identifier",
        "run.sh:行3: torchrn：未找到命令",
        "command: torchrun train.py",
    ),
    Kind(
        "module",
        ROOT,
        "program",
        r"No module named|[Cc]annot find module|Can't locate \S+ in @INC",
        "ModuleNotFoundError: No module named 'flash_attn'",
        "module load cuda/12.4",
    ),
    Kind(
        "arguments",
        ROOT,
        "configuration",
        r"unrecognized arguments|arguments are required|: error: (?:argument |ambiguous option|too few"
        r"|invalid choice|expected|one of)|[Ii]nvalid (?:argument|option|value for|choice)\b"
        r"|[Uu]nknown (?:argument|option|flag|command line flag)|[Nn]o such option"
        r"|[Mm]issing (?:required|mandatory) |expected (?:one|at least one) argument|[Cc]ould not override"
        r"|is not in struct|Config\w*(?:Error|Exception)\b|omegaconf\.errors|hydra\.errors|yaml\.\w+\.\w+"
        r"|(?:Scanner|Parser|Composer|Constructor)Error|while scanning|mapping values are not allowed"
        r"|JSONDecodeError|TOMLDecodeError|ValidationError|validation errors? for|[Uu]sage[Ee]rror"
        r"|ValueError: .{0,60}(?:must be|should be|expected) .{0,60}(?:got|but)|is not divisible by"
        r"|environment variable .{0,60}(?:is not set|expected|missing|unset)|KeyError: '[A-Z][A-Z0-9_]+'",
        "train.py: error: unrecognized arguments: --lrr 3e-4",
        "arguments: lr=3e-4, seed=7",
    ),
    Kind(
        "weights",
        ROOT,
        "configuration",
        r"\bsize mismatch for \S|(?:Missing|Unexpected) key\(s\) in state_dict",
        "  size mismatch for lm_head.weight: copying a param with shape torch.Size([32000, 4096]) from checkpoint",
        "all keys of the state_dict matched",
    ),
    Kind(
        "TensorFlow op",
        ROOT,
        "program",
        r"OP_REQUIRES failed at .{1,200} : (?:INVALID_ARGUMENT|INTERNAL|FAILED_PRECONDITION|UNIMPLEMENTED)\b",
        "W tensorflow/core/framework/op_kernel.cc:1839] OP_REQUIRES failed at xent_op.cc:103 : INVALID_ARGUMENT: label",
        "OP_REQUIRES failed at iterator_ops.cc:91 : OUT_OF_RANGE: End of sequence",
    ),
    Kind(
        "TensorRT",
        ROOT,
        "program",
        r"\[TRT(?:-LLM)?\] \[E\]",
        "[01/05/2026-10:00:19] [TRT] [E] IBuilder::buildSerializedNetwork: Error Code 10: Internal Error",
        "[01/05/2026-10:00:14] [TRT] [I] Init CUDA: CPU +950, GPU +316",
    ),
    Kind(
        "process limits",
        ROOT,
        "configuration",
        r"fork: .{0,20}Resource temporarily unavailable|pthread_create failed|can't start new thread"
        r"|[Tt]oo many open files|\[Errno (?:11|24)\]",
        "run.sh: fork: Resource temporarily unavailable",
        "open files: 65536",
    ),
    Kind(
        "packages",
        ROOT,
        "program",
        r"[Nn]o matching distribution found|Could not find a version that satisfies|ResolutionImpossible"
        r"|[Cc]annot install .{0,200}because|conflicting dependencies|not a supported wheel|PackagesNotFoundError"
        r"|Could not install packages|metadata-generation-failed|DistributionNotFound|VersionConflict"
        r"|^E: [A-Z]|npm ERR!|version solving failed"
        r"|(?:Python|version).{0,80} is not compatible with",
        "ERROR: No matching distribution found for flash-attn==99.1",
        "Successfully installed flash-attn-2.6.3",
    ),
    Kind(
        "numbers",
        ROOT,
        "program",
        r"(?i:\b(?:loss|grad\w*|norm)\b.{0,40}\b(?:nan|inf)\b.{0,60}(?:stop|abort|exit|terminat|rais|halt|quit)"
        r"|\bloss (?:is|became|went|=|:)?:? ?(?:nan|inf)\b.{0,60}(?:stop|abort|exit|terminat|rais)"
        r"|loss is (?:nan|inf|not finite)|(?:nan|inf)s? (?:or (?:inf|nan)s? )?(?:detected|found|encountered) in"
        r"|found nan|non-?finite (?:loss|grad)|loss scale .{0,40}(?:minimum|too small)|loss diverged"
        r"|损失.{0,6}(?:nan|发散))"
        r"|FloatingPointError|[Rr]ank \d+ found .{0,20}nan|Tensor had NaN",
        "Loss is nan, stopping training",
        "skipped 0 steps, loss scale 65536",
    ),
    Kind(
        "panic",
        ROOT,
        "program",
        r"panicked at|^panic: |fatal runtime error:|[Cc]heck failed: |CHECK failed|^F\d{4} \d\d:|^F \w+/|: F \w+/"
        r"|PADDLE_ENFORCE|Enforce failed|pure virtual method called|stack smashing detected|double free"
        r"|munmap_chunk|corrupted size|malloc\(\):|free\(\): invalid"
        r"|[Aa]ssertion .{0,200}failed|LLVM ERROR|uncaught exception of type",
        "thread 'main' panicked at src/loader.rs:42:9:",
        "panic mode: off",
    ),
    Kind(
        "crash",
        ROOT,
        "program",
        r"[Ss]egmentation fault|段错误|SIGSEGV|SIGBUS|SIGFPE|SIGILL|总线错误|Fatal Python error: [^A]"
        r"|Floating point exception|Illegal instruction|[Ss]tack overflow",
        "run.sh: line 9: 42 Segmentation fault (core dumped) python a.py",
        "segments: 42",
    ),
    # what the NCCL watchdog and C++ exceptions end in: why stands before it
    Kind(
        "abort",
        WRAPPER,
        "program",
        r"terminate called|SIGABRT|Fatal Python error: Aborted|\bAborted\b|已放弃|\bcore dumped\b"
        r"|^\*\*\* (?:Process received signal|Aborted at)",
        "Fatal Python error: Aborted",
        "aborted runs are kept",
    ),
    Kind(
        "killed",
        DEATH,
        "memory",
        r"SIGKILL|(?:^|[ |:\]])Killed(?:$|[ :])|killed by (?:the )?(?:kernel|signal 9|OOM)|已杀死|被杀死"
        r"|Container killed",
        "run.sh: line 9: 42 Killed python a.py",
        "killed by user: no",
    ),
    Kind(
        "uncaught C++ exception",
        ROOT,
        "program",
        r"^ *what\(\): ",
        "  what():  cannot open shard 7",
        "what() is called once",
    ),
    Kind(
        "java",
        ROOT,
        "program",
        r"^Caused by: |^Exception in thread |^(?:java|javax|scala|org|com)(?:\.\w+){1,8}\.[A-Z]\w*(?:Exception"
        r"|Error)\b",
        'Caused by: java.lang.NumberFormatException: For input string: "n/a"',
        "java -jar loader.jar",
    ),
    Kind(
        "exception",
        ROOT,
        "program",
        r"Traceback \(most recent call last\)|^(?:[ |]+\| )?(?:[a-zA-Z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Failure"
        r"|Failed|Fault|Timeout|Interrupt|NotFound|Invalid|Conflict|Denied|Exceeded|Unavailable|Mismatch"
        r"|Missing)(?:\(\w+\))?(?:: |:?$)|^[a-z_]\w*(?:\.\w+)*\.(?:exceptions?|errors?)\.[A-Z]\w*: "
        r"|^(?:Unhandled exception|Uncaught exception)\b"
        r"|^ERROR: (?:LoadError: )?[A-Z]\w*(?:Error|Exception)\b|^Error in .{1,200} : "
        r"|^Traceback$|^\[?[Ee]rrno ?\d+",
        "datasets.exceptions.DatasetGenerationCastError: An error occurred while casting",
        "MeanSquaredError over 3 folds",
    ),
    Kind(
        "fatal",
        ROOT,
        None,
        r"\b(?:FATAL|CRITICAL|Fatal|PANIC|EMERG)\b|\b[Ff]atal(?: error)?:|严重错误|致命",
        "2026-01-05 10:00:00 CRITICAL no space",
        "critical section entered",
    ),
    Kind(
        "error",
        ERROR,
        None,
        r"\bERROR\b|\[E\]|\[(?:error|critical)\]|^\[[-\d :,.]{10,30} E \d+ \d+\]"
        r"|\b[A-Z]\w*(?:Error|Exception)\b: *[^\s\d.]"
        r"|\b[Ee]rror: *[^\s\d.]|\bERR!|^E\d{4} \d\d:|\[E\d{3,4} \d\d:|: E \w+/|^E \w+/|\bLevel=error\b"
        r"|\blevel=(?:error|fatal)\b|\"level\": ?\"(?:error|fatal)|(?:错误|失败|异常|报错) ?[:：]"
        r"|\bfailed with (?:error|status)|^(?:\w+: )?(?:[Ff]ailed|[Cc]annot|[Cc]ould not|[Uu]nable) to \w+",
        "2026-01-05 10:00:00 ERROR lost shard",
        "errors='replace'",
    ),
)
