"""Odds: what evidence does to a probability, and how much a hit can say about status.

Item numbers are those of ``tests/unit/test_formulas.py``.  Shapes broadcast; floats give a float.
"""

from __future__ import annotations

import numpy as np

from misid.errors import OutOfRange
from misid.statistics import Numbers, amount, probability, within


def posterior(prior: Numbers | float, *likelihood_ratios: Numbers | float) -> Numbers:
    """Probability of a proposition after evidence: posterior odds = prior odds x every likelihood ratio.

    Parameters
    ----------
    prior : float or ndarray
        Probability before the evidence, 0 to 1.
    *likelihood_ratios : float or ndarray
        At least 0, above 1 if the evidence speaks for the proposition.  Each ratio must be conditional on the
        evidence before it.

    Returns
    -------
    float or ndarray
        A probability.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range, or the prior is 1 and a likelihood ratio 0.

    Notes
    -----
    A rule that takes a hit as definitive sets the ratio of every document to 1.  Source: Bayes in odds form;
    item 30.
    """
    from scipy import special

    before = probability("prior", prior)
    # xlogy(1, 0) is minus infinity without a warning; sums of logarithms cannot overflow.
    logs = special.logit(before)
    with np.errstate(invalid="ignore"):  # infinity minus infinity is answered below
        for ratio in likelihood_ratios:
            logs = logs + special.xlogy(1.0, amount("likelihood_ratio", ratio))
    if np.any(np.isnan(logs)):
        raise OutOfRange("prior", 1.0, "below 1 where a likelihood ratio is 0")
    result: Numbers = special.expit(logs)
    return result


def status_likelihood_ratio_bound(
    enrolled_citizen: Numbers | float, tpir: Numbers | float, record_error: Numbers | float
) -> Numbers:
    """Largest likelihood ratio that a hit can have for "not a citizen", however good the face comparison.

    Parameters
    ----------
    enrolled_citizen : float or ndarray
        Share of citizens who are in the gallery, above 0, at most 1.
    tpir : float or ndarray
        True positive identification rate, above 0, at most 1.
    record_error : float or ndarray
        Share of those citizens whose own record says otherwise, above 0, at most 1.

    Returns
    -------
    float or ndarray
        ``1 / (enrolled_citizen tpir record_error)``, at least 1.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Citizens matched rightly to a wrong record give the same hit.  Source: item 30.c.
    """
    product = (
        within("enrolled_citizen", enrolled_citizen, 0, 1, above=True)
        * within("tpir", tpir, 0, 1, above=True)
        * within("record_error", record_error, 0, 1, above=True)
    )
    result: Numbers = 1 / product
    return result
