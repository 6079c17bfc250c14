"""A validation that nobody carried out: ratios and differences, judged and not, misses, goals reached and not."""

from __future__ import annotations

import numpy as np

from misid.quantities import Conditions
from misid.validation import Digest, Goal, Prediction, Standing, Unpredicted, Unsettled
from verification.condense import condense
from verification.summaries import summaries
from verification.tables import PredictionTable, Validation

MUGSHOTS = Conditions(n_enrolled=12_000_000, threshold=9.6, image_kind="mugshot")
STREET = Conditions(n_references=20_000, threshold=6.0, image_kind="street")
CHECKED = "only acted alerts were checked"
GOALS = "set in the project's plan before the tables were made"


def growth() -> PredictionTable:
    """Many rows over two bands; one goal is missed."""
    rng = np.random.default_rng(7)
    rows = []
    for i in range(60):
        observed = round(float(10 ** rng.uniform(-2.9, -1.1)), 4)
        miss = float(rng.standard_t(3)) * 0.075 + (0.7 if i == 17 else -0.5 if i == 31 else 0.0)
        value = observed * float(np.exp(miss))
        rows.append(
            Prediction(
                f"maker{i // 4:02d}_{i % 4:03d}",
                f"maker{i // 4:02d}",
                value,
                value * 0.82,
                value * 1.22,
                observed,
                observed - 5e-5,
                observed + 5e-5,
                Standing.GROUP_LEFT_OUT,
                "0.001 to 0.005" if observed < 0.005 else "0.005 and more",
                {"no change": observed * 0.45, "straight line": observed * float(np.exp(rng.normal(0, 0.25)))},
                float(rng.uniform()),
                float(rng.normal(1.5, 0.4)),
                "the search broke at 12 million" if i == 31 else "",
                {"FNIR at 1.6 million": observed * 0.45},
            )
        )
    return PredictionTable(
        "growth_fnir",
        "Misses at 12 million, from 1.6 million",
        "Do misses at 12 million follow from those at 1.6 million?",
        "FNIR at FPIR 0.003, 12 million people enrolled, mugshots",
        "Each algorithm's rows at 1.6 million, and the growth of algorithms by other developers; its own developer is "
        "left out whole.",
        MUGSHOTS,
        0.9,
        "ratio",
        tuple(rows),
        {"no change": "what was seen at 1.6 million", "straight line": "a straight line on the exceedance scale"},
        (
            Goal("median", 0.0, 0.046, GOALS),
            Goal("p90", 0.0, 0.16, GOALS),
            Goal("coverage", 0.86, 0.94, GOALS),
            Goal("0.001 to 0.005|coverage", 0.8, 1.0, GOALS),
        ),
        ("Whether the threshold was fixed or set anew for the larger gallery.",),
        ("rounded_source",),
    )


def small_rates() -> PredictionTable:
    """Rates that are printed as 0.0000 or little more: a ratio would say nothing."""
    rows = []
    for i, (value, observed) in enumerate(((2e-4, 1e-4), (3e-4, 9e-4), (1e-4, 0.0), (4e-4, 4e-4), (2e-4, 2e-4)) * 3):
        low, high = value * 0.5, value * 1.8
        rows.append(
            Prediction(
                f"strong{i:02d}",
                f"maker{i % 5}",
                value,
                low,
                high,
                observed,
                max(0.0, observed - 5e-5),
                observed + 5e-5,
                Standing.IN_SAMPLE if i % 5 == 4 else Standing.ROW_LEFT_OUT,
                baselines={"no change": observed + 1e-4},
            )
        )
    return PredictionTable(
        "growth_small",
        "Misses at 12 million below 1 in 1,000",
        "And where hardly anybody is missed?",
        "FNIR at FPIR 0.003, 12 million people enrolled, mugshots, algorithms below 0.001 at 1.6 million",
        "As above. Here growth is prior, not data.",
        MUGSHOTS,
        0.9,
        "difference",
        tuple(rows),
        {"no change": "what was seen at 1.6 million"},
        (Goal("median", 0.0, 2e-4, GOALS),),
        caveats=("growth_prior", "rounded_source"),
    )


def deployments() -> PredictionTable:
    """Few rows with wide ranges: no summary."""
    rows = []
    for name, group, value, low, high, observed, n, note in (
        ("north_2031", "Northtown", 2e-6, 2e-8, 3e-4, 10 / 3_147_436, 3_147_436, CHECKED),
        ("north_2029", "Northtown", 1e-5, 1e-7, 4e-4, 7 / 12_120, 12_120, CHECKED),
        ("south_2030", "Southtown", 4e-6, 1e-7, 2e-4, 0.0, 2_500_000, ""),
    ):
        rows.append(
            Prediction(
                name,
                group,
                value,
                low,
                high,
                observed,
                max(0.0, observed * 0.5 - 1e-7),
                observed * 1.8 + 1.2e-6,
                Standing.NEVER_FITTED,
                pit=0.73 if observed else 0.11,
                log_score=-2.1,
                note=note,
                detail={"faces": n},
            )
        )
    return PredictionTable(
        "deployment_faces",
        "False alerts in the street",
        "How many of the faces that passed raised a false alert?",
        "false alerts per face, live watchlists of up to 20,000 references, street cameras",
        "What is known of each deployment, and ranges for the rest; nothing was fitted on it.",
        STREET,
        0.9,
        "ratio",
        tuple(rows),
        unsettled=("Who was checked: alerts that nobody acted on have no known truth.",),
        caveats=("threshold_unknown", "operator_untested"),
        judged=False,
    )


def validation() -> Validation:
    tables = (growth(), small_rates(), deployments())
    return Validation(
        tables,
        {table.code: summaries(table) for table in tables},
        (
            Unsettled(
                "Whether FPIR grows with the gallery at a fixed threshold, or is held by the vendor.",
                "Every printed row has its threshold set anew; both modes give the same row at 1.6 and at 12 million.",
                "growth_fnir",
            ),
            Unsettled(
                "How strongly a few people draw most false hits.",
                "With k = 0.5 and k = 50 the printed rows are met to the last digit.",
                "growth_fnir",
            ),
        ),
        (
            Unpredicted("north_2028", "alerts were not published", "deployment_faces"),
            Unpredicted("south_2027", "true and false alerts were not told apart", "deployment_faces"),
        ),
        (
            "galleries above 12 million references",
            "street photos taken with a phone",
            "an officer who acts on a hit",
            "how often the record behind a right hit is wrong",
        ),
    )


def shipped(worst: int | None = 8) -> Digest:
    """The digest of it, as one would ship."""
    return condense(validation(), worst)
