"""Every view of every kind of failing log: the cause is in it, the budget holds."""

import corpus
import pytest
from pai_dlc_mcp.server.budget.estimate import tokens
from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.budget.view import Mode, View, view

FAILURES = list(corpus.FAILURES)


def show(records: list[str], mode: Mode = "tail", max_tokens: int = 4000, **options: object) -> View:
    return view(records, mode=mode, max_tokens=max_tokens, redactor=Redactor({}), source="pod", nonce="n0", **options)


@pytest.fixture(scope="module")
def logs() -> dict[tuple[str, int], corpus.Log]:
    return {}


@pytest.mark.parametrize("max_tokens", [1000, 4000])
@pytest.mark.parametrize("mode", ["tail", "errors", "summary"])
@pytest.mark.parametrize("lines", [100, 5000, 100_000])
@pytest.mark.parametrize("failure", FAILURES)
def test_the_root_cause_is_in_the_answer(failure, lines, mode, max_tokens) -> None:
    if lines == 100_000 and (mode != "tail" or max_tokens == 4000):
        pytest.skip("x")
    log = corpus.failing(failure, lines)
    got = show(log.records, mode, max_tokens)
    assert log.cause in got.text
    assert tokens(got.text) <= max_tokens
