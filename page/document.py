"""Builds the page: one HTML document with inline style and script, and a content security policy that allows nothing
else."""

import base64
from functools import cache
from hashlib import sha256
from importlib.resources import files

SCRIPTS = ("bridge.js", "draw.js", "charts.js", "pods.js", "page.js")
"""In dependency order."""


@cache
def html(*, connect: str = "'none'") -> str:
    """The document. `connect`: sources for the policy's connect-src; in a host the page only sends messages to the
    host."""
    style = _read("page.css")
    script = '"use strict";\n' + "\n".join(map(_read, SCRIPTS))
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; connect-src {connect}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    parts = {"{{policy}}": policy, "{{style}}": style, "{{script}}": script}
    text = _read("page.html")
    for mark, part in parts.items():
        text = text.replace(mark, part)
    return text


def _read(name: str) -> str:
    return (files("pai_dlc_mcp.page") / "source" / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"
