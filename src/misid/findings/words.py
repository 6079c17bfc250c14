"""What number writing needs to know of findings: an estimate with its range, and one thing at several phi."""

from __future__ import annotations

from collections.abc import Mapping

from misid.quantities import PRINTED_RATE, Estimate
from misid.vocabulary.names import label as label
from misid.vocabulary.numbers import are_named, format_number, format_range, format_rate


def figure(estimate: Estimate) -> tuple[str, str]:
    """Say an estimate: its value (or why there is none) and its range (empty if there is none)."""
    if estimate.value is None:
        return estimate.reason, ""
    say = format_rate if estimate.unit in ("probability", PRINTED_RATE) else format_number
    if estimate.low is None or estimate.high is None:
        return say(estimate.value), ""
    return say(estimate.value), format_range(estimate.low, estimate.high, say)


def by_phi(said: Mapping[float, str]) -> str:
    """Say one thing at several phi: ``33 if 1 in 100 strangers is named, 5 if 1 in 1,000 is``; once if all are alike."""
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    parts = [f"{text} if {are_named(phi)}" for phi, text in said.items()]
    return ", ".join([parts[0], *(part.replace(" strangers", "").removesuffix(" named") for part in parts[1:])])
