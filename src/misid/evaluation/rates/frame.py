"""One figure of comparisons: its value with interval, conditions and caveats."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from misid.evaluation.contract import HERE
from misid.evaluation.rates.conventions import Point
from misid.evaluation.rates.distribution import Steps
from misid.evaluation.rates.doubt import Doubt as Doubts
from misid.evaluation.rates.doubt import Range
from misid.quantities import Conditions, Doubt, Estimate
from misid.statistics import ENOUGH


class Frame(NamedTuple):
    """What all figures of one evaluation share.

    Parameters
    ----------
    steps : Steps
        Of the comparisons.
    doubts : Doubts
        Their intervals.
    image_kind : str
        Kind of probe image.
    caveats : tuple of str
        Of every figure.
    """

    steps: Steps
    doubts: Doubts
    image_kind: str
    caveats: tuple[str, ...]

    def estimate(
        self,
        value: float,
        of: Range,
        words: str,
        n: int,
        count: float | None,
        at: Point | None = None,
        unit: str = "probability",
        errors: int | None = None,
    ) -> Estimate:
        """Return one figure; ``errors`` are those that it rests on, where they are not its count."""
        caveats = list(self.caveats)
        rests_on = count if errors is None else errors
        if rests_on is not None and rests_on < ENOUGH:
            caveats.append("no_events" if rests_on == 0 else "few_events")
        if of.rough:
            caveats.append("few_replicates")
        low = None if of.low is None else min(of.low, value)
        high = None if of.high is None else max(of.high, value)
        return Estimate(
            value,
            low,
            high,
            unit,
            Doubt.SAMPLING,
            f"{words}; {of.method}",
            n=n,
            count=count,
            level=None if low is None else self.doubts.level,
            conditions=self.at(at),
            caveats=tuple(dict.fromkeys(caveats)),
            distance=HERE,
        )

    def at(self, at: Point | None) -> Conditions:
        """Return the conditions of a figure at a threshold."""
        if at is None:
            return Conditions(image_kind=self.image_kind)
        decades = -float(np.log10(at.fmr)) if at.fmr > 0 else None
        score = at.threshold if np.isfinite(at.threshold) else None
        return Conditions(threshold=decades, image_kind=self.image_kind, score=score)

    def missing(self, unit: str, words: str, n: int, reason: str) -> Estimate:
        """Return a figure that the data cannot give."""
        return Estimate(
            None,
            None,
            None,
            unit,
            Doubt.SAMPLING,
            words,
            n=n,
            conditions=self.at(None),
            caveats=self.caveats,
            reason=reason,
            distance=HERE,
        )
