"""The operator's price table: the API tells no prices. Read once, at start.

currency = "CNY"

[cn-hangzhou]                      # one table a region
"ecs.gn6i-c4g1.xlarge" = 11.63     # an instance type's pay-as-you-go price an hour
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Price = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class PriceTable(BaseModel):
    """Prices an hour, by region and instance type."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: str = Field(default="CNY", pattern=r"^[A-Z]{3}$")
    regions: Mapping[str, Mapping[str, Price]]

    def hourly(self, region: str, instance_type: str) -> float | None:
        return self.regions.get(region, {}).get(instance_type)


def load(path: Path) -> PriceTable:
    """Raises ValueError in one sentence, for a file that cannot be read or does not have the form above."""
    import tomllib  # 5 ms that a start without a table need not pay

    try:
        given: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        currency = {"currency": given.pop("currency")} if "currency" in given else {}
        return PriceTable.model_validate({**currency, "regions": given})
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror})") from None
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, wrong["loc"])).removeprefix("regions.")
        raise ValueError(f"{path}: {where}: {wrong['msg']}") from None
    except ValueError as error:  # TOML, or not UTF-8
        raise ValueError(f"{path} is no TOML: {error}") from None
