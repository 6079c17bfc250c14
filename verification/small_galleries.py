"""Small galleries: misses from 420 to 42,000 references, predicted by curves that were made for millions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from misid.algorithm import (
    FAILED,
    FPIR_TESTED,
    MUGSHOT,
    N_ANCHOR,
    N_STEP,
    STEP,
    Condition,
    Row,
    by_algorithm,
    developers,
    exceedances,
    fit_published,
    parse_rows,
)
from misid.quantities import Conditions
from misid.validation import Prediction, Unsettled
from misid.vocabulary import ImageKind, Lapse
from verification.beside import beside
from verification.tables import PredictionTable, Say

LEVEL = 0.90
SMALL, LARGER = 420, 42_000
TRAVELLER: Condition = (ImageKind.TRAVELLER, Lapse.AS_TESTED)
CANDIDATES = (0.0003, 0.003)
"""Two editions of the same page name these as the FPIR of the test."""
NO_CHANGE, FACTOR = "no change", "others' factor"
_BASELINES = {
    NO_CHANGE: "the figure at 420, as it stands",
    FACTOR: "the figure at 420 times the median factor over the other developers' algorithms",
}
GIVEN = {
    "": "Of an algorithm's own rows only FNIR at 420 is used",
    "other": "All other rows of the algorithm are used, mugshots and other kinds among them, but not FNIR at 42,000",
}


@dataclass(frozen=True)
class Tested:
    """What is printed of one algorithm: FNIR of airport travellers in both galleries, and every other row."""

    name: str
    developer: str
    small: float
    larger: float
    rows: tuple[Row, ...]

    def given(self, how: str, fpir: float) -> list[dict[str, object]]:
        """Return the rows that a prediction may see, the traveller's at a candidate FPIR."""
        mine = [row for row in self.rows if _is_traveller(row) and row.n == SMALL]
        rest = [] if how == "" else [row for row in self.rows if not _is_traveller(row)]
        return [row.to_json() | {"fpir": fpir} for row in mine] + [row.to_json() for row in rest]


def _is_traveller(row: Row) -> bool:
    return row.image_kind == ImageKind.TRAVELLER


def gallery_tables(say: Say) -> tuple[PredictionTable, ...]:
    """Make the tables of small galleries at both FPIRs that the test may have had."""
    known = tested()
    say(f"small galleries: {len(known)} algorithms from 420 to 42,000 references, at two FPIRs")
    return tuple(_table(how, fpir, known) for fpir in CANDIDATES for how in GIVEN)


def tested() -> tuple[Tested, ...]:
    """Return what is printed of every algorithm with both galleries, failures among them."""
    whose, found = developers(), []
    for name, given in by_algorithm().items():
        rows = parse_rows(row for row in given if row["table"] in ("accuracy", "ageing"))
        at = {row.n: row.value for row in rows if _is_traveller(row)}
        if SMALL in at and LARGER in at:
            found.append(Tested(name, whose[name], at[SMALL], at[LARGER], rows))
    return tuple(found)


def _table(how: str, fpir: float, known: Sequence[Tested]) -> PredictionTable:
    code = f"small_{fpir:g}".replace("0.", "") + (f"_{how}" if how else "")
    first = code == "small_0003"
    failed = [one.name for one in known if one.larger >= FAILED]
    return PredictionTable(
        code=code,
        title=f"Small galleries: 420 to 42,000, FPIR {fpir:g}" + (", from all other rows" if how else ""),
        question="Tested at 420 references: how often does it miss at 42,000?",
        target=f"Share of mated searches that miss (FNIR), airport travellers, 42,000 references, if FPIR was {fpir:g}",
        how=f"{GIVEN[how]}. The same card as in a report: what algorithms share of growth was fitted on mugshots from "
        "1.6 to 12 million, without the developer, and nothing was fitted on these rows. Printed values of "
        f"{FAILED:g} and more are failures: {', '.join(failed) or 'none'} at 42,000, left out.",
        conditions=Conditions(
            gallery="NIST FRTE 1:N paperless travel",
            n_references=LARGER,
            threshold=math.log10(LARGER / exceedances(fpir)),
            image_kind=ImageKind.TRAVELLER,
        ),
        level=LEVEL,
        scale="ratio",
        predictions=tuple(_predict(one, how, fpir, known) for one in known if one.larger < FAILED),
        baselines=_BASELINES,
        caveats=("rounded_source",),
        again_of="" if first else "small_0003",
    )


def _predict(one: Tested, how: str, fpir: float, known: Sequence[Tested]) -> Prediction:
    card = fit_published(one.given(how, fpir))
    return beside(
        card.fnir(n_enrolled=LARGER, fpir=fpir, image_kind=TRAVELLER[0], lapse=TRAVELLER[1], level=LEVEL),
        one.larger,
        one.name,
        one.developer,
        {NO_CHANGE: one.small, FACTOR: one.small * factor(known, one.developer)},
        detail={"at_420": one.small},
    )


def factor(known: Sequence[Tested], but: str) -> float:
    """Return the median factor from 420 to 42,000 over the algorithms of other developers."""
    return float(np.median([one.larger / one.small for one in known if one.developer != but and one.larger < FAILED]))


def galleries_unsettled() -> tuple[Unsettled, ...]:
    """Return what the small galleries cannot decide, with computed evidence."""
    known = [one for one in tested() if one.larger < FAILED]
    apart = [_apart(one) for one in known]
    here = [(one.small, one.larger) for one in known]
    there = [pair for one in known if (pair := _mugshots(one.rows))]
    return (
        Unsettled(
            "Whether the test of airport travellers had FPIR 0.0003 or 0.003.",
            "The edition of the page that was read prints 0.0003, an older one is quoted with 0.003. Predictions under "
            f"the two differ by {100 * float(np.median(apart)):.1f}% (median, from FNIR at 420 alone): misses cannot "
            "tell.",
        ),
        Unsettled(
            "Whether misses of travellers grow as those of mugshots do.",
            f"From 420 to 42,000 travellers the probit of FNIR rises by {_per_decade(here, 2.0):.2f} per tenfold "
            f"gallery (median over {len(known)} algorithms); from 1.6 to 12 million mugshots by "
            f"{_per_decade(there, STEP):.2f} ({len(there)} of them). Kind of photo, size and threshold change "
            "together, and no algorithm has three galleries of one kind.",
        ),
    )


def _apart(one: Tested) -> float:
    """Return by what share the two candidate FPIRs change the prediction."""
    values = [
        fit_published(one.given("", fpir)).fnir(n_enrolled=LARGER, fpir=fpir, image_kind=TRAVELLER[0]).value or math.nan
        for fpir in CANDIDATES
    ]
    return abs(values[1] / values[0] - 1.0)


def _mugshots(rows: Sequence[Row]) -> tuple[float, float] | None:
    """Return FNIR of mugshots at both galleries, if printed."""
    at: Mapping[int | None, float] = {
        row.n: row.value for row in rows if (row.image_kind, row.lapse) == MUGSHOT and row.fpir == FPIR_TESTED
    }
    small, larger = at.get(N_ANCHOR, 1.0), at.get(N_STEP, 1.0)
    return (small, larger) if 0.0 < small < FAILED and 0.0 < larger < FAILED else None


def _per_decade(pairs: Sequence[tuple[float, float]], decades: float) -> float:
    small, larger = special.ndtri(np.transpose(pairs))
    return float(np.median(larger - small)) / decades
