"""What is said beside the figures of growth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from misid.evaluation.contract import Line
from misid.evaluation.growth.counts import Case, Usable
from misid.evaluation.growth.tail import Beyond
from misid.evaluation.results import Check

WORDS = {
    "independence": "independent comparisons",
    "heterogeneity": "probes that differ (gamma law)",
    "tail": "tail of the scores",
}


def said(
    case: Case, far: Beyond | None, data: Usable, lines: Mapping[str, Line], checks: Sequence[Check]
) -> tuple[str, ...]:
    """Return sentences on which forms can be trusted how far."""
    kind = "mated (their mates taken out)" if data.mate_removed else "non-mated"
    found = [
        f"{case.events:,} of {len(data.owner):,} {kind} searches return somebody at the threshold; failed searches are "
        "left out."
    ]
    for form in ("independence", "heterogeneity", "tail"):
        tried = [check for check in checks if check.form == form]
        passed = sum(check.passed for check in tried)
        if tried:
            verdict = "trusted" if passed == len(tried) else "drawn, not trusted"
            found.append(
                f"{WORDS[form].capitalize()}: {passed} of {len(tried)} checks inside the data passed; {verdict}."
            )
        elif form in lines:
            found.append(f"{WORDS[form].capitalize()}: too few hits for a check inside the data; drawn, not trusted.")
    if "tail" in lines and any(check.form == "heterogeneity" and not check.passed for check in checks):
        found.append("The tail takes from heterogeneity how much probes differ, and that did not pass.")
    if case.short:
        found.append(f"{case.short:,} lists end above the threshold: more people may reach it than they show.")
    if data.subject is None and data.n_people < 0.99 * data.n_references:
        found.append("Several references belong to one person, and nobody says which: parts are drawn by reference.")
    if far is None:
        found.append("Too few scores are known for a tail.")
    elif far.carried:
        found.append("Few scores reach the threshold: how much probes differ is taken from a lower one.")
    return tuple(found)


def short(n: float) -> str:
    """Write a size as in ``2e8``."""
    mantissa, _, power = f"{n:.6e}".partition("e")
    return f"{float(mantissa):g}e{int(power)}"
