"""One emulator for the whole run, as new for each test, its clock moved by hand; and the real SDK's clients."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_aiworkspace20210204.client import Client as Workspace
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client as Dlc
from alibabacloud_tea_openapi.client import Client as OpenApi
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions

from pai_dlc_mcp.emulator import embedded, routes, snapshot
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.state import Tensorboard
from tests.emulator import figures

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
IMAGE = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy")


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    with embedded.start(clock=Clock(START, speed=0)) as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The SDK honours proxies even for the loopback, so there must be none."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    running.reset()
    return running


@pytest.fixture
def config(emulator: Emulator) -> Config:
    return Config(
        access_key_id=emulator.access_key_id,
        access_key_secret=emulator.access_key_secret,
        endpoint=emulator.endpoint,
        protocol="HTTP",
    )


@pytest.fixture
def dlc(config: Config) -> Dlc:
    return Dlc(config)


@pytest.fixture
def workspace(config: Config) -> Workspace:
    return Workspace(config)


Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(whole_call: Call) -> Call:
    """The SDK's generic call, whose body is the JSON as it came."""
    return lambda *args, **options: whole_call(*args, **options)["body"]


@pytest.fixture
def whole_call(config: Config) -> Call:
    """The same with its headers."""
    client = OpenApi(config)

    def send(version: str, action: str, route: str, query: Any = None, body: Any = None) -> dict[str, Any]:
        method, _, path = route.partition(" ")
        params = Params(
            action=action,
            version=version,
            protocol="HTTP",
            pathname=path,
            method=method,
            auth_type="AK",
            style="ROA",
            req_body_type="json",
            body_type="json",
        )
        return client.call_api(params, OpenApiRequest(query=query or {}, body=body), RuntimeOptions())

    return send


@pytest.fixture
def studio(call: Call) -> Call:
    """PAI Studio, for which no SDK is needed."""

    def get(action: str, path: str, **query: str) -> dict[str, Any]:
        return call("2022-01-12", action, f"GET {path}", query)

    return get


@pytest.fixture
def create(dlc: Dlc) -> Callable[..., str]:
    """Creates a one-pod job; `spec` changes its only spec, the rest the body. Returns the job's id."""

    def send(spec: dict[str, Any] | None = None, **changes: Any) -> str:
        worker = {"Type": "Worker", "PodCount": 1, "Image": IMAGE, "EcsSpec": "ecs.gn7i-c8g1.2xlarge"}
        worker = {key: value for key, value in {**worker, **(spec or {})}.items() if value is not None}
        body = {
            "DisplayName": "sft",
            "JobType": "PyTorchJob",
            "WorkspaceId": "123456",
            "UserCommand": "python train.py",
            "JobSpecs": [worker],
            **changes,
        }
        return dlc.create_job(models.CreateJobRequest().from_map(body)).body.job_id

    return send


@pytest.fixture(scope="session")
def furniture() -> list[bytes]:
    """The state that `furnished` makes, once it has."""
    return []


@pytest.fixture
def furnished(emulator: Emulator, furniture: list[bytes], call: Call, create: Callable[..., str]) -> None:
    """One of everything that is not seeded, under a fixed id."""
    if not furniture:
        furnish(emulator, call, create)
        furniture.append(snapshot.dump(emulator.account))
        emulator.reset()
    snapshot.restore(emulator.account, furniture[0])


def furnish(emulator: Emulator, call: Call, create: Callable[..., str]) -> None:
    account = emulator.account
    bodies = json.loads((Path(__file__).parents[1] / "data" / "requests.json").read_text("utf-8"))["bodies"]
    made = call(routes.DLC, "CreateJobTemplate", "POST /api/v1/jobtemplates", body=bodies["CreateJobTemplate"])
    template = account.templates.pop(made["TemplateId"])
    account.templates["jobtemplate-1"] = template | {"TemplateId": "jobtemplate-1", "TemplateName": "one"}
    board = call(routes.DLC, "CreateTensorboard", "POST /api/v1/tensorboards", body=bodies["CreateTensorboard"])
    old = account.tensorboards.pop(board["TensorboardId"])
    account.tensorboards["tb1"] = Tensorboard("tb1", old.created, old.modified, old.body, old.life)
    made = call(
        routes.DLC, "CreateRayHistoryServer", "POST /api/v1/rayhistoryservers", body=bodies["CreateRayHistoryServer"]
    )
    server = account.ray_history_servers.pop(made["RayHistoryServerId"])
    account.ray_history_servers["rhs1"] = Tensorboard("rhs1", server.created, server.modified, server.body, server.life)
    ray = account.jobs.pop(create(JobType="RayJob"))
    ray.job_id = "dlc0ray000000000"
    account.jobs[ray.job_id] = ray
    emulator.clock.advance(300)
    path = "/api/v1/jobs/dlc9restarted009/signals"
    call(routes.DLC, "CreateSignal", f"POST {path}", body=bodies["CreateSignal"])
    account.signals["dlc9restarted009"][0]["SignalId"] = "signal-1"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How much of the contract a run has held, where it was part of it."""
    if figures.any_counted():
        terminalreporter.section("requests of the emulator's contract: no plain-text error, nothing ignored in silence")
        terminalreporter.line(figures.table())
