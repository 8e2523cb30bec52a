"""What the fuzz of every tool draws: a tool, arguments from its own input schema, faults of the service, and answers
with values of a kind that the API reference does not name."""

import json
import random
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

from hypothesis import strategies as st

from pai_dlc_mcp import tools
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import ACTIONS, KINDS, Fault
from pai_dlc_mcp.server.protocol.toolset import offered
from pai_dlc_mcp.server.settings import Settings


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """Of each tool, of its arguments. To derive them takes a second."""
    everything = Settings(toolsets=("all",))
    return {tool.name: tool.built.parameters for tool in offered(tools.TOOLSETS, everything)}


SPEC = {
    "type": "Worker",
    "image": "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04",
    "ecs_spec": "ecs.gn6i-c4g1.xlarge",
}
KNOWN: dict[str, tuple[Any, ...]] = {
    "workspace_id": ("123456", "234567"),
    "image": (SPEC["image"],),
    "ecs_spec": ("ecs.gn6i-c4g1.xlarge",),
    "job_specs": ([SPEC],),
    "region": ("cn-hangzhou", "cn-shanghai"),
    "dataset_id": ("d-llmcorpus000000001",),
    "code_source_id": ("code-20250911103721-85qz78ia96lu",),
    "image_id": ("image-7dataprep0000002",),
    "labels": ("system.chipType=GPU",),
    "user_command": ("python train.py",),
    "display_name": ("resnet50",),
    "content": ({"priority": 3},),
    "version": (1,),
    "metric_name": ("GpuUtil",),
    "signal": ("SIGUSR1",),
    "tags": ({"team": "a"},),
    "tag_keys": (["team"],),
}
"""What exists, so that most calls get past the first check."""

NONSENSE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40), st.just("x" * 3000),
    st.lists(st.text(max_size=5), max_size=3), st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)  # fmt: skip


There = Mapping[str, Sequence[Any]]
"""What exists, by the name of the parameter that takes it."""


def there(emulator: Emulator) -> There:
    """Read once: a strategy that changed with the state could not be drawn from again."""
    account = emulator.account
    jobs, quotas = sorted(account.jobs), [quota["QuotaId"] for quota in account.quotas]
    found: dict[str, Sequence[Any]] = {
        "job_id": jobs,
        "target_id": jobs,
        "pod_id": [f"{job}-master-0" for job in jobs],
        "tensorboard_id": sorted(account.tensorboards),
        "template_id": sorted(account.templates),
        "server_id": sorted(account.ray_history_servers),
        "quota_id": quotas,
        "resource_id": quotas,
    }
    lists = {f"{name}s": [[one] for one in ids] for name, ids in found.items()}
    return {**found, **lists, **KNOWN}


def arguments(schema: dict[str, Any], there: There, name: str = "") -> st.SearchStrategy[Any]:
    """Values of a schema; nine of ten with a known name are what exists."""
    made = _of_type(schema, there, name)
    if not there.get(name):
        return made
    known = st.sampled_from(there[name])
    return st.integers(0, 9).flatmap(lambda drawn: made if drawn == 9 else known)


def _of_type(schema: dict[str, Any], there: There, name: str) -> st.SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "object":
            return _object(schema, there)
        case "array":
            items = arguments(schema.get("items", {}), there, name.removesuffix("s"))
            return st.lists(items, min_size=schema.get("minItems", 0), max_size=min(schema.get("maxItems", 3), 12))
        case "integer" | "number":
            least, most = schema.get("minimum"), schema.get("maximum")
            return st.integers(least, most) | st.sampled_from([least or 0, most if most is not None else 2**63])
        case "boolean":
            return st.booleans()
        case "string":
            return _string(schema)
        case _:
            return NONSENSE


def _string(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    if schema.get("format") == "date-time":
        return st.datetimes().map(lambda moment: f"{moment.isoformat()}Z") | st.sampled_from(["0001-01-01T00:00:00Z"])
    return st.text(min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 60), 200))


def _object(schema: dict[str, Any], there: There) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: arguments(field, there, name) for name, field in schema.get("properties", {}).items()}
    needed = set(schema.get("required", ()))
    if not fields:
        more = schema.get("additionalProperties")
        values = arguments(cast("dict[str, Any]", more), there) if isinstance(more, dict) else NONSENSE
        return st.dictionaries(st.text(min_size=1, max_size=20), values, max_size=4)
    chosen = st.lists(st.sampled_from(sorted(fields.keys() - needed) or [""]), max_size=3, unique=True)
    return chosen.flatmap(lambda more: st.fixed_dictionaries({name: fields[name] for name in {*needed, *more} - {""}}))


def calls(there: There) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """A tool and its arguments; in one call of ten something in them is nonsense."""
    drawn = {tool: _object(schema, there) for tool, schema in schemas().items()}

    @st.composite
    def call(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
        tool = draw(st.sampled_from(sorted(schemas())))
        given = draw(drawn[tool])
        if draw(st.integers(0, 9)) == 9:
            given = {**given, draw(st.sampled_from([*schemas()[tool]["properties"], "unknown"])): draw(NONSENSE)}
        return tool, json.loads(json.dumps(given, allow_nan=False, default=str)) if _is_json(given) else {}

    return call()


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, UnicodeEncodeError):
        return False
    return True


READ_FIRST = ("GetJob", "ListJobs", "GetPodLogs", "CreateJob", "StopJob", "GetJobEvents")
"""Drawn as often again: what most tools ask for."""

faults = st.builds(
    Fault,
    st.sampled_from(["*", *READ_FIRST, *sorted(ACTIONS)]),
    st.sampled_from(KINDS),  # pyright: ignore[reportArgumentType]
    times=st.sampled_from([1, 3, None]),
    skip=st.integers(0, 2),
    probability=st.sampled_from([0.3, 1.0]),
    seed=st.integers(0, 9),
    seconds=st.just(0.0005),
    url=st.just("http://127.0.0.1:9/"),
    megabytes=st.sampled_from([0.1, 3.0]),
    page_size=st.integers(1, 5),
    job_id=st.sampled_from(["", "x", "../x"]),
    status=st.sampled_from([408, 429, 500]),
)


ODD = (None, "", "x", -1, 2**70, 1.5, True, [], {}, [None], [["x"]], {"x": None}, "9999-99-99T99:99:99Z", "\ud800")


def scrambled(value: Any, chance: random.Random, share: float) -> Any:
    """An answer some of whose values, at any depth, are of a kind the API reference does not name."""
    if chance.random() < share:
        return re.sub(r"\d", "9", value) if isinstance(value, str) and chance.random() < 0.5 else chance.choice(ODD)
    if isinstance(value, dict):
        return {key: scrambled(one, chance, share) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [scrambled(one, chance, share) for one in cast("list[Any]", value)]
    return value
