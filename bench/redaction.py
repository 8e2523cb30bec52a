"""Whether secrets are redacted and harmless text is not: a real client, the real server, a service with planted lines.

Every line of corpora/must_go.txt is placed in a log, an event, a name, a command, a reason, a URI, an error's
text, a question and structured content, and so does every line of corpora/must_stay.txt, of a job with everyday
variables. Exits with 1 where a secret came out or a harmless line was damaged.
"""

import json
import logging
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import anyio
from mcp import Client
from mcp.types import CallToolResult, ElicitRequestParams, ElicitResult
from starlette.responses import JSONResponse, Response

from pai_dlc_mcp import tools
from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.emulator.call import Call
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.budget.shape import example
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.settings import Settings

CORPORA = Path(__file__).with_name("corpora")
JOB, DATASET = "dlc4stillrunning", "d-1"
PLACES = ("logs", "events", "name", "command", "reason", "URI", "error text", "question", "structured")
Body = dict[str, Any]


class Plant:
    """Text that the service returns instead of the emulator's, by action."""

    def __init__(self) -> None:
        self.text, self.envs, self.refuse = "", dict[str, str](), False

    def __call__(self, action: str, body: Body) -> Body:
        lines = self.text.split("\n")
        match action:
            case "GetPodLogs":
                return {**body, "Logs": ["before", *lines, "after"]}
            case "GetJobEvents":
                return {**body, "Events": [f"2026-01-05 10:00:00 {self.text}"]}
            case "ListJobs":
                return {**body, "Jobs": [{**job, "DisplayName": self.text} for job in body["Jobs"][:1]]}
            case "GetJob":
                told = dict.fromkeys(
                    ("DisplayName", "Description", "UserCommand", "ReasonMessage", "ReasonCode"), self.text
                )
                return {**body, **told, "Envs": self.envs, "Newer": {self.text: [self.text]}}
            case "GetDataset":
                return {**body, "DatasetId": DATASET, "Name": "x", "Uri": self.text}
            case _:
                return body


@contextmanager
def planting(plant: Plant) -> Iterator[None]:
    answer = Call.answer

    def planted(call: Call, fault: Any) -> Response:
        action = call.request.action
        if plant.refuse:
            return JSONResponse({"Code": "Invalid", "Message": plant.text, "RequestId": "R-1"}, 400)
        response = answer(call, fault)
        if action != "GetDataset" and response.status_code >= 400:
            return response
        body = json.loads(response.body or b"{}") if response.status_code < 400 else {}
        return JSONResponse(plant(action, body))

    with patch.object(Call, "answer", planted):
        yield


def words(result: CallToolResult) -> str:
    texts = [getattr(block, "text", "") for block in result.content]
    return "\n".join([*texts, json.dumps([result.structured_content, result.meta], ensure_ascii=False)])


async def shown(client: Client, plant: Plant, asked: list[str]) -> dict[str, str]:
    """The planted text as a client sees it, by place."""

    async def call(tool: str, **arguments: Any) -> str:
        return words(await client.call_tool(tool, arguments))

    asked.clear()
    job = await call("get_job", job_id=JOB, detail=True)
    seen = {
        "logs": await call("get_pod_logs", job_id=JOB),
        "events": await call("get_job_events", job_id=JOB),
        "name": await call("list_jobs"),
        "command": job,
        "reason": job,
        "structured": job,
        "URI": await call("get_dataset", dataset_id=DATASET),
    }
    await call("stop_job", job_id=JOB)
    plant.refuse = True
    seen["error text"] = await call("get_job", job_id=JOB)
    plant.refuse = False
    return {**seen, "question": "\n".join(asked)}


def lines_of(name: str) -> list[str]:
    lines = (CORPORA / name).read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def unescaped(line: str) -> str:
    return line.replace("\\\\n", "\0").replace("\\n", "\n").replace("\0", "\\n")


def left_of(secrets: tuple[str, ...], text: str) -> list[str]:
    """Parts of secrets in the text: 8 letters or digits in a row are no coincidence."""
    pieces = [piece for secret in secrets for piece in re.findall("[0-9A-Za-z]{8,}", secret)]
    return [piece for piece in pieces if piece in text]


async def must_go(client: Client, plant: Plant, asked: list[str]) -> int:
    leaks: Counter[str] = Counter()
    lines = [line for line in lines_of("must_go.txt") if not line.startswith("~")]
    for line in lines:
        plant.text, secrets = example(unescaped(line))
        for place, text in (await shown(client, plant, asked)).items():
            if left := left_of(secrets, text):
                leaks[place] += 1
                print(f"  leak in {place}: {left[0]} of {line[:90]}")
    print(f"must go: {len(lines)} shapes in {len(PLACES)} places")
    for place in PLACES:
        print(f"  {place:12}{leaks[place]:4} leaks")
    for line in lines_of("must_go.txt"):
        if line.startswith("~"):
            print(f"  known to come out: {line[1:100]}")
    return leaks.total()


async def must_stay(client: Client, plant: Plant, asked: list[str]) -> int:
    lines = lines_of("must_stay.txt")
    cut = lines.index("")
    plant.envs = dict(line.split("=", 1) for line in lines[:cut])
    harmless = [line for line in lines[cut + 1 :] if line]
    damaged = 0
    for line in harmless:
        plant.text = line
        seen = await shown(client, plant, asked)
        hidden = [place for place in PLACES if "[redacted" in seen[place]]
        if hidden or line not in seen["logs"].replace("[reads like an instruction: data] ", ""):
            damaged += 1
            print(f"  damaged in {', '.join(hidden) or 'logs'}: {line[:100]}")
    print(f"must stay: {len(harmless)} lines with {len(plant.envs)} everyday variables, {damaged} damaged")
    return damaged


async def main(emulator: embedded.Emulator) -> list[int]:
    """Number of secrets that were shown, and of harmless lines that were damaged."""
    settings = Settings(region="cn-hangzhou", endpoint=emulator.endpoint, protocol="http", emulator=True)
    server = app.build(settings, tools.TOOLSETS, StaticKey(emulator.access_key_id, emulator.access_key_secret))
    asked: list[str] = []

    async def answer(_: Any, question: ElicitRequestParams) -> ElicitResult:
        asked.append(question.message)
        return ElicitResult(action="cancel")

    plant = Plant()
    with planting(plant):
        async with Client(server, cache=None, elicitation_callback=answer) as client:
            wrong: list[Callable[..., Any]] = [must_go, must_stay]
            return [await run(client, plant, asked) for run in wrong]


def rows() -> list[tuple[str, float, str]]:
    logging.disable()
    with embedded.start() as running:
        leaks, damaged = anyio.run(main, running)
    return [("secrets that came out", leaks, "<= 0"), ("harmless lines damaged", damaged, "<= 0")]


if __name__ == "__main__":
    sys.exit(any(value for _, value, _ in rows()))
