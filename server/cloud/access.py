"""Access to a job: the address of a web terminal, a sharing token. Both are secrets, and each request creates a new
one."""

from typing import Literal

from pai_dlc_mcp.server.cloud.api import Regional, Write


class Access(Regional):
    """Operations that hand out access, in one region."""

    def web_terminal(self, job_id: str, pod_id: str, *, shared: bool) -> Write[str]:
        """GetWebTerminal: a wss address that lives 30 s; a shared one works once. The pod has to be running."""
        params = {"IsShared": shared}
        return self.api.write(
            "GetWebTerminal", job_id, pod_id, params=params, answer=lambda body: str(body.get("WebTerminalUrl") or "")
        )

    def token(self, target: Literal["job", "tensorboard"], target_id: str, seconds: int) -> Write[str]:
        """GetToken: a JWT with which anyone can read the target until it expires."""
        params = {"TargetType": target, "TargetId": target_id, "ExpireTime": seconds}
        return self.api.write("GetToken", params=params, answer=lambda body: str(body.get("Token") or ""))
