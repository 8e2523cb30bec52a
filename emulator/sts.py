"""STS AssumeRole, as called by the SDKs' credentials library: RPC style, signed with HMAC-SHA1 in the query."""

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote

from starlette import requests as http
from starlette.responses import Response

from pai_dlc_mcp.emulator import wire
from pai_dlc_mcp.emulator.control import World
from pai_dlc_mcp.emulator.errors import ServiceError
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.signature import Key
from pai_dlc_mcp.emulator.state import OWNER_ID, Account

_SESSION = re.compile(r"[A-Za-z0-9.@_-]{2,64}")
_ROLE = re.compile(rf"acs:ram::{OWNER_ID}:role/([A-Za-z0-9.@_-]{{1,64}})")
_SECRET = ("AccessKeyId", "Signature", "SecurityToken")


def is_asked(incoming: http.Request) -> bool:
    return incoming.url.path == "/" and incoming.query_params.get("Action") == "AssumeRole"


def answer(world: World, incoming: http.Request) -> Response:
    raw: str = incoming.scope["query_string"].decode("latin-1")
    query = dict(parse_qsl(raw, keep_blank_values=True))
    shown = {name: value for name, value in query.items() if name not in _SECRET}
    agent = incoming.headers.get("user-agent", "")
    world.requests.add(Request("AssumeRole", query.get("Version", ""), incoming.method, "/", shown, None, agent, {}))
    request_id = world.account.new_request_id()
    try:
        body = {"RequestId": request_id, **_assumed(world.account, incoming.method, query)}
    except ServiceError as error:
        return wire.reply(error.status, error.body(request_id, incoming.headers.get("host", "")), request_id)
    return wire.reply(200, body, request_id)


def _assumed(account: Account, method: str, query: dict[str, str]) -> Json:
    """A key of the role, valid for the requested time by the real clock, since clients use a real clock."""
    _verify(account, method, query)
    session, role = query.get("RoleSessionName", ""), _ROLE.fullmatch(query.get("RoleArn", ""))
    if not _SESSION.fullmatch(session):
        raise ServiceError(400, "InvalidParameter.RoleSessionName", "The parameter RoleSessionName is wrongly formed.")
    if not role:
        raise ServiceError(404, "EntityNotExist.Role", "The specified Role not exists.")
    seconds = int(query.get("DurationSeconds", "3600"))
    if not 900 <= seconds <= 43_200:
        raise ServiceError(
            400, "InvalidParameter.DurationSeconds", "The Min/Max value of DurationSeconds is 900/43200."
        )
    key_id = account.new_id("STS.EXAMPLE", 16)
    key = Key(account.new_id("EXAMPLE-SECRET-", 20), account.new_id("EXAMPLE-TOKEN-", 40), session=session)
    account.keys[key_id] = key
    arn = f"acs:ram::{OWNER_ID}:assumed-role/{role[1]}/{session}"
    return {
        "AssumedRoleUser": {"Arn": arn, "AssumedRoleId": f"300000000000000000:{session}"},
        "Credentials": {
            "AccessKeyId": key_id,
            "AccessKeySecret": key.secret,
            "SecurityToken": key.security_token,
            "Expiration": (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    }


def _verify(account: Account, method: str, query: dict[str, str]) -> None:
    key = account.keys.get(query.get("AccessKeyId", ""))
    if not key or not hmac.compare_digest(key.security_token, query.get("SecurityToken", "")):
        raise ServiceError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    pairs = sorted((name, value) for name, value in query.items() if name != "Signature")
    canonical = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
    to_sign = f"{method}&%2F&{quote(canonical, safe='~')}"
    expected = hmac.new(f"{key.secret}&".encode(), to_sign.encode(), hashlib.sha1).digest()
    if not hmac.compare_digest(base64.b64encode(expected).decode(), query.get("Signature", "")):
        raise ServiceError(400, "SignatureDoesNotMatch", "Specified signature is not matched with our calculation.")
