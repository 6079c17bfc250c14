"""What is kept of simulated people, and until when."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from misid.expected import kept_on_birthday
from misid.findings.model import Cell, ChartData, Section, Table
from misid.findings.nearness import USE
from misid.findings.simulated.ledger import CAVEATS, Book, SimulatedRun
from misid.quantities import Doubt, Estimate, Quantity
from misid.statistics import retention_stock
from misid.storage import literal
from misid.vocabulary.numbers import capital, format_number, format_range, listing, percent

YEARS = (1.0, 5.0, 15.0)
LAST = YEARS[-1]
BIRTHDAYS = (18, 21, 25, 30, 31)
GROWN = 25


def retention_section(run: SimulatedRun, book: Book) -> Section:
    """Return how many photos are kept over the years, of whom, and how long those of children stay."""
    scenario = run.estimates.scenario
    use, kept = scenario.use, scenario.kept
    parts = {"photos": ("all photos", 1.0)}
    for point in book.points:
        words = f"of people whom nobody named, {run.condition(point)}"
        parts[f"never_named.{point}"] = words, _share(book, point, "whose = 'none'")
    citizens = [literal(name) for name, status in scenario.statuses.items() if status.citizen]
    if citizens:
        parts["citizens"] = "of citizens", _share(book, book.points[0], f"status IN ({', '.join(citizens)})")
    parts["minors"] = "of people under 18 when photographed", _share(book, book.points[0], "minor")

    def stock(year: float, part: float = 1.0) -> Estimate:
        inputs = (use.searches_per_year, use.retention_years)
        return _figure(lambda rate, keep: part * float(retention_stock(rate, year, keep)), inputs, "photos")

    figures: dict[str, Estimate] = {}
    rows: list[tuple[Cell, ...]] = []
    for name, (words, part) in parts.items():
        cells = [stock(year, part) for year in YEARS]
        figures |= {f"{name}.year_{year:g}": cell for year, cell in zip(YEARS, cells, strict=True)}
        rows.append((capital(words), *cells))
    photos = figures[f"photos.year_{LAST:g}"].value or 0.0
    figures["people"] = _figure(lambda each: photos / each, (kept.photos_per_person,), "people")
    # Nobody reports either of these two: no range around a value, but an if-then at the high end.
    figures["added_to_gallery"] = _figure(lambda share: share * photos, (kept.enter_gallery,), "photos")
    figures["searched_again"] = _figure(lambda times: times * photos, (kept.searched_again,), "searches a year")
    figures |= _still_kept(run, book)
    note = "Ranges: from the low to the high ends of photos a year and of years kept. Parts overlap."
    table = Table("Photos kept, by years after use began", ("", *(f"after {y:g}" for y in YEARS)), tuple(rows), note)
    return Section("kept", "What is kept", _text(run, figures), figures, (), (_chart(run, parts, table),))


def _share(book: Book, point: str, what: str) -> float:
    """Return the share of photos of which something holds; who is not photographed has none."""
    counted = f"count(*), count(*) FILTER ({what})"
    ((scanned, found),) = book.rows(f"SELECT {counted} FROM people WHERE point = {literal(point)} AND scanned")
    return found / scanned if scanned else 0.0


def _figure(what: Callable[..., float], inputs: tuple[Quantity, ...], unit: str) -> Estimate:
    """Return a figure that is monotone in each of some inputs, with its ends where all of them are at theirs."""
    value = what(*(q.value for q in inputs))
    corners = [value, *(what(*corner) for corner in product(*((q.low, q.high) for q in inputs)))]
    method = "photos a year times years kept, times a share of simulated people"
    caveats = (*CAVEATS, "stop_mix_assumed", "same_people_scanned_again")
    return Estimate(
        value, min(corners), max(corners), unit, Doubt.INPUT, method, distance=USE, caveats=caveats, by="use"
    )


def _chart(run: SimulatedRun, parts: dict[str, tuple[str, float]], table: Table) -> ChartData:
    use = run.estimates.scenario.use
    rate, keep = use.searches_per_year.value, use.retention_years.value
    years = sorted({*np.arange(0.0, max(LAST, float(np.ceil(keep))) + 6.0).tolist(), keep})
    # The strictest point stands for all: their lines could hardly be told apart.
    left_out = {f"never_named.{point}" for point in run.points[1:]}
    drawn = [part for name, part in parts.items() if name not in left_out]
    records = tuple(
        {
            "year": year,
            "value": part * float(retention_stock(rate, year, keep)),
            "series": words.partition(",")[0],  # the point is in the table
            "order": i,
            "y_title": "photos kept",
        }
        for i, (words, part) in enumerate(drawn)
        for year in years
    )
    summary = "The stock grows until the first photos are deleted, and then stays. Lines overlap."
    return ChartData("stock", table.title, summary, records, table)


def _still_kept(run: SimulatedRun, book: Book) -> dict[str, Estimate]:
    """Return which share of the photos of children is still kept on later birthdays; nothing where none was taken."""
    keep = run.estimates.scenario.use.retention_years
    here = f"point = {literal(book.points[0])} AND minor AND scanned"
    found = np.array(book.rows(f"SELECT age, count(*) FROM people WHERE {here} GROUP BY ALL ORDER BY ALL"), float)
    if not len(found):
        return {}
    age, many = found.T

    def still(years: float, at: int) -> float:
        return float(many @ kept_on_birthday(age, at, years) / many.sum())

    return {
        f"children.still_at_{at}": _figure(
            lambda years, at=at: still(years, at), (keep,), "share of photos of children"
        )
        for at in BIRTHDAYS
    }


def _text(run: SimulatedRun, figures: dict[str, Estimate]) -> str:
    keep = run.estimates.scenario.use.retention_years.value
    photos = figures[f"photos.year_{LAST:g}"]
    low, high = photos.low or 0.0, photos.high or 0.0
    if not photos.value:
        return f"No photo is kept. Over the ranges of the inputs up to {format_number(high)} after {LAST:g} years."
    never = [figures[f"never_named.{point}.year_{LAST:g}"].value or 0.0 for point in run.points]
    kinds = {"citizens": "of citizens", "minors": "of children"}
    others = [
        f"{format_number(figures[name].value)} {words}"
        for name, words in ((f"{kind}.year_{LAST:g}", words) for kind, words in kinds.items())
        if name in figures
    ]
    text = (
        f"Every photo is kept, hit or no hit. After {LAST:g} years there are about {format_number(photos.value)} "
        f"({format_range(low, high)}), of {format_number(figures['people'].value)} people: {format_range(min(never), max(never))} of people whom nobody named, "
        f"{listing(others)}; these overlap."
    )
    if keep >= 1:
        text += f" A photo taken at 16 is kept until {format_number(16 + keep)}."
    grown = figures.get(f"children.still_at_{GROWN}")
    if grown and grown.value:
        text += f" On the child's {GROWN}th birthday {percent(grown.value)} of the photos of children are still kept."
    added, again = (figures[name].high or 0.0 for name in ("added_to_gallery", "searched_again"))
    if added or again:
        text += (
            f" If kept photos are searched against, the gallery grows by up to {format_number(added)}; if they are "
            f"searched again, there are up to {format_number(again)} further searches a year. Neither is reported."
        )
    return text
