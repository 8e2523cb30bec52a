"""All generated files, by path: the skill, the registry's entry, the bundle, the plugin, the pages of tools."""

from pathlib import Path

from dev.generated.packages import packages
from dev.generated.pages import pages
from pai_dlc_mcp import tools
from pai_dlc_mcp.cli.tools import defaults
from pai_dlc_mcp.server.protocol.toolset import offered
from pai_dlc_mcp.skills import folder

ROOT = Path(__file__).parents[2]


def generated() -> dict[str, str]:
    """Text by path in the repository."""
    every = offered(tools.TOOLSETS, defaults())
    skill = {f"skills/{folder.NAME}/{path}": text for path, text in folder.render(every).items()}
    return {**skill, **packages(skill), **pages(every)}
