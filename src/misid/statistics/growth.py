"""How false positives grow with the gallery, with tries and with time, from one comparison to hundreds of millions.

Every probability is computed from the logarithm of its complement, so that none is lost to rounding however small: at
FMR 1e-17 the textbook form returns 0.  Shapes broadcast; floats give a float.  A function raises
`misid.errors.OutOfRange` where an argument leaves its stated range.  Item numbers are those of docs/formulas.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from misid.statistics.ranges import Numbers, amount, probability, within


def one_or_more(log_none: Any) -> Any:
    """Probability of at least one event from the logarithm of the probability of none; never ``-0.0``."""
    return 0.0 - np.expm1(log_none)


def fpir_independent(fmr: Numbers | float, n_references: Numbers | float) -> Numbers:
    """FPIR of a search in which all comparisons are independent and alike: ``1 - (1 - F)^N``.

    F is rarely one number, and comparisons share a probe (`fpir_gamma`); N may be fractional.  Source: Daugman,
    "Biometric decision landscapes", UCAM-CL-TR-482 (2000); item 1.
    """
    # xlog1py is 0 at N = 0 even for F = 1.
    return one_or_more(special.xlog1py(amount("n_references", n_references), -probability("fmr", fmr)))


def fmr_for_fpir(fpir: Numbers | float, n_references: Numbers | float) -> Numbers:
    """FMR at which `fpir_independent` gives this FPIR: ``1 - (1 - FPIR)^(1/N)``.

    One point moved to another N is an extrapolation, not a calibration.  Source: inverse of item 1; item 8.
    """
    rate = within("fpir", fpir, 0, 1, below=True)
    return one_or_more(np.log1p(-rate) / amount("n_references", n_references, above=True))


def effective_comparisons(
    n_images: Numbers | float, images_per_person: Numbers | float, image_correlation: Numbers | float
) -> Numbers:
    """How many independent comparisons a gallery with several images of each person amounts to.

    From the number of people, where images of one person are copies (correlation 1), to the number of images, where
    they are as unlike as strangers' (0): a straight line between two bounds, a modelling choice.  Source: item 3.
    """
    m = within("images_per_person", images_per_person, 1, below=True)
    own = 1 + (m - 1) * (1 - probability("image_correlation", image_correlation))
    return amount("n_images", n_images) / m * own


def fpir_gamma(expected: Numbers | float, k: Numbers | float) -> Numbers:
    """FPIR where probes differ in how easily they match falsely: ``1 - (1 + lambda/k)^(-k)``.

    ``expected`` false candidates of a mean probe (lambda); ``k`` is the shape of the gamma distribution of that
    propensity: ``inf`` is independence, small means that a few people draw most false hits.  No mean FPIR can tell k:
    that takes repeated probes of the same people.  Source: gamma-mixed Poisson, item 4.
    """
    return one_or_more(-_gamma_exponent(amount("expected", expected), within("k", k, 0, above=True)))


def _gamma_exponent(expected: Any, k: Any) -> Any:
    """``k log(1 + lambda/k)``, which tends to lambda as k grows without bound."""
    finite = np.where(np.isinf(k), 1.0, k)
    return np.where(np.isinf(k), expected, finite * np.log1p(expected / finite))[()]


def expected_from_fpir(fpir: Numbers | float, k: Numbers | float) -> Numbers:
    """Return the false candidates to expect where `fpir_gamma` gives this FPIR.

    ``k ((1 - FPIR)^(-1/k) - 1)``, or ``-ln(1 - FPIR)`` at ``k = inf``.  Source: inverse of item 4; item 8.
    """
    shape = within("k", k, 0, above=True)
    at_inf = -np.log1p(-within("fpir", fpir, 0, 1, below=True))
    finite = np.where(np.isinf(shape), 1.0, shape)
    with np.errstate(over="ignore"):
        return 0.0 + np.where(np.isinf(shape), at_inf, finite * np.expm1(at_inf / finite))[()]


def two_names_not_enrolled(
    enrolled: Numbers | float,
    tpir_right: Numbers | float,
    wrong: Numbers | float,
    false_positive: Numbers | float,
) -> Numbers:
    """Probability that somebody is in no record, given that two photos of them returned two different names.

    A photo of an enrolled person returns the right name with probability T, a wrong one with W, of anybody else a name
    with F: ``(1-e) F^2 / ((1-e) F^2 + e (2 T W + W^2))``.  Takes the photos as independent and wrong names as always
    different.  Source: item 27.b.
    """
    e, t, w = probability("enrolled", enrolled), probability("tpir_right", tpir_right), probability("wrong", wrong)
    within("tpir_right + wrong", t + w, 0, 1 + np.finfo(np.float64).eps)
    outside = (1 - e) * probability("false_positive", false_positive) ** 2
    inside = e * w * (2 * t + w)
    return outside / within("probability of two names", outside + inside, 0, above=True)


def any_hit_of(attempts: Numbers | float, probability: Numbers | float, correlation: Numbers | float) -> Numbers:
    """Probability of at least one hit in several tries on the same person.

    ``1 - (1-p)^k`` at correlation 0, ``p`` at 1, beta-binomial between.  A beta-binomial with parameters ``p (1-r)/r``
    and ``(1-p) (1-r)/r``, as the product over tries of the chance ``p (1-r) / (1 - r + i r)`` of a hit after i without;
    nothing cancels and both ends need no special case.  Source: item 27.a.
    """
    k = within("attempts", attempts, 0, below=True, whole=True)
    p, r = within("probability", probability, 0, 1), within("correlation", correlation, 0, 1)
    log_none = special.xlog1py(np.minimum(k, 1), -p)
    for i in range(1, int(np.max(k, initial=0))):
        log_none = log_none + special.xlog1py(k > i, -p * (1 - r) / (1 - r + i * r))
    return one_or_more(log_none)


def retention_stock(
    rate_per_year: Numbers | float, years_running: Numbers | float, retention_years: Numbers | float
) -> Numbers:
    """Photos held after some years in which every photo is kept for a fixed time.

    Source: Little's law, Operations Research 9 (1961); item 28.
    """
    years = np.minimum(amount("years_running", years_running), amount("retention_years", retention_years))
    return amount("rate_per_year", rate_per_year) * years
