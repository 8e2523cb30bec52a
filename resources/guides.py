"""Guides: what the API reference leaves out, as Markdown a host can attach."""

from importlib.resources import files

from mcp.server.mcpserver.resources import Resource, TextResource

_TITLES = {
    "job-types": "Job types and the roles each has",
    "job-status": "What a job's status means, and what can be done in it",
}


def load() -> list[Resource]:
    """pai-dlc://guides/<name>, one for each file of guides/."""
    folder = files("pai_dlc_mcp.resources") / "guides"
    return [
        TextResource(
            uri=f"pai-dlc://guides/{name}",
            name=name,
            title=title,
            mime_type="text/markdown",
            text=(folder / f"{name}.md").read_text("utf-8"),
        )
        for name, title in _TITLES.items()
    ]
