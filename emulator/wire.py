"""Responses on the network: JSON in the service's style, and ways in which a response can fail."""

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
"""Most bytes of a request's body."""


def parsed(body: bytes) -> Json | None:
    """Parse a JSON object; None for an empty body (StopJob). Raises ValueError for anything else."""
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
    """The body; None if it is too large, in which case the rest is read and dropped."""
    whole = bytearray()
    size = 0
    async for chunk in incoming.stream():
        size += len(chunk)
        if size <= MAX_BODY:
            whole += chunk
    return bytes(whole) if size <= MAX_BODY else None


def reply(status: int, body: Json, request_id: str, headers: dict[str, str] | None = None) -> Response:
    """A JSON object in ASCII. Lone surrogates are kept, as by the service."""
    return Response(
        json.dumps(body, separators=(",", ":")),
        status,
        {"x-acs-request-id": request_id, **(headers or {})},
        "application/json; charset=utf-8",
    )


def padded(body: Json, megabytes: float, *, compressed: bool) -> Response:
    """The response, padded to `megabytes` (10^6 bytes) by a key Padding; compressed to about a thousandth of that."""
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
        # Members of a gzip file can be concatenated, so only one block is in memory.
        whole = b"".join(gzip.compress(chunk, 6) for chunk in chunks())
        return Response(whole, 200, {"content-encoding": "gzip"}, media)
    length = {"content-length": str(len(head) + rest + 2)}
    return StreamingResponse(chunks(), 200, length, media)


async def drop(scope: Scope, receive: Receive) -> None:
    """Close the connection without a response (embedded.py provides the transport's abort)."""
    scope["extensions"]["abort"]()
    await gone(receive, 5)


async def gone(receive: Receive, seconds: float) -> bool:
    """Wait; true if the client has disconnected in the meantime."""
    with anyio.move_on_after(seconds):
        while (await receive())["type"] != "http.disconnect":
            pass
        return True
    return False


async def drip(response: Response, seconds: float, receive: Receive, send: Send) -> None:
    """Send the body byte by byte until the client disconnects."""
    head = {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
    await send(head)
    for byte in bytes(response.body):
        if await gone(receive, seconds):
            return
        await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
    await send({"type": "http.response.body", "body": b""})
