"""Searches of people who may or may not be in the gallery: rates, and what a hit is worth.

Item numbers are those of ``tests/unit/test_formulas.py``.  Shapes broadcast; floats give a float.
"""

from __future__ import annotations

import numpy as np

from misid.statistics.growth import at_least_one
from misid.statistics.ranges import Numbers, probability, within


def two_names_not_enrolled(
    enrolled: Numbers | float,
    tpir_right: Numbers | float,
    wrong: Numbers | float,
    false_positive: Numbers | float,
) -> Numbers:
    """Probability that somebody is in no record, given that two photos of them returned two different names.

    Parameters
    ----------
    enrolled : float or ndarray
        Probability of being in the gallery before the photos (e), 0 to 1.
    tpir_right, wrong : float or ndarray
        Probability that a photo of an enrolled person returns the right (T), a wrong name (W); sum at most 1.
    false_positive : float or ndarray
        Probability that a photo of anybody else returns a name (F), 0 to 1.

    Returns
    -------
    float or ndarray
        ``(1-e) F^2 / ((1-e) F^2 + e (2 T W + W^2))``, a probability.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range, or two names are impossible.

    Notes
    -----
    Takes the photos as independent and wrong names as always different.  Source: item 27.b.
    """
    e, t, w = probability("enrolled", enrolled), probability("tpir_right", tpir_right), probability("wrong", wrong)
    within("tpir_right + wrong", t + w, 0, 1 + np.finfo(np.float64).eps)
    outside = (1 - e) * probability("false_positive", false_positive) ** 2
    inside = e * w * (2 * t + w)
    result: Numbers = outside / within("probability of two names", outside + inside, 0, above=True)
    return result


def any_hit_of(attempts: Numbers | float, probability: Numbers | float, correlation: Numbers | float) -> Numbers:
    """Probability of at least one hit in several tries on the same person.

    Parameters
    ----------
    attempts : float or ndarray
        Tries (k), whole, at least 0.
    probability : float or ndarray
        Probability of a hit of one try (p), 0 to 1.
    correlation : float or ndarray
        Correlation r of two tries, from 0 (independent) to 1 (all alike).

    Returns
    -------
    float or ndarray
        A probability: ``1 - (1-p)^k`` at 0, ``p`` at 1, beta-binomial between.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    A beta-binomial with parameters ``p (1-r)/r`` and ``(1-p) (1-r)/r``, as the product over tries of the chance
    ``p (1-r) / (1 - r + i r)`` of a hit after i without; nothing cancels and both ends need no special case.
    Source: item 27.a.
    """
    from scipy import special

    k = within("attempts", attempts, 0, below=True, whole=True)
    p, r = within("probability", probability, 0, 1), within("correlation", correlation, 0, 1)
    log_none = special.xlog1py(np.minimum(k, 1), -p)
    for i in range(1, int(np.max(k, initial=0))):
        log_none = log_none + special.xlog1py(k > i, -p * (1 - r) / (1 - r + i * r))
    result: Numbers = at_least_one(log_none)
    return result
