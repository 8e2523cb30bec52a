"""The contract with whoever calls: each operation, out of its schema, through the real SDK. What is right is answered
and what is wrong refused, as JSON; nothing that was sent is ignored in silence."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_tea_openapi.exceptions import ClientException

from pai_dlc_mcp.emulator import routes
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.request import Request
from pai_dlc_mcp.emulator.schema.check import OPERATIONS, SOURCE
from pai_dlc_mcp.emulator.schema.unhonoured import UNHONOURED
from tests.emulator import figures

Call = Callable[..., dict[str, Any]]
REQUESTS = json.loads((Path(__file__).parents[1] / "data" / "requests.json").read_text("utf-8"))
PAIRS = [(version, action) for version, group in OPERATIONS.items() for action in group]
Case = tuple[str, str, str, Any]
"""Version, action, query or body, and the request with the one change."""


def path_of(version: str, action: str) -> str:
    route: str = OPERATIONS[version][action]["route"].replace("{jobId}", "{JobId}")
    for name, value in {**REQUESTS["ids"], "{JobId}": REQUESTS["job_ids"].get(action, "dlc9restarted009")}.items():
        route = route.replace(name, value)
    return route


def good(action: str) -> dict[str, dict[str, Any]]:
    return {"query": dict(REQUESTS["queries"].get(action, {})), "body": dict(REQUESTS["bodies"].get(action, {}))}


def resolved(rule: dict[str, Any]) -> dict[str, Any]:
    return SOURCE["schemas"][rule["$ref"].rpartition("/")[2]] if "$ref" in rule else rule


def changes(version: str, action: str) -> Iterator[tuple[str, str, str, Any]]:
    """(part, name, what, value) of each way to break a rule; None takes the parameter away."""
    for part in ("query", "body"):
        described = OPERATIONS[version][action].get(part, {"properties": {}})
        for name in described.get("required", []):
            yield part, name, "missing", None
        for name, rule in described["properties"].items():
            yield from ((part, name, what, value) for what, value in broken(resolved(rule), part))


def broken(rule: dict[str, Any], part: str) -> Iterator[tuple[str, Any]]:
    one = rule.get("items", {}) if rule.get("x-comma") else rule
    if "enum" in one:
        yield "enum", 987654 if one.get("type") == "integer" else "no-such-value"
    if rule.get("type") == "boolean":
        yield "type", "perhaps"
    if rule.get("type") in ("integer", "number"):
        yield "type", "seven"
        if "minimum" in rule:
            yield "minimum", rule["minimum"] - 1
        if "maximum" in rule:
            yield "maximum", rule["maximum"] + 1
    if "maxLength" in rule:
        yield "maxLength", "x" * (rule["maxLength"] + 1)
    if "pattern" in rule:
        yield "pattern", "\u00e4 b"
    if part == "body":
        yield "type", {"object": "text", "array": "text"}.get(rule.get("type", "object"), {})


def strings(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize(("version", "action"), PAIRS)
def test_what_breaks_a_rule_is_refused_by_name(whole_call: Call, version: str, action: str) -> None:
    for part, name, what, value in changes(version, action):
        sent = good(action)
        if value is None:
            sent[part].pop(name, None)
        else:
            sent[part][name] = strings(value) if part == "query" else value
        with pytest.raises(ClientException) as caught:
            whole_call(version, action, path_of(version, action), sent["query"], sent["body"] or None)
        refusal = caught.value.data
        assert (caught.value.status_code, set(refusal) >= figures.KEYS) == (400, True)
        assert name in refusal["Message"], (name, what, refusal["Message"])
        figures.count(version, action, what)


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize(("version", "action"), PAIRS)
def test_what_is_right_is_answered_and_honoured(whole_call: Call, version: str, action: str) -> None:
    stop_first(whole_call, version, action)
    sent = good(action)
    answer = whole_call(version, action, path_of(version, action), sent["query"], sent["body"] or None)
    assert (answer["statusCode"], answer["headers"].get("x-emulator-ignored")) == (200, None)
    figures.count(version, action, "happy")


def stop_first(whole_call: Call, version: str, action: str) -> None:
    """What is started has to be stopped."""
    stop = {"StartTensorboard": "StopTensorboard", "StartRayHistoryServer": "StopRayHistoryServer"}.get(action)
    if stop:
        whole_call(version, stop, path_of(version, stop))


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize(("version", "action"), PAIRS)
def test_an_unknown_parameter_is_accepted_and_named(whole_call: Call, version: str, action: str) -> None:
    stop_first(whole_call, version, action)
    sent = good(action)
    sent["query"]["Colour"] = "red"
    if sent["body"]:
        sent["body"]["Shade"] = ["dark"]
    answer = whole_call(version, action, path_of(version, action), sent["query"], sent["body"] or None)
    ignored = answer["headers"]["x-emulator-ignored"].split(",")
    assert ignored == ["Colour", *(["Shade"] if sent["body"] else [])]
    figures.count(version, action, "unknown", len(ignored))


class Looked(dict[str, str]):
    """A query that remembers which of its parameters were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.names.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.names.add(str(key))
        return super().__contains__(key)


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize(("version", "action"), PAIRS)
def test_each_query_parameter_is_looked_at_or_admitted(emulator: Emulator, version: str, action: str) -> None:
    operation, ids = routes.find(version, *path_of(version, action).split(" "))
    assert operation
    query = Looked()
    query.update(REQUESTS["queries"].get(action, {}))
    emulator.clock.advance(1)
    for stopped in ("tb1", "rhs1") if action.startswith("Start") else ():
        board = emulator.account.tensorboards.get(stopped) or emulator.account.ray_history_servers[stopped]
        board.life = (*board.life[:1], board.life[0].__class__(0, "Stopped"))
    body = REQUESTS["bodies"].get(action)
    operation(emulator.account, Request(action, version, "", "", query, body, "", {}, ids))
    documented = set(OPERATIONS[version][action]["query"]["properties"])
    admitted = set(UNHONOURED.get(action, {})) if (version, action) != (routes.WORKSPACE, "ListQuotas") else set()
    assert documented - query.names == documented & admitted, documented ^ query.names
    figures.count(version, action, "query, with effect", len(documented & query.names))
    figures.count(version, action, "query, admitted", len(documented & admitted))


def test_what_is_admitted_is_documented() -> None:
    for action, names in UNHONOURED.items():
        described = [group[action] for group in OPERATIONS.values() if action in group]
        assert described, action
        for name in names:
            first = name.partition(".")[0]
            assert any(
                first in (*each["query"]["properties"], *each.get("body", {}).get("properties", ()))
                for each in described
            ), name


def test_a_parameter_that_is_not_honoured_is_named(whole_call: Call) -> None:
    body = {**REQUESTS["bodies"]["CreateJob"], "SuccessPolicy": "ChiefWorker"}
    body["JobSpecs"] = [{**body["JobSpecs"][0], "SystemDisk": {"Size": 100}, "Colour": "red"}]
    answer = whole_call(routes.DLC, "CreateJob", "POST /api/v1/jobs", None, body)
    assert answer["headers"]["x-emulator-ignored"] == "JobSpecs.Colour,SuccessPolicy,JobSpecs.SystemDisk"
