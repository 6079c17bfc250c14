"""What the table prints of a deployment beside its figures."""

from __future__ import annotations

from misid.quantities import Quantity
from misid.scenario import Scenario
from verification.deployment_rows import Deployment, TruthRule

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


def shown(row: Deployment, scenario: Scenario) -> dict[str, float | int | str]:
    """Return the conditions of one row, in words: list size, threshold, listed people, what is assumed."""
    listed = scenario.quantities()["stops.passers_by.blocks.0.status.wanted"]
    fpir = scenario.threshold.fpir
    return {
        "list size": _range(scenario.gallery.n_references),
        "threshold": f"FPIR {_range(fpir)} at {scenario.threshold.n_references.value:,.0f} references",
        "listed among passers-by": _range(listed),
        "events": row.events if row.events is not None else "not known; taken as one",
        "assumed for this row": ", ".join(one.path for one in row.ranges) or "nothing",
    }


def _range(q: Quantity) -> str:
    low, high = (f"{x:,.0f}" if x >= 1 else f"{x:.2g}" for x in (q.low, q.high))
    return low if low == high else f"{low} to {high}"
