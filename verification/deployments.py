"""The tables of deployments: predicted and counted, row by row.

The share of alerts that are false and the rate of false alerts per face are two targets: a crowd with few listed
people has a high share at a low rate.  A third table has alerts per face, right and false, for rows that nobody split.
A fourth asks less: the false share of one event from the other events of the same force.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from misid.quantities import Conditions, Quantity
from misid.scenario import Scenario
from misid.statistics import clopper_pearson, poisson_interval
from misid.validation import Prediction, Standing
from misid.vocabulary import ImageKind
from verification.deployment_draws import Shape, drawn, evenly, luck, scenario_of
from verification.deployment_rows import Deployment, Target, TruthRule, records
from verification.event_spread import Spread, likeliest, log_pmf, of_total, spread_of
from verification.predictive_counts import Counts, Rates, Shares, effective, log_score, pit, quantile
from verification.tables import PredictionTable, Say

LEVEL = 0.90
LABORATORY = 1.0 / 6000.0  # at threshold 0.6 and 10,000 references: NPL 2023 via Computer Weekly, grade B
LABORATORY_N = 10_000
OTHERS, POOLED, MEAN, LAB = "other operators", "pooled", "mean of events", "laboratory"
CHECKED: dict[TruthRule, str] = {
    TruthRule.STOPPED: "only people who were stopped and found; alerts that were rejected or lost are left out",
    TruthRule.JUDGED: "people who were stopped; other alerts were called right or false by eye",
    TruthRule.REST_TRUE: "what was not found to be false was counted as right; who was stopped is only partly known",
    TruthRule.REST_FALSE: "what two members of staff did not confirm is counted as false",
    TruthRule.NONE: "nobody said which alerts were false",
}

HOW_CLOSED_FORM = (
    "The packaged scenario of live cameras in closed form, changed only where a row says so. What is not known is "
    "drawn from its range, half below the best value and half above; how likely the parts of a range are is assumed. "
    "The ranges were written by people who had seen these counts."
)
CAVEATS = ("truth_by_operator", "range_shape_assumed", "same_people_scanned_again", "image_kind_untested")


def rows_for(target: Target) -> tuple[Deployment, ...]:
    """Return the rows with this target, in the order of the catalogue."""
    return tuple(row for row in records() if target in row.targets)


def events(but: str = "") -> tuple[tuple[int, int], ...]:
    """Return false alerts and alerts of every event of the table with many events, less one row."""
    return tuple(row.seen(Target.EVENTS) for row in rows_for(Target.EVENTS) if row.id != but)


@cache
def spread(but: str = "") -> Spread:
    """Return what the events, less one, say of the spread between events."""
    return spread_of(events(but))


def deployment_tables(say: Say) -> tuple[PredictionTable, ...]:
    """Make every table of deployments."""
    say("deployments: share of alerts that are false")
    shares = predicted(Target.SHARE)
    say("deployments: false alerts, and all alerts, per face")
    rates, alerts = predicted(Target.RATE), predicted(Target.ALERTS)
    say("deployments: each event from the others")
    _, rho = likeliest(events())
    _, low, high = spread().of_rho(LEVEL)
    between = (
        f"Spread between events: beta-binomial over {len(events())} events of South Wales Police, likeliest "
        f"correlation {rho:.2f}, 90% interval {low:.2f} to {high:.2f} under flat priors; an event is never in its own."
    )
    crowd = Conditions(image_kind=ImageKind.STREET, gallery="a watchlist; size and threshold stand in each row")
    return (
        PredictionTable(
            code="deployment_share",
            title="Deployments: share of alerts that were false",
            question="Of the people whom the system pointed at, how many were somebody else?",
            target="false alerts among alerts, as the operator counted them; list size and FPIR in each row; faces in "
            "a crowd, and in one row a phone",
            how=f"{HOW_CLOSED_FORM} {between}",
            conditions=crowd,
            level=LEVEL,
            scale="difference",
            predictions=shares,
            baselines={OTHERS: "mean share of the other operators, each of them counted once"},
            caveats=CAVEATS,
            judged=False,
        ),
        PredictionTable(
            code="deployment_rate",
            title="Deployments: false alerts per face",
            question="How many faces pass before somebody is falsely pointed at?",
            target="false alerts, as the operator counted them, per face seen; list size and FPIR in each row",
            how=f"{HOW_CLOSED_FORM} Counts are Poisson given the rate: no operator published faces and false alerts by "
            "event, so their spread between events cannot be estimated.",
            conditions=crowd,
            level=LEVEL,
            scale="ratio",
            predictions=rates,
            baselines={LAB: "1 in 6,000 at 10,000 references (NPL 2023, threshold 0.6), in proportion to the list"},
            caveats=CAVEATS,
            judged=False,
        ),
        PredictionTable(
            code="deployment_alerts",
            title="Deployments: alerts per face",
            question="How many faces pass before the system points at somebody, rightly or not?",
            target="alerts, right and false, per face seen; list size and FPIR in each row",
            how=f"{HOW_CLOSED_FORM} Counts are Poisson given the rate. Mostly a question of how many passers-by are "
            "listed, which nobody measured.",
            conditions=crowd,
            level=LEVEL,
            scale="ratio",
            predictions=alerts,
            baselines={OTHERS: "geometric mean over the other operators, each of them counted once"},
            caveats=CAVEATS,
            judged=False,
        ),
        PredictionTable(
            code="deployment_events",
            title="Deployments: one event from the others",
            question="Do the other events of a force tell how the next one will go?",
            target="false alerts among alerts at one event of South Wales Police, 2017-18; list size and threshold not "
            "in the text read",
            how=f"No scenario: the mean share and the spread of the other events, under flat priors. {between}",
            conditions=crowd,
            level=LEVEL,
            scale="difference",
            predictions=from_others(),
            baselines={
                POOLED: "false alerts over alerts, all other events together",
                MEAN: "mean of the shares of the other events",
            },
            caveats=("truth_by_operator", "few_events"),
            judged=False,
        ),
    )


@cache
def predicted(target: Target, shape: Shape = Shape.HALVES, rejected: bool = True) -> tuple[Prediction, ...]:
    """Predict one target, not `Target.EVENTS`, for all rows that have it, through the closed form.

    ``rejected``: whether right alerts can be rejected, and then count as false.
    """
    return tuple(_prediction(row, target, shape, rejected) for row in rows_for(target))


def _prediction(row: Deployment, target: Target, shape: Shape, rejected: bool) -> Prediction:
    found = drawn(row, shape)
    count, total = row.seen(target)
    counts: Counts
    baselines: dict[str, float]
    simple: dict[str, float | int | str]
    if target is Target.SHARE:
        own = row.id if Target.EVENTS in row.targets else ""
        _, rho = spread(own).drawn(evenly(row.id, "rho"), evenly(row.id, "mean"))
        mean = np.clip(found.share(row.truth_rule, rejected), 1e-12, 1.0 - 1e-12)
        counts = Shares(total, mean, of_total(rho, total, row.events), evenly(row.id, "event"))
        baselines = {OTHERS: _others(row, target)}
        simple = {"log score of a guess that knows nothing": -math.log1p(total)}
    elif target is Target.RATE:
        counts = Rates(total, found.hits * found.share(row.truth_rule, rejected))
        at_lab = LABORATORY * scenario_of(row).gallery.n_references.value / LABORATORY_N
        baselines = {LAB: at_lab}
        simple = {"log score of the laboratory's rate": log_score(Rates(total, np.array([at_lab])), count)}
    else:
        counts = Rates(total, found.hits)
        baselines = {OTHERS: _others(row, target)}
        simple = {}
    return _set_beside(row, target, counts, baselines, simple | shown(row, scenario_of(row)), _standing(row, target))


def from_others() -> tuple[Prediction, ...]:
    """Predict each event from the other events of its table, without any scenario."""
    found = []
    for row in rows_for(Target.EVENTS):
        others = np.array(events(row.id), dtype=np.float64)
        count, total = row.seen(Target.EVENTS)
        mean, rho = spread(row.id).drawn(evenly(row.id, "rho"), evenly(row.id, "mean"))
        pooled = float(others[:, 0].sum() / others[:, 1].sum())
        each = float((others[:, 0] / others[:, 1]).mean())
        detail: dict[str, float | int | str] = {
            f"log score, {name} and no spread": float(log_pmf(count, total, share, 0.0))
            for name, share in ((POOLED, pooled), (MEAN, each))
        }
        counts = Shares(total, mean, rho, evenly(row.id, "event"))
        baselines = {POOLED: pooled, MEAN: each}
        found.append(_set_beside(row, Target.EVENTS, counts, baselines, detail, Standing.ROW_LEFT_OUT))
    return tuple(found)


def _set_beside(
    row: Deployment,
    target: Target,
    counts: Counts,
    baselines: dict[str, float],
    detail: dict[str, float | int | str],
    standing: Standing,
) -> Prediction:
    """Set a predictive distribution beside what was counted."""
    count, total = row.seen(target)
    of_share = target in (Target.SHARE, Target.EVENTS)
    if of_share:
        low, high = clopper_pearson(count, total, LEVEL)
    else:
        low, high = (end / total for end in poisson_interval(count, LEVEL))
    at = {q: quantile(counts, q) / total for q in ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2)}
    uniform = float(luck(row.id, f"pit {target.value}", 1)[0])
    return Prediction(
        subject=row.id,
        group=row.operator,
        value=at[0.5],
        low=at[(1 - LEVEL) / 2],
        high=at[(1 + LEVEL) / 2],
        observed=count / total,
        observed_low=float(low),
        observed_high=float(high),
        standing=standing,
        baselines=baselines,
        pit=pit(counts, count, uniform),
        log_score=log_score(counts, count),
        note=_note(row, target),
        detail={
            "place": f"{row.place}, {row.period}",
            "counted": count,
            "out of": total,
            "who was checked": CHECKED[row.truth_rule],
            **detail,
            "draws behind the log score": round(effective(counts, count)),
            "source": f"{row.source}: {row.locator}",
            "grade": row.grade.value,
        },
    )


def _standing(row: Deployment, target: Target) -> Standing:
    if row.used_for:
        return Standing.IN_SAMPLE
    return Standing.ROW_LEFT_OUT if _siblings(row, target) else Standing.NEVER_FITTED


def _siblings(row: Deployment, target: Target) -> str:
    """Say what other rows of the same operator gave, though this one gave nothing."""
    others = [other for other in records() if other.operator == row.operator and other.id != row.id]
    if any(other.used_for for other in others) and not row.ranges:
        return "the scenario rests on other rows of this operator"
    if target is Target.SHARE and any(Target.EVENTS in other.targets for other in others):
        return "the spread between events rests on other rows of this operator"
    return ""


def _note(row: Deployment, target: Target) -> str:
    parts = [row.caveat]
    if row.used_for and target is not Target.EVENTS:
        parts.append(f"in sample: used for {row.used_for}")
    elif target is not Target.EVENTS and (siblings := _siblings(row, target)):
        parts.append(siblings)
    if target is not Target.EVENTS and row.ranges_note:
        parts.append(row.ranges_note)
    return "; ".join(part for part in parts if part)


def _others(row: Deployment, target: Target) -> float:
    """Return what the other operators' rows come to, each operator once."""
    by_operator: dict[str, list[tuple[int, int]]] = {}
    for other in rows_for(target):
        if other.operator != row.operator:
            by_operator.setdefault(other.operator, []).append(other.seen(target))
    each = [sum(c for c, _ in pairs) / sum(n for _, n in pairs) for pairs in by_operator.values()]
    if target is Target.SHARE:
        return float(np.mean(each))
    return float(np.exp(np.mean(np.log(each))))


def shown(row: Deployment, scenario: Scenario) -> dict[str, float | int | str]:
    """Return the conditions of one row, in words: list size, threshold, listed people, what is assumed."""
    listed = scenario.quantities()["stops.passers_by.blocks.0.status.wanted"]
    test = scenario.threshold.test
    assert test is not None
    return {
        "list size": _range(scenario.gallery.n_references),
        "threshold": f"FPIR {_range(test.fpir)} at {test.n_references.value:,.0f} references",
        "listed among passers-by": _range(listed),
        "events": row.events if row.events is not None else "not known; taken as one",
        "assumed for this row": ", ".join(one.path for one in row.ranges) or "nothing",
    }


def _range(q: Quantity) -> str:
    low, high = (f"{x:,.0f}" if x >= 1 else f"{x:.2g}" for x in (q.low, q.high))
    return low if low == high else f"{low} to {high}"


def outside(rows: Sequence[Prediction]) -> int:
    """Return how many rows lie outside their interval."""
    return sum(not row.inside for row in rows)
