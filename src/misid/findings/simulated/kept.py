"""What is kept of simulated people over the years: photos, of whom, for how long, and what is done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from misid.expected import DAYS_PER_YEAR, kept_on_birthday
from misid.findings.model import Cell, ChartData, Section, Table
from misid.findings.nearness import USE
from misid.findings.reckon import N_PATH, shown_point
from misid.findings.simulated.book import Book
from misid.findings.simulated.rates import Words
from misid.findings.simulated.rerun import expected
from misid.findings.words import capital, format_number, format_range, label, listing
from misid.quantities import Conditions, Doubt, Estimate, Quantity
from misid.statistics import retention_stock
from misid.storage import literal
from misid.vocabulary import Mode

HORIZON = 15.0
BIRTHDAYS = (18, 21, 25, 30, 31, 33)
NEVER = "never matched anybody"
MATCHED = "if photos without a hit are deleted"
ALIKE = 0.03  # of all photos
CAVEATS = ("stop_mix_assumed", "same_people_scanned_again")
Ends = Callable[..., float]


class Stock:
    """Photos held over the years, with the ends that the inputs' ranges allow.

    Parameters
    ----------
    words : Words
        Of the run.
    """

    def __init__(self, words: Words) -> None:
        self.words = words
        self.use, self.kept = words.reckoner.scenario.use, words.reckoner.scenario.kept

    def figure(
        self,
        what: Ends,
        fields: Sequence[Quantity],
        unit: str,
        method: str,
        mode: Mode | None = None,
        searched: bool = False,
    ) -> Estimate:
        """Return a figure at best values, its ends at the corners of the box of some inputs.

        Parameters
        ----------
        what : callable
            Of one number for each input; monotone in each.
        fields : sequence of Quantity
            Inputs.
        unit, method : str
            Of the estimate.
        mode : Mode, optional
            Where the figure depends on it.
        searched : bool
            Whether it rests on what a search finds; else there is no test that it could be near.
        """
        value = what(*(q.value for q in fields))
        corners = [what(*corner) for corner in product(*((q.low, q.high) for q in fields))]
        return Estimate(
            value,
            min(value, *corners),
            max(value, *corners),
            unit,
            Doubt.INPUT,
            method,
            conditions=Conditions(
                gallery=self.words.reckoner.scenario.gallery.title, mode="" if mode is None else mode.value
            ),
            distance=self.words.reckoner.distance(mode or self.words.reckoner.modes[0]) if searched else USE,
            caveats=self.words.caveats(*CAVEATS),
        )

    def photos(self, year: float, part: float = 1.0, mode: Mode | None = None) -> Estimate:
        """Return photos held after some years, of a part of those photographed."""
        return self.figure(
            lambda rate, years: part * held(rate, year, years),
            (self.use.scans_per_day, self.use.retention_years),
            "photos",
            "rate x min(years, retention), times a share among the simulated",
            mode,
            searched=mode is not None,
        )


@dataclass(frozen=True)
class PhotoPart:
    """Photos that are told apart.

    Parameters
    ----------
    key, title : str
        Stable name, and words.
    share : float
        Of all photos.
    mode : Mode or None
        Where it depends on how FPIR moves.
    """

    key: str
    title: str
    share: float
    mode: Mode | None = None

    @property
    def full_title(self) -> str:
        """Words, with the mode where it matters."""
        return self.title if self.mode is None else f"{self.title} ({label(self.mode)})"

    @property
    def name(self) -> str:
        """Stable name, with the mode where it matters."""
        return self.key if self.mode is None else f"{self.key}.{self.mode.value}"


def held(per_day: float, year: float, retention: float) -> float:
    """Return photos held some years after use began (FORMULAS 28)."""
    return float(retention_stock(per_day * DAYS_PER_YEAR, year, retention))


def retention_section(words: Words, book: Book) -> Section:
    """Return what is kept over the years.

    Parameters
    ----------
    words : Words
        Of the run.
    book : Book
        Its ledger.
    """
    stock, parts = Stock(words), _parts(words, book)
    columns = _years(stock)
    rows = [
        ("photos", "photos", [stock.photos(year) for year in columns]),
        ("people", "people, at so many photos of each", [_people(stock, year) for year in columns]),
        *((p.name, p.full_title, [stock.photos(year, p.share, p.mode) for year in columns]) for p in parts),
    ]
    table = Table(
        "Photos kept, by years after use began",
        ("", *(_after(stock, year) for year in columns)),
        tuple((capital(title), *cells) for _, title, cells in rows),
        f"Every photo is kept {_said_years(stock)}; from then on as many go as come. Shares are those among the "
        "simulated. Ranges are between the ends of the inputs.",
    )
    children = _children(words, book, stock)
    return Section(
        "kept",
        "What is kept",
        _said(stock, parts),
        {f"{name}.year_{year:g}": cell for name, _, cells in rows for year, cell in zip(columns, cells, strict=True)},
        (*([] if children is None else [children]), *_used(words, book, stock)),
        (_chart(stock, parts, table),),
    )


def _years(stock: Stock) -> tuple[float, ...]:
    now, keep = stock.use.years_running.value, stock.use.retention_years.value
    return tuple(sorted({now, 5.0, HORIZON, *([] if keep <= 1.0 else [keep])}))


def _after(stock: Stock, year: float) -> str:
    return f"so far ({format_number(year)} years)" if year == stock.use.years_running.value else f"after {year:g}"


def _said_years(stock: Stock) -> str:
    years = stock.use.retention_years.value
    return f"{format_number(years)} years" if years >= 1 else f"{format_number(years * DAYS_PER_YEAR)} days"


def _share(book: Book, mode: Mode, what: str) -> float:
    """Return the share of photos of which something holds; who is not photographed has none."""
    photographed = book.total(mode, "scanned")
    return book.total(mode, f"scanned AND {what}") / photographed if photographed else 0.0


def _parts(words: Words, book: Book) -> tuple[PhotoPart, ...]:
    """Return which photos are told apart."""
    scenario = words.reckoner.scenario
    first = book.modes[0]
    citizens = ", ".join(literal(status) for status, entry in scenario.statuses.items() if entry.citizen)
    deletes = any(entry.delete_no_match for entry in scenario.configurations.values())
    return (
        *(PhotoPart("never_matched", NEVER, _share(book, mode, "whose = 'none'"), mode) for mode in book.modes),
        *([PhotoPart("citizens", "of citizens", _share(book, first, f"status IN ({citizens})"))] if citizens else []),
        PhotoPart("minors", "of people under 18 when photographed", _share(book, first, "minor")),
        *(PhotoPart("matched", MATCHED, _share(book, mode, "whose <> 'none'"), mode) for mode in book.modes if deletes),
    )


def _people(stock: Stock, year: float) -> Estimate:
    return stock.figure(
        lambda rate, years, each: held(rate, year, years) / each,
        (stock.use.scans_per_day, stock.use.retention_years, stock.kept.photos_per_person),
        "people",
        "photos over photos of one person",
    )


def _chart(stock: Stock, parts: Sequence[PhotoPart], table: Table) -> ChartData:
    rate, keep = stock.use.scans_per_day.value, stock.use.retention_years.value
    last = max(HORIZON, float(np.ceil(keep))) + 5.0
    years = np.unique(np.append(np.arange(0.0, last + 1.0), keep)).tolist()
    # Readings that could hardly be told apart in the picture are one line.
    drawn: list[PhotoPart] = []
    for part in (PhotoPart("photos", "all photos", 1.0), *parts):
        if not any(part.key == other.key and abs(part.share - other.share) < ALIKE for other in drawn):
            drawn.append(part)
    keys = [part.key for part in drawn]
    records = tuple(
        {
            "year": year,
            "value": part.share * held(rate, year, keep),
            "series": part.title if keys.count(part.key) == 1 else part.full_title,
            "order": i,
            "y_title": "photos kept",
        }
        for i, part in enumerate(drawn)
        for year in years
    )
    return ChartData(
        "stock",
        "Photos kept, by years after use began, at best values",
        f"The stock grows for {_said_years(stock)} and then stays. Lines overlap: a citizen's photo may also be one that "
        "never matched. Ranges, and every reading, are in the table.",
        records,
        table,
    )


def _children(words: Words, book: Book, stock: Stock) -> Table | None:
    """Return how long photos of children stay, by birthday."""
    mode = book.modes[0]
    ages = book.rows(
        f"SELECT age, count(*) FROM people WHERE mode = '{mode.value}' AND minor AND scanned GROUP BY ALL ORDER BY ALL"
    )
    if not ages:
        return None
    age, many = (np.array(x, float) for x in zip(*ages, strict=True))
    share = _share(book, mode, "minor")

    def still(years: float, birthday: float) -> float:
        return float((many * kept_on_birthday(age, birthday, years)).sum() / many.sum())

    rows = tuple(
        (
            f"{birthday}th birthday" if birthday % 10 != 1 else f"{birthday}st birthday",
            stock.figure(
                lambda years, at=birthday: still(years, at),
                (stock.use.retention_years,),
                "share of these photos",
                "age plus retention",
            ),
            stock.figure(
                lambda rate, years, at=birthday: rate * DAYS_PER_YEAR * share * still(years, at),
                (stock.use.scans_per_day, stock.use.retention_years),
                "photos a year",
                "rate, times the share of children among the simulated",
            ),
        )
        for birthday in BIRTHDAYS
    )
    return Table(
        "Photos of children that are still kept when the child has grown up",
        ("still kept on the", "share of photos of people under 18", "photos of each year of use"),
        rows,
        f"{many.sum():,.0f} simulated people were under 18 when photographed.",
    )


def _used(words: Words, book: Book, stock: Stock) -> list[Table]:
    """Return what entering the gallery and searching again would do; both are off at best values."""
    reckoner = words.reckoner
    if reckoner.n_references <= 1:
        return []
    years = (1.0, 5.0, HORIZON)
    return [_entering(words, book, stock, years), _searching(words, book, stock, years)]


def _entering(words: Words, book: Book, stock: Stock, years: Sequence[float]) -> Table:
    before = words.reckoner.n_references
    modes = tuple(mode for mode in book.modes if mode is Mode.COMPARISONS) or book.modes
    rows: list[tuple[Cell, ...]] = []
    for year in years:
        added = stock.figure(
            lambda rate, keep, enter, at=year: enter * held(rate, at, keep),
            (stock.use.scans_per_day, stock.use.retention_years, stock.kept.enter_gallery),
            "photos",
            "stock times the share that enters",
        )
        sizes = [before + (x or 0.0) for x in (added.value, added.low, added.high)]
        cells = []
        for mode in modes:
            wrong = (
                words.per * expected(words.reckoner, mode, shown_point(words.reckoner, {N_PATH: sizes}))["wrong_hit"]
            )
            cells.append(
                words.plain(
                    float(wrong[0]),
                    "people",
                    mode,
                    "closed form at the grown gallery",
                    _ends(wrong),
                    CAVEATS,
                    words.per,
                    words.reckoner.distance(mode, sizes[0]),
                )
            )
        rows.append((f"after {year:g}", added, *cells))
    q = stock.kept.enter_gallery
    return Table(
        f"If kept photos are searched against later: wrong hits per {words.per:,.0f} photographed",
        ("years of use", "photos added to the gallery", *(f"wrong hits, {label(mode)}" for mode in modes)),
        tuple(rows),
        f"At best value {_percent(q.value)} of kept photos enter; the range is {_percent(q.low)} to {_percent(q.high)}. Where "
        "FPIR is held, wrong hits stay and more people are missed.",
    )


def _searching(words: Words, book: Book, stock: Stock, years: Sequence[float]) -> Table:
    wrong = {mode: float(expected(words.reckoner, mode)["wrong_hit"][0]) for mode in book.modes}
    rows: list[tuple[Cell, ...]] = []
    for year in years:
        cells = [
            stock.figure(
                lambda rate, keep, again, at=year, each=wrong[mode]: again * each * held(rate, at, keep),
                (stock.use.scans_per_day, stock.use.retention_years, stock.kept.searched_again),
                "wrong hits a year",
                "stock times searches times wrong hits of one search, in closed form",
                mode,
                searched=True,
            ).with_caveats("fresh_searches")
            for mode in book.modes
        ]
        searches = stock.figure(
            lambda rate, keep, again, at=year: again * held(rate, at, keep),
            (stock.use.scans_per_day, stock.use.retention_years, stock.kept.searched_again),
            "searches a year",
            "stock times searches",
        )
        rows.append((f"after {year:g}", searches, *cells))
    q = stock.kept.searched_again
    return Table(
        "If kept photos are searched again: further wrong hits a year",
        ("years of use", "searches a year", *(f"wrong hits, {label(mode)}" for mode in book.modes)),
        tuple(rows),
        f"At best value each is searched again {format_number(q.value)} times a year; the range is {format_range(q.low, q.high)}. Each "
        "search is taken for a fresh photo; the same photo in the same gallery would give its answer again, so this is an "
        "upper end.",
    )


def _ends(x: npt.NDArray[np.float64]) -> tuple[float, float]:
    return float(x.min()), float(x.max())


def _percent(x: float) -> str:
    return f"{100 * x:g}%"


def _said(stock: Stock, parts: Sequence[PhotoPart]) -> str:
    photos, people = stock.photos(HORIZON), _people(stock, HORIZON)
    after = {part: format_number(stock.photos(HORIZON, part.share).value) for part in parts}
    never = " or ".join(dict.fromkeys(said for part, said in after.items() if part.key == "never_matched"))
    left = " or ".join(dict.fromkeys(said for part, said in after.items() if part.key == "matched"))
    others = [f"{said} {part.title}" for part, said in after.items() if part.key in ("citizens", "minors")]
    keep = stock.use.retention_years.value
    until = f" A photo taken at 16 is kept until {format_number(16 + keep)}." if keep >= 1 else ""
    deleted = f" If photos without a hit were deleted at once, {left} would be left." if left else ""
    low, high = photos.low, photos.high
    if photos.value == 0:
        return f"At best values no photo is kept; over the inputs up to {format_number(high)} after {HORIZON:g} years."
    around = "" if low is None or high is None else f" ({format_range(low, high)})"
    return (
        f"After {HORIZON:g} years about {format_number(photos.value)} photos are kept{around}, of about {format_number(people.value)} "
        f"people; {never} {NEVER}, {listing(others)}; these overlap.{deleted}{until}"
    )
