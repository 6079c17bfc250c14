"""What happens to simulated people beside what is expected, of all and of each status; and to those stopped together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

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
    """Return the outcomes of everybody, and of the people of each status with a right to stay, beside the expected."""
    e, first = run.estimates, book.by_status[book.points[0]]
    titles = {status: e.scenario.statuses[status].title for status in e.harmed if status in first}
    small = [status for status in titles if first[status]["hit"].people < SMALLEST]
    met = [status for status in titles if status not in small]
    figures = _both(run, book, MEASURES)
    for status in met:
        figures |= _both(run, book, (*BY_STATUS, *ALSO_BY_STATUS), status)
    seen = {name.removesuffix(".simulated"): x for name, x in figures.items() if name.endswith(".simulated")}
    pairs = [(figures[f"{name}.expected"], x) for name, x in seen.items()]
    pairs = [pair for pair in pairs if pair[0].value or pair[1].value]
    acted = []
    for point in run.ends:
        one, expected = seen[f"unsupported.{point}"], figures[f"unsupported.{point}.expected"].value
        ends = {"n": one.value, "range": (one.low, one.high), "expected": expected}
        acted.append(say("simulated.counts.at", condition=run.condition(point), **ends))
    texts = [
        say("simulated.counts.text", people=run.photographed, counts=acted),
        say("simulated.counts.agree", inside=agreeing(pairs), of=len(pairs)),
        *((say("simulated.counts.statuses", people=entitled(e)),) if met else ()),
        *((say("simulated.counts.small", n=grouped(SMALLEST), statuses=[titles[x] for x in small]),) if small else ()),
    ]
    rows = {name: say(f"simulated.measure.{name}") for name in MEASURES if name not in SUMS}
    of_status = {
        f"{status}.{name}": say("simulated.counts.row", status=titles[status], what=rows[name])
        for status in met
        for name in BY_STATUS
    }
    tables = (
        *_beside(run, figures, rows, say("simulated.counts.table", people=run.photographed)),
        *_beside(run, figures, of_status, say("simulated.counts.by_status", n=run.per)),
    )
    return Section("counts", say("simulated.counts.title"), " ".join(texts), figures, tables)


def _both(run: SimulatedRun, book: Book, outcomes: Iterable[str], status: str = "") -> dict[str, Estimate]:
    """Return measures as simulated and as expected, by name; per so many of one status if named."""
    title = run.estimates.scenario.statuses[status].title if status else "all"
    figures = {}
    for outcome, point in product(outcomes, run.points):
        stem, counted = f"{status}.{outcome}.{point}".removeprefix("."), SEARCH if outcome in SEARCHED else ACTED
        rate = simulated_rate(book.by_status[point][status][outcome])
        figures[f"{stem}.simulated"] = run.estimate(rate, point, "people", title, counted=counted)
        whose = (status,) if status else ()
        figures[f"{stem}.expected"] = run.estimates.count(outcome, point, *whose, of_them=bool(status), counted=counted)
    return figures


def _beside(
    run: SimulatedRun, figures: Mapping[str, Estimate], rows: Mapping[str, str], title: str
) -> tuple[Table, ...]:
    """Return the simulated figures beside the expected ones at the ends; rows that are nothing everywhere are out."""
    heads = [say(f"simulated.column.{how}", at=run.named(point)) for point in run.ends for how in BOTH]
    shown: list[tuple[Cell, ...]] = []
    for stem, words in rows.items():
        cells = [figures[f"{stem}.{point}.{how}"] for point in run.ends for how in BOTH]
        if any(cell.value for cell in cells):
            shown.append((words, *cells))
    return (Table(title, ("", *heads), tuple(shown), say("simulated.error")),) if shown else ()


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
