"""What number writing needs to know of findings: an estimate with its range, and one thing at several phi."""

from __future__ import annotations

from collections.abc import Mapping

from misid.quantities import PRINTED_RATE, Estimate
from misid.vocabulary.catalogue import say
from misid.vocabulary.names import label as label
from misid.vocabulary.numbers import format_number, format_range, format_rate, of_strangers, strangers


def figure(estimate: Estimate) -> tuple[str, str]:
    """Say an estimate: its value (or why there is none) and its range (empty if there is none)."""
    if estimate.value is None:
        return estimate.reason, ""
    form = format_rate if estimate.unit in ("probability", PRINTED_RATE) else format_number
    if estimate.low is None or estimate.high is None:
        return form(estimate.value), ""
    return form(estimate.value), format_range(estimate.low, estimate.high, form)


def by_phi(texts: Mapping[float, str]) -> str:
    """Say one thing at several phi: ``33 if 1 in 100 strangers is named, 5 if 1 in 1,000 is``; once if all are alike."""
    if len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    parts: list[str] = []
    for phi, text in texts.items():
        share = of_strangers(phi) if phi < 0.995 else strangers(phi)
        many = "are" if 0.15 < phi < 0.995 else "is"
        parts.append(say(f"questions.if.also_{many}" if parts else "questions.if.named", x=text, share=share, phi=phi))
    return say("number.comma").join(parts)
