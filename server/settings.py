"""Settings of the server. In order of precedence: flags, PAI_DLC_* variables, a TOML file, the defaults here. Read
once, at start."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, InitSettingsSource, NoDecode, SettingsConfigDict

from pai_dlc_mcp.server import prices, settings_file, spend_limits, state, webhook
from pai_dlc_mcp.server.prices import PriceTable
from pai_dlc_mcp.server.spelling import nearest
from pai_dlc_mcp.server.spend_limits import SpendLimits

Words = Annotated[tuple[str, ...], NoDecode]

ENDPOINT = r"^[A-Za-z0-9.-]+(:\d{1,5})?$"
REGION = r"^[a-z]{2}(-[a-z0-9]+)+$"


class Settings(BaseSettings):
    """One server's configuration. Each field is `PAI_DLC_<NAME>` in the environment."""

    model_config = SettingsConfigDict(
        env_prefix="PAI_DLC_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,  # the input may be a key
    )

    config: Path | None = Field(
        default=None, description="TOML file of the settings here, by their names in small letters."
    )
    region: str | None = Field(
        default=None,
        pattern=REGION,
        validation_alias=AliasChoices("PAI_DLC_REGION", "ALIBABA_CLOUD_REGION_ID"),
        description="Region of a call that names none. Unset: the aliyun CLI profile's region_id.",
    )
    network: Literal["public", "vpc"] = Field(
        default="public", description="Which endpoints to call: the internet's or the VPC's."
    )
    endpoint: str | None = Field(
        default=None,
        pattern=ENDPOINT,
        description="host:port for all three products, for private networks and tests. Never a tool argument.",
    )
    protocol: Literal["https", "http"] = Field(
        default="https", description="http is accepted for a loopback endpoint only."
    )
    connect_timeout: float = Field(default=15, gt=0, description="Seconds to connect.")
    read_timeout: float = Field(default=30, gt=0, description="Seconds between two reads of an answer.")
    deadline: float = Field(
        default=50,
        gt=0,
        description="Seconds for all requests of a tool call, a user's answer not counted; many hosts give up at 60.",
    )
    max_response_mb: int = Field(
        default=64, ge=1, le=1024, description="MB (10^6 bytes) of the service's answer to one call, inflated."
    )
    requests_a_second: float | None = Field(
        default=None,
        gt=0,
        description="Most requests a second to each product of a region, and twice as many at once. Unset: 50, and no "
        "limit on a loopback endpoint.",
    )
    toolsets: Words = Field(default=(), description="Opt-in toolsets besides core, comma-separated; or `all`.")
    read_only: bool = Field(default=False, description="Offer only tools that change nothing.")
    allow_tools: Words = Field(default=(), description="Offer only these tools. Empty: all of the toolsets.")
    deny_tools: Words = Field(default=(), description="Never offer these tools.")
    max_tokens: int = Field(
        default=20_000, ge=500, le=20_000, description="Ceiling of one result; hosts cut at 25,000 tokens."
    )
    image_policy: Literal["catalog", "any"] = Field(
        default="catalog",
        description="catalog: an image must be an ImageUri of list_images. any: not checked.",
    )
    confirm: Literal["auto", "elicit", "token", "human"] = Field(
        default="auto",
        description="How a user is asked. auto: the client's form where it has one, else a token. elicit: the form "
        "or nothing. token: always a token. human: a code that only `pai-dlc-mcp approve` on a terminal redeems.",
    )
    confirm_timeout: float = Field(default=300, gt=0, le=3600, description="Seconds a question stays answerable.")
    confirm_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        description="Keys (32 characters or more each, comma-separated) of sealed states and digests; the first signs. "
        "Empty: one kept with the state, which replicas share.",
    )
    effects: str = Field(
        default="",
        description="effect=allow|confirm|deny, comma-separated, e.g. stop_running=deny; others are confirmed. "
        "The user's aliyun CLI safety policy can tighten this, never loosen it.",
    )
    state: Literal["memory"] | SecretStr | Path = Field(
        default=Path("~/.local/state/pai-dlc-mcp"),
        validate_default=True,
        union_mode="left_to_right",
        description="Folder of what outlives a call (tokens, approvals, what was sent), or the redis:// or rediss:// "
        "address of a Redis (extra `redis`); replicas share it. memory: a restart or a second replica does not know.",
    )
    account: str | None = Field(
        default=None,
        pattern=r"^\d{1,20}$",
        description="Number of the account that writes may go to; any other, or one STS cannot tell, is refused.",
    )
    role_arn: str | None = Field(
        default=None,
        pattern=r"^acs:ram::\d{1,20}:role/[A-Za-z0-9.@_-]{1,64}$",
        description="RAM role that calls are made with, in a session named after the caller, whom ActionTrail then "
        "shows.",
    )
    prices: PriceTable | None = Field(
        default=None,
        description="A TOML file of pay-as-you-go prices an hour, a table a region; unset: prices are unknown.",
    )
    limits: Annotated[SpendLimits | None, NoDecode] = Field(
        default=None,
        description="What creates may spend: gpu_hours_a_day, gpus_at_once, jobs_an_hour, failures_in_a_row, "
        "amount_a_day (with prices), as name=number, comma-separated, or a table of the file. Above ask_from (0.8) of "
        "one the user is asked; above the whole nothing is created.",
    )
    http_tokens: Path | None = Field(
        default=None, description="File of who may call over HTTP: a name and a token of 32 characters or more a line."
    )
    http_issuer: str | None = Field(default=None, description="Issuer of the JWTs that may call over HTTP.")
    http_jwks: str | None = Field(default=None, description="https:// address of that issuer's key set.")
    http_audience: str | None = Field(default=None, description="Audience that such a JWT has to be for.")
    http_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/\s]+(/\S*)?$",
        description="Address by which clients reach this server over HTTP, for example https://mcp.example.com/mcp.",
    )
    http_origins: Words = Field(default=(), description="Origins of web pages that may call over HTTP besides its own.")
    audit_file: Path | None = Field(default=None, description="File for the audit lines; unset: the log on stderr.")
    downloads: Path | None = Field(
        default=None, description="Folder that get_pod_logs(save=true) writes logs into; unset: it writes none."
    )
    notify: SecretStr | None = Field(
        default=None,
        description="Webhook (DingTalk, Feishu, WeCom or a host of notify_hosts) that is told once, while a server "
        "runs, when a job that was created or waited for here has ended.",
    )
    notify_secret: SecretStr | None = Field(
        default=None, description="Key that signs notifications, of a DingTalk or Feishu robot."
    )
    notify_hosts: Words = Field(default=(), description="Other hosts that notify may name; they get plain JSON.")
    emulator: bool = Field(default=False, description="Set by --emulator: every result says so.")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: Any, init_settings: Any, env_settings: Any, dotenv_settings: Any, file_secret_settings: Any
    ) -> Any:
        named = {**env_settings(), **init_settings()}.get("config")
        return (
            init_settings,
            env_settings,
            InitSettingsSource(
                settings_cls,
                settings_file.read(named, cls.model_fields.keys() - {"config", "emulator"}) if named else {},
            ),
        )

    @model_validator(mode="before")
    @classmethod
    def _known_variables(cls, given: Any) -> Any:
        known = {f"PAI_DLC_{name.upper()}" for name in cls.model_fields}
        for name in sorted(os.environ):
            if name.upper().startswith("PAI_DLC_") and name.upper() not in known:
                near = nearest(name, sorted(known))
                raise ValueError(f"{name} is no setting; {f'did you mean {near}?' if near else 'unset it'}")
        return given

    @field_validator("endpoint")
    @classmethod
    def _possible(cls, endpoint: str | None) -> str | None:
        host, _, port = (endpoint or "host").partition(":")
        if not all(label and label.strip("-") == label for label in host.split(".")):
            raise ValueError("is not a host name, or host:port")
        if port and not 0 < int(port) < 65536:
            raise ValueError("has a port that is not from 1 to 65535")
        return endpoint

    @field_validator(
        "toolsets", "allow_tools", "deny_tools", "confirm_keys", "http_origins", "notify_hosts", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value

    @field_validator("prices", mode="before")
    @classmethod
    def _read(cls, given: object) -> object:
        return prices.load(Path(given).expanduser()) if isinstance(given, str | Path) else given

    @field_validator("limits", mode="before")
    @classmethod
    def _named(cls, given: object) -> object:
        return spend_limits.parse(given)

    @model_validator(mode="after")
    def _priced(self) -> Self:
        if self.limits and self.limits.amount_a_day and not self.prices:
            raise ValueError("limits: amount_a_day needs prices")
        return self

    @field_validator("state", mode="before")
    @classmethod
    def _kept_in(cls, given: object) -> object:
        return state.parse(given)

    @model_validator(mode="after")
    def _notifies(self) -> Self:
        if self.notify:
            try:
                webhook.form_of(self.notify.get_secret_value(), self.notify_hosts)
            except ValueError as error:
                raise ValueError(f"notify: {error}") from None
        return self

    @field_validator("state", "audit_file", "http_tokens", "downloads")
    @classmethod
    def _expanded(cls, path: object) -> object:
        return path.expanduser() if isinstance(path, Path) else path

    @field_validator("confirm_keys")
    @classmethod
    def _long_enough(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(key.get_secret_value()) < 32 for key in keys):
            raise ValueError("each key needs at least 32 characters")
        return keys


def problem(error: ValueError) -> str:
    """Describe a configuration error by the names of the variables, without their values, which may be keys."""
    if not isinstance(error, ValidationError):
        return str(error)
    found = error.errors(include_url=False, include_input=False)
    return "; ".join(": ".join([*_places(one["loc"]), one["msg"].removeprefix("Value error, ")]) for one in found)


def _places(path: tuple[int | str, ...]) -> list[str]:
    first, *rest = map(str, path) if path else ("",)
    return [f"PAI_DLC_{first.upper()}" if first in Settings.model_fields else first, *rest] if first else []
