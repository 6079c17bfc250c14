"""Twins: one algorithm's false match rates from those of the others, of which there are two."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from scipy import special

from misid.algorithm import developers, twins
from misid.quantities import Conditions
from misid.validation import Prediction, Standing, Unsettled
from verification.tables import PredictionTable, Say

LEVEL = 0.90
Rates = Mapping[str, Mapping[str, float]]
"""False match rate by kind of twin, then by algorithm."""
_LAST_DIGIT = {"different_sex_fraternal": 0.0001}
"""Other kinds of twin are printed with three decimals."""


def twin_tables(say: Say) -> tuple[PredictionTable, ...]:
    """Make the table of twins."""
    say("twins: three algorithms, each from the other two")
    rates, whose = twins(), developers()
    names = sorted(next(iter(rates.values())))
    return (
        PredictionTable(
            code="twins_fmr",
            title="Twins: each of three algorithms from the other two",
            question="Do two algorithms' rates on twins tell a third's?",
            target="Share of comparisons of twins that match (FMR), one-to-one, at the threshold where unrelated "
            "people match with 0.0001",
            how="Mean probit of the two other developers' algorithms; Student t with three degrees of freedom, its "
            "spread pooled over the three kinds of twin, taken to be the same on the probit. NIST prints no counts, so "
            "sampling error is part of that spread.",
            conditions=Conditions(gallery="NIST FRTE twins, one-to-one comparisons", image_kind=""),
            level=LEVEL,
            scale="difference",
            predictions=tuple(row for name in names for row in predict(name, whose[name], rates)),
            caveats=("rounded_source",),
            judged=False,
        ),
    )


def predict(name: str, developer: str, rates: Rates) -> list[Prediction]:
    """Predict one algorithm's rates from those of all others."""
    others = {kind: special.ndtri([rate for one, rate in of.items() if one != name]) for kind, of in rates.items()}
    free = sum(len(known) - 1 for known in others.values())
    spread = math.sqrt(sum(float(((known - known.mean()) ** 2).sum()) for known in others.values()) / free)
    away = float(special.stdtrit(free, 0.5 + LEVEL / 2.0)) * spread
    found = []
    for kind, known in others.items():
        reach = away * math.sqrt(1.0 + 1.0 / len(known))
        value, low, high = special.ndtr(known.mean() + np.array([0.0, -reach, reach]))
        seen, half = rates[kind][name], _LAST_DIGIT.get(kind, 0.001) / 2.0
        found.append(
            Prediction(
                name,
                developer,
                float(value),
                float(low),
                float(high),
                seen,
                seen - half,
                seen + half,
                Standing.GROUP_LEFT_OUT,
                kind.replace("_", " "),
            )
        )
    return found


def twins_unsettled() -> tuple[Unsettled, ...]:
    """Return what the twins cannot decide, with computed evidence."""
    alike = twins()["identical_twin"].values()
    return (
        Unsettled(
            "How often twins match at the threshold of a large gallery.",
            f"NIST's page of twins has {len(alike)} algorithms, at the threshold where unrelated people match with "
            f"0.0001; {min(alike):g} to {max(alike):g} of identical ones match there. The threshold of 12 million "
            "references and FPIR 0.003 lets a comparison of strangers through 400,000 times as rarely. NIST's report "
            "card of idemia_008 puts 0.99 to 0.996 of different identical twins above thresholds of 1e-6 to 1e-4, on "
            "posed photos. How many match on other photos, and further out, is an input with a range.",
        ),
    )
