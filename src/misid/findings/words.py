"""What number writing needs to know of findings: an estimate with its range, and one thing at several phi."""

from __future__ import annotations

from misid.quantities import PRINTED_RATE, Estimate
from misid.vocabulary.numbers import by_phi as by_phi
from misid.vocabulary.numbers import format_number, format_range, format_rate


def figure(estimate: Estimate) -> tuple[str, str]:
    """Say an estimate: its value (or why there is none) and its range (empty if there is none)."""
    if estimate.value is None:
        return estimate.reason, ""
    form = format_rate if estimate.unit in ("probability", PRINTED_RATE) else format_number
    if estimate.low is None or estimate.high is None:
        return form(estimate.value), ""
    return form(estimate.value), format_range(estimate.low, estimate.high, form)
