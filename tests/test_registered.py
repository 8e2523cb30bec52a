"""What is written is wired: each noun, tool family and operation stands in the list that makes it known.

`make docs` and `make snapshots` run this first: a tool that is in no list has no row and no snapshot to miss.
"""

import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType

from pai_dlc_mcp.emulator import routes
from pai_dlc_mcp.emulator.schema.check import OPERATIONS
from pai_dlc_mcp.server.cloud.api import Regional
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.tools import families

ROOT = Path(__file__).parents[1]


def modules(room: str) -> list[ModuleType]:
    files = sorted((ROOT / room).rglob("*.py"))
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files if file.stem != "__init__"]
    return [importlib.import_module(f"pai_dlc_mcp.{name}") for name in names]


def short(module: ModuleType) -> str:
    return module.__name__.removeprefix("pai_dlc_mcp.").replace(".", "/") + ".py"


def test_a_familys_toolsets_are_in_the_list_of_toolsets() -> None:
    for module in modules("tools"):
        mine = {name: value for name, value in vars(module).items() if isinstance(value, Toolset)}
        missing = [name for name, value in mine.items() if not any(value is listed for listed in families.TOOLSETS)]
        assert not missing, f"{short(module)}: {missing} not in TOOLSETS of tools/families.py"


def test_a_nouns_operations_are_an_attribute_of_the_cloud() -> None:
    deps = (ROOT / "server" / "deps.py").read_text("utf-8")
    for module in modules("server/cloud"):
        for name, value in inspect.getmembers(module, inspect.isclass):
            if issubclass(value, Regional) and value.__module__ == module.__name__ and value is not Regional:
                told = f"{short(module)}: {name} is no attribute of CloudInRegion, server/deps.py"
                assert f" = {name}(at)" in deps, told


def test_an_operation_the_server_calls_is_answered_by_the_emulator() -> None:
    served = {routes.action_of(operation) for group in routes.ANSWERS.values() for operation in group}
    elsewhere = {"GetCallerIdentity"}  # of STS, which has no emulator
    for module in modules("server/cloud"):
        called = re.findall(r'\.(?:read|write)\(\s*(?:"[a-z-]+",\s*)?"([A-Z]\w+)"', inspect.getsource(module))
        missing = set(called) - served - elsewhere
        assert not missing, f"{short(module)}: {missing} not in ANSWERS of emulator/routes.py"


def test_an_operation_of_the_emulator_has_a_route() -> None:
    described = {action for group in OPERATIONS.values() for action in group}
    routed = {operation for group in routes.ANSWERS.values() for operation in group}
    for module in modules("emulator"):
        for name, value in inspect.getmembers(module, inspect.isfunction):
            if value.__module__ == module.__name__ and routes.action_of(value) in described:
                assert value in routed, f"{short(module)}: {name} is not in ANSWERS of emulator/routes.py"


def test_every_operation_that_is_described_has_a_route() -> None:
    """An operation in operations.json that no function answers."""
    missing = {f"{version} {action}" for version, group in OPERATIONS.items() for action in group} - {
        f"{version} {routes.action_of(operation)}" for version, group in routes.ANSWERS.items() for operation in group
    }
    assert not missing, "not in ANSWERS of emulator/routes.py"
