"""Power of a test of two rates."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from misid.statistics import Numbers, within


def power_to_see(ratio: Numbers | float, events_low: Numbers | float, alpha: float = 0.05, exposure: float = 1) -> Any:
    """Probability that a test tells two rates apart.

    Parameters
    ----------
    ratio : float or ndarray
        Higher rate over lower, at least 1; shapes broadcast.
    events_low : float or ndarray
        Errors expected in the group with the lower rate, above 0.
    alpha, exposure : float
        As `events_to_see_ratio`.

    Returns
    -------
    float or ndarray
        0 to 1.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.
    """
    r, x = within("ratio", ratio, 1, below=True), within("events_low", events_low, 0, above=True, below=True)
    e = within("exposure", exposure, 0, above=True, below=True)
    z = special.ndtri(within("alpha", alpha, 0, 1, above=True, below=True) / 2)
    shown = np.log(r) / np.sqrt((1 + 1 / (r * e)) / x)
    return special.ndtr(shown + z) + special.ndtr(z - shown)
