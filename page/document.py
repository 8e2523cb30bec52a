"""Builds the page: one document with its style and script inside, and a policy that lets it run nothing else."""

import base64
from functools import cache
from hashlib import sha256
from importlib.resources import files

SCRIPTS = ("bridge.js", "draw.js", "charts.js", "pods.js", "page.js")
"""In this order: each uses what stands before it."""


@cache
def html(*, connect: str = "'none'") -> str:
    """The whole document. `connect`: the sources it may ask over the network, in the words of the policy; in a host it
    asks the host and nobody else."""
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
