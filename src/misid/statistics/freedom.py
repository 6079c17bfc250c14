"""How many degrees of freedom a sum of squares over people carries."""

from __future__ import annotations

import numpy as np

from misid.statistics.ranges import Array


def satterthwaite(nodes: Array) -> float:
    """Return the degrees of freedom of a sum of squares.

    Parameters
    ----------
    nodes : ndarray of float64, shape (k,)
        Each person's part of an error.

    Returns
    -------
    float
        From 1 to ``k - 1``; fewer where few people carry most of the sum.

    Notes
    -----
    Source: Satterthwaite, Biometrics Bulletin 2 (1946).
    """
    squares = np.square(nodes)
    k = max(nodes.size, 2)
    second, fourth = float(squares.sum()), float(np.square(squares).sum())
    excess = fourth - second**2 / k
    return float(k - 1) if excess <= 0 else max(1.0, float(min(k - 1, 2 * second**2 / excess)))


def upper_freedom(freedom: float) -> float:
    """Return the degrees of freedom of an upper end, whose side people's own rates are skewed to.

    Chosen on simulated data sets with gamma and lognormal rates of people (``tests/statistical``), not derived.
    """
    return max(min(0.4 * freedom, 0.5 * freedom - 3), 1.5)
