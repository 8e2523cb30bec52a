"""The rules of the house, on the house."""

import re
import tomllib
from pathlib import Path

from pai_dlc_mcp.cli.tools import with_tables

ROOT = Path(__file__).parents[1]
ROOMS = ("cli", "server", "skills", "page", "tools", "prompts", "resources", "emulator")
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
MODULES = [file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))]
BARE = {"__init__.py", "__main__.py"}


def test_every_package_folder_is_packaged() -> None:
    folders = {file.parent.relative_to(ROOT) for file in MODULES}
    assert set(CONFIG["tool"]["setuptools"]["packages"]) == {".".join(("pai_dlc_mcp", *f.parts)) for f in folders}


def test_a_module_opens_with_a_sentence_and_can_be_read_in_one_sitting() -> None:
    texts = {str(file.relative_to(ROOT)): file.read_text("utf-8") for file in MODULES}
    assert [name for name, text in texts.items() if not re.match(r'r?"""\S', text)] == [], "no docstring"
    assert {name: lines for name, text in texts.items() if (lines := text.count("\n")) > 250} == {}


def test_every_tool_family_and_every_noun_of_the_cloud_has_its_tests() -> None:
    families = {file.stem for file in (ROOT / "tools").iterdir() if file.suffix in ("", ".py")}
    families -= {"__init__", "families", "params", "__pycache__"}
    assert families <= {file.stem.removeprefix("test_") for file in (ROOT / "tests" / "tools").glob("test_*.py")}
    beside = {"__init__", "api", "paging", "shape", "times"}
    beside |= {"no_answer", "refusals"}  # by the nouns, test_gateway.py and test_errors.py
    nouns = {file.stem for file in (ROOT / "server" / "cloud").glob("*.py")} - beside
    assert nouns <= {file.stem.removeprefix("test_") for file in (ROOT / "tests/server/cloud").glob("test_*.py")}


def test_nothing_in_the_product_catches_everything() -> None:
    allowed = {
        "except BaseException as error:  # noqa: BLE001 - whoever waits gets it, whatever it is",
        "except Exception as error:  # noqa: BLE001 - a loop outlives what it looks at",
    }
    found = [(str(file.relative_to(ROOT)), line.strip()) for file in MODULES for line in file.read_text().splitlines()]
    assert [
        one for one in found if re.match(r"except (Base)?Exception\b|except:", one[1]) and one[1] not in allowed
    ] == []


def test_the_readme_lists_settings_and_tools_as_they_are_whatever_the_environment(monkeypatch) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert with_tables(readme) == readme, "run `make docs`"
    for name, value in {"PAI_DLC_READ_ONLY": "1", "PAI_DLC_DENY_TOOLS": "get_job", "PAI_DLC_NO_SETTING": "1"}.items():
        monkeypatch.setenv(name, value)
    assert with_tables(readme) == readme


def test_versions_are_locked_with_hashes_and_without_addresses() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in lock
    pins = re.findall(r"^[a-z0-9.-]+==", lock, re.MULTILINE)
    assert len(pins) > 40
    assert len(re.findall(r"^[a-z0-9.-]+==.*\\$", lock, re.MULTILINE)) == len(pins)
