"""The host for a product in a region. Built here, because the SDK's endpoint map has wrong entries."""

import difflib
import ipaddress
import json
import os
import re
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pai_dlc_mcp.server.cloud import ids
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.settings import Settings

Product = Literal["pai-dlc", "aiworkspace", "pai", "sts"]  # as in the host names; pai is PAI Studio

# Regions with a pai-dlc endpoint (public API metadata, December 2025).
REGIONS = frozenset(
    [
        "cn-beijing",
        "cn-wulanchabu",
        "cn-hangzhou",
        "cn-shanghai",
        "cn-shenzhen",
        "cn-guangzhou",
        "cn-hongkong",
        "ap-northeast-1",
        "ap-southeast-1",
        "ap-southeast-3",
        "ap-southeast-5",
        "us-east-1",
        "us-west-1",
        "eu-central-1",
        "cn-shanghai-finance-1",
    ]
)


class Region(NamedTuple):
    """A region, and where it was configured."""

    id: str
    source: str


def profile_region() -> str | None:
    """`region_id` of the aliyun CLI profile (ALIBABA_CLOUD_PROFILE, else the current one); None if there is none."""
    try:
        config: Any = json.loads(Path("~/.aliyun/config.json").expanduser().read_text("utf-8"))
        name = os.environ.get("ALIBABA_CLOUD_PROFILE") or config.get("current")
        return next((p.get("region_id") or None for p in config["profiles"] if p.get("name") == name), None)
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None


def resolve_region(argument: str | None, settings: Settings) -> Region:
    """The region of a call: argument, else setting, else CLI profile.

    A region given by the caller must be a known one, since it becomes part of the host name of signed requests. Raises
    Failure.
    """
    if argument:
        if argument in REGIONS or (argument == settings.region and re.fullmatch(ids.REGION, argument)):
            return Region(argument, "argument")
        near = difflib.get_close_matches(argument, REGIONS, n=1)
        raise Failure(
            f"{argument!r} is not a region with PAI-DLC.",
            fix=f"Use {near[0]}." if near else f"Use one of: {', '.join(sorted(REGIONS))}.",
            code="InvalidRegion",
        )
    configured = settings.region or profile_region()
    if not configured:
        raise Failure(
            "No region: the call names none and no default is configured.",
            fix="Pass region (for example cn-hangzhou), or set PAI_DLC_REGION for this server.",
            code="MissingRegion",
        )
    if not re.fullmatch(ids.REGION, configured):
        raise Failure(
            f"The configured region {configured!r} is not a region id.",
            fix="Set PAI_DLC_REGION to a region id such as cn-hangzhou.",
            code="InvalidRegion",
        )
    return Region(configured, "configuration" if settings.region else "aliyun CLI profile")


def host(product: Product, region: str, settings: Settings) -> str:
    """The host, with port if needed, of a product in a region."""
    if settings.endpoint:
        return settings.endpoint
    return f"{product}{'-vpc' if settings.network == 'vpc' else ''}.{region}.aliyuncs.com"


def is_loopback(endpoint: str) -> bool:
    """Whether a host:port is on this machine."""
    name = endpoint.rsplit(":", 1)[0]
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
