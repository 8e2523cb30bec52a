"""What every noun's operations stand on: a gateway and the region its calls go to."""

from dataclasses import dataclass

from pai_dlc_mcp.server.cloud.gateway import Gateway


@dataclass(frozen=True)
class Regional:
    """Base of one noun's operations in one region."""

    gateway: Gateway
    region: str
