"""Which RAM action an operation needs."""

import json

import pytest

from pai_dlc_mcp.server.cloud.permissions import policy, ram_actions


@pytest.mark.parametrize(
    ("product", "action", "expected"),
    [
        ("pai-dlc", "StopJob", ("pai:StopJob", "paidlc:StopJob")),
        ("pai-dlc", "GetPodLogs", ("pai:GetPodLogs", "paidlc:GetPodLogs")),
        ("pai", "ListQuotas", ("pai:ListQuotas", "paistudio:ListQuotas")),
        ("aiworkspace", "ListWorkspaces", ("paiworkspace:ListWorkspaces",)),
        ("aiworkspace", "ListImages", ("paiimage:ListImages",)),
        ("aiworkspace", "ListImageLabels", ("paiimage:ListImageLabels",)),
        ("aiworkspace", "GetDataset", ("paidataset:GetDataset",)),
        ("aiworkspace", "ListCodeSources", ("paicodesource:ListCodeSources",)),
    ],
)
def test_an_operation_needs_these_actions(product, action, expected) -> None:
    assert ram_actions(product, action) == expected


def test_a_policy_allows_each_action_once_and_nothing_else() -> None:
    text = policy(["pai:StopJob", "paidlc:StopJob", "pai:StopJob"])
    assert "\n" not in text
    assert json.loads(text) == {
        "Version": "1",
        "Statement": [{"Effect": "Allow", "Action": ["pai:StopJob", "paidlc:StopJob"], "Resource": "*"}],
    }
