"""What is shown of the differences between rules: the short page, the section of expected numbers, and the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

from misid.expected import Array
from misid.findings.compare.effects import COUNTED, EVERYBODY, LOST, RANGES, REMOVED
from misid.findings.compare.words import RuleWords, changes, rule_quoted, rule_title
from misid.findings.estimates import Estimates, Place
from misid.findings.inputs import briefly_tested
from misid.findings.model import Cell, ChartData, Page, Section, Table
from misid.findings.questions.registry import ACTED, CAUSES, because, photographed, point_title
from misid.quantities import Estimate
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import capital, format_number, format_range, strangers

CODES = (
    "stop_mix_assumed",
    "reviewer_from_laboratory",
    "record_error_assumed",
    "document_carrying_assumed",
)
LIMITS = ("person", "choose", "street", "behaviour", "no_hit", "structure")
PICTURED = (1e-3, 1e-2, 1e-1)  # phi of the picture where no point is the scenario's own


def limits() -> tuple[str, ...]:
    """Return what a comparison cannot tell."""
    return tuple(say(f"compare.limits.{name}") for name in LIMITS)


class Compared(RuleWords):
    """What is shown of the differences between rules, beside the sentences on them."""

    def __init__(self, e: Estimates) -> None:
        super().__init__(e)
        self.place: Place = self.r.places[self.row]
        self.distance = e.distance(self.place, ACTED)
        self.of = photographed(e)

    def title(self, rule: str) -> str:
        """Return a rule as it stands in a table."""
        title = capital(rule_title(self.e, rule))
        return say("compare.in_force", rule=title) if rule == self.force else title

    def numbers(self, rule: str, outcome: str, status: str = EVERYBODY) -> Array:
        """Return counts under the rule in force; how many fewer there are under another."""
        if rule == self.force:
            return self.r.count(rule, outcome, status)
        return self.r.difference(rule, outcome, status).value

    def lead(self) -> list[str]:
        """Say which rules help at every rate, what the one that spares most costs, and whom they cannot help."""
        return [self.which_help(), self.counts(), *self.spares_most(say("rules.at.there")), *self.out_of_reach()]

    def causes(self) -> str:
        """Say why people are acted on without support under the rule in force."""
        count = {cause: format_number(float(self.r.count(self.force, cause)[self.row])) for cause in CAUSES}
        parts = [say("compare.part", n=n, because=because(cause)) for cause, n in count.items() if n != "0"]
        about = {"rule": rule_quoted(self.e, self.force), "n": self.now("unsupported")}
        return say("compare.causes", parts=parts, **about) if parts else say("compare.nobody", **about)

    def line(self, rule: str) -> str:
        """Say in a line what one rule removes and loses."""
        _, low, high = self._removed(rule, self.row)
        change = {}
        for stem, outcome in (("removes", "unsupported"), ("loses", "supported")):
            fewer, of = self.numbers(rule, outcome)[[self.row]], self.now(outcome)
            change[stem] = say(f"compare.line.{stem}.{changes(fewer)}", n=abs(float(fewer[0])), of=of)
        return say(f"compare.line.{'own' if high > low else 'all'}", rule=self.title(rule), range=(low, high), **change)

    def _removed(self, rule: str, row: int) -> tuple[float, float, float]:
        """Return how many a rule removes at a row, and over the range of its own numbers."""
        d = self.r.difference(rule, "unsupported")
        low, high = d.ranges["rule"]
        return float(d.value[row]), float(low[row]), float(high[row])

    def heading(self, place: Place) -> str:
        """Return the heading of a column: how many strangers are named."""
        if not self.e.scenario.candidates.floor:
            return say("compare.shown")
        is_named = place.point and self.e.scenario.purpose == "verify"
        return point_title(self.e, place.point) if is_named else strangers(place.phi)

    def rests(self) -> list[str]:
        """Say which of the rules that help need not, wherever their own numbers go."""
        unsure = [rule for rule in self.helping if self.r.order(rule, self.force) != "always"]
        return [say("compare.rests", rules=self.quoted(unsure))] if unsure else []

    def short(self, lead: Sequence[str]) -> Page:
        """Return the short page."""
        sections = [Section("by-rule", say("compare.by_rule.title"), "", charts=(self.picture(),))]
        if self.others:
            causes = [
                o
                for o in ("unsupported", *CAUSES, *LOST)
                if any(self.numbers(rule, o)[self.row] for rule in self.r.rules)
            ]
            statuses = [(self.e.scenario.statuses[s].title, "unsupported", s) for s in self.e.harmed]
            by_cause = self._fewer("by_cause", [(say(f"compare.head.{o}"), o, EVERYBODY) for o in causes])
            by_status = self._fewer("by_status", statuses)
            text = " ".join([self.causes(), *self.leads()])
            whom = " ".join([*self.for_whom(), *self.rests()]) or say("compare.by_status.text")
            sections += [
                Section("removed", say("compare.by_cause.title"), text, tables=(by_cause,)),
                Section("by-status", say("compare.by_status.title"), whom, tables=(by_status,)),
            ]
        sections = [replace(section, link="effects") for section in sections]
        return Page(
            self.e.scenario.title,
            say("page.mark.synthetic"),
            " ".join(lead),
            briefly_tested(self.e),
            tuple(sections),
            limits(),
        )

    def _fewer(self, key: str, columns: Sequence[tuple[str, str, str]]) -> Table:
        """Return what is fewer at the one rate: a column is a heading, an outcome and a status."""
        rows: list[tuple[Cell, ...]] = [
            (self.title(rule), *(float(self.numbers(rule, o, status)[self.row]) for _, o, status in columns))
            for rule in self.r.rules
        ]
        heads = (say("compare.head.rule"), *(head for head, *_ in columns))
        return Table(say(f"compare.{key}.table", at=self.at), heads, tuple(rows), "", self.distance)

    def effects(self) -> Section:
        """Return the section on what rules remove and lose, in expected numbers."""
        cases = product(self.others, (*REMOVED, *LOST), RANGES)
        figures = {f"{rule}.{o}.{by}": self._figure(rule, o, by) for rule, o, by in cases}
        text = say("compare.effects.text", of=self.of, rule=rule_quoted(self.e, self.force))
        text = " ".join([self.causes(), text, *self.leads(), *self.for_whom(), *self.rests()])
        tables = (self._standing(), self._over_phi(), self._ranges(figures)) if self.others else ()
        return Section("effects", say("compare.effects.title"), text, figures, tables)

    def _figure(self, rule: str, outcome: str, by: str) -> Estimate:
        d, how = self.r.difference(rule, outcome), say("compare.effects.method")
        value, low, high = (float(x[self.row]) for x in (d.value, *d.ranges[by]))
        return self.e.estimate(value, self.place, (low, high), by, counted=ACTED, method=how, caveats=CODES)

    def _standing(self) -> Table:
        """Return how rules stand to each other wherever their numbers go, what they cannot touch, and whom no search names."""
        rows: list[tuple[Cell, ...]] = []
        for rule in self.r.rules:
            less = [rule_title(self.e, r) for r in self.others if r != rule and self.r.order(rule, r) == "always"]
            blind = [because(cause) for cause in self.r.untouched(rule) if rule != self.force]
            order = "–" if rule == self.force else say(f"compare.order.{self.r.order(rule, self.force)}")
            none, more = (float(x[self.row]) for x in self.r.without_hit(rule))
            rows.append((self.title(rule), order, "; ".join(less) or "–", "; ".join(blind) or "–", none, more))
        names = ("rule", "force", "others", "untouched", "no_hit", "each")
        heads = tuple(say(f"compare.standing.{head}") for head in names)
        title, note = say("compare.standing.title"), say("compare.standing.note")
        return Table(title, heads, tuple(rows), note, self.distance)

    def _over_phi(self) -> Table:
        """Return what each rule removes and loses, by cause and by status, at every threshold."""
        people = [(o, EVERYBODY, say(f"compare.outcome.{o}")) for o in COUNTED]
        statuses = [(s, self.e.scenario.statuses[s].title) for s in self.e.harmed]
        people[1:1] = [("unsupported", s, say("compare.of_them", who=title)) for s, title in statuses]
        columns = {
            self.heading(self.r.places[i]): i
            for i in sorted(range(len(self.r.places)), key=lambda i: self.r.places[i].phi)
        }
        rows: list[tuple[Cell, ...]] = [
            (self.title(rule), words, *map(float, self.numbers(rule, outcome, status)[list(columns.values())]))
            for rule in self.r.rules
            for outcome, status, words in people
            if self.numbers(rule, outcome, status).any()
        ]
        heads = (say("compare.head.rule"), say("compare.head.people"), *columns)
        return Table(say("compare.over_phi", of=self.of), heads, tuple(rows), "", self.distance)

    def _ranges(self, figures: Mapping[str, Estimate]) -> Table:
        """Return what each rule removes and loses at one rate over each range."""
        rows: list[tuple[Cell, ...]] = [
            (self.title(rule), say(f"compare.outcome.{o}"), *(figures[f"{rule}.{o}.{by}"] for by in RANGES))
            for rule in self.others
            for o in (*REMOVED, *LOST)
            if not self.r.difference(rule, o).zero
        ]
        heads = (say("compare.head.rule"), say("compare.head.people"), *(say(f"compare.range.{by}") for by in RANGES))
        title = say("compare.ranges.title", at=self.at, of=self.of)
        return Table(title, heads, tuple(rows), say("compare.ranges.note"))

    def picture(self) -> ChartData:
        """Return unsupported actions under each rule, with the range of its own numbers."""
        shown = [i for i, place in enumerate(self.r.places) if not place.point and place.phi in PICTURED]
        shown = [self.row] if len(self.e.names) == 1 or not shown else shown
        records, rows = [], []
        for order, rule in enumerate((self.force, *self.searching)):
            for i in shown:
                force = float(self.r.count(self.force, "unsupported")[i])
                value, high, low = (force - x for x in self._removed(rule, i))
                series = self.heading(self.r.places[i])
                ends = {"value": value, "low": min(low, value), "high": max(high, value)}
                labels = {"label": self.title(rule), "series": series, "order": order}
                records.append({**labels, **ends, "x_title": ""})
                rows.append((self.title(rule), series, value, format_range(low, high)))
        heads = tuple(say(f"compare.picture.{head}") for head in ("rule", "strangers", "actions", "range"))
        table = Table(say("compare.picture.title", size=self.e.size), heads, tuple(rows), "", self.distance)
        return ChartData("ranges", table.title, say("compare.picture.summary"), tuple(records), table)
