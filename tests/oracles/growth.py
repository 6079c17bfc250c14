"""Further forms of the growth of FPIR with the gallery (items 1, 2 and 4)."""

from __future__ import annotations

import math

import numpy as np

from misid.statistics import Array, Numbers, amount, fpir_gamma, fpir_independent, one_or_more, probability, within


def fpir_groups(fmr: Array, n_references: Array) -> Array:
    """FPIR in a gallery of groups with unlike false match rates: ``1 - prod_h (1 - F_h)^(N_h)``.

    Parameters
    ----------
    fmr : ndarray, shape (..., H)
        False match rate of this probe against a reference of each gallery group, 0 to 1.
    n_references : ndarray, shape (..., H)
        References of each gallery group, at least 0.

    Returns
    -------
    ndarray, shape (...)
        FPIR, a probability.

    Notes
    -----
    Independent given the groups.  A rate measured against a mixed gallery is not F of a pair of groups.
    Source: item 2; Howard, Sirotin and Vemury (2020) measured how far F rises within a group.
    """
    from scipy import special

    log_none = special.xlog1py(amount("n_references", n_references), -probability("fmr", fmr))
    return np.asarray(one_or_more(np.sum(np.atleast_1d(log_none), axis=-1)))


def candidate_shares(fmr: Array, n_references: Array) -> Array:
    """Share of the false candidates that each gallery group supplies: ``N_h F_h / sum_h N_h F_h``.

    Parameters
    ----------
    fmr, n_references : ndarray, shape (..., H)
        As for `fpir_groups`; at least one product above 0 in every row.

    Returns
    -------
    ndarray, shape (..., H)
        Shares that sum to 1 over the last axis.

    Notes
    -----
    Source: item 2.
    """
    expected = amount("n_references", n_references) * probability("fmr", fmr)
    total = np.sum(np.atleast_1d(expected), axis=-1, keepdims=True)
    return np.asarray(expected / within("expected candidates in all", total, 0, above=True))


def fpir_beta(a: Numbers | float, b: Numbers | float, n_references: Numbers | float) -> Numbers:
    """FPIR where each probe has its own FMR, drawn from Beta(a, b): ``1 - B(a, b + N) / B(a, b)``.

    Parameters
    ----------
    a, b : float or ndarray
        Parameters of the beta distribution, above 0; the mean FMR is ``a / (a + b)``.
    n_references : float or ndarray
        At least 0.

    Returns
    -------
    float or ndarray
        FPIR, a probability, never above `fpir_independent` at the mean FMR.

    Notes
    -----
    The difference of two log beta functions loses small rates to rounding.  Malmstén's integral of ln Gamma
    makes it ``-int_0^inf (1 - e^(-at)) (1 - e^(-Nt)) e^(-bt) / (t (1 - e^(-t))) dt``, whose integrand has one
    sign; in ln t the trapezoid rule is exact to rounding.  Source: beta-binomial, item 4.
    """
    a_, b_, n = (
        np.asarray(x)[..., None]
        for x in np.broadcast_arrays(
            amount("a", a, above=True), amount("b", b, above=True), amount("n_references", n_references)
        )
    )
    step = 0.125
    # Left end: below rounding of what lies to its right.  Right end: e^(-bt) = e^(-50).
    left = -45.0 - np.log(np.max(np.stack([a_ + b_, n + 1.0])))
    grid = np.arange(left, math.log(50 / np.min(b_)) + step, step)
    t = np.exp(grid)
    heights = np.expm1(-a_ * t) * np.expm1(-n * t) * np.exp(-b_ * t) / np.expm1(-t)
    result: Numbers = one_or_more(step * np.sum(heights, axis=-1))
    return result


def fpir_equicorrelated(fmr: Numbers | float, n_references: Numbers | float, correlation: Numbers | float) -> Numbers:
    """FPIR where all non-mated scores of a search share one normal part.

    Parameters
    ----------
    fmr : float or ndarray
        False match rate of one comparison, 0 to 1.
    n_references : float or ndarray
        At least 0.
    correlation : float or ndarray
        Correlation r of two non-mated scores of one probe, at least 0 and below 1.

    Returns
    -------
    float or ndarray
        FPIR, a probability.

    Notes
    -----
    ``1 - E[Phi((t - sqrt(r) u) / sqrt(1 - r))^N]`` over a standard normal u, with t the level of F; adaptive
    quadrature, some milliseconds for each element.  Source: one-factor normal model, item 4.
    """
    one_by_one = np.vectorize(_equicorrelated, otypes=[np.float64])
    result: Numbers = one_by_one(
        probability("fmr", fmr),
        amount("n_references", n_references),
        within("correlation", correlation, 0, 1, below=True),
    )[()]
    return result


def _equicorrelated(fmr: float, n: float, correlation: float) -> float:
    from scipy import integrate, special

    if fmr in (0, 1) or n == 0 or correlation == 0:
        return float(fpir_independent(float(fmr), float(n)))
    level = -special.ndtri(fmr)
    shared, own = math.sqrt(correlation), math.sqrt(1 - correlation)

    def height(u: float) -> float:
        found = one_or_more(n * special.log_ndtr((level - shared * u) / own))
        return float(found) * math.exp(-u * u / 2)

    # Where the chance turns from 0 to 1, and where pairs that match have their shared part.
    turn = (level + own * special.ndtri(1 / n)) / shared if n > 1 else 0.0
    low, high = -12.0, 12.0 + shared * max(level, 0.0)
    points = sorted(u for u in {turn, shared * level, 0.0} if low < u < high)
    area, _ = integrate.quad(height, low, high, points=points, limit=500, epsabs=0, epsrel=1e-10)
    return float(area) / math.sqrt(2 * math.pi)


def repeat_hit_probability(expected: Numbers | float, k: Numbers | float) -> Numbers:
    """Probability of a false hit on a second scan of somebody who had one on the first: ``E[p^2] / E[p]``.

    Parameters
    ----------
    expected, k : float or ndarray
        As for `fpir_gamma`.

    Returns
    -------
    float or ndarray
        A probability, never below `fpir_gamma`; equal to it at ``k = inf``; 0 where ``expected`` is 0.

    Notes
    -----
    Takes the whole propensity as the person's own, the same on both scans.  ``E[p^2]`` is written as the first
    probability squared plus ``(1 + 2x)^(-k) - (1 + x)^(-2k)``, ``x = lambda/k``, so that nothing cancels.
    Source: item 4.d.
    """
    mean = amount("expected", expected)
    shape = within("k", k, 0, above=True)
    first = fpir_gamma(mean, shape)
    finite = np.where(np.isinf(shape), 1.0, shape)
    x = mean / finite
    spread = one_or_more(-finite * np.log1p(x * (x / (1 + 2 * x))))
    variance = np.where(np.isinf(shape), 0.0, np.exp(-finite * np.log1p(2 * x)) * spread)
    result: Numbers = (first + variance / np.where(mean == 0, 1.0, first))[()]
    return result


def with_capture_failure(
    fpir: Numbers | float, fnir: Numbers | float, failure_to_acquire: Numbers | float
) -> tuple[Numbers, Numbers]:
    """Rates of all attempts, where some give no usable image and so neither a hit nor a right hit.

    Parameters
    ----------
    fpir, fnir : float or ndarray
        Rates of searches with a usable image, 0 to 1.
    failure_to_acquire : float or ndarray
        Share A of attempts without one, 0 to 1.

    Returns
    -------
    fpir, fnir : float or ndarray
        ``(1 - A) FPIR`` and ``A + (1 - A) FNIR``, probabilities.

    Notes
    -----
    Source: generalised rates after ISO/IEC 19795-1; item 1.
    """
    failed = probability("failure_to_acquire", failure_to_acquire)
    positive: Numbers = (1 - failed) * probability("fpir", fpir)
    negative: Numbers = failed + (1 - failed) * probability("fnir", fnir)
    return positive, negative
