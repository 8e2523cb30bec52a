"""The ASGI application: receives requests, sends responses, and applies faults of the network."""

from starlette import requests as http
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pai_dlc_mcp.emulator import control, errors, sts, wire
from pai_dlc_mcp.emulator.call import Call
from pai_dlc_mcp.emulator.control import World
from pai_dlc_mcp.emulator.errors import ServiceError


def create(world: World) -> ASGIApp:
    """The ASGI application for one world."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        incoming = http.Request(scope, receive)
        body = await wire.body_of(incoming)
        path = scope["raw_path"].decode("latin-1")
        if path.startswith("/emulator/"):
            await side_door(world, incoming, body or b"")(scope, receive, send)
            return
        if sts.is_asked(incoming):
            await sts.answer(world, incoming)(scope, receive, send)
            return
        call = Call(world, incoming, path, body)
        fault = world.faults.take(call.request.action)
        kind = fault.kind if fault else ""
        if kind == "early_close":
            await wire.drop(scope, receive)
            return
        response = call.answer(fault)
        seconds = fault.seconds if fault else 0.0
        if fault and fault.drops_response:
            await wire.drop(scope, receive)
        elif kind == "slow_drip":
            await wire.drip(response, seconds, receive, send)
        elif kind != "delay" or not await wire.gone(receive, seconds):
            await response(scope, receive, send)

    return ServerErrorMiddleware(app, handler=unforeseen)


async def unforeseen(incoming: http.Request, error: Exception) -> Response:
    """An error of the emulator itself, in the service's format; the traceback is logged."""
    text = "The request processing has failed due to some unknown error."
    body = ServiceError(500, "InternalError", text).body("", incoming.headers.get("host", ""))
    return wire.reply(500, body, "")


def side_door(world: World, incoming: http.Request, body: bytes) -> Response:
    """A request to the control API."""
    door = incoming.url.path.removeprefix("/emulator/")
    try:
        control.refuse_strangers(world, incoming.headers)
        return wire.reply(200, control.answer(world, door, incoming.method, wire.parsed(body) or {}), "")
    except ServiceError as error:
        return wire.reply(error.status, error.body("", ""), "")
    except ValueError as error:
        return wire.reply(400, errors.invalid(f"The body is {error}.").body("", ""), "")
