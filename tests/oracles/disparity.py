"""Measures of disparity that misid prints only as part of another, written as their definitions say."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from misid.statistics import max_over_min, within
from misid.statistics.disparity import _rates


def max_over_geometric_mean(rates: npt.ArrayLike) -> Any:
    """Largest rate over the geometric mean of all; 1 where all are equal.

    Parameters
    ----------
    rates : array_like of float, shape (G,) or (G, B)
        Above 0.

    Returns
    -------
    float or ndarray of shape (B,)

    Raises
    ------
    OutOfRange
        Where a rate is not above 0, or there is no group.

    Notes
    -----
    Source: NISTIR 8429, the leading candidate of its draft; item 24.a.
    """
    x = np.log(_rates(rates, above=True))
    return np.exp(x.max(axis=0) - x.mean(axis=0))


def inequity_rate(
    false_matches: npt.ArrayLike, false_non_matches: npt.ArrayLike, alpha: float = 1.0, beta: float = 1.0
) -> Any:
    """Inequity rate: the product of both max/min ratios, each to a power.

    Parameters
    ----------
    false_matches, false_non_matches : array_like of float, shape (G,) or (G, B)
        FMR and FNMR of the same groups, above 0.
    alpha, beta : float
        Powers, at least 0.

    Returns
    -------
    float or ndarray of shape (B,)
        At least 1.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Source: item 24.
    """
    powers = within("alpha", alpha, 0, below=True), within("beta", beta, 0, below=True)
    return max_over_min(false_matches) ** powers[0] * max_over_min(false_non_matches) ** powers[1]
