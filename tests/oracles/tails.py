"""The best of many scores (item 9)."""

from __future__ import annotations

from misid.statistics import Numbers, amount, within


def best_score_level(n_references: Numbers) -> Numbers:
    """Level that one of N non-mated scores is expected to reach, if scores are standard normal.

    Parameters
    ----------
    n_references : float or ndarray
        References searched (N), above 1.

    Returns
    -------
    float or ndarray
        Level in standard deviations above the mean, the shape of ``n_references``.

    Notes
    -----
    Source: item 9.c.
    """
    from scipy import special

    result: Numbers = -special.ndtri(1 / within("n_references", n_references, 1, above=True, below=True))
    return result


def probability_kth_best_at_most(k: Numbers | float, expected: Numbers | float) -> Numbers:
    """Probability that the k-th best non-mated score lies below a level that ``expected`` scores reach.

    Parameters
    ----------
    k : float or ndarray
        Rank, whole, at least 1.
    expected : float or ndarray
        Expected non-mated scores at or above the level, at least 0.

    Returns
    -------
    float or ndarray
        ``Q(k, expected)``, the regularised upper incomplete gamma function; the probability that a Poisson count
        is below ``k``.

    Notes
    -----
    Good where few of the scores reach the level.  Source: Poisson process of exceedances (Rényi); item 9.
    """
    from scipy import special

    rank = within("k", k, 1, below=True, whole=True)
    result: Numbers = special.gammaincc(rank, amount("expected", expected))
    return result
