"""What failures look like in a log, as data: pattern, level, and whether lines that differ in numbers say the same."""

from dataclasses import dataclass
from typing import Literal

# Levels: what a kind says about the failure; a lower one is nearer to the cause
CAUSE, STALL, REPORT, NOISE, VICTIM = range(5)

Category = Literal["network", "image", "program", "memory", "resources", "configuration", "platform"]


@dataclass(frozen=True)
class Kind:
    """How one family of failures looks in a line. The first kind that matches a line names it."""

    name: str
    level: int
    pattern: str
    alike: bool = False  # lines of it that differ in numbers only say the same
    category: Category | None = None


SILENCE = Kind("no error sign; the output stops here", NOISE, r"^\b$")

KINDS = (
    Kind(
        "network",
        CAUSE,
        r"HTTPS?ConnectionPool|Max retries exceeded|ReadTimeoutError|[Cc]ould not resolve host"
        r"|Temporary failure in name resolution|Name or service not known",
    ),
    Kind(
        "stopped by a signal",
        VICTIM,
        r"\bSIGTERM\b|closing signal|(?:[Gg]ot|[Rr]eceived)(?: death)? signal:? 15\b|SignalException|exitcode: -15\b"
        r"|KeyboardInterrupt",
        alike=True,
    ),
    Kind(
        "lost a peer",
        VICTIM,
        r"Connection(?:Reset|Refused)Error|Connection (?:reset by peer|refused|closed by)|[Bb]roken ?[Pp]ipe"
        r"|ncclRemoteError|remote process exited|Socket closed|recvValue failed|failed to recv"
        r"|DistNetworkError|Rendezvous(?:Connection|Closed|Timeout)Error",
        alike=True,
    ),
    Kind(
        "torchrun report",
        REPORT,
        r"ChildFailedError|Root Cause \(first observed failure\)|^ *exitcode +: ",
    ),
    Kind(
        "NCCL",
        STALL,
        r"collective operation timeout|NCCL (?:WARN|[Ee]rror)|nccl(?:Unhandled|System|Internal)\w*Error"
        r"|DistBackendError|Some NCCL operations have failed or timed out",
        alike=True,
    ),
    Kind(
        "out of memory",
        CAUSE,
        r"[Oo]ut of memory|OutOfMemoryError|OOMKilled|oom-kill|[Cc]an(?:no|')t allocate memory|std::bad_alloc"
        r"|^(?:\S+ )*MemoryError\b",
    ),
    Kind(
        "CUDA",
        CAUSE,
        r"CUDA (?:runtime |driver )?error|CU(?:DNN|BLAS)_STATUS_|device-side assert|no kernel image is available"
        r"|\bXid\b|uncorrectable ECC",
    ),
    Kind(
        "shell",
        CAUSE,
        r"command not found|sh: \d+: \S+: not found|syntax error near"
        r"|unbound variable|can't open file|unrecognized arguments|arguments are required|[Ee]xec format error",
    ),
    Kind("crash", CAUSE, r"[Ss]egmentation fault|SIGSEGV|SIGBUS|Bus error"),
    # what the NCCL watchdog and C++ exceptions end in: why stands before it
    Kind("abort", REPORT, r"SIGABRT|Fatal Python error: Aborted|\bAborted\b|\bcore dumped\b|terminate called"),
    Kind("crash", CAUSE, r"Fatal Python error"),
    Kind("killed", CAUSE, r"SIGKILL|(?:^| )Killed\b|\bkilled by\b|exit(?:ed with)?(?: code| status)?:? 137\b"),
    Kind(
        "python",
        CAUSE,
        r"Traceback \(most recent call last\)|\b[A-Z]\w*(?:Error|Exception|Interrupt|Exit)(?::|$)",
    ),
    Kind("fatal", STALL, r"\b(?:FATAL|CRITICAL)\b|^F\d{4} |\b[Ff]atal(?: error)?:"),
    Kind("file", NOISE, r": No such file or directory|[Pp]ermission denied"),
    Kind(
        "error",
        NOISE,
        r"\bERROR\b|\b[Ee]rror: *(?:[^\s\d.]|$)|^E\d{4} |\bfailed (?:with exit code|\(exitcode: )"
        r"|(?:错误|失败|异常) ?[:：]",
    ),
)
