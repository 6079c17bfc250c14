"""Questions 8 to 11: face or record, what each rule does and costs, and what checking adds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from misid.findings.estimates import Estimates
from misid.findings.model import ChartData, Finding, Table
from misid.findings.nearness import INPUTS
from misid.findings.questions.registry import (
    ACTED,
    ASSUMED,
    CURVE,
    FINE,
    at_points,
    because,
    by_point,
    cause,
    crossing,
    finding,
    named,
    over_points,
    over_range,
    photographed,
    question,
    total,
)
from misid.quantities import Doubt, Estimate, Quantity
from misid.vocabulary.numbers import are_named, capital, listing, strangers


def balance_phi(e: Estimates, *statuses: str, end: str = "") -> float | None:
    """Return the phi at which as many are acted on for somebody else's record as for their own wrong one.

    None where one weighs more at every threshold; `heavier` says which.
    """
    grid = e.reachable(FINE)
    curve = e.curve(grid, end)
    return crossing(grid, curve.of("wrong_person", *statuses) - curve.of("wrong_record", *statuses))


def heavier(e: Estimates, *statuses: str, end: str = "") -> str:
    """Return the cause that weighs more at the loosest threshold."""
    curve = e.curve(e.reachable(FINE), end)
    more = curve.of("wrong_person", *statuses)[-1] > curve.of("wrong_record", *statuses)[-1]
    return "somebody else's record" if more else "their own wrong record"


def break_even(e: Estimates, *statuses: str) -> Estimate:
    """Return the phi at which face and record weigh the same, by how often records are wrong."""
    group = listing([e.scenario.statuses[s].title for s in statuses]) if len(statuses) < len(e.harmed) else "all"
    phi = balance_phi(e, *statuses)
    if phi is None:
        place = e.place(e.names[0])
        return Estimate.missing(
            f"{heavier(e, *statuses)} weighs more at every threshold",
            conditions=e.conditions(place, group),
            distance=e.distance(place, ACTED, "" if group == "all" else group),
            unit="share of strangers",
            kind=Doubt.INPUT,
            caveats=e.caveats(place),
        )
    low, high = (balance_phi(e, *statuses, end=f"record_error.{end}") for end in ("low", "high"))
    # Outside the curve one of the two weighs more at every threshold.
    ends = (phi if low is None else low, 1.0 if high is None else high)
    return e.estimate(
        phi,
        e.places(e.model.at_phi([phi]))[0],
        ends,
        "record_error",
        unit="share of strangers",
        group=group,
        counted=ACTED,
        caveats=ASSUMED,
    )


def _weigh(e: Estimates, figure: Estimate) -> str:
    """Say a break-even: ``1 in 19 strangers (1 in 90 to 36 in 100)``."""
    if figure.value is None:
        return f"at no threshold ({figure.reason})"
    low, high = (strangers(end or 0.0).removesuffix(" strangers") for end in (figure.low, figure.high))
    return f"{strangers(figure.value)}" + ("" if low == high else f" ({low} to {high})")


def balance_words(e: Estimates) -> str:
    """Say where face and record weigh the same."""
    figure = break_even(e, *e.harmed)
    if figure.value is None:
        return f"{capital(figure.reason)}."
    return f"All together, both weigh the same where {_weigh(e, figure)} are named; by status this differs."


@question("Q08", "questions.title.by_cause", leads=True)
def by_cause(e: Estimates) -> Finding:
    """Own wrong records against somebody else's, over phi and by status."""
    even = {s: break_even(e, s) for s in e.harmed} | {"all": break_even(e, *e.harmed)}
    record = at_points(e, "wrong_record", by="record_error", counted=ACTED, caveats=ASSUMED)
    person = at_points(e, "wrong_person", counted=ACTED, caveats=ASSUMED)
    grid = e.reachable(CURVE)
    places = e.places(e.model.at_phi(grid))
    curves = {
        end: e.curve(grid, end)
        for end in ("", "enrolled.low", "enrolled.high", "record_error.low", "record_error.high")
    }

    def cell(outcome: str, by: str, i: int) -> Estimate:
        values = [float(curves[end].of(outcome)[i]) for end in ("", f"{by}.low", f"{by}.high")]
        return e.estimate(values[0], places[i], (values[1], values[2]), by, counted=ACTED, caveats=ASSUMED)

    outcomes = (
        ("unsupported", "record_error"),
        ("wrong_record", "record_error"),
        ("wrong_person", "enrolled"),
        ("wrong", "enrolled"),
    )
    over = [[cell(outcome, by, i) for outcome, by in outcomes] for i in range(len(grid))]
    figures = {f"break_even.{s}": figure for s, figure in even.items()}
    figures |= {
        f"{outcome}.phi_{phi:g}": row[j]
        for phi, row in zip(grid, over, strict=True)
        for j, (outcome, _) in enumerate(outcomes)
    }
    curve = Table(
        f"Over all thresholds, per {photographed(e)}",
        (
            "strangers named",
            "acted on without support",
            cause("wrong_record"),
            cause("wrong_person"),
            "hits on somebody else",
        ),
        tuple((strangers(phi), *row) for phi, row in zip(grid, over, strict=True)),
        "How many records are wrong moves the first two from end to end of its range; who is enrolled the last two.",
    )
    weights = Table(
        "Where own wrong records and somebody else's records weigh the same, by how often records are wrong",
        ("who", "strangers named"),
        tuple(
            ("all together" if s == "all" else e.scenario.statuses[s].title, _weigh(e, figure))
            for s, figure in even.items()
        ),
        "Below it their own wrong records weigh more, above it somebody else's. All together hides how statuses differ.",
    )
    return finding(
        f"Of {e.size:,} people, {over_points(record)} are acted on, {because('wrong_record')}; {over_points(person)} "
        f"{because('wrong_person')}.",
        f"Own wrong records, by how often records are wrong: {over_range(record)}. Somebody else's, by who is enrolled: "
        f"{over_range(person)}. {balance_words(e)} {_reversal(e, even)}".strip(),
        "No source measures how often the record of people who are hit calls for an action that it should not; rates of "
        "E-Verify and SAVE measure other things.",
        figures,
        (curve, weights),
    )


def _reversal(e: Estimates, even: Mapping[str, Estimate]) -> str:
    """Say for whom it is the face and for whom the record, where that differs."""
    at = {s: figure.value for s, figure in even.items() if s != "all"}
    if len(at) < 2:
        return ""

    def key(s: str) -> float:
        value = at[s]
        return value if value is not None else 2.0 if heavier(e, s) == "their own wrong record" else 0.0

    first, last = (e.scenario.statuses[f(at, key=key)] for f in (min, max))
    low, high = (key(f(at, key=key)) for f in (min, max))
    if first is last or math.isclose(low, high):
        return ""
    once = "at every threshold" if low == 0.0 else f"once {are_named(low)}"
    until = "at every threshold" if high == 2.0 else f"until {are_named(high)}"
    return f"For {first.title} the face weighs more {once}; for {last.title} the record does {until}."


@dataclass(frozen=True)
class RuleEffect:
    """What a rule does beside the one in force, over the points."""

    rule: str
    removed: Mapping[str, float]  # fewer acted on without support, by point
    lost: Mapping[str, float]  # fewer acted on with support
    everywhere: bool  # whether it lowers unsupported actions at every phi, and at both ends of both ranges


def rule_effects(e: Estimates) -> tuple[RuleEffect, ...]:
    """Return what each rule beside the one in force does to the same people."""

    def lowers(rule: str) -> bool:
        ends = ("", "enrolled.low", "enrolled.high", "record_error.low", "record_error.high")
        pairs = [
            [e.curve(e.reachable(CURVE), end, r).of("unsupported") for r in (e.scenario.rule, rule)] for end in ends
        ]
        return all((mine < base).all() for base, mine in pairs)

    def fewer(outcome: str, rule: str) -> dict[str, float]:
        return {
            name: total(e.people(name).of(outcome)) - total(e.people(name, rule=rule).of(outcome)) for name in e.names
        }

    return tuple(
        RuleEffect(rule, fewer("unsupported", rule), fewer("supported", rule), lowers(rule))
        for rule in e.model.rules[1:]
    )


def rule_title(e: Estimates, rule: str) -> str:
    """Say a rule, or rules joined by +, in words."""
    return listing([e.scenario.rules[part].title for part in rule.split("+")])


def rule_quoted(e: Estimates, rule: str) -> str:
    """Say a rule within a sentence, where another may stand beside it."""
    return f"'{rule_title(e, rule)}'"


@question("Q09", "questions.title.by_rule", leads=True)
def by_rule(e: Estimates) -> Finding:
    """Say first what lowers unsupported actions at every phi, with what it loses."""
    acted = {
        rule: {
            outcome: at_points(
                e, outcome, rule=rule, by=by, counted=ACTED, caveats=("reviewer_from_laboratory", *ASSUMED)
            )
            for outcome, by in (
                ("unsupported", "record_error"),
                ("wrong_record", "record_error"),
                ("wrong_person", "enrolled"),
            )
        }
        for rule in e.model.rules
    }
    names = {"unsupported": "acted_on"}
    figures = {
        key: x
        for rule, found in acted.items()
        for outcome, at in found.items()
        for key, x in named(f"{names.get(outcome, outcome)}.{rule}", at).items()
    }
    effects = rule_effects(e)
    table = Table(
        f"Acted on without support, per {photographed(e)}, by rule",
        ("rule; strangers named", "acted on", cause("wrong_record"), cause("wrong_person"), "acted on, supported"),
        tuple(
            (
                f"{capital(rule_title(e, rule))}; {strangers(e.place(name).phi)}",
                *(found[name] for found in acted[rule].values()),
                e.count("supported", name, rule=rule, by="enrolled", counted=ACTED),
            )
            for rule in e.model.rules
            for name in e.names
        ),
        "The same people under each rule. Ranges: by how often records are wrong; somebody else's by who is enrolled.",
    )
    records = [
        {
            "label": capital(rule_title(e, rule)),
            "series": strangers(e.place(name).phi),
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
            "order": i,
            "x_title": f"acted on without support, of {e.size:,}",
        }
        for i, rule in enumerate(e.model.rules)
        for name, figure in acted[rule]["unsupported"].items()
    ]
    chart = ChartData(
        "ranges",
        table.title,
        "The same people under each rule; the range, by how often records are wrong, is shared: all rules move in it together.",
        tuple(records),
        table,
    )
    return finding(
        _what_helps(e, effects),
        _out_of_reach(e, effects),
        "This holds whoever is enrolled and however often records are wrong. What people who check let pass was measured in laboratories and a few observed trials, never in this use.",
        figures,
        charts=(chart,),
    )


def _what_helps(e: Estimates, effects: Sequence[RuleEffect]) -> str:
    """Say which rules lower unsupported actions at every phi, and what the one that removes most loses."""
    helping = [x for x in effects if x.everywhere]
    if not helping:
        return (
            "No rule lowers the number however many strangers are named."
            if effects
            else "No other rule is compared here."
        )
    most = {best.rule: best for best in (max(helping, key=lambda x: x.removed[name]) for name in e.names)}
    now = at_points(e, "unsupported")
    each = [
        f"{rule_quoted(e, x.rule)}: {over_points(x.removed)} of {over_points(now)}, with {over_points(x.lost)} supported "
        "actions lost"
        for x in most.values()
    ]
    return (
        f"However many strangers are named, {_which_help(e, effects, helping)}. The rule that spares "
        f"most is {'' if len(each) == 1 else 'at one threshold or another '}{', or '.join(each)}."
    )


def _which_help(e: Estimates, effects: Sequence[RuleEffect], helping: Sequence[RuleEffect]) -> str:
    """Say which rules spare people: in few words if all do."""
    if len(helping) == len(effects) > 1:
        return f"each of {len(effects)} other rules spares people"
    titles = [rule_quoted(e, x.rule) for x in helping]
    return f"fewer are acted on without support under {' or '.join(titles)}"


def _out_of_reach(e: Estimates, effects: Sequence[RuleEffect]) -> str:
    """Say which rules that help leave own wrong records as they are."""
    record = at_points(e, "wrong_record")
    blind = [
        x.rule
        for x in effects
        if x.everywhere
        and all(
            math.isclose(total(e.people(n, rule=x.rule).of("wrong_record")), record[n].value or 0.0) for n in e.names
        )
    ]
    if not blind or not any(figure.value for figure in record.values()):
        return "How often records are wrong moves all rules together."
    return (
        f"Under {listing([rule_quoted(e, rule) for rule in blind])}, {over_points(record)} of "
        f"{over_points(at_points(e, 'unsupported'))} stay out of reach, because those are own wrong records."
    )


@question("Q10", "questions.title.lost")
def lost(e: Estimates) -> Finding:
    """Supported actions by rule; who is acted on by chance, on a stranger's record, stands apart."""
    supported = {
        rule: at_points(e, "supported", rule=rule, counted=ACTED, caveats=("reviewer_from_laboratory",))
        for rule in e.model.rules
    }
    chance = at_points(e, "supported_by_chance", counted=ACTED, caveats=("gallery_mix_assumed",))
    right = {s: at_points(e, "right", s) for s in e.people(e.names[0]).statuses}
    others = sorted(rule_effects(e), key=lambda x: -sum(x.lost.values()))
    columns = {capital(rule_title(e, rule)): found for rule, found in supported.items()}
    columns["by chance, on a stranger's record, under the rule in force"] = chance
    figures = {key: x for rule, found in supported.items() for key, x in named(f"supported.{rule}", found).items()}
    figures |= {key: x for s, found in right.items() for key, x in named(f"right_hits.{s}", found).items()}
    return finding(
        f"Of {over_points(supported[e.scenario.rule])} supported actions, {_from_most_to_fewest(e, others)}.",
        f"By who is enrolled: {over_range(supported[e.scenario.rule])}. {over_points(chance)} more are acted on by chance, on a "
        "stranger's record, although their own would have supported it.",
        "How many of those stopped the rule is meant for, and how many of them are enrolled, is assumed.",
        {**figures, **named("supported_by_chance", chance)},
        (by_point(e, f"Actions that the person's own record supports, per {photographed(e)}, by rule", columns),),
    )


def _from_most_to_fewest(e: Estimates, others: Sequence[RuleEffect]) -> str:
    """Say what the rules that lose most and fewest do; the table has the others."""
    if not others:
        return "no other rule is compared here"
    ends = dict.fromkeys((others[0].rule, others[-1].rule))
    each = [f"{_change(x.lost)} under {rule_quoted(e, x.rule)}" for x in others if x.rule in ends]
    return f"from {each[0]} to {each[1]}" if len(each) > 1 else each[0]


def _change(lost: Mapping[str, float]) -> str:
    """Say how many are lost, or gained."""
    if all(abs(x) < 1e-9 for x in lost.values()):
        return "as many"
    gained = all(x < 0 for x in lost.values())
    return f"{over_points({name: abs(x) for name, x in lost.items()})} {'more' if gained else 'fewer'}"


@question("Q11", "questions.title.checking")
def checking(e: Estimates) -> Finding:
    """Say that checking faces touches only hits on somebody else."""
    rules = {part: e.scenario.rules[part] for rule in e.model.rules for part in rule.split("+")}
    checked = [
        r for r in e.model.rules if any(e.scenario.rules[p].wrong_person_passes.value < 1.0 for p in r.split("+"))
    ]
    if not checked:
        return Finding("", "", "No rule of this scenario has a person check a hit.", answered=False)

    def span(q: Quantity) -> str:
        return f"{q.value:g}" + (f" ({q.low:g} to {q.high:g})" if q.swept else "")

    table = Table(
        "What each rule lets pass",
        ("rule", "wrong hits that pass", "right hits that pass", "grade", "source"),
        tuple(
            (rule.title, span(q), span(rule.right_hit_passes), q.grade.value, q.source)
            for rule in rules.values()
            for q in (rule.wrong_person_passes,)
        ),
        "Rates are on look-alikes that an algorithm chose; on random pairs people do far better, and that says nothing here.",
        INPUTS,
    )
    found = {
        rule: at_points(e, "wrong_person", rule=rule, counted=ACTED, caveats=("reviewer_from_laboratory",))
        for rule in checked
    }
    record = {name: total(e.people(name).of("wrong_record")) for name in e.names}
    by_count = sorted(checked, key=lambda rule: -sum(x.value or 0.0 for x in found[rule].values()))
    ends = [f"{over_points(found[r])} under {rule_quoted(e, r)}" for r in dict.fromkeys((by_count[0], by_count[-1]))]
    return finding(
        f"Actions {because('wrong_person')}: {' down to '.join(ends)}"
        f". Nobody who compares faces can see the {over_points(record)} own wrong records.",
        f"By who is enrolled: {listing([f'{over_range(x)} under {rule_quoted(e, rule)}' for rule, x in found.items()])}.",
        "Tired, hurried or trusting people were not measured in this use; trained people err less, not never.",
        {key: x for rule, at in found.items() for key, x in named(f"wrong_person.{rule}", at).items()},
        (table,),
    )
