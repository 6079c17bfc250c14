"""Puts a comparison of rules together: what each removes and loses at every phi, and the same people under each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from misid.errors import UnknownName
from misid.expected import Array, ScenarioModel
from misid.findings.compare.configurations import configurations, no_hit
from misid.findings.compare.effects import (
    EVERYBODY,
    FINGERPRINTS,
    LOST,
    RANGES,
    REMOVED,
    Row,
    RuleEffects,
)
from misid.findings.compare.ledger import PairedCounts, count_pairs
from misid.findings.compare.model import Comparison
from misid.findings.compare.short import short_page
from misid.findings.estimates import Estimates
from misid.findings.inputs import SOURCED, inputs_table, not_validated, relevant
from misid.findings.model import Cell, ChartData, Section, Table
from misid.findings.questions.registry import best_shown, photographed
from misid.quantities import Doubt, Estimate, Nearness
from misid.scenario import JOIN, Scenario, rule_named, rule_parts
from misid.vocabulary.numbers import are_named, capital, format_number, format_range, listing, strangers
from misid.vocabulary.tested import Counted

LIMITS = (
    "It does not say whether any person, in any case, was rightly identified.",
    "It does not say whether a stop, or an action on a right hit, was lawful.",
    "It does not say which rule to choose: people spared and people missed are counted, never weighed.",
    "It has not seen any of these rules at work; what people who check let pass comes from laboratories and a few trials.",
    "Where a rule says nothing of people without a hit, none of them is counted as acted on.",
    "People may act otherwise once a rule changes; here the same people do the same under every rule.",
    "Gallery growth beyond 12 million, street photos and groups without test data rest on structure, not on tests.",
)
EVERY_RULE = "all"
ACTED = (Counted.ACTIONS,)
CODES = ("stop_mix_assumed", "reviewer_from_laboratory", "record_error_assumed", "document_carrying_assumed")
BECAUSE = {  # completes "cannot touch 26 of 31, because those are ..."
    "wrong_person": "wrong persons",
    "wrong_record": "wrong records",
    "not_verified": "people without a hit",
}
WORDS = {
    "unsupported": "acted on without support, all causes",
    "wrong_person": "because of somebody else's record",
    "wrong_record": "because of their own wrong record",
    "not_verified": "because nobody is named",
    "disbelieved_document": "although they show a genuine document (overlaps the others)",
    "supported": "acted on, rightly named, with support in their own correct record",
    "fingerprint_wrong_person": "after fingerprints, because of somebody else's record",
    "fingerprint_wrong_record": "after fingerprints, because of their own wrong record",
    "fingerprint_supported": "after fingerprints, with support in their own correct record",
}
MOVED = {"enrolled": "by who is enrolled", "record_error": "by how often records are wrong", "rule": "by its numbers"}
METHOD = "the same simulated people under both rules; interval clustered by who was stopped together"
NOTHING = "the rule cannot change these, whoever is met"
TOO_FEW = "all were stopped together; more encounters are needed"


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
    effects = RuleEffects(x.model)
    page = Said(x, effects)
    scenario = x.scenario
    inputs = relevant(x, simulated=True)
    place = page.places[effects.reference]
    return Comparison(
        scenario=scenario.name,
        title=scenario.title,
        known=" ".join([*page.everywhere()[:1], *page.sentences()]),
        lines=(*page.everywhere()[1:], *(page.line(rule) for rule in effects.rules[1:])),
        not_validated=not_validated(x),
        how=(
            f"{encounters:,} synthetic encounters, seed {seed}, with people {scenario.stops[x.stop].title}, each decided "
            f"under {len(rules)} rules at {listing([point_title(scenario, name) for name in x.names])}. Ledger "
            f"{digest[:16]}. Numbers of the first section are expected values and need no encounters."
        ),
        picture=page.picture(),
        sections=(
            page.effects_section(),
            page.paired_section(count_pairs(ledger, x.names, effects.rules)),
            configurations(x),
            no_hit(x, effects, page.at, page.distance),
        ),
        inputs=inputs_table(x, inputs),
        effects=effects.to_json() | {"distance": page.distance.to_json()},
        illustrative=tuple(path for path, q in inputs.items() if q.grade not in SOURCED),
        limits=LIMITS,
        caveats=tuple(dict.fromkeys((*x.caveats(place), *CODES, "no_hit_rule_unknown"))),
        page=short_page(page),
    )


def point_title(scenario: Scenario, name: str) -> str:
    """Return the words for an operating point."""
    points = scenario.threshold.points
    return points[name].title if name in points else scenario.threshold.title


def persons(x: float) -> str:
    """Say expected people, with the digits that a table gives them."""
    return format_number(x)


class Said:
    """What is said of the differences between rules."""

    def __init__(self, x: Estimates, effects: RuleEffects) -> None:
        self.x, self.e = x, effects
        self.scenario = x.scenario
        self.force, self.others = effects.rules[0], effects.rules[1:]
        places = x.places(effects.base)
        self.places = tuple(x.place(r.point) if r.point else p for r, p in zip(effects.rows, places, strict=True))
        self.distance: Nearness = x.distance(self.places[effects.reference], ACTED)
        self.order = {rule: effects.order(rule, self.force) for rule in self.others}
        self.of = photographed(x)
        phi = effects.rows[effects.reference].phi
        self.at = f"If {are_named(phi)}" if self.scenario.candidates.floor else f"Where {best_shown(x)}"

    def title(self, rule: str) -> str:
        """Return a rule in words."""
        return rule_named(self.scenario, rule).title

    def _removed(self, rule: str) -> Array:
        return self.e.difference(rule, "unsupported").value

    def everywhere(self) -> list[str]:
        """Say what holds at every rate of strangers named: who removes, and who removes most."""
        rows = sorted(self.e.rows, key=lambda row: row.phi)
        span = f"Whether {strangers(rows[0].phi)} or {are_named(rows[-1].phi)}" if len(rows) > 1 else self.at
        always = [rule for rule in self.others if self.order[rule] == "always"]
        given = [r for r in self.others if r not in always and (self._removed(r) > 0).all()]
        said = []
        fewer, force = "fewer people are acted on without support under", f"than under '{self.title(self.force)}'"
        if always:
            said.append(f"{span}, and wherever the ranges go, {fewer} {self._titles(always)} {force}.")
        if given and said:
            said.append(f"Also fewer, at the values given, under {self._titles(given)}.")
        elif given:
            said.append(f"{span}, {fewer} {self._titles(given)} {force}, at the values given.")
        if not said and self.others:
            said.append(f"{span}: no rule removes unsupported actions at every rate.")
        # Without any search there is nothing to remove; among the others, who removes most?
        searching = [
            r for r in self.others if rule_named(self.scenario, r).scans != "nobody" and r in (*always, *given)
        ]
        if len(searching) > 1:
            said.append(f"The rule that removes most: {self._leaders(searching)}.")
        return said

    def _leaders(self, rules: Sequence[str]) -> str:
        by_phi = np.argsort([row.phi for row in self.e.rows], kind="stable")
        removed = np.array([self._removed(rule) for rule in rules])[:, by_phi]
        best = [rules[i] for i in removed.argmax(axis=0)]
        changes = [i for i in range(1, len(best)) if best[i] != best[i - 1]]
        if not changes:
            return f"'{self.title(best[0])}'" + (", at every rate" if len(self.e.rows) > 1 else "")
        parts = []
        for start, after in zip([0, *changes], [*changes, len(best)], strict=True):
            phi = self.e.rows[by_phi[after - 1]].phi
            upto = f"up to {strangers(phi)}" if after < len(best) else "above"
            parts.append(f"'{self.title(best[start])}' {upto}")
        return ", ".join(parts)

    def _titles(self, rules: Iterable[str]) -> str:
        return listing([f"'{self.title(rule)}'" for rule in rules])

    def sentences(self) -> list[str]:
        """Say how many are acted on at one rate, why, and which of them a rule cannot touch at all."""
        row = self.e.reference
        there = "There" if len(self.e.rows) == 1 and self.others else self.at
        count = {cause: float(self.e.count(self.force, cause)[row]) for cause in ("unsupported", *BECAUSE)}
        parts = [f"{persons(count[c])} {WORDS[c]}" for c in BECAUSE if persons(count[c]) != "0"]
        said = [
            f"{there}, {persons(count['unsupported'])} of {self.of} are acted on without support under "
            f"'{self.title(self.force)}': {listing(parts) or 'nobody'}."
        ]
        untouched: dict[str, list[str]] = {}
        for rule in self.others:
            for cause in self.e.untouched(rule):
                untouched.setdefault(cause, []).append(rule)
        for cause, rules in untouched.items():
            said.append(
                f"{self._titles(rules)} cannot touch {persons(count[cause])} of {persons(count['unsupported'])}, "
                f"because those are {BECAUSE[cause]}."
            )
        return said

    def line(self, rule: str) -> str:
        """Say in a line what one rule removes and loses."""
        row = self.e.reference
        removed, lost = (self.e.difference(rule, outcome) for outcome in ("unsupported", "supported"))
        low, high = removed.ranges["rule"]
        own = f" (by its own numbers {format_range(low[row], high[row])} fewer)" if high[row] > low[row] else ""
        total, supported = (float(self.e.count(self.force, o)[row]) for o in ("unsupported", "supported"))
        change = _change(float(removed.value[row]), total, "removes", "adds")
        costs = _change(float(lost.value[row]), supported, "loses", "gains")
        return f"{capital(self.title(rule))}: {change}{own}; {costs} with support"

    def heading(self, row: Row) -> str:
        """Return the heading of a column: which threshold, and how many strangers are named."""
        if not self.scenario.candidates.floor:
            return "the best shown"
        return f"{row.point.replace('_', ' ')}: {strangers(row.phi)}" if row.point else strangers(row.phi)

    def effects_section(self) -> Section:
        """Return the section on what rules remove and lose, in expected numbers."""
        text = (
            f"Each rule is applied to the same {self.of}, and the difference from the rule in force, "
            f"'{self.title(self.force)}', is taken there. What a rule cannot touch is exactly 0. Below 0: more than under "
            "the rule in force. People removed and people lost are both people, and neither is weighed against the other."
            + self._by_whom()
        )
        tables = [self._over_phi("unsupported", "removed"), self._over_phi("supported", "lost")]
        tables += [self._by_cause(), self.by_status("unsupported", "removed"), self.by_status("supported", "lost")]
        if any(self.e.count(rule, outcome).any() for rule in self.e.rules for outcome in FINGERPRINTS):
            tables += [self._over_phi(outcome, "fewer") for outcome in FINGERPRINTS]
        tables.append(self._orders())
        title = "What each rule removes, and what it loses"
        return Section("effects", title, text, self._figures(), tuple(tables) if self.others else ())

    def _by_whom(self) -> str:
        """Say which rule removes most from whom, if it is not the same for all."""
        row, most = self.e.reference, dict[str, list[str]]()
        rules = [rule for rule in self.others if rule_named(self.scenario, rule).scans != "nobody"]
        for status in self.e.statuses:
            removed = [float(self.e.difference(rule, "unsupported", status).value[row]) for rule in rules]
            if max(removed, default=0.0) > 0:
                best = rules[int(np.argmax(removed))]
                most.setdefault(best, []).append(self.scenario.statuses[status].title)
        if len(most) < 2:
            return ""
        parts = [f"from {listing(whom)}, '{self.title(rule)}'" for rule, whom in most.items()]
        return f" {self.at}, what removes most is not the same for all: {'; '.join(parts)}."

    def _figures(self) -> dict[str, Estimate]:
        row = self.e.reference
        found = {}
        for rule in self.others:
            for outcome in (*REMOVED, *LOST):
                d = self.e.difference(rule, outcome)
                for by in RANGES:
                    low, high = d.ranges[by]
                    found[f"{rule}.{outcome}.{by}"] = self.x.estimate(
                        float(d.value[row]),
                        self.places[row],
                        (float(low[row]), float(high[row])),
                        by,
                        counted=ACTED,
                        method="rule in force minus this rule, expected values",
                        caveats=CODES,
                    )
        return found

    def _differences(
        self, title: str, outcome: str, heads: Iterable[str], cells: Callable[[Callable[[str], Array]], Iterable[float]]
    ) -> Table:
        """Return a table with the counts under the rule in force, then what is fewer under each other rule."""
        force = cells(lambda status: self.e.count(self.force, outcome, status))
        rows: list[tuple[Cell, ...]] = [(f"{self.title(self.force)} (in force)", *map(float, force))]
        for rule in self.others:
            fewer = cells(lambda status, rule=rule: self.e.difference(rule, outcome, status).value)  # type: ignore[misc]
            rows.append((self.title(rule), *map(float, fewer)))
        return Table(title, ("rule", *heads), tuple(rows), f"Of the same {self.of}.", self.distance)

    def _over_phi(self, outcome: str, word: str) -> Table:
        title = f"{capital(WORDS[outcome])}: under the rule in force, then how many are {word}, by strangers named"
        return self._differences(title, outcome, map(self.heading, self.e.rows), lambda of: of(EVERYBODY))

    def by_status(self, outcome: str, word: str) -> Table:
        """Return what is fewer of each status at one rate."""
        row, statuses = self.e.reference, self.e.statuses
        title = f"{capital(WORDS[outcome])}, by status: under the rule in force, then how many are {word}. {self.at}"
        heads = (self.scenario.statuses[status].title for status in statuses)
        return self._differences(title, outcome, heads, lambda of: (of(status)[row] for status in statuses))

    def _by_cause(self) -> Table:
        row = self.e.reference
        rows: list[tuple[Cell, ...]] = []
        for rule in self.others:
            for outcome in (*REMOVED, *LOST):
                force, d = float(self.e.count(self.force, outcome)[row]), self.e.difference(rule, outcome)
                if not force and d.zero:
                    continue
                ends = [
                    format_range(float(low[row]), float(high[row])) for low, high in map(d.ranges.__getitem__, RANGES)
                ]
                says = ["0, whatever the inputs", "", "", ""] if d.zero else [format_number(float(d.value[row])), *ends]
                rows.append((self.title(rule), WORDS[outcome], force, *says))
        return Table(
            f"Removed and lost by cause, of {self.of}. {self.at}",
            ("rule", "people", "in force", "fewer by", *(f"range {MOVED[by]}" for by in RANGES)),
            tuple(rows),
            "One thing moves at a time, all else stays. A rule's own numbers are those in which it differs from the rule in force.",
            self.distance,
        )

    def _orders(self) -> Table:
        """Return which rule has fewer unsupported actions than which, wherever their numbers go."""
        rules = self.e.rules
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (f"{i}. {self.title(rule)}", *("–" if other == rule else self.e.order(rule, other) for other in rules))
            for i, rule in enumerate(rules, start=1)
        )
        return Table(
            "Has the rule of the row fewer unsupported actions than the rule of the column?",
            ("rule", *(f"than {i}" for i in range(1, len(rules) + 1))),
            rows,
            "Always: never more, and somewhere fewer, at every rate of strangers named, whoever is enrolled, however often "
            "records are wrong and wherever the numbers of both rules go. Never: the other way round. Depends: neither.",
        )

    def picture(self) -> ChartData:
        """Return the first screen's picture: unsupported actions under each rule, with the range of its own numbers."""
        shown = [i for i, row in enumerate(self.e.rows) if not row.point and row.phi in (1e-3, 1e-2, 1e-1)]
        shown = [self.e.reference] if len(self.x.names) == 1 or not shown else shown
        records, rows = [], []
        for order, rule in enumerate(self.e.rules):
            d = self.e.difference(rule, "unsupported")
            low, high = d.ranges["rule"]
            for i in shown:
                force = float(self.e.count(self.force, "unsupported")[i])
                value, ends = force - float(d.value[i]), (force - float(high[i]), force - float(low[i]))
                name, series = self.title(rule) + (" (in force)" if order == 0 else ""), self.heading(self.e.rows[i])
                numbers = {"value": value, "low": min(ends[0], value), "high": max(ends[1], value)}
                x_title = f"unsupported actions per {self.x.size:,}"
                records.append({"label": name, "series": series, "order": order, "x_title": x_title, **numbers})
                rows.append((name, series, value, format_range(*ends)))
        heads = ("rule", "strangers named", "unsupported actions", "range by the rule's own numbers")
        table = Table(f"Unsupported actions of {self.of}, by rule", heads, tuple(rows), "", self.distance)
        summary = " ".join(
            (
                *self.everywhere()[1:],
                "Dots: the values given; bars: how far the numbers of the rule alone move them.",
                "What each rule loses stands below.",
            )
        )
        return ChartData("ranges", table.title, summary, tuple(records), table)

    def paired_section(self, met: PairedCounts) -> Section:
        """Return the section on the same simulated people under each rule."""
        text = (
            f"{met.encounters:,} synthetic people were met under every rule with the same photo, score, record and dice; "
            "only the rule differs. Difference: the rule of the row minus the rule in force. Intervals and p say how "
            "little was simulated: more encounters shrink them, and they say nothing about the world."
        )
        kinds = list(dict.fromkeys(kind for *_, kind in met.pairs))
        occur = {kind: any(p.first + p.second for (*_, k), p in met.pairs.items() if k == kind) for kind in kinds}
        figures = {
            f"{rule}.{kind}.{point}": self._simulated(met, point, rule, kind)
            for kind in kinds
            if occur[kind]
            for rule in self.others
            for point in self.x.names
        }
        absent = [WORDS[kind] for kind in kinds if not occur[kind] and kind not in ("unsupported", "supported")]
        if absent:
            text += f" Nobody was acted on {', or '.join(absent)}, under any of these rules."
        tables = tuple(self._paired(met, kind, figures) for kind in kinds if occur[kind])
        return Section("paired", "The same simulated people under each rule", text, figures, tables)

    def _simulated(self, met: PairedCounts, point: str, rule: str, kind: str) -> Estimate:
        place, per = self.x.place(point), float(self.x.size)
        known = {"unit": "people", "kind": Doubt.SIMULATION, "method": METHOD, "n": per}
        known |= {"conditions": self.x.conditions(place), "distance": self.x.distance(place, ACTED)}
        known |= {"caveats": self.x.caveats(place)}
        if self.e.difference(rule, kind).zero:
            return Estimate(0.0, 0.0, 0.0, **known | {"method": NOTHING})  # type: ignore[arg-type]
        found = met.pairs[point, rule, kind].difference
        if found is None:
            return Estimate(None, None, None, reason=TOO_FEW, **known)  # type: ignore[arg-type]
        return Estimate(*found.around().times(per)[:3], level=0.95, **known)  # type: ignore[arg-type]

    def _paired(self, met: PairedCounts, kind: str, figures: Mapping[str, Estimate]) -> Table:
        rows: list[tuple[Cell, ...]] = []
        for rule in self.others:
            for point in self.x.names:
                pair = met.pairs[point, rule, kind]
                counts = (pair.first, pair.second, pair.only_first, pair.only_second)
                rows.append(
                    (
                        self.title(rule),
                        point_title(self.scenario, point),
                        *counts,
                        figures[f"{rule}.{kind}.{point}"],
                        pair.p_value,
                    )
                )
        heads = ("rule", "threshold", "in force", "this rule", "only in force (b)", "only this rule (c)")
        return Table(
            f"{capital(WORDS[kind])}, of {met.encounters:,} simulated people",
            (*heads, f"difference per {self.x.size:,}", "p (McNemar)"),
            tuple(rows),
            "p: how often counts b and c as uneven as these would come about if both rules did the same to people who "
            "share no fate. People stopped together do share one; the intervals allow for it."
            if kind == "unsupported"
            else "",
            self.distance,
        )


def _change(x: float, total: float, less: str, more: str) -> str:
    """Say how many fewer, or more, there are than under the rule in force."""
    if x == 0.0:
        return f"{less} none of {persons(total)}"
    return f"{less} {persons(x)} of {persons(total)}" if x > 0 else f"{more} {persons(-x)} to {persons(total)}"
