"""One emulator for the whole run, as new for each test, its clock moved by hand; and the real SDK's clients."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from alibabacloud_aiworkspace20210204.client import Client as Workspace
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client as Dlc
from alibabacloud_tea_openapi.client import Client as OpenApi
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions

from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.embedded import Emulator

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
def call(config: Config) -> Call:
    """The SDK's generic call, whose body is the JSON as it came."""
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
        return client.call_api(params, OpenApiRequest(query=query or {}, body=body), RuntimeOptions())["body"]

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
