"""Image kinds and ageing: from an algorithm's mugshots, or from all its other rows, its vendor left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from misid.algorithm import (
    CONDITIONS,
    FAILED,
    MUGSHOT,
    N_ANCHOR,
    Card,
    Condition,
    ImageTypePrior,
    Row,
    by_algorithm,
    developers,
    fit_published,
    parse_rows,
    where_tested,
)
from misid.quantities import Conditions
from misid.validation import Prediction, Unsettled
from misid.vocabulary import ImageKind, Lapse
from verification.beside import beside
from verification.fit_conditions import condition_rows
from verification.tables import PredictionTable, Say

LEVEL = 0.90
SAME, DISTANCE = "as on mugshots", "others' distance"
_BASELINES = {
    SAME: "the mugshot figure at 1.6 million, as it stands",
    DISTANCE: "the mugshot figure moved by the median distance, on the probit, over the other developers' algorithms",
}
_CONDITIONS = Conditions(
    gallery="NIST FRTE 1:N: 1.6 million; aged mugshots 3 million, airport travellers 42,000", image_kind=""
)
_CAVEATS = ("rounded_source", "failed_condition")
AGED: Condition = (ImageKind.MUGSHOT, Lapse.LONG)
BORDER_AGED: Condition = (ImageKind.BORDER, Lapse.LONG)
GIVEN = {
    "mugshot": "Of an algorithm's own rows only FNIR at FPIR 0.003 and rank-1 miss of mugshots at 1.6 million are used",
    "other": "All other rows of the algorithm are used, at every gallery, but none of the kind and lapse predicted",
}


@dataclass(frozen=True)
class _Printed:
    """What is printed of one algorithm."""

    name: str
    developer: str
    rows: tuple[Row, ...]
    cells: Mapping[Condition, float]

    def given(self, how: str, target: Condition) -> list[dict[str, object]]:
        """Return the rows that a prediction may see."""
        if how == "mugshot":
            return [row.to_json() for row in self.rows if _condition(row) == MUGSHOT and row.n == N_ANCHOR]
        return [row.to_json() for row in self.rows if _condition(row) != target]

    def card(self, how: str, target: Condition) -> Card:
        """Return what is fitted on them."""
        return self._from_mugshots if how == "mugshot" else fit_published(self.given(how, target))

    @cached_property
    def _from_mugshots(self) -> Card:
        """The same for every target."""
        return fit_published(self.given("mugshot", MUGSHOT))


def _condition(row: Row) -> tuple[str, str]:
    return row.image_kind, row.lapse


def kind_tables(say: Say) -> tuple[PredictionTable, ...]:
    """Make all tables of image kinds and of ageing, from mugshots and from all other rows."""
    known = printed()
    say(f"image kinds and ageing: {len(known)} algorithms, each from a fit without its developer")
    return tuple(
        _table(stem, how, tuple(_predictions(known, how, lapse)), known)
        for stem, lapse in (("kinds", Lapse.AS_TESTED), ("ageing", Lapse.LONG))
        for how in GIVEN
    )


def printed() -> tuple[_Printed, ...]:
    """Return what is printed of every algorithm with a usable mugshot row at 1.6 million."""
    whose = developers()
    found = []
    for name, given in by_algorithm().items():
        rows = parse_rows(row for row in given if row["table"] in ("accuracy", "ageing"))
        cells = condition_rows(rows).get(name, {})
        by_condition = {one: cells["|".join(one)] for one in CONDITIONS if "|".join(one) in cells}
        if MUGSHOT in by_condition:
            found.append(_Printed(name, whose[name], rows, by_condition))
    return tuple(found)


def _predictions(known: Sequence[_Printed], how: str, lapse: Lapse) -> list[Prediction]:
    targets = [condition for condition in CONDITIONS if condition[1] == lapse and condition != MUGSHOT]
    return [
        _predict(one, how, target, _distance(known, target, one.developer))
        for target in targets
        for one in known
        if target in one.cells
    ]


def _distance(known: Sequence[_Printed], target: Condition, but: str) -> float:
    """Return the median distance from the mugshot probit over other developers' algorithms."""
    pairs = [(one.cells[target], one.cells[MUGSHOT]) for one in known if target in one.cells and one.developer != but]
    there, base = special.ndtri(np.transpose(pairs))
    return float(np.median(there - base))


def _predict(one: _Printed, how: str, target: Condition, distance: float) -> Prediction:
    n, fpir = where_tested(*target)
    base = one.cells[MUGSHOT]
    return beside(
        one.card(how, target).fnir(n_enrolled=n, fpir=fpir, image_kind=target[0], lapse=target[1], level=LEVEL),
        one.cells[target],
        one.name,
        one.developer,
        {SAME: base, DISTANCE: float(special.ndtr(special.ndtri(base) + distance))},
        band=f"{target[0]}",
        detail={"mugshot_at_1_6_million": base},
    )


def _table(stem: str, how: str, rows: tuple[Prediction, ...], known: Sequence[_Printed]) -> PredictionTable:
    lapse = Lapse.AS_TESTED if stem == "kinds" else Lapse.LONG
    failed = sum(
        row.value >= FAILED and row.fpir is not None and row.lapse == lapse and _condition(row) != MUGSHOT
        for one in known
        for row in one.rows
    )
    what = "other kinds of photo" if stem == "kinds" else "ten years or more between photos"
    given = "mugshots" if how == "mugshot" else "all other rows"
    return PredictionTable(
        code=f"{stem}_{how}",
        title=f"{what[0].upper()}{what[1:]}, from {given}",
        question=f"What do {given} tell of {what}?",
        target="Share of mated searches that miss (FNIR) at the gallery and FPIR of each test: 1.6 million and 0.003; "
        "aged mugshots 3 million and 0.003; airport travellers 42,000 and 0.0003",
        how="A Student t of the probits of FNIR under eight conditions, fitted on the algorithms of all other "
        f"developers; the same card as in a report. {GIVEN[how]}. Printed values of {FAILED:g} and more are failures: "
        f"{failed} are left out, and nothing here predicts them.",
        conditions=_CONDITIONS,
        level=LEVEL,
        scale="ratio",
        predictions=rows,
        baselines=_BASELINES,
        caveats=_CAVEATS,
        again_of="" if how == "mugshot" else f"{stem}_mugshot",
    )


def kinds_unsettled() -> tuple[Unsettled, ...]:
    """Return what these rows cannot decide, with computed evidence."""
    known = printed()
    both = [one for one in known if AGED in one.cells and BORDER_AGED in one.cells]
    more, spread = ImageTypePrior.shipped().ageing
    return (
        Unsettled(
            "What years between photos do to webcam, kiosk and street photos.",
            f"Only mugshots and border photos have a row after ten years: {len(both)} algorithms have both. On border "
            f"photos the years cost {more:+.2f} probits more than on mugshots (median; spread {spread:.2f} over "
            "algorithms); other kinds are given the same.",
        ),
        Unsettled(
            "Whether a kind of photo changes how misses grow with the gallery.",
            "Webcam, border and kiosk photos were searched in one gallery, 1.6 million. Their slope is the mugshot "
            "slope within a factor, for no row.",
        ),
        Unsettled(
            "How much of a kind's distance from mugshots is the algorithm and how much the photos of that test.",
            "One set of photos for each kind. About 3% of border and 7% of kiosk photos hold several faces (NIST), "
            "which moves those columns for newer algorithms alone.",
        ),
        Unsettled(
            "How often an algorithm fails outright on another kind of photo.",
            "Failures (0.7 and more) are left out of the fit and of the tables: what is predicted is FNIR where an "
            "algorithm does not fail.",
        ),
    )
