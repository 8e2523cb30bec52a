"""Tensorboards with their own statuses, as in the API documentation."""

from datetime import UTC, datetime

from pai_dlc_mcp.emulator import clock, errors, listing
from pai_dlc_mcp.emulator.lifecycle import Transition, so_far
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import USER_ID, USER_NAMES, Account, Tensorboard

STARTING_SECONDS = 20.0
EVER = datetime(1970, 1, 1, tzinfo=UTC)
KEPT = (
    "Accessibility",
    "Cpu",
    "DataSourceId",
    "DataSourceType",
    "DataSources",
    "DisplayName",
    "JobId",
    "MaxRunningTimeMinutes",
    "Memory",
    "Options",
    "Priority",
    "QuotaId",
    "SourceId",
    "SourceType",
    "SummaryPath",
    "SummaryRelativePath",
    "TensorboardDataSources",
    "TensorboardSpec",
    "Uri",
    "WorkspaceId",
)


def create_tensorboard(account: Account, request: Request) -> Json:
    sent = request.sent()
    body: Json = {"Accessibility": "PRIVATE", **{key: sent[key] for key in KEPT if key in sent}}
    body.setdefault("WorkspaceId", account.default_workspace()["WorkspaceId"])
    account.workspace(body["WorkspaceId"])
    if body.get("JobId"):
        account.job(body["JobId"], "CreateTensorboard")
    now = account.now()
    board = Tensorboard(account.new_id("tb", 14), now, now, body, starting(0))
    account.tensorboards[board.board_id] = board
    return {
        "TensorboardId": board.board_id,
        "JobId": body.get("JobId", ""),
        "DataSourceId": body.get("DataSourceId", ""),
    }


def starting(at: float) -> tuple[Transition, ...]:
    return Transition(at, "Creating"), Transition(at + STARTING_SECONDS, "Running")


def find(account: Account, request: Request) -> Tensorboard:
    """The tensorboard; if a workspace is given, only in that one. Raises ServiceError."""
    board_id = request.ids["TensorboardId"]
    workspace_id = request.text("WorkspaceId")
    board = account.tensorboards.get(board_id)
    if board and workspace_id in ("", board.body["WorkspaceId"]):
        return board
    raise errors.not_found(f"Tensorboard {board_id} not found.")


def view(account: Account, board: Tensorboard) -> Json:
    now = account.now()
    elapsed = (now - board.created).total_seconds()
    present = so_far(board.life, elapsed)[-1]
    running = present.status == "Running"
    body: Json = {
        **board.body,
        "TensorboardId": board.board_id,
        "TensorboardUrl": f"https://{HOST}/tensorboard/{board.board_id}/" if running else "",
        "Status": present.status,
        "ReasonCode": present.code,
        "ReasonMessage": present.message,
        "Duration": str(int(present.at if present.status == "Stopped" else elapsed)),
        "UserId": USER_ID,
        "Username": USER_NAMES[USER_ID],
        "GmtCreateTime": clock.utc(board.created),
        "GmtModifyTime": clock.utc(board.modified),
    }
    if present.status == "Stopped":
        body["GmtFinishTime"] = clock.utc(board.modified)
    return body


HOST = "pai-dlc-proxy-cn-hangzhou.example.invalid"


def get_tensorboard(account: Account, request: Request) -> Json:
    return view(account, find(account, request))


def list_tensorboards(account: Account, request: Request) -> Json:
    """All tensorboards are the caller's own, so ShowOwn excludes none."""
    workspace = request.text("WorkspaceId", account.default_workspace()["WorkspaceId"])
    request.flag("ShowOwn", True)
    since, until = request.time("StartTime", EVER), request.time("EndTime", account.now())
    found = listing.select(
        [
            view(account, board)
            for board in account.tensorboards.values()
            if board.body["WorkspaceId"] == workspace and since <= board.created <= until
        ],
        request,
        exact={
            name: name
            for name in ("Accessibility", "JobId", "QuotaId", "SourceId", "SourceType", "Status", "TensorboardId")
        }
        | {"UserId": "UserId", "Username": "Username"},
        contains={"DisplayName": "DisplayName"},
    )
    found = listing.ordered(found, request, "GmtCreateTime", "desc")
    return {"Tensorboards": listing.page(found, request, 10, 100), "TotalCount": len(found)}


def update_tensorboard(account: Account, request: Request) -> Json:
    """The changes are in the query."""
    board = find(account, request)
    board.body |= {key: request.query[key] for key in ("Accessibility", "Priority") if key in request.query}
    if request.text("MaxRunningTimeMinutes"):
        board.body["MaxRunningTimeMinutes"] = request.number("MaxRunningTimeMinutes", 1)
    board.modified = account.now()
    return {"TensorboardId": board.board_id}


def start_tensorboard(account: Account, request: Request) -> Json:
    board = find(account, request)
    if status(account, board) != "Stopped":
        raise errors.wrong_state(f"Tensorboard {board.board_id} is not stopped.")
    return move(account, board, *starting(elapsed(account, board)))


def stop_tensorboard(account: Account, request: Request) -> Json:
    board = find(account, request)
    if status(account, board) == "Stopped":
        raise errors.wrong_state(f"Tensorboard {board.board_id} is stopped already.")
    stopped = Transition(elapsed(account, board), "Stopped", "StoppedByUser", "Tensorboard is stopped by user.")
    return move(account, board, stopped)


def elapsed(account: Account, board: Tensorboard) -> float:
    return (account.now() - board.created).total_seconds()


def status(account: Account, board: Tensorboard) -> str:
    return so_far(board.life, elapsed(account, board))[-1].status


def move(account: Account, board: Tensorboard, *transitions: Transition) -> Json:
    board.life = (*so_far(board.life, elapsed(account, board)), *transitions)
    board.modified = account.now()
    return {"TensorboardId": board.board_id}


def delete_tensorboard(account: Account, request: Request) -> Json:
    board = find(account, request)
    del account.tensorboards[board.board_id]
    return {"TensorboardId": board.board_id}


def get_tensorboard_shared_url(account: Account, request: Request) -> Json:
    """A link without login, valid for a day by default."""
    board = find(account, request)
    request.number("ExpireTimeSeconds", 86400)
    if status(account, board) != "Running":
        raise errors.wrong_state(f"Tensorboard {board.board_id} is not running.")
    token = account.new_id("EXAMPLE-SHARE-TOKEN-", 16)
    return {"TensorboardSharedUrl": f"https://{HOST}/tensorboard/{board.board_id}/{token}/"}
