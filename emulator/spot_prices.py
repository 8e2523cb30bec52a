"""GetSpotPriceHistory. Returns discounts, not prices: price lists are public in the console only."""

from datetime import timedelta
from zlib import crc32

from pai_dlc_mcp.emulator import clock, errors, listing, specs
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import REGION, Account

LOOK_BACK = timedelta(days=3)
LONGEST = timedelta(days=7)
STEP_SECONDS = 3600


def get_spot_price_history(account: Account, request: Request) -> Json:
    """One value for each hour: the last 3 days by default, at most 7."""
    name = request.ids["InstanceType"]
    spec = specs.find(account, name)
    if not spec:
        raise errors.not_found(f"Instance type {name} not found.")
    until = request.time("EndTime", account.now())
    since = request.time("StartTime", until - LOOK_BACK)
    if until - since > LONGEST:
        raise errors.invalid("StartTime must be no more than seven days before EndTime.")
    first = int(since.timestamp()) // STEP_SECONDS + 1
    last = int(until.timestamp()) // STEP_SECONDS
    found: list[Json] = [
        {
            "InstanceType": name,
            "SpotDiscount": round(spec["NonProtectSpotDiscount"] + crc32(f"{name}/{hour}".encode()) % 7 / 100, 2),
            "Timestamp": clock.utc(clock.parse("1970-01-02T00:00:00Z") + timedelta(hours=hour - 24)),
            "ZoneId": f"{REGION}-i",
        }
        for hour in range(first, last + 1)
    ]
    request.text("SortBy")
    if request.text("Order", "asc") == "desc":
        found.reverse()
    return {"SpotPriceHistory": listing.page(found, request, 10), "TotalCount": len(found)}
