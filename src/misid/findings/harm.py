"""Answers 8 to 11: face, record or document; what each rule does, costs, and what human checking adds."""

from __future__ import annotations

from collections.abc import Mapping

from misid.expected import Envelope
from misid.findings.figures import (
    by_mode,
    mode_table,
    pair,
    photographed,
    range_chart,
    ranges_said,
    said_by_mode,
    union_of_modes,
)
from misid.findings.model import Finding, Table
from misid.findings.nearness import INPUTS
from misid.findings.reckon import THRESHOLD, Reckoner
from misid.findings.words import format_number, format_range, label, listing
from misid.quantities import Estimate
from misid.vocabulary import Mode
from misid.vocabulary.tested import Counted

CAUSES = (
    ("wrong_person", "wrong person"),
    ("wrong_record", "wrong record"),
    ("disbelieved_document", "disbelieved document (overlaps the other rows)"),
    ("not_verified", "no hit, and acted on all the same"),
)
ACTED = (Counted.ACTIONS,)
SHORT = (
    ("wrong_person", "wrong person"),
    ("wrong_record", "wrong record"),
    ("disbelieved_document", "disbelieved document"),
)


def by_cause(reckoner: Reckoner) -> Finding:
    """Q08: how many wrongs come from the face, how many from the record."""
    scenario = reckoner.scenario
    person, record, document = (by_mode(reckoner, reckoner.in_force(name)) for name, _ in CAUSES[:3])
    unit = f"unsupported actions per {photographed(reckoner)}"
    table = mode_table(
        reckoner,
        f"Unsupported actions under the rule in force ({scenario.rules[scenario.rule].title}), by cause",
        [(words, by_mode(reckoner, reckoner.in_force(name))) for name, words in CAUSES],
        "people",
        note=(
            "Wrong person: acted on somebody else's record. Wrong record: the right person, whose own record is wrong. "
            "Disbelieved document: a genuine document was shown and did not help; it overlaps the rows above."
        ),
        first="cause",
        counted=ACTED,
    )
    rows = [
        (words, label(m), by_mode(reckoner, reckoner.in_force(name))[m])
        for name, words in CAUSES[:3]
        for m in reckoner.modes
    ]
    return Finding(
        "Q08",
        "How many wrongs come from the face, how many from an out-of-date or mistaken record?",
        count=(
            f"Of {photographed(reckoner)}: {said_by_mode(person)} acted on as the wrong person; "
            f"{said_by_mode(record)} as the right person with a wrong record; among both, "
            f"{said_by_mode(document)} had shown a genuine document that was not believed."
        ),
        interval=(
            f"Wrong person: {ranges_said(person)} Wrong record: {ranges_said(record)} "
            f"Disbelieved document: {ranges_said(document)}"
        ),
        doubt="No source measures how often the record itself is wrong for people who are hit, nor who shows what.",
        figures={
            **pair(reckoner, "wrong_person", person, "people", ("gallery_mix_assumed", "assumed_input"), counted=ACTED),
            **pair(
                reckoner, "wrong_record", record, "people", ("record_error_assumed", "assumed_input"), counted=ACTED
            ),
            **pair(reckoner, "disbelieved_document", document, "people", ("document_carrying_assumed",), counted=ACTED),
        },
        charts=(
            range_chart(
                f"Unsupported actions by cause, per {photographed(reckoner)}",
                "Three causes, always apart. The third overlaps the first two.",
                rows,
                table,
                unit,
            ),
        ),
    )


def by_rule(reckoner: Reckoner) -> Finding:
    """Q09: unsupported actions under each rule."""
    scenario = reckoner.scenario
    rules = reckoner.rules
    named = [(rule, cause, words) for rule in rules for cause, words in CAUSES[:3]]
    held = {(rule, cause): by_mode(reckoner, f"{rule}.{cause}", hold=THRESHOLD) for rule, cause, _ in named}
    title = f"Unsupported actions per {photographed(reckoner)}"

    def rows_of(ranges: Mapping[tuple[str, str], Mapping[Mode, Envelope]]) -> list[tuple[str, Mapping[Mode, Envelope]]]:
        return [(f"{scenario.rules[rule].title}: {words}", ranges[rule, cause]) for rule, cause, words in named]

    full = {(rule, cause): by_mode(reckoner, f"{rule}.{cause}") for rule, cause, _ in named}
    figures: dict[str, Estimate] = {}
    for (rule, cause), ranges in full.items():
        codes = ("reviewer_from_laboratory", "record_error_assumed")
        figures |= pair(reckoner, f"{rule}.{cause}", ranges, "people", codes, counted=ACTED)
    held_title, first = f"{title}, threshold held as given", "rule, cause"
    table = mode_table(reckoner, held_title, rows_of(held), "people", first=first, counted=ACTED)
    # What is in force is named first; the rest follow in the order in which the scenario compares them and are never ranked.
    said = "; ".join(
        f"{scenario.rules[rule].title}: " + ", ".join(f"{words} {_either(full[rule, cause])}" for cause, words in SHORT)
        for rule in rules
    )
    charts = tuple(
        range_chart(
            f"{title}, by rule and cause: {label(mode)}",
            "The same people under each rule; the threshold, which all share, is held as given. Where bars overlap, no order follows. The third cause overlaps the first two.",
            [(scenario.rules[rule].title, words, held[rule, cause][mode]) for rule in rules for cause, words in SHORT],
            table,
            f"unsupported actions per {scenario.use.people:,}",
        )
        for mode in reckoner.modes
    )
    return Finding(
        "Q09",
        "How many unsupported actions follow under each rule?",
        count=f"Of {photographed(reckoner)}: {said}.",
        interval="Wrong person, both modes, with the threshold held as given: "
        + "; ".join(f"{scenario.rules[rule].title}, {union_of_modes(held[rule, 'wrong_person'])}" for rule in rules)
        + ". With all unknown inputs: the table.",
        doubt="What people who check let pass was measured in laboratories and a few observed trials, never in this use.",
        figures=figures,
        tables=(
            mode_table(reckoner, f"{title}, all unknown inputs", rows_of(full), "people", first=first, counted=ACTED),
        ),
        charts=charts,
    )


def _either(ranges: Mapping[Mode, Envelope]) -> str:
    """Say best values in all modes as one range, where a sentence has to hold many."""
    values = [r.value for r in ranges.values()]
    return format_range(min(values), max(values))


def lost(reckoner: Reckoner) -> Finding:
    """Q10: true identifications lost under each rule, split by who is identified."""
    scenario = reckoner.scenario
    mode = reckoner.modes[-1]
    rules = reckoner.rules
    supported = {rule: by_mode(reckoner, f"{rule}.supported") for rule in rules}
    base = supported[rules[0]][mode].value
    statuses = [s for s in scenario.statuses if f"status.{s}.right" in reckoner.ranges_of(scenario.headline_stop, mode)]
    right = {s: by_mode(reckoner, f"status.{s}.right") for s in statuses}
    split = mode_table(
        reckoner,
        f"True identifications (hits on the person's own record), of {photographed(reckoner)}, by status",
        [(scenario.statuses[s].title, right[s]) for s in statuses],
        "people",
        note="A right hit on someone who may stay is not a gain for enforcement, and one that clears a person is not a cost.",
        first="status",
    )
    table = mode_table(
        reckoner,
        f"Actions that the person's own correct record supports, per {photographed(reckoner)}",
        [(scenario.rules[rule].title, supported[rule]) for rule in rules],
        "people",
        first="rule",
        counted=ACTED,
    )
    others = [
        f"{format_number(max(0.0, base - supported[rule][mode].value))} fewer where {scenario.rules[rule].title}"
        for rule in rules[1:]
    ]
    figures: dict[str, Estimate] = {}
    for rule in rules:
        codes = ("reviewer_from_laboratory",)
        figures |= pair(reckoner, f"{rule}.supported", supported[rule], "people", codes, counted=ACTED)
    for s in statuses:
        figures |= pair(reckoner, f"right_hits.{s}", right[s], "people")
    return Finding(
        "Q10",
        "How many true identifications are lost under each other rule?",
        count=(
            f"{format_number(base)} supported actions under the rule in force, of {photographed(reckoner)}"
            + (f"; {listing(others)}" if others else "; no other rule is compared here")
            + f" ({label(mode)})."
        ),
        interval=f"Under the rule in force: {ranges_said({m: supported[rules[0]][m] for m in (mode,)})}",
        doubt="How many of those stopped the rule is meant for, and how many of them are enrolled, is assumed.",
        figures=figures,
        tables=(table, split),
    )


def checking(reckoner: Reckoner) -> Finding:
    """Q11: how much human checking helps."""
    scenario = reckoner.scenario
    rules = reckoner.rules
    table = Table(
        "What each rule lets pass",
        ("rule", "wrong hits that pass", "range", "right hits that pass", "range", "grade", "source"),
        tuple(
            (
                scenario.rules[r].title,
                q.value,
                f"{q.low:g} to {q.high:g}",
                scenario.rules[r].right_hit_passes.value,
                f"{scenario.rules[r].right_hit_passes.low:g} to {scenario.rules[r].right_hit_passes.high:g}",
                q.grade.value,
                q.source,
            )
            for r in rules
            for q in (scenario.rules[r].wrong_person_passes,)
        ),
        "Rates are on look-alikes that an algorithm chose; on random pairs people do far better, and that says nothing here.",
        INPUTS,
    )
    checked = [r for r in rules if scenario.rules[r].wrong_person_passes.value < 1.0]
    if not checked:
        return Finding(
            "Q11",
            "How much does human checking help, given what is known about tired, trusting or trained people?",
            count="No rule of this scenario has a person check a hit.",
            answered=False,
        )
    mode: Mode = reckoner.modes[-1]
    said = listing(
        [
            f"{format_number(by_mode(reckoner, f'{r}.wrong_person')[mode].value)} where {scenario.rules[r].title}"
            for r in checked
        ]
    )
    figures: dict[str, Estimate] = {}
    for r in checked:
        figures |= pair(
            reckoner,
            f"{r}.wrong_person",
            by_mode(reckoner, f"{r}.wrong_person"),
            "people",
            ("reviewer_from_laboratory",),
            counted=ACTED,
        )
    return Finding(
        "Q11",
        "How much does human checking help, given what is known about tired, trusting or trained people?",
        count=f"Acted on as the wrong person, of {photographed(reckoner)}: {said} ({label(mode)}).",
        interval="Both modes, with the threshold held as given: "
        + "; ".join(
            f"{scenario.rules[r].title}, {union_of_modes(by_mode(reckoner, f'{r}.wrong_person', hold=THRESHOLD))}"
            for r in checked
        )
        + ".",
        doubt="A label from the machine shifts what people say without making them see better; that shift is not in these rates.",
        figures=figures,
        tables=(table,),
    )
