"""What is kept of simulated people: of how many, of children until when, and what follows if it is searched."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product

import numpy as np

from misid.expected import kept_on_birthday
from misid.findings.model import Section, Table
from misid.findings.nearness import USE
from misid.findings.questions.unknown import YEARS
from misid.findings.simulated.ledger import CAVEATS, Book, SimulatedRun
from misid.quantities import Doubt, Estimate, Quantity
from misid.statistics import retention_stock
from misid.storage import literal
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import grouped
from misid.vocabulary.units import OF_CHILDREN, PHOTOS_KEPT, SEARCHES_A_YEAR

BIRTHDAYS = (18, 21, 25, 30, 31)


def retention_section(run: SimulatedRun, book: Book) -> Section:
    """Return of how many people photos are kept after some years, and how long those of children stay."""
    use, kept = run.estimates.scenario.use, run.estimates.scenario.kept
    here = f"FROM people WHERE point = {literal(book.points[0])} AND scanned"
    ages = np.array(book.rows(f"SELECT age, count(*) {here} AND minor GROUP BY ALL ORDER BY ALL"), float).reshape(-1, 2)
    ((scanned,),) = book.rows(f"SELECT count(*) {here}")
    age, many = ages.T
    inputs, of_children = (use.searches_per_year, use.retention_years), many.sum() / max(scanned, 1)

    def stock(rate: float, keep: float) -> float:
        return float(retention_stock(rate, YEARS, keep))

    photos = _figure(stock, inputs, PHOTOS_KEPT)
    at = photos.value or 0.0
    figures = {
        f"photos.year_{YEARS:g}": photos,
        f"minors.year_{YEARS:g}": _figure(lambda *given: of_children * stock(*given), inputs, PHOTOS_KEPT),
        "people": _figure(lambda each: at / each, (kept.photos_per_person,), "people"),
        # Nobody reports either of these two: no range around a value, but an if-then at the high end.
        "added_to_gallery": _figure(lambda share: share * at, (kept.enter_gallery,), PHOTOS_KEPT),
        "searched_again": _figure(lambda times: times * at, (kept.searched_again,), SEARCHES_A_YEAR),
    }

    def left(day: int) -> Estimate:
        """Return the share of photos of children that are still there on a later birthday."""
        share = partial(kept_on_birthday, age, day)
        return _figure(lambda keep: float(many @ share(keep) / many.sum()), (use.retention_years,), OF_CHILDREN)

    still = {day: left(day) for day in (BIRTHDAYS if len(many) else ())}
    figures |= {f"children.still_at_{day}": figure for day, figure in still.items()}
    texts: list[str] = []
    tables: tuple[Table, ...] = ()
    if not at:
        texts.append(say("simulated.stock.none", years=YEARS, most=photos.high))
    else:
        counted = {"photos": at, "people": figures["people"].value, "children": of_children * at}
        texts.append(say("simulated.stock.text", years=YEARS, range=(photos.low, photos.high), **counted))
        if use.retention_years.value >= 1:
            texts.append(say("simulated.stock.until", age=16 + use.retention_years.value))
        added, again = figures["added_to_gallery"].high, figures["searched_again"].high
        if added or again:
            texts.append(say("simulated.stock.searched", added=added, again=again))
        rows = tuple((grouped(day), figure) for day, figure in still.items())
        heads = (say("simulated.stock.birthday"), say("simulated.stock.still"))
        tables = (Table(say("simulated.stock.table"), heads, rows, say("simulated.stock.note")),) if rows else ()
    return Section("kept", say("simulated.stock.title"), " ".join(texts), figures, tables)


def _figure(what: Callable[..., float], inputs: tuple[Quantity, ...], unit: str) -> Estimate:
    """Return a figure that is monotone in each of some inputs, with its ends where all of them are at theirs."""
    value = what(*(q.value for q in inputs))
    corners = [value, *(what(*corner) for corner in product(*((q.low, q.high) for q in inputs)))]
    caveats = (*CAVEATS, "stop_mix_assumed", "same_people_scanned_again")
    method, ends = say("simulated.stock.method"), (min(corners), max(corners))
    return Estimate(value, *ends, unit, Doubt.INPUT, method, distance=USE, caveats=caveats, by="use")
