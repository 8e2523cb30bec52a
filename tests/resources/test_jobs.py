"""Jobs as resources: the read tools' own answers, under the same budget and the same secrets."""

from typing import Any

import pytest
from mcp import Client, MCPError

from pai_dlc_mcp import tools
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.resources import jobs
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.budget.limits import tokens
from pai_dlc_mcp.server.cloud.credentials import StaticKey

RUNNING, FAILED = "dlc4stillrunning", "dlc2outofmemory2"
POD = f"{FAILED}-master-0"


@pytest.fixture
def serving(settings_for: Any, emulator: Emulator) -> Any:
    def client(mode: Any = "auto", **changes: Any) -> Client:
        key = StaticKey(emulator.access_key_id, emulator.access_key_secret)
        server = app.build(settings_for(**changes), tools.TOOLSETS, key, additions=(jobs.add,))
        return Client(server, cache=None, mode=mode)

    return client


def without_nonce(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "untrusted-data" not in line and "cursor:" not in line)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize(
    ("address", "tool", "arguments"),
    [
        (f"pai-dlc://jobs/{FAILED}", "get_job", {"job_id": FAILED}),
        (f"pai-dlc://jobs/{FAILED}/events", "get_job_events", {"job_id": FAILED}),
        (f"pai-dlc://jobs/{FAILED}/logs/{POD}", "get_pod_logs", {"job_id": FAILED, "pod_id": POD}),
    ],
)
async def test_an_address_answers_as_its_tool_does(
    address: str, tool: str, arguments: dict[str, str], mode: Any, serving: Any
) -> None:
    async with serving(mode) as client:
        read = (await client.read_resource(address)).contents[0]
        told = (await client.call_tool(tool, arguments)).content[0].text
    assert read.mime_type == "text/plain"
    assert without_nonce(read.text) == without_nonce(told)
    assert "<untrusted-data" in read.text


async def test_the_addresses_are_listed_as_templates_and_only_those_whose_tool_is_on(serving: Any) -> None:
    async with serving() as client:
        listed = (await client.list_resource_templates()).resource_templates
        assert [one.uri_template for one in listed] == [template.uri for template in jobs.TEMPLATES]
        assert all(one.title and one.description for one in listed)
    async with serving(deny_tools="get_pod_logs") as client:
        listed = (await client.list_resource_templates()).resource_templates
        assert not [one for one in listed if "logs" in one.uri_template]
        with pytest.raises(MCPError):
            await client.read_resource(f"pai-dlc://jobs/{FAILED}/logs/{POD}")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("pai-dlc://jobs/dlc0000000000000", "http_status: 404"),
        ("pai-dlc://jobs/not a job", ""),
        ("pai-dlc://jobs/..", ""),
        ("pai-dlc://jobs/dlc4stillrunning%2F..", ""),
        (f"pai-dlc://jobs/{RUNNING}/logs/{POD}", "Its pods: "),
        ("pai-dlc://jobs/", ""),
    ],
)
async def test_an_address_of_nothing_is_refused_with_the_tools_words(
    address: str, said: str, serving: Any, emulator: Emulator
) -> None:
    async with serving() as client:
        with pytest.raises(MCPError) as caught:
            await client.read_resource(address)
    assert said in str(caught.value)
    assert all(".." not in request.path for request in emulator.requests)


async def test_a_secret_of_the_job_is_in_no_resource(serving: Any, agent: Any, emulator: Emulator) -> None:
    job_id = await agent.job(envs={"HF_TOKEN": "hf_abcdefghijklmnopqrstuv"}, description="hf_abcdefghijklmnopqrstuv")
    emulator.clock.advance(600)
    async with serving() as client:
        for address in (f"pai-dlc://jobs/{job_id}", f"pai-dlc://jobs/{job_id}/logs/{job_id}-master-0"):
            assert "abcdefghijklmnop" not in (await client.read_resource(address)).contents[0].text


async def test_a_resource_stays_below_the_servers_ceiling(serving: Any) -> None:
    async with serving(max_tokens=500) as client:
        read = (await client.read_resource(f"pai-dlc://jobs/{FAILED}/logs/{POD}")).contents[0]
    assert tokens(read.text) <= 500
