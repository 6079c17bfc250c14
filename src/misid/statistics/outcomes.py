"""What follows from hits: expected unsupported actions, and photos that pile up.

Item numbers are those of ``tests/unit/test_formulas.py``.  Shapes broadcast; floats give a float.  A function raises
`misid.errors.OutOfRange` where an argument leaves its stated range.
"""

from __future__ import annotations

import numpy as np

from misid.statistics.ranges import Numbers, amount


def retention_stock(
    rate_per_year: Numbers | float, years_running: Numbers | float, retention_years: Numbers | float
) -> Numbers:
    """Photos held after some years in which every photo is kept for a fixed time.

    Parameters
    ----------
    rate_per_year : float or ndarray
        Photos taken a year, at least 0.
    years_running, retention_years : float or ndarray
        Years since the start; years that a photo is kept; both at least 0.

    Returns
    -------
    float or ndarray
        ``rate_per_year min(years_running, retention_years)``, photos.

    Notes
    -----
    Source: Little's law, Operations Research 9 (1961); item 28.
    """
    years = np.minimum(amount("years_running", years_running), amount("retention_years", retention_years))
    result: Numbers = amount("rate_per_year", rate_per_year) * years
    return result
