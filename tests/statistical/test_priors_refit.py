"""The priors that ship are what the tool makes of the package's rows: some are fitted again, from the neutral start."""

from __future__ import annotations

import numpy as np
import pytest

from misid.algorithm import GrowthPrior, parse_rows, shared
from verification.developer_folds import fold_priors, folds
from verification.fit_growth import fit_prior
from verification.growth_of_misses import mugshot_rows
from verification.growth_step import pairs, step

pytestmark = pytest.mark.verify

ROWS = mugshot_rows()
DATA = pairs(parse_rows(ROWS))


def predicted(prior: GrowthPrior) -> np.ndarray:
    """Return logarithms of both figures at 12 million and scales of both errors, in units that are compared."""
    found = step(DATA, prior)
    middles = [(found.weight * np.log(x)).sum(axis=1) for x in (found.fnir, found.rank1)]
    return np.concatenate([*middles, np.log(prior.sigma(0.003, DATA.f1)), np.log(prior.sigma(0.0, DATA.r1))])


# The fit stops when the gradient is below 0.01: predictions then repeat to well under a thousandth on any machine.
# Scales follow from a step function of coverage, and move by a step where a single row changes sides.
@pytest.mark.parametrize(("partition", "fold"), [(0, 0), (1, 2), (3, 4)])
def test_a_fold_fitted_again_predicts_the_same(partition, fold):
    again = fit_prior(ROWS, folds(DATA.developer, partition)[fold])
    shipped = fold_priors()[partition, fold, "duplicates"]
    away = np.abs(predicted(again) - predicted(shipped)).reshape(4, -1).max(axis=1)
    assert away[:2].max() < 0.002
    assert away[2:].max() < 0.02


@pytest.mark.parametrize("left_out", ["", "nec"])
@pytest.mark.parametrize("form", ["duplicates", "no_duplicates"])
def test_a_shipped_prior_fitted_again_predicts_the_same(form, left_out):
    again = fit_prior(ROWS, left_out or None, form)
    away = np.abs(predicted(again) - predicted(shared(left_out)[form])).reshape(4, -1).max(axis=1)
    assert away[:2].max() < 0.002
    assert away[2:].max() < 0.02
