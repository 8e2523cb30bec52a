"""What stands before a line's own words."""

import pytest

from pai_dlc_mcp.server.insight.lines import Lines, body, rank, said, shapes_of


@pytest.mark.parametrize(
    "prefix",
    [
        "2026-01-05T10:00:00.551120118Z ",
        "2026-01-05T10:00:00.551+08:00 stderr F ",
        "[2026-01-05 10:00:00,551] ",
        "[rank3]: ",
        "[default3]:",
        "[3]: ",
        "rank3: ",
        "3: ",
        "[1,3]<stderr>:",
        "[3]<stderr>:",
        "dlc1-worker-3: ",
        "(Worker pid=3, ip=10.0.0.3) ",
        "2026-01-05T10:00:00.551120118Z [rank3]: ",
        "[default3]:[rank3]: ",
    ],
)
@pytest.mark.parametrize("words", ['  File "a.py", line 1, in main', "ValueError: x", "\tat a.B(C.java:1)"])
def test_a_prefix_goes_with_one_separator_and_indentation_stays(prefix: str, words: str) -> None:
    assert body(f"{prefix}{words}".encode()) == words.encode()


@pytest.mark.parametrize(
    ("line", "who"),
    [
        ("[rank3]: x", 3),
        ("[1,7]<stdout>:x", 7),
        ("2026-01-05T10:00:00Z [default5]:x", 5),
        ("(Worker pid=33, ip=10.0.0.3) x", None),
        ("step 3: x", None),
    ],
)
def test_a_process_number_is_no_rank(line: str, who: int | None) -> None:
    assert rank(line.encode()) == who


def test_a_process_is_told_from_another() -> None:
    assert said(b"(Worker pid=33) x") == (b"x", 33, None)


def test_lines_that_differ_in_numbers_have_one_shape() -> None:
    shapes = Lines(b"[rank0]: step 1 loss 2.5\n[rank7]: step 12 loss 0.125\nother").shapes
    assert shapes[0] == shapes[1] != shapes[2]


def test_addresses_are_no_part_of_a_shape() -> None:
    assert len(set(shapes_of(b"comm 0x7f1a ready\ncomm 0xbe2c ready"))) == 1
