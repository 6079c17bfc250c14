"""Settings of the system apart from the rule: another threshold, fewer records to search, what is kept for how long.

A configuration turns points into points, so that the closed form and the simulation of single people read the same
change.  What is deleted changes what is kept and no answer.
"""

from __future__ import annotations

from typing import get_args

import numpy as np
import numpy.typing as npt

from misid.errors import UnknownName
from misid.expected.points import Array, Points, own_record_calls
from misid.expected.threshold import at_phi, phi_of
from misid.quantities import Quantity
from misid.scenario import Bound, References
from misid.statistics import retention_stock

DAYS_PER_YEAR = 365.25


def configured(points: Points, name: str) -> Points:
    """Return the points under one configuration of their scenario; the same object where it changes no answer.

    ``fpir_factor`` multiplies phi of the headline's strangers: the threshold is set anew for that.

    ``hotlist_only`` leaves the references whose record calls for an action: of origin h the share ``adverse_h`` of
    them, and of the people of one status and age those whose own record does, who are then its only enrolled ones.
    The gallery keeps at least one reference, and its mix where none of them calls for an action.  The threshold stays
    where it was, so that phi falls with the smaller gallery.
    """
    scenario = points.scenario
    if name not in scenario.configurations:
        raise UnknownName("configuration", name, scenario.configurations)
    chosen = scenario.configurations[name]
    factor, mix = points[chosen.fpir_factor], scenario.headline_stop
    out = points
    if (factor != 1.0).any():
        out = at_phi(points, np.minimum(phi_of(points, mix) * factor, 1.0), mix, "threshold")
    return out.changed(*_hotlist(out)) if chosen.hotlist_only else out


def _hotlist(points: Points) -> list[tuple[Quantity, Array | float]]:
    """Return what changes where only the records that call for an action are searched."""
    scenario = points.scenario
    mix, n_references = scenario.gallery.mix.values(), scenario.gallery.n_references
    share = np.stack([points[origin.share] for origin in mix])
    called = share * np.stack([points[origin.adverse] for origin in mix])
    left = called.sum(axis=0) / share.sum(axis=0)
    shares = np.where(left > 0.0, called / np.where(left > 0.0, left, 1.0), share)
    changes: list[tuple[Quantity, Array | float]] = [(n_references, _inside(points[n_references] * left, References))]
    for origin, part in zip(mix, shares, strict=True):
        changes += [(origin.share, part), (origin.adverse, 1.0)]
    for status, who in scenario.statuses.items():
        for age, error in who.record_error.items():
            calls = own_record_calls(points, status, age)
            tables = (who.enrolled, who.enrolled_without_passports)
            changes += [(table[age], points[table[age]] * calls) for table in tables if age in table]
            changes.append((error, 0.0 if who.action_supported else 1.0))
    return changes


def _inside(x: Array, kind: object) -> Array:
    """Keep values inside the limits that the form of a scenario sets for a quantity of this type."""
    bound = next(part for part in get_args(kind) if isinstance(part, Bound))
    return np.asarray(np.clip(x, bound.lowest, bound.highest), float)


def photos_held(points: Points, years: npt.ArrayLike) -> Array:
    """Return photos, not people, held after some years of use, shape (P,) or broadcast with it.

    ``stock(t) = rate x min(t, retention)`` (Little's law, FORMULAS 28).
    """
    use = points.scenario.use
    return np.asarray(
        retention_stock(points[use.searches_per_year], np.asarray(years, float), points[use.retention_years]), float
    )


def kept_on_birthday(age: npt.ArrayLike, birthday: npt.ArrayLike, retention: npt.ArrayLike) -> Array:
    """Return the share of photos, each taken at an age in whole years, that are still kept on a later birthday.

    The day of the photo is spread evenly over the year; the birthday is at least ``age + 1``.  A photo taken at exactly
    16 and kept 15 years goes at 31.
    """
    exact_low = np.asarray(age, float) + np.asarray(retention, float)
    return np.asarray(np.clip(exact_low + 1.0 - np.asarray(birthday, float), 0.0, 1.0), float)
