"""Signed requests drawn from the schemas and from nonsense: no 500, none that takes this process (the emulator and the
client) over a second of work, and GPUs that add up.

`EMULATOR_FUZZ=20000` sends that many; FUZZ_SEED repeats a run.
"""

import os
import random
import time
from collections.abc import Callable
from typing import Any

from alibabacloud_tea_openapi.exceptions import ClientException

from pai_dlc_mcp.emulator import ledger
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.job import Job
from pai_dlc_mcp.emulator.lifecycle import TERMINAL
from pai_dlc_mcp.emulator.scenarios.catalog import SCENARIOS
from pai_dlc_mcp.emulator.schema.check import OPERATIONS, SOURCE
from pai_dlc_mcp.emulator.state import Account

COUNT = int(os.environ.get("EMULATOR_FUZZ", "200"))
SEED = int(os.environ.get("FUZZ_SEED", "20260105"))
IMAGE = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"
NONSENSE: tuple[Any, ...] = (
    "", "x", " ", "\u6d4b\u8bd5", "a" * 3000, "..", "%00", "\r\n", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59+23:59", "1e999", "9" * 5000, "-1", "0", "1s", "[]", "{}", '["x"]', "null", "True",
    -1, 0, 2**63, 1.5, True, None, [], {}, ["x"], [None], {"Key": "x"}, [[[]]],
)  # fmt: skip


KEYS = {"Code", "Message", "RequestId", "HostId"}


class Fuzzer:
    def __init__(self, account: Account, chance: random.Random) -> None:
        self.account = account
        self.chance = chance

    def one(self) -> tuple[str, str, str, dict[str, str], dict[str, Any] | None]:
        """(version, action, route, query, body)"""
        version = self.chance.choice(list(OPERATIONS))
        action = self.chance.choice([*OPERATIONS[version], *["CreateJob"] * (20 if version == "2020-12-03" else 0)])
        described = OPERATIONS[version][action]
        query = {
            name: str(self.value(name, rule)).encode("utf-8", "replace").decode()
            for name, rule in described["query"]["properties"].items()
            if self.chance.random() < 0.3 or name in described["query"].get("required", ())
        }
        body = self.body(action, described["body"]) if "body" in described else None
        return version, action, self.path(described["route"]), query, body

    def path(self, route: str) -> str:
        method, _, path = route.partition(" ")
        parts = [self.identifier(part) if part.startswith("{") else part for part in path.split("/")]
        return f"{method} {'/'.join(parts)}"

    def identifier(self, part: str) -> str:
        job = self.chance.choice([*self.account.jobs, "dlc0000000000000"])
        known = {
            "JobId": job,
            "PodId": f"{job}-master-0",
            "QuotaId": self.chance.choice([quota["QuotaId"] for quota in self.account.quotas]),
            "WorkloadId": job,
            "WorkspaceId": "123456",
            "NodeId": "llm-quota-node-01",
            "InstanceType": "ecs.g6.large",
            "TensorboardId": self.chance.choice([*self.account.tensorboards, "tb0"]),
            "RayHistoryServerId": self.chance.choice([*self.account.ray_history_servers, "rhs0"]),
            "TemplateId": self.chance.choice([*self.account.templates, "jobtemplate-0"]),
        }
        name = part[1].upper() + part[2:-1]
        return known.get(name, "x") if self.chance.random() < 0.9 else self.chance.choice(["x", "%2F", "a.b", "%C3%28"])

    def body(self, action: str, rule: dict[str, Any]) -> dict[str, Any]:
        if action == "CreateJob" and self.chance.random() < 0.8:
            return self.job()
        found = self.value("", rule)
        return found if isinstance(found, dict) else {}

    def job(self) -> dict[str, Any]:
        """A job that is mostly right, on a quota or not, now and then with one field of nonsense."""
        quota = self.chance.choice(["", "quota1llmteam001", "quota2llmfull002"])
        resources = {"CPU": "8", "GPU": str(self.chance.choice([0, 1, 2, 4, 8, 16])), "Memory": "64Gi"}
        spec: dict[str, Any] = {"Type": "Worker", "Image": IMAGE, "PodCount": self.chance.choice([1, 1, 2, 3, 9])}
        spec |= {"ResourceConfig": resources} if quota else {"EcsSpec": "ecs.g6.large"}
        body: dict[str, Any] = {
            "DisplayName": "fuzz",
            "JobType": self.chance.choice(["PyTorchJob", "TFJob", "XGBoostJob"]),
            "UserCommand": "python train.py",
            "WorkspaceId": "123456",
            "ResourceId": quota,
            "Priority": self.chance.randint(1, 9),
            "Envs": {"EMULATOR_SCENARIO": self.chance.choice(list(SCENARIOS))},
            "JobSpecs": [spec],
        }
        if self.chance.random() < 0.3:
            name = self.chance.choice(list(OPERATIONS["2020-12-03"]["CreateJob"]["body"]["properties"]))
            rule = OPERATIONS["2020-12-03"]["CreateJob"]["body"]["properties"][name]
            body[name] = self.value(name, rule)
        return body

    def value(self, name: str, rule: dict[str, Any], depth: int = 0) -> Any:
        if self.chance.random() < 0.1 and name:
            return self.chance.choice(NONSENSE)
        if "$ref" in rule:
            rule = SOURCE["schemas"][rule["$ref"].rpartition("/")[2]]
        if "enum" in rule:
            return self.chance.choice(rule["enum"])
        match rule.get("type"):
            case "integer" | "number":
                return self.chance.choice([1, 2, 5, 100, rule.get("minimum", 0), rule.get("maximum", 9)])
            case "boolean":
                return self.chance.choice([True, False])
            case "array":
                return [] if depth > 5 else [self.value(name, rule.get("items", {}), depth + 1)]
            case "object" if "properties" in rule:
                return {
                    key: self.value(key, inner, depth + 1)
                    for key, inner in rule["properties"].items()
                    if depth < 6 and (self.chance.random() < 0.4 or key in rule.get("required", ()))
                }
            case "object":
                return {"a": "b"}
            case _:
                return self.text(name)

    def text(self, name: str) -> str:
        if "Time" in name:
            return self.chance.choice(["1970-01-01T00:00:00Z", "2026-01-05T09:00:00Z", "2026-01-05T00:00:00Z"])
        known = {
            "JobId": "dlc4stillrunning",
            "WorkspaceId": "123456",
            "TimeStep": self.chance.choice(["1s", "5", "1m"]),
        }
        return known.get(name, "SIGKILL" if name == "Signal" else "x")


def check_invariants(account: Account) -> None:
    """GPUs taken are those of live pods; no node holds more than it has."""
    now = account.now()
    for quota in account.quotas:
        others = sum(
            int(each["Pod"]["GPU"]) * len(each["Nodes"])
            for each in account.workloads
            if each["QuotaId"] == quota["QuotaId"]
        )
        live = sum(gpus_of(account, job) for job in account.jobs.values() if job.quota_id == quota["QuotaId"])
        assert ledger.used(account, quota, now).gpu == others + live
        rest = ledger.free_nodes(account, quota, now)
        assert all(min(each.cpu, each.gpu, each.memory) >= 0 for each in rest.values())


def gpus_of(account: Account, job: Job) -> int:
    """Counted from the job's own status: a queued one has none, an ended one only while its last pods are leaving."""
    elapsed = job.elapsed(account.now())
    status = job.status(account.now())
    if status in ("Creating", "Queuing") or not job.nodes:
        return 0
    if status in TERMINAL and elapsed >= ledger.ends(job):
        return 0
    each = zip(job.body["JobSpecs"], job.resources, strict=True)
    return sum(int(spec["PodCount"]) * resources.gpu for spec, resources in each)


def test_nothing_breaks_it(emulator: Emulator, whole_call: Callable[..., Any]) -> None:
    chance = random.Random(SEED)
    fuzzer = Fuzzer(emulator.account, chance)
    answered = {200: 0, 400: 0, 403: 0, 404: 0}
    for number in range(COUNT):
        version, action, route, query, body = fuzzer.one()
        began = time.process_time()
        try:
            whole_call(version, action, route, query, body)
            status = 200
        except ClientException as refused:
            status = refused.status_code if set(refused.data) >= KEYS else 0
        took = time.process_time() - began
        assert took < 1, (number, action, query, body, took)
        answered[status] += 1
        if chance.random() < 0.1:
            emulator.clock.advance(chance.choice([1, 15, 300, 2000]))
        if number % 50 == 0:
            whole_call("2020-12-03", "ListJobs", "GET /api/v1/jobs", {}, None)
            check_invariants(emulator.account)
    assert answered[200] > COUNT / 5
    assert answered[400] > COUNT / 10
