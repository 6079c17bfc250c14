"""From curves to estimates: checks at the door, intervals, distance from the tests, caveats."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from misid.algorithm.curves import Curve, mixture_quantiles
from misid.algorithm.groups import GroupFactor
from misid.algorithm.growth import N_ANCHOR, N_STEP, Array, Form, GrowthPrior, threshold
from misid.algorithm.measurement import Measurement
from misid.errors import IncompleteRate, OutOfRange, UnknownName
from misid.quantities import Conditions, Distance, Doubt, Estimate
from misid.vocabulary import ImageKind, Lapse

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


def false_positive(
    conditions: Conditions,
    factor: GroupFactor | None,
    tail_shift: float,
    k: float,
    measured: Measurement | None = None,
) -> Estimate:
    """Compute FPIR at a threshold, with the range of the group's factor.

    Parameters
    ----------
    conditions : Conditions
        With references, threshold, image kind and probe group.
    factor : GroupFactor or None
        None for the base population.
    tail_shift : float
        Decades by which non-mated scores reach the threshold more easily.
    k : float
        Shape of the spread of propensity; infinite for none.
    measured : Measurement, optional
        Of a card that was measured.

    Returns
    -------
    Estimate
        Probability.
    """
    n, s = float(conditions.n_references or 1), conditions.threshold or 0.0
    street = conditions.image_kind == ImageKind.STREET
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
    nearest, tested_n = f"NIST FRTE 1:N: N = {N_STEP:,}", N_STEP
    if measured is not None:
        nearest, tested_n = measured.words, max(measured.n_references, 1)
    known = factor is None or factor.tested
    untested = (("image kind", street), ("probe group", not known))
    return Estimate(
        value=value,
        low=low,
        high=high,
        unit="probability",
        kind=Doubt.MODEL,
        method="false candidates above a threshold on the exceedance scale",
        conditions=conditions.require_rate(),
        distance=Distance(
            nearest,
            max(0.0, math.log10(n / tested_n)),
            tuple(name for name, holds in untested if holds),
        ),
        caveats=(*(code for code, holds in codes if holds), *(() if factor is None else factor.caveats)),
    )


def nearest_test(curve: Curve | None, condition: Condition, measured: Measurement | None = None) -> str:
    """Name the published test that a figure stands on, or the measurement."""
    what = f"{condition[0]}, {condition[1]}"
    if measured is not None and curve is not None:
        own = f"{measured.words}, N = {curve.largest_n:,}"
        return own if curve.anchors else f"{own}; {what} by what it does to algorithms that NIST tested"
    if curve is None:
        return f"NIST FRTE 1:N: none for {what}"
    return f"NIST FRTE 1:N: {what}, N = {curve.largest_n:,}" + ("" if curve.anchors else " (other algorithms)")


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
    curve: Curve,
    condition: Condition,
    caveats: tuple[str, ...],
    measured: Measurement | None = None,
) -> Estimate:
    """Dress a range as an estimate, with its distance from the tests."""
    value, low, high = found
    n = conditions.n_enrolled or 1
    beyond = max(0.0, math.log10(n / curve.largest_n))
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
        distance=Distance(nearest_test(curve, condition, measured), beyond, () if curve.anchors else ("image kind",)),
        caveats=caveats,
    )


def nothing(
    reason: str, conditions: Conditions, condition: Condition, caveats: tuple[str, ...], bounds: Range | None = None
) -> Estimate:
    """Return an estimate with no value and the reason, with bounds if other conditions give some."""
    return Estimate(
        value=None,
        low=None if bounds is None else bounds[1],
        high=None if bounds is None else bounds[2],
        unit="probability",
        kind=Doubt.MODEL,
        method="none" if bounds is None else "range over the tested image kinds",
        conditions=conditions.require_rate(),
        distance=Distance(nearest_test(None, condition), 0.0, ("image kind",)),
        caveats=caveats,
        reason=reason,
    )
