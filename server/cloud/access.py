"""Access to a job: the URL of a web terminal, and sharing tokens. Both are secrets; each request creates a new one."""

from typing import Literal

from pai_dlc_mcp.server.cloud.api import Regional, Write


class Access(Regional):
    """Operations that create access, in one region."""

    def web_terminal(self, job_id: str, pod_id: str, *, shared: bool) -> Write[str]:
        """GetWebTerminal: a wss URL, valid for 30 s; a shared one can be used once. The pod must be running."""
        params = {"IsShared": shared}
        return self.api.write(
            "GetWebTerminal", job_id, pod_id, params=params, answer=lambda body: str(body.get("WebTerminalUrl") or "")
        )

    def token(self, target: Literal["job", "tensorboard"], target_id: str, seconds: int) -> Write[str]:
        """GetToken: a JWT with which anybody can read the target until it expires after `seconds`."""
        params = {"TargetType": target, "TargetId": target_id, "ExpireTime": seconds}
        return self.api.write("GetToken", params=params, answer=lambda body: str(body.get("Token") or ""))
