"""Every view of every kind of failing log: the cause is in it, the budget holds."""

import random
import re
import time
from functools import cache
from itertools import islice
from typing import Any

import corpus
import pytest

from pai_dlc_mcp.server.budget import grep
from pai_dlc_mcp.server.budget.limits import tokens
from pai_dlc_mcp.server.budget.pipeline import Mode, View, view
from pai_dlc_mcp.server.budget.redact import Redactor
from tests.conftest import sampled

FAILURES = list(corpus.FAILURES)
MODES: tuple[Mode, ...] = ("tail", "errors", "grep", "summary")


WORDS = [f"{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)}" for i in range(3000)]


def show(records: list[str], mode: Mode = "tail", max_tokens: int = 4000, **options: Any) -> View:
    return view(records, mode=mode, max_tokens=max_tokens, redactor=Redactor([]), source="pod", nonce="n0", **options)


def payload(got: View) -> list[str]:
    return got.text.split("\n")[2:-1]


@cache
def noise(lines: int) -> list[str]:
    return corpus.mixed(lines)


@pytest.mark.parametrize("lines", [100, *(pytest.param(n, marks=pytest.mark.long) for n in (2000, 100_000))])
@pytest.mark.parametrize("failure", FAILURES)
def test_the_root_cause_is_in_the_answer_at_4000_tokens_and_at_1000(failure: str, lines: int) -> None:
    build, cause = corpus.FAILURES[failure]
    records = [*noise(lines)[: lines // 2], *build(), *islice(corpus.teardown(), lines // 2)]
    pattern = re.escape(cause).replace("\\ ", " ")
    for mode, options in (("tail", {}), ("errors", {}), ("summary", {}), ("grep", {"pattern": pattern})):
        for max_tokens in (1000, 4000):
            got = show(records, mode, max_tokens, **options)
            assert cause in got.text, (mode, max_tokens)
            assert tokens(got.text) <= max_tokens


@pytest.mark.parametrize("failure", FAILURES)
def test_grep_shows_the_line_it_was_asked_for_and_the_place_in_a_long_one(failure: str) -> None:
    log = corpus.failing(failure, 2000)
    for max_tokens in (1000, 4000):
        got = show(log.records, "grep", max_tokens, pattern=re.escape(log.cause).replace("\\ ", " "), context=3)
        assert log.cause in got.text
        assert got.matched


@pytest.mark.parametrize("failure", sampled(FAILURES, 3))
@pytest.mark.parametrize("at", [0.0, 0.01, 1.0])
def test_the_root_cause_is_found_wherever_it_stands(failure: str, at: float) -> None:
    log = corpus.failing(failure, 3000, at=at)
    assert log.cause in show(log.records, max_tokens=1000).text


@pytest.mark.parametrize("kind", list(corpus.NOISE))
def test_no_kind_of_noise_hides_the_root_cause(kind: str) -> None:
    build, cause = corpus.FAILURES["oom"]
    records = [*corpus.noise(kind, 1000), *build(), *islice(corpus.teardown(), 1000)]
    assert cause in show(records, max_tokens=1000).text


def test_no_number_of_64_kib_lines_hides_the_root_cause() -> None:
    build, cause = corpus.FAILURES["chained"]
    lines = corpus.long_lines()
    records = [*(next(lines) for _ in range(40)), *build(), *(next(lines) for _ in range(40))]
    for mode in MODES:
        got = show(records, mode, 1000, pattern="KeyError")
        assert cause in got.text
        assert tokens(got.text) <= 1000


def test_of_32_pods_the_one_that_failed_first_says_why_and_the_others_say_they_are_victims() -> None:
    logs = corpus.pods(300)
    views = [show(log.records, max_tokens=1000) for log in logs]
    assert all(log.cause in got.text for log, got in zip(logs, views, strict=True))
    causes = [got.cause for got in views if got.cause]
    assert [number for number, cause in enumerate(causes) if not cause.victim] == [corpus.FIRST_TO_FAIL]
    assert causes[corpus.FIRST_TO_FAIL].text == logs[corpus.FIRST_TO_FAIL].cause


def test_what_does_not_fit_is_the_error_with_its_surroundings_a_count_and_the_tail() -> None:
    records = [f"note {word} of the day" for word in WORDS]
    records[1500] = "ValueError: bad shard"
    got = show(records, max_tokens=500)
    lines = payload(got)
    at = lines.index("ValueError: bad shard")
    before, after = at - 1, lines.index(next(line for line in lines[at:] if "left out" in line)) - at
    assert lines[0] == f"[... {1500 - before:,} lines left out ...]"
    assert lines[1:at] == records[1500 - before : 1500]
    assert lines[at : at + after] == records[1500 : 1500 + after]
    ending = lines[at + after + 1 :]
    assert lines[at + after] == f"[... {1500 - after - len(ending):,} lines left out ...]"
    assert ending == records[-len(ending) :]
    assert min(before, after, len(ending)) >= 5
    assert (got.lines, got.printed, got.folded) == (3000, before + after + len(ending), 0)


def test_other_errors_are_named_in_a_line_each_and_the_end_is_there() -> None:
    records = corpus.noise("chatter", 3000)
    records[500], records[1500], records[2500] = "ERROR minor thing", "KeyError: 'x'", "FATAL shard 7 is corrupt"
    text = show(records, max_tokens=1000).text
    assert all(line in text for line in (records[500], records[1500], records[2500], *records[-3:]))


def test_grep_that_does_not_fit_shows_the_first_matches_and_the_last() -> None:
    records = corpus.noise("chatter", 3000)
    lines = payload(show(records, "grep", 500, pattern="INFO"))
    assert lines[:3] == records[:3]
    assert lines[-1] == records[-1]


def test_without_an_error_what_does_not_fit_is_the_tail() -> None:
    records = corpus.noise("chatter", 2000)
    lines = payload(show(records, max_tokens=500))
    assert re.fullmatch(r"\[\.\.\. [\d,]+ lines left out \.\.\.\]", lines[0])
    assert lines[1:] == records[-len(lines) + 1 :]


def test_a_log_that_fits_is_whole() -> None:
    got = show(["one", "two", "", "three"])
    assert payload(got) == ["one", "two", "", "three"]
    assert (got.lines, got.printed, got.folded, got.left_out, got.cause) == (4, 4, 0, 0, None)


def test_errors_are_shown_in_their_order_each_with_a_note_and_its_surroundings() -> None:
    records = [f"note {word} of the day" for word in WORDS]
    records[300] = "ValueError: minor"
    records[1500] = "KeyError: 'a'"
    got = show(records, "errors", 900)
    lines = payload(got)
    noted = [line for line in lines if "[<- " in line]
    assert len(noted) == 2
    assert re.fullmatch(r"ValueError: minor \[<- \w+, line 301; the job went on after it\]", noted[0])
    assert re.fullmatch(r"KeyError: 'a' \[<- cause: \w+, line 1,501\]", noted[1])
    assert lines[lines.index(noted[0]) - 3 :][:3] == records[297:300]
    assert lines[lines.index(noted[1]) + 1 :][:3] == records[1501:1504]
    assert lines[-1] == records[-1]
    printed = [line.partition(" [<-")[0] for line in lines if "left out" not in line]
    rest = iter(records)
    assert all(line in rest for line in printed)  # in the order of the log


def test_the_errors_view_uses_what_it_may_take() -> None:
    records = corpus.failing("oom", 3000).records
    for most in (1000, 4000):
        assert most * 0.8 < tokens(show(records, "errors", most).text) <= most


def test_where_the_rhythm_stops_is_shown_in_every_view_sign_or_no_sign() -> None:
    said = "the quiet words that only the author knows"
    records = [*corpus.noise("megatron", 800), said, *corpus.noise("chatter", 300)]
    for mode in ("tail", "errors", "summary"):
        assert said in show(records, mode, 1000, failed=True).text


def test_a_log_that_failed_without_a_sign_says_so_and_shows_where_it_stops() -> None:
    records = [*corpus.noise("megatron", 800), "saving to /mnt/out"]
    got = show(records, failed=True)
    assert got.cause
    assert got.cause.kind == "no error sign; the output stops here"
    assert got.cause.line == 801
    assert show(records).cause is None


def test_a_summary_counts_what_failed_what_warns_and_what_repeats() -> None:
    records = [
        "start",
        *(f"step {i}" for i in range(1, 50)),
        "UserWarning: slow",
        *corpus.frames(1),
        "KeyError: 'a'",
        "bye",
    ]
    got = show(records, "summary")
    lines = payload(got)
    assert re.fullmatch(r"56 lines, 1 error block: 1 \w+", lines[0])
    assert re.fullmatch(r"cause: \w+, lines 52-55: KeyError: 'a'", lines[1])
    assert lines[-3:] == [
        "first line: start",
        "1 line with a warning, first at 51: UserWarning: slow",
        "x49 alike, last at 50: step 49",
    ]
    assert (got.printed, got.folded) == (0, 0)


def test_grep_shows_matching_lines_with_the_lines_around_them() -> None:
    records = [f"line {word}" for word in "abcdefghij"]
    got = show(records, "grep", pattern="[cdi]$", context=1)
    assert payload(got) == ["line b", "line c", "line d", "line e", "--", "line h", "line i", "line j"]
    assert (got.matched, got.lines, got.printed, got.left_out, got.others) == (3, 10, 7, 0, 3)
    assert payload(show(records, "grep", pattern="^line [ci]$")) == ["line c", "line i"]


def test_grep_sees_one_line_at_a_time_and_only_what_is_shown() -> None:
    records = ["a password=hunter22 b", "c\x1b[1md\x1b[0me", "x", "y", "z"]
    assert show(records, "grep", pattern="hunter22").matched == 0
    assert show(records, "grep", pattern="cde").matched == 1
    assert show(records, "grep", pattern=r"x\sy|x\ny|(?s)x.y").matched == 0


def test_what_matches_is_never_folded_unless_told() -> None:
    records = [f"step {i} loss {i / 10}" for i in range(30)]
    assert payload(show(records, "grep", pattern="loss")) == records
    folded = show(records, "grep", pattern="loss", folding=True)
    assert payload(folded) == [records[0], f"{records[29]} [x30 alike: step 0..29, loss 0.0..2.9]"]
    assert (folded.printed, folded.folded, folded.left_out) == (2, 28, 0)


def test_folding_can_be_switched_off() -> None:
    records = ["step 1"] * 30
    for mode in ("tail", "errors"):
        assert payload(show(records, mode, folding=False)) == records
        assert payload(show(records, mode)) == ["step 1 [x30]"]


def test_grep_without_a_match_says_so() -> None:
    assert show(["a"] * 7, "grep", pattern="b").text == "[none of 7 lines match]"


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (None, "empty"),
        ("", "empty"),
        ("(", "missing"),
        ("a)", "unexpected"),
        ("*", "repetition"),
        (r"(a)\1", "escape sequence"),
        ("(?=a)", "perl operator|group syntax"),
        ("a" * 501, "501 characters"),
        (r"(?:\pL{50}){20}", "too large|repetition"),
        ("\ud83d", "not a valid"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused_with_the_way_to_mend_it(pattern: str | None, reason: str) -> None:
    with pytest.raises(ValueError, match=f"(?s)(?:{reason}).*fix: "):
        show(["a"], "grep", pattern=pattern)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+b", "(.*a){20}z", "(x+x+)+y", "((a*)*)*c"])
def test_a_pattern_that_would_backtrack_for_ever_is_answered_at_once(pattern: str) -> None:
    start = time.perf_counter()
    show(["a" * 200_000] * 5, "grep", pattern=pattern)
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("max_lines", [1, 2, 15, 100])
def test_no_more_lines_than_asked_for_and_the_cause_is_among_them(mode: Mode, max_lines: int) -> None:
    log = corpus.failing("chained", 3000)
    got = show(log.records, mode, 20_000, pattern="KeyError|loaded|restored", max_lines=max_lines)
    lines = [line for line in payload(got) if not re.fullmatch(r"\[\.\.\. .* left out \.\.\.\]|--", line)]
    assert len(lines) <= max_lines
    assert log.cause in got.text or (mode == "summary" and max_lines == 1)


def test_a_pattern_too_costly_even_so_is_given_up(monkeypatch) -> None:
    monkeypatch.setattr(grep, "_MAX_SECONDS", 0.2)
    dice = random.Random(3)
    records = ["".join(dice.choices("ab", k=2000)) for _ in range(2000)]
    start = time.perf_counter()
    with pytest.raises(ValueError, match=r"takes over 0\.2 s on 4,001,999 bytes of log\. fix: drop counted repeats"):
        show(records, "grep", pattern="a[ab]{900}c")
    assert time.perf_counter() - start < 6


@pytest.mark.parametrize("letter", ["x", "损", "💥"])
@pytest.mark.parametrize("max_tokens", [400, 1000, 2100, 4000])
def test_a_long_error_line_of_any_script_is_shown_in_any_budget(letter: str, max_tokens: int) -> None:
    records = [*corpus.noise("chatter", 500), "ValueError: shard 7 " + letter * 9000, *corpus.noise("chatter", 500)]
    assert f"ValueError: shard 7 {letter * 40}" in show(records, max_tokens=max_tokens).text


def test_an_empty_log_says_so() -> None:
    assert [show([], mode, pattern="x").text for mode in MODES] == ["[no lines]"] * 4


@pytest.mark.parametrize("mode", MODES)
def test_no_budget_is_too_small(mode: Mode) -> None:
    records = corpus.failing("oom", 60).records
    for max_tokens in (*range(-1, 48), *range(48, 260, 11)):  # each of the smallest, then a sample
        assert tokens(show(records, mode, max_tokens, pattern="rank").text) <= max(0, max_tokens)


@pytest.mark.parametrize("mode", MODES)
def test_a_budget_of_200_tokens_already_shows_the_cause(mode: Mode) -> None:
    assert (
        "KeyError: 'x'" in show([*corpus.noise("chatter", 900), "KeyError: 'x'", "end"], mode, 200, pattern="Key").text
    )
