"""What is kept, and for how long."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from misid.statistics.outcomes import retention_stock
from misid.twin.points import Array, Points

DAYS_PER_YEAR = 365.25


def photos_held(points: Points, years: npt.ArrayLike) -> Array:
    """Return photos held after ``years`` of use, shape (P,) or broadcast with it.

    Parameters
    ----------
    points : Points
        ``use.scans_per_day`` and ``use.retention_years``.
    years : array_like
        Years since use began.

    Notes
    -----
    ``stock(t) = rate x min(t, retention)`` (Little's law, FORMULAS 28).  Photos, not people.
    """
    per_year = points["use.scans_per_day"] * DAYS_PER_YEAR
    return np.asarray(retention_stock(per_year, np.asarray(years, float), points["use.retention_years"]), float)
