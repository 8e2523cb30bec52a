"""`make new-tool`, in a copy of the project: what it writes is wired and its tests pass."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.long


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns(".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info")
    return Path(shutil.copytree(ROOT, tmp_path / "copy", symlinks=True, ignore=ignored))


def run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python of this environment that imports the copy's package."""
    environment = {**os.environ, "PYTHONPATH": str(copy / ".dev")}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("name", "noun"), [("list_members", "members"), ("get_model", "models")])
def test_a_new_read_is_wired_and_its_tests_pass(copy: Path, name: str, noun: str) -> None:
    made = run(copy, "dev.new_tool", name, "admin")
    assert made.returncode == 0, made.stderr
    tests = [f"tests/{room}/test_{noun}.py" for room in ("tools", "server/cloud", "emulator")]
    listing = run(copy, "pytest", "-q", "-p", "no:cacheprovider", "tests/test_snapshots.py", "--update-snapshots")
    assert listing.returncode == 0, listing.stdout
    done = run(copy, "pytest", "-q", "-p", "no:cacheprovider", *tests, "tests/test_registered.py")
    assert done.returncode == 0, done.stdout

    listed = copy / "tools" / "families.py"
    listed.write_text(listed.read_text("utf-8").replace(f"    {noun}.tools,\n", ""), "utf-8")
    done = run(copy, "pytest", "-q", "-p", "no:cacheprovider", "tests/test_registered.py")
    assert f"tools/{noun}.py: ['tools'] not in TOOLSETS of tools/families.py" in done.stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("list_nothings", "Neither SDK has ListNothings"),
        ("stop_job", "StopJob writes"),
        ("list_resources", "The emulator has ListResources"),
        ("list_permissions", "The emulator has ListPermissions"),
    ],
)
def test_what_it_cannot_make_is_said_and_nothing_is_written(copy: Path, name: str, said: str) -> None:
    before = sorted(copy.rglob("*.py"))
    made = run(copy, "dev.new_tool", name)
    assert (made.returncode, sorted(copy.rglob("*.py"))) == (1, before)
    assert made.stderr.startswith(said)
