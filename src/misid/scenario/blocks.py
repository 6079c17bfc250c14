"""What every block of a scenario is made of: its base class, and quantities with their units and limits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, Strict
from pydantic_core import PydanticCustomError, core_schema

from misid.quantities import Quantity

YesNo = Annotated[bool, Strict()]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Text = Annotated[str, Field(min_length=1, max_length=600)]


@dataclass(frozen=True)
class Bound:
    """Unit and permitted range of a quantity; checks either form of it.

    Parameters
    ----------
    unit : str
        Unit in words.
    lowest, highest : float
        Inclusive limits for value, low and high.
    """

    unit: str
    lowest: float
    highest: float

    def check(self, quantity: Any) -> Any:
        """Return the quantity, or refuse another unit or what lies outside the limits."""
        if quantity.unit not in (None, self.unit):
            raise PydanticCustomError(
                "other_unit", "unit is {named}", {"named": repr(quantity.unit), "unit": self.unit}
            )
        given = {name: getattr(quantity, name) for name in ("value", "low", "high")}
        outside = [
            f"{name} {plain_number(x)}"
            for name, x in given.items()
            if x is not None and not (math.isfinite(x) and self.lowest <= x <= self.highest)
        ]
        if outside:
            raise PydanticCustomError(
                "out_of_range",
                "{outside} not within {lowest} to {highest} ({unit})",
                {
                    "outside": ", ".join(outside),
                    "unit": self.unit,
                    "lowest": plain_number(self.lowest),
                    "highest": plain_number(self.highest),
                },
            )
        return quantity

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))


def plain_number(x: float) -> str:
    """Return a number as a person would write it, every digit that matters kept."""
    return f"{int(x):,}" if abs(x) < 1e16 and x.is_integer() else repr(x)


Probability = Annotated[Quantity, Bound("probability", 0.0, 1.0)]
# A threshold that nothing reaches, or everything, is none; and log and odds of the rate must stay finite.
Fpir = Annotated[Quantity, Bound("probability", 1e-12, 0.999999)]
Share = Annotated[Quantity, Bound("share", 0.0, 1.0)]
Decades = Annotated[Quantity, Bound("decades", -3.0, 5.0)]
References = Annotated[Quantity, Bound("references", 1.0, 1e11)]
ImagesPerPerson = Annotated[Quantity, Bound("images per person", 1.0, 1000.0)]
PerDay = Annotated[Quantity, Bound("scans per day", 0.0, 1e9)]
Years = Annotated[Quantity, Bound("years", 0.0, 150.0)]
Ratio = Annotated[Quantity, Bound("ratio", 1.0, 1e6)]
RowFactor = Annotated[Quantity, Bound("row factor", 0.001, 1000.0)]
PerPerson = Annotated[Quantity, Bound("per person", 0.0, 20.0)]
PeopleTogether = Annotated[Quantity, Bound("people", 2.0, 30.0)]
Tries = Annotated[Quantity, Bound("photos", 1.0, 10.0)]
Shift = Annotated[Quantity, Bound("standard deviations", -5.0, 5.0)]
ScansPerPerson = Annotated[Quantity, Bound("photos per person", 1.0, 1000.0)]
PerYear = Annotated[Quantity, Bound("times a year", 0.0, 366.0)]
Factor = Annotated[Quantity, Bound("factor", 1e-6, 1e6)]
Heterogeneity = Annotated[Quantity, Bound("shape of the gamma law", 0.01, 1e9)]


class Block(BaseModel):
    """Base of every block: frozen, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)
