"""The page for others: its example runs, and the coverage page says what the routes say."""

import subprocess
import sys
from pathlib import Path

import pytest

from pai_dlc_mcp.emulator import coverage

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = DOCS / "examples" / "test_training.py"


@pytest.mark.long
def test_the_example_passes_with_the_plugin_alone(tmp_path: Path) -> None:
    """In a folder of its own: no conftest of ours, no option but the installed plugin."""
    (tmp_path / "test_training.py").write_text(EXAMPLE.read_text("utf-8"), "utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "1 passed" in run.stdout, run.stdout + run.stderr


def test_the_page_shows_the_example_as_it_is() -> None:
    assert f"```python\n{EXAMPLE.read_text('utf-8')}```" in (DOCS / "test-your-code.md").read_text("utf-8")


def test_the_coverage_page_is_up_to_date() -> None:
    assert (DOCS / "emulator-coverage.md").read_text("utf-8") == coverage.page()
