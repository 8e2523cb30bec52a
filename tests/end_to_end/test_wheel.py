"""What is installed is what was tested: the built wheel, away from the source."""

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    source = tmp_path_factory.mktemp("source") / "project"  # a build leaves folders behind
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__"))
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


def test_the_wheel_holds_one_top_level_name_and_all_data(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"pai_dlc_mcp"}
    shipped = {name.removeprefix("pai_dlc_mcp/") for name in names}
    data = (
        "emulator/seeds/*.json",
        "emulator/schema/*.json",
        "prompts/*.md",
        "resources/guides/*.md",
        "skills/**/*.md",
        "page/source/*",
        "page/listed.json",
    )
    for pattern in data:
        assert {str(file.relative_to(ROOT)) for file in ROOT.glob(pattern)} <= shipped, pattern
    rooms = ("cli", "emulator", "page", "prompts", "resources", "server", "skills", "tools")
    assert {f"{room}/py.typed" for room in rooms} <= shipped, "type checkers read a room's types only beside it"
    assert not [name for name in names if "/tests/" in name]


def test_the_command_of_an_installed_wheel_lists_its_tools(wheel: Path, tmp_path: Path) -> None:
    """Its own code from the wheel, its dependencies from this environment."""
    venv.create(tmp_path / "env", with_pip=False)
    site = next((tmp_path / "env").rglob("site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    here = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    (site / "dependencies.pth").write_text(str(here))
    code = "import sys; from pai_dlc_mcp.cli import main; sys.exit(main(['tools']))"
    python = tmp_path / "env" / "bin" / "python"
    done = subprocess.run([str(python), "-P", "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "create_job" in done.stdout
