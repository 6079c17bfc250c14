"""The level of false hits: each deployment from the others of the same vendor at the same score.

No scenario enters, and no closed form: faces, list sizes and false alerts alone, and how far places differ.  Beside it
stand what the laboratory's rate at another score predicts, and NIST's with its threshold kept or set anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from misid.expected import FieldFit, fit_field
from misid.quantities import Conditions
from misid.statistics import poisson_interval
from misid.validation import CountedDeployment, Prediction, Standing, Unsettled, deployments
from misid.vocabulary import ImageKind
from verification.deployment_draws import luck
from verification.tables import PredictionTable, Say

LEVEL = 0.90
NPL, KEPT, ANEW = "NPL at 0.60", "NIST kept", "NIST set anew"


def level_tables(say: Say) -> tuple[PredictionTable, ...]:
    """Make the table."""
    say("deployments: each from the others of the same vendor and score")
    return (
        PredictionTable(
            code="deployment_level",
            title="Deployments: false alerts from the others of the same vendor and score",
            question="Does the rate of other deployments tell how often a face is falsely pointed at in this one?",
            target="false alerts per face seen, as the operator counted them, at NEC NeoFace 0.64; list size in rows",
            how="No scenario: false alerts per comparison (faces times list size) of the other deployments, and how "
            "far places differ (negative binomial; Jeffreys' prior, spread even from 0 to 2, chosen by simulation). "
            "Lists that are not published are at their best value, 9,000, and each row says what it expects with all "
            "of them at 5,000 and at 16,000.",
            conditions=Conditions(
                image_kind=ImageKind.STREET, gallery="a watchlist; size and threshold stand in each row"
            ),
            level=LEVEL,
            scale="ratio",
            predictions=from_other_deployments(),
            baselines={
                NPL: "NPL's 7 false alerts in 42,000 passages and 10,000 references at 0.60, in proportion to the list",
                KEPT: "NIST's FPIR 0.003 at 12 million, the threshold kept, in proportion to the list",
                ANEW: "NIST's FPIR 0.003, the threshold set anew for the list",
            },
            caveats=("truth_by_operator", "same_people_scanned_again"),
            judged=False,
        ),
    )


def from_other_deployments() -> tuple[Prediction, ...]:
    """Predict each deployment from the others."""
    return tuple(_prediction(one) for one in deployments())


def fit_without(one: CountedDeployment, spread_scale: float | None = None) -> FieldFit:
    """Return the fit of all rows of the other deployments."""
    rows = [row for other in deployments() if other.key != one.key for row in other.rows]
    return fit_field(rows, spread_scale=spread_scale)


def _prediction(one: CountedDeployment) -> Prediction:
    fit, counted, faces = fit_without(one), one.counted, one.faces
    found = fit.predict(faces, one.list_size, LEVEL)
    assert found.low is not None
    assert found.high is not None
    low, high = poisson_interval(counted, LEVEL)
    below = fit.upto(counted - 1, faces, one.list_size) if counted else 0.0
    upto = fit.upto(counted, faces, one.list_size)
    uniform = float(luck(one.key, "pit level", 1)[0])
    assumed = [row for row in one.rows if not row.list_published]
    by_lists = _by_lists(one, fit)
    return Prediction(
        subject=one.key,
        group=one.rows[0].operator,
        value=found.value / faces,
        low=found.low / faces,
        high=found.high / faces,
        observed=counted / faces,
        observed_low=float(low) / faces,
        observed_high=float(high) / faces,
        standing=Standing.ROW_LEFT_OUT,
        baselines={
            NPL: one.laboratory() / faces,
            KEPT: one.nist_kept() / faces,
            ANEW: one.nist_set_anew() / faces,
        },
        pit=below + uniform * (upto - below),
        log_score=math.log(max(upto - below, 1e-300)),
        note="; ".join(dict.fromkeys(row.caveat for row in one.rows)),
        detail={
            "place": one.title,
            "counted": counted,
            "out of": faces,
            "predicted": f"{found.value:,.0f}",
            "90% interval": f"{found.low:,.0f} to {found.high:,.0f}",
            "width": int(found.high - found.low),
            "by the lists": by_lists,
            NPL: round(one.laboratory(), 2),
            KEPT: round(one.nist_kept(), 4),
            ANEW: round(one.nist_set_anew(), 1),
            "list size": _list(one) if assumed else f"{one.list_size:,.0f} (published)",
            "threshold": ", ".join(
                dict.fromkeys("not read" if r.score is None else f"{r.score:.2f}" for r in one.rows)
            ),
            "source": "; ".join(dict.fromkeys(f"{row.source}: {row.address}" for row in one.rows)),
            "grade": one.rows[0].grade.value,
        },
    )


def _by_lists(one: CountedDeployment, fit: FieldFit) -> str:
    """Say the mean prediction with all assumed lists low and with all high, of this row and of the others apart."""
    if fit.rate_by_lists is None:
        return "no list is assumed"
    low, high = fit.rate_by_lists
    return f"{low * one.comparisons('low'):.2g} to {high * one.comparisons('high'):.2g} expected"


def _list(one: CountedDeployment) -> str:
    listed = one.rows[0].list_size
    return f"{listed.value:,.0f} ({listed.low:,.0f} to {listed.high:,.0f}, assumed)"


def level_unsettled() -> tuple[Unsettled, ...]:
    """Return what these rows cannot decide."""
    rows = from_other_deployments()
    widths = ", ".join(f"{row.detail['90% interval']} ({row.detail['counted']} counted)" for row in rows)
    alike = [one for one in deployments() if not _holds(one, *_one_rate(one))]
    tight = [one for one in deployments() if not _holds(one, *fit_without(one, 1.0).predict(*_of(one), LEVEL).ends)]
    return (
        Unsettled(
            "Whether a vendor's score gives one rate per comparison wherever it is used.",
            f"{len(rows)} deployments, one of them with a published list; their 90% intervals are {widths}: so wide "
            f"that holding them says little. If all places shared one rate, {_named(alike, _one_rate)} would lie "
            "outside.",
        ),
        Unsettled(
            "How far the rates of deployments differ.",
            "With a spread that is half-normal with scale 1, instead of even from 0 to 2, "
            f"{_named(tight, lambda one: fit_without(one, 1.0).predict(*_of(one), LEVEL).ends)} would lie outside.",
        ),
    )


def _of(one: CountedDeployment) -> tuple[int, float]:
    return one.faces, one.list_size


def _holds(one: CountedDeployment, low: float, high: float) -> bool:
    return low <= one.counted <= high


def _one_rate(one: CountedDeployment) -> tuple[float, float]:
    """Return the 90% interval if all places shared one rate (Jeffreys' prior)."""
    from scipy import stats

    others = [other for other in deployments() if other.key != one.key]
    shape = sum(other.counted for other in others) + 0.5
    exposure = sum(other.comparisons() for other in others)
    law = stats.nbinom(shape, exposure / (exposure + one.comparisons()))
    return float(law.ppf((1 - LEVEL) / 2)), float(law.ppf((1 + LEVEL) / 2))


def _named(some: list[CountedDeployment], ends: Callable[[CountedDeployment], tuple[float, float]]) -> str:
    words = [
        f"{one.title} ({ends(one)[0]:,.0f} to {ends(one)[1]:,.0f} predicted, {one.counted} counted)" for one in some
    ]
    return " and ".join(words) or "none"
