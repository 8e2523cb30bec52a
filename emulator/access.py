"""GetWebTerminal and GetToken. The secrets that they return are marked as invented."""

import json
from base64 import urlsafe_b64encode

from pai_dlc_mcp.emulator import errors, pods
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import Account


def get_web_terminal(account: Account, request: Request) -> Json:
    """Only a running pod has a terminal; its URL is valid for 30 s."""
    job = account.job(request.ids["JobId"], "GetWebTerminal", own=True)
    shared = "&shared=true" if request.flag("IsShared") else ""
    now = account.now()
    pod = pods.find(job, request.ids["PodId"], request.text("PodUid"), now)
    if not pod or pod.status(job.elapsed(now)) != "Running":
        raise errors.wrong_state(f"Pod {request.ids['PodId']} is not running.")
    token = account.new_id("EXAMPLE-TERMINAL-TOKEN-", 16)
    url = f"wss://pai-dlc-proxy-cn-hangzhou.example.invalid/terminal/{pod.pod_id}?token={token}{shared}"
    return {"WebTerminalUrl": url}


def get_token(account: Account, request: Request) -> Json:
    """A JWT for one job or tensorboard, valid for a week unless ExpireTime is given."""
    target = request.text("TargetId")
    kind = request.text("TargetType", "job")
    expires = int(account.now().timestamp()) + request.number("ExpireTime", 604800)
    if kind == "job":
        account.job(target, "GetToken", own=True)
    elif kind != "tensorboard" or target not in account.tensorboards:
        raise errors.not_found(f"{kind} {target} not found.")
    claims = urlsafe_b64encode(json.dumps({"exp": expires}).encode()).decode().rstrip("=")
    return {"Token": f"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{claims}.{account.new_id('EXAMPLE', 24)}"}
