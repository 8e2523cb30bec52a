"""Guides: facts that the API reference leaves out, as Markdown resources."""

from collections.abc import Collection
from importlib.resources import files

from mcp.server.mcpserver.resources import Resource, TextResource

from pai_dlc_mcp.server.app import Server
from pai_dlc_mcp.server.protocol.wording import only_offered

TITLES = {
    "job-types": "Job types and the roles each has",
    "job-status": "What a job's status means, and what can be done in it",
}


def add(server: Server, offered: Collection[str]) -> None:
    """Add the guides."""
    for guide in load(offered):
        server.add_resource(guide)


def load(offered: Collection[str]) -> list[Resource]:
    """pai-dlc://guides/<name> for each file of guides/, naming only offered tools."""
    folder = files("pai_dlc_mcp.resources") / "guides"
    return [
        TextResource(
            uri=f"pai-dlc://guides/{name}",
            name=name,
            title=title,
            mime_type="text/markdown",
            text=only_offered((folder / f"{name}.md").read_text("utf-8"), offered),
        )
        for name, title in TITLES.items()
    ]
