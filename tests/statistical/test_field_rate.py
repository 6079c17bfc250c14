"""Coverage of `fit_field` on simulated places: exact where they share one rate, about nominal where they differ.

A false alarm has a probability of one in a million for each case: the number of intervals that hold is compared with
the binomial law at the coverage that is claimed.  A fit that takes places for alike fails the same test.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from misid.expected import fit_field

pytestmark = pytest.mark.slow

ALARM = 1e-6
SETS = 150
CLAIMED = 0.87  # of 90% predictive intervals, for spreads up to 1 and two rows or more


def places(rng: np.random.Generator, rows: int, mean: float, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Faces and false alerts of places whose lists have 1,000 references, with ``mean`` alerts in a middling one."""
    rate = 1e-8
    faces = np.rint(mean / (rate * 1000) * 10 ** rng.uniform(-0.7, 0.7, rows)).astype(int)
    own = np.ones(rows) if spread == 0 else rng.gamma(spread**-2, spread**2, rows)
    return faces, rng.poisson(faces * 1000 * rate * own)


def held(rows: int, mean: float, spread: float, spread_scale: float | None = None) -> tuple[int, int]:
    """How often the prediction holds one more place, and the pooled interval the rate."""
    rng = np.random.default_rng(13)
    predicted = pooled = 0
    for _ in range(SETS):
        faces, alerts = places(rng, rows + 1, mean, spread)
        counts = [
            {"faces": int(f), "list_size": 1000, "false_alerts": int(n)}
            for f, n in zip(faces[:-1], alerts[:-1], strict=True)
        ]
        fit = fit_field(counts, spread_scale=spread_scale)
        low, high = fit.predict(float(faces[-1]), 1000).ends
        predicted += low <= alerts[-1] <= high
        pooled += fit.rate.ends[0] <= 1e-8 <= fit.rate.ends[1]
    return predicted, pooled


def too_few(holds: int, claimed: float) -> bool:
    return bool(stats.binom.cdf(holds, SETS, claimed) < ALARM)


@pytest.mark.parametrize(("rows", "mean", "spread"), [(2, 8, 1.0), (3, 8, 1.0), (6, 8, 1.0), (3, 2, 0.5), (4, 5, 0.0)])
def test_predictions_hold_as_often_as_is_claimed(rows, mean, spread):
    predicted, pooled = held(rows, mean, spread)
    assert not too_few(predicted, CLAIMED)
    if spread == 0.0:
        assert not too_few(pooled, 0.95)


def test_a_fit_that_takes_places_for_alike_is_found_out():
    predicted, pooled = held(3, 8, 1.0, spread_scale=0.03)
    assert too_few(predicted, CLAIMED)
    assert too_few(pooled, 0.95)  # and the pooled interval is not for places that differ
