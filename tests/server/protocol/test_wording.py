"""Texts name only tools that are on."""

import pytest

from pai_dlc_mcp.server.protocol.wording import only_offered, tools_in

TEXT = """Do it with {job_id}.

1. diagnose_job: all of it.
2. get_job: status, and then
   get_pod_logs for more.
3. Think.

Say so."""


@pytest.mark.parametrize(
    ("text", "offered", "said"),
    [
        ("[[diagnose_job|get_job|look]]", {"diagnose_job", "get_job"}, "diagnose_job"),
        ("[[diagnose_job|get_job|look]]", {"get_job"}, "get_job"),
        ("[[diagnose_job|get_job|look]]", set(), "look"),
        ("stop[[ with stop_job|]].", set(), "stop."),
        ("a [[get_job]] b", set(), "a  b"),
        ("- get_job\n- rest", set(), "- rest"),
        ("confirmation_token and user_command stay", set(), "confirmation_token and user_command stay"),
        ("get_job in prose goes", set(), ""),
    ],
)
def test_what_names_a_tool_that_is_off_is_left_out(text: str, offered: set[str], said: str) -> None:
    assert only_offered(text, offered) == said


def test_items_are_left_out_whole_and_numbered_anew() -> None:
    assert only_offered(TEXT, {"get_job"}) == "Do it with {job_id}.\n\n1. Think.\n\nSay so."
    assert only_offered(TEXT, {"get_job", "get_pod_logs"}).splitlines()[2:5] == [
        "1. get_job: status, and then",
        "   get_pod_logs for more.",
        "2. Think.",
    ]
    assert only_offered(TEXT, {"get_job", "get_pod_logs", "diagnose_job"}) == TEXT


def test_a_tool_is_known_by_its_verb() -> None:
    assert tools_in("get_job, list_jobs; stop_job! wait_for_jobs and job_id") == {
        "get_job",
        "list_jobs",
        "stop_job",
        "wait_for_jobs",
    }
