"""What the counts of deployments cannot decide, and which rows have none that can be used."""

from __future__ import annotations

from misid.validation import Unpredicted, Unsettled
from verification.deployment_draws import Shape
from verification.deployment_rows import Target, records
from verification.deployments import (
    LABORATORY,
    LEVEL,
    MEAN,
    events,
    from_others,
    outside,
    predicted,
    rows_for,
    spread,
)
from verification.event_spread import likeliest

_TRIAL = "met_trial_essex_univ"
_YEAR = "met_2024_25"
_LARGEST = "swp_ucl"
_FEW = 100


def unpredicted() -> tuple[Unpredicted, ...]:
    """Return every row that no prediction can be set beside, with the reason."""
    return tuple(Unpredicted(row.id, row.why_not) for row in records() if not row.targets)


def deployments_unsettled() -> tuple[Unsettled, ...]:
    """Return what these rows cannot decide, each with a figure that shows it."""
    return (_unchecked(), _sites(), _shapes(), _threshold(), _rate_or_crowd(), _per_face(), _hindsight())


def _unchecked() -> Unsettled:
    trial = next(row for row in records() if row.id == _TRIAL)
    wrong, checked = trial.seen(Target.SHARE)
    alerts, right = trial.alerts or 0, trial.right or 0
    given, kept = (
        [row for target in (Target.SHARE, Target.RATE) for row in predicted(target, rejected=rejected)]
        for rejected in (True, False)
    )
    return Unsettled(
        "Only alerts that were acted on are checked; whether the others were false is the operator's word.",
        f"In the observed trials in London {wrong} of {checked} people who were stopped were the wrong person "
        f"({wrong / checked:.0%}); over all {alerts} alerts the share is anywhere from {wrong / alerts:.0%} to "
        f"{(alerts - right) / alerts:.0%}, by what one says of the {alerts - checked} that nobody checked. "
        f"{outside(given)} of {len(given)} shares and rates lie outside their interval; if no right alert were "
        f"rejected and then counted as false, {outside(kept)} would.",
    )


def _sites() -> Unsettled:
    shares = [count / total for count, total in events()]
    _, rho = likeliest(events())
    _, without = likeliest(events(_LARGEST))
    _, low, high = spread().of_rho(LEVEL)
    rows = [row for row in from_others() if row.subject != _LARGEST]
    gained = sum((row.log_score or 0.0) - float(row.detail[f"log score, {MEAN} and no spread"]) for row in rows)
    return Unsettled(
        "Events of one force differ far beyond chance, and nothing published says why.",
        f"Over {len(shares)} events of South Wales Police the false share runs from {min(shares):.0%} to "
        f"{max(shares):.0%}; correlation within an event {rho:.2f} ({low:.2f} to {high:.2f}), {without:.2f} without "
        f"the largest. Allowing for it changes the log score of the other {len(rows)} by {gained:+.1f} nats against "
        "their mean share alone. Other operators take this spread over, untested.",
    )


def _shapes() -> Unsettled:
    targets = (Target.SHARE, Target.RATE, Target.ALERTS)
    found = {shape: [row for target in targets for row in predicted(target, shape)] for shape in Shape}
    halves, even = found[Shape.HALVES], found[Shape.EVEN]
    # A log score that rests on a few draws moves by tens of nats with the seed, and would drown the others.
    steady = [
        (other.log_score or 0.0) - (row.log_score or 0.0)
        for row, other in zip(halves, even, strict=True)
        if min(float(one.detail["draws behind the log score"]) for one in (row, other)) >= _FEW
    ]
    return Unsettled(
        "How likely the parts of a range are is not known, and the predictions rest on it.",
        f"With half of the draws on either side of the best value {outside(halves)} of {len(halves)} rows lie outside "
        f"their {LEVEL:.0%} interval; with even draws {outside(even)}, and the log scores of the {len(steady)} rows "
        f"that rest on at least {_FEW} draws change by {sum(steady):+.1f} nats in all.",
    )


def _threshold() -> Unsettled:
    year = next(row for row in records() if row.id == _YEAR)
    count, faces = year.seen(Target.RATE)
    return Unsettled(
        "A vendor's threshold cannot be turned into a rate without the vendor's own curve.",
        f"The laboratory's 1 in 6,000 at threshold 0.6 would be {faces * LABORATORY:.0f} false alerts in London's year "
        f"at 0.64; {count} were counted. Threshold, list, repeated faces and who was checked all differ, and no row "
        "parts them.",
    )


def _rate_or_crowd() -> Unsettled:
    listed, fpir, found = 7e-4, 1.7e-4, 0.9
    share = [1 / (1 + listed * t * found / ((1 - listed * t) * fpir * t)) for t in (1.0, 0.1)]
    return Unsettled(
        "A share of false alerts cannot tell a bad threshold from a crowd with few listed people.",
        f"The share is 1 / (1 + e TPIR / ((1-e) FPIR)): with a tenth of the listed people and a tenth of the FPIR it "
        f"moves from {share[0]:.4f} to {share[1]:.4f}.",
    )


def _per_face() -> Unsettled:
    single = [row for row in records() if row.processed and row.false is not None and row.events == 1]
    faces = rows_for(Target.RATE)
    return Unsettled(
        "How much false alerts per face differ between events cannot be estimated, nor how often one person was "
        "several faces.",
        f"{len(faces)} rows that can be predicted give faces and false alerts, all of them sums over many days or "
        f"places; for a single event there are {len(single)}, with {sum(row.false or 0 for row in single)} false "
        f"alerts in {sum(row.processed or 0 for row in single):,} faces.",
    )


def _hindsight() -> Unsettled:
    rows = [row for row in records() if row.targets]
    used = sum(bool(row.used_for) for row in rows)
    return Unsettled(
        "No row is a forecast: the scenario and its ranges were written after the counts were known.",
        f"{used} of {len(rows)} rows gave misid a default and are marked in sample; the rest gave it none, but were on "
        "the table when the ranges were chosen.",
    )
