"""What is kept, and for how long."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from misid.statistics import retention_stock
from misid.twin.expected.points import Array, Points

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


def kept_on_birthday(age: npt.ArrayLike, birthday: npt.ArrayLike, retention: npt.ArrayLike) -> Array:
    """Return the share of photos, each taken at some age, that are still kept on a later birthday.

    Parameters
    ----------
    age : array_like
        Whole years of age when the photo was taken; the day is taken as spread evenly over the year.
    birthday : array_like
        The birthday, in years; at least ``age + 1``.
    retention : array_like
        Years that a photo is kept.

    Returns
    -------
    ndarray
        Shape of the arguments broadcast, 0 to 1.  A photo taken at exactly 16 and kept 15 years goes at 31.
    """
    exact_low = np.asarray(age, float) + np.asarray(retention, float)
    return np.asarray(np.clip(exact_low + 1.0 - np.asarray(birthday, float), 0.0, 1.0), float)
