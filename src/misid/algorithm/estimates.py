"""From curves to estimates: checks at the door, distance from the tests, caveats."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from misid.algorithm.curves import Condition, Curve
from misid.algorithm.groups import Cell, GroupFactor, cell_name
from misid.algorithm.growth import N_ANCHOR, N_STEP
from misid.algorithm.tested import Measurement, NearnessQuery, RowsInTests, from_measurement, nearest
from misid.errors import IncompleteRate, OutOfRange, UnknownName
from misid.quantities import Conditions, Distance, Doubt, Estimate, Interval
from misid.vocabulary import ImageKind, Lapse
from misid.vocabulary.tested import Counted

_INFORMATIVE = 0.002
"""Below this FNIR at 1.6 million, the printed rows leave the growth to the prior (docs/validation.md)."""


def checked_condition(
    n: float | None, decades: float | None, image_kind: str | None, lapse: str, name: str
) -> Condition:
    """Return image kind and lapse, or refuse a rate that lacks gallery size, threshold or image kind."""
    values = (("gallery size", n), (name, decades), ("image kind", image_kind or None))
    missing = [what for what, value in values if value is None]
    if missing:
        raise IncompleteRate(missing)
    kinds, lapses = [str(kind) for kind in ImageKind], [str(known) for known in Lapse]
    if image_kind not in kinds:
        raise UnknownName("image kind", str(image_kind), kinds)
    if lapse not in lapses:
        raise UnknownName("lapse", lapse, lapses)
    return ImageKind(image_kind), Lapse(lapse)


def checked_size(name: str, value: float) -> float:
    """Return a gallery size as a float, or refuse it."""
    if not (isinstance(value, (int, float, np.integer, np.floating)) and 1.0 <= value < math.inf):
        raise OutOfRange(name, value, "a number from 1")
    return float(value)


def checked_share(name: str, value: float) -> float:
    """Return a share strictly between 0 and 1, or refuse it."""
    if not (isinstance(value, (int, float, np.floating)) and 0.0 < value < 1.0):
        raise OutOfRange(name, value, "a share between 0 and 1")
    return float(value)


def checked_decades(name: str, value: float) -> float:
    """Return a finite number, or refuse it."""
    if not math.isfinite(value):
        raise OutOfRange(name, value, "a finite number of decades")
    return float(value)


def any_candidate(mean: float, k: float) -> float:
    """Return the probability of at least one candidate, ``1 - (1 + mean/k)^-k``; Poisson for infinite ``k``."""
    return -math.expm1(-mean if math.isinf(k) else -k * math.log1p(mean / k))


def factor_of(known: Mapping[Cell, GroupFactor], group: Cell) -> GroupFactor:
    """Return the row factor of a probe group; `UnknownName` if there is no such group."""
    names = {group_words(cell): cell for cell in known}
    if group_words(group) not in names:
        raise UnknownName("group", group_words(group), names)
    return known[names[group_words(group)]]


def group_words(group: Cell) -> str:
    """Return the name of a probe group with a space."""
    return " ".join(str(part) for part in group)


def false_positive_estimate(
    at: tuple[float, float],
    condition: Condition,
    group: tuple[Cell, GroupFactor] | None,
    tail_shift: float,
    k: float,
    rows: RowsInTests,
    measured: Measurement | None = None,
) -> Estimate:
    """Compute FPIR with ``at`` references and decades of threshold; the range is that of the group's factor.

    ``group`` is None for the base population; ``tail_shift`` in decades; ``k`` is infinite for no spread of propensity.
    """
    (n, s), (image_type, lapse) = at, condition
    street = image_type is ImageKind.STREET
    mean = n * 10.0 ** min(tail_shift - s, 300.0)
    who, factor = ("all", None) if group is None else (group_words(group[0]), group[1])
    rates = (1.0, 1.0, 1.0) if factor is None else (factor.ratio.value, *factor.ratio.ends)
    codes = (
        ("independence", math.isinf(k)),
        ("heterogeneity_unknown", not math.isinf(k)),
        ("tail_shift_assumed", street or tail_shift != 0.0),
        ("image_kind_untested", street),
        ("beyond_tested_n", n > N_STEP),
        ("group_anchor_assumed", group is not None),
        ("group_rows_not_pairs", group is not None),
        ("measured_card", measured is not None),
    )
    rate = any_candidate(mean, math.inf)
    cell = "" if group is None else cell_name(group[0])
    query = NearnessQuery((Counted.FALSE_POSITIVES,), n, rate, image_type, lapse, group=cell, rows=rows)
    value, low, high = (any_candidate(mean * rate, k) for rate in rates)
    return Estimate.of(
        Interval(value, low, high, None, "false candidates above a threshold on the exceedance scale"),
        kind=Doubt.MODEL,
        conditions=Conditions(round(n), None, s, image_type, who).require_rate(),
        distance=distance_of(query, None, measured),
        caveats=(*(code for code, holds in codes if holds), *(() if factor is None else factor.caveats)),
    )


def distance_of(query: NearnessQuery, curve: Curve | None, measured: Measurement | None = None) -> Distance:
    """Return how far a figure lies from the nearest published test, or from what its user measured.

    ``curve`` is the mated curve that it stands on, if any.
    """
    if measured is None:
        return nearest(query)[1]
    n = max(measured.n_references, 1) if curve is None else curve.largest_n
    own = f"{measured.words}, N = {n:,}"
    if curve is not None and not curve.anchors:
        own += f"; {query.image_kind}, {query.lapse} by what it does to algorithms that NIST tested"
    return from_measurement(query, measured, own, n)


def curve_caveats(
    curve: Curve, condition: Condition, n: float, failed: bool, measured: Measurement | None = None
) -> tuple[str, ...]:
    """Return the caveats that a figure from a curve carries."""
    beyond = n > N_STEP
    codes = (
        ("beyond_tested_n", beyond),
        ("one_growth_step", beyond),
        ("failed_condition", failed and not curve.anchors),
        ("no_row", not curve.anchors and not failed),
        ("rounded_source", bool(curve.anchors) and measured is None),
        ("measured_card", measured is not None),
        ("growth_prior", n > max((row.n for row in curve.anchors), default=0)),
        ("growth_not_in_rows", _growth_is_prior(curve, n)),
        ("search_may_break", bool(curve.anchors) and measured is None and n > N_ANCHOR and curve.largest_n < N_STEP),
        ("source_conflict", condition[0] is ImageKind.TRAVELLER),
        ("one_image_enrolled", True),
    )
    return tuple(code for code, holds in codes if holds)


def _growth_is_prior(curve: Curve, n: float) -> bool:
    """Whether the curve's rows, all at galleries below ``n``, are too low and too rounded to show how misses grow."""
    lowest = min((row.value for row in curve.anchors if row.fpir > 0), default=1.0)
    return curve.largest_n < n and lowest < _INFORMATIVE


def curve_estimate(
    found: Interval,
    conditions: Conditions,
    query: NearnessQuery,
    curve: Curve,
    failed: bool,
    measured: Measurement | None = None,
) -> Estimate:
    """Publish what a curve gives, with its distance from the tests; ``failed`` if the algorithm failed this one."""
    condition = ImageKind(query.image_kind), Lapse(query.lapse)
    return Estimate.of(
        found,
        # Rounding, growth and the curves of other algorithms are what the interval holds: none is a count.
        kind=Doubt.MODEL,
        words=f"mated curve {'through the published rows' if measured is None else 'of measured scores'}, growth from "
        "the prior over algorithms",
        conditions=conditions.require_rate(),
        distance=distance_of(query, curve, measured),
        caveats=curve_caveats(curve, condition, conditions.n_enrolled or 1, failed, measured),
    )


def no_estimate(
    reason: str,
    conditions: Conditions,
    query: NearnessQuery,
    caveats: tuple[str, ...],
    measured: Measurement | None = None,
) -> Estimate:
    """Publish that a figure cannot be had."""
    return Estimate.missing(
        reason,
        kind=Doubt.MODEL,
        words="none",
        conditions=conditions.require_rate(),
        distance=distance_of(query, None, measured),
        caveats=caveats,
    )


def bounded_by(
    parts: Sequence[Estimate],
    reason: str,
    conditions: Conditions,
    query: NearnessQuery,
    measured: Measurement | None = None,
) -> Estimate:
    """Publish a figure without a value, between the least and the most of others; `failed_condition` if none."""
    if not parts:
        return no_estimate(reason, conditions, query, ("failed_condition",), measured)
    codes = dict.fromkeys(("image_kind_untested", *(code for part in parts for code in part.caveats)))
    return replace(
        no_estimate(reason, conditions, query, tuple(codes), measured),
        low=min(part.low or 0.0 for part in parts),
        high=max(part.high or 1.0 for part in parts),
        method="range over the tested image kinds",
    )
