"""A card from published figures alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from misid.algorithm.card import Card
from misid.algorithm.curves import Anchor, Condition, Curve, fit_image_type, fit_mugshot, lends
from misid.algorithm.groups import CELL_NAMES
from misid.algorithm.growth import FAILED, FORMS, Form, GrowthPrior, shared, shared_rank_share
from misid.algorithm.image_types import MUGSHOT, ImageTypePrior, complete_curves
from misid.algorithm.rows import Row, parse_rows
from misid.errors import Fault, InvalidInput
from misid.vocabulary import ImageKind, Lapse


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
    usable row stand on this one's other rows, and on how image types and lapses go together over the algorithms of all
    other developers.
    """
    parsed = parse_rows(rows)
    faults = _faults(parsed)
    if faults:
        raise InvalidInput(faults)
    types = ImageTypePrior.shipped(parsed[0].developer)
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
        for condition, curve in _fit_all(usable, priors[form], types).items():
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


def _fit_all(
    usable: Mapping[Condition, Sequence[Anchor]], prior: GrowthPrior, types: ImageTypePrior
) -> dict[Condition, Curve]:
    """Fit every condition: mugshots first, for they lend slope and floor to the others."""
    if not usable:
        return {}
    found = {}
    lent = (prior.slope, 0.0)
    if MUGSHOT in usable:
        found[MUGSHOT] = fit_mugshot(usable[MUGSHOT], prior, shared_rank_share())
        lent = lends(found[MUGSHOT], prior)
    for condition, rows in usable.items():
        if condition != MUGSHOT:
            found[condition] = fit_image_type(rows, prior, lent)
    return complete_curves(found, usable, lent, prior, types)


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
    odd = sorted({row.group for row in rows if row.metric == "FPIR"} - set(CELL_NAMES))
    if odd:
        what = f"the FPIR rows have unknown {', '.join(odd)}"
        faults.append(Fault("", 0, "rows.group", what, f"give any of {', '.join(CELL_NAMES)}"))
    if not any(row.metric == "FNIR" for row in rows):
        faults.append(Fault("", 0, "rows", "have no FNIR", "give at least one FNIR row"))
    return faults
