"""Two scenarios side by side, each under its own rule, and which of the inputs in which they differ makes the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from misid.expected import GIVEN, Points, ScenarioModel, model_of, people
from misid.findings.compare.build import ACTED, CODES, LIMITS, persons, point_title
from misid.findings.compare.effects import PHIS, REFERENCE
from misid.findings.compare.model import Comparison
from misid.findings.compare.short import LIMITS as BRIEF_LIMITS
from misid.findings.estimates import Estimates
from misid.findings.inputs import briefly_tested, level_tested, not_validated, relevant
from misid.findings.model import Cell, ChartData, Page, Section, Table
from misid.findings.nearness import INPUTS
from misid.findings.questions.registry import best_shown, photographed, point_words
from misid.quantities import Estimate, Quantity
from misid.scenario import Scenario, rule_named
from misid.vocabulary.numbers import are_named, capital, listing, strangers

THRESHOLD, LIST, RULE = "the threshold", "the candidate list", "the rule"
LIST_AND_THRESHOLD = "the candidate list and the threshold"  # together where only one of two lists has a threshold
DOES = {
    "identify": "searches a gallery for whoever is in the photo",
    "verify": "compares one photo with the one reference that somebody claims",
}
EACH = "each at its own setting"
# What is exchanged together, in words, and the fields of a scenario that it stands for.
PARTS: Mapping[str, tuple[str, ...]] = {
    "the algorithm": ("algorithm",),
    "the gallery": ("gallery",),
    THRESHOLD: ("threshold",),
    "the photos": ("capture",),
    LIST: ("candidates",),
    "what follows no hit": ("after_no_hit",),
    "the relatives": ("kin",),
    "the people stopped (with their records)": ("statuses", "stops", "headline_stop"),
    RULE: ("rules", "rule", "compare", "checks", "photos"),
}
PICTURE = "Dots: expected numbers, each scenario under its own rule"
LITTLE = 0.01  # of the first scenario's number; a part that moves it less is not named one by one
SHOWN = {
    "wrong": "named as somebody else",
    "wrong_person": "acted on because of somebody else's record",
    "wrong_record": "acted on because of their own wrong record",
    "unsupported": "acted on without support, all causes",
    "supported": "acted on with support",
}
SUPPORT = 1 + list(SHOWN).index("unsupported")  # its column


def scenario_comparison(first: Scenario, second: Scenario) -> Comparison:
    """Put two resolved scenarios side by side, in expected numbers.

    At their own thresholds, and where as many strangers are named in both.
    """
    # Counts of both are of as many people, whatever the second scenario's own counts are out of.
    use = second.use.model_copy(update={"people": first.use.people})
    a, b = both = (
        Estimates(model_of(first)),
        Estimates(model_of(second.model_copy(update={"use": use}))),
    )
    titles = {"A": first.title, "B": second.title}
    moved = exchange(a, b)
    known = moved.sentence()
    own = tuple(_own(e, letter) for e, letter in zip(both, titles, strict=True))
    records: tuple[dict[str, Any], ...] = tuple(
        {
            "label": f"{letter}: {titles[letter]}",
            "series": where,
            **{"value": value, "low": value, "high": value, "order": order},
            "x_title": f"acted on without support per {a.size:,}",
        }
        for order, (letter, values) in enumerate((("A", moved.first), ("B", moved.second)))
        for where, value in zip(moved.at, values, strict=True)
    )
    why = Table(
        f"People acted on without support, of {a.size:,}" + (", with one part of B in A" if moved.values else ""),
        ("part", *moved.at),
        tuple(
            (part, *x) for part, x in {"A as it is": moved.first, **moved.values, "B as it is": moved.second}.items()
        ),
        "One part at a time; several together need not add up, since what one does depends on the others."
        if moved.values
        else "",
        a.distance(a.place(a.names[0]), ACTED),
    )
    lines = [
        line
        for letter, table in zip(titles, own, strict=True)
        for line in (
            f"{letter}: {titles[letter]}, of {a.size:,} people",
            *(f"   {row[0]}: {_value(row[SUPPORT])} acted on without support" for row in table.rows),
        )
    ]
    equal, phis = _equal(a, b)
    figures = {
        f"{letter}.{outcome}.{name}": figure
        for letter, e, table in zip(titles, both, own, strict=True)
        for name, row in zip(e.names, table.rows, strict=True)
        for outcome, figure in zip(SHOWN, row[1:], strict=True)
    } | {
        f"{letter}.{outcome}.phi_{phi:g}": figure
        for table in equal
        for phi, row in zip(phis, table.rows, strict=True)
        for (outcome, letter), figure in zip(product(SHOWN, titles), row[1:], strict=True)
    }
    named = {name: figure for name, figure in figures.items() if isinstance(figure, Estimate)}
    return Comparison(
        scenario=f"{first.name}, {second.name}",
        title=f"{first.title}, beside: {second.title}",
        known=known,
        not_validated=_not_validated(both),
        how="Two scenarios, each under its own rule, in expected numbers; nobody was simulated.",
        picture=ChartData(
            "ranges", "People acted on without support, in each scenario", f"{PICTURE}, {moved.where}.", records, why
        ),
        sections=(
            Section("outcomes", "Side by side", f"A: {first.summary} B: {second.summary}", named, (*own, *equal)),
            Section("difference", "What makes the difference", known, {}, (why,)),
        ),
        inputs=_differing(*both),
        lines=tuple(lines),
        effects={"of": a.size, "at": list(moved.at), "A": moved.first, "B": moved.second, "exchanged": moved.values},
        limits=LIMITS[:2],
        caveats=tuple(dict.fromkeys((*(c for e in both for c in e.caveats(e.place(e.names[0]))), *CODES))),
        page=_short(both, moved, why),
    )


def _short(both: Sequence[Estimates], moved: Exchanged, why: Table) -> Page:
    """Return the short page: the counts, what makes the difference, one table."""
    titles = [e.scenario.title for e in both]
    named = " ".join(f"{letter}: {title}." for letter, title in zip("AB", titles, strict=True))
    section = Section(
        "why", "What makes the difference", f"{named} {moved.reasons()}", tables=(why,), link="difference"
    )
    tested = " ".join(dict.fromkeys(briefly_tested(e) for e in both))
    return Page(", beside: ".join(titles), "SYNTHETIC", moved.counts(), tested, (section,), BRIEF_LIMITS[:2])


def _not_validated(both: Sequence[Estimates]) -> str:
    """Say what was tested of either: once what both have in common."""
    texts = [not_validated(e) for e in both]
    level = [text for e in both if (text := level_tested(e))]
    nearest = [text.removeprefix(level_tested(e)).strip() for e, text in zip(both, texts, strict=True)]
    if len(set(nearest)) > 1:
        nearest = [f"{letter}: {text}" for letter, text in zip("AB", nearest, strict=True) if text]
    return " ".join(dict.fromkeys(text for text in (*level, *nearest) if text))


def _value(cell: Cell) -> str:
    return persons(cell.value or 0.0) if isinstance(cell, Estimate) else ""


def _own(e: Estimates, letter: str) -> Table:
    """Return the outcomes of one scenario at its own thresholds."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            point_words(e, name),
            *(e.count(outcome, name, by="record_error", counted=ACTED) for outcome in SHOWN),
        )
        for name in e.names
    )
    title = f"{letter}, of {photographed(e)}, at its own thresholds"
    return Table(title, ("threshold", *SHOWN.values()), rows, "Ranges: how often records are wrong.")


def _equal(a: Estimates, b: Estimates) -> tuple[tuple[Table, ...], list[float]]:
    """Return the outcomes of both where as many strangers are named, and how many; none if a search always returns somebody.

    None either where one is no search.
    """
    if a.scenario.purpose != b.scenario.purpose:
        return (), []
    phis = [phi for phi in a.reachable(PHIS) if phi in b.reachable(PHIS)]
    if not phis or not (a.scenario.candidates.floor and b.scenario.candidates.floor):
        return (), []
    columns = {}
    for e, letter in ((a, "A"), (b, "B")):
        points = e.model.at_phi(phis)
        found, places = people(points, e.stop, size=a.size), e.places(points)
        for outcome, words in SHOWN.items():
            counts = found.of(outcome)
            columns[words, letter] = [
                e.estimate(float(n), p, counted=ACTED) for n, p in zip(counts, places, strict=True)
            ]
    order = [(words, letter) for words in SHOWN.values() for letter in "AB"]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (strangers(phi), *(columns[key][i] for key in order)) for i, phi in enumerate(phis)
    )
    heads = ("strangers named", *(f"{words} ({letter})" for words, letter in order))
    return (Table(f"Where as many strangers are named in both, of {a.size:,} people each", heads, rows),), phis


@dataclass(frozen=True)
class Exchanged:
    """Unsupported actions in two scenarios, and in the first with one part of the second, at thresholds that both have."""

    said: str  # where the last of the thresholds is, and how many of whom, in one sentence
    where: str  # what the thresholds have in common, in words
    at: tuple[str, ...]  # the thresholds, in words
    first: list[float]
    second: list[float]
    values: Mapping[str, list[float]]  # by part; nothing where nothing is exchanged
    alike: str = ""  # why nothing is exchanged

    def most(self, i: int) -> str:
        """Return the part that moves the first scenario most at one threshold."""
        return max(self.values, key=lambda part: abs(self.values[part][i] - self.first[i]))

    def sentence(self) -> str:
        """Explain the difference in one paragraph, at the last of the thresholds."""
        return f"{self.counts()} {self.reasons()}"

    def counts(self) -> str:
        """Say how many of whom, at the last of the thresholds."""
        return capital(self.said.format(a=persons(self.first[-1]), b=persons(self.second[-1])))

    def reasons(self) -> str:
        """Say what makes the difference, at the last of the thresholds."""
        i = len(self.at) - 1
        if not self.values:
            return self.alike
        said = f"They differ in {listing(list(self.values))}."
        moves = {part: x[i] for part, x in self.values.items() if abs(x[i] - self.first[i]) > LITTLE * self.first[i]}
        if not moves:
            return f"{said} None of these alone moves the number."
        most = self.most(i)
        said += f" Exchanged alone, what moves A most is {most}: to {persons(moves.pop(most))}."
        if moves:
            said += f" Of the others: {listing([f'{part} to {persons(x)}' for part, x in moves.items()])}."
        if rest := [part for part in self.values if part != most and part not in moves]:
            said += f" Hardly any difference comes from {listing(rest)}."
        same = sum(self.most(j) == most for j in range(len(self.at)))
        return said + (f" Largest at {same} of {len(self.at)} thresholds: {most}." if len(self.at) > 1 else "")


def exchange(a: Estimates, b: Estimates) -> Exchanged:
    """Exchange one part at a time, wherever both scenarios have a threshold of a name; else where 1 in 100 are named.

    Where only one of two lists is cut by a threshold, each stands at its own setting.  A search and a comparison with
    one reference are not alike: nothing is exchanged between them.
    """
    one, other = a.scenario, b.scenario
    alike = one.purpose == other.purpose
    has_floor = one.candidates.floor, other.candidates.floor
    each = not alike or has_floor[0] != has_floor[1]
    names = [] if each else [name for name in a.names if name in b.names]

    def unsupported(model: ScenarioModel) -> list[float]:
        points = [model.at(name) for name in names] or [_own_point(model, each)]
        return [float(people(p, model.scenario.headline_stop, size=a.size).of("unsupported")[0]) for p in points]

    first, second = unsupported(a.model), unsupported(b.model)
    parts = _parts(one, other, bool(names)) if alike else {}
    values = {part: unsupported(model_of(_with(one, other, fields))) for part, fields in parts.items()}
    met = [f"of {a.size:,} people {e.scenario.stops[e.stop].title}" for e in (a, b)]
    if each:
        said = f"in A, {_setting(a)}, {{a}} {met[0]} are acted on without support; in B, {_setting(b)}, {{b}} {met[1]}."
    else:
        said = f"{_common(a, names)}, {{a}} {met[0]} are acted on without support in A, and {{b}} {met[1]} in B."
    if not alike:
        why = (
            f"The two are not alike: A {DOES[one.purpose]}, and B {DOES[other.purpose]}. An action stands for something "
            "else in each, so that no part of one is put into the other."
        )
    elif _same(one, other):
        why = "Both are the same scenario."
    else:
        why = "They differ in nothing that moves these numbers."
    if each:
        at: tuple[str, ...] = (EACH,)
    else:
        at = tuple(_at(a, name) for name in names) or (f"where {are_named(REFERENCE)}",)
    where = EACH if each else "at every threshold that both have" if names else at[0]
    return Exchanged(said, where, at, first, second, values, why)


def _parts(one: Scenario, other: Scenario, named: bool) -> dict[str, tuple[str, ...]]:
    """Return the parts in which two scenarios differ, and the fields that each stands for."""
    parts = {part: fields for part, fields in PARTS.items() if _differs(one, other, part)}
    if one.candidates.floor != other.candidates.floor:  # no list is cut without a threshold to cut it by
        parts = {LIST_AND_THRESHOLD if part == LIST else part: fields for part, fields in parts.items()}
        parts[LIST_AND_THRESHOLD] += PARTS[THRESHOLD]
        parts.pop(THRESHOLD, None)
    # Where phi is the same in both, or nothing is cut, whatever they know of their thresholds moves nothing.
    if not (named and one.candidates.floor):
        parts.pop(THRESHOLD, None)
    return parts


def _own_point(model: ScenarioModel, each: bool) -> Points:
    """Return the threshold where two have none in common: the scenario's own if each stands at its own, or 1 in 100."""
    knows = each and model.scenario.candidates.floor and model.scenario.threshold.known
    return model.at(GIVEN) if knows else model.at_phi(REFERENCE)


def _setting(e: Estimates) -> str:
    """Say where a scenario stands that is compared at its own setting."""
    if not e.scenario.candidates.floor:
        return f"where {best_shown(e)}"
    return "at its own threshold" if e.scenario.threshold.known else f"if {are_named(REFERENCE)}"


def _at(e: Estimates, name: str) -> str:
    """Return the words for a threshold that two scenarios have in common."""
    if name != GIVEN:
        return point_title(e.scenario, name)
    return "at their own thresholds" if e.scenario.candidates.floor else "the best shown"


def _common(a: Estimates, names: Sequence[str]) -> str:
    """Say at which threshold both stand, and why there."""
    if not names:
        return f"the two have no threshold in common; if {are_named(REFERENCE)} in both"
    if names[-1] == GIVEN:
        return (
            "at their own thresholds"
            if a.scenario.candidates.floor
            else "where the best are shown, whatever their scores"
        )
    which = f"the loosest of the {len(names)} that both show" if len(names) > 1 else "which both show"
    return f"nobody has published the threshold; if it is {point_title(a.scenario, names[-1])} ({which})"


def _same(one: Scenario, other: Scenario) -> bool:
    people = {"use": one.use.model_copy(update={"people": other.use.people})}
    return one.model_copy(update=people) == other


def _differs(a: Scenario, b: Scenario, part: str) -> bool:
    if part == RULE:
        return rule_named(a, a.rule) != rule_named(b, b.rule)
    return any(getattr(a, name) != getattr(b, name) for name in PARTS[part])


def _with(a: Scenario, b: Scenario, fields: tuple[str, ...]) -> Scenario:
    """Return the first scenario with some fields of the second; phi belongs to those stopped where its mix is gone."""
    found = a.model_copy(update={name: getattr(b, name) for name in fields})
    threshold = found.threshold

    def known(point: Any) -> Any:
        return point if point.mix in (None, *found.stops) else point.model_copy(update={"mix": None})

    points = {name: known(point) for name, point in threshold.points.items()}
    return found.model_copy(update={"threshold": known(threshold).model_copy(update={"points": points})})


def _differing(a: Estimates, b: Estimates) -> Table:
    """Return the inputs in which two scenarios differ."""
    known = [relevant(e, simulated=False) for e in (a, b)]

    def says(q: Quantity | None) -> str:
        return "–" if q is None else f"{q.value:g}" + (f" ({q.low:g} to {q.high:g})" if q.swept else "")

    rows = tuple(
        (path, *(says(q) for q in pair), next(q for q in pair if q).unit, *(q.source if q else "" for q in pair))
        for path in dict.fromkeys((*known[0], *known[1]))
        for pair in [(known[0].get(path), known[1].get(path))]
        if says(pair[0]) != says(pair[1])
    )
    return Table("Inputs that differ", ("input", "A", "B", "unit", "source (A)", "source (B)"), rows, "", INPUTS)
