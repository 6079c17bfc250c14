"""What a larger gallery would do: forms of growth, each tried inside the data before it is trusted outside."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from misid.evaluation.contract import HERE, Comparisons, Line, Searches
from misid.evaluation.growth.counts import (
    SHARES,
    Case,
    Usable,
    candidates,
    gallery_error,
    independent,
    part_rates,
    uneven,
    usable,
)
from misid.evaluation.growth.tail import Beyond, beyond
from misid.evaluation.growth.words import WORDS, said, short
from misid.evaluation.results import Check, Growth
from misid.quantities import Conditions, Distance, Doubt, Estimate
from misid.statistics import Array, fpir_gamma, threshold_at, threshold_shift

GALLERIES = (1e4, 1e5, 1e6, 1e7, 2e8)
LEAST_EVENTS = 10
"""Searches with a hit below which a form that needs them says nothing."""
_LEAST_SEARCHES, _LEAST_REFERENCES = 50, 16
_CHECK_LEVEL = 0.99
_FORMS = ("heterogeneity", "independence")


def growth(
    pairs: Comparisons | None,
    searches: Searches,
    *,
    threshold: float | None = None,
    image_kind: str,
    level: float = 0.95,
    seed: int = 1,
    galleries: Sequence[float] = GALLERIES,
) -> Growth | None:
    """Say what larger galleries would do at one threshold, and which threshold would hold FPIR.

    Parameters
    ----------
    pairs : Comparisons, optional
        All comparisons, for the tail of non-mated scores; the lists of the searches stand in.
    searches : Searches
        Searches of one gallery.  Mated ones are used, without their mates, only where there are no others.
    threshold : float, optional
        As a similarity; where a tenth of the searches have a hit, or 25, if not given.
    image_kind : str
        Kind of probe image, in words.
    level : float
        Of the intervals.
    seed : int
        Of the draws.
    galleries : sequence of float
        References to predict for; those not above the measured gallery are left out.

    Returns
    -------
    Growth or None
        None with fewer than 50 usable searches or 16 references.

    Notes
    -----
    Independence: ``1 - (1 - FPIR)^(N'/N)`` (FORMULAS 1).  Heterogeneity: ``1 - (1 + L/k)^-k``, with k from the bend of
    growth inside the gallery (FORMULAS 4).  Tail: a generalised Pareto law of the highest scores, for thresholds that
    few or no scores reach (FORMULAS 6), under the same k.  Failed searches are left out of all three.
    """
    data = usable(searches, seed)
    if len(data.owner) < _LEAST_SEARCHES or data.n_references < _LEAST_REFERENCES:
        return None
    at = float(np.float32(_usual(data) if threshold is None else threshold))
    case, busy = _case(data, at), _case(data, _busy(data))
    checks = _checks(case, data, image_kind, level)
    if busy.threshold < at:
        checks += _checks(busy, data, image_kind, level)
    shapes = _shapes(case, busy, level)
    far = beyond(data, pairs, at, (shapes[0][0], *_reach(shapes, level)), seed)
    if far is not None and far.check is not None:
        checks.append(_tail_check(far, data, image_kind))
    if not math.isfinite(at) or (case.events < LEAST_EVENTS and (far is None or far.covers(at) is None)):
        return None
    grid = np.unique(np.append(np.geomspace(data.n_references, max(galleries), 41), galleries))
    grid = grid[grid >= data.n_references]
    lines = _lines(case, shapes, far, grid, data, level, gallery_error(searches, data, at))
    trusted = _trusted(lines, checks)
    # The tail takes from heterogeneity how much probes differ, and is no better than that.
    uneasy = trusted[:1] in ((), ("tail",)) and any(c.form == "heterogeneity" and not c.passed for c in checks)
    conditions = _conditions(at, case, data, image_kind)
    figures = {
        f"fpir_at_n_{short(n)}": _figure(n, grid, lines, trusted, uneasy, conditions, data, level)
        for n in galleries
        if n > data.n_references
    }
    figures |= _held(case, far, galleries, conditions, data, level)
    return Growth(figures, lines, tuple(checks), round(data.n_references), at, said(case, far, data, lines, checks))


def _usual(data: Usable) -> float:
    best = np.sort(data.others[:, 0])[::-1]
    return float(best[min(max(25, len(best) // 10), len(best)) - 1])


def _busy(data: Usable) -> float:
    """Return the threshold at which half of the searches have a hit, or the lowest that the lists still show whole."""
    best = np.sort(data.others[:, 0])[::-1]
    shown = np.sort(data.known_from)[::-1][len(best) // 1000]
    return float(max(best[len(best) // 2], np.nextafter(np.float32(shown), np.float32(np.inf))))


def _case(data: Usable, threshold: float) -> Case:
    found = candidates(data, threshold)
    shares = np.array([SHARES[0] / 2, *SHARES, 1.0])
    short = int((data.known_from >= threshold).sum())
    return Case(threshold, part_rates(data, found, shares), int((found > 0).sum()), short)


def _ends(level: float) -> tuple[float, float]:
    return 0.5 * (1 - level), 0.5 * (1 + level)


def _range(drawn: Array, level: float) -> tuple[float, float, float]:
    """Return the value as seen, and the central part of its replicates; the value is in it."""
    low, high = np.quantile(drawn[1:], _ends(level))
    return float(drawn[0]), min(float(low), float(drawn[0])), max(float(high), float(drawn[0]))


def _checks(case: Case, data: Usable, image_kind: str, level: float) -> list[Check]:
    """Try each form: from a random part of the gallery to all of it."""
    from scipy import special

    limit = float(special.ndtri(_ends(_CHECK_LEVEL)[1]))
    found: list[Check] = []
    if 1000 * case.short > len(data.owner):
        return found
    seen = case.rates[:, -1]
    for form in _FORMS:
        for part, share in enumerate(SHARES, start=1):
            if case.rates[0, part] * len(data.owner) < LEAST_EVENTS or share * data.n_references < 8:
                continue
            predicted = case.from_part(form, part, 1 / share)
            off = predicted - seen
            conditions = Conditions(round(data.n_references), round(data.n_people), None, image_kind)
            one, other = (
                Estimate(
                    *_range(drawn, level),
                    unit="probability",
                    kind=Doubt.SAMPLING,
                    method=method,
                    n=float(len(data.owner)),
                    count=float(case.events) if method == "seen" else None,
                    level=level,
                    conditions=_at(conditions, case.threshold),
                    distance=HERE,
                )
                for drawn, method in ((predicted, f"{WORDS[form]}, from random parts of the gallery"), (seen, "seen"))
            )
            # Prediction and what was seen rest on the same probes: it is their difference that has an error.
            agrees = abs(float(off[0])) <= limit * float(off[1:].std()) + 1e-12
            found.append(
                Check(form, round(share * data.n_references), round(data.n_references), one, other, bool(agrees))
            )
    return found


def _at(conditions: Conditions, score: float) -> Conditions:
    return replace(conditions, score=score)


def _tail_check(far: Beyond, data: Usable, image_kind: str) -> Check:
    assert far.check is not None
    tried = far.check
    conditions = _at(Conditions(round(data.n_references), round(data.n_people), None, image_kind), tried.threshold)
    one, other = (
        Estimate(
            *found,
            unit="probability",
            kind=kind,
            method=method,
            n=float(len(data.owner)),
            count=count,
            level=_CHECK_LEVEL,
            conditions=conditions,
            distance=HERE,
        )
        for found, method, kind, count in (
            (tried.predicted, "tail of the scores, from a random part of the gallery", Doubt.MODEL, None),
            (tried.seen, "seen", Doubt.SAMPLING, float(tried.events)),
        )
    )
    return Check("tail", round(tried.n_from), round(data.n_references), one, other, tried.passed)


def _shapes(case: Case, busy: Case, level: float) -> list[Array]:
    """Return replicates of the spread of propensity: the one that the value stands on, then any other.

    Where more searches have a hit the bend is seen better; the threshold's own bend counts only where it differs.
    """
    if busy.threshold >= case.threshold:
        return [case.k]
    if case.events < LEAST_EVENTS:
        return [busy.k]
    own, other = case.k, busy.k
    off = 1 / own - 1 / other
    return [own, other] if abs(off[0]) > 2.58 * off[1:].std() else [other, own]


def _reach(shapes: Sequence[Array], level: float) -> tuple[float, float]:
    """Return least and greatest of the intervals of some shapes."""
    ends = np.array([np.quantile(k[1:], _ends(level), method="nearest") for k in shapes])
    return float(min(ends[:, 0].min(), shapes[0][0])), float(max(ends[:, 1].max(), shapes[0][0]))


def _lines(
    case: Case,
    shapes: Sequence[Array],
    far: Beyond | None,
    grid: Array,
    data: Usable,
    level: float,
    error: float,
) -> dict[str, Line]:
    lines = {}
    times = grid[:, None] / data.n_references
    rate = case.rates[:, -1]
    drawn = {"heterogeneity": [uneven(rate, k, times) for k in shapes], "independence": [independent(rate, times)]}
    for form in _FORMS if case.events >= LEAST_EVENTS else ():
        ends = [np.quantile(found[:, 1:], _ends(level), axis=1) for found in drawn[form]]
        value = drawn[form][0][:, 0]
        low, high = (pick([end[side] for end in ends], axis=0) for side, pick in ((0, np.min), (1, np.max)))
        ends_at = _widened(value, np.minimum(low, value), np.maximum(high, value), error, level)
        lines[form] = Line(grid, value, *ends_at)
    band = None if far is None else far.covers(case.threshold, level)
    if band is not None and far is not None:
        value, low, high = (
            np.asarray(fpir_gamma(rate * grid, np.float64(k))) for rate, k in zip(band, far.k, strict=True)
        )
        lines["tail"] = Line(grid, value, np.minimum(low, value), np.maximum(high, value))
    return lines


def _widened(value: Array, low: Array, high: Array, error: float, level: float) -> tuple[Array, Array]:
    """Add what the gallery's own people leave open: an error of the logarithm of expected candidates."""
    from scipy import special

    reach = error * float(special.ndtri(_ends(level)[1]))
    top = 1 - 1e-12
    middle, least, most = (np.log(-np.log1p(-np.clip(x, 1e-300, top))) for x in (value, low, high))
    ends = middle - np.hypot(middle - least, reach), middle + np.hypot(most - middle, reach)
    below, above = (np.asarray(-np.expm1(-np.exp(end))) for end in ends)
    return np.minimum(below, low), np.maximum(above, high)


def _trusted(lines: Mapping[str, Line], checks: Sequence[Check]) -> tuple[str, ...]:
    """Return the forms that passed all their checks, the one that the value stands on first."""
    tried = {check.form for check in checks}
    failed = {check.form for check in checks if not check.passed}
    return tuple(form for form in ("heterogeneity", "independence", "tail") if form in lines and form in tried - failed)


def _figure(
    n: float,
    grid: Array,
    lines: Mapping[str, Line],
    trusted: Sequence[str],
    uneasy: bool,
    conditions: Conditions,
    data: Usable,
    level: float,
) -> Estimate:
    at = int(np.searchsorted(grid, n))
    used = tuple(trusted) or tuple(lines)
    lows, highs = (
        [float(end[at]) for form in used for end in (getattr(lines[form], side),) if end is not None]
        for side in ("low", "high")
    )
    decades = math.log10(n / data.n_references)
    codes = (
        ("beyond_data", decades > 1),
        ("tail_shape_decides", used[0] == "tail"),
        ("form_failed", not trusted or uneasy),
    )
    return Estimate(
        value=float(lines[used[0]].value[at]),
        low=min(lows),
        high=max(highs),
        unit="probability",
        kind=Doubt.MODEL,
        method=("union of " if len(used) > 1 else "") + ", ".join(WORDS[form] for form in used),
        n=float(len(data.owner)),
        level=level,
        conditions=replace(conditions, n_references=round(n), n_enrolled=round(n * data.n_people / data.n_references)),
        distance=Distance(f"the measured gallery of {round(data.n_references):,} references", decades),
        caveats=tuple(code for code, holds in codes if holds),
    )


def _conditions(at: float, case: Case, data: Usable, image_kind: str) -> Conditions:
    rate = float(candidates(data, at).sum()) / data.trials if case.short == 0 else 0.0
    return Conditions(
        round(data.n_references), round(data.n_people), -math.log10(rate) if rate > 0 else None, image_kind, score=at
    )


def _held(
    case: Case,
    far: Beyond | None,
    galleries: Sequence[float],
    conditions: Conditions,
    data: Usable,
    level: float,
) -> dict[str, Estimate]:
    """Return the thresholds that would hold FPIR while the gallery grows: FORMULAS 6.c if exponential."""
    if far is None or case.events < LEAST_EVENTS:
        return {}
    found = {}
    now = far.rate_at(case.threshold)
    for n in galleries:
        wanted = now * data.n_references / n
        if n <= data.n_references or not 0 < wanted <= far.tail.start_probability:
            continue
        value, low, high = (float(x[0]) for x in threshold_at(far.tail, [wanted], level))
        straight = case.threshold + float(threshold_shift(far.straight_scale, data.n_references, n))
        decades = math.log10(n / data.n_references)
        found[f"threshold_holding_fpir_at_n_{short(n)}"] = Estimate(
            value,
            low,
            # A tail that ends is no promise: relatives and copies are a second law beyond it.
            max(high, straight),
            unit="score",
            kind=Doubt.MODEL,
            method=f"tail of the scores; {straight:.6g} if it were exponential",
            n=float(len(data.owner)),
            level=level,
            conditions=replace(conditions, n_references=round(n), threshold=-math.log10(wanted), score=None),
            distance=Distance(f"the measured gallery of {round(data.n_references):,} references", decades),
            caveats=("tail_shape_decides", *(("beyond_data",) if decades > 1 else ())),
        )
    return found
