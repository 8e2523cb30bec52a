"""Rulings without a question: the `effects` setting and the safety policy of the user's aliyun CLI.

The strictest ruling counts. No tool can change one, and the CLI's policy can only tighten.
"""

import errno
import json
import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from pai_dlc_mcp.server.cloud.shape import as_list, as_object
from pai_dlc_mcp.server.safety.risks import RISKS, Effect

Ruling = Literal["allow", "confirm", "deny"]
_STRICTNESS: tuple[Ruling, ...] = ("allow", "confirm", "deny")
# The words of the CLI's policy. Its `forbid` asks the user there too.
_CLI_ACTIONS: dict[str, Ruling] = {"allow": "allow", "confirm": "confirm", "forbid": "confirm", "deny": "deny"}
FILE = Path("~/.aliyun/safety-policy.json")
MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class CliPolicy:
    """Rules in order; the first match counts. `broken`: why they could not be read; every write is then denied.
    `other`: a second policy; the stricter ruling of both counts."""

    rules: tuple[tuple[str, Ruling], ...] = ()
    broken: str | None = None
    other: "CliPolicy | None" = None

    def ruling(self, product: str, action: str) -> Ruling:
        """The ruling on an operation; allow without a match. Rules match `pai-dlc:StopJob` and `pai-dlc:stop-job`."""
        return strictest(policy._first(product, action) for policy in (self, self.other) if policy)

    def _first(self, product: str, action: str) -> Ruling:
        if self.broken:
            return "deny"
        command = re.sub(r"(?<=.)(?=[A-Z])", "-", action)
        names = [f"{product}:{action}".lower(), f"{product}:{command}".lower()]
        for pattern, ruling in self.rules:
            if any(_matches(pattern, name) for name in names):
                return ruling
        return "allow"


def read_cli_policy(environment: Mapping[str, str] = os.environ) -> CliPolicy:
    """Read the user's CLI policy from ALIBABA_CLOUD_SAFETY_POLICY_ENABLED and _RULES and from
    ~/.aliyun/safety-policy.json; both apply. Called for each write, because the user can change them while this server
    runs."""
    of_file, of_environment = _file_policy(), _environment_policy(environment)
    return replace(of_file, broken=of_file.broken or of_environment.broken, other=of_environment)


def _environment_policy(environment: Mapping[str, str]) -> CliPolicy:
    rules = environment.get("ALIBABA_CLOUD_SAFETY_POLICY_RULES", "")
    if environment.get("ALIBABA_CLOUD_SAFETY_POLICY_ENABLED", "true").lower() == "false":
        return CliPolicy()
    pairs = [rule.strip().rpartition("=") for rule in rules.split(",") if rule.strip()]
    return _policy([(pattern, action) for pattern, _, action in pairs], "ALIBABA_CLOUD_SAFETY_POLICY_RULES")


def _file_policy() -> CliPolicy:
    try:
        text = _text(FILE.expanduser())
        policy = as_object(json.loads(text)) if text is not None else {"enabled": False}
    except OSError as error:
        return CliPolicy(broken=f"{FILE} cannot be read ({error.strerror})")
    except RecursionError:
        return CliPolicy(broken=f"{FILE} is not JSON")
    except RuntimeError:  # raised by expanduser
        return CliPolicy(broken=f"{FILE} cannot be found: this user has no home folder")
    except ValueError:
        return CliPolicy(broken=f"{FILE} is not JSON")
    if policy.get("enabled") is False:
        return CliPolicy()
    if not isinstance(policy.get("rules"), list):
        return CliPolicy(broken=f"{FILE} has no list of rules")
    entries = [as_object(rule) for rule in as_list(policy["rules"])]
    return _policy([(rule.get("pattern"), rule.get("action")) for rule in entries], str(FILE))


def _text(path: Path) -> str | None:
    """The file's text; None if there is no file. Raises OSError unless it is a readable regular file of at most
    MAX_BYTES; does not block on a FIFO."""
    try:
        path.lstat()
    except FileNotFoundError:
        return None
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise OSError(errno.EFBIG, f"it has more than {MAX_BYTES} bytes")
    return text.decode()


def parse_effects(text: str) -> dict[Effect, Ruling]:
    """Parse `stop_running=deny,share_token=allow`. Of two rulings on an effect the stricter counts. Raises ValueError
    for unknown words."""
    effects: dict[Effect, Ruling] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        effect, _, ruling = pair.partition("=")
        if effect not in RISKS or ruling not in _STRICTNESS:
            raise ValueError(
                f"{pair!r} is not effect=ruling; effects are {', '.join(get_args(Effect))}, "
                f"rulings {', '.join(_STRICTNESS)}"
            )
        effects[effect] = strictest((ruling, effects.get(effect, ruling)))
    return effects


def strictest(rulings: Iterable[Ruling]) -> Ruling:
    return max(rulings, key=_STRICTNESS.index)


def _policy(rules: Iterable[tuple[Any, Any]], source: str) -> CliPolicy:
    read: list[tuple[str, Ruling]] = []
    for pattern, action in rules:
        if not isinstance(pattern, str) or not pattern or action not in _CLI_ACTIONS:
            return CliPolicy(broken=f"{source} has a rule that is not pattern and allow, confirm or deny")
        read.append((pattern.lower(), _CLI_ACTIONS[action]))
    return CliPolicy(tuple(read))


def _matches(pattern: str, name: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None
