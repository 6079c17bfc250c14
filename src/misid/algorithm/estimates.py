"""From curves to estimates: checks at the door, intervals, distance from the tests, caveats."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from misid.algorithm.curves import Curve, mixture_quantiles
from misid.algorithm.envelope import Asked, Rows, from_measurement, nearest
from misid.algorithm.groups import Cell, GroupFactor, cell_name
from misid.algorithm.growth import N_ANCHOR, N_STEP, Array, Form, GrowthPrior, threshold
from misid.algorithm.measurement import Measurement
from misid.errors import IncompleteRate, OutOfRange, UnknownName
from misid.quantities import Conditions, Distance, Doubt, Estimate
from misid.vocabulary import ImageKind, Lapse
from misid.vocabulary.tested import Counted

_TELLS = 0.002
"""Below this FNIR at 1.6 million, the printed rows leave the growth to the prior (docs/validation.md)."""
Condition = tuple[ImageKind, Lapse]
Range = tuple[float, float, float]


def checked_condition(
    n: float | None, decades: float | None, image_kind: str | None, lapse: str, name: str
) -> Condition:
    """Return image kind and lapse, or refuse a rate that lacks gallery size, threshold or image kind."""
    given = (("gallery size", n), (name, decades), ("image kind", image_kind or None))
    missing = [what for what, value in given if value is None]
    if missing:
        raise IncompleteRate(missing)
    kinds, lapses = [str(kind) for kind in ImageKind], [str(known) for known in Lapse]
    if image_kind not in kinds:
        raise UnknownName("image kind", str(image_kind), kinds)
    if lapse not in lapses:
        raise UnknownName("lapse", lapse, lapses)
    return ImageKind(image_kind), Lapse(lapse)


def at_least_one(name: str, value: float) -> float:
    """Return a gallery size as a float, or refuse it."""
    if not (isinstance(value, (int, float, np.integer, np.floating)) and 1.0 <= value < math.inf):
        raise OutOfRange(name, value, "a number from 1")
    return float(value)


def open_share(name: str, value: float) -> float:
    """Return a share strictly between 0 and 1, or refuse it."""
    if not (isinstance(value, (int, float, np.floating)) and 0.0 < value < 1.0):
        raise OutOfRange(name, value, "a share between 0 and 1")
    return float(value)


def finite(name: str, value: float) -> float:
    """Return a finite number, or refuse it."""
    if not math.isfinite(value):
        raise OutOfRange(name, value, "a finite number of decades")
    return float(value)


def interval(point: float, nodes: Array, weight: Array, scale: Array, nu: float, level: float) -> Range:
    """Return point and central interval of a mixture of Student errors around weighted curves."""
    tail = 0.5 * (1.0 - level)
    low, high = mixture_quantiles(nodes, weight, scale, nu, np.array([tail, 1.0 - tail]))
    return point, min(float(low), point), max(float(high), point)


def union(found: Mapping[Form, Range]) -> Range:
    """Return the middle of the points, on the log, and the union of the intervals."""
    points, lows, highs = zip(*found.values(), strict=True)
    value = math.exp(sum(math.log(max(p, 1e-300)) for p in points) / len(points))
    return min(max(value, min(points)), max(points)), min(lows), max(highs)


def at_fpir(
    curve: Curve, prior: GrowthPrior, n: float, fpir: float, duplicates: float | str, level: float
) -> tuple[Range, float]:
    """Return the range of FNIR at an FPIR under one form, and the threshold of its point.

    Parameters
    ----------
    curve : Curve
        Of the form.
    prior : GrowthPrior
        Of the same form.
    n, fpir : float
        Gallery and target.
    duplicates : float or str
        Share of non-mated searches with a duplicate; any text for as tested.
    level : float
        Coverage.

    Returns
    -------
    tuple of Range and float
        Value, low and high; decades.
    """
    # NIST's duplicates must not grow with N: at 200 million they alone would exceed the FPIR.
    tested = prior.delta * n if n <= N_STEP else 0.0
    share = tested if isinstance(duplicates, str) else float(duplicates)
    point, nodes = curve.fnir(n, fpir, share, prior)
    at = threshold(n, fpir, share, prior.h, ([curve.point.slope], [curve.point.location]))
    scale = curve.scale(n, fpir, nodes, prior)
    return interval(point, nodes, curve.weight, scale, prior.nu, level), float(at[0])


def any_candidate(mean: float, k: float) -> float:
    """Return the probability of at least one candidate, ``1 - (1 + mean/k)^-k``; Poisson for infinite ``k``."""
    return -math.expm1(-mean if math.isinf(k) else -k * math.log1p(mean / k))


def factor_of(known: Mapping[Cell, GroupFactor], group: Cell) -> GroupFactor:
    """Return the row factor of a probe group; `UnknownName` if there is no such group."""
    names = {_who(cell): cell for cell in known}
    if _who(group) not in names:
        raise UnknownName("group", _who(group), names)
    return known[names[_who(group)]]


def _who(group: Cell) -> str:
    return " ".join(str(part) for part in group)


def false_positive(
    at: tuple[float, float],
    condition: Condition,
    group: Cell | None,
    factor: GroupFactor | None,
    tail_shift: float,
    k: float,
    rows: Rows,
    measured: Measurement | None = None,
) -> Estimate:
    """Compute FPIR at a threshold, with the range of the group's factor.

    Parameters
    ----------
    at : tuple of float
        References searched, and threshold in decades.
    condition : Condition
        Image kind and lapse.
    group : Cell or None
        Probe group; None for the base population.
    factor : GroupFactor or None
        Of the group.
    tail_shift : float
        Decades by which non-mated scores reach the threshold more easily.
    k : float
        Shape of the spread of propensity; infinite for none.
    rows : Rows
        Published tests with rows of the algorithm.
    measured : Measurement, optional
        Of a card that was measured.

    Returns
    -------
    Estimate
        Probability.
    """
    (n, s), (kind, lapse) = at, condition
    street = kind is ImageKind.STREET
    mean = n * 10.0 ** min(tail_shift - s, 300.0)
    rates = (1.0, 1.0, 1.0) if factor is None else (factor.value, factor.low, factor.high)
    value, low, high = (any_candidate(mean * rate, k) for rate in rates)
    codes = (
        ("independence", math.isinf(k)),
        ("heterogeneity_unknown", not math.isinf(k)),
        ("tail_shift_assumed", street or tail_shift != 0.0),
        ("image_kind_untested", street),
        ("beyond_tested_n", n > N_STEP),
        ("group_anchor_assumed", factor is not None),
        ("group_rows_not_pairs", factor is not None),
        ("measured_card", measured is not None),
    )
    about = "" if group is None else cell_name(group)
    rate = any_candidate(mean, math.inf)
    asked = Asked((Counted.FALSE_POSITIVES,), n, rate, kind, lapse, group=about, rows=rows)
    return Estimate(
        value=value,
        low=low,
        high=high,
        unit="probability",
        kind=Doubt.MODEL,
        method="false candidates above a threshold on the exceedance scale",
        conditions=Conditions(round(n), None, s, kind, "all" if group is None else _who(group)).require_rate(),
        distance=placed(asked, None, measured),
        caveats=(*(code for code, holds in codes if holds), *(() if factor is None else factor.caveats)),
    )


def placed(asked: Asked, curve: Curve | None, measured: Measurement | None = None) -> Distance:
    """Return how far a figure lies from the nearest published test, or from what its user measured.

    Parameters
    ----------
    asked : Asked
        Its conditions.
    curve : Curve or None
        The mated curve that it stands on, if any.
    measured : Measurement, optional
        Of a card that was measured.
    """
    if measured is None:
        return nearest(asked)[1]
    n = max(measured.n_references, 1) if curve is None else curve.largest_n
    own = f"{measured.words}, N = {n:,}"
    if curve is not None and not curve.anchors:
        own += f"; {asked.image_kind}, {asked.lapse} by what it does to algorithms that NIST tested"
    return from_measurement(asked, measured, own, n)


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
    """Whether the curve's rows, all at galleries below ``n``, are too low and too rounded to tell how misses grow."""
    lowest = min((row.value for row in curve.anchors if row.fpir > 0), default=1.0)
    return curve.largest_n < n and lowest < _TELLS


def estimate(
    found: Range,
    level: float,
    conditions: Conditions,
    asked: Asked,
    curve: Curve,
    failed: bool,
    measured: Measurement | None = None,
) -> Estimate:
    """Dress a range as an estimate, with its distance from the tests.

    Parameters
    ----------
    found : Range
        Value, low and high.
    level : float
        Coverage.
    conditions : Conditions
        What it is conditional on.
    asked : Asked
        The same, as published tests are compared with it.
    curve : Curve
        That it stands on.
    failed : bool
        Whether the algorithm failed the test of this condition.
    measured : Measurement, optional
        Of a card that was measured.

    Returns
    -------
    Estimate
        Probability.
    """
    value, low, high = found
    condition = ImageKind(asked.image_kind), Lapse(asked.lapse)
    return Estimate(
        value=value,
        low=low,
        high=high,
        unit="probability",
        # Rounding, growth and the curves of other algorithms are what the interval holds: none is a count.
        kind=Doubt.MODEL,
        method=f"mated curve {'through the published rows' if measured is None else 'of measured scores'}, growth from "
        "the prior over algorithms",
        level=level,
        conditions=conditions.require_rate(),
        distance=placed(asked, curve, measured),
        caveats=curve_caveats(curve, condition, conditions.n_enrolled or 1, failed, measured),
    )


def nothing(
    reason: str,
    conditions: Conditions,
    asked: Asked,
    caveats: tuple[str, ...],
    measured: Measurement | None = None,
    bounds: tuple[float, float] | None = None,
) -> Estimate:
    """Return an estimate with no value and the reason, with bounds if other conditions give some."""
    return Estimate(
        value=None,
        low=None if bounds is None else bounds[0],
        high=None if bounds is None else bounds[1],
        unit="probability",
        kind=Doubt.MODEL,
        method="none" if bounds is None else "range over the tested image kinds",
        conditions=conditions.require_rate(),
        distance=placed(asked, None, measured),
        caveats=caveats,
        reason=reason,
    )


def without(
    reason: str, conditions: Conditions, asked: Asked, parts: Sequence[Estimate], measured: Measurement | None = None
) -> Estimate:
    """Return an estimate with no value, between the least and the most of others, and their caveats; failed if none."""
    if not parts:
        return nothing(reason, conditions, asked, ("failed_condition",), measured)
    bounds = min(part.low or 0.0 for part in parts), max(part.high or 1.0 for part in parts)
    codes = dict.fromkeys(("image_kind_untested", *(code for part in parts for code in part.caveats)))
    return nothing(reason, conditions, asked, tuple(codes), measured, bounds)
