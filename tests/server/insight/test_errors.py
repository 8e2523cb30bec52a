from itertools import pairwise

import corpus
import pytest

from pai_dlc_mcp.server.insight import errors as blocks
from pai_dlc_mcp.server.insight.lines import Lines


def found(lines: list[str]) -> list[tuple[str, int, int, str]]:
    """Kind, first line, line after the last, and the telling line of every block."""
    log = Lines("\n".join(lines).encode())
    return [(block.kind.name, block.start, block.stop, lines[block.keys[0]]) for block in blocks.find(log)]


def root(lines: list[str]) -> str:
    log = Lines("\n".join(lines).encode())
    block = blocks.root(blocks.find(log))
    assert block
    return lines[block.keys[0]]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("ValueError: bad", "exception"),
        ("[rank3]: torch.OutOfMemoryError: CUDA out of memory.", "out of memory"),
        ("Out of memory: Killed process 42 (python)", "out of memory"),
        ("RuntimeError: CUDA error: an illegal memory access was encountered", "CUDA"),
        ("NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.", "device"),
        ("run.sh: line 3: torchrn: command not found", "shell"),
        ("/usr/bin/python3: No module named trainer", "module"),
        ("ModuleNotFoundError: No module named 'flash_attn'", "module"),
        ("python: can't open file '/mnt/x.py': [Errno 2] No such file or directory", "missing file"),
        ("cat: /mnt/a: No such file or directory", "file"),
        ("run.sh: line 9: 42 Segmentation fault (core dumped) python a.py", "crash"),
        ("Fatal Python error: Aborted", "abort"),
        ("terminate called after throwing an instance of 'c10::DistBackendError'", "abort"),
        ("run.sh: line 9: 42 Killed python a.py", "killed"),
        ("[rank1]:[E ProcessGroupNCCL.cpp:1] Watchdog caught collective operation timeout: X", "collective timeout"),
        ("node1:1:2 [0] NCCL WARN Call to connect failed", "NCCL"),
        ("CRITICAL no space", "fatal"),
        ("2026-01-05 10:00:00 ERROR lost shard", "error"),
        ("E0105 10:00:00 api.py] failed (exitcode: 1) local_rank: 0", "torchrun report"),
        ("W0105 Sending process 9 closing signal SIGTERM", "stopped by a signal"),
        ("requests.exceptions.ConnectionError: HTTPSConnectionPool(host='hf.co'): Connection refused", "HTTP"),
        ("2026-01-05 读取数据失败：分片 7", "error"),
        ("KeyboardInterrupt", "stopped by a signal"),
        ("ConnectionResetError: [Errno 104] Connection reset by peer", "lost a peer"),
    ],
)
def test_a_line_is_known_by_the_sign_in_it(line: str, kind: str) -> None:
    assert found(["a", line, "b"]) == [(kind, 1, 2, line)]


@pytest.mark.parametrize(
    "line",
    [
        "train error: 0.31 val error: 0.29",
        "0 errors, 3 warnings",
        "error_file: <N/A>",
        "NCCL INFO Init COMPLETE",
        "FutureWarning: use_reentrant",
        "errors='replace'",
    ],
)
def test_an_ordinary_line_is_no_error(line: str) -> None:
    assert found([line]) == []


def test_a_traceback_is_one_block_to_its_exception_and_no_further() -> None:
    lines = ["step 1", *corpus.frames(3), "KeyError: 'x'", "step 2", " [2026-01-05] iteration 3"]
    assert found(lines) == [("exception", 1, 9, "KeyError: 'x'")]


def test_chained_exceptions_are_one_block_whose_first_exception_tells() -> None:
    lines = corpus.FAILURES["chained"][0]()
    assert found([*lines, "step 2"]) == [("exception", 0, len(lines), "KeyError: 'input_ids_of_shard_0042'")]


def test_an_exception_of_any_name_ends_a_traceback() -> None:
    for last, kind in (
        ("huggingface_hub.utils.Gone: 404", "exception"),
        ("fsspec.Refused: Permission denied", "permission"),
    ):
        assert found([*corpus.frames(1), last]) == [(kind, 0, 4, last)]


def test_a_traceback_cut_off_before_its_exception_is_still_found() -> None:
    lines = corpus.frames(2)
    assert found(lines) == [("exception", 0, 5, lines[-1])]


def test_two_tracebacks_one_after_the_other_are_two_blocks() -> None:
    lines = [*corpus.frames(1), "KeyError: 1", *corpus.frames(1), "TypeError: 2"]
    assert [block[3] for block in found(lines)] == ["KeyError: 1", "TypeError: 2"]


def test_lines_of_others_between_the_frames_do_not_break_a_ranks_traceback() -> None:
    lines = [f"[rank2]: {line}" for line in [*corpus.frames(2), "ValueError: x"]]
    mixed = [line for pair in zip(lines, ["[rank0]: step 1"] * 9, strict=False) for line in pair]
    assert found(mixed) == [("exception", 0, 11, "[rank2]: ValueError: x")]


def test_a_group_of_exceptions_ends_with_its_indentation() -> None:
    lines = [
        "  + Exception Group Traceback (most recent call last):",
        '  |   File "a.py", line 1, in main',
        "  | ExceptionGroup: two failed (2 sub-exceptions)",
        "  +-+---------------- 1 ----------------",
        "    | ValueError: bad shard 7",
        "    +------------------------------------",
        "step 2",
    ]
    assert found(lines) == [("exception", 0, 6, "    | ValueError: bad shard 7")]


def test_rays_workers_are_told_apart_by_their_pid() -> None:
    lines = [
        f"(Worker pid={pid}, ip=10.0.0.{pid}) {line}" for line in [*corpus.frames(1), "KeyError: 1"] for pid in (3, 4)
    ]
    assert found([*lines, "(Worker pid=3, ip=10.0.0.3) step 2"]) == [("exception", 0, 8, lines[6])]


def test_torchruns_table_is_one_block_told_by_the_rank_that_failed_first() -> None:
    lines = corpus.torchrun_table(17, -11)
    assert found(lines[1:]) == [("crash", 0, len(lines) - 1, "  rank      : 17 (local_rank: 1)")]
    table = lines.index("Root Cause (first observed failure):")
    assert found(lines[table:])[0][0] == "crash"


@pytest.mark.parametrize(
    "victim",
    [
        "W0105 Sending process 9 closing signal SIGTERM",
        "[rank0]: torch.distributed.DistBackendError: NCCL error: remote process exited",
        "ConnectionResetError: [Errno 104] Connection reset by peer",
        "Fatal Python error: Aborted",
        "2026-01-05 ERROR something minor",
        "[rank5]: Watchdog caught collective operation timeout: WorkNCCL(SeqNum=1)",
        "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: ",
    ],
)
def test_what_a_failure_does_to_others_never_displaces_it(victim: str) -> None:
    cause = "ValueError: labels out of range"
    assert root([victim, "between", cause]) == cause
    assert root([cause, "between", victim]) == cause


def test_of_several_causes_the_first_is_the_root() -> None:
    assert root(["KeyError: 1", "step", "TypeError: 2"]) == "KeyError: 1"


def test_of_javas_causes_the_last_is_the_first() -> None:
    lines = [
        "Exception in thread main java.lang.RuntimeException: epoch failed",
        "\tat trainer.Main.run(Main.java:40)",
        "Caused by: java.io.IOException: cannot read the shard",
        "\tat trainer.Shard.open(Shard.java:9)",
        "Caused by: java.io.EOFException: part 7 is empty",
    ]
    assert found(lines)[0][3] == lines[-1]


def test_blocks_never_overlap_and_hold_their_telling_lines() -> None:
    log = Lines("\n".join(line for name in corpus.FAILURES for line in corpus.FAILURES[name][0]()).encode())
    got = blocks.find(log)
    assert all(block.start <= min(block.keys) <= max(block.keys) < block.stop for block in got)
    assert all(before.stop <= after.start for before, after in pairwise(got))


@pytest.mark.parametrize("note", ["xformers is not installed, falling back to sdpa", "a cache miss, ignored"])
def test_a_note_above_a_traceback_hides_no_failure(note: str) -> None:
    trace = ["Traceback (most recent call last):", '  File "t.py", line 3, in <module>', "ValueError: no such head"]
    steps = [f"step {at} loss {3 - at / 100:.3f}" for at in range(40)]
    log = Lines("\n".join([*steps, note, *trace]).encode())
    named = blocks.read(log, failed=True).root
    assert named
    assert log.lines[named.sign] == b"ValueError: no such head"
    assert blocks.read(log).root is None  # the pod did not fail


def test_a_traceback_passed_over_is_not_the_cause_where_another_is() -> None:
    trace = ["Traceback (most recent call last):", '  File "t.py", line 3, in <module>', "ValueError: no such head"]
    log = Lines(
        "\n".join(["no head, falling back to none", *trace, "torch.OutOfMemoryError: CUDA out of memory"]).encode()
    )
    named = blocks.read(log, failed=True).root
    assert named
    assert log.lines[named.sign].startswith(b"torch.OutOfMemoryError")


NATIVE = "[ERROR] DEVICE(246,python): [kernel_runtime_manager.cc:136] SyncStream failed: stream is null"


@pytest.mark.parametrize(
    ("exception", "cause"),
    [
        ("RuntimeError: Sync stream failed! device id: 0", NATIVE),  # says that, not why
        ("RuntimeError: stream 3 of rank 2 is null", "RuntimeError: stream 3 of rank 2 is null"),  # says why
    ],
)
def test_an_exception_that_only_says_that_something_failed_points_at_the_error_near_it(
    exception: str, cause: str
) -> None:
    trace = ["Traceback (most recent call last):", '  File "t.py", line 3, in <module>', exception]
    assert root([NATIVE, "", *trace]) == cause
    assert root(["step 1", *trace]) == exception  # alone it is all there is
    assert root([NATIVE, *(f"loading shard {'abcdefghijklmnopqrst'[at]}" for at in range(20)), *trace]) == exception
