"""Two scenarios side by side, each under its own rule, and which of the inputs in which they differ makes the difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from misid.expected import GIVEN, People, Points, ScenarioModel, model_of, people
from misid.findings.compare.effects import PHIS, REFERENCE
from misid.findings.compare.model import Comparison
from misid.findings.compare.tables import CODES, limits
from misid.findings.estimates import Estimates
from misid.findings.inputs import briefly_tested, level_tested, not_validated, relevant
from misid.findings.model import Cell, ChartData, Page, Section, Table
from misid.findings.nearness import INPUTS
from misid.findings.questions.registry import ACTED, condition, photographed, point_title, point_words
from misid.quantities import Estimate, Quantity
from misid.scenario import Scenario, rule_named
from misid.vocabulary.catalogue import say
from misid.vocabulary.names import label
from misid.vocabulary.numbers import capital, format_range, score, strangers

THRESHOLD, LIST, RULE = "threshold", "list", "rule"
LIST_AND_THRESHOLD = "list_and_threshold"  # together where only one of two lists has a threshold
# What is exchanged together, and the fields of a scenario that it stands for.
PARTS: Mapping[str, tuple[str, ...]] = {
    "algorithm": ("algorithm",),
    "gallery": ("gallery",),
    THRESHOLD: ("threshold",),
    "photos": ("capture",),
    LIST: ("candidates",),
    "no_hit": ("after_no_hit",),
    "relatives": ("kin",),
    "people": ("statuses", "stops", "headline_stop"),
    RULE: ("rules", "rule", "compare", "checks", "photos"),
}
LITTLE = 0.01  # of the first scenario's number; a part that moves it less is not named one by one
SHOWN = ("wrong", "wrong_person", "wrong_record", "unsupported", "supported")


def scenario_comparison(first: Scenario, second: Scenario) -> Comparison:
    """Put two resolved scenarios side by side, in expected numbers.

    At their own thresholds, and where as many strangers are named in both.
    """
    # Counts of both are of as many people, whatever the second scenario's own counts are out of.
    use = second.use.model_copy(update={"people": first.use.people})
    a = Estimates(model_of(first))
    both = {"A": a, "B": Estimates(model_of(second.model_copy(update={"use": use})))}
    moved = exchange(*both.values())
    outcomes = {letter: dict(_outcomes(e, _equal(*both.values()))) for letter, e in both.items()}
    figures = {
        f"{letter}.{outcome}.{name}": figure
        for letter, found in outcomes.items()
        for (name, _), row in found.items()
        for outcome, figure in zip(SHOWN, row, strict=True)
    }
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (at, letter, *row) for letter, found in outcomes.items() for (_, at), row in found.items()
    )
    heads = (
        *(say(f"compare.two.{head}") for head in ("where", "scenario")),
        *(say(f"compare.outcome.{outcome}") for outcome in SHOWN),
    )
    table = Table(say("compare.two.table", size=a.size), heads, rows, say("compare.two.note"))
    picture, why = moved.picture(a), say("compare.two.why")
    summaries = " ".join(
        say("compare.two.summary", letter=letter, text=e.scenario.summary) for letter, e in both.items()
    )
    title = say("compare.two.title", a=first.title, b=second.title)
    columns = (say("compare.two.people"), *moved.last)
    side: tuple[tuple[Cell, ...], ...] = tuple(
        (say(f"compare.beside.{outcome}"), *(found[outcome] for found in moved.last.values())) for outcome in SHOWN
    )
    beside = Table(say("compare.two.short", size=a.size), columns, side, "", picture.table.distance)
    short = (
        Section("why", why, "", charts=(picture,), link="difference"),
        Section("beside", say("compare.two.outcomes"), "", tables=(beside,), link="outcomes"),
    )
    lead = " ".join([moved.counts, *moved.reasons()[:1]])
    return Comparison(
        scenario=f"{first.name}, {second.name}",
        title=title,
        known=" ".join([moved.counts, *moved.reasons()]),
        not_validated=_not_validated(both),
        how=say("compare.two.how"),
        picture=picture,
        sections=(
            Section("outcomes", say("compare.two.outcomes"), summaries, figures, (table,)),
            Section("difference", why, " ".join(moved.reasons()), {}, (picture.table,)),
        ),
        inputs=_differing(*both.values()),
        lines=tuple(_lines(both, figures)),
        effects={"of": a.size, "at": list(moved.at), "A": moved.first, "B": moved.second, "exchanged": moved.values},
        limits=limits(),
        caveats=tuple(dict.fromkeys((*(c for e in both.values() for c in e.caveats(e.place(e.names[0]))), *CODES))),
        page=Page(title, say("page.mark.synthetic"), lead, briefly_tested(*both.values()), short, limits()),
    )


def _lines(both: Mapping[str, Estimates], figures: Mapping[str, Estimate]) -> Iterator[str]:
    """Say how many are acted on without support in each at its own thresholds."""
    for letter, e in both.items():
        yield say("compare.two.line", letter=letter, title=e.scenario.title, size=e.size)
        for name in e.names:
            yield say("compare.two.at", where=point_words(e, name), n=figures[f"{letter}.unsupported.{name}"].value)


def _not_validated(both: Mapping[str, Estimates]) -> str:
    """Say what was tested of either: once what both have in common."""
    level = {letter: level_tested(e) for letter, e in both.items()}
    nearest = {letter: not_validated(e).removeprefix(level[letter]).strip() for letter, e in both.items()}
    if len(set(nearest.values())) > 1:
        nearest = {letter: say("compare.two.summary", letter=letter, text=x) for letter, x in nearest.items() if x}
    return " ".join(dict.fromkeys(text for text in (*level.values(), *nearest.values()) if text))


def _outcomes(e: Estimates, phis: Sequence[float]) -> Iterator[tuple[tuple[str, str], list[Estimate]]]:
    """Return the outcomes of one scenario at its own thresholds, with ranges, and at some phi, by name and words."""
    for name in e.names:
        yield (
            (name, point_words(e, name)),
            [e.count(outcome, name, by="record_error", counted=ACTED) for outcome in SHOWN],
        )
    if phis:
        points = e.model.at_phi(phis)
        found, places = people(points, e.stop, size=e.size), e.places(points)
        for i, (phi, place) in enumerate(zip(phis, places, strict=True)):
            yield (
                (f"phi_{phi:g}", strangers(phi)),
                [e.estimate(float(found.of(o)[i]), place, counted=ACTED) for o in SHOWN],
            )


def _equal(a: Estimates, b: Estimates) -> list[float]:
    """Return phi that both can have; none if a search always returns somebody, or where only one of them is a search."""
    if a.scenario.purpose != b.scenario.purpose or not (a.scenario.candidates.floor and b.scenario.candidates.floor):
        return []
    return [phi for phi in a.reachable(PHIS) if phi in b.reachable(PHIS)]


@dataclass(frozen=True)
class Exchanged:
    """People acted on without support in two scenarios, and in the first with one part of the second at a time.

    Parameters
    ----------
    counts : str
        How many of whom, at the last of the thresholds.
    at : tuple of str
        The thresholds, in words.
    first, second : list of float
        In each scenario, at each of them.
    values : mapping of str to list of float
        In the first, by the part exchanged; nothing where nothing is.
    last : mapping of str to mapping of str to float
        All outcomes by scenario, ``A`` or ``B``, at the last of the thresholds.
    alike : str
        Why nothing is exchanged; empty otherwise.
    """

    counts: str
    at: tuple[str, ...]
    first: list[float]
    second: list[float]
    values: Mapping[str, list[float]]
    last: Mapping[str, Mapping[str, float]]
    alike: str = ""

    def most(self, i: int) -> str:
        """Return the part that moves the first scenario most at one threshold."""
        return max(self.values, key=lambda part: abs(self.values[part][i] - self.first[i]))

    def reasons(self) -> list[str]:
        """Say what makes the difference, at the last of the thresholds: first what moves it most."""
        if not self.values:
            return [self.alike]
        words = {part: say(f"compare.part_of.{part}") for part in self.values}
        most = self.most(len(self.at) - 1)
        n, was = self.values[most][-1], self.first[-1]
        key = "most" if abs(n - was) > LITTLE * was else "none"
        said = [say(f"compare.exchange.{key}", part=words[most], n=n)]
        said.append(say("compare.exchange.differ", parts=list(words.values())))
        if rest := [
            words[part] for part, x in self.values.items() if abs(x[-1] - was) <= LITTLE * was and key == "most"
        ]:
            said.append(say("compare.exchange.hardly", parts=rest))
        return said

    def picture(self, a: Estimates) -> ChartData:
        """Return both scenarios, and the first with one part of the second at a time, at each threshold."""
        found = {
            say("compare.exchange.a"): self.first,
            **{capital(say(f"compare.part_of.{part}")): x for part, x in self.values.items()},
            say("compare.exchange.b"): self.second,
        }
        title = say(f"compare.exchange.{'title' if self.values else 'both'}", size=a.size)
        note = say("compare.exchange.note") if self.values else ""
        rows: tuple[tuple[Cell, ...], ...] = tuple((part, *x) for part, x in found.items())
        heads = (say("compare.exchange.part"), *self.at)
        records = tuple(
            {"label": part, "series": at, "order": order, "x_title": ""}
            | dict.fromkeys(("value", "low", "high"), value)
            for order, (part, x) in enumerate(found.items())
            for at, value in zip(self.at, x, strict=True)
        )
        table = Table(title, heads, rows, note, a.distance(a.place(a.names[0]), ACTED))
        return ChartData("ranges", title, note or say("compare.exchange.each"), records, table)


def exchange(a: Estimates, b: Estimates) -> Exchanged:
    """Exchange one part at a time, wherever both scenarios have a threshold of a name; else where 1 in 100 are named.

    Where only one of two lists is cut by a threshold, each stands at its own setting.  A search and a comparison with
    one reference are not alike: nothing is exchanged between them.
    """
    one, other = a.scenario, b.scenario
    alike = one.purpose == other.purpose
    each = not alike or one.candidates.floor != other.candidates.floor
    names = [] if each else [name for name in a.names if name in b.names]

    def counted(model: ScenarioModel) -> list[People]:
        points = [model.at(name) for name in names] or [_own_point(model, each)]
        return [people(p, model.scenario.headline_stop, size=a.size) for p in points]

    def unsupported(found: Sequence[People]) -> list[float]:
        return [float(x.of("unsupported")[0]) for x in found]

    both = counted(a.model), counted(b.model)
    first, second = map(unsupported, both)
    last = {letter: {o: float(x[-1].of(o)[0]) for o in SHOWN} for letter, x in zip("AB", both, strict=True)}
    parts = _parts(one, other, bool(names)) if alike else {}
    values = {part: unsupported(counted(model_of(_with(one, other, fields)))) for part, fields in parts.items()}
    same = one.model_copy(update={"use": one.use.model_copy(update={"people": other.use.people})}) == other
    key = f"not_{one.purpose}" if not alike else "same" if same else "nothing"
    about = {"a": first[-1], "b": second[-1], "of_a": photographed(a), "of_b": photographed(b)}
    at = tuple(_at(a, name) for name in names)
    if each:
        counts = say("compare.counts.each", at_a=_setting(a), at_b=_setting(b), **about)
        at = (say("compare.at_each"),)
    elif not names:
        counts, at = say("compare.counts.reference", phi=REFERENCE, **about), (strangers(REFERENCE),)
    elif names[-1] == GIVEN:
        counts = say(f"compare.counts.{'own' if one.candidates.floor else 'best'}", **about)
    else:
        counts = say("compare.counts.point", point=point_title(a, names[-1]), **about)
    return Exchanged(counts, at, first, second, values, last, say(f"compare.alike.{key}"))


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
    own = e.scenario.candidates.floor and e.scenario.threshold.known
    return say("compare.at_own") if own else condition(e, (REFERENCE,))


def _at(e: Estimates, name: str) -> str:
    """Return the words for a threshold that two scenarios have in common."""
    if name != GIVEN:
        return point_title(e, name)
    return say("compare.at_own") if e.scenario.candidates.floor else say("compare.shown")


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

    def written(q: Quantity | None) -> str:
        if q is None or not q.swept:
            return "–" if q is None else score(q.value)
        return say("compare.inputs.range", at=score(q.value), range=format_range(q.low, q.high, score))

    rows = tuple(
        (
            path,
            *(written(q) for q in pair),
            label(next(q for q in pair if q).unit),
            *(q.source if q else "" for q in pair),
        )
        for path in dict.fromkeys((*known[0], *known[1]))
        for pair in [(known[0].get(path), known[1].get(path))]
        if written(pair[0]) != written(pair[1])
    )
    heads = tuple(say(f"compare.inputs.{head}") for head in ("input", "a", "b", "unit", "source_a", "source_b"))
    return Table(say("compare.inputs.title"), heads, rows, "", INPUTS)
