"""On which scale scores are held, so that single precision tells apart what the file tells apart.

Scores that crowd near a number differ by less than a number of that size can hold; their differences from it do not.
Probabilities that crowd near 0 and near 1 are told apart by their log-odds.  Both keep the order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from misid.vocabulary.catalogue import say

Doubles = npt.NDArray[np.float64]

CROWDED = 0.01  # of different scores that become equal in single precision; with more, another scale is looked for
_LOWEST, _HIGHEST = -746.0, 38.0  # log-odds beyond those of every double between 0 and 1


@dataclass(frozen=True)
class ScoreScale:
    """What is done to scores before they are rounded to single precision."""

    offset: float = 0.0  # taken off each
    log_odds: bool = False

    def apply(self, score: Doubles) -> Doubles:
        """Return scores on this scale."""
        if not self.log_odds:
            return score - self.offset if self.offset else score
        inside = (score > 0.0) & (score < 1.0)
        safe = np.where(inside, score, 0.5)
        ends = np.where(score <= 0.0, _LOWEST, np.where(score >= 1.0, _HIGHEST, score))
        return np.where(inside, np.log(safe) - np.log1p(-safe), ends)

    def sql(self, score: str) -> str:
        """Return SQL for `apply`."""
        if not self.log_odds:
            return f"({score}) - {self.offset!r}" if self.offset else score
        ends = f"WHEN ({score}) <= 0 THEN {_LOWEST} WHEN ({score}) >= 1 THEN {_HIGHEST}"
        return f"CASE WHEN isnan({score}) THEN {score} {ends} ELSE ln({score}) - ln(1 - ({score})) END"

    def number(self, score: float) -> float:
        """Return one score, or threshold, on this scale."""
        return float(self.apply(np.array([score]))[0])

    @property
    def words(self) -> str:
        """Say what is done, as a sentence for what was taken for granted; empty if nothing is."""
        if self.log_odds:
            return say("reading.scale.log_odds")
        if self.offset:
            return say("reading.scale.offset", x=f"{self.offset:.17g}")
        return ""


AS_READ = ScoreScale()


def scale_of(rising: Doubles) -> ScoreScale:
    """Return the scale for scores, none of which is NaN: as they are, where single precision tells them apart."""
    distinct = rising[np.append(True, rising[1:] != rising[:-1])[: rising.size]]

    def lost(scale: ScoreScale) -> int:
        with np.errstate(over="ignore"):
            held = scale.apply(distinct).astype(np.float32)
        return int(np.count_nonzero(held[1:] == held[:-1]))

    before = lost(AS_READ)
    if before <= CROWDED * distinct.size:
        return AS_READ
    near = (distinct[-1], distinct[0], np.median(rising))
    scales = [ScoreScale(float(one)) for one in near]
    if distinct[0] >= 0.0 and distinct[-1] <= 1.0:
        scales.append(ScoreScale(log_odds=True))
    best = min(scales, key=lost)
    return best if lost(best) < before / 2 else AS_READ
