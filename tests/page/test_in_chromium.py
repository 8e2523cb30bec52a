"""The page in a real browser: every scenario is drawn, without an error and without a request to anybody outside.

`make browser` installs what this needs; `--update-snapshots` takes the pictures of docs/ anew.
"""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.emulator.scenarios.catalog import SCENARIOS
from tests.page.test_view import made

pytestmark = pytest.mark.browser

DOCS = Path(__file__).parents[2] / "docs" / "job-page"
AXE = Path(__file__).parent / "host" / "node_modules" / "axe-core" / "axe.min.js"
LIVE = "dlc4stillrunning"


@dataclass
class Seen:
    """What a page did besides drawing."""

    errors: list[str] = field(default_factory=list[str])
    asked: list[str] = field(default_factory=list[str])

    def __call__(self, page: Any) -> None:
        page.on("console", lambda said: self.errors.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.asked.append(f"{request.method} {request.url}"))


@asynccontextmanager
async def opened(chromium: Any, place: Any, *, clock: bool = False, **context: Any) -> AsyncGenerator[Any]:
    """The page at this address, once it is drawn. Fails for an error in it, and for a request to anybody else."""
    page, seen = await chromium.new_page(**{"viewport": {"width": 960, "height": 700}, **context}), Seen()
    seen(page)
    page.seen = seen
    if clock:
        await page.clock.install()
    await page.goto(place.url)
    await page.wait_for_selector("#verdict:not([hidden]), #trouble:not([hidden])")
    yield page
    await page.close()
    assert seen.errors == []
    assert {re.sub(r"^GET data:.*", "GET data:", each) for each in seen.asked} <= {
        f"GET {place.url}", f"POST {place.url}job", "GET data:",
    }  # fmt: skip


@pytest.mark.long
async def test_every_scenario_is_drawn_in_a_narrow_frame_too(
    chromium: Any, served: Any, connect: Any, emulator: Any
) -> None:
    for scenario in SCENARIOS:
        job_id = await made(connect, emulator, scenario, pods=2)
        async with served(job_id) as place, opened(chromium, place, viewport={"width": 340, "height": 600}) as page:
            assert await page.inner_text("#name") == f"{scenario}-2"
            assert await page.inner_text("#verdict-text"), scenario
            assert await page.locator("#timeline li").count() > 1, scenario
            wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, scenario


async def test_a_failed_job_of_32_pods_shows_who_failed_first_and_the_line(
    chromium: Any, served: Any, connect: Any, emulator: Any
) -> None:
    job_id = await made(connect, emulator, "root_cause", pods=32)
    async with served(job_id) as place, opened(chromium, place) as page:
        assert await page.inner_text("#verdict-text") == "program · Broken file"
        assert await page.locator(".tile").count() == 32
        assert re.fullmatch(r"worker-1\s*First\s*Failed, GPU \d\d %", await page.text_content(".tile.first"))
        cause = page.locator(".line.cause")
        assert "cause_pickle.UnpicklingError" in (await cause.text_content()).replace(" ", "")
        box, line = await page.locator("#lines").bounding_box(), await cause.bounding_box()
        assert box["y"] <= line["y"] < box["y"] + box["height"], "the cause is in sight"


async def test_the_page_asks_again_until_the_job_has_ended_and_then_no_more(
    chromium: Any, served: Any, connect: Any, emulator: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    job_id = await made(connect, emulator, "healthy", after=100)
    async with served(job_id) as place, opened(chromium, place, clock=True) as page:

        async def look(status: str, seconds: int) -> None:
            emulator.clock.advance(seconds)
            await page.clock.fast_forward(11_000)
            await page.wait_for_selector(f"#status:text-is('{status}')")

        assert await page.inner_text("#status") == "EnvPreparing"
        await look("Running", 400)
        assert await page.inner_text("#said") == "The job is Running."
        await look("Running", 600)
        await look("Succeeded", 2000)
        before = len(page.seen.asked)
        assert "read again" not in await page.inner_text("#fresh")
        await page.clock.fast_forward(3_600_000)
        await page.wait_for_timeout(50)
        assert len(page.seen.asked) == before
        asked = sum(each.startswith("POST") for each in page.seen.asked)
    with capsys.disabled():
        print(f"\nfrom EnvPreparing to Succeeded in 4 looks: {asked} requests of the page, all to its own server")  # noqa: T201
    assert asked <= 6


async def test_a_look_that_fails_is_said_leaves_what_was_seen_and_is_made_again(
    chromium: Any, served: Any, emulator: Any
) -> None:
    async with served(LIVE) as place, opened(chromium, place, clock=True) as page:
        emulator.faults.add(Fault("GetJob", "no_permission", times=1))
        await page.clock.fast_forward(11_000)
        await page.wait_for_selector("#trouble:not([hidden])")
        assert "What stands below is older." in await page.inner_text("#trouble")
        assert await page.inner_text("#name") == "llama7b-sft-v2"
        await page.clock.fast_forward(61_000)
        await page.wait_for_selector("#trouble", state="hidden")


HIDE = """state => {
    Object.defineProperty(document, "hidden", {value: state, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""
WALK = {
    "ArrowRight": "worker-0",
    "End": "worker-18",
    "Home": "master-0",
    "ArrowLeft": "master-0",
    "ArrowDown": "worker-9",
}


async def test_a_page_that_nobody_sees_does_not_ask(chromium: Any, served: Any) -> None:
    async with served(LIVE) as place, opened(chromium, place, clock=True) as page:
        await page.evaluate(HIDE, True)
        before = len(page.seen.asked)
        await page.clock.fast_forward(600_000)
        await page.wait_for_timeout(50)
        assert len(page.seen.asked) == before
        async with page.expect_response("**/job"):
            await page.evaluate(HIDE, False)


MARKUP = "<img src=x onerror='window.taken=1'><script>window.taken=1</script>"


def poisoned(value: Any, key: str = "") -> Any:
    """Every text replaced by markup that would run, but for what the page reads as a time, a status or a number."""
    if isinstance(value, dict):
        return {name: poisoned(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [poisoned(each, key) for each in value]
    if not isinstance(value, str) or re.match(r"\d{4}-\d\d-\d\dT|[\d. -]+$", value):
        return value
    return f"{MARKUP}{key}"


async def test_markup_in_any_text_of_a_job_stays_text(chromium: Any, served: Any, connect: Any, emulator: Any) -> None:
    job_id = await made(connect, emulator, "root_cause", pods=4)
    async with served(job_id) as place:
        page = await chromium.new_page()
        seen = Seen()
        seen(page)

        async def poison(route: Any) -> None:
            answer = await (await route.fetch()).json()
            answer["structuredContent"] = poisoned(answer["structuredContent"])
            await route.fulfill(body=json.dumps(answer), content_type="application/json")

        await page.route("**/job", poison)
        await page.goto(place.url)
        await page.wait_for_selector("#verdict:not([hidden])")
        await page.locator(".tile").first.click()
        assert MARKUP in await page.inner_text("#name")
        assert MARKUP in await page.inner_text("#lines")
        assert await page.locator("img, main script, iframe").count() == 0
        assert await page.evaluate("window.taken") is None
        assert await page.get_attribute("#console", "href") == "#"
        await page.close()
    assert seen.errors == []


async def test_the_pods_are_walked_and_chosen_by_keyboard(
    chromium: Any, served: Any, connect: Any, emulator: Any
) -> None:
    job_id = await made(connect, emulator, "long_running", pods=20)
    async with served(job_id) as place, opened(chromium, place, clock=True) as page:
        assert await page.locator(".tile[tabindex='0']").count() == 1
        await page.focus(".tile[tabindex='0']")
        for key, pod in WALK.items():
            await page.keyboard.press(key)
            assert await page.evaluate("document.activeElement.dataset.pod") == pod
        await page.keyboard.press("Enter")
        assert await page.inner_text("#pod h3") == "worker-9"
        assert await page.get_attribute(".tile[aria-selected='true']", "data-pod") == "worker-9"
        async with page.expect_response("**/job"):
            await page.clock.fast_forward(11_000)
        await page.wait_for_timeout(50)
        assert await page.evaluate("document.activeElement.dataset.pod") == "worker-9", "a new look keeps the place"
        await page.keyboard.press(" ")
        assert await page.locator("#pod").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(scheme: str, chromium: Any, served: Any, connect: Any, emulator: Any) -> None:
    """WCAG 2.2 AA by axe-core: names, roles, contrast."""
    if not AXE.exists():
        pytest.skip("needs axe-core: make browser")
    for scenario, pods, after in (("root_cause", 32, 2600), ("long_running", 60, 9000), ("quota_full", 4, 2600)):
        job_id = await made(connect, emulator, scenario, pods=pods, after=after)
        async with served(job_id) as place, opened(chromium, place, color_scheme=scheme) as page:
            await page.evaluate(AXE.read_text("utf-8"))
            rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
            found = await page.evaluate("rules => axe.run({runOnly: rules})", rules)
            told = {rule["id"]: [node["target"] for node in rule["nodes"]][:3] for rule in found["violations"]}
            assert not told, (scenario, told)


PICTURES = (
    ("healthy", "long_running", 16, 9000),
    ("failed", "root_cause", 32, 2600),
    ("hanging", "nccl_hang", 8, 5000),
    ("queued", "quota_full", 4, 2600),
)


async def test_pictures_for_the_documentation(
    request: pytest.FixtureRequest, chromium: Any, served: Any, connect: Any, emulator: Any
) -> None:
    if not request.config.getoption("--update-snapshots"):
        pytest.skip("takes pictures with --update-snapshots")
    pillow = pytest.importorskip("PIL.Image")
    for name, scenario, pods, after in PICTURES:
        job_id = await made(connect, emulator, scenario, pods=pods, after=after, name=f"llama-13b-{name}")
        async with served(job_id) as place:
            for scheme, width in (("light", 860), ("dark", 860), *([("dark", 380)] if name == "failed" else [])):
                size = {"width": width, "height": 600}
                async with opened(chromium, place, color_scheme=scheme, viewport=size) as page:
                    narrow = "-narrow" if width < 860 else ""
                    shot = BytesIO(await page.screenshot(full_page=True))
                    flat = pillow.open(shot).convert("RGB").quantize(256, method=pillow.Quantize.FASTOCTREE)
                    flat.save(DOCS / f"{name}-{scheme}{narrow}.png", optimize=True)
