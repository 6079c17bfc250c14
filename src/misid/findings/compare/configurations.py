"""Settings of the system apart from the rule, and what no hit leads to."""

from __future__ import annotations

from misid.expected import configured, people, photos_held
from misid.findings.compare.effects import RuleEffects
from misid.findings.estimates import Estimates
from misid.findings.model import Cell, Section, Table
from misid.findings.questions.registry import photographed, point_words
from misid.quantities import Nearness
from misid.scenario import rule_named
from misid.vocabulary.numbers import format_range
from misid.vocabulary.tested import Counted

YEARS = 15.0
SHOWN = {
    "wrong": "hits on the wrong person",
    "wrong_person": "acted on as somebody else",
    "wrong_record": "acted on for a wrong record",
    "supported": "supported actions",
}


def configurations(x: Estimates) -> Section:
    """Return the section: the rule in force under each configuration, at every operating point."""
    scenario = x.scenario
    rows: list[tuple[Cell, ...]] = []
    for name, entry in scenario.configurations.items():
        for point in x.names:
            at = configured(x.points(point), name)
            counts = people(at, x.stop)
            kept = photos_held(at, YEARS)[0]
            if entry.delete_no_match:
                kept *= float(counts.of("hit")[0]) / x.size
            found = (float(counts.of(what)[0]) for what in SHOWN)
            rows.append((entry.title, point_words(x, point), *found, float(kept)))
    text = (
        f"The rule in force throughout: '{rule_named(scenario, scenario.rule).title}'. "
        "A configuration changes the threshold, what is searched or what is kept, and leaves people and rule as they are. "
        "Where only records that call for an action are searched, nobody is cleared by a hit, and a wrong record still "
        "leads to one."
    )
    table = Table(
        f"Other settings of the system, of {photographed(x)}",
        ("setting", "threshold as given", *SHOWN.values(), f"photos kept after {YEARS:g} years"),
        tuple(rows),
        "Where photos without a hit are deleted at once, only those with a hit are kept. Photos, not people.",
        x.distance(x.place(x.names[0]), (Counted.ACTIONS,)),
    )
    return Section("configurations", "The same rule, other settings of the system", text, {}, (table,))


def no_hit(x: Estimates, effects: RuleEffects, at: str, distance: Nearness) -> Section:
    """Return the section: people whom no search names, and what acting on a hundredth of them would come to."""
    rows: list[tuple[Cell, ...]] = []
    row, harmed = effects.reference, []
    for rule in effects.rules:
        none, more = effects.without_hit(rule)
        share = rule_named(x.scenario, rule).no_hit_action
        said = f"{100 * share.value:g}%" + (f" ({100 * share.low:g}% to {100 * share.high:g}%)" if share.swept else "")
        harmed.append(float(more[row]))
        rows.append((rule_named(x.scenario, rule).title, float(none[row]), harmed[-1], said))
    table = Table(
        f"People whom no search names, of {photographed(x)}. {at}",
        ("rule", "without a hit", "unsupported for each 1% of them acted on", "share taken to be acted on"),
        tuple(rows),
        "Who is not photographed has no hit. Documents that are believed protect here too.",
        distance,
    )
    text = (
        "A search without a hit, or no search, verifies nobody, and what follows is not reported. If 1% of these people "
        f"were acted on, {format_range(min(harmed), max(harmed))} unsupported actions of {x.size:,} photographed would "
        "follow, depending on the rule; they are never counted as wrong hits."
    )
    return Section("no-hit", "Who is not verified", text, {}, (table,))
