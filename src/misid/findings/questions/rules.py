"""Questions 8 to 11: face or record, what each rule does and costs, and what checking adds."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from misid.findings.compare.tables import Compared
from misid.findings.compare.words import RuleWords, changes, rule_quoted, rule_title, span
from misid.findings.estimates import Estimates
from misid.findings.model import Finding, Table
from misid.findings.questions import registry as ask
from misid.findings.questions.registry import ACTED, ASSUMED, CURVE, FINE
from misid.quantities import Estimate
from misid.scenario import rule_parts
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import capital, format_range, listing, strangers
from misid.vocabulary.units import OF_STRANGERS

ALWAYS, NEVER = 0.0, 2.0  # phi at which the face weighs more from the start, or not at all
BY = {"unsupported": "record_error", "wrong_record": "record_error", "wrong_person": "enrolled", "wrong": "enrolled"}
UNSEEN = ("reviewer_from_laboratory",)


def balance_phi(e: Estimates, *statuses: str, end: str = "") -> float | None:
    """Return the phi at which as many are acted on for somebody else's record as for their own wrong one.

    None where one weighs more at every threshold; `heavier` says which.
    """
    grid = e.reachable(FINE)
    curve = e.curve(grid, end)
    return ask.crossing(grid, curve.of("wrong_person", *statuses) - curve.of("wrong_record", *statuses))


def heavier(e: Estimates, *statuses: str) -> str:
    """Return what weighs more at the loosest threshold, ``person`` or ``record``."""
    curve = e.curve(e.reachable(FINE))
    return "person" if curve.of("wrong_person", *statuses)[-1] > curve.of("wrong_record", *statuses)[-1] else "record"


def break_even(e: Estimates, *statuses: str) -> Estimate:
    """Return the phi at which face and record weigh the same, by how often records are wrong."""
    group = listing([e.scenario.statuses[s].title for s in statuses]) if len(statuses) < len(e.harmed) else "all"
    phi = balance_phi(e, *statuses)
    if phi is None:
        reason = say(f"rules.heavier.{span(e)}.{heavier(e, *statuses)}")
        return ask.missing(e, reason, OF_STRANGERS, group=group, counted=ACTED)
    low, high = (balance_phi(e, *statuses, end=f"record_error.{end}") for end in ("low", "high"))
    # Outside the curve one of the two weighs more at every threshold.
    ends = (phi if low is None else low, 1.0 if high is None else high)
    place = e.places(e.model.at_phi([phi]))[0]
    return e.estimate(phi, place, ends, "record_error", unit=OF_STRANGERS, group=group, counted=ACTED, caveats=ASSUMED)


def balance_words(e: Estimates) -> str:
    """Say where face and record weigh the same."""
    figure = break_even(e, *e.harmed)
    if figure.value is None:
        return say("rules.heavier.alone", reason=figure.reason)
    key = "at" if figure.low == figure.high else "between"
    return say(f"rules.weigh.{key}", even=figure.value, range=(figure.low, figure.high))


@ask.question("Q08", "questions.title.by_cause", leads=True)
def by_cause(e: Estimates) -> Finding:
    """Own wrong records against somebody else's, over phi and by status."""
    even = {s: break_even(e, s) for s in e.harmed} | {"all": break_even(e, *e.harmed)}
    grid = e.reachable(CURVE)
    places = e.places(e.model.at_phi(grid))

    def cell(outcome: str, i: int) -> Estimate:
        by = BY[outcome]
        value, *ends = (float(e.curve(grid, end).of(outcome)[i]) for end in ("", f"{by}.low", f"{by}.high"))
        return e.estimate(value, places[i], (ends[0], ends[1]), by, counted=ACTED, caveats=ASSUMED)

    over = {phi: {outcome: cell(outcome, i) for outcome in BY} for i, phi in enumerate(grid)}
    figures = {f"break_even.{s}": figure for s, figure in even.items()}
    figures |= {f"{outcome}.phi_{phi:g}": x for phi, row in over.items() for outcome, x in row.items()}
    curve = Table(
        say("rules.cause_answer.title", people=ask.photographed(e)),
        (say("rules.weigh.strangers"), *(say(f"rules.cause.{outcome}") for outcome in BY)),
        tuple((strangers(phi), *row.values()) for phi, row in over.items()),
        say("rules.cause_answer.note"),
    )
    moves = [
        say(f"rules.cause_answer.{key}", range=ends)
        for key, outcome in (("record", "wrong_record"), ("person", "wrong_person"))
        if (ends := _ends(e, outcome, BY[outcome]))
    ]
    at, person = ask.condition(e, (ask.middle(e),)), ask.within(e, "wrong_person")[ask.middle(e)]
    return ask.finding(
        say("rules.cause_answer.count", at=at, size=e.size, record=ask.over_records(e), person=person),
        " ".join(part for part in (*moves, balance_words(e), _reversal(e, even)) if part),
        say("rules.cause_answer.doubt"),
        figures,
        (curve,),
    )


def _reversal(e: Estimates, even: Mapping[str, Estimate]) -> str:
    """Say for whom it is the face and for whom the record, where that differs."""
    at = {s: even[s].value for s in e.harmed}
    phi = {s: x if x is not None else NEVER if heavier(e, s) == "record" else ALWAYS for s, x in at.items()}
    if len(phi) < 2 or math.isclose(min(phi.values()), max(phi.values())):
        return ""
    first, last = min(phi, key=lambda s: phi[s]), max(phi, key=lambda s: phi[s])
    who = {"face": e.scenario.statuses[first].title, "record": e.scenario.statuses[last].title}
    key = f"{'always' if phi[first] == ALWAYS else 'once'}_{'never' if phi[last] == NEVER else 'until'}"
    return say(f"rules.reversal.{key}", once=phi[first], until=phi[last], **who)


def _ends(e: Estimates, outcome: str, by: str, rule: str = "") -> tuple[float, ...]:
    """Return a count at both ends of one range, at the middle rate; nothing where it stays."""
    _, *ends = ask.moved(e, outcome, by, rule)
    return tuple(ends) if ask.apart(*ends) else ()


@ask.question("Q09", "questions.title.by_rule", leads=True)
def by_rule(e: Estimates) -> Finding:
    """Say first what lowers unsupported actions at every phi, with what it loses."""
    stems = {"unsupported": "acted_on", "wrong_record": "wrong_record", "wrong_person": "wrong_person"}
    acted = {
        f"{stem}.{rule}": ask.at_points(e, o, rule=rule, by=BY[o], counted=ACTED, caveats=(*UNSEEN, *ASSUMED))
        for rule in e.model.rules
        for o, stem in stems.items()
    }
    words = Compared(e)
    return ask.finding(
        " ".join([words.which_help(), *words.spares_most()]),
        " ".join(words.out_of_reach()) or say("rules.records_move_all"),
        say("rules.rule_answer.doubt"),
        ask.by_name(acted),
        charts=(words.picture(),),
    )


@ask.question("Q10", "questions.title.lost")
def lost(e: Estimates) -> Finding:
    """Supported actions by rule; who is acted on by chance, on a stranger's record, stands apart."""
    supported = {
        rule: ask.at_points(e, "supported", rule=rule, counted=ACTED, caveats=UNSEEN) for rule in e.model.rules
    }
    words = RuleWords(e)
    chance = ask.at_points(e, "supported_by_chance", counted=ACTED, caveats=("gallery_mix_assumed",))
    less = {rule: float(words.r.difference(rule, "supported").value[words.row]) for rule in words.others}
    by_lost = sorted(less, key=lambda rule: -less[rule])
    ends = [
        say(f"rules.lost.{changes(np.array([less[rule]]))}", rule=rule_quoted(e, rule), n=abs(less[rule]))
        for rule in dict.fromkeys(by_lost[:1] + by_lost[-1:])
    ]
    enrolled = [say("rules.lost.enrolled", range=range_) for range_ in (_ends(e, "supported", "enrolled"),) if range_]
    columns = {capital(rule_title(e, rule)): found for rule, found in supported.items()}
    figures = {f"supported.{rule}": found for rule, found in supported.items()}
    figures |= {f"right_hits.{s}": ask.at_points(e, "right", s) for s in e.people(e.names[0]).statuses}
    return ask.finding(
        say("rules.lost.each", at=words.at, n=words.now("supported"), changes=ends) if ends else say("rules.alone"),
        " ".join([*enrolled, say("rules.lost.by_chance", chance=ask.over_points(chance))]),
        say("rules.lost.doubt"),
        ask.by_name({**figures, "supported_by_chance": chance}),
        (
            ask.by_point(
                e, say("rules.lost.title", people=ask.photographed(e)), {**columns, say("rules.lost.chance"): chance}
            ),
        ),
    )


@ask.question("Q11", "questions.title.checking")
def checking(e: Estimates) -> Finding:
    """Say that checking faces touches only hits on somebody else."""
    known = e.scenario.rules
    checked = [r for r in e.model.rules if any(known[p].wrong_person_passes.value < 1.0 for p in rule_parts(r))]
    if not checked:
        return Finding("", "", say("rules.checking.nobody"), answered=False)
    found = {rule: ask.at_points(e, "wrong_person", rule=rule, counted=ACTED, caveats=UNSEEN) for rule in checked}
    columns = {capital(rule_title(e, rule)): at for rule, at in found.items()}
    at = {rule: ask.within(e, "wrong_person", rule=rule)[ask.middle(e)] for rule in checked}
    by_count = sorted(checked, key=lambda rule: -at[rule])
    shown = list(dict.fromkeys((by_count[0], by_count[-1])))
    texts = [say("rules.checking.under", n=at[r], rule=rule_quoted(e, r)) for r in shown]
    ranges = [
        say("rules.checking.under", n=format_range(ends[0], ends[1]), rule=rule_quoted(e, r))
        for r in shown
        if (ends := _ends(e, "wrong_person", "enrolled", r))
    ]
    own, *_ = ask.moved(e, "wrong_record", "record_error")
    return ask.finding(
        say("rules.checking.count", at=ask.condition(e, (ask.middle(e),)), ends=texts, record=own),
        say("rules.checking.interval", ends=ranges) if ranges else "",
        say("rules.checking.doubt"),
        ask.by_name({f"wrong_person.{rule}": at for rule, at in found.items()}),
        (ask.by_point(e, say("rules.checking.title", people=ask.photographed(e)), columns),),
    )
