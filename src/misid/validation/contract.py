"""The shapes that every table of predictions shares: a prediction beside what was observed, and a table of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from misid.quantities import Conditions, Estimate

Scale = Literal["ratio", "difference"]


class Standing(StrEnum):
    """Whether the fit had seen what it is judged by."""

    GROUP_LEFT_OUT = "whole developer left out"
    ROW_LEFT_OUT = "row left out"
    NEVER_FITTED = "used in no fit"
    IN_SAMPLE = "in sample"


@dataclass(frozen=True)
class Prediction:
    """One prediction beside what was observed.

    Parameters
    ----------
    subject : str
        Algorithm, or the id of a deployment.
    group : str
        What is left out whole and resampled whole: a developer, an operator.
    value, low, high : float
        Prediction and its interval, ``low <= value <= high``.
    observed : float
        What was printed or counted, as a rate in the unit of the prediction.
    observed_low, observed_high : float
        The rounding interval of a printed value, or the interval of a count.
    standing : Standing
        Whether the fit had seen it.
    band : str
        Part of the table that it is reported with ("0.001 to 0.002").
    baselines : dict
        What simpler rules predict, by their name in `Table.baselines`.
    pit : float or None
        Probability that the prediction gave to values up to the observed one; randomised where counts are small.
    log_score : float or None
        Natural logarithm of the probability (or density of the logarithm) given to what was observed.
    note : str
        What a reader must know of this row; printed beside it.
    detail : dict
        Further columns of the row: plain numbers or words.
    """

    subject: str
    group: str
    value: float
    low: float
    high: float
    observed: float
    observed_low: float
    observed_high: float
    standing: Standing
    band: str = ""
    baselines: Mapping[str, float] = field(default_factory=dict)
    pit: float | None = None
    log_score: float | None = None
    note: str = ""
    detail: Mapping[str, float | int | str] = field(default_factory=dict)

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
        """Return how far the prediction (or another value) is from the observation, with its sign.

        Parameters
        ----------
        scale : {"ratio", "difference"}
            ``ln(predicted / observed)``, or predicted minus the nearest value that rounds to the observed one.
        value : float, optional
            Instead of the prediction: a baseline.

        Returns
        -------
        float
            Nats, or the unit of the prediction.
        """
        value = self.value if value is None else value
        if scale == "difference":
            return value - min(max(value, self.observed_low), self.observed_high)
        if value <= 0 or self.observed <= 0:
            return 0.0 if value == self.observed else math.copysign(math.inf, value - self.observed)
        return math.log(value / self.observed)

    def to_json(self, scale: Scale) -> dict[str, Any]:
        """Return plain JSON types; distances that are not finite are None."""
        away = self.away(scale)
        plain = {name: value for name, value in self.__dict__.items() if name not in ("baselines", "detail")}
        return {
            **plain,
            "standing": self.standing.value,
            "baselines": dict(self.baselines),
            "detail": dict(self.detail),
            "inside": self.inside,
            "away": away if math.isfinite(away) else None,
        }


@dataclass(frozen=True)
class Goal:
    """A limit that was set before the table was made: ``low <= figure <= high``."""

    figure: str
    low: float
    high: float
    source: str


@dataclass(frozen=True)
class Summary:
    """What a table, or one band of it, comes to.

    Parameters
    ----------
    band : str
        Empty for all rows.
    figures : dict
        ``median``, ``p90`` (of the distance, without its sign), ``coverage``, ``bias`` (median with its sign);
        ``median NAME`` and ``p90 NAME`` for each baseline.  Intervals are over whole groups.
    """

    band: str
    figures: Mapping[str, Estimate]


@dataclass(frozen=True)
class Table:
    """Predictions of one kind, beside what was observed.

    Parameters
    ----------
    code : str
        Short name, for files and ``--table``: ``growth_fnir``.
    title, question : str
        What it is, and what a reader wants to know.
    target : str
        What is predicted, in words, with gallery size, threshold and image kind.
    how : str
        What was fitted on what, and what was left out.
    conditions : Conditions
        Of the target.
    level : float
        Of the intervals.
    scale : {"ratio", "difference"}
        How a miss is measured.
    predictions : tuple of Prediction
        In any order; `misses` orders them.
    baselines : dict
        Name of each baseline and what it does, in words.
    goals : tuple of Goal
        Limits set beforehand; a band's figures are named ``BAND|figure``.
    unsettled : tuple of str
        What these data cannot decide.
    caveats : tuple of str
        Codes of `misid.vocabulary.CAVEATS`.
    judged : bool
        False where rows are too few or too wide for a summary to say anything: then none is given.
    again_of : str
        Code of the table whose figures this one predicts again, with something else left out; empty if none.  Its goals
        count; its rows are not counted twice where misses of all tables are.
    """

    code: str
    title: str
    question: str
    target: str
    how: str
    conditions: Conditions
    level: float
    scale: Scale
    predictions: tuple[Prediction, ...]
    baselines: Mapping[str, str] = field(default_factory=dict)
    goals: tuple[Goal, ...] = ()
    unsettled: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    judged: bool = True
    again_of: str = ""

    def misses(self) -> tuple[Prediction, ...]:
        """Return all rows, worst first: those outside their interval, then by distance."""
        return tuple(
            sorted(self.predictions, key=lambda row: (row.inside, -abs(row.away(self.scale)), row.subject, row.band))
        )

    def bands(self) -> tuple[str, ...]:
        """Return the bands in order of first appearance, without the empty one."""
        return tuple(dict.fromkeys(row.band for row in self.predictions if row.band))
