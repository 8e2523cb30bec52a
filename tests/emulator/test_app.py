"""Routes: every operation answers with keys the SDK's models know, and the wrong path with JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_aiworkspace20210204 import models as workspace_models
from alibabacloud_pai_dlc20201203 import models as dlc_models
from alibabacloud_tea_openapi.exceptions import ClientException

from pai_dlc_mcp.emulator import routes as app
from pai_dlc_mcp.emulator.embedded import Emulator

Call = Callable[..., dict[str, Any]]
MODELS = {app.DLC: dlc_models, app.WORKSPACE: workspace_models}
REQUESTS = json.loads((Path(__file__).parents[1] / "data" / "requests.json").read_text("utf-8"))
IDS, JOB_ID, BODIES, QUERIES = (REQUESTS[name] for name in ("ids", "job_ids", "bodies", "queries"))
"""One request of each operation that succeeds: the ids of its path, body and query, by action."""


def operations() -> list[Any]:
    return [
        pytest.param(version, app.action_of(operation), route, id=f"{version}-{app.action_of(operation)}")
        for version, routes in app.ROUTES.items()
        for route, operation in routes.items()
    ]


def lost(sent: Any, kept: Any, path: str = "") -> list[str]:
    """Keys of the answer that the SDK's model did not keep."""
    if isinstance(sent, dict) and isinstance(kept, dict):
        missing = [f"{path}.{key}" for key in sent if key not in kept and sent[key] is not None]
        return missing + [name for key in sent if key in kept for name in lost(sent[key], kept[key], f"{path}.{key}")]
    if isinstance(sent, list) and isinstance(kept, list):
        pairs = zip(sent, kept, strict=True)
        return [name for one, other in pairs for name in lost(one, other, f"{path}[]")]
    return [] if sent == kept else [f"{path}: {sent!r} became {kept!r}"]


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize(("version", "action", "route"), operations())
def test_an_operation_answers_with_keys_of_the_schema(
    call: Call, emulator: Emulator, version: str, action: str, route: str
) -> None:
    for name, value in {**IDS, "{JobId}": JOB_ID.get(action, IDS["{JobId}"])}.items():
        route = route.replace(name, value).replace("{jobId}", JOB_ID.get(action, ""))
    if action == "StartTensorboard":
        call(version, "StopTensorboard", "PUT /api/v1/tensorboards/tb1/stop")
    if action == "StartRayHistoryServer":
        call(version, "StopRayHistoryServer", "POST /api/v1/rayhistoryservers/rhs1/stop")
    answer = call(version, action, route, QUERIES.get(action), BODIES.get(action))
    assert emulator.requests.actions()[-1] == action
    if version in MODELS:
        model = getattr(MODELS[version], f"{action}ResponseBody", None) or dlc_models.Tensorboard
        assert lost(answer, model().from_map(answer).to_map()) == []
    else:
        assert "RequestId" in answer


def test_an_unknown_path_is_answered_in_json(call: Call) -> None:
    with pytest.raises(ClientException) as caught:
        call(app.DLC, "MakeCoffee", "GET /api/v1/coffee")
    assert (caught.value.status_code, caught.value.code) == (404, "InvalidAction.NotFound")


def test_the_api_version_tells_the_products_apart(call: Call) -> None:
    old = call(app.WORKSPACE, "ListQuotas", "GET /api/v1/quotas")
    new = call(app.STUDIO, "ListQuotas", "GET /api/v1/quotas")
    assert [quota["Id"] for quota in old["Quotas"]] == ["1828233"]
    assert len(new["Quotas"]) == 3


def test_a_slash_in_an_id_does_not_separate(call: Call) -> None:
    with pytest.raises(ClientException) as caught:
        call(app.DLC, "GetJob", "GET /api/v1/jobs/dlc1%2Fevents")
    assert caught.value.data["Message"] == "Job dlc1/events not found."


def test_an_empty_id_looks_like_the_list(call: Call) -> None:
    assert "Jobs" in call(app.DLC, "GetJob", "GET /api/v1/jobs/")


def test_booleans_are_read_whatever_their_case(call: Call) -> None:
    for text in ("false", "False", "FALSE"):
        assert call(app.DLC, "ListJobs", "GET /api/v1/jobs", {"ShowOwn": text})["TotalCount"] == 7
