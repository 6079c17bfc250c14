"""Beyond the highest scores that a test has seen: tails, thresholds, and the best of many scores.

Item numbers are those of ``tests/unit/test_formulas.py``.  Shapes broadcast; floats give a float.  A function raises
`misid.errors.OutOfRange` where an argument leaves its stated range.
"""

from __future__ import annotations

import numpy as np

from misid.statistics.ranges import Numbers, amount, probability, within


def tail_exceedance(
    start_probability: Numbers | float,
    distance: Numbers | float,
    scale: Numbers | float,
    shape: Numbers | float,
) -> Numbers:
    """Probability that a non-mated score lies at least ``distance`` above the start of the tail.

    Parameters
    ----------
    start_probability : float or ndarray
        Probability z of reaching the start of the tail, 0 to 1.
    distance : float or ndarray
        Threshold minus start of the tail (d), at least 0, in units of the score.
    scale : float or ndarray
        Scale s of the generalised Pareto tail, above 0, in units of the score.
    shape : float or ndarray
        Shape x of that tail: 0 is exponential, below 0 the tail ends at ``d = -s / x``.

    Returns
    -------
    float or ndarray
        ``z (1 + x d / s)^(-1/x)``, a probability; 0 from the end of the tail on.

    Notes
    -----
    The shape decides: carry a band over it, and go little more than one decade beyond the data.  Source: peaks over
    threshold (Pickands, Annals of Statistics 3, 1975); item 6.
    """
    start = probability("start_probability", start_probability)
    relative = amount("distance", distance) / amount("scale", scale, above=True)
    bend = within("shape", shape, -np.inf, above=True, below=True)
    stretch = np.maximum(bend * relative, -1.0)
    ended = stretch == -1
    # log1p(y) / x tends to d / s as x tends to 0; where y underflows the limit is the value.
    straight = stretch == 0
    logs = np.log1p(np.where(ended, 0.0, stretch)) / np.where(straight, 1.0, bend)
    result: Numbers = (start * np.where(ended, 0.0, np.exp(-np.where(straight, relative, logs))))[()]
    return result


def threshold_shift(scale: Numbers | float, n_from: Numbers | float, n_to: Numbers | float) -> Numbers:
    """By how much the threshold must rise to hold FPIR while the gallery grows, if the tail is exponential.

    Parameters
    ----------
    scale : float or ndarray
        Scale of the tail, above 0, in units of the score.
    n_from, n_to : float or ndarray
        References before and after, above 0.

    Returns
    -------
    float or ndarray
        ``scale ln(n_to / n_from)`` in units of the score; below 0 for a smaller gallery.

    Notes
    -----
    Source: item 6.c.
    """
    ratio = amount("n_to", n_to, above=True) / amount("n_from", n_from, above=True)
    result: Numbers = amount("scale", scale, above=True) * np.log(ratio)
    return result
