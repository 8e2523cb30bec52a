"""The page as one document: its size, and that it can neither ask anybody nor run what is not its own."""

import base64
import re
from hashlib import sha256
from pathlib import Path

import pytest

from pai_dlc_mcp.page import document

MOST = 80_000  # bytes
SOURCE = Path(document.__file__).parent / "source"


def test_the_page_is_small(capsys: pytest.CaptureFixture[str]) -> None:
    size = len(document.html().encode())
    with capsys.disabled():
        print(f"\nthe job page: {size:,} bytes of {MOST:,}")  # noqa: T201 - a figure for who runs it
    assert size <= MOST


def test_its_policy_names_its_own_style_and_script_and_lets_nothing_else_in() -> None:
    html = document.html()
    policy = dict(re.findall(r"([a-z-]+) ([^;]+)", re.findall(r'Security-Policy" content="([^"]+)"', html)[0]))
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert policy.pop(rule) == f"'sha256-{base64.b64encode(sha256(inside.encode()).digest()).decode()}'"
    assert policy.pop("img-src") == "data:"
    assert policy == dict.fromkeys(("default-src", "connect-src", "base-uri", "form-action"), "'none'")
    assert document.html(connect="'self'") == html.replace("connect-src 'none'", "connect-src 'self'")


def test_it_names_no_address_but_that_of_svg() -> None:
    assert set(re.findall(r"https?://[^\s\"'`)]*", document.html())) <= {"http://www.w3.org/2000/svg", "https://"}
    assert not re.search(r"@import|url\(|<(?:img|iframe|object|embed|form|input)\b|\ssrc=", document.html())


@pytest.mark.parametrize("script", document.SCRIPTS)
def test_text_of_others_has_no_way_to_become_markup_or_code(script: str) -> None:
    text = (SOURCE / script).read_text("utf-8")
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|DOMParser|\.srcdoc", text
    )
    assert len(text.splitlines()) <= 250


def test_every_file_of_the_source_is_in_the_page() -> None:
    assert {file.name for file in SOURCE.iterdir()} == {*document.SCRIPTS, "page.html", "page.css"}
