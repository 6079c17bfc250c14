"""What happens to simulated people at each operating point, by cause and status, beside what is expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from misid.algorithm import SEARCH
from misid.findings.model import Cell, Section, Table
from misid.findings.simulated.book import Book
from misid.findings.simulated.rates import ACTED, ERROR, Moments, SimulatedRun, simulated_rate
from misid.findings.words import format_number, listing
from misid.quantities import Estimate

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
            rows = tuple((run.named(point), how, *cells) for point, how, cells in _rows(figures, met, run.points))
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
    rows = [
        (f"{statuses[status].title}: {run.named(point)}", how, *cells)
        for status in met
        for point, how, cells in _rows(
            figures, shown, tuple(dict.fromkeys((run.points[0], run.points[-1]))), f"{status}."
        )
    ]
    small = [statuses[s].title for s in run.estimates.harmed if 0 < _people(book, s) < SMALLEST]
    text = (
        "Of people with a right to stay, by status, at the strictest and the loosest threshold. How often a record is wrong "
        "is an input of each status, given in the table of inputs with its source; the ranges here do not hold it."
    )
    if small:
        text += f" Not printed, under {SMALLEST} people met: {listing(small)}."
    title = f"Acted on unsupported, of {run.per:,.0f} people of each status"
    table = Table(
        title,
        ("status: strangers named", "", *(FOLLOWED[name].removeprefix("of these, ") for name in shown)),
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
