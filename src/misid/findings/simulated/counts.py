"""What happens to simulated people: beside what is expected, by status, and to those who are stopped together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from misid.algorithm import SEARCH
from misid.findings.model import Cell, Section, Table
from misid.findings.questions.registry import ACTED, entitled, point_words
from misid.findings.simulated.ledger import ERROR, FEW, TOGETHER, Book, Moments, SimulatedRun, simulated_rate
from misid.quantities import Estimate
from misid.vocabulary.numbers import capital, format_number, listing, percent

# Headings of the outcomes, in the order of the tables.
SEARCHED: Mapping[str, str] = {
    "right": "named rightly",
    "wrong_stranger": "named as a stranger",
    "wrong_relative": "named as a relative",
    "no_hit": "nobody named",
}
FOLLOWED: Mapping[str, str] = {
    "unsupported": "acted on, unsupported",
    "wrong_person": "of these, somebody else's record",
    "wrong_record": "of these, their own wrong record",
    "not_verified": "of these, nobody named",
    "disbelieved_document": "of these, showed a genuine document (overlaps)",
    "supported": "acted on, supported",
    "supported_by_chance": "acted on, supported by chance",
}
PRINTED: Mapping[str, str] = {
    "fingerprinted": "fingerprinted",
    "fingerprint_wrong_person": "acted on: somebody else's record",
    "fingerprint_wrong_record": "acted on: their own wrong record",
    "fingerprint_supported": "acted on, supported",
    "fingerprint_by_chance": "acted on, supported by chance",
}
BOTH = ("simulated", "expected")
BY_STATUS = ("wrong_person", "wrong_record", "not_verified", "disbelieved_document")
ALSO_BY_STATUS = ("wrong", "unsupported", "fingerprint_wrong_person", "fingerprint_wrong_record")
SMALLEST = 20  # of a smaller group nothing is printed


def counts(run: SimulatedRun, book: Book) -> Section:
    """Return the outcomes of everybody."""
    figures = {
        name: figure for point in run.points for name, figure in _both(run, book.by_status[point][""], point).items()
    }
    tables = []
    for title, outcomes in (
        (f"Who is named: {run.photographed}", SEARCHED),
        ("What follows the face search, of the same people", FOLLOWED),
        ("What fingerprints lead to after a search without a hit", PRINTED),
    ):
        met = {name: words for name, words in outcomes.items() if _occurs(figures, name, run.points)}
        if met:
            # What the operating points are is said once, in the first table.
            say = partial(point_words, run.estimates) if outcomes is SEARCHED else run.named
            rows = tuple((say(point), how, *cells) for point, how, cells in _rows(figures, met, run.points))
            tables.append(Table(title, ("strangers named", "", *met.values()), rows))
    said = listing(
        [
            f"{format_number(figures[f'unsupported.{point}.simulated'].value)} {run.condition(point)} "
            f"(expected: {format_number(figures[f'unsupported.{point}.expected'].value)})"
            for point in dict.fromkeys((run.points[0], run.points[-1]))
        ]
    )
    text = f"Of {run.photographed}, this many simulated people were acted on unsupported: {said}. {ERROR}"
    return Section("counts", "At each threshold", text, figures, tuple(tables))


def statuses_section(run: SimulatedRun, book: Book) -> Section:
    """Return who is acted on unsupported, of the people of each status with a right to stay."""
    statuses = run.estimates.scenario.statuses
    figures: dict[str, Estimate] = {}
    met = [status for status in run.estimates.harmed if _people(book, status) >= SMALLEST]
    for status in met:
        for point in run.points:
            outcomes = {name: book.by_status[point][status][name] for name in (*BY_STATUS, *ALSO_BY_STATUS)}
            for name, figure in _both(run, outcomes, point, status).items():
                figures[f"{status}.{name}"] = figure
    shown = [name for name in BY_STATUS if any(_occurs(figures, f"{status}.{name}", run.points) for status in met)]
    ends = tuple(dict.fromkeys((run.points[0], run.points[-1])))
    rows = tuple(
        (f"{statuses[status].title}, {run.condition(point)}", how, *cells)
        for status in met
        for point, how, cells in _rows(figures, shown, ends, f"{status}.")
    )
    small = [statuses[s].title for s in run.estimates.harmed if 0 < _people(book, s) < SMALLEST]
    text = (
        f"By status, of people {entitled(run.estimates)}. How often a record is wrong is an input of each status, given in "
        "the table of inputs with its source; the ranges here do not hold it."
    )
    if small:
        text += f" Not printed, under {SMALLEST} people met: {listing(small)}."
    title = f"Acted on unsupported, of {run.per:,.0f} people of each status"
    table = Table(
        title,
        ("status", "", *(FOLLOWED[name].removeprefix("of these, ") for name in shown)),
        tuple(rows),
        ERROR,
    )
    return Section("statuses", "For whom", text, figures, (table,) if rows else ())


def _people(book: Book, status: str) -> int:
    found = book.by_status[book.points[0]].get(status)
    return found["hit"].people if found else 0


def _both(run: SimulatedRun, found: Mapping[str, Moments], point: str, *status: str) -> dict[str, Estimate]:
    """Return every measure as it was simulated and as it is expected, by name; per so many of one status if named."""
    title = run.estimates.scenario.statuses[status[0]].title if status else "all"
    figures = {}
    for outcome, moments in found.items():
        counted = SEARCH if outcome in ("hit", "wrong", *SEARCHED) else ACTED
        figures[f"{outcome}.{point}.simulated"] = run.estimate(
            simulated_rate(moments), point, "people", title, counted=counted
        )
        figures[f"{outcome}.{point}.expected"] = run.estimates.count(
            outcome, point, *status, of_them=bool(status), counted=counted
        )
    return figures


def _occurs(figures: Mapping[str, Estimate], name: str, points: Sequence[str]) -> bool:
    return any(figures[f"{name}.{point}.{how}"].value for point in points for how in BOTH)


def _rows(
    figures: Mapping[str, Estimate], outcomes: Iterable[str], points: Sequence[str], stem: str = ""
) -> Iterator[tuple[str, str, list[Cell]]]:
    """Yield for each operating point the simulated and the expected figures of some outcomes."""
    for point in points:
        for how in BOTH:
            yield point, how, [figures[f"{stem}{name}.{point}.{how}"] for name in outcomes]


TITLES = dict(zip(TOGETHER, ("households", "workplaces"), strict=True))
TOO_FEW = "too few"


def company_section(run: SimulatedRun, book: Book) -> Section:
    """Return what becomes of households and workplaces, at each operating point."""
    title = "Stopped together"
    if not book.companies:
        return Section("together", title, "In this scenario everybody is stopped alone.")
    figures: dict[str, Estimate] = {}
    rows: list[tuple[Cell, ...]] = []
    for point, kind in book.companies:
        found = _figures(run, book, point, kind)
        figures |= {f"{what}.{kind}.{point}": figure for what, figure in found.items()}
        if point not in (run.points[0], run.points[-1]):
            continue
        cells = [found.get(what, TOO_FEW) for what in ("harmed_here", "another_too", "another_if_alone", "lose_one")]
        met = int(book.companies[point, kind][:, 2].sum())
        rows.append((f"{run.named(point)}: {TITLES[kind]}", met, *cells))
    fate = run.estimates.scenario.together.shared_fate
    text = (
        f"{_finding(run, figures)} How far members share status, enrolment and record is an assumption: {fate.value:g} "
        f"({fate.low:g} to {fate.high:g}; {fate.source})."
    )
    columns = (
        "strangers named",
        "met in this run",
        "of all acted on unsupported, share in such groups",
        "if one is, another member is too",
        "the same if members shared nothing",
        f"of {run.per:,.0f} groups, with at least one acted on unsupported",
    )
    note = f"Shared nothing: each at the average risk of a member. {ERROR}"
    distance = run.estimates.distance(run.estimates.place(run.points[0]), ACTED)
    return Section(
        "together", title, text, figures, (Table("People stopped together", columns, tuple(rows), note, distance),)
    )


def _figures(run: SimulatedRun, book: Book, point: str, kind: str) -> dict[str, Estimate]:
    """Return the figures of one kind of group; those about people acted on are absent where too few were."""
    size, harmed, many = book.companies[point, kind].T
    title = TITLES[kind]
    groups = Moments.alone(int(many.sum()), int(many[harmed > 0].sum()))
    found = {"lose_one": run.estimate(simulated_rate(groups), point, f"of {title}", title, counted=ACTED)}
    if (harmed * many).sum() < FEW:
        return found
    another = simulated_rate(Moments.of_groups(harmed, harmed * (harmed > 1), many))
    for what, share in (("harmed_here", simulated_rate(_harmed_here(book, point, kind))), ("another_too", another)):
        found[what] = run.estimate(share, point, "share of those acted on", title, per=1.0, counted=ACTED)
    risk = (harmed * many).sum() / (size * many).sum()
    alone = -np.expm1((size - 1) * np.log1p(-min(risk, 1.0 - 1e-12)))
    found["another_if_alone"] = run.estimates.estimate(
        float((harmed * many * alone).sum() / (harmed * many).sum()),
        run.estimates.place(point),
        unit="share of those acted on",
        group=title,
        counted=ACTED,
        method="at the average risk of a member",
        n=1.0,
    )
    return found


def _harmed_here(book: Book, point: str, kind: str) -> Moments:
    """Return the sums of everybody who is harmed, by whether they are in a group of one kind; alone, each is a group."""
    total, alone = Moments.alone(0, 0), book.by_status[point][""]["unsupported"].events
    for other in TOGETHER:
        if (point, other) in book.companies:
            _, harmed, many = book.companies[point, other].T
            total = total.plus(Moments.of_groups(harmed, harmed * (other == kind), many))
            alone -= int((harmed * many).sum())
    return total.plus(Moments.alone(alone, 0))


def _finding(run: SimulatedRun, figures: dict[str, Estimate]) -> str:
    for point in reversed(run.points):  # where most are acted on
        if f"another_too.household.{point}" in figures:
            together, alone, here, lost = (
                figures[f"{what}.household.{point}"].value
                for what in ("another_too", "another_if_alone", "harmed_here", "lose_one")
            )
            return (
                f"Of the people acted on unsupported {run.condition(point)}, {percent(here)} had their household "
                f"with them. Where one member is, another is too in {percent(together)} of cases, against "
                f"{percent(alone)} if members shared nothing. Of {run.per:,.0f} households, {format_number(lost)} have "
                "at least one member acted on unsupported."
            )
    return capital(f"fewer than {FEW} people stopped with a household were acted on unsupported: too few to say more.")
