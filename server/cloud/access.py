"""Ways into a job: a web terminal's address, a sharing token. Both are secrets."""

from typing import Literal

from pai_dlc_mcp.server.cloud.regional import Regional


class Access(Regional):
    """Operations that hand out access, in one region."""

    async def web_terminal(self, job_id: str, pod_id: str, *, shared: bool) -> str:
        """GetWebTerminal: a wss address that lives 30 s; a shared one works once. The pod has to be running."""
        params = {"IsShared": shared}
        body = await self.gateway.call("pai-dlc", "GetWebTerminal", self.region, job_id, pod_id, params=params)
        return str(body.get("WebTerminalUrl") or "")

    async def token(self, target: Literal["job", "tensorboard"], target_id: str, seconds: int) -> str:
        """GetToken: a JWT with which anyone can read the target until it expires."""
        params = {"TargetType": target, "TargetId": target_id, "ExpireTime": seconds}
        body = await self.gateway.call("pai-dlc", "GetToken", self.region, params=params)
        return str(body.get("Token") or "")
