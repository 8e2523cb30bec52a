"""A temporary key, with a security token."""

from pai_dlc_mcp.emulator import state


class Temporary:
    """An STS key of the emulator's account: its token is a header that the SDK would send on with a redirect."""

    def config(self) -> dict[str, str]:
        return {
            "access_key_id": state.STS_ACCESS_KEY_ID,
            "access_key_secret": state.STS_ACCESS_KEY_SECRET,
            "security_token": state.STS_SECURITY_TOKEN,
        }
