"""Open-set rates by quadrature, and what hits are made of (items 5 and 7)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from misid.statistics import Array, Numbers, amount, probability, within


class OpenSetRates(NamedTuple):
    """Rates of mated searches.

    Parameters
    ----------
    tpir, misid : float
        Share with the right, with a wrong top candidate at or above the threshold.
    rank_one : float
        Share with the right person on top where no threshold is set (closed set).
    """

    tpir: float
    misid: float
    rank_one: float


class HitComposition(NamedTuple):
    """What hits are made of.

    Parameters
    ----------
    hit : float or ndarray
        Probability that a scan gives a hit.
    right, wrong_enrolled, wrong_not_enrolled : float or ndarray
        Shares of the hits, which sum to 1: right person (the positive predictive value); another person although
        enrolled; nobody's record could have been right.
    """

    hit: Any
    right: Any
    wrong_enrolled: Any
    wrong_not_enrolled: Any


def open_set_rates(
    mated_cdf: Callable[[float], float],
    mated_pdf: Callable[[float], float],
    impostor_log_cdf: Callable[[float], float],
    impostor_log_pdf: Callable[[float], float],
    n_others: float,
    threshold: float,
    span: tuple[float, float],
) -> OpenSetRates:
    """Rates of mated searches where the mate competes with N independent scores of others, by quadrature.

    Parameters
    ----------
    mated_cdf, mated_pdf : callable
        Distribution G and density g of the mated score; float to float.
    impostor_log_cdf, impostor_log_pdf : callable
        Logarithms of distribution H and density h of one non-mated score; float to float.
    n_others : float
        References of other people (N), above 0; one less than the gallery if everybody has one reference.
    threshold : float
        On the scale of the scores, inside ``span`` (its upper end excluded).
    span : tuple of float
        Scores between which all of the mass lies that matters.

    Returns
    -------
    OpenSetRates
        ``tpir = int_t g H^N``, ``misid = int_t G N H^(N-1) h`` and ``rank_one = int g H^N``; probabilities.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Takes the mated score as independent of the others; a poor photo moves both, and then the model understates
    rank one.  Source: binomial model, Grother and Phillips, CVPR 2004; item 5.
    """
    from scipy import integrate

    n = float(amount("n_others", n_others, above=True))
    low, high = span
    start = float(within("threshold", threshold, low, high, below=True))

    def mate_on_top(score: float) -> float:
        return mated_pdf(score) * math.exp(n * impostor_log_cdf(score))

    def other_on_top(score: float) -> float:
        log_density = math.log(n) + (n - 1) * impostor_log_cdf(score) + impostor_log_pdf(score)
        return mated_cdf(score) * math.exp(log_density)

    def area(height: Callable[[float], float], left: float) -> float:
        # Panels, so that a peak narrow against the span is not stepped over.
        inner = np.linspace(left, high, 33)[1:-1]
        return float(integrate.quad(height, left, high, points=inner, limit=500, epsabs=0, epsrel=1e-10)[0])

    return OpenSetRates(tpir=area(mate_on_top, start), misid=area(other_on_top, start), rank_one=area(mate_on_top, low))


def hit_composition(
    enrolled: float | Array, right: float | Array, wrong: float | Array, false_positive: float | Array
) -> HitComposition:
    """How often a scan gives a hit, and whose record a hit shows.

    Parameters
    ----------
    enrolled : float or ndarray
        Share of the scanned people who are in the gallery (e), 0 to 1.
    right, wrong : float or ndarray
        Share of enrolled people whose top candidate is the right (TPIR), a wrong person (MISID); sum at most 1.
    false_positive : float or ndarray
        Share of the others with a hit (FPIR), 0 to 1.

    Returns
    -------
    HitComposition
        ``hit = e (TPIR + MISID) + (1-e) FPIR`` and the shares of its three terms.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range, or no hit is possible.

    Notes
    -----
    No property of the software: e depends on who is scanned.  Source: Bayes; National Academies, "Biometric
    Recognition" (2010), Appendix B; item 7.
    """
    e, t, w = probability("enrolled", enrolled), probability("right", right), probability("wrong", wrong)
    # One unit of rounding: 0.7 + 0.3 may come out above 1.
    within("right + wrong", t + w, 0, 1 + np.finfo(np.float64).eps)
    terms = e * t, e * w, (1 - e) * probability("false_positive", false_positive)
    hit = within("probability of a hit", terms[0] + terms[1] + terms[2], 0, above=True)
    return HitComposition(hit, *(term / hit for term in terms))


def implied_enrolled_share(alerts_true: Numbers | float, faces: Numbers | float, tpir: Numbers | float) -> Numbers:
    """Share of passers-by on the list that a number of true alerts implies, if TPIR is known.

    Parameters
    ----------
    alerts_true : float or ndarray
        True alerts, at least 0.
    faces : float or ndarray
        Faces searched, above 0.
    tpir : float or ndarray
        True positive identification rate in this use, above 0, at most 1.

    Returns
    -------
    float or ndarray
        ``alerts_true / (faces tpir)``, a probability.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range, or the three imply a share above 1.

    Notes
    -----
    Counts every alert that was not called false as true.  Source: item 7.d.
    """
    searched = amount("faces", faces, above=True) * within("tpir", tpir, 0, 1, above=True)
    result: Numbers = probability("alerts_true / (faces x tpir)", amount("alerts_true", alerts_true) / searched)
    return result
