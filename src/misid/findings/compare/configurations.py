"""Settings of the system apart from the rule, and what no hit leads to."""

from __future__ import annotations

from misid.expected import configured, people, photos_held
from misid.findings.compare.effects import RuleEffects
from misid.findings.compare.words import rule_quoted, rule_title
from misid.findings.estimates import Estimates
from misid.findings.model import Cell, Section, Table
from misid.findings.questions.registry import ACTED, photographed, point_words
from misid.quantities import Nearness
from misid.scenario import rule_named
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import capital, format_range, percent

YEARS = 15.0
SHOWN = ("wrong", "wrong_person", "wrong_record", "supported")


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


def no_hit(effects: RuleEffects, at: str, distance: Nearness) -> Section:
    """Return the section: people whom no search names, and what acting on a hundredth of them would come to."""
    x, row = effects.x, effects.reference
    rows: list[tuple[Cell, ...]] = []
    for rule in effects.rules:
        none, more = effects.without_hit(rule)
        share = rule_named(x.scenario, rule).no_hit_action
        acted = percent(share.value)
        if share.swept:
            acted = say("compare.no_hit.range", at=acted, range=format_range(share.low, share.high, percent))
        rows.append((capital(rule_title(x, rule)), float(none[row]), float(more[row]), acted))
    harmed = [float(more) for _, _, more, _ in rows if isinstance(more, float)]
    table = Table(
        say("compare.no_hit.table", of=photographed(x), at=at),
        tuple(say(f"compare.no_hit.{head}") for head in ("rule", "without", "more", "share")),
        tuple(rows),
        say("compare.no_hit.note"),
        distance,
    )
    text = say("compare.no_hit.text", range=(min(harmed), max(harmed)), of=photographed(x))
    return Section("no-hit", say("compare.no_hit.title"), text, {}, (table,))
