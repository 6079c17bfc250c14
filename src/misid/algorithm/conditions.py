"""Curves of image kinds and lapses that an algorithm has no row for, from those that it has."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import special

from misid.algorithm.curves import Anchor, Curve
from misid.algorithm.estimates import Condition, at_fpir
from misid.algorithm.fitting import fit_kind, lends
from misid.algorithm.growth import N_ANCHOR, Array, GrowthPrior
from misid.algorithm.kind_prior import (
    BASE,
    CONDITION_NAMES,
    LIKELY,
    RANK,
    KindPrior,
    given_conditions,
    normal_spread,
    spread_of,
    stand_ins,
    where_tested,
)
from misid.vocabulary import ImageKind, Lapse

MUGSHOT: Condition = (ImageKind.MUGSHOT, Lapse.AS_TESTED)
KINDS = tuple(kind for kind in ImageKind if kind is not ImageKind.STREET)
CONDITIONS: tuple[Condition, ...] = tuple((kind, lapse) for lapse in Lapse for kind in KINDS)
STREET_LIKE = (ImageKind.WEBCAM, ImageKind.BORDER, ImageKind.KIOSK)
"""A street photo, which nobody tested, is taken for any of these."""

Known = tuple[float, float | None]
"""FNIR at a condition's own gallery and FPIR, and the standard deviation of its probit: None if it was printed."""


def fill(
    found: Mapping[Condition, Curve],
    rows: Mapping[Condition, Sequence[Anchor]],
    lent: tuple[float, float],
    prior: GrowthPrior,
    kinds: KindPrior,
) -> dict[Condition, Curve]:
    """Return curves of all conditions: those found, and for the others what these tell of them.

    Parameters
    ----------
    found : mapping
        Curves of the conditions with a row.
    rows : mapping
        Their rows; one at the condition's own gallery and FPIR enters as the interval that rounds to it, others enter
        as what the curve says of that place.
    lent : tuple of float
        Slope and logit of floor over FNIR, by `misid.algorithm.fitting.lends`.
    prior : GrowthPrior
        What algorithms share about growth.
    kinds : KindPrior
        What they share about image kinds and lapses.
    """
    known: dict[Condition, Known] = {}
    for condition, curve in found.items():
        own = next((row for row in rows[condition] if (row.n, row.fpir) == where_tested(*condition)), None)
        known[condition] = _at_test(curve, condition, prior) if own is None else (own.value, None)
    rank = next((row.value for row in rows.get(MUGSHOT, ()) if (row.n, row.fpir) == (N_ANCHOR, 0.0)), None)
    return {**_stand_ins(others(known, kinds, rank), lent, prior, found), **found}


def around(curve: Curve, condition: Condition, prior: GrowthPrior, kinds: KindPrior) -> dict[Condition, Curve]:
    """Return curves of all conditions around one that was measured.

    Parameters
    ----------
    curve : Curve
        Of the measured condition.
    condition : tuple of ImageKind and Lapse
        Which; street photos are taken for any of webcam, border and kiosk.
    prior, kinds : GrowthPrior and KindPrior
        What algorithms share.

    Returns
    -------
    dict
        The measured curve itself, and for every other condition what the measured one tells of algorithms that NIST
        tested.
    """
    value, sd = _at_test(curve, condition, prior)
    known = {one: _widened(likely, sd) for one, likely in others({condition: (value, None)}, kinds).items()}
    return {**_stand_ins(known, lends(curve, prior), prior, (condition,)), condition: curve}


def _widened(likely: Array, sd: float) -> Array:
    """Add the doubt about what was measured, whole: nobody knows that the algorithm is like those that were tested."""
    own = spread_of(likely)
    return np.asarray(likely.mean() + (likely - likely.mean()) * math.hypot(own, sd) / own)


def others(known: Mapping[Condition, Known], kinds: KindPrior, rank: float | None = None) -> dict[Condition, Array]:
    """Say what FNIR under some conditions tells of all.

    Parameters
    ----------
    known : mapping
        By condition; at least one.
    kinds : KindPrior
        What algorithms share.
    rank : float, optional
        Printed rank-1 miss, mugshots at 1.6 million.

    Returns
    -------
    dict
        By condition, equally likely probits of FNIR at its own gallery and FPIR, shape (40,).
    """
    street = next((condition for condition in known if condition[0] is ImageKind.STREET), None)
    if street is not None:
        like = [others({(kind, street[1]): known[street]}, kinds) for kind in STREET_LIKE]
        return {one: np.quantile(np.concatenate([each[one] for each in like]), LIKELY) for one in CONDITIONS}
    named = {"|".join(condition): given for condition, given in known.items() if "|".join(condition) in CONDITION_NAMES}
    if not named:
        named = {BASE: _as_mugshot(known, kinds)}
    printed = {name: value for name, (value, _) in named.items()}
    if rank is not None:
        printed[RANK] = rank
    doubt = {name: sd for name, (_, sd) in named.items() if sd is not None}
    made = stand_ins(given_conditions(printed, kinds, doubt), kinds)
    return {condition: made["|".join(condition)] for condition in CONDITIONS}


def _at_test(curve: Curve, condition: Condition, prior: GrowthPrior) -> tuple[float, float]:
    """Return FNIR at a condition's test by its curve, and the spread of its probit, growth up to there included."""
    (value, low, high), _ = at_fpir(curve, prior, *where_tested(*condition), "as tested", 0.9)
    value, low, high = np.clip((value, low, high), 1e-6, 1.0 - 1e-6)
    return float(value), normal_spread(special.ndtri(low), special.ndtri(high))


def _as_mugshot(known: Mapping[Condition, Known], kinds: KindPrior) -> Known:
    """Return the mugshot FNIR behind a kind and lapse that nobody tested: less what both cost algorithms at large."""
    condition, (value, sd) = next(iter(known.items()))
    typical = stand_ins(kinds.student(), kinds)
    there, base = typical["|".join(condition)], typical[BASE]
    more = math.sqrt(max(spread_of(there) ** 2 - spread_of(base) ** 2, 0.0))
    moved = special.ndtri(value) - there.mean() + base.mean()
    return float(special.ndtr(moved)), math.hypot(more, sd or 0.0)


def _stand_ins(
    known: Mapping[Condition, Array],
    lent: tuple[float, float],
    prior: GrowthPrior,
    but: Sequence[Condition] | Mapping[Condition, Curve],
) -> dict[Condition, Curve]:
    made = {}
    for condition in CONDITIONS:
        if condition not in but:
            expected = Anchor(*where_tested(*condition), float(special.ndtr(known[condition].mean())))
            made[condition] = fit_kind((), prior, lent, (expected, known[condition]))
    return made
