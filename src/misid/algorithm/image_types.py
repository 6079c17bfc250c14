"""Curves of image types and lapses that an algorithm has no row for, from those that it has.

The probits of FNIR under all conditions are taken, over algorithms, for a multivariate Student t with most entries
missing (`ImageTypePrior`).  Failures are left out, so what is predicted is FNIR where the algorithm does not fail.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from misid.algorithm.curves import Anchor, Condition, Curve, fit_image_type, fnir_at_fpir, lends
from misid.algorithm.growth import FPIR_TESTED, HALF_UNIT, N_ANCHOR, Array, GrowthPrior
from misid.algorithm.rate_prior import RatePrior
from misid.statistics import Student
from misid.vocabulary import ImageKind, Lapse

MUGSHOT: Condition = (ImageKind.MUGSHOT, Lapse.AS_TESTED)
TESTED_TYPES = tuple(one for one in ImageKind if one is not ImageKind.STREET)
CONDITIONS: tuple[Condition, ...] = tuple((image_type, lapse) for lapse in Lapse for image_type in TESTED_TYPES)
STREET_LIKE = (ImageKind.WEBCAM, ImageKind.BORDER, ImageKind.KIOSK)
"""A street photo, which nobody tested, is taken for any of these."""

BASE = f"{ImageKind.MUGSHOT}|{Lapse.AS_TESTED}"
"""The mugshot row at 1.6 million and FPIR 0.003."""
RANK = f"{ImageKind.MUGSHOT}|rank 1"
"""The rank-1 miss at 1.6 million."""
AGED = f"{ImageKind.MUGSHOT}|{Lapse.LONG}"
BORDER, BORDER_AGED = f"{ImageKind.BORDER}|{Lapse.AS_TESTED}", f"{ImageKind.BORDER}|{Lapse.LONG}"
CONDITION_NAMES: tuple[str, ...] = (
    BASE,
    RANK,
    *(f"{image_type}|{Lapse.AS_TESTED}" for image_type in TESTED_TYPES if image_type is not ImageKind.MUGSHOT),
    AGED,
    BORDER_AGED,
)
"""Conditions that NIST prints, each at its own gallery and FPIR."""
_WHERE: dict[tuple[str, str], tuple[int, float]] = {
    (ImageKind.MUGSHOT, Lapse.LONG): (3_000_000, FPIR_TESTED),
    (ImageKind.TRAVELLER, Lapse.AS_TESTED): (42_000, 0.0003),
    (ImageKind.TRAVELLER, Lapse.LONG): (42_000, 0.0003),
}
"""Gallery and FPIR of a condition's test, where they differ from 1.6 million and 0.003."""
_AT = {name: i for i, name in enumerate(CONDITION_NAMES)}
LIKELY = (np.arange(40) + 0.5) / 40
"""Shares of a distribution at which equally likely values stand."""
_NORMAL = float(special.ndtri(0.95))

Known = tuple[float, float | None]
"""FNIR at a condition's own gallery and FPIR, and the standard deviation of its probit: None if it was printed."""


@dataclass(frozen=True)
class ImageTypePrior(RatePrior):
    """What algorithms share about image types and lapses: of the probit of FNIR, in the order of `CONDITION_NAMES`."""

    FILE = "conditions.json"
    NAMES = CONDITION_NAMES
    FIELD = "rows"
    UNKNOWN = "is no condition that NIST prints"
    LARGEST = math.nextafter(1.0, 0.0)

    # Median and spread over algorithms of how much more the years cost on border photos than on mugshots, in probits:
    # the only type that shows whether the years cost the same on all.
    ageing: tuple[float, float] = (0.0, 0.0)

    @staticmethod
    def rounded(rate: Array) -> tuple[Array, Array]:
        """Return the ends, as probits, of the interval that rounds to a printed miss rate."""
        return special.ndtri(np.maximum(rate - HALF_UNIT, 0.0)), special.ndtri(rate + HALF_UNIT)


def where_tested(image_type: str, lapse: str) -> tuple[int, float]:
    """Return gallery, in references, and FPIR of a condition's test."""
    return _WHERE.get((image_type, lapse), (N_ANCHOR, FPIR_TESTED))


def complete_curves(
    found: Mapping[Condition, Curve],
    rows: Mapping[Condition, Sequence[Anchor]],
    lent: tuple[float, float],
    prior: GrowthPrior,
    types: ImageTypePrior,
) -> dict[Condition, Curve]:
    """Return curves of all conditions: those found, and for the others what these say of them.

    Of ``rows``, one at the condition's own gallery and FPIR enters as the interval that rounds to it; others enter as
    what the curve says of that place.  ``lent`` is by `lends`.
    """
    known: dict[Condition, Known] = {}
    for condition, curve in found.items():
        own = next((row for row in rows[condition] if (row.n, row.fpir) == where_tested(*condition)), None)
        known[condition] = _at_test(curve, condition, prior) if own is None else (own.value, None)
    rank = next((row.value for row in rows.get(MUGSHOT, ()) if (row.n, row.fpir) == (N_ANCHOR, 0.0)), None)
    return {**_stand_ins(predict_conditions(known, types, rank), lent, prior, found), **found}


def curves_around(
    curve: Curve, condition: Condition, prior: GrowthPrior, types: ImageTypePrior
) -> dict[Condition, Curve]:
    """Return the curve that was measured, and for every other condition what it says of algorithms that NIST tested."""
    value, sd = _at_test(curve, condition, prior)
    known = {one: _widened(likely, sd) for one, likely in predict_conditions({condition: (value, None)}, types).items()}
    return {**_stand_ins(known, lends(curve, prior), prior, (condition,)), condition: curve}


def _widened(likely: Array, sd: float) -> Array:
    """Add the doubt about the measurement, whole: nobody knows that the algorithm is like those that were tested."""
    own = probit_spread(likely)
    return np.asarray(likely.mean() + (likely - likely.mean()) * math.hypot(own, sd) / own)


def predict_conditions(
    known: Mapping[Condition, Known], types: ImageTypePrior, rank: float | None = None
) -> dict[Condition, Array]:
    """Return equally likely probits of FNIR under all conditions, each at its own gallery and FPIR, shape (40,).

    ``known`` holds at least one; ``rank`` is the printed rank-1 miss of mugshots at 1.6 million.
    """
    street = next((condition for condition in known if condition[0] is ImageKind.STREET), None)
    if street is not None:
        like = [predict_conditions({(one, street[1]): known[street]}, types) for one in STREET_LIKE]
        return {one: np.quantile(np.concatenate([each[one] for each in like]), LIKELY) for one in CONDITIONS}
    named = {"|".join(condition): given for condition, given in known.items() if "|".join(condition) in CONDITION_NAMES}
    if not named:
        named = {BASE: _as_mugshot(known, types)}
    printed = {name: value for name, (value, _) in named.items()}
    if rank is not None:
        printed[RANK] = rank
    doubt = {name: sd for name, (_, sd) in named.items() if sd is not None}
    made = likely_probits(types.given(printed, doubt), types)
    return {condition: made["|".join(condition)] for condition in CONDITIONS}


def _at_test(curve: Curve, condition: Condition, prior: GrowthPrior) -> tuple[float, float]:
    """Return FNIR at a condition's test by its curve, and the spread of its probit, growth up to there included."""
    found, _ = fnir_at_fpir(curve, prior, *where_tested(*condition), "as tested", 0.9)
    value, low, high = np.clip((found.value, *found.ends), 1e-6, 1.0 - 1e-6)
    return float(value), normal_spread(special.ndtri(low), special.ndtri(high))


def _as_mugshot(known: Mapping[Condition, Known], types: ImageTypePrior) -> Known:
    """Return the mugshot FNIR behind a condition that nobody tested: less what it costs algorithms at large."""
    condition, (value, sd) = next(iter(known.items()))
    typical = likely_probits(types.student(), types)
    there, base = typical["|".join(condition)], typical[BASE]
    more = math.sqrt(max(probit_spread(there) ** 2 - probit_spread(base) ** 2, 0.0))
    moved = special.ndtri(value) - there.mean() + base.mean()
    return float(special.ndtr(moved)), math.hypot(more, sd or 0.0)


def _stand_ins(
    known: Mapping[Condition, Array],
    lent: tuple[float, float],
    prior: GrowthPrior,
    but: Collection[Condition],
) -> dict[Condition, Curve]:
    made = {}
    for condition in CONDITIONS:
        if condition not in but:
            expected = Anchor(*where_tested(*condition), float(special.ndtr(known[condition].mean())))
            made[condition] = fit_image_type((), prior, lent, (expected, known[condition]))
    return made


def likely_probits(found: Student, prior: ImageTypePrior) -> dict[str, Array]:
    """Return equally likely probits of FNIR, shape (40,), rising, by ``"webcam|as tested"`` and so on.

    Types that nobody tested after a long lapse get what the years do to the algorithm's mugshots, and what they do
    beyond that on border photos: an assumption.
    """
    away = np.asarray(special.stdtrit(found.nu, LIKELY))
    wider = float(special.stdtrit(found.nu, 0.95)) / _NORMAL
    made: dict[str, Array] = {}
    for image_type in TESTED_TYPES:
        for lapse in Lapse:
            parts, more = np.zeros(len(CONDITION_NAMES)), (0.0, 0.0)
            if f"{image_type}|{lapse}" in _AT:
                parts[_AT[f"{image_type}|{lapse}"]] = 1.0
            else:
                parts[[_AT[f"{image_type}|{Lapse.AS_TESTED}"], _AT[AGED]]], parts[_AT[BASE]] = 1.0, -1.0
                more = prior.ageing
            spread = math.hypot(math.sqrt(parts @ found.scale @ parts), more[1] / wider)
            made[f"{image_type}|{lapse}"] = parts @ found.mean + more[0] + spread * away
    return made


def probit_spread(likely: Array) -> float:
    """Return the standard deviation of the normal with the central 90% interval of equally likely values."""
    low, high = np.interp([0.05, 0.95], LIKELY, likely)
    return normal_spread(low, high)


def normal_spread(low: float, high: float) -> float:
    """Return the standard deviation of the normal with that central 90% interval."""
    return float((high - low) / (2.0 * _NORMAL))
