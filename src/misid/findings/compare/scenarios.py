"""Two scenarios side by side, each under its own rule, and which of the inputs in which they differ makes the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from misid.expected import GIVEN, ScenarioModel, model_of, people
from misid.findings.compare.build import ACTED, CODES, LIMITS, persons, point_title
from misid.findings.compare.effects import PHIS, REFERENCE
from misid.findings.compare.model import Comparison
from misid.findings.estimates import Estimates
from misid.findings.inputs import not_validated, relevant
from misid.findings.model import Cell, ChartData, Section, Table
from misid.findings.nearness import INPUTS
from misid.findings.questions.registry import photographed, point_words
from misid.findings.words import are_named, capital, listing, strangers
from misid.quantities import Estimate, Quantity
from misid.scenario import Scenario, rule_named

THRESHOLD, RULE = "the threshold", "the rule"
# What is exchanged together, in words, and the fields of a scenario that it stands for.
PARTS: Mapping[str, tuple[str, ...]] = {
    "the algorithm": ("algorithm",),
    "the gallery": ("gallery",),
    THRESHOLD: ("threshold",),
    "the photos": ("capture",),
    "the candidate list": ("candidates",),
    "what follows no hit": ("after_no_hit",),
    "the relatives": ("kin",),
    "the people stopped (with their records)": ("statuses", "stops", "headline_stop"),
    RULE: ("rules", "rule", "compare", "checks", "photos"),
}
PICTURE = "Dots: expected numbers, each scenario under its own rule, at every threshold that both have."
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
    a, b = both = tuple(Estimates(model_of(scenario)) for scenario in (first, second))
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
        f"People acted on without support, of {a.size:,}, with one part of B in A",
        ("part", *moved.at),
        tuple(
            (part, *x) for part, x in {"A as it is": moved.first, **moved.values, "B as it is": moved.second}.items()
        ),
        "One part at a time; several together need not add up, since what one does depends on the others.",
        a.distance(a.place(a.names[0]), ACTED),
    )
    lines = [
        line
        for letter, table in zip(titles, own, strict=True)
        for line in (
            f"{letter}: {titles[letter]}",
            *(f"   {row[0]}: {_value(row[SUPPORT])} acted on without support" for row in table.rows),
        )
    ]
    tables = (*own, *_equal(a, b))
    return Comparison(
        scenario=f"{first.name}, {second.name}",
        title=f"{first.title}, beside: {second.title}",
        known=known,
        not_validated=" ".join(dict.fromkeys(not_validated(e) for e in both)),
        how="Two scenarios, each under its own rule, in expected numbers; nobody was simulated.",
        picture=ChartData("ranges", "People acted on without support, in each scenario", PICTURE, records, why),
        sections=(
            Section("outcomes", "Side by side", f"A: {first.summary} B: {second.summary}", {}, tables),
            Section("difference", "What makes the difference", known, {}, (why,)),
        ),
        inputs=_differing(*both),
        lines=tuple(lines),
        effects={"of": a.size, "at": list(moved.at), "A": moved.first, "B": moved.second, "exchanged": moved.values},
        limits=LIMITS[:2],
        caveats=tuple(dict.fromkeys((*(c for e in both for c in e.caveats(e.place(e.names[0]))), *CODES))),
    )


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


def _equal(a: Estimates, b: Estimates) -> tuple[Table, ...]:
    """Return the outcomes of both where as many strangers are named; none where every search returns somebody."""
    phis = [phi for phi in a.reachable(PHIS) if phi in b.reachable(PHIS)]
    if not phis or not (a.scenario.candidates.floor and b.scenario.candidates.floor):
        return ()
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
    return (Table(f"Where as many strangers are named in both, of {a.size:,} people each", heads, rows),)


@dataclass(frozen=True)
class Exchanged:
    """Unsupported actions in two scenarios, and in the first with one part of the second, at thresholds that both have."""

    said: str  # of how many, and whom
    at: tuple[str, ...]  # the thresholds, in words
    first: list[float]
    second: list[float]
    values: Mapping[str, list[float]]  # by part

    def most(self, i: int) -> str:
        """Return the part that moves the first scenario most at one threshold."""
        return max(self.values, key=lambda part: abs(self.values[part][i] - self.first[i]))

    def sentence(self) -> str:
        """Explain the difference in one paragraph, at the last of the thresholds."""
        i = len(self.at) - 1
        where = self.at[i] if self.at[i].startswith(("at ", "where ")) else f"at {self.at[i]}"
        said = f"{capital(where)}, {self.said.format(a=persons(self.first[i]), b=persons(self.second[i]))}"
        if not self.values:
            return f"{said} They differ in nothing that moves these numbers."
        said += f" They differ in {listing(list(self.values))}."
        moves = {part: x[i] for part, x in self.values.items() if abs(x[i] - self.first[i]) > LITTLE * self.first[i]}
        if not moves:
            return f"{said} None of these alone moves the number."
        most = self.most(i)
        said += f" Exchanged alone, {most} moves A most: to {persons(moves.pop(most))}."
        rest = len(self.values) - 1 - len(moves)
        others = [f"{part} to {persons(x)}" for part, x in moves.items()]
        others += ["the rest hardly at all" if rest > 1 else "the other hardly at all"] if rest else []
        said += f" Of the others: {listing(others)}." if others else ""
        same = sum(self.most(j) == most for j in range(len(self.at)))
        return said + (f" It is the largest at {same} of {len(self.at)} thresholds." if len(self.at) > 1 else "")


def exchange(a: Estimates, b: Estimates) -> Exchanged:
    """Exchange one part at a time, wherever both scenarios have a threshold of a name; else where 1 in 100 are named."""
    names = [name for name in a.names if name in b.names]
    at = tuple("at their own thresholds" if name == GIVEN else point_title(a.scenario, name) for name in names)

    def unsupported(model: ScenarioModel) -> list[float]:
        points = [model.at(name) for name in names] or [model.at_phi(REFERENCE)]
        return [float(people(p, model.scenario.headline_stop, size=a.size).of("unsupported")[0]) for p in points]

    one, other = a.scenario, b.scenario
    # Where phi is the same in both, whatever they know of their thresholds moves nothing.
    parts = {
        part: fields for part, fields in PARTS.items() if (names or part != THRESHOLD) and _differs(one, other, part)
    }
    values = {part: unsupported(model_of(_with(one, other, fields))) for part, fields in parts.items()}
    said = (
        f"{{a}} of {a.size:,} people {one.stops[a.stop].title} are acted on without support in A, and {{b}} of {a.size:,} "
        f"{other.stops[b.stop].title} in B."
    )
    return Exchanged(said, at or (f"where {are_named(REFERENCE)}",), unsupported(a.model), unsupported(b.model), values)


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
