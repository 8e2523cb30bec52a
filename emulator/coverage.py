"""Writes the coverage page from the routes: `python -m pai_dlc_mcp.emulator.coverage > docs/emulator-coverage.md`."""

from collections.abc import Iterator

from pai_dlc_mcp.emulator.routes import ROUTES, action_of
from pai_dlc_mcp.emulator.schema.check import OPERATIONS
from pai_dlc_mcp.emulator.schema.unhonoured import UNHONOURED

PRODUCTS = {"2020-12-03": "PAI-DLC", "2021-02-04": "AIWorkSpace", "2022-01-12": "PAI Studio"}
HEAD = """\
# What the emulator covers

Written by `make docs` from the emulator's routes. Each parameter that is documented and has no effect here stands
beside its operation with the reason. When it is sent, the answer names it in `x-emulator-ignored`, as it does with
parameters nobody documented. All others are checked and acted on."""


def page() -> str:
    return "\n".join([HEAD, *lines()]) + "\n"


def lines() -> Iterator[str]:
    for version, routes in ROUTES.items():
        yield f"\n## {PRODUCTS[version]} ({version}), {len(routes)} operations\n"
        yield "| operation | method and path | without effect |\n|---|---|---|"
        for route, operation in routes.items():
            action = action_of(operation)
            yield f"| {action} | `{route}` | {without_effect(version, action)} |"


def without_effect(version: str, action: str) -> str:
    """Parameters without effect, grouped by reason. Two products have a ListQuotas; a name belongs to the one whose
    schema has it."""
    described = OPERATIONS[version][action]
    known = {*described["query"]["properties"], *described.get("body", {}).get("properties", ())}
    reasons: dict[str, list[str]] = {}
    for name, reason in UNHONOURED.get(action, {}).items():
        if name.partition(".")[0] in known:
            reasons.setdefault(reason, []).append(name)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - the page is what it is run for
