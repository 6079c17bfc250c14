"""What is kept of simulated people, and until when."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from misid.expected import kept_on_birthday
from misid.findings.model import Cell, ChartData, Section, Table
from misid.findings.nearness import USE
from misid.findings.simulated.book import Book
from misid.findings.simulated.rates import CAVEATS, SimulatedRun
from misid.findings.words import capital, format_number, format_range, listing
from misid.quantities import Conditions, Doubt, Estimate, Quantity
from misid.scenario import Scenario
from misid.storage import literal

YEARS = (1.0, 5.0, 15.0)
LAST = YEARS[-1]
BIRTHDAYS = (18, 21, 25, 30, 31, 33)


def kept_for(scenario: Scenario) -> str:
    """Say how long a photo is kept: ``photo kept 15 years``."""
    years = scenario.use.retention_years.value
    if years <= 0.0:
        return "photo not kept"
    return (
        f"photo kept {format_number(years)} years" if years >= 1.0 else f"photo kept {format_number(years * 365)} days"
    )


def retention_section(run: SimulatedRun, book: Book) -> Section:
    """Return how many photos are kept over the years, of whom, and how long those of children stay."""
    scenario = run.estimates.scenario
    use, kept = scenario.use, scenario.kept
    citizens = ", ".join(literal(name) for name, status in scenario.statuses.items() if status.citizen)
    first = book.points[0]
    parts = {"photos": ("all photos", 1.0)}
    parts |= {
        f"never_named.{point}": (
            f"of people whom nobody named, {run.condition(point)}",
            _share(book, point, "whose = 'none'"),
        )
        for point in book.points
    }
    if citizens:
        parts["citizens"] = ("of citizens", _share(book, first, f"status IN ({citizens})"))
    parts["minors"] = ("of people under 18 when photographed", _share(book, first, "minor"))
    figures = {
        f"{name}.year_{year:g}": _figure(
            lambda rate, keep, part=part, year=year: part * _held(rate, year, keep),
            (use.searches_per_year, use.retention_years),
            "photos",
        )
        for name, (_, part) in parts.items()
        for year in YEARS
    }
    rows: dict[str, tuple[Cell, ...]] = {
        name: (capital(words), *(figures[f"{name}.year_{year:g}"] for year in YEARS))
        for name, (words, _) in parts.items()
    }
    for year in YEARS:
        figures[f"people.year_{year:g}"] = _figure(
            lambda rate, keep, each, year=year: _held(rate, year, keep) / each,
            (use.searches_per_year, use.retention_years, kept.photos_per_person),
            "people",
        )
    rows["people"] = ("People, at so many photos of each", *(figures[f"people.year_{year:g}"] for year in YEARS))
    table = Table(
        "Photos kept, by years after use began",
        ("", *(f"after {year:g}" for year in YEARS)),
        tuple(rows.values()),
        "Ranges: from the low to the high ends of photos a year, years kept and photos of one person. Parts overlap.",
    )
    stock = figures[f"photos.year_{LAST:g}"].value or 0.0
    for name, q in (("added_to_gallery", kept.enter_gallery), ("searched_again", kept.searched_again)):
        # Nobody reports either: not a range around a value, but an if-then at the high end.
        figures[f"{name}.year_{LAST:g}"] = _figure(
            lambda share: share * stock, (q,), "photos" if "gallery" in name else "searches a year"
        )
    return Section(
        "kept", "What is kept", _text(run, figures), figures, _children(run, book), (_chart(run, parts, table),)
    )


def _held(per_year: float, year: float, keep: float) -> float:
    return per_year * min(year, keep)  # FORMULAS 28


def _share(book: Book, point: str, what: str) -> float:
    """Return the share of photos of which something holds; who is not photographed has none."""
    ((scanned, found),) = book.rows(
        f"SELECT count(*), count(*) FILTER ({what}) FROM people WHERE point = {literal(point)} AND scanned"
    )
    return found / scanned if scanned else 0.0


def _figure(what: Callable[..., float], inputs: tuple[Quantity, ...], unit: str) -> Estimate:
    """Return a figure that is monotone in each of some inputs, with its ends where all of them are at theirs."""
    value = what(*(q.value for q in inputs))
    corners = [what(*corner) for corner in product(*((q.low, q.high) for q in inputs))]
    return Estimate(
        value,
        min(value, *corners),
        max(value, *corners),
        unit,
        Doubt.INPUT,
        "photos a year times years kept, times a share of simulated people",
        conditions=Conditions(),
        distance=USE,
        caveats=(*CAVEATS, "stop_mix_assumed", "same_people_scanned_again"),
        by="use",
    )


def _chart(run: SimulatedRun, parts: dict[str, tuple[str, float]], table: Table) -> ChartData:
    use = run.estimates.scenario.use
    rate, keep = use.searches_per_year.value, use.retention_years.value
    years = sorted({*np.arange(0.0, max(LAST, float(np.ceil(keep))) + 6.0).tolist(), keep})
    # Of the points, the one where fewest are named stands for all: their lines could hardly be told apart.
    drawn = [
        part for name, part in parts.items() if not name.startswith("never_named") or name.endswith(f".{run.points[0]}")
    ]
    records = tuple(
        {"year": year, "value": part * _held(rate, year, keep), "series": words, "order": i, "y_title": "photos kept"}
        for i, (words, part) in enumerate(drawn)
        for year in years
    )
    summary = (
        "The stock grows until the first photos are deleted, and then stays. Lines overlap. Ranges are in the table."
    )
    return ChartData("stock", "Photos kept, by years after use began", summary, records, table)


def _children(run: SimulatedRun, book: Book) -> tuple[Table, ...]:
    """Return how long photos of children stay, by birthday."""
    use = run.estimates.scenario.use
    found = book.rows(
        f"SELECT age, count(*) FROM people WHERE point = {literal(book.points[0])} AND minor AND scanned GROUP BY ALL ORDER BY ALL"
    )
    if not found:
        return ()
    age, many = (np.array(x, float) for x in zip(*found, strict=True))

    def still(birthday: float, keep: float) -> float:
        return float((many * kept_on_birthday(age, birthday, keep)).sum() / many.sum())

    rows = tuple(
        (
            f"{birthday}{'st' if birthday % 10 == 1 else 'th'} birthday".replace("33th", "33rd"),
            _figure(lambda keep, at=birthday: still(at, keep), (use.retention_years,), "share of these photos"),
        )
        for birthday in BIRTHDAYS
    )
    note = f"{many.sum():,.0f} simulated people were under 18 when photographed."
    return (
        Table(
            "Photos of children that are still kept",
            ("on the child's", "share of photos of people under 18"),
            rows,
            note,
        ),
    )


def _text(run: SimulatedRun, figures: dict[str, Estimate]) -> str:
    scenario = run.estimates.scenario
    keep = scenario.use.retention_years.value
    photos, whom = figures[f"photos.year_{LAST:g}"], figures[f"people.year_{LAST:g}"]
    if not photos.value:
        return (
            f"No photo is kept. Over the ranges of the inputs up to {format_number(photos.high)} after {LAST:g} years."
        )
    never = [figures[f"never_named.{point}.year_{LAST:g}"].value or 0.0 for point in run.points]
    others = [
        f"{format_number(figures[f'{name}.year_{LAST:g}'].value)} {words}"
        for name, words in (("citizens", "of citizens"), ("minors", "of children"))
        if f"{name}.year_{LAST:g}" in figures
    ]
    further = (figures[f"{name}.year_{LAST:g}"].high or 0.0 for name in ("added_to_gallery", "searched_again"))
    later = [
        f"{words} {format_number(n)}{unit}"
        for n, words, unit in zip(
            further, ("the gallery grows by", "there are"), ("", " further searches a year"), strict=True
        )
        if n
    ]
    later_ = (
        f" If kept photos are searched against and again, as nobody reports, {listing(later)} at most." if later else ""
    )
    until = f" A photo taken at 16 is kept until {format_number(16 + keep)}." if keep >= 1 else ""
    return (
        f"Every photo is kept, hit or no hit. After {LAST:g} years there are about {format_number(photos.value)} "
        f"({format_range(photos.low or 0.0, photos.high or 0.0)}), of about {format_number(whom.value)} people: "
        f"{format_range(min(never), max(never))} of people whom nobody named, {listing(others)}; these overlap.{until}{later_}"
    )
