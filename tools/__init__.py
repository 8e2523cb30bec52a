"""The tools of this server. `listed.json` holds each tool's entry in tools/list and the module of its function, so that
a start imports no tool and derives no schema. `make snapshots` writes it from families.py."""

from importlib.resources import files

from pai_dlc_mcp.server.protocol.toolset import shipped

TOOLSETS = shipped((files(__name__) / "listed.json").read_text("utf-8"))
