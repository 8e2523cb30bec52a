"""The operator's limits on what jobs created through this server may spend. Read once, at start; no tool changes
them."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class SpendLimits(BaseModel):
    """Limits over all jobs created through this server, of all callers. `day` and `hour` mean the last 24 hours and the
    last 60 minutes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gpu_hours_a_day: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    gpus_at_once: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    jobs_an_hour: int | None = Field(default=None, gt=0)
    failures_in_a_row: int | None = Field(default=None, gt=0)
    amount_a_day: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    ask_from: float = Field(default=0.8, gt=0, le=1)  # share of a limit from which a create asks the user


def parse(given: object) -> Any:
    """`gpus_at_once=16,jobs_an_hour=20`, or a table of the settings file. Raises ValueError for a part without `=`."""
    if not isinstance(given, str):
        return given
    pairs = [part.strip().partition("=") for part in given.split(",") if part.strip()]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise ValueError(f"{wrong[0]!r} has no value: name=number, comma-separated")
    return {name.strip(): value.strip() for name, _, value in pairs}
