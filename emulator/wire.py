"""Answers on the wire: JSON as the service writes it, and the ways an answer can go astray."""

import json
from typing import Any

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pai_dlc_mcp.emulator.request import Json


def parsed(body: bytes) -> Json | None:
    """A JSON object, or nothing: StopJob posts an empty body."""
    try:
        value: Any = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None  # pyright: ignore[reportUnknownVariableType]


def reply(status: int, body: Json, request_id: str, headers: dict[str, str] | None = None) -> Response:
    """Always a JSON object, written in ASCII: half a surrogate pair passes, as it does in the service."""
    return Response(
        json.dumps(body, separators=(",", ":")),
        status,
        {"x-acs-request-id": request_id, **(headers or {})},
        "application/json; charset=utf-8",
    )


async def drop(scope: Scope, receive: Receive) -> None:
    """Closes the connection without a word; embedded.py lends the transport's abort."""
    scope["extensions"]["abort"]()
    await gone(receive, 5)


async def gone(receive: Receive, seconds: float) -> bool:
    """Waits; true if the client has gone meanwhile."""
    with anyio.move_on_after(seconds):
        while (await receive())["type"] != "http.disconnect":
            pass
        return True
    return False


async def drip(response: Response, seconds: float, receive: Receive, send: Send) -> None:
    """Sends the body byte by byte, until the client has had enough."""
    head = {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
    await send(head)
    for byte in bytes(response.body):
        if await gone(receive, seconds):
            return
        await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
    await send({"type": "http.response.body", "body": b""})
