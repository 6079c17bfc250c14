"""Settings of the system, apart from the rule: another threshold, fewer records to search.

A configuration turns points into points, so that the closed form and the simulation of single people read the same
change.  What is deleted changes what is kept and no answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np

from misid.errors import UnknownName
from misid.scenario import Bound, Fpir, References, Scenario
from misid.twin.expected.cells import own_record_calls
from misid.twin.expected.points import Array, Points

AS_GIVEN = "as_given"


def configured(scenario: Scenario, points: Points, name: str) -> Points:
    """Return the points of a scenario under one of its configurations.

    Parameters
    ----------
    scenario : Scenario
        Gives the structure, and the configuration's factor where the points do not hold it.
    points : Points
        The scenario as given.
    name : str
        Name of a configuration.

    Returns
    -------
    Points
        The same object where the configuration changes no answer.

    Raises
    ------
    UnknownName
        If the scenario has no such configuration.

    Notes
    -----
    ``fpir_factor`` multiplies the FPIR that the threshold is set to, kept inside the limits of the form.

    ``hotlist_only`` leaves the references whose record calls for an action: of origin h the share ``adverse_h`` of
    them, and of the people of one status and age those whose own record does, who are then its only enrolled ones.
    The gallery keeps at least one reference, and its mix where none of them calls for an action.  A fixed threshold
    stays where it was; one that holds FPIR moves with the smaller gallery.
    """
    if name not in scenario.configurations:
        raise UnknownName("configuration", name, scenario.configurations)
    chosen = scenario.configurations[name]
    path = f"configurations.{name}.fpir_factor"
    factor = points[path] if path in points.values else np.full(len(points), chosen.fpir_factor.value)
    changed: dict[str, Array] = {}
    if (factor != 1.0).any():
        changed["threshold.fpir"] = _inside(points["threshold.fpir"] * factor, Fpir)
    if chosen.hotlist_only:
        changed |= _hotlist(scenario, points)
    return replace(points, values={**points.values, **changed}) if changed else points


def _hotlist(scenario: Scenario, points: Points) -> dict[str, Array]:
    """Return what changes where only the records that call for an action are searched."""
    origins = list(scenario.gallery.mix)
    share = np.stack([points[f"gallery.mix.{o.value}.share"] for o in origins])
    called = share * np.stack([points[f"gallery.mix.{o.value}.adverse"] for o in origins])
    left = called.sum(axis=0) / share.sum(axis=0)
    shares = np.where(left > 0.0, called / np.where(left > 0.0, left, 1.0), share)
    changed = {"gallery.n_references": _inside(points["gallery.n_references"] * left, References)}
    for origin, part in zip(origins, shares, strict=True):
        changed[f"gallery.mix.{origin.value}.share"] = part
        changed[f"gallery.mix.{origin.value}.adverse"] = np.ones(len(points))
    for status, who in scenario.statuses.items():
        for age in who.record_error:
            calls = own_record_calls(scenario, points, status, age)
            for table in ("enrolled", "enrolled_without_passports"):
                path = f"statuses.{status}.{table}.{age.value}"
                if path in points.values:
                    changed[path] = points[path] * calls
            sure = np.zeros if who.action_supported else np.ones
            changed[f"statuses.{status}.record_error.{age.value}"] = sure(len(points))
    return changed


def _inside(x: Array, kind: object) -> Array:
    """Keep a quantity inside the limits that the form of a scenario sets for its kind."""
    bound = next(part for part in get_args(kind) if isinstance(part, Bound))
    return np.asarray(np.clip(x, bound.lowest, bound.highest), float)
