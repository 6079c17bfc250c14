"""What happens to simulated people beside what is expected, of all and of each status; and to those stopped together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

import numpy as np

from misid.algorithm import SEARCH
from misid.findings.model import Cell, Section, Table
from misid.findings.questions.registry import ACTED, condition, photographed
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
COMPANY = ("harmed_here", "another_too", "another_if_alone", "lose_one")
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
        acted.append(say("simulated.counts.at", condition=condition(e, point), **ends))
    texts = [
        say("simulated.counts.text", people=photographed(e), counts=acted),
        say("simulated.counts.agree", inside=agreeing(pairs), of=len(pairs)),
        *((say("simulated.counts.statuses", people=e.scenario.entitled),) if met else ()),
        *((say("simulated.counts.small", n=grouped(SMALLEST), statuses=[titles[x] for x in small]),) if small else ()),
    ]
    rows = {name: say(f"simulated.measure.{name}") for name in MEASURES if name not in SUMS}
    of_status = {
        f"{status}.{name}": say("simulated.counts.row", status=titles[status], what=rows[name])
        for status in met
        for name in BY_STATUS
    }
    tables = (
        *_beside(run, figures, rows, say("simulated.counts.table", people=photographed(e))),
        *_beside(run, figures, of_status, say("simulated.counts.by_status", n=run.estimates.size)),
    )
    return Section("counts", say("simulated.counts.title"), " ".join(texts), figures, tables)


def _both(run: SimulatedRun, book: Book, outcomes: Iterable[str], status: str = "") -> dict[str, Estimate]:
    """Return measures as simulated and as expected, by name; per so many of one status if named."""
    title = run.estimates.scenario.statuses[status].title if status else "all"
    figures = {}
    for outcome, point in product(outcomes, run.estimates.names):
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
    found = {(point, kind): _company(run, book, point, kind) for point, kind in book.companies}
    figures = {f"{what}.{kind}.{point}": x for (point, kind), each in found.items() for what, x in each.items()}
    heads = [what for what in COMPANY if any(what in each for each in found.values())]
    few = say("simulated.together.too_few")
    rows: list[tuple[Cell, ...]] = [
        (
            say(f"simulated.together.at_{kind}", at=run.named(point)),
            int(book.companies[point, kind][:, 2].sum()),
            *(each.get(what, few) for what in heads),
        )
        for (point, kind), each in found.items()
        if point in run.ends
    ]
    many = [point for point in run.estimates.names if f"another_too.household.{point}" in figures]
    text = say("simulated.together.few", n=grouped(FEW))
    if many:  # said where most are acted on
        values = {what: figures[f"{what}.household.{many[-1]}"].value for what in COMPANY}
        text = say(
            "simulated.together.finding", condition=condition(run.estimates, many[-1]), n=run.estimates.size, **values
        )
    fate = run.estimates.scenario.together.shared_fate
    assumed = say("simulated.together.assumed", fate=fate.value, low=fate.low, high=fate.high, source=fate.source)
    columns = tuple(say(f"simulated.together.{name}", n=run.estimates.size) for name in ("at", "met", *heads))
    distance = run.estimates.distance(run.estimates.place(run.estimates.names[0]), ACTED)
    table = Table(say("simulated.together.table"), columns, tuple(rows), say("simulated.together.note"), distance)
    return Section("together", title, f"{text} {assumed}", figures, (table,))


def _company(run: SimulatedRun, book: Book, point: str, kind: str) -> dict[str, Estimate]:
    """Return the figures of one kind of group; those about people acted on are absent where too few were."""
    size, harmed, many = book.companies[point, kind].T
    title, place = say(f"simulated.together.{kind}"), run.estimates.place(point)
    groups = Moments.alone(int(many.sum()), int(many[harmed > 0].sum()))
    lost = {"lose_one": run.estimate(simulated_rate(groups), point, f"of {kind}s", title, counted=ACTED)}
    if (harmed * many).sum() < FEW:
        return lost
    here = book.moments(point, {kind: f"together = '{kind}'"}, MEASURES["unsupported"])[""][kind]
    another = Moments.of_groups(harmed, harmed * (harmed > 1), many)
    shares = [run.estimate(simulated_rate(m), point, OF_ACTED, title, per=1.0, counted=ACTED) for m in (here, another)]
    risk = (harmed * many).sum() / (size * many).sum()
    each = -np.expm1((size - 1) * np.log1p(-min(risk, 1.0 - 1e-12)))
    alone, method = float((harmed * many * each).sum() / (harmed * many).sum()), say("simulated.together.method")
    apart = run.estimates.estimate(alone, place, unit=OF_ACTED, group=title, counted=ACTED, method=method, n=1.0)
    return dict(zip(COMPANY, (*shares, apart), strict=False)) | lost
