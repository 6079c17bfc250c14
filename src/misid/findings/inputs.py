"""Which inputs an answer reads, from where they are, and how far the answer is from the nearest test."""

from __future__ import annotations

from collections.abc import Mapping

from misid.algorithm import SEARCH
from misid.findings.estimates import Estimates
from misid.findings.evaluation.as_json import csv_text
from misid.findings.model import Cell, Table
from misid.findings.nearness import INPUTS, distances_sentence
from misid.findings.words import label
from misid.quantities import Estimate, Grade, Quantity
from misid.vocabulary.numbers import listing
from misid.vocabulary.tested import Counted

SOURCED = (Grade.A, Grade.B)


def not_validated(e: Estimates) -> str:
    """Return the line that says what was tested of the first screen's figures."""
    counted = (Counted.MISSES,) if e.scenario.purpose == "verify" else SEARCH
    far = [e.distance(e.place(name), counted) for name in e.names]
    nearest = distances_sentence(far)
    if e.measured is not None:
        return f"No published test is of this card; nobody but its user measured it. {nearest}"
    return f"{level_tested(e)} {nearest}".strip()


def briefly_tested(e: Estimates) -> str:
    """Return what was tested in a sentence or two: of the level of false hits, where that is what was tested."""
    from misid.validation import short_tested_sentence

    if e.scenario.purpose == "verify" or e.measured is not None:
        return not_validated(e)
    return short_tested_sentence().removeprefix("Tested? ")


def level_tested(e: Estimates) -> str:
    """Return what the level of false hits was tested against; empty where one photo is compared with one."""
    if e.scenario.purpose == "verify":
        return ""
    import misid.validation

    # The sentence that every page of a search must carry ships with the predictions that it is about.
    sentence = getattr(misid.validation, "tested_sentence", None)
    return "" if sentence is None else str(sentence()).removeprefix("Tested? ")


def relevant(e: Estimates, simulated: bool) -> dict[str, Quantity]:
    """Return the inputs that the headline answer reads: those of other rules and stops are left to their own answers."""
    scenario, model = e.scenario, e.model
    used = {name for rule in model.rules for name in rule.split("+")}
    unread = {f"rules.{name}." for name in scenario.rules if name not in used}
    known = model.all_inputs if simulated else model.inputs
    return {path: q for path, q in known.items() if not any(path.startswith(stem) for stem in unread)}


def inputs_table(e: Estimates, read: Mapping[str, Quantity]) -> Table:
    """Return every input with its range, grade and source, and who gave it."""
    template, supplied = e.scenario.template, frozenset(e.scenario.supplied)

    def giver(path: str) -> str:
        if path.startswith("card."):
            return "card"
        parts = path.split(".")
        taken = any(".".join(parts[:i]) in supplied for i in range(1, len(parts) + 1))
        return f"template {template}" if taken else "scenario"

    def row(path: str, q: Quantity) -> tuple[str | float | None, ...]:
        ends = (q.low, q.high) if q.swept else (None, None)
        grade = f"{q.grade.value}, assumed" if q.grade is Grade.D else q.grade.value
        return (path, q.value, *ends, q.unit, grade, giver(path), q.source)

    cards = listing(list(dict.fromkeys(choice.card.name for choice in e.model.choices)))
    shown = e.model.choices[e.model.shown]
    from_template = (
        f" The template {template} supplied what the scenario leaves out; the rest stands in the scenario."
        if supplied
        else ""
    )
    return Table(
        "Every input, with range, grade and source",
        ("input", "value", "low", "high", "unit", "grade", "given by", "source"),
        tuple(row(path, q) for path, q in read.items()),
        (
            f"Cards: {cards}; shown: {shown.card.name} on {label(shown.image_kind)} photos, the middle one by misses. "
            "Grades: A primary and read, B quotation of a primary, C press or secondary, D derived or assumed."
            + from_template
        ),
        INPUTS,
    )


def csv_of(table: Table) -> str:
    """Return a table as comma-separated values, numbers unrounded; of an estimate its value."""
    return csv_text(table.columns, ([_plain(cell) for cell in row] for row in table.rows))


def _plain(cell: Cell) -> str | float | int:
    """Return a cell as a spreadsheet takes it."""
    if isinstance(cell, Estimate):
        cell = cell.value
    return "" if cell is None else cell
