"""Which inputs an answer reads, from where they are, and how far the answer is from the nearest test."""

from __future__ import annotations

from collections.abc import Mapping

from misid.algorithm import SEARCH
from misid.findings.model import Table
from misid.findings.nearness import INPUTS, distances_sentence
from misid.findings.reckon import Reckoner
from misid.findings.words import label, listing
from misid.quantities import Grade, Quantity
from misid.vocabulary.tested import Counted

SOURCED = (Grade.A, Grade.B)


def not_validated(r: Reckoner) -> str:
    """Return the one line that says how far the first screen's figures are from the nearest test."""
    counted = (Counted.MISSES,) if r.scenario.purpose == "verify" else SEARCH
    far = [r.distance(mode, counted=counted) for mode in r.modes]
    said = distances_sentence(far)
    if r.measured is not None:
        return f"No published test is of this card; nobody but its user measured it. {said}"
    inside = all(d.inside for d in far)
    return f"{said} That it was made does not say that this figure agrees with it." if inside else said


def relevant(r: Reckoner, simulated: bool) -> dict[str, Quantity]:
    """Return the inputs that the headline answer reads: those of other rules and stops are left to their own answers."""
    scenario = r.scenario
    unread = {f"rules.{name}." for name in scenario.rules if name not in r.rules}
    known = r.inputs | (r.simulated_inputs if simulated else {})
    return {path: q for path, q in known.items() if not any(path.startswith(stem) for stem in unread)}


def inputs_table(r: Reckoner, read: Mapping[str, Quantity]) -> Table:
    """Return every input with its range, grade and source."""
    rows = tuple(
        (path, q.value, q.low if q.swept else None, q.high if q.swept else None, q.unit, q.grade.value, q.source)
        for path, q in read.items()
    )
    cards = listing(list(dict.fromkeys(choice.card.name for choice in r.choices)))
    shown = r.choices[r.shown]
    return Table(
        "Every input, with range, grade and source",
        ("input", "value", "low", "high", "unit", "grade", "source"),
        rows,
        (
            f"Cards: {cards}; shown: {shown.card.name} on {label(shown.image_kind)} photos, the middle one by misses. "
            "Grades: A primary and read, B quotation of a primary, C press or secondary, D derived or assumed."
        ),
        INPUTS,
    )
