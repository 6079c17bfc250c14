"""Settings of the system apart from the rule."""

from __future__ import annotations

from misid.expected import configured, people, photos_held
from misid.findings.compare.words import rule_quoted
from misid.findings.estimates import Estimates
from misid.findings.model import Cell, Section, Table
from misid.findings.questions.registry import ACTED, photographed, point_words
from misid.vocabulary.catalogue import say

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
