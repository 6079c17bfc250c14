"""Unsupported actions beside missed identifications, and right hits that clear people, which are no cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from misid.expected import (
    Answers,
    Array,
    Envelope,
    Points,
    Stratum,
    answer,
    answers_under,
    explore,
    reads,
    strata,
)
from misid.findings.compare.effects import outcomes, total
from misid.findings.compare.ledger import SUPPORTED, UNSUPPORTED, Met
from misid.findings.figures import mode_table, pair, photographed, said_by_mode
from misid.findings.model import Cell, ChartData, Section, Table
from misid.findings.reckon import N_PATH, THRESHOLD, Reckoner
from misid.findings.words import either, format_range, label
from misid.quantities import Estimate
from misid.vocabulary import LABELS, Mode
from misid.vocabulary.tested import Counted

CAUSES = ("wrong_person", "wrong_record", "not_verified", "disbelieved_document")
LOST = "lost"
ACTED = (Counted.ACTIONS,)
MOST_NAMED = 4  # rules in the first sentence
FEWEST = 20  # people of a group; of fewer nothing is printed
CODES = ("reviewer_from_laboratory", "record_error_assumed", "document_carrying_assumed")
Ranges = Mapping[Mode, Mapping[str, Envelope]]


@dataclass(frozen=True)
class Reckoned:
    """Outputs of all rules in closed form, named ``<rule>.<what>``.

    Parameters
    ----------
    held : mapping of Mode to mapping of str to Envelope
        With the threshold, which all rules share, held as given.
    free : mapping of Mode to mapping of str to Envelope
        With all unknown inputs.
    """

    held: Ranges
    free: Ranges

    def of(self, name: str, *, held: bool) -> dict[Mode, Envelope]:
        """Return one output in every mode."""
        return {mode: ranges[name] for mode, ranges in (self.held if held else self.free).items()}


def all_rules_carried(reckoner: Reckoner) -> Reckoned:
    """Carry the input ranges through all rules at once: they meet the same people at every point."""
    stop = reckoner.scenario.headline_stop

    def evaluate(mode: Mode) -> Callable[[Points], dict[str, Array]]:
        return lambda points: rule_outputs(reckoner, mode, points)

    def ranges(mode: Mode, hold: tuple[str, ...]) -> dict[str, Envelope]:
        return explore(
            evaluate(mode),
            reckoner.scenario,
            reckoner.read_by(stop, reckoner.rules),
            reckoner.choices,
            reckoner.shown,
            fixed={N_PATH: reckoner.n_references, **{path: reckoner.inputs[path].value for path in hold}},
            climb=[f"{rule}.{what}" for rule in reckoner.rules for what in (UNSUPPORTED, LOST)],
        )

    return Reckoned(
        {mode: ranges(mode, THRESHOLD) for mode in reckoner.modes}, {mode: ranges(mode, ()) for mode in reckoner.modes}
    )


def rule_outputs(reckoner: Reckoner, mode: Mode, points: Points) -> dict[str, Array]:
    """Return what follows under every rule per ``use.people`` photographed, each of shape (P,)."""
    answers = answer(points, reckoner.scenario.headline_stop, mode)
    out: dict[str, Array] = {}
    for rule in reckoner.rules:
        found = outcomes(reckoner, answers, rule, points)
        out |= {
            f"{rule}.{what}": total(reckoner, answers, getattr(found, what))
            for what in (UNSUPPORTED, *CAUSES, SUPPORTED)
        }
        out[f"{rule}.{LOST}"] = out[f"{reckoner.scenario.rule}.{SUPPORTED}"] - out[f"{rule}.{SUPPORTED}"]
    return out


def tradeoff(reckoner: Reckoner, found: Reckoned, met: Met) -> Section:
    """Return the section."""
    scenario = reckoner.scenario
    rules = reckoner.rules
    people = photographed(reckoner)
    figures: dict[str, Estimate] = {}
    for rule in rules:
        for what in (UNSUPPORTED, *CAUSES, SUPPORTED, LOST):
            ranges = found.of(f"{rule}.{what}", held=False)
            figures |= pair(reckoner, f"{rule}.{what}", ranges, "people", CODES, counted=ACTED)
    base = found.of(f"{rules[0]}.{SUPPORTED}", held=True)
    text = (
        f"Of {people}, {said_by_mode(base)} meet an action that their own correct record supports, after a right hit, where "
        f"{scenario.rules[rules[0]].title}. What another rule takes away from them stands beside what it spares "
        "others; both are people, and neither is weighed against the other. A right hit on somebody who may stay is "
        "counted apart: it clears a person, and is neither gain nor loss."
    )
    titles = {UNSUPPORTED: "Unsupported actions", LOST: "Supported actions that fall away, against the rule in force"}
    tables = [
        mode_table(
            reckoner,
            f"{title}, of {people}, all unknown inputs",
            [(scenario.rules[rule].title, found.of(f"{rule}.{what}", held=False)) for rule in shown],
            "people",
            note=note,
            first="rule",
            counted=ACTED,
        )
        for (what, title), shown, note in zip(
            titles.items(),
            (rules, rules[1:]),
            (
                "",
                "Below 0 where a rule leads to more of them. Only people whose own correct record supports the action.",
            ),
            strict=True,
        )
        if shown
    ]
    tables += [_missed(reckoner, met)] if rules[1:] else []
    tables += [*_by_origin(reckoner, met), _cleared(reckoner)]
    charts = tuple(_chart(reckoner, found, mode, tables[0]) for mode in reckoner.modes)
    return Section("tradeoff", "What each rule spares, and what it misses", text, figures, tuple(tables), charts)


def _chart(reckoner: Reckoner, found: Reckoned, mode: Mode, table: Table) -> ChartData:
    scenario = reckoner.scenario
    names = ((UNSUPPORTED, "unsupported actions"), (LOST, "supported actions that fall away (0 where they grow)"))
    records = tuple(
        {
            "label": scenario.rules[rule].title,
            "series": words,
            # Where a rule leads to more of them the table says by how much: a negative one would flatten all others.
            "value": max(0.0, r.value),
            "low": max(0.0, r.input_low),
            "high": max(0.0, r.input_high),
            "order": i,
            "x_title": f"people per {scenario.use.people:,} photographed",
        }
        for i, rule in enumerate(reckoner.rules)
        for what, words in names
        for r in (found.held[mode][f"{rule}.{what}"],)
    )
    return ChartData(
        "ranges",
        f"Unsupported actions beside supported actions that fall away, per {scenario.use.people:,} photographed: {label(mode)}",
        "Dots are best values, bars the envelope over inputs with the threshold, which all rules share, held as given. "
        "Where bars overlap, no order follows.",
        records,
        table,
    )


def _missed(reckoner: Reckoner, met: Met) -> Table:
    """Return how many of the same simulated people are identified and acted on under one of two rules alone."""
    scenario = reckoner.scenario
    per = scenario.use.people / met.encounters
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            scenario.rules[rule].title,
            label(mode),
            met.pairs[mode, rule, SUPPORTED].only_first,
            met.pairs[mode, rule, SUPPORTED].only_second,
            per * met.pairs[mode, rule, SUPPORTED].only_first,
        )
        for rule in reckoner.rules[1:]
        for mode in reckoner.modes
    )
    return Table(
        f"Missed identifications among {met.encounters:,} simulated people",
        (
            "rule",
            "reading",
            "acted on only under the rule in force",
            "only under this rule",
            f"missed per {scenario.use.people:,}",
        ),
        rows,
        f"People whose own correct record supports the action ({_whose(reckoner)}), identified rightly and acted on.",
        reckoner.distance(reckoner.modes[0], counted=ACTED),
    )


def _whose(reckoner: Reckoner) -> str:
    titles = [entry.title for entry in reckoner.scenario.statuses.values() if entry.action_supported]
    return ", ".join(titles)


def _by_origin(reckoner: Reckoner, met: Met) -> list[Table]:
    """Return both counts by origin, per so many simulated people of it."""
    scenario = reckoner.scenario
    mode = reckoner.modes[0]
    origins = [
        name
        for (m, side, name), cell in met.groups.items()
        if m is mode and side == "origin" and cell["", "people"] >= FEWEST
    ]

    if len(origins) < 2:
        return []

    def rate(mode: Mode, origin: str, rule: str, kind: str) -> float:
        cell = met.groups[mode, "origin", origin]
        return scenario.use.people * cell[rule, kind] / cell["", "people"]

    return [
        Table(
            f"{title} by origin, per {scenario.use.people:,} simulated people of it",
            ("rule", "reading", *(LABELS.get(origin, origin) for origin in origins)),
            tuple(
                (scenario.rules[rule].title, label(m), *(rate(m, origin, rule, kind) for origin in origins))
                for rule in reckoner.rules
                for m in reckoner.modes
            ),
            note,
            # No test tells apart the origins of those who are acted on.
            reckoner.distance(mode, counted=ACTED, group="origin"),
        )
        for title, kind, note in (
            ("Unsupported actions", UNSUPPORTED, f"Origins with fewer than {FEWEST} simulated people are left out."),
            ("Supported actions", SUPPORTED, "After a right hit, on people whose own correct record supports them."),
        )
    ]


def _cleared(reckoner: Reckoner) -> Table:
    """Return right hits on people who may stay, by status and by origin."""
    scenario = reckoner.scenario
    stop = scenario.headline_stop
    cells = strata(scenario, stop)
    may_stay = np.array([not scenario.statuses[cell.status].action_supported for cell in cells])
    statuses = list(dict.fromkeys(c.status for c, stays in zip(cells, may_stay, strict=True) if stays))
    origins = list(dict.fromkeys(c.origin for c in cells))
    columns: list[tuple[str, Callable[[Stratum], bool]]] = [
        *((scenario.statuses[s].title, lambda cell, s=s: cell.status == s) for s in statuses),
        *((label(o), lambda cell, o=o: cell.origin is o) for o in origins),
    ]
    rows: list[tuple[Cell, ...]] = []
    best = reckoner.best()
    answers: dict[Mode, Answers] = {mode: answer(best, stop, mode) for mode in reckoner.modes}
    # Rules that photograph and search as the one in force does have its right hits.
    shown = [rule for rule in reckoner.rules if rule == scenario.rule or reads(scenario, rule)]
    for rule in shown:
        for mode in reckoner.modes:
            right = answers_under(best, stop, answers[mode], rule).right
            counts = [
                float(total(reckoner, answers[mode], right * (may_stay & [mine(cell) for cell in cells]))[0])
                for _, mine in columns
            ]
            rows.append((scenario.rules[rule].title, label(mode), *counts))
    return Table(
        f"Right hits on people whose record does not support the action, of {photographed(reckoner)}",
        ("rule", "reading", *(title for title, _ in columns)),
        tuple(rows),
        "Closed form at best values; by status, then the same people by origin. Where the record is right it clears them: "
        "these hits are no cost, and fewer of them are no gain."
        + (" Rules that are not here search as the rule in force does." if len(shown) < len(reckoner.rules) else ""),
        reckoner.distance(reckoner.modes[0], group="status"),
    )


def tradeoff_picture(reckoner: Reckoner, found: Reckoned) -> ChartData:
    """Return the first screen's picture: unsupported actions under each rule, in both modes."""
    scenario = reckoner.scenario
    ranges = {rule: found.of(f"{rule}.{UNSUPPORTED}", held=True) for rule in reckoner.rules}
    title = f"Unsupported actions per {photographed(reckoner)}, by rule"
    table = mode_table(
        reckoner,
        f"{title}, threshold held as given",
        [(scenario.rules[rule].title, ranges[rule]) for rule in reckoner.rules],
        "people",
        first="rule",
        counted=ACTED,
    )
    records = tuple(
        {
            "label": scenario.rules[rule].title + (" (in force)" if i == 0 else ""),
            "series": label(mode),
            "value": r.value,
            "low": r.input_low,
            "high": r.input_high,
            "order": i,
            "x_title": f"unsupported actions per {scenario.use.people:,}",
        }
        for i, rule in enumerate(reckoner.rules)
        for mode, r in ranges[rule].items()
    )
    summary = (
        "Dots are best values, bars what the unknown inputs allow with the threshold held as given. "
        "The rule in force comes first; where bars overlap, no order follows. What each rule misses stands below."
    )
    return ChartData("ranges", title, summary, records, table)


def first_sentence(reckoner: Reckoner, found: Reckoned, lower: list[str]) -> str:
    """Return the first screen's sentence: the rule in force in every mode, what others do, and what is ranked below it.

    Parameters
    ----------
    reckoner : Reckoner
        Gives the rules.
    found : Reckoned
        Ranges of all rules.
    lower : list of str
        Rules that are lower than the rule in force wherever unknown inputs lie.
    """
    scenario = reckoner.scenario
    first, *others = reckoner.rules
    said = said_by_mode(found.of(f"{first}.{UNSUPPORTED}", held=True))
    text = f"Of {photographed(reckoner)}, {said} are acted on without support where {scenario.rules[first].title}"
    if not others:
        return f"{text}; no other rule is compared."
    ends = {}
    for mode in reckoner.modes:
        values = [found.held[mode][f"{rule}.{UNSUPPORTED}"].value for rule in others]
        ends[mode] = format_range(min(values), max(values))
    text += f"; under {_so_many(len(others), 'other rule')}, {either(ends)}."
    if not lower:
        return f"{text} None is ranked below it: where the unknown inputs lie decides."
    titles = "; ".join(scenario.rules[rule].title for rule in lower)
    if len(lower) > MOST_NAMED:
        titles = f"{len(lower)} of them, which the table of orders names"
    rest = len(others) - len(lower)
    text += f" Never higher, over every range that was tried: {titles}."
    return text + (f" The other {rest} cannot be ranked below it." if rest else "")


def _so_many(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")
