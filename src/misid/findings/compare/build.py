"""Puts a comparison of rules together: what each removes and loses at every phi, and the same people under each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from misid.errors import UnknownName
from misid.expected import ScenarioModel, configured, people, photos_held
from misid.findings.compare.effects import COUNTED
from misid.findings.compare.ledger import OutcomePair, PairedCounts, count_pairs
from misid.findings.compare.model import Comparison
from misid.findings.compare.tables import CODES, Compared, limits
from misid.findings.compare.words import rule_quoted
from misid.findings.estimates import Estimates
from misid.findings.inputs import SOURCED, inputs_table, not_validated, relevant
from misid.findings.model import Cell, Section, Table
from misid.findings.questions.registry import ACTED, photographed, point_title, point_words
from misid.quantities import Doubt, Estimate
from misid.scenario import JOIN, Scenario, rule_named, rule_parts
from misid.vocabulary.catalogue import say

EVERY_RULE = "all"
YEARS = 15.0  # for which photos are kept under each setting
SHOWN = ("wrong", "wrong_person", "wrong_record", "supported")


def chosen_rules(scenario: Scenario, policies: Sequence[str]) -> tuple[str, ...]:
    """Return the rules to compare, the one in force first: names, joined names, `EVERY_RULE`; those of the scenario if none.

    UnknownName names the nearest rules; InvalidInput says why rules cannot be joined.
    """
    check_rules(scenario, policies)
    named = [JOIN.join(rule_parts(name)) for name in policies if name != EVERY_RULE]
    wanted = (*scenario.compare, *scenario.rules, *named) if EVERY_RULE in policies else named or scenario.compare
    return tuple(dict.fromkeys((scenario.rule, *wanted)))


def check_rules(scenario: Scenario, policies: Sequence[str]) -> None:
    """Refuse a name that is no rule of a scenario, and rules that cannot be joined; raises as `chosen_rules`."""
    for name in policies:
        if name != EVERY_RULE and JOIN not in name and name not in scenario.rules:
            raise UnknownName("rule", name, [*scenario.rules, EVERY_RULE])
        if name != EVERY_RULE:
            rule_named(scenario, name)


def with_rules(model: ScenarioModel, rules: Sequence[str]) -> ScenarioModel:
    """Return the same scenario and model choices with these rules beside the one in force."""
    return replace(model, scenario=model.scenario.model_copy(update={"compare": tuple(rules)}))


def comparison(
    model: ScenarioModel,
    ledger: Path,
    rules: Sequence[str],
    *,
    seed: int,
    encounters: int,
    digest: str,
) -> Comparison:
    """Compare rules, from `chosen_rules`, over the same people: in expected numbers, and single ones from a ledger.

    Seed, encounters and digest are those of the ledger, whose encounters were decided under all of the rules.
    """
    x = Estimates(with_rules(model, rules))
    shown, scenario, inputs = Compared(x), x.scenario, relevant(x, simulated=True)
    lead = shown.lead()
    return Comparison(
        scenario=scenario.name,
        title=scenario.title,
        known=" ".join(lead),
        lines=tuple(shown.line(rule) for rule in shown.others),
        not_validated=not_validated(x),
        how=say(
            "compare.how",
            encounters=encounters,
            seed=f"{seed}",
            who=scenario.stops[x.stop].title,
            rules=len(rules),
            points=[point_title(x, name) for name in x.names],
            digest=digest[:16],
        ),
        picture=shown.picture(),
        sections=(
            shown.effects(),
            _paired(shown, count_pairs(ledger, x.names, shown.r.rules)),
            configurations(x),
        ),
        inputs=inputs_table(x, inputs),
        effects=shown.r.to_json() | {"distance": shown.distance.to_json()},
        illustrative=tuple(path for path, q in inputs.items() if q.grade not in SOURCED),
        limits=limits(),
        caveats=tuple(dict.fromkeys((*x.caveats(shown.place), *CODES, "no_hit_rule_unknown"))),
        page=shown.short(lead),
    )


def _paired(shown: Compared, met: PairedCounts) -> Section:
    """Return the section on the same simulated people under each rule."""
    kinds = [kind for kind in COUNTED if any(p.first + p.second for (*_, k), p in met.pairs.items() if k == kind)]
    figures: dict[str, Estimate] = {}
    rows: list[tuple[Cell, ...]] = []
    for rule, kind, point in product(shown.others, kinds, shown.e.names):
        pair = met.pairs[point, rule, kind]
        counts = (pair.first, pair.second, pair.only_first, pair.only_second)
        where = (shown.title(rule), say(f"compare.outcome.{kind}"), point_title(shown.e, point))
        figures[f"{rule}.{kind}.{point}"] = found = _simulated(shown, pair, rule, kind, point)
        rows.append((*where, *counts, found, pair.p_value))
    names = ("rule", "people", "threshold", "force", "this", "only_force", "only_this", "difference", "p")
    heads = tuple(say(f"compare.paired.{name}", size=shown.e.size) for name in names)
    title = say("compare.paired.table", n=met.encounters)
    table = Table(title, heads, tuple(rows), say("compare.paired.note"), shown.distance)
    text = say("compare.paired.text", n=met.encounters)
    return Section("paired", say("compare.paired.title"), text, figures, (table,) if rows else ())


def _simulated(shown: Compared, pair: OutcomePair, rule: str, kind: str, point: str) -> Estimate:
    place, per = shown.e.place(point), float(shown.e.size)
    zero, found = shown.r.difference(rule, kind).zero, pair.difference
    value, low, high = (0.0, 0.0, 0.0) if zero else found.around().times(per)[:3] if found else (None, None, None)
    return Estimate(
        value,
        low,
        high,
        level=0.95 if found and not zero else None,
        reason="" if found or zero else say("compare.paired.together"),
        unit="people",
        kind=Doubt.SIMULATION,
        method=say("compare.paired.never" if zero else "compare.paired.method"),
        n=per,
        conditions=shown.e.conditions(place),
        distance=shown.e.distance(place, ACTED),
        caveats=shown.e.caveats(place),
    )


def configurations(x: Estimates) -> Section:
    """Return the section: the rule in force under each configuration, at every operating point."""
    rows: list[tuple[Cell, ...]] = []
    for name, entry in x.scenario.configurations.items():
        for point in x.names:
            at = configured(x.points(point), name)
            counts, kept = people(at, x.stop), float(photos_held(at, YEARS)[0])
            if entry.delete_no_match:
                kept *= float(counts.of("hit")[0]) / x.size
            rows.append((entry.title, point_words(x, point), *(float(counts.of(what)[0]) for what in SHOWN), kept))
    heads = ("setting", "threshold", *SHOWN, "kept")
    table = Table(
        say("compare.settings.table", of=photographed(x)),
        tuple(say(f"compare.settings.{head}", years=YEARS) for head in heads),
        tuple(rows),
        say("compare.settings.note"),
        x.distance(x.place(x.names[0]), ACTED),
    )
    text = say("compare.settings.text", rule=rule_quoted(x, x.scenario.rule))
    return Section("configurations", say("compare.settings.title"), text, {}, (table,))
