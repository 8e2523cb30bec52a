"""What an agent can call. `listed.json` says how each tool is listed and where its function is, so that a start imports
and derives nothing; `make snapshots` writes it from families.py."""

from importlib.resources import files

from pai_dlc_mcp.server.protocol.toolset import shipped

TOOLSETS = shipped((files(__name__) / "listed.json").read_text("utf-8"))
