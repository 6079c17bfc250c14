"""Which inputs an answer reads, from where they are, and how far the answer is from the nearest test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from misid.algorithm import SEARCH, published_tests
from misid.findings.estimates import Estimates
from misid.findings.evaluation.as_json import csv_text
from misid.findings.model import Table
from misid.findings.nearness import INPUTS, distances_sentence
from misid.quantities import Estimate, Grade, Quantity
from misid.validation import level_sentence, over_predicted, shipped
from misid.vocabulary.catalogue import say
from misid.vocabulary.names import label
from misid.vocabulary.tested import Aspect, Counted, Operator, lacking

SOURCED = (Grade.A, Grade.B)
HEADS = ("input", "value", "low", "high", "unit", "grade", "given", "source")


def not_validated(e: Estimates) -> str:
    """Return the line that says what was tested of the first screen's figures."""
    counted = (Counted.MISSES,) if e.scenario.purpose == "verify" else SEARCH
    nearest = distances_sentence([e.distance(e.place(name), counted) for name in e.names])
    level = level_tested(e) if e.measured is None else say("inputs.own_card")
    return f"{level} {nearest}".strip()


def briefly_tested(*scenarios: Estimates) -> str:
    """Return what was tested of the first screens of some scenarios, in a sentence or two each; no sentence twice."""
    return " ".join(dict.fromkeys(sentence for e in scenarios for sentence in _briefly(e)))


def _briefly(e: Estimates) -> Iterator[str]:
    if e.measured is not None:
        yield say("first.tested.own")
    elif e.scenario.purpose == "verify":
        far = e.distance(e.place(e.names[0]), (Counted.MISSES,))
        for test in (test for test in published_tests() if test.key == far.test):
            photos = e.scenario.capture.failure_to_acquire.value
            acted = float(e.people(e.names[0]).of("not_verified")[0]) / e.size
            key = "nearest" if test.rate is None else "photos" if photos > acted / 2 else "counted"
            about = {"test": test.title, "what": test.what, "n": 10_000 * (test.rate or 0.0), "photos": photos}
            yield say(f"first.tested.{key}", **about)
    else:
        n, fold = over_predicted()
        if fold:
            yield say("first.tested.over", n=n, fold=fold)
        kinds = {Operator.OFFICER_PHONE: "phone", Operator.POLICE_CAMERAS: "cameras"}
        yield say(f"first.tested.{kinds.get(e.scenario.operator, 'other')}")


def level_tested(e: Estimates) -> str:
    """Return what the level of false hits was tested against; empty where one photo is compared with one."""
    return "" if e.scenario.purpose == "verify" else level_sentence(shipped())


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
            return say("inputs.card")
        parts = path.split(".")
        taken = any(".".join(parts[:i]) in supplied for i in range(1, len(parts) + 1))
        return say("inputs.template", name=template) if taken else say("inputs.scenario")

    def row(path: str, q: Quantity) -> tuple[str | float | None, ...]:
        ends = (q.low, q.high) if q.swept else (None, None)
        grade = say("inputs.assumed", grade=q.grade.value) if q.grade is Grade.D else q.grade.value
        return (path, q.value, *ends, label(q.unit), grade, giver(path), q.source)

    shown = e.model.choices[e.model.shown]
    cards = list(dict.fromkeys(choice.card.name for choice in e.model.choices))
    photos = lacking(Aspect.IMAGE_KIND, shown.image_kind)
    note = [say("inputs.cards", cards=cards, shown=shown.card.name, photos=photos), say("inputs.grades")]
    note += [say("inputs.taken", name=template)] if supplied else []
    heads = tuple(say(f"inputs.head.{name}") for name in HEADS)
    return Table(say("inputs.title"), heads, tuple(row(path, q) for path, q in read.items()), " ".join(note), INPUTS)


def csv_of(table: Table) -> str:
    """Return a table as comma-separated values, numbers unrounded; of an estimate its value."""
    plain = ([cell.value if isinstance(cell, Estimate) else cell for cell in row] for row in table.rows)
    return csv_text(table.columns, (["" if cell is None else cell for cell in row] for row in plain))
