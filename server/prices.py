"""The price table of the operator; the API has no prices. Read once, at start.

currency = "CNY"

[cn-hangzhou]                      # a table for each region
"ecs.gn6i-c4g1.xlarge" = 11.63     # an instance type's pay-as-you-go price for an hour
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Price = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class PriceTable(BaseModel):
    """Prices for each hour in the file's currency, by region and instance type."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: str = Field(default="CNY", pattern=r"^[A-Z]{3}$")
    regions: Mapping[str, Mapping[str, Price]]

    def hourly(self, region: str, instance_type: str) -> float | None:
        """Price of an hour; None if the table has none."""
        return self.regions.get(region, {}).get(instance_type)


def load(path: Path) -> PriceTable:
    """Read a price table. Raises ValueError (one sentence) for a file that cannot be read or has another form."""
    import tomllib  # 5 ms, only needed with a table

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
    except ValueError as error:  # invalid TOML or invalid UTF-8
        raise ValueError(f"{path} is no TOML: {error}") from None
