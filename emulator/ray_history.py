"""Ray history servers: dashboards of ended Ray jobs, read from the logs in storage. They start and stop like
tensorboards. Source of the operations: the SDK only."""

from datetime import UTC, datetime

from pai_dlc_mcp.emulator import clock, errors, job_checks, listing, specs
from pai_dlc_mcp.emulator.lifecycle import Transition, so_far
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import USER_ID, USER_NAMES, Account, Tensorboard

STARTING_SECONDS = 20.0
HOST = "pai-dlc-proxy-cn-hangzhou.example.invalid"
EVER = datetime(1970, 1, 1, tzinfo=UTC)


def create_ray_history_server(account: Account, request: Request) -> Json:
    sent = request.sent()
    job_checks.check_place(account, sent["WorkspaceId"], sent.get("ResourceId", ""))
    if sent.get("EcsSpec") and not specs.find(account, sent["EcsSpec"]):
        raise errors.invalid("EcsSpec is not an instance type of this region.")
    body: Json = {"Accessibility": "PRIVATE", **{key: sent[key] for key in KEPT if key in sent}}
    now = account.now()
    server = Tensorboard(account.new_id("rhs", 13), now, now, body, starting(0))
    account.ray_history_servers[server.board_id] = server
    return {"RayHistoryServerId": server.board_id}


KEPT = ("Accessibility", "DisplayName", "EcsSpec", "MaxRuntimeMinutes", "ResourceId", "StoragePath", "WorkspaceId")


def starting(at: float) -> tuple[Transition, ...]:
    return Transition(at, "Creating"), Transition(at + STARTING_SECONDS, "Running")


def find(account: Account, request: Request) -> Tensorboard:
    server_id = request.ids["RayHistoryServerId"]
    if server := account.ray_history_servers.get(server_id):
        return server
    raise errors.not_found(f"RayHistoryServer {server_id} not found.")


def present(account: Account, server: Tensorboard) -> Transition:
    return so_far(server.life, (account.now() - server.created).total_seconds())[-1]


def view(account: Account, server: Tensorboard) -> Json:
    state = present(account, server)
    running = state.status == "Running"
    quota_id = server.body.get("ResourceId", "")
    body: Json = {
        **server.body,
        "RayHistoryServerId": server.board_id,
        "RayHistoryServerUrl": f"https://{HOST}/rayhistory/{server.board_id}/" if running else "",
        "ResourceName": account.quota(quota_id)["QuotaName"] if quota_id else "",
        "Status": state.status,
        "ReasonCode": state.code,
        "ReasonMessage": state.message,
        "TenantId": "",
        "UserId": USER_ID,
        "Username": USER_NAMES[USER_ID],
        "GmtCreateTime": clock.utc(server.created),
        "GmtModifyTime": clock.utc(server.modified),
    }
    if state.status == "Stopped":
        body["GmtFinishTime"] = clock.utc(server.modified)
    return body


def get_ray_history_server(account: Account, request: Request) -> Json:
    return view(account, find(account, request))


def list_ray_history_servers(account: Account, request: Request) -> Json:
    """All servers are the caller's own, so ShowOwn excludes none."""
    request.flag("ShowOwn", True)
    since, until = request.time("StartTime", EVER), request.time("EndTime", account.now())
    modified = request.time("ModifiedAfter", EVER)
    prefix = request.text("IdPrefix")
    found = listing.select(
        [
            view(account, server)
            for server in account.ray_history_servers.values()
            if since <= server.created <= until and server.modified >= modified and server.board_id.startswith(prefix)
        ],
        request,
        exact={
            "ResourceId": "ResourceId",
            "Status": "Status",
            "StoragePath": "StoragePath",
            "UserIdForFilter": "UserId",
            "Username": "Username",
            "WorkspaceId": "WorkspaceId",
        },
        contains={"DisplayName": "DisplayName"},
    )
    found = listing.ordered(found, request, "GmtCreateTime", "desc")
    return {"RayHistoryServers": listing.page(found, request, 10, 100), "TotalCount": len(found)}


def start_ray_history_server(account: Account, request: Request) -> Json:
    server = find(account, request)
    if present(account, server).status != "Stopped":
        raise errors.wrong_state(f"RayHistoryServer {server.board_id} is not stopped.")
    return move(account, server, *starting((account.now() - server.created).total_seconds()))


def stop_ray_history_server(account: Account, request: Request) -> Json:
    server = find(account, request)
    if present(account, server).status == "Stopped":
        raise errors.wrong_state(f"RayHistoryServer {server.board_id} is stopped already.")
    elapsed = (account.now() - server.created).total_seconds()
    return move(account, server, Transition(elapsed, "Stopped", "StoppedByUser", "Stopped by user."))


def move(account: Account, server: Tensorboard, *transitions: Transition) -> Json:
    elapsed = (account.now() - server.created).total_seconds()
    server.life = (*so_far(server.life, elapsed), *transitions)
    server.modified = account.now()
    return {}


def delete_ray_history_server(account: Account, request: Request) -> Json:
    del account.ray_history_servers[find(account, request).board_id]
    return {}
