"""A card from published figures alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import special

from misid.algorithm.card import Card, Condition
from misid.algorithm.curves import Anchor, Curve
from misid.algorithm.fitting import fit_kind, fit_mugshot, lends, stand_in_probit
from misid.algorithm.groups import CELLS, cell_name
from misid.algorithm.growth import FORMS, FPIR_TESTED, N_ANCHOR, Form, GrowthPrior
from misid.algorithm.kinds import Kinds, shared_kinds
from misid.algorithm.prior import FAILED, shared
from misid.algorithm.rows import Row, parse_rows
from misid.errors import Fault, InvalidInput
from misid.vocabulary import ImageKind, Lapse

MUGSHOT: Condition = (ImageKind.MUGSHOT, Lapse.AS_TESTED)
KINDS = tuple(kind for kind in ImageKind if kind is not ImageKind.STREET)
CONDITIONS: tuple[Condition, ...] = tuple((kind, lapse) for lapse in Lapse for kind in KINDS)
TESTED_AT: dict[Condition, tuple[int, float]] = {
    (ImageKind.MUGSHOT, Lapse.LONG): (3_000_000, FPIR_TESTED),
    (ImageKind.TRAVELLER, Lapse.AS_TESTED): (42_000, 0.0003),
    (ImageKind.TRAVELLER, Lapse.LONG): (42_000, 0.0003),
}
"""Gallery and FPIR of a condition's test, where they differ from 1.6 million and 0.003."""


def fit_published(
    rows: Iterable[Mapping[str, Any]],
    prior: GrowthPrior | Mapping[Form, GrowthPrior] | None = None,
) -> Card:
    """Fit a card on the published rows of one algorithm.

    Parameters
    ----------
    rows : iterable of mapping
        Rows with the columns ``algorithm``, ``probe_kind`` (or ``image_kind``), ``gallery_n`` (or ``n``), ``metric``,
        ``fpir`` or ``rank``, and ``value`` (a share, as printed with four decimals); ``developer``, ``lapse`` and
        ``group`` where they apply.  Cells may be text or numbers.
    prior : GrowthPrior or mapping of form to GrowthPrior, optional
        Replaces the package's own, for its form.  That one has not seen the rows' own ``developer``; each prior says
        in ``left_out`` whom it has not seen.

    Returns
    -------
    Card
        Mugshot rows at 1.6 million are enough; rows at other galleries narrow the growth.

    Raises
    ------
    InvalidInput
        Names all faults at once: values outside [0, 1], missing cells, no rows, two algorithms, a row twice.

    Notes
    -----
    Rows with a miss rate of 0.7 or more are failures and are not used; the card remembers which.  Conditions with no
    usable row stand on the spread over all algorithms, around this one's other rows.
    """
    parsed = parse_rows(rows)
    faults = _faults(parsed)
    if faults:
        raise InvalidInput(faults)
    common = shared_kinds()
    priors = shared(parsed[0].developer)
    if isinstance(prior, GrowthPrior):
        priors[prior.form] = prior
    elif prior is not None:
        priors.update(prior)
    usable: dict[Condition, list[Anchor]] = {}
    failed: list[Condition] = []
    for row in parsed:
        if row.metric != "FNIR" or row.n is None or (row.rank or 1) != 1:
            continue
        condition: Condition = (ImageKind(row.image_kind), Lapse(row.lapse))
        if row.value >= FAILED:
            failed.append(condition)
        elif row.rank is None or condition == MUGSHOT:
            usable.setdefault(condition, []).append(Anchor(row.n, row.fpir or 0.0, row.value))
    for condition in failed:
        # A rank-1 row beside a threshold row that failed describes another machine than the one in use.
        if condition == MUGSHOT and any(row.fpir == 0 for row in usable.get(condition, ())):
            usable[condition] = [row for row in usable[condition] if row.fpir > 0]
    usable = {condition: found for condition, found in usable.items() if found}
    curves: dict[Condition, dict[Form, Curve]] = {}
    for form in FORMS:
        for condition, curve in _fit_all(usable, priors[form], common).items():
            curves.setdefault(condition, {})[form] = curve
    cells = {row.group: row.value for row in parsed if row.metric == "FPIR"}
    return Card(
        name=parsed[0].algorithm,
        developer=parsed[0].developer,
        sources=tuple(sorted({row.source for row in parsed if row.source})),
        rows=parsed,
        priors=priors,
        curves=curves,
        failed=tuple(dict.fromkeys(failed)),
        cells=cells or None,
    )


def _fit_all(usable: Mapping[Condition, Sequence[Anchor]], prior: GrowthPrior, common: Kinds) -> dict[Condition, Curve]:
    """Fit every condition: mugshots first, for they lend slope and floor to the others."""
    if not usable:
        return {}
    mated = usable.get(MUGSHOT, ())
    if mated:
        mugshot = fit_mugshot(mated, prior, common.rank_share)
        base, base_sd = _probit(mugshot, prior), 0.0
    else:
        # The best stand-in for mugshots is what the other rows say of them.
        other = next(condition for condition in CONDITIONS if condition in usable)
        offset, base_sd = stand_in_probit(common.spread, *other)
        largest = max(usable[other], key=lambda row: row.n)
        base = float(special.ndtri(max(largest.value, 1e-6))) - offset
        expected = Anchor(N_ANCHOR, FPIR_TESTED, float(special.ndtr(base)))
        mugshot = fit_kind((), prior, (prior.slope, 0.0), (expected, base_sd))
    found = {MUGSHOT: mugshot}
    lent = lends(mugshot, prior)
    for condition in CONDITIONS:
        if condition == MUGSHOT:
            continue
        if condition in usable:
            found[condition] = fit_kind(usable[condition], prior, lent)
            continue
        offset, sd = stand_in_probit(common.spread, *condition)
        n, fpir = TESTED_AT.get(condition, (N_ANCHOR, FPIR_TESTED))
        expected = Anchor(n, fpir, float(special.ndtr(base + offset)))
        found[condition] = fit_kind((), prior, lent, (expected, math.hypot(sd, base_sd)))
    return found


def around(curve: Curve, condition: Condition, prior: GrowthPrior) -> dict[Condition, Curve]:
    """Return curves of all conditions around one that was measured.

    Parameters
    ----------
    curve : Curve
        Of the measured condition.
    condition : tuple of ImageKind and Lapse
        Which.
    prior : GrowthPrior
        What algorithms share.

    Returns
    -------
    dict
        The measured curve itself, and for every other condition what it does to algorithms that NIST tested.  A street
        photo, which nobody tested, is taken for any of webcam, border and kiosk.
    """
    common = shared_kinds()
    offset, offset_sd = _offset(common, condition)
    value, nodes = curve.fnir(*_tested_at(condition), prior.delta * _tested_at(condition)[0], prior)
    probits = special.ndtri(np.clip(np.append(nodes, value), 1e-6, 1 - 1e-6))
    own_sd = float(np.sqrt(curve.weight @ (probits[:-1] - curve.weight @ probits[:-1]) ** 2))
    base, base_sd = float(probits[-1]) - offset, math.hypot(offset_sd, own_sd)
    lent = lends(curve, prior)
    found = {condition: curve}
    for other in CONDITIONS:
        if other != condition:
            away, sd = _offset(common, other)
            expected = Anchor(*_tested_at(other), float(special.ndtr(base + away)))
            found[other] = fit_kind((), prior, lent, (expected, math.hypot(sd, base_sd)))
    return found


def _tested_at(condition: Condition) -> tuple[int, float]:
    return TESTED_AT.get(condition, (N_ANCHOR, FPIR_TESTED))


def _offset(common: Kinds, condition: Condition) -> tuple[float, float]:
    """Return by how much a condition raises the probit of FNIR over the mugshot row, and its spread."""
    if condition == MUGSHOT:
        return 0.0, 0.0
    if condition[0] is not ImageKind.STREET:
        return stand_in_probit(common.spread, *condition)
    kinds = (ImageKind.WEBCAM, ImageKind.BORDER, ImageKind.KIOSK)
    middles, spreads = np.transpose([stand_in_probit(common.spread, kind, condition[1]) for kind in kinds])
    return float(middles.mean()), math.sqrt(float((spreads**2).mean() + middles.var()))


def _probit(curve: Curve, prior: GrowthPrior) -> float:
    value, _ = curve.fnir(N_ANCHOR, FPIR_TESTED, prior.delta * N_ANCHOR, prior)
    return float(special.ndtri(value))


def _faults(rows: Sequence[Row]) -> list[Fault]:
    if not rows:
        return [Fault("", 0, "rows", "there are none", "give the published rows of one algorithm")]
    faults = []
    names = sorted({row.algorithm for row in rows})
    if len(names) > 1:
        what = f"are of {len(names)} algorithms: {', '.join(names[:5])}"
        faults.append(Fault("", 0, "rows", what, "fit one algorithm at a time"))
    seen: dict[tuple[object, ...], int] = {}
    for index, row in enumerate(rows):
        key = (row.algorithm, row.metric, row.image_kind, row.lapse, row.n, row.fpir, row.rank, row.group)
        if key in seen:
            faults.append(Fault("", 0, f"rows.{index}", f"is the same condition as rows.{seen[key]}", "give it once"))
        seen[key] = index
    odd = sorted({row.group for row in rows if row.metric == "FPIR"} - {cell_name(cell) for cell in CELLS})
    if odd:
        known = ", ".join(cell_name(cell) for cell in CELLS)
        faults.append(
            Fault("", 0, "rows.group", f"the FPIR rows have unknown {', '.join(odd)}", f"give any of {known}")
        )
    if not any(row.metric == "FNIR" for row in rows):
        faults.append(Fault("", 0, "rows", "have no FNIR", "give at least one FNIR row"))
    return faults
