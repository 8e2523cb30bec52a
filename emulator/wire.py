"""Answers on the wire: JSON as the service writes it, and the ways an answer can go astray."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import anyio
from starlette import requests as http
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from pai_dlc_mcp.emulator.request import Json

MAX_BODY = 4_000_000
"""Bytes of a request's body."""


def parsed(body: bytes) -> Json | None:
    """A JSON object; None for an empty body, as StopJob posts it. Raises ValueError for anything else."""
    if not body.strip():
        return None
    try:
        value: Any = json.loads(body, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value  # pyright: ignore[reportUnknownVariableType]


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


async def body_of(incoming: http.Request) -> bytes | None:
    """The body, or None if it is too large; the rest of it is read and thrown away."""
    whole = bytearray()
    size = 0
    async for chunk in incoming.stream():
        size += len(chunk)
        if size <= MAX_BODY:
            whole += chunk
    return bytes(whole) if size <= MAX_BODY else None


def reply(status: int, body: Json, request_id: str, headers: dict[str, str] | None = None) -> Response:
    """Always a JSON object, written in ASCII: half a surrogate pair passes, as it does in the service."""
    return Response(
        json.dumps(body, separators=(",", ":")),
        status,
        {"x-acs-request-id": request_id, **(headers or {})},
        "application/json; charset=utf-8",
    )


def padded(body: Json, megabytes: float, *, compressed: bool) -> Response:
    """The answer with a Padding key that brings it to `megabytes` (10^6 bytes); compressed it is a thousandth of it."""
    head = f'{json.dumps(body, separators=(",", ":"))[:-1]},"Padding":"'.encode()
    rest = max(int(megabytes * 1e6) - len(head) - 2, 0)
    block = b"0" * 1_000_000

    def chunks() -> Iterator[bytes]:
        yield head
        for start in range(0, rest, len(block)):
            yield block[: rest - start]
        yield b'"}'

    media = "application/json; charset=utf-8"
    if compressed:
        # Members of a gzip file may be concatenated, so that no more than a block is ever held.
        whole = b"".join(gzip.compress(chunk, 6) for chunk in chunks())
        return Response(whole, 200, {"content-encoding": "gzip"}, media)
    length = {"content-length": str(len(head) + rest + 2)}
    return StreamingResponse(chunks(), 200, length, media)


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
