"""The short page of a comparison of rules: what holds at every phi, what it costs, and one row of it by cause and status."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from misid.findings.compare.effects import LOST, REMOVED
from misid.findings.inputs import briefly_tested
from misid.findings.model import Cell, Page, Section, Table
from misid.scenario import rule_named
from misid.vocabulary.numbers import capital, format_number

if TYPE_CHECKING:
    from misid.findings.compare.build import Said

LIMITS = (
    "Whether a person was rightly identified, or a stop or an action was lawful.",
    "Which rule to choose: people spared and people lost are counted, never weighed.",
    "How any of these rules works in the street; nobody has seen it there.",
)
HEADS = {
    "unsupported": "removed, all causes",
    "wrong_person": "wrong person",
    "wrong_record": "wrong record",
    "not_verified": "not verified",
    "supported": "lost",
}
CAUSES = {"wrong_person": "wrong persons", "wrong_record": "wrong records", "not_verified": "people without a hit"}
MOST_NAMED = 2  # rules that a sentence names; more are counted


def short_page(said: Said) -> Page:
    """Return the short page of several rules over the same people."""
    e = said.scenario
    lead = [_everywhere(said), *said.everywhere()[-1:]] if len(said.everywhere()) > 1 else [_everywhere(said)]
    lead += _cost(said)
    lead += _out_of_reach(said)
    picture = replace(said.picture(), summary="Dots: the values given. Bars: how far the rule's own numbers move them.")
    sections = [
        Section(
            "by-rule", "Acted on, by rule", f"In force: '{said.title(said.force)}'.", charts=(picture,), link="effects"
        )
    ]
    if said.others:
        text = f"{said.at}, of {said.of}. Below 0: more than under the rule in force."
        whom = "A rule can remove from one status and not from another."
        sections += [
            Section("removed", "What each rule removes and loses", text, tables=(_by_cause(said),), link="effects"),
            Section("by-status", "For whom", whom, tables=(_by_status(said),), link="effects"),
        ]
    return Page(f"Compared: {e.title}", "SYNTHETIC", " ".join(lead), briefly_tested(said.x), tuple(sections), LIMITS)


def _everywhere(said: Said) -> str:
    """Say what holds at every rate of strangers named; of many rules how many they are."""
    first, always = said.everywhere()[:1], [r for r in said.others if said.order[r] == "always"]
    if len(always) <= MOST_NAMED:
        return first[0] if first else said.sentences()[0]
    span = first[0].partition(", and wherever")[0]
    return f"{span}, and wherever the ranges go, {len(always)} of {len(said.others)} other rules spare people."


def _searching(said: Said) -> list[str]:
    return [rule for rule in said.others if rule_named(said.scenario, rule).scans != "nobody"]


def _cost(said: Said) -> Iterator[str]:
    """Say what the rule that removes most there costs."""
    row = said.e.reference
    removed = {rule: float(said.e.difference(rule, "unsupported").value[row]) for rule in _searching(said)}
    best = max(removed, key=lambda rule: removed[rule], default="")
    if not best or removed[best] <= 0.0:
        return
    lost = float(said.e.difference(best, "supported").value[row])
    total, supported = (format_number(float(said.e.count(said.force, x)[row])) for x in ("unsupported", "supported"))
    cost = f"loses {format_number(lost)}" if lost >= 0.0 else f"adds {format_number(-lost)}"
    yield (
        f"{said.at}, '{said.title(best)}' removes {format_number(removed[best])} of {total} unsupported actions and {cost} "
        f"{'of' if lost >= 0.0 else 'to'} {supported} supported."
    )


def _out_of_reach(said: Said) -> Iterator[str]:
    """Say which causes none of these rules can change, as long as anybody is searched."""
    rules, row = _searching(said), said.e.reference
    total = format_number(float(said.e.count(said.force, "unsupported")[row]))
    untouched = [set(said.e.untouched(rule)) for rule in rules]
    none = [cause for cause in CAUSES if untouched and all(cause in one for one in untouched)]
    for cause in none:
        n = format_number(float(said.e.count(said.force, cause)[row]))
        yield f"No rule among these can touch {n} of {total}: those are {CAUSES[cause]}."
    if rules and not none:
        yield "Each cause is touched by a rule among these."


def _by_cause(said: Said) -> Table:
    row, outcomes = said.e.reference, [o for o in (*REMOVED, *LOST) if o in HEADS]
    outcomes = [o for o in outcomes if any(said.e.count(rule, o)[row] for rule in said.e.rules)]
    force = (float(said.e.count(said.force, o)[row]) for o in outcomes)
    rows: list[tuple[Cell, ...]] = [(f"{capital(said.title(said.force))} (in force)", *force)]
    rows.extend(
        (capital(said.title(rule)), *(float(said.e.difference(rule, o).value[row]) for o in outcomes))
        for rule in said.others
    )
    title = "Acted on under the rule in force; then how many fewer"
    return Table(title, ("rule", *(HEADS[o] for o in outcomes)), tuple(rows), "", said.distance)


def _by_status(said: Said) -> Table:
    return replace(
        said.by_status("unsupported", "removed"),
        title="Acted on without support, by status; then how many fewer",
        note="",
    )
