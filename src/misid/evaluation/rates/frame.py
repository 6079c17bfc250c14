"""One figure of comparisons: its value with interval, conditions and caveats."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from misid.evaluation.contract import HERE
from misid.evaluation.rates.conventions import Point
from misid.evaluation.rates.distribution import Steps
from misid.evaluation.rates.doubt import Doubt as Doubts
from misid.quantities import Conditions, Estimate, Interval


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
        of: Interval,
        words: str,
        n: int,
        count: int | None,
        at: Point | None = None,
        unit: str = "probability",
        errors: int | None = None,
    ) -> Estimate:
        """Return one figure; ``errors`` are those that it rests on, where they are not its count."""
        return Estimate.of(
            of._replace(events=count, trials=n, level=None if of.low is None else self.doubts.level),
            conditions=self.at(at),
            distance=HERE,
            unit=unit,
            words=words,
            errors=errors,
            caveats=self.caveats,
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
        return Estimate.missing(
            reason, conditions=self.at(None), distance=HERE, unit=unit, words=words, n=n, caveats=self.caveats
        )
