"""Coverage of the paired intervals: exact sums over tables of people, and trials with clusters.

The sums have no sampling error, so the floors that the docstring states are asserted as they stand.  Trials with
clusters are compared at a two-sided false-alarm rate of 1e-6 each; a run fails by chance once in about 50,000.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from misid.statistics import clustered_paired_difference
from oracles.paired import paired_difference, paired_standard_error

Z_AT_ONE_IN_A_MILLION = 4.891638

pytestmark = pytest.mark.verify


@pytest.mark.parametrize(("level", "floor"), [(0.95, 0.95), (0.99, 0.989)])
def test_rare_harm_is_covered(level: float, floor: float) -> None:
    """Poisson limit: a million people, so few discordant that the two counts are independent."""
    n, most = 1e6, 110
    counts = np.arange(most + 0.0)
    _, low, high = paired_difference(counts[:, None], counts, n, level)
    # The counts left out have a chance below 1e-9 at the largest mean.
    expected = np.concatenate([[0.0], np.geomspace(0.005, 45, 150)])
    chance = np.exp(special.xlogy(counts, expected[:, None]) - expected[:, None] - special.gammaln(counts + 1))
    least = min(
        float(first @ ((low <= truth) & (truth <= high)) @ second)
        for first, b in zip(chance, expected, strict=True)
        for second, c in zip(chance, expected, strict=True)
        for truth in [(b - c) / n]
    )
    assert least >= floor


@pytest.mark.parametrize(("level", "floor"), [(0.95, 0.94), (0.99, 0.97)])
@pytest.mark.parametrize("n", [5, 10, 30, 60, 100])
def test_any_harm_is_covered(n: int, level: float, floor: float) -> None:
    b, c = (a.ravel() for a in np.meshgrid(np.arange(n + 1.0), np.arange(n + 1.0), indexing="ij"))
    possible = b + c <= n
    b, c = b[possible], c[possible]
    _, low, high = paired_difference(b, c, n, level)
    ways = special.gammaln(n + 1) - special.gammaln(b + 1) - special.gammaln(c + 1) - special.gammaln(n - b - c + 1)
    shares = np.concatenate([[0, 0.001, 0.003], np.linspace(0.005, 0.995, 45), [0.998, 0.9995]])
    least = 1.0
    for first in shares:
        for second in shares[shares + first < 1]:
            logs = special.xlogy(b, first) + special.xlogy(c, second) + (n - b - c) * math.log1p(-first - second)
            truth = first - second
            # Truths and ends that are one number may differ by rounding.
            held = (low <= truth + 1e-12) & (truth - 1e-12 <= high)
            least = min(least, float(np.exp(ways + logs)[held].sum()))
    assert least >= floor


def covered(clusters: int, unlike: float, worse: float, trials: int = 4000) -> tuple[float, float]:
    """Shares of trials that the clustered and the plain interval cover; whole clusters fare worse or better."""
    rng = np.random.default_rng(22)
    truth = unlike / clusters * (2 * worse - 1)
    ours = plain = 0
    for _ in range(trials):
        sizes = 1.0 + rng.poisson(1, clusters)
        sign = np.where(rng.random(clusters) < worse, 1, -1) * (rng.random(clusters) < unlike / clusters)
        sums = sizes * sign
        result = clustered_paired_difference(sums, sizes)
        ours += result.low <= truth <= result.high
        error = paired_standard_error(float(sums[sums > 0].sum()), float(-sums[sums < 0].sum()), float(sizes.sum()))
        plain += abs(result.value - truth) <= 1.959964 * error
    return ours / trials, plain / trials


@pytest.mark.parametrize(
    ("clusters", "unlike", "worse", "floor"),
    [
        (300, 1, 1.0, 0.95),
        (300, 3, 1.0, 0.91),
        (300, 5, 0.8, 0.93),
        (300, 10, 1.0, 0.93),
        (300, 30, 0.8, 0.94),
        (300, 100, 0.8, 0.94),
        (3000, 5, 1.0, 0.93),
        (3000, 30, 1.0, 0.93),
        (20, 10, 0.8, 0.925),
    ],
)
def test_clusters_are_covered_and_people_taken_for_independent_are_not(
    clusters: int, unlike: float, worse: float, floor: float
) -> None:
    trials = 4000
    ours, plain = covered(clusters, unlike, worse, trials)
    slack = Z_AT_ONE_IN_A_MILLION * math.sqrt(floor * (1 - floor) / trials)
    assert ours >= floor - slack
    # The planted fault: an interval that forgets the clusters must be caught by the same bound.
    assert plain < floor - slack
