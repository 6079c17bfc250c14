"""A prediction beside what was observed, and a limit that was set before anybody looked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

Scale = Literal["ratio", "difference"]


class Standing(StrEnum):
    """Whether the fit had seen what it is judged by."""

    GROUP_LEFT_OUT = "whole developer left out"
    ROW_LEFT_OUT = "row left out"
    NEVER_FITTED = "used in no fit"
    IN_SAMPLE = "in sample"


@dataclass(frozen=True)
class Prediction:
    """One prediction beside what was observed; all rates in the unit of the prediction."""

    subject: str  # algorithm, or the id of a deployment
    group: str  # left out whole and resampled whole: a developer, an operator
    value: float
    low: float
    high: float
    observed: float  # printed or counted
    observed_low: float  # the rounding interval of a printed value, or the interval of a count
    observed_high: float
    standing: Standing
    band: str = ""  # part of the table that it is reported with ("0.001 to 0.002")
    baselines: Mapping[str, float] = field(default_factory=dict)  # what simpler rules predict
    pit: float | None = None  # probability given to values up to the observed one; randomised where counts are small
    log_score: float | None = None  # ln of the probability (or of the density of the logarithm) of what was observed
    note: str = ""  # printed beside the row
    detail: Mapping[str, float | int | str] = field(default_factory=dict)  # further columns

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.subject}: prediction outside its own interval")
        if not self.observed_low <= self.observed <= self.observed_high:
            raise ValueError(f"{self.subject}: observation outside its own interval")

    @property
    def inside(self) -> bool:
        """Whether the interval holds the observed value itself; its rounding is not used to be kind."""
        return self.low <= self.observed <= self.high

    def away(self, scale: Scale, value: float | None = None) -> float:
        """Return how far the prediction (or a baseline) is from the observation, with its sign.

        ``ln(predicted / observed)``, or predicted minus the nearest value that rounds to the observed one.
        """
        value = self.value if value is None else value
        if scale == "difference":
            return value - min(max(value, self.observed_low), self.observed_high)
        if value <= 0 or self.observed <= 0:
            return 0.0 if value == self.observed else math.copysign(math.inf, value - self.observed)
        return math.log(value / self.observed)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            **self.__dict__,
            "standing": self.standing.value,
            "baselines": dict(self.baselines),
            "detail": dict(self.detail),
        }


@dataclass(frozen=True)
class Goal:
    """A limit that was set before the table was made: ``low <= figure <= high``."""

    figure: str  # a band's figures are named ``BAND|figure``
    low: float
    high: float
    source: str
