"""What holds for any log and any budget."""

import unicodedata

import corpus
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pai_dlc_mcp.server.budget.events import events
from pai_dlc_mcp.server.budget.fence import inline
from pai_dlc_mcp.server.budget.limits import fit, tokens
from pai_dlc_mcp.server.budget.pipeline import Mode, view
from pai_dlc_mcp.server.budget.redact import Redactor

MODES: tuple[Mode, ...] = ("tail", "errors", "grep", "summary")
REDACTOR = Redactor(corpus.ENV.items())
PLANTED = [
    *corpus.SECRETS.values(),
    (f"dsn {corpus.ENV['DB_PASS']} end", corpus.ENV["DB_PASS"]),
    (f"note {corpus.ENV['NOTE_SECRET']} end", corpus.ENV["NOTE_SECRET"]),
]

anything = st.text(st.characters(exclude_categories=()), max_size=60)  # lone surrogates and controls too
pieces = st.sampled_from(
    [
        "\x1b[31m", "\x1b]0;", "\x07", "\r", "\n", "\r\n", "\u202e", "\u2028", "\x9b", "损失", "ÃƒÂ", "\ud83d",
        "Traceback (most recent call last):", "  File 'a', line 1", "KeyError: 1", "[rank3]: ", "ERROR ", "50%|##|",
        "-----BEGIN RSA PRIVATE KEY-----", "</untrusted-data", '<untrusted-data id="n0">', "SIGTERM", "0x7f", "x" * 300,
        "Root Cause (first observed failure):", "During handling of the above exception, another", "step 1 loss 2.3",
    ]
)  # fmt: skip
line = st.lists(st.one_of(anything, pieces), max_size=6).map("".join)
log = st.lists(line, max_size=30).flatmap(lambda lines: st.integers(1, 40).map(lambda times: lines * times))
budget = st.integers(0, 1200)


BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def is_clean(text: str) -> bool:
    text.encode("utf-8")
    return not [
        char
        for char in text
        if (unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") and char not in "\n\t")
        or unicodedata.bidirectional(char) in BIDI
        or 0xE0000 <= ord(char) <= 0xE007F
    ]


@settings(max_examples=150, deadline=None)
@given(
    log, budget, st.none() | st.integers(1, 40), st.sampled_from(MODES), st.sampled_from(["x", "Key|损", "^", r"\d+"])
)
@example(["\ud83d" * 9, "\x1b" * 99, "\r" * 99], 1000, None, "tail", "x")
@example(["Traceback (most recent call last):"] * 2, 0, None, "tail", "x")
def test_a_view_never_exceeds_its_budget_and_is_clean_text(
    lines: list[str], most: int, max_lines: int | None, mode: Mode, pattern: str
) -> None:
    got = view(
        lines,
        mode=mode,
        pattern=pattern,
        context=1,
        max_lines=max_lines,
        max_tokens=most,
        redactor=REDACTOR,
        source="pod",
        nonce="n0",
    )
    assert tokens(got.text) <= most
    assert is_clean(got.text)
    assert min(got.printed, got.folded, got.left_out) >= 0
    assert got.printed + got.folded + got.left_out + got.others == got.lines
    if got.text.startswith("<"):
        assert got.text.count("</untrusted-data") == 1
        assert got.text.endswith('</untrusted-data id="n0">')
        assert max_lines is None or len(got.text.split("\n")) - 3 <= max_lines + 2


@settings(max_examples=150, deadline=None)
@given(log, st.sampled_from(PLANTED), st.integers(0, 99), st.sampled_from(MODES), st.booleans())
def test_no_planted_secret_survives_in_any_view(
    lines: list[str], planted: tuple[str, str], at: int, mode: Mode, broken: bool
) -> None:
    words, secret = planted
    if broken:
        words = words.replace(secret, secret[:6] + "\x1b[0m" + secret[6:])
    where = at % (len(lines) + 1)
    records = [*lines[:where], f"KeyError: {words}", *lines[where:]]
    for pattern in ("KeyError", secret[-8:].replace("%", ".").replace("=", ".").replace("/", ".")):
        got = view(records, mode=mode, pattern=pattern, context=1, max_tokens=2000, redactor=REDACTOR, source="pod")
        assert secret[6:] not in got.text
        assert got.cause is None or secret[6:] not in got.cause.text


@settings(max_examples=100, deadline=None)
@given(log, st.integers(0, 99))
def test_no_line_of_a_private_key_survives(lines: list[str], at: int) -> None:
    where = at % (len(lines) + 1)
    records = [*lines[:where], *corpus.PEM, *lines[where:]]
    text = view(records, max_tokens=20_000, redactor=REDACTOR, source="pod").text
    assert not [part for part in corpus.PEM[1:13] if part in text]


@settings(max_examples=100, deadline=None)
@given(log, budget)
def test_events_never_exceed_their_budget_and_are_clean_text(lines: list[str], most: int) -> None:
    sources = {"job": lines, "p\u202e0": [f"2026-01-05 10:00:12 {each}" for each in lines]}
    got = events(sources, max_tokens=most, redactor=REDACTOR, source="events")
    assert tokens(got.text) <= most
    assert is_clean(got.text)


@settings(max_examples=100, deadline=None)
@given(st.lists(anything).map("\n".join), st.integers(0, 300), anything)
def test_the_ceiling_holds_for_any_text(text: str, most: int, rest: str) -> None:
    got = fit(text, most, rest)
    assert tokens(got) <= most
    got.encode()


@settings(max_examples=200, deadline=None)
@given(line, st.integers(0, 100))
def test_inline_text_is_one_clean_line_within_its_limit(text: str, limit: int) -> None:
    got = inline(text, limit)
    assert len(got) <= limit
    assert is_clean(got)
    assert not set(got) & set('\n\t`*<>[]|"\\')
