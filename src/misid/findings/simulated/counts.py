"""What happens to simulated people beside what is expected, of all and of each status; and to those stopped together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from misid.algorithm import SEARCH
from misid.findings.model import Cell, Section, Table
from misid.findings.questions.registry import ACTED, entitled
from misid.findings.simulated.ledger import FEW, MEASURES, Book, Moments, SimulatedRun, agreeing, simulated_rate
from misid.quantities import Estimate
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import grouped
from misid.vocabulary.units import OF_ACTED

SEARCHED = ("hit", "right", "wrong", "wrong_stranger", "wrong_relative", "no_hit")  # all others follow the search
SUMS = ("hit", "wrong")  # of rows that are shown
BOTH = ("simulated", "expected")
BY_STATUS = ("wrong_person", "wrong_record", "not_verified", "disbelieved_document")
ALSO_BY_STATUS = ("wrong", "unsupported", "fingerprint_wrong_person", "fingerprint_wrong_record")
SMALLEST = 20  # of a smaller group nothing is printed


def counts(run: SimulatedRun, book: Book) -> Section:
    """Return the outcomes of everybody."""
    figures = {
        name: figure for point in run.points for name, figure in _both(run, book.by_status[point][""], point).items()
    }
    rows = {name: say(f"simulated.measure.{name}") for name in MEASURES if name not in SUMS}
    found = []
    for point in run.ends:
        seen, expected = (figures[f"unsupported.{point}.{how}"] for how in BOTH)
        ends = {"n": seen.value, "range": (seen.low, seen.high), "expected": expected.value}
        found.append(say("simulated.counts.at", condition=run.condition(point), **ends))
    texts = [say("simulated.counts.text", people=run.photographed, counts=found), _agreement(figures)]
    tables = _beside(run, figures, rows, say("simulated.counts.table", people=run.photographed))
    return Section("counts", say("simulated.counts.title"), " ".join(texts), figures, tables)


def statuses_section(run: SimulatedRun, book: Book) -> Section:
    """Return who is acted on unsupported, of the people of each status with a right to stay."""
    statuses, first = run.estimates.scenario.statuses, book.by_status[book.points[0]]
    people = {status: first[status]["hit"].people for status in run.estimates.harmed if status in first}
    met = [status for status, n in people.items() if n >= SMALLEST]
    figures: dict[str, Estimate] = {}
    for status in met:
        for point in run.points:
            outcomes = {name: book.by_status[point][status][name] for name in (*BY_STATUS, *ALSO_BY_STATUS)}
            figures |= {f"{status}.{name}": x for name, x in _both(run, outcomes, point, status).items()}
    rows = {
        f"{status}.{name}": say("simulated.status.row", status=statuses[status].title, what=what)
        for status in met
        for name, what in ((name, say(f"simulated.measure.{name}")) for name in BY_STATUS)
    }
    texts = [say("simulated.status.text", people=entitled(run.estimates))]
    if figures:
        texts.append(_agreement(figures))
    if small := [statuses[status].title for status in people if status not in met]:
        texts.append(say("simulated.status.small", n=grouped(SMALLEST), statuses=small))
    tables = _beside(run, figures, rows, say("simulated.status.table", n=run.per))
    return Section("statuses", say("simulated.status.title"), " ".join(texts), figures, tables)


def _both(run: SimulatedRun, found: Mapping[str, Moments], point: str, *status: str) -> dict[str, Estimate]:
    """Return every measure as it was simulated and as it is expected, by name; per so many of one status if named."""
    title = run.estimates.scenario.statuses[status[0]].title if status else "all"
    figures = {}
    for outcome, moments in found.items():
        counted = SEARCH if outcome in SEARCHED else ACTED
        figures[f"{outcome}.{point}.simulated"] = run.estimate(
            simulated_rate(moments), point, "people", title, counted=counted
        )
        figures[f"{outcome}.{point}.expected"] = run.estimates.count(
            outcome, point, *status, of_them=bool(status), counted=counted
        )
    return figures


def _agreement(figures: Mapping[str, Estimate]) -> str:
    """Say how many expected counts lie within the simulation error, of those that are not zero in both."""
    seen = {name.removesuffix(".simulated"): x for name, x in figures.items() if name.endswith(".simulated")}
    pairs = [(figures[f"{name}.expected"], x) for name, x in seen.items()]
    pairs = [pair for pair in pairs if pair[0].value or pair[1].value]
    return say("simulated.agree", inside=agreeing(pairs), of=len(pairs))


def _beside(
    run: SimulatedRun, figures: Mapping[str, Estimate], rows: Mapping[str, str], title: str
) -> tuple[Table, ...]:
    """Return the simulated figures beside the expected ones at the ends; rows that are nothing everywhere are out."""
    heads = [say(f"simulated.column.{how}", at=run.named(point)) for point in run.ends for how in BOTH]
    cells = {
        words: [figures[f"{stem}.{point}.{how}"] for point in run.ends for how in BOTH] for stem, words in rows.items()
    }
    shown: tuple[tuple[Cell, ...], ...] = tuple(
        (words, *found) for words, found in cells.items() if any(x.value for x in found)
    )
    return (Table(title, ("", *heads), shown, say("simulated.error")),) if shown else ()


def company_section(run: SimulatedRun, book: Book) -> Section:
    """Return what becomes of households and workplaces, at the strictest and at the loosest operating point."""
    title = say("simulated.together.title")
    if not book.companies:
        return Section("together", title, say("simulated.together.alone"))
    figures: dict[str, Estimate] = {}
    rows: list[tuple[Cell, ...]] = []
    heads = ("harmed_here", "another_too", "another_if_alone", "lose_one")
    for point, kind in book.companies:
        found = _company(run, book, point, kind)
        figures |= {f"{what}.{kind}.{point}": figure for what, figure in found.items()}
        if point in run.ends:
            words = say(f"simulated.together.at_{kind}", at=run.named(point))
            met, few = int(book.companies[point, kind][:, 2].sum()), say("simulated.together.too_few")
            rows.append((words, met, *(found.get(what, few) for what in heads)))
    fate = run.estimates.scenario.together.shared_fate
    assumed = say("simulated.together.assumed", fate=fate.value, low=fate.low, high=fate.high, source=fate.source)
    columns = (*(say(f"simulated.together.{name}", n=run.per) for name in ("at", "met", *heads)),)
    distance = run.estimates.distance(run.estimates.place(run.points[0]), ACTED)
    table = Table(say("simulated.together.table"), columns, tuple(rows), say("simulated.together.note"), distance)
    return Section("together", title, f"{_finding(run, figures)} {assumed}", figures, (table,))


def _company(run: SimulatedRun, book: Book, point: str, kind: str) -> dict[str, Estimate]:
    """Return the figures of one kind of group; those about people acted on are absent where too few were."""
    size, harmed, many = book.companies[point, kind].T
    title = say(f"simulated.together.{kind}")
    groups = Moments.alone(int(many.sum()), int(many[harmed > 0].sum()))
    found = {"lose_one": run.estimate(simulated_rate(groups), point, f"of {title}", title, counted=ACTED)}
    if (harmed * many).sum() < FEW:
        return found
    here = book.moments(point, {kind: f"together = '{kind}'"}, MEASURES["unsupported"])[""][kind]
    another = Moments.of_groups(harmed, harmed * (harmed > 1), many)
    for what, moments in (("harmed_here", here), ("another_too", another)):
        found[what] = run.estimate(simulated_rate(moments), point, OF_ACTED, title, per=1.0, counted=ACTED)
    risk = (harmed * many).sum() / (size * many).sum()
    alone = -np.expm1((size - 1) * np.log1p(-min(risk, 1.0 - 1e-12)))
    found["another_if_alone"] = run.estimates.estimate(
        float((harmed * many * alone).sum() / (harmed * many).sum()),
        run.estimates.place(point),
        unit=OF_ACTED,
        group=title,
        counted=ACTED,
        method=say("simulated.together.method"),
        n=1.0,
    )
    return found


def _finding(run: SimulatedRun, figures: dict[str, Estimate]) -> str:
    for point in reversed(run.points):  # where most are acted on
        if f"another_too.household.{point}" in figures:
            found = {
                what: figures[f"{what}.household.{point}"].value
                for what in ("harmed_here", "another_too", "another_if_alone", "lose_one")
            }
            return say("simulated.together.finding", condition=run.condition(point), n=run.per, **found)
    return say("simulated.together.few", n=grouped(FEW))
