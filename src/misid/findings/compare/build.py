"""Puts a comparison of rules together: what each removes and loses at every phi, and the same people under each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from misid.errors import UnknownName
from misid.expected import Array, ScenarioModel
from misid.findings.compare.configurations import configurations, no_hit
from misid.findings.compare.effects import COUNTED, EVERYBODY, LOST, RANGES, REMOVED, rule_effects
from misid.findings.compare.ledger import PairedCounts, count_pairs
from misid.findings.compare.model import Comparison
from misid.findings.compare.words import RuleWords, changes, rule_quoted, rule_title
from misid.findings.estimates import Estimates, Place
from misid.findings.inputs import SOURCED, briefly_tested, inputs_table, not_validated, relevant
from misid.findings.model import Cell, ChartData, Page, Section, Table
from misid.findings.questions.registry import ACTED, CAUSES, because, photographed, point_title
from misid.quantities import Doubt, Estimate
from misid.scenario import JOIN, Scenario, rule_named, rule_parts
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import capital, format_number, format_range, strangers

EVERY_RULE = "all"
CODES = ("stop_mix_assumed", "reviewer_from_laboratory", "record_error_assumed", "document_carrying_assumed")
LIMITS = ("person", "choose", "street", "behaviour", "no_hit", "structure")
PICTURED = (1e-3, 1e-2, 1e-1)  # phi of the picture where no point is the scenario's own


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
            shown.paired(count_pairs(ledger, x.names, shown.e.rules)),
            configurations(x),
            no_hit(shown.e, shown.words.at, shown.distance),
        ),
        inputs=inputs_table(x, inputs),
        effects=shown.e.to_json() | {"distance": shown.distance.to_json()},
        illustrative=tuple(path for path, q in inputs.items() if q.grade not in SOURCED),
        limits=limits(),
        caveats=tuple(dict.fromkeys((*x.caveats(shown.place), *CODES, "no_hit_rule_unknown"))),
        page=shown.short(lead),
    )


def limits() -> tuple[str, ...]:
    """Return what a comparison cannot tell."""
    return tuple(say(f"compare.limits.{name}") for name in LIMITS)


class Compared:
    """What is shown of the differences between rules."""

    def __init__(self, x: Estimates) -> None:
        self.x, self.e = x, rule_effects(x)
        self.row, self.force, self.others = self.e.reference, self.e.rules[0], self.e.rules[1:]
        self.words = RuleWords(self.e)
        self.place: Place = self.e.places[self.row]
        self.distance = x.distance(self.place, ACTED)
        self.of = photographed(x)

    def title(self, rule: str) -> str:
        """Return a rule as it stands in a table."""
        title = capital(rule_title(self.x, rule))
        return say("compare.in_force", rule=title) if rule == self.force else title

    def numbers(self, rule: str, outcome: str, status: str = EVERYBODY) -> Array:
        """Return counts under the rule in force; how many fewer there are under another."""
        if rule == self.force:
            return self.e.count(rule, outcome, status)
        return self.e.difference(rule, outcome, status).value

    def lead(self) -> list[str]:
        """Say which rules help at every rate, what the one that spares most costs, and whom they cannot help."""
        return [self.words.which_help(), *self.words.spares_most(), *self.words.out_of_reach()]

    def counts(self) -> str:
        """Say how many are acted on without support under the rule in force, and why."""
        count = {cause: format_number(float(self.e.count(self.force, cause)[self.row])) for cause in CAUSES}
        parts = [say("compare.part", n=n, because=because(cause)) for cause, n in count.items() if n != "0"]
        about = {"n": self.words.now("unsupported"), "of": self.of, "rule": rule_quoted(self.x, self.force)}
        if not parts:
            return say("compare.counts.nobody", at=self.words.at, **about)
        return say("compare.counts.some", at=self.words.at, parts=parts, **about)

    def line(self, rule: str) -> str:
        """Say in a line what one rule removes and loses."""
        _, low, high = self._removed(rule, self.row)
        change = {
            "removes": self._change(rule, "unsupported", "removes"),
            "loses": self._change(rule, "supported", "loses"),
        }
        return say(f"compare.line.{'own' if high > low else 'all'}", rule=self.title(rule), range=(low, high), **change)

    def _change(self, rule: str, outcome: str, stem: str) -> str:
        fewer = self.numbers(rule, outcome)[[self.row]]
        of = float(self.e.count(self.force, outcome)[self.row])
        return say(f"compare.line.{stem}.{changes(fewer)}", n=abs(float(fewer[0])), of=of)

    def _removed(self, rule: str, row: int) -> tuple[float, float, float]:
        """Return how many a rule removes at a row, and over the range of its own numbers."""
        d = self.e.difference(rule, "unsupported")
        low, high = d.ranges["rule"]
        return float(d.value[row]), float(low[row]), float(high[row])

    def heading(self, place: Place) -> str:
        """Return the heading of a column: which threshold, and how many strangers are named."""
        if not self.x.scenario.candidates.floor:
            return say("compare.shown")
        if not place.point:
            return strangers(place.phi)
        if self.x.scenario.purpose == "verify":
            return point_title(self.x, place.point)
        return say("compare.point", point=place.point.replace("_", " "), phi=place.phi)

    def rests(self) -> list[str]:
        """Say which of the rules that help need not, wherever their own numbers go."""
        unsure = [rule for rule in self.words.helping if self.e.order(rule, self.force) != "always"]
        return [say("compare.rests", rules=self.words.quoted(unsure))] if unsure else []

    def short(self, lead: Sequence[str]) -> Page:
        """Return the short page."""
        sections = [Section("by-rule", say("compare.by_rule.title"), self.counts(), charts=(self.picture(),))]
        if self.others:
            causes = [o for o in (*REMOVED, *LOST) if any(self.numbers(rule, o)[self.row] for rule in self.e.rules)]
            statuses = {s: self.x.scenario.statuses[s].title for s in self.x.harmed}
            by_cause = self._fewer("by_cause", [(say(f"compare.head.{o}"), o, EVERYBODY) for o in causes])
            by_status = self._fewer("by_status", [(title, "unsupported", s) for s, title in statuses.items()])
            text = " ".join([say("compare.by_cause.text", at=self.words.at, of=self.of), *self.words.leads()])
            whom = " ".join([*self.words.for_whom(), *self.rests()]) or say("compare.by_status.text")
            sections += [
                Section("removed", say("compare.by_cause.title"), text, tables=(by_cause,)),
                Section("by-status", say("compare.by_status.title"), whom, tables=(by_status,)),
            ]
        sections = [replace(section, link="effects") for section in sections]
        title = say("compare.title", title=self.x.scenario.title)
        return Page(title, "SYNTHETIC", " ".join(lead), briefly_tested(self.x), tuple(sections), limits())

    def _fewer(self, key: str, columns: Sequence[tuple[str, str, str]]) -> Table:
        """Return what is fewer at the one rate: a column is a heading, an outcome and a status."""
        rows: list[tuple[Cell, ...]] = [
            (self.title(rule), *(float(self.numbers(rule, o, status)[self.row]) for _, o, status in columns))
            for rule in self.e.rules
        ]
        heads = (say("compare.head.rule"), *(head for head, *_ in columns))
        return Table(say(f"compare.{key}.table"), heads, tuple(rows), "", self.distance)

    def effects(self) -> Section:
        """Return the section on what rules remove and lose, in expected numbers."""
        figures = {f"{rule}.{o}.{by}": x for rule in self.others for o, by, x in self._figures(rule)}
        text = say("compare.effects.text", of=self.of, rule=rule_quoted(self.x, self.force))
        text = " ".join([self.counts(), text, *self.words.leads(), *self.words.for_whom(), *self.rests()])
        tables = (self._standing(), self._over_phi(), self._ranges(figures)) if self.others else ()
        return Section("effects", say("compare.effects.title"), text, figures, tables)

    def _figures(self, rule: str) -> Iterator[tuple[str, str, Estimate]]:
        for outcome in (*REMOVED, *LOST):
            d = self.e.difference(rule, outcome)
            for by in RANGES:
                value, low, high = (float(x[self.row]) for x in (d.value, *d.ranges[by]))
                how = say("compare.effects.method")
                yield (
                    outcome,
                    by,
                    self.x.estimate(value, self.place, (low, high), by, counted=ACTED, method=how, caveats=CODES),
                )

    def _standing(self) -> Table:
        """Return which rule has fewer unsupported actions than which wherever their numbers go, and what it cannot touch."""
        rows = []
        for rule in self.others:
            less = [rule_title(self.x, r) for r in self.others if r != rule and self.e.order(rule, r) == "always"]
            blind = [because(cause) for cause in self.e.untouched(rule)]
            order = say(f"compare.order.{self.e.order(rule, self.force)}")
            rows.append((self.title(rule), order, "; ".join(less) or "–", "; ".join(blind) or "–"))
        heads = tuple(say(f"compare.standing.{head}") for head in ("rule", "force", "others", "untouched"))
        return Table(say("compare.standing.title"), heads, tuple(rows), say("compare.standing.note"))

    def _over_phi(self) -> Table:
        """Return what each rule removes and loses, by cause and by status, at every threshold."""
        people = [(o, EVERYBODY, say(f"compare.outcome.{o}")) for o in COUNTED]
        statuses = [(s, self.x.scenario.statuses[s].title) for s in self.x.harmed]
        people[1:1] = [("unsupported", s, say("compare.of_them", who=title)) for s, title in statuses[: len(statuses)]]
        rows: list[tuple[Cell, ...]] = [
            (self.title(rule), words, *map(float, self.numbers(rule, outcome, status)))
            for rule in self.e.rules
            for outcome, status, words in people
            if any(self.e.count(r, outcome, status).any() for r in self.e.rules)
        ]
        heads = (say("compare.head.rule"), say("compare.head.people"), *map(self.heading, self.e.places))
        return Table(say("compare.over_phi", of=self.of), heads, tuple(rows), "", self.distance)

    def _ranges(self, figures: Mapping[str, Estimate]) -> Table:
        """Return what each rule removes and loses at one rate over each range."""
        rows: list[tuple[Cell, ...]] = [
            (self.title(rule), say(f"compare.outcome.{o}"), *(figures[f"{rule}.{o}.{by}"] for by in RANGES))
            for rule in self.others
            for o in (*REMOVED, *LOST)
            if not self.e.difference(rule, o).zero
        ]
        heads = (say("compare.head.rule"), say("compare.head.people"), *(say(f"compare.range.{by}") for by in RANGES))
        title = say("compare.ranges.title", at=self.words.at, of=self.of)
        return Table(title, heads, tuple(rows), say("compare.ranges.note"))

    def picture(self) -> ChartData:
        """Return unsupported actions under each rule, with the range of its own numbers."""
        shown = [i for i, place in enumerate(self.e.places) if not place.point and place.phi in PICTURED]
        shown = [self.row] if len(self.x.names) == 1 or not shown else shown
        records, rows = [], []
        for order, rule in enumerate(self.e.rules):
            for i in shown:
                force = float(self.e.count(self.force, "unsupported")[i])
                value, high, low = (force - x for x in self._removed(rule, i))
                series = self.heading(self.e.places[i])
                ends = {"value": value, "low": min(low, value), "high": max(high, value)}
                labels = {"label": self.title(rule), "series": series, "order": order}
                records.append({**labels, **ends, "x_title": say("compare.picture.axis", size=self.x.size)})
                rows.append((self.title(rule), series, value, format_range(low, high)))
        heads = tuple(say(f"compare.picture.{head}") for head in ("rule", "strangers", "actions", "range"))
        table = Table(say("compare.picture.title", of=self.of), heads, tuple(rows), "", self.distance)
        return ChartData("ranges", table.title, say("compare.picture.summary"), tuple(records), table)

    def paired(self, met: PairedCounts) -> Section:
        """Return the section on the same simulated people under each rule."""
        kinds = [kind for kind in COUNTED if any(p.first + p.second for (*_, k), p in met.pairs.items() if k == kind)]
        cases = [(rule, kind, point) for rule in self.others for kind in kinds for point in self.x.names]
        figures = {f"{rule}.{kind}.{point}": self._simulated(met, rule, kind, point) for rule, kind, point in cases}
        rows: list[tuple[Cell, ...]] = []
        for rule, kind, point in cases:
            pair = met.pairs[point, rule, kind]
            counts = (pair.first, pair.second, pair.only_first, pair.only_second)
            where = (self.title(rule), say(f"compare.outcome.{kind}"), point_title(self.x, point))
            rows.append((*where, *counts, figures[f"{rule}.{kind}.{point}"], pair.p_value))
        names = ("rule", "people", "threshold", "force", "this", "only_force", "only_this", "difference", "p")
        heads = tuple(say(f"compare.paired.{name}", size=self.x.size) for name in names)
        title = say("compare.paired.table", n=met.encounters)
        table = Table(title, heads, tuple(rows), say("compare.paired.note"), self.distance)
        text = say("compare.paired.text", n=met.encounters)
        return Section("paired", say("compare.paired.title"), text, figures, (table,) if rows else ())

    def _simulated(self, met: PairedCounts, rule: str, kind: str, point: str) -> Estimate:
        place, per = self.x.place(point), float(self.x.size)
        zero, found = self.e.difference(rule, kind).zero, met.pairs[point, rule, kind].difference
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
            conditions=self.x.conditions(place),
            distance=self.x.distance(place, ACTED),
            caveats=self.x.caveats(place),
        )
