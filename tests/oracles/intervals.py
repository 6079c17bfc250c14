"""The rule of three, exact (item 0)."""

from __future__ import annotations

import numpy as np

from misid.statistics import Numbers, within


def upper_bound_zero_errors(n: Numbers, level: float = 0.95) -> Numbers:
    """Largest error probability that ``n`` trials without an error leave open: ``1 - (1 - level)^(1/n)``.

    Parameters
    ----------
    n : float or ndarray
        Trials, at least 1.
    level : float
        One-sided confidence level, strictly between 0 and 1.

    Returns
    -------
    float or ndarray
        Probabilities, the shape of ``n``; near ``3 / n`` at level 0.95.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    One-sided, hence below the upper end of `clopper_pearson` at the same level.  Source: exact form of the
    "rule of three", Hanley and Lippman-Hand, JAMA 249 (1983); item 0.
    """
    trials = within("n", n, 1, below=True)
    confidence = within("level", level, 0, 1, above=True, below=True)
    bound: Numbers = -np.expm1(np.log1p(-confidence) / trials)
    return bound
