"""How false positives grow with the gallery, from one comparison to hundreds of millions.

Item numbers are those of ``tests/unit/test_formulas.py``.  Every probability is computed from the logarithm of
its complement, so that none is lost to rounding however small: at FMR 1e-17 the textbook form returns 0.

Shapes broadcast; floats give a float.  A function raises `misid.errors.OutOfRange` where an argument leaves its
stated range.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from misid.statistics.ranges import Numbers, amount, probability, within


def at_least_one(log_none: Any) -> Any:
    """Probability of at least one event from the logarithm of the probability of none; never ``-0.0``."""
    return 0.0 - np.expm1(log_none)


def fpir_independent(fmr: Numbers | float, n_references: Numbers | float) -> Numbers:
    """FPIR of a search in which all comparisons are independent and alike: ``1 - (1 - F)^N``.

    Parameters
    ----------
    fmr : float or ndarray
        False match rate F of one comparison at the threshold, 0 to 1.
    n_references : float or ndarray
        References searched (N), at least 0; may be fractional, see `effective_comparisons`.

    Returns
    -------
    float or ndarray
        FPIR, a probability.

    Notes
    -----
    F is rarely one number (`fpir_groups`) and comparisons share a probe (`fpir_gamma`).  Source: Daugman,
    "Biometric decision landscapes", UCAM-CL-TR-482 (2000); item 1.
    """
    from scipy import special

    # xlog1py is 0 at N = 0 even for F = 1.
    result: Numbers = at_least_one(special.xlog1py(amount("n_references", n_references), -probability("fmr", fmr)))
    return result


def fmr_for_fpir(fpir: Numbers | float, n_references: Numbers | float) -> Numbers:
    """FMR at which `fpir_independent` gives this FPIR: ``1 - (1 - FPIR)^(1/N)``.

    Parameters
    ----------
    fpir : float or ndarray
        At least 0 and below 1 (1 says nothing about F).
    n_references : float or ndarray
        Above 0.

    Returns
    -------
    float or ndarray
        FMR of one comparison, a probability.

    Notes
    -----
    One point moved to another N is an extrapolation, not a calibration.  Source: inverse of item 1; item 8.
    """
    rate = within("fpir", fpir, 0, 1, below=True)
    result: Numbers = at_least_one(np.log1p(-rate) / amount("n_references", n_references, above=True))
    return result


def effective_comparisons(
    n_images: Numbers | float, images_per_person: Numbers | float, image_correlation: Numbers | float
) -> Numbers:
    """How many independent comparisons a gallery with several images of each person amounts to.

    Parameters
    ----------
    n_images : float or ndarray
        References in all, at least 0.
    images_per_person : float or ndarray
        Mean references of one person (m), at least 1.
    image_correlation : float or ndarray
        From 0 (images of one person are as unlike as strangers') to 1 (copies).

    Returns
    -------
    float or ndarray
        ``people * (1 + (m - 1) * (1 - correlation))``: from the number of people to the number of images.

    Notes
    -----
    A straight line between two bounds, a modelling choice.  Source: item 3.
    """
    m = within("images_per_person", images_per_person, 1, below=True)
    own = 1 + (m - 1) * (1 - probability("image_correlation", image_correlation))
    result: Numbers = amount("n_images", n_images) / m * own
    return result


def fpir_gamma(expected: Numbers | float, k: Numbers | float) -> Numbers:
    """FPIR where probes differ in how easily they match falsely: ``1 - (1 + lambda/k)^(-k)``.

    Parameters
    ----------
    expected : float or ndarray
        Expected false candidates of a mean probe (lambda), at least 0.
    k : float or ndarray
        Shape of the gamma distribution of that propensity, above 0; ``inf`` is independence, small means that a
        few people draw most false hits.

    Returns
    -------
    float or ndarray
        FPIR, a probability, never above that at ``k = inf`` (Jensen).

    Notes
    -----
    No mean FPIR can tell k: that takes repeated probes of the same people.  Source: gamma-mixed Poisson,
    item 4.
    """
    result: Numbers = at_least_one(-_gamma_exponent(amount("expected", expected), within("k", k, 0, above=True)))
    return result


def _gamma_exponent(expected: Any, k: Any) -> Any:
    """``k log(1 + lambda/k)``, which tends to lambda as k grows without bound."""
    finite = np.where(np.isinf(k), 1.0, k)
    return np.where(np.isinf(k), expected, finite * np.log1p(expected / finite))[()]


def expected_from_fpir(fpir: Numbers | float, k: Numbers | float) -> Numbers:
    """Return the false candidates to expect where `fpir_gamma` gives this FPIR.

    Parameters
    ----------
    fpir : float or ndarray
        At least 0 and below 1.
    k : float or ndarray
        As for `fpir_gamma`.

    Returns
    -------
    float or ndarray
        Expected false candidates; ``inf`` where the number is too large for a float (tiny ``k``).

    Notes
    -----
    ``k ((1 - FPIR)^(-1/k) - 1)``, or ``-ln(1 - FPIR)`` at ``k = inf``.  Source: inverse of item 4; item 8.
    """
    shape = within("k", k, 0, above=True)
    at_inf = -np.log1p(-within("fpir", fpir, 0, 1, below=True))
    finite = np.where(np.isinf(shape), 1.0, shape)
    with np.errstate(over="ignore"):
        result: Numbers = 0.0 + np.where(np.isinf(shape), at_inf, finite * np.expm1(at_inf / finite))[()]
    return result
