"""The contract for what stands deep in a body: each rule is enforced by name, and each key has an effect or is admitted
to have none. An effect is one that can be seen: another answer, another life, or a refusal."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_tea_openapi.exceptions import ClientException

from pai_dlc_mcp.emulator import snapshot
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.schema.check import OPERATIONS
from pai_dlc_mcp.emulator.schema.unhonoured import UNHONOURED
from tests.emulator import bodies, figures
from tests.emulator.test_contract import broken, good, path_of

Call = Callable[..., dict[str, Any]]
ACTIONS = [(version, action) for version, group in OPERATIONS.items() for action in group if bodies.of(version, action)]
BASES: dict[str, dict[str, Any]] = {
    "CreateJob": {
        "WorkspaceId": "123456",
        "CodeSource": {"CodeSourceId": "code-20250911103721-85qz78ia96lu", "MountPath": "/mnt/code"},
        "DataSources": [{"Uri": "oss://bucket.oss-cn-hangzhou-internal.aliyuncs.com/data/", "MountPath": "/mnt/data"}],
    },
    "UpdateJob": {"JobSpecs": [{"Type": "Worker", "PodCount": 16}]},
}
"""What a body needs besides, so that what is planted into it stands in company that is right."""
SAMPLES: dict[str, tuple[Any, Any]] = {
    "WorkspaceId": ("123456", "234567"),
    "ResourceId": ("quota1llmteam001", "quota3vision0003"),
    "Version": (2, 1),
    "TemplateId": ("jobtemplate-1", "jobtemplate-2"),
    "DataSources.DataSourceId": ("d-llmcorpus000000001", "d-nothing00000000001"),
    "TensorboardDataSources.DataSourceType": ("OSS", "NAS"),
}
"""Values where the schema's own are none the account knows."""

LOOKS: dict[str, tuple[str, str, str]] = {
    "CreateJobTemplate": ("GetJobTemplate", "GET /api/v1/jobtemplates/{}", "TemplateId"),
    "CreateRayHistoryServer": ("GetRayHistoryServer", "GET /api/v1/rayhistoryservers/{}", "RayHistoryServerId"),
    "CreateTensorboard": ("GetTensorboard", "GET /api/v1/tensorboards/{}", "TensorboardId"),
    "UpdateJobTemplate": ("GetJobTemplate", "GET /api/v1/jobtemplates/jobtemplate-1", ""),
    "SetJobTemplateDefaultVersion": ("GetJobTemplate", "GET /api/v1/jobtemplates/jobtemplate-1", ""),
    "CreateSignal": ("GetSignal", "GET /api/v1/jobs/dlc9restarted009/signals/{}", "SignalId"),
    "CreateJob": ("GetJob", "GET /api/v1/jobs/{}", "JobId"),
    "UpdateJob": ("GetJob", "GET /api/v1/jobs/dlc5waitinginq05", ""),
    "TagResources": ("GetJob", "GET /api/v1/jobs/dlc9restarted009", ""),
}
"""Where to look for what an operation did: action, route and the key of the id in its answer."""


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize(("version", "action"), ACTIONS)
def test_what_breaks_a_rule_deep_in_a_body_is_refused_by_name(whole_call: Call, version: str, action: str) -> None:
    for path, rule in bodies.of(version, action):
        if len(path) < 2:
            continue
        for what, value in broken(rule, "body"):
            body = bodies.planted(version, action, base(action), path, value)
            with pytest.raises(ClientException) as caught:
                whole_call(version, action, path_of(version, action), good(action)["query"], body)
            refusal = caught.value.data
            assert (caught.value.status_code, set(refusal) >= figures.KEYS) == (400, True)
            assert ".".join(path) in refusal["Message"], (path, what, refusal["Message"])
            figures.count(version, action, f"nested {what}")


def base(action: str) -> dict[str, Any]:
    return {**good(action)["body"], **BASES.get(action, {})}


def seen(emulator: Emulator, whole_call: Call, version: str, action: str, body: dict[str, Any]) -> tuple[Any, set[str]]:
    """What shows of the body, in the service's answers and in the job's life, and the names the answer admitted."""
    sent = good(action)
    try:
        answer = whole_call(version, action, path_of(version, action), sent["query"], body)
    except ClientException as refused:
        return refused.data["Message"], set()
    look, route, key = LOOKS[action]
    made = answer["body"].get(key, "")
    shown = whole_call(version, look, route.format(made))["body"]
    job = emulator.account.jobs.get(made)
    if job:
        item = whole_call(version, "ListJobs", "GET /api/v1/jobs", {"JobId": made})["body"]["Jobs"]
        shown = {"detail": shown, "item": item, "life": str(job.life), "resources": str(job.resources)}
    emulator.clock.advance(40)
    later = whole_call(version, look, route.format(made))["body"] if not job else {}
    text = json.dumps([answer["body"], shown, later]).replace(made or "\0", "")
    for name in ("RequestId", "SignalId"):
        text = text.replace(str(answer["body"].get(name, "\0")), "")
    ignored = set(filter(None, answer["headers"].get("x-emulator-ignored", "").split(",")))
    return json.loads(text, object_hook=lambda each: {k: v for k, v in each.items() if k != "RequestId"}), ignored


def has_effect(shown: Any, without: Any, path: bodies.Path) -> bool:
    """A refusal counts where it speaks of this key: Quota x not found, the job template version does not exist."""
    if isinstance(shown, str):
        return path[-1].removesuffix("Id").lower() in shown.lower().replace(" ", "")
    return shown != without


@pytest.mark.parametrize(
    ("version", "action"),
    [
        pytest.param(version, action, marks=[pytest.mark.long] if action in ("CreateJob", "UpdateJob") else [])
        for version, action in ACTIONS
    ],
)
def test_each_key_of_a_body_has_an_effect_or_is_admitted_to_have_none(
    request: pytest.FixtureRequest, emulator: Emulator, whole_call: Call, version: str, action: str
) -> None:
    request.getfixturevalue("furnished")
    emulator.account.jobs["dlc5waitinginq05"].body["ElasticSpec"] = {"EnableElasticTraining": True}
    state = snapshot.dump(emulator.account)

    def send(body: dict[str, Any]) -> tuple[Any, set[str]]:
        emulator.clock.reset()
        if action != "CreateJob":  # a job does not meet the others, and there are many keys
            snapshot.restore(emulator.account, state)
        return seen(emulator, whole_call, version, action, body)

    without = send(base(action))[0]
    silent: list[str] = []
    for path, rule in bodies.of(version, action):
        name = ".".join(path)
        one = bodies.sample(rule)
        values = SAMPLES.get(name) or (one, bodies.sample(rule, apart_from=one))
        if owner := owner_of(name, action):
            shown, told = send(bodies.planted(version, action, base(action), path, values[0]))
            assert owner in told or values[0] in ([], {}) or isinstance(shown, str), (name, told)
            figures.count(version, action, "body, admitted")
        elif rule.get("type") not in ("array", "object"):  # those by what stands in them
            company = {"TemplateId": "jobtemplate-1"} if name == "TemplateVersion" else {}
            body = {**base(action), **company}
            answers = [send(bodies.planted(version, action, body, path, value))[0] for value in values]
            silent += [] if any(has_effect(shown, without, path) for shown in answers) else [name]
            figures.count(version, action, "body, with effect")
    assert not silent, ", ".join(silent)


def owner_of(name: str, action: str) -> str:
    """The admitted key this one is, or is part of."""
    return next((each for each in UNHONOURED.get(action, {}) if name == each or name.startswith(f"{each}.")), "")
