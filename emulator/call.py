"""One request from the signature check to its response: signature, faults, schema check, operation."""

from collections import Counter
from urllib.parse import parse_qsl

from starlette import requests as http
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pai_dlc_mcp.emulator import errors, faults, jobs, routes, signature, wire
from pai_dlc_mcp.emulator.control import World
from pai_dlc_mcp.emulator.errors import ServiceError
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.schema import check

RAM = {
    routes.WORKSPACE: "paiworkspace",
    routes.STUDIO: "paistudio",
    "image": "paiimage",
    "images": "paiimage",
    "datasets": "paidataset",
    "codesources": "paicodesource",
}
"""The RAM prefix of an action, by product or by the noun in its path; all others have paidlc."""

REQUEST_ID = {
    "ListJobSanityCheckResults": "RequestID",
    "GetJobSanityCheckResult": "RequestID",
    "GetDashboard": "",
    "GetRayDashboard": "",
    "GetRayHistoryServer": "",
}
"""The field for the request id, if not RequestId. Dashboards and history servers have none."""

SECRETS = ("authorization", "x-acs-security-token", "x-acs-accesskey-id")


class Call:
    """One request and its response."""

    def __init__(self, world: World, incoming: http.Request, path: str, body: bytes | None) -> None:
        self.world = world
        self.incoming = incoming
        self.raw_body = body or b""
        self.raw_path = path
        self.raw_query: str = incoming.scope["query_string"].decode("latin-1")
        self.too_large = body is None
        self.unreadable = ""
        headers = dict(incoming.headers)
        key = world.account.keys.get(signature.key_id(headers.get("authorization", "")))
        self.version = headers.get("x-acs-version", "")
        self.operation, ids = routes.find(self.version, incoming.method, path)
        pairs = parse_qsl(self.raw_query, keep_blank_values=True)
        self.request = Request(
            action=routes.action_of(self.operation) if self.operation else headers.get("x-acs-action", ""),
            version=self.version,
            method=incoming.method,
            path=path,
            query=dict(pairs),
            body=self.content(),
            user_agent=headers.get("user-agent", ""),
            headers={name: value for name, value in headers.items() if name not in SECRETS},
            ids=ids,
            session=key.session if key else "",
            repeated=tuple(name for name, count in Counter(name for name, _ in pairs).items() if count > 1),
        )
        world.requests.add(self.request)

    def content(self) -> Json | None:
        try:
            return wire.parsed(self.raw_body)
        except ValueError as error:
            self.unreadable = f"not a JSON object: {error}"
            return None

    def answer(self, fault: Fault | None) -> Response:
        """The response: the operation's, unless the signature, a fault or a check refuses the request."""
        if fault and fault.kind == "html_502":
            return HTMLResponse("<html><head><title>502 Bad Gateway</title></head></html>", 502)
        if fault and fault.kind == "redirect":
            return RedirectResponse(fault.url, 307)
        request_id = self.world.account.new_request_id()
        try:
            return self.answered(fault, request_id)
        except ServiceError as error:
            host = self.incoming.headers.get("host", "")
            return wire.reply(error.status, error.body(request_id, host), request_id, error.headers)

    def answered(self, fault: Fault | None, request_id: str) -> Response:
        if refusal := faults.refusal(fault, self.ram_action()):
            raise refusal
        if self.too_large:
            raise errors.invalid(f"The request body is larger than {wire.MAX_BODY} bytes.")
        signature.verify(
            self.world.account.keys,
            self.request.method,
            self.raw_path,
            self.raw_query,
            self.incoming.headers,
            self.raw_body,
        )
        if not self.operation:
            message = "Specified api is not found, please check your url and method."
            raise ServiceError(404, "InvalidAction.NotFound", message)
        if self.unreadable:
            raise errors.invalid(f"The request body is {self.unreadable}.")
        ignored = check.check(self.request)
        jobs.settle(self.world.account)
        self.world.changed |= self.request.method != "GET"
        answer = self.operation(self.world.account, faults.on_the_way_in(fault, self.request))
        if fault and fault.kind in faults.BODIES:
            return Response(faults.BODIES[fault.kind], 200, {"x-acs-request-id": request_id}, "application/json")
        body = faults.after_commit(fault, self.world.account, answer)
        key = REQUEST_ID.get(self.request.action, "RequestId")
        whole = {**body, key: request_id} if key else body
        if fault and fault.kind in ("gzip_bomb", "large_body"):
            return wire.padded(whole, fault.megabytes, compressed=fault.kind == "gzip_bomb")
        return wire.reply(200, whole, request_id, check.header(ignored))

    def ram_action(self) -> str:
        segment = (self.raw_path.split("/") + [""] * 4)[3]
        return f"{RAM.get(segment) or RAM.get(self.version) or 'paidlc'}:{self.request.action}"
