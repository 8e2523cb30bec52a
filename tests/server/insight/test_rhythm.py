"""Survived or not, by what follows; and where a job stopped."""

import pytest

from pai_dlc_mcp.server.insight import errors
from pai_dlc_mcp.server.insight.errors import Reading
from pai_dlc_mcp.server.insight.kinds import WRAPPER
from pai_dlc_mcp.server.insight.lines import Lines

ERROR = ["Traceback (most recent call last):", '  File "a.py", line 1, in get', "TimeoutError: shard 4 is late"]
CAUSE = "RuntimeError: mat1 and mat2 shapes cannot be multiplied"


def steps(count: int, start: int = 0, form: str = "step {} loss 0.{}") -> list[str]:
    return [form.format(step, step % 97) for step in range(start, start + count)]


def read(lines: list[str], *, failed: bool = True) -> Reading:
    return errors.read(Lines("\n".join(lines).encode()), failed=failed)


def cause(lines: list[str], *, failed: bool = True) -> str | None:
    root = read(lines, failed=failed).root
    return lines[root.sign] if root else None


def test_an_error_after_which_the_steps_go_on_is_survived_and_never_the_root() -> None:
    lines = [*steps(9), *ERROR, *steps(9, 9), CAUSE]
    reading = read(lines)
    assert [block.survived for block in reading.blocks] == [True, False]
    assert cause(lines) == CAUSE
    assert cause(lines[:-1], failed=False) is None
    assert reading.stop == len(lines) - 2


def test_lines_still_in_a_buffer_are_no_going_on() -> None:
    assert cause([*steps(9), *ERROR, *steps(2, 9)]) == ERROR[-1]


def test_what_repeats_after_a_failure_only_is_no_rhythm() -> None:
    teardown = steps(300, form="waiting for worker step {} of {}")
    assert cause([*steps(9), *ERROR, *teardown]) == ERROR[-1]


def test_a_heartbeat_that_beats_on_is_no_rhythm() -> None:
    beats = steps(40, form="INFO agent heartbeat {} ok, step lease {}")
    assert cause([*steps(9), *beats[:20], *ERROR, *beats[20:]]) == ERROR[-1]


def test_a_rank_that_fell_silent_is_not_saved_by_the_others() -> None:
    form = "[rank{}]: step 1 loss 0.{}"
    ranks = [form.format(who, step) for step in range(9) for who in range(4)]
    error = [f"[rank2]: {line}" for line in ERROR]
    others = [line for line in ranks if "rank2" not in line]
    assert cause([*ranks, *error, *others]) == error[-1]
    assert cause([*ranks, *error, *ranks], failed=False) is None


def test_of_two_runs_in_one_log_the_last_is_read_and_the_first_told() -> None:
    start = ["loading tokenizer of the model", "building the dataset index", "world size is set by launcher"]
    reading = read([*start, *ERROR, *start, CAUSE])
    assert [block.survived for block in reading.blocks] == [True, False]
    assert reading.root == reading.blocks[1]


@pytest.mark.parametrize("line", ["torchelastic will restart worker group", "restart_count=1 for all ranks"])
def test_a_restart_parts_the_runs(line: str) -> None:
    assert cause([ERROR[-1], line, CAUSE]) == CAUSE


def test_an_import_that_failed_at_the_start_is_not_the_cause_where_the_start_went_on() -> None:
    missing = "ModuleNotFoundError: No module named 'apex'"
    assert cause([missing, "model has 7 B parameters", "dataset has 40 shards", CAUSE]) == CAUSE


def test_after_many_ordinary_lines_of_a_start_a_mere_error_line_is_the_cause() -> None:
    start = ["model has 7 B parameters", "dataset has 40 shards", "world is 16 ranks wide", "tokenizer is a bpe one"]
    last = "2026-01-05 10:00:09 ERROR reader: part 7 came back empty"
    assert cause([CAUSE, *start, last]) == last
    assert cause([CAUSE, *start[:3], last]) == CAUSE


def test_an_error_said_again_by_another_is_not_survived() -> None:
    lines = [CAUSE, "model has 7 B parameters", "dataset has 40 shards", CAUSE]
    assert [block.survived for block in read(lines).blocks] == [False, False]


def test_where_no_sign_stands_the_words_after_the_last_step_are_the_cause() -> None:
    reading = read([*steps(9), "bucket 7 refused the gradient", *(["SIGTERM received"] * 3)])
    assert reading.root is not None
    assert (reading.root.sign, reading.root.kind.name) == (9, "words of an error")


def test_a_failed_log_without_any_sign_says_where_it_stops() -> None:
    lines = [*steps(9), "saving"]
    assert read(lines, failed=False).root is None
    reading = read(lines)
    assert reading.root is not None
    assert (reading.root.kind.name, lines[reading.root.sign]) == ("no error sign; the output stops here", "saving")


def test_after_a_report_of_a_death_the_stalls_of_others_are_its_victims() -> None:
    report = "mpirun noticed that process rank 6 with PID 1 on node a exited on signal 9 (Killed)."
    stall = "[rank1]:[E ProcessGroupNCCL.cpp:9] [Rank 1] Watchdog caught collective operation timeout: X"
    lines = [*steps(9), report, stall, stall]
    assert cause(lines) == report
    root = read(lines).root
    assert root is not None
    assert root.rank == 6


def test_the_rank_of_a_launchers_report_is_the_rank_of_the_cause() -> None:
    report = [
        "Root Cause (first observed failure):",
        "[0]:",
        "  rank      : 17 (local_rank: 1)",
        "  exitcode  : 1 (pid: 9)",
    ]
    root = read([*ERROR, *report]).root
    assert root is not None
    assert root.rank == 17


def test_a_traceback_that_a_logger_prefixes_is_one_block() -> None:
    lines = [f"ERROR 01-05 10:00:0{at} [core.py:70{at}] {line}" for at, line in enumerate(ERROR)]
    reading = read(["start", *lines])
    assert [(block.start, block.stop, block.sign) for block in reading.blocks] == [(1, 4, 3)]


def test_a_heartbeat_between_the_steps_that_beats_on_is_no_rhythm() -> None:
    both = [line for at in range(9) for line in (f"agent heartbeat, step lease {at}", f"step {at} loss 0.{at}")]
    beats = [f"agent heartbeat, step lease {at}" for at in range(9, 30)]
    assert cause([*both, *ERROR, *beats]) == ERROR[-1]


def test_what_counts_only_after_the_last_measured_step_does_not_move_where_it_stops() -> None:
    lines = [*steps(9), "bucket 7 went away", *(f"round {at} of the ledger" for at in range(20))]
    assert read(lines).stop == 8
    assert cause(lines) == "bucket 7 went away"


def test_a_report_alone_does_not_hide_the_quiet_line_where_the_steps_stop() -> None:
    quiet = "shard 7 of the optimizer went away"
    assert cause([*steps(9), quiet, "main process finished with exit code 3"]) == quiet


def test_where_all_else_failed_a_warning_is_better_than_nothing_unless_it_was_survived() -> None:
    warning = "WARNING CUDA out of memory, batch halved"
    assert cause(["start", warning, "left"]) == warning
    assert cause([*steps(9), warning, *steps(9, 9), "gone"]) == "gone"


def test_after_a_death_whose_kind_is_known_an_exception_follows_from_it() -> None:
    killed = "run.sh: line 9: 42 Killed python a.py"
    assert cause([*steps(9), killed, "rank 3 left", CAUSE]) == killed
    assert cause([*steps(9), "ERROR reader is slow", "main.py finished with exit code 1", CAUSE]) == CAUSE


def test_a_local_rank_is_no_rank_and_the_launchers_table_tells_it() -> None:
    report = "E0105 10:44:03.311 71 api.py:869] failed (exitcode: -11) local_rank: 1 (pid: 82) of binary: python"
    alone = read([*steps(9), report]).root
    assert alone is not None
    assert alone.rank is None
    table = ["Root Cause (first observed failure):", "[0]:", "  rank      : 17 (local_rank: 1)", "  exitcode  : -11"]
    told = read([*steps(9), report, "left", *table]).root
    assert told is not None
    assert (told.sign, told.rank) == (9, 17)


def test_the_root_is_one_of_the_blocks_whatever_rank_it_took_from_another() -> None:
    report = ["left", "Root Cause (first observed failure):", "[0]:", "  rank      : 17 (local_rank: 1)"]
    reading = read([*steps(9), *ERROR, *report])
    assert reading.root in reading.blocks


def test_without_a_rhythm_the_complaint_before_a_report_counts_and_not_what_others_say_after() -> None:
    lines = ["start", "bucket 7 refused the key", "main process finished with exit code 3", "cannot hand in the lease"]
    assert cause(lines) == lines[1]


STOPPED = "W0105 10:00:00 88 api.py:897] Sending process 9 closing signal SIGTERM"


def test_a_traceback_cut_short_or_an_abort_says_less_once_processes_were_stopped() -> None:
    cut, abort = ERROR[:-1], "Fatal Python error: Aborted"
    assert cause([*steps(9), STOPPED, *cut]) == cause([*steps(9), STOPPED, abort]) == STOPPED
    assert cause([*steps(9), *cut, STOPPED]) == cut[-1]
    assert cause([*steps(9), abort, STOPPED]) == abort


def test_a_stop_that_was_survived_takes_nothing_from_a_later_abort() -> None:
    abort = "Fatal Python error: Aborted"
    root = read([*steps(9), STOPPED, *steps(9, 9), abort]).root
    assert root is not None
    assert (root.sign, root.kind.level) == (19, WRAPPER)


@pytest.mark.parametrize("prefix", ["2026-01-05T10:09:28.551Z ", "[1,3]<stderr>:", "dlc-worker-3: "])
def test_a_report_is_one_block_behind_a_clock_or_a_rank_and_its_entry_names_the_rank(prefix: str) -> None:
    report = [
        "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: ",
        "=" * 20,
        "train.py FAILED",
        "-" * 20,
        "Root Cause (first observed failure):",
        "[0]:",
        "  rank      : 17 (local_rank: 1)",
        "  exitcode  : -9 (pid: 9)",
        "=" * 20,
    ]
    lines = [prefix + line for line in [*steps(9), *report]]
    reading = read(lines)
    assert [(block.start, block.stop) for block in reading.blocks] == [(9, len(lines))]
    assert reading.root is not None
    assert (reading.root.sign, reading.root.rank) == (15, 17)


START = ["[W1] loading tokenizer of 7 B", "a:1:1 [0] NCCL INFO Bootstrap : Using eth0:10.0.0.6<0>"]
MERE = "2026-01-05 10:00:09 ERROR reader: part 7 came back empty"


def test_a_line_that_starts_something_counts_twice_but_one_alone_is_too_few() -> None:
    assert cause([CAUSE, *START, MERE]) == MERE
    assert cause([CAUSE, START[0], "model has 7 B weights", MERE]) == CAUSE
    assert cause([CAUSE, START[0], ERROR[-1]]) == CAUSE
    assert cause([CAUSE, "a:1:1 [0] NCCL INFO comm 0x1 rank 0 - Abort COMPLETE", "waiting for 3", MERE]) == CAUSE
    assert cause([CAUSE, "using the trap: closing loaders", "using the trap: killing readers", MERE]) == CAUSE


def test_what_other_ranks_start_says_nothing_of_the_one_that_failed() -> None:
    start = ["model has 7 B weights", "dataset has 40 shards"]
    assert cause([f"[rank3]: {CAUSE}", *(f"[rank0]: {line}" for line in start), ERROR[-1]]) == f"[rank3]: {CAUSE}"
    assert cause([f"[rank3]: {CAUSE}", *(f"[rank3]: {line}" for line in start), ERROR[-1]]) == ERROR[-1]


def test_without_a_rhythm_the_last_word_before_a_stop_counts_if_it_says_that_the_program_ends() -> None:
    ends = "the license server has no free seats"
    assert cause(["start", ends, STOPPED]) == ends
    assert cause(["start", "the license server has seats", STOPPED]) == STOPPED
    assert cause([ends, "start", STOPPED]) == STOPPED
    assert cause(["start", ends, STOPPED, "bye"]) == ends


def test_lines_that_measure_in_other_words_are_passed_over_where_the_steps_stop() -> None:
    other, quiet = "{'loss': nan, 'grad_norm': nan}", "shard 7 of the optimizer went away"
    assert cause([*steps(9), *[other] * 2, quiet, "bye"]) == quiet
    assert cause([*steps(9), STOPPED, quiet]) == STOPPED
    assert cause([*steps(9), other, "loss is off, leaving at step 9"]) == "loss is off, leaving at step 9"


def test_a_line_below_the_level_of_errors_counts_where_the_steps_stop_if_it_says_that_the_program_ends() -> None:
    said = "[2026-01-05 10:00:31,120] [INFO] [trainer.py:77:guard] the run is ended by the guard"
    assert cause([*steps(9), said, STOPPED]) == said
    assert cause([*steps(9), said.replace("ended", "watched"), STOPPED]) == STOPPED


def test_what_the_kernel_says_of_memory_explains_the_kill_before_it() -> None:
    killed, told = "run.sh: line 9: 42 Killed python a.py", "memory.events: oom_kill 1"
    assert cause([*steps(9), killed, "left", told]) == told


def test_lines_first_heard_after_an_error_are_no_going_on_where_others_were_heard_twice_before() -> None:
    old, new = steps(3, form="epoch {} begins, part {}"), steps(5, form="batch {} of {}")
    assert cause([*old[:2], *ERROR, *new, old[2]]) == ERROR[-1]
    assert cause([old[0], *ERROR, *new, *old[1:]], failed=False) is None
