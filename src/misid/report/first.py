"""The first screen of a run: a sentence with up to three choices, those acted on as dots, and what is known of phi.

All that a choice can show is computed here, on a grid; the page's script only looks cells up.  A cell keeps the
threshold that its phi gives the strangers of the scenario's own mix.  phi is always of the people in the sentence: with
another stop policy the threshold stays, and the choices of phi and the axis are those of the new people.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from misid.algorithm import all_field_counts
from misid.expected import (
    People,
    Points,
    Tick,
    measured_share,
    people,
    phi_of,
    strangers_to_test,
    with_record_error,
)
from misid.findings import FINE, Estimates, best_shown, capital, crossing, not_validated, strangers, unsure_records
from misid.report.page import data_block
from misid.validation import short_tested_sentence
from misid.vocabulary.tested import Operator

START = 0.01  # phi at which the screen starts where nobody knows it
STEPS = (1e-4, 1 / 3000, 1e-3, 1 / 300, 0.01, 1 / 30, 0.1, 0.3, 0.6, 1.0)
"""Values of phi that can be chosen, beside those of the scenario's points; decades below 1e-4 where one is lower."""
CLOSE = 1.3  # a value of the grid that is nearer to a point's than this factor is left out
ERRORS = (0.001, 1 / 300, 0.01, 1 / 30, 0.1)  # record errors that can be chosen beside the one that is given
FEWEST = 5  # events below which counts are no evidence for a first screen
MOST_TICKS = 4
MOST_DOTS = 1500
LEAST_ACTED = 10.0  # counts are given per so many people that so many are acted on at the start
LONGEST = 64  # characters of a label
MOST_WORDS = 40  # of what was tested
ROOM = (430, 154)  # the dots' drawing, in its own units
BAR, LEAD, DOTS_FROM, LEAST_BAR = 12, 26, 30, 2.0  # foot of the bar and of the lines, top of the dots; least part
DOT, DOTS = 0.72, {"wrong_record": 0.88, "wrong_person": 0.76, "not_verified": 0.88, "hollow": 0.4}  # of the pitch
WIDEST = 16.0  # between two dots
CAUSES = (
    ("wrong_record", "on their own wrong record", "wrong record"),
    ("wrong_person", "on somebody else’s", "wrong person"),
    ("not_verified", "although the document is their own", "not recognised"),
)
FEW = "under 1"


@dataclass(frozen=True)
class Choice:
    """A choice in the sentence: what it is called, what it offers in words, and what these stand for.

    The values are phi of the scenario's own mix; record errors of one status, None as listed; names of stop policies.
    """

    label: str
    options: tuple[str, ...]
    values: tuple[float | str | None, ...]
    chosen: int


@dataclass(frozen=True)
class Cell:
    """The counts of one cell of the grid, in words and as dots.

    Parameters
    ----------
    acted : str
        "31 of those are".
    parts : tuple of str
        People acted on by cause, in the order of the screen's causes.
    believed : str
        How many of them showed a genuine document.
    supported, rest : str
        People acted on whose status supports it; people who are not acted on.
    dots : tuple of int
        Dots of each part, then of the supported.
    hollow : int
        How many of the parts' dots are outlined: they showed a genuine document.
    each : int
        People a dot.
    pitch, rows : float, int
        Between two dots, in units of the drawing; dots in a column.
    part, lead : float, str
        The part of the bar that is acted on, and the lines from it to the dots, in units of the drawing.
    """

    acted: str
    parts: tuple[str, ...]
    believed: str
    supported: str
    rest: str
    dots: tuple[int, ...]
    hollow: int
    each: int
    pitch: float
    rows: int
    part: float
    lead: str


@dataclass(frozen=True)
class Evidence:
    """A piece of evidence on the axis: places in percent of its width."""

    label: str
    at: float
    counts: tuple[float, float] | None
    assumed: tuple[float, float] | None
    side: str  # from where its label stands: left or right
    off: float  # how far from there, in percent
    alt: str


@dataclass(frozen=True)
class OfStop:
    """What the screen shows of one stop policy: phi and places on the axis by step, cells by record error and step."""

    title: str
    entitled: str  # how many people the action does not fit
    phis: tuple[str, ...]
    places: tuple[float, ...]
    band: tuple[float, float] | None
    evidence: tuple[Evidence, ...]
    cells: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class FirstScreen:
    """The first screen: words, choices, and a grid of all that they can show.

    Parameters
    ----------
    kind : str
        ``"search"``, ``"list"`` where the best candidates are shown whatever their scores, ``"verify"``.
    size : float
        People that counts are given per.
    doubtful : str
        The status whose record error can be chosen; empty if there is none.
    words : mapping of str to str
        Fixed parts of the sentence, in order of reading.
    causes : tuple of (str, str, str)
        Outcome, words in the sentence, words in the legend: those that can happen here.
    phi, record, stop : Choice or None
        The choices; None where there is nothing to choose.
    axis : tuple of (float, str)
        Place in percent and words of each mark; empty where no strangers are searched for.
    balance : str
        Words of the band.
    measure, tested : str
        What would measure phi; what was tested.  Empty where nothing can be said.
    stops : tuple of OfStop
        The grid, in the order of the choice of stops.
    """

    kind: str
    size: float
    doubtful: str
    words: dict[str, str]
    causes: tuple[tuple[str, str, str], ...]
    phi: Choice | None
    record: Choice | None
    stop: Choice | None
    axis: tuple[tuple[float, str], ...]
    balance: str
    measure: str
    tested: str
    stops: tuple[OfStop, ...]

    @property
    def start(self) -> tuple[int, int, int]:
        """Stop, record error and phi at which the screen starts."""
        return tuple(0 if one is None else one.chosen for one in (self.stop, self.record, self.phi))  # type: ignore[return-value]

    @property
    def shown(self) -> OfStop:
        """The stop policy at the start."""
        return self.stops[self.start[0]]

    @property
    def cell(self) -> Cell:
        """The cell at the start."""
        return self.shown.cells[self.start[1]][self.start[2]]

    def drawing(self) -> tuple[tuple[str, Markup], ...]:
        """Return the paths of the dots at the start, by kind."""
        return draw(self.cell, [name for name, _, _ in self.causes])

    @property
    def height(self) -> float:
        """Height of the drawing, down to the last dot of any cell."""
        cells = [cell for one in self.stops for row in one.cells for cell in row]
        return round(DOTS_FROM + max(min(cell.rows, sum(cell.dots)) * cell.pitch for cell in cells), 1)

    def dot(self, name: str) -> str:
        """Return how thick the dots of a kind are: those without support are thicker."""
        return f"{self.cell.pitch * DOTS.get(name, DOT):.2f}"

    @property
    def documents(self) -> bool:
        """Whether anybody who is acted on without support shows a genuine document."""
        return any(cell.believed != "0" for one in self.stops for row in one.cells for cell in row)

    @property
    def band_side(self) -> str:
        """Where the band's words stand."""
        return _side(sum(self.shown.band) / 2) if self.shown.band else "start"

    @property
    def each(self) -> str:
        """How many people a dot is, in words."""
        return each_words(self.cell.each)

    @property
    def data(self) -> Markup:
        """The JSON, safe inside a script element."""
        return data_block(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """Return the grid as plain JSON, for the page's script."""
        cells = [cell for one in self.stops for row in one.cells for cell in row]
        return {
            "start": list(self.start),
            "thick": {**DOTS, "supported": DOT},
            "each": {str(cell.each): each_words(cell.each) for cell in cells},
            "kinds": [name for name, _, _ in self.causes],
            "stops": [
                {
                    "entitled": one.entitled,
                    "phis": list(one.phis),
                    "places": list(one.places),
                    "band": one.band and list(one.band),
                    "side": _side(sum(one.band) / 2) if one.band else "start",
                    "evidence": [
                        [x.at, x.counts and list(x.counts), x.assumed and list(x.assumed), x.side, x.off, x.alt]
                        for x in one.evidence
                    ],
                    "cells": [[_cell_json(cell) for cell in row] for row in one.cells],
                }
                for one in self.stops
            ],
        }


def _cell_json(c: Cell) -> list[Any]:
    return [
        c.acted,
        list(c.parts),
        c.believed,
        c.supported,
        c.rest,
        list(c.dots),
        c.hollow,
        c.each,
        c.pitch,
        c.rows,
        c.part,
        c.lead,
    ]


def first_screen(e: Estimates) -> FirstScreen:
    """Return the first screen of a scenario."""
    scenario = e.scenario
    kind = "verify" if scenario.purpose == "verify" else "search" if scenario.candidates.floor else "list"
    stops = (e.stop, *(stop for stop in scenario.stops if stop != e.stop))
    phis, start = _phis(e) if kind == "search" else ((e.place(e.names[0]).phi,), 0)
    first = _points(e, kind, (phis[start],))
    doubtful = _doubtful(e, people(first, e.stop))
    errors, listed = _errors(e, doubtful)
    points = [_points(e, kind, phis), *(_points(e, kind, phis, {doubtful: s}) for s in errors if s is not None)]
    points.insert(listed, points.pop(0))
    size = _size(e, first)
    counted = {stop: [people(at, stop, size=size) for at in points] for stop in stops}
    causes = tuple(
        cause
        for cause in CAUSES
        if any((found.of(cause[0]) > 0).any() for rows in counted.values() for found in rows)
        and (kind == "verify") == (cause[0] == "not_verified")
    )
    lowest = math.floor(math.log10(min(phis)) + 1e-9) if kind == "search" else 0
    chosen = _telling(e.evidence) if kind == "search" else []
    grid = tuple(
        _of_stop(e, stop, counted[stop], points[listed], [name for name, _, _ in causes], chosen, lowest, kind)
        for stop in stops
    )
    words = _words(e, kind, doubtful, size, phis[start])
    common, titles = _stops(e, stops)
    words["of"] += common
    return FirstScreen(
        kind,
        size,
        doubtful,
        words,
        causes,
        Choice("Strangers named", grid[0].phis, phis, start) if kind == "search" else None,
        Choice(
            f"Wrong records of {_label(scenario.statuses[doubtful].title)}",
            tuple(_strangers(_given(e, doubtful) if s is None else s) for s in errors),
            errors,
            listed,
        )
        if doubtful
        else None,
        Choice("Who is stopped", titles, stops, 0) if len(titles) > 1 else None,
        _axis(lowest) if kind == "search" else (),
        _balance_words(e, grid[0]) if kind == "search" else "",
        _measure(phis[start]) if kind == "search" else "",
        _tested(e),
        grid,
    )


def _phis(e: Estimates) -> tuple[tuple[float, ...], int]:
    """Return the values of phi that can be chosen, for the scenario's own mix, and which of them is the start."""
    own = [e.place(name).phi for name in e.names]
    lowest = min([-4, *(math.floor(math.log10(phi) + 1e-9) for phi in own if phi > 0)])
    steps = STEPS if lowest == -4 else tuple(10.0**d for d in range(lowest, 1))
    apart = [s for s in steps if all(max(s / phi, phi / s) > CLOSE for phi in own)]
    loosest = apart[-1:] if len(e.reachable([0.995])) else []  # a threshold leaves every stranger a name, or almost
    found = sorted({*e.reachable(apart), *own, *loosest})
    start = own[0] if e.scenario.threshold.known else min(found, key=lambda phi: abs(math.log(phi / START)))
    return tuple(found), found.index(start)


def _points(e: Estimates, kind: str, phis: Sequence[float], error: dict[str, float] | None = None) -> Points:
    """Return points at some phi of the scenario's own mix, with the record error of one status changed."""
    if kind == "search":
        return e.model.at_phi(phis, {s: np.full(len(phis), x) for s, x in error.items()} if error else None)
    points = e.points(e.names[0])
    return with_record_error(points, error) if error else points


def _doubtful(e: Estimates, found: People) -> str:
    """Return the status whose records' errors lead to most actions; empty where none is between never and always."""
    unsure = [s for s in e.harmed if any(0.0 < q.value < 1.0 for q in e.scenario.statuses[s].record_error.values())]
    return max(unsure, key=lambda s: float(found.of("wrong_record", s)[0]), default="")


def _given(e: Estimates, status: str) -> float:
    return e.scenario.statuses[status].adults_error.value


def _errors(e: Estimates, status: str) -> tuple[tuple[float | None, ...], int]:
    """Return the record errors that can be chosen, for people of all ages, None as listed; and where that is."""
    if not status:
        return (None,), 0
    own = _given(e, status)
    others = [s for s in ERRORS if max(s / own, own / s) > CLOSE] if own > 0 else list(ERRORS)
    found: list[float | None] = sorted(others)  # type: ignore[assignment]
    at = sum(s < own for s in others)
    return (*found[:at], None, *found[at:]), at


def _size(e: Estimates, at: Points) -> float:
    """Return per how many people counts are given: tenfold until enough are acted on to be counted."""
    acted, size = float(people(at, e.stop).of("unsupported")[0]), float(e.size)
    while 0 < acted < LEAST_ACTED and size < 1e7:
        acted, size = 10 * acted, 10 * size
    return size


def _of_stop(
    e: Estimates,
    stop: str,
    counted: list[People],
    points: Points,
    causes: Sequence[str],
    chosen: Sequence[tuple[str, Tick]],
    lowest: int,
    kind: str,
) -> OfStop:
    title = _label(e.scenario.stops[stop].title)
    harmed = [s for s in counted[0].statuses if not e.scenario.statuses[s].action_supported]
    entitled = "" if kind == "verify" else f"{round(float(counted[0].of('people', *harmed)[0])) if harmed else 0:,}"
    cells = tuple(tuple(_cell(found, i, causes, kind) for i in range(len(points))) for found in counted)
    if kind != "search":
        return OfStop(title, entitled, (), (), None, (), cells)
    of_them = phi_of(points, stop)

    def place(phi: float) -> float:
        return round(min(max(100.0 * (math.log10(max(phi, 1e-12)) - lowest) / -lowest, 0.0), 100.0), 2)

    def ends(found: tuple[float, float] | None) -> tuple[float, float] | None:
        return None if found is None else (place(converted[found[0]]), place(converted[found[1]]))

    pieces = [tick for _, tick in chosen]
    values = {x for tick in pieces for x in (tick.phi, *(tick.by_counts or ()), *(tick.by_assumptions or ()))}
    converted = _for_people_of(e, sorted(values), stop)

    def drawn(label: str, tick: Tick) -> Evidence:
        at, counts, assumed = place(converted[tick.phi]), ends(tick.by_counts), ends(tick.by_assumptions)
        ends_of_all = [at, *(counts or ()), *(assumed or ())]
        low, high = min(ends_of_all), max(ends_of_all)
        side, off = ("left", low) if low + high < 100 else ("right", round(100 - high, 2))
        said = [_strangers(converted[tick.phi])]
        for words, found in (("by counts alone", tick.by_counts), (f"by {tick.widest}", tick.by_assumptions)):
            if found is not None:
                said.append(f"{words} {' to '.join(_strangers(converted[x]) for x in found)}")
        return Evidence(label, at, counts, assumed, side, off, ", ".join(said))

    same = balance(e, stop)
    return OfStop(
        title,
        entitled,
        tuple(_strangers(phi) for phi in of_them.tolist()),
        tuple(place(phi) for phi in of_them.tolist()),
        same and (place(same[0]), place(same[1])),
        tuple(drawn(label, tick) for label, tick in chosen),
        cells,
    )


def _for_people_of(e: Estimates, phis: Sequence[float], stop: str) -> dict[float, float]:
    """Return phi of the strangers of another stop policy at the thresholds that phis give those of the scenario's."""
    if stop == e.model.mix or not phis:
        return {phi: phi for phi in phis}
    return dict(zip(phis, phi_of(e.model.at_phi(phis), stop).tolist(), strict=True))


def balance(e: Estimates, stop: str) -> tuple[float, float] | None:
    """Return between which phi of the people of a stop policy as many are acted on for the face as for the record.

    From the low to the high end of how often records are wrong; None where one weighs more at every threshold.
    """
    grid = e.reachable(FINE)
    points = e.model.at_phi(grid)
    of_them = phi_of(points, stop).tolist()

    def crosses(at: Points) -> float | None:
        found = people(at, stop)
        return crossing(of_them, found.of("wrong_person") - found.of("wrong_record"))

    middle = crosses(points)
    if middle is None:
        return None
    low, high = (crosses(at) for at in e.model.ends(points, "record_error"))
    return (middle if low is None else low), (1.0 if high is None else high)


def _cell(found: People, i: int, causes: Sequence[str], kind: str) -> Cell:
    exact = [float(found.of(name)[i]) for name in causes]
    whole = _rounded(exact)
    acted = sum(whole)
    supported = float(found.of("supported")[i] + found.of("supported_by_chance")[i])
    rest = round(found.size) - acted - round(supported)
    each = 1
    while (acted + supported) / each > MOST_DOTS:
        each *= 10
    dots = [*whole, round(supported)] if each == 1 else _rounded([x / each for x in (*exact, supported)])
    believed = float(found.of("disbelieved_document")[i])
    total = _count(sum(exact), acted)
    return Cell(
        f"{total}{'' if kind == 'verify' else ' of those'} {'is' if total in ('1', FEW) else 'are'}",
        tuple(_count(x, n) for x, n in zip(exact, whole, strict=True)),
        _count(believed, round(believed)),
        _count(supported, round(supported)),
        f"{rest:,}",
        tuple(dots),
        min(round(believed / each), sum(dots[:-1])),
        each,
        *_spaced(sum(dots)),
        *_of_bar((acted + supported) / found.size, sum(dots)),
    )


def _rounded(exact: Sequence[float]) -> list[int]:
    """Round numbers so that they add up to their rounded sum: those with the largest remainders go up."""
    down = [math.floor(x) for x in exact]
    missing = round(sum(exact)) - sum(down)
    order = sorted(range(len(down)), key=lambda i: down[i] - exact[i])
    return [n + (i in order[:missing]) for i, n in enumerate(down)]


def _count(exact: float, whole: int) -> str:
    return FEW if whole == 0 and exact > 0 else f"{whole:,}"


def each_words(n: int) -> str:
    """Say how many people a dot is, if it is not one."""
    return "" if n == 1 else f"A dot is {n:,} people."


def _of_bar(share: float, n: int) -> tuple[float, str]:
    """Return the width of the part of the bar that is acted on, and the path of the two lines from it to the dots."""
    width = round(max(LEAST_BAR, share * ROOM[0]), 1)
    pitch, rows = _spaced(n)
    last = min(ROOM[0], max(width, -(-n // rows) * pitch))
    return width, f"M0 {BAR}V{LEAD}M{width} {BAR}L{last:.1f} {LEAD}"


def _side(place: float) -> str:
    """Return where words about a place on the axis stand, so that they never leave it."""
    return "start" if place < 35 else "end" if place > 65 else "center"


def _spaced(n: int) -> tuple[float, int]:
    """Return the distance between dots, and how many make a column, so that all have room."""
    width, height = ROOM
    tenths = round(10 * WIDEST)
    while (10 * width // tenths) * (10 * height // tenths) < n:
        tenths -= 1
    return tenths / 10, 10 * height // tenths


def draw(cell: Cell, kinds: Sequence[str]) -> tuple[tuple[str, Markup], ...]:
    """Return SVG paths of the dots of a cell, by kind, then of the outlined ones: a dot is a line of length 0."""
    where = [(i // cell.rows, i % cell.rows) for i in range(sum(cell.dots))]
    places = [f"M{(x + 0.5) * cell.pitch:.2f} {(y + 0.5) * cell.pitch:.2f}h0" for x, y in where]
    found, at = [], 0
    for kind, count in zip((*kinds, "supported"), cell.dots, strict=True):
        found.append((kind, Markup("".join(places[at : at + count]))))
        at += count
    unsupported = at - cell.dots[-1]
    hollow = [places[i * unsupported // cell.hollow] for i in range(cell.hollow)]
    return (*found, ("hollow", Markup("".join(hollow))))


def _telling(found: Sequence[Tick]) -> list[tuple[str, Tick]]:
    """Choose the evidence that says most, with a short label: no if-then, no row of few events.

    Of two readings of one test the one on the probe's own images stands; of two sets of counts the one that assumes
    less.  Where more are left than the screen holds, those with most events.
    """
    rows = {row.key: row for row in all_field_counts()}
    names = {tick.name for tick in found}
    telling: list[tuple[int, str, Tick]] = []
    for tick in found:
        if tick.by_mix is None or "if-then" in tick.sources or f"{tick.name}_street" in names:
            continue
        if not tick.rows:
            telling.append((0, _test_label(tick), tick))
            continue
        mine = set(tick.rows)
        events = sum(rows[key].false_alerts for key in mine)
        if events >= FEWEST and not any(other.rows and set(other.rows) < mine for other in found):
            whose = "this vendor" if tick.title.startswith("the same") else "another vendor"
            where = "NPL’s test" if all(rows[key].is_test for key in mine) else "police setting"
            telling.append((events, f"{whose}, {where}", tick))
    most = sorted(telling, key=lambda one: -one[0])[:MOST_TICKS]
    return [(label, tick) for _, label, tick in sorted(most, key=lambda one: one[2].phi)]


def _test_label(tick: Tick) -> str:
    how = "threshold kept" if tick.name.startswith("nist_kept") else "threshold set anew"
    return f"NIST, {how}"


def _axis(lowest: int) -> tuple[tuple[float, str], ...]:
    """Return the marks of the axis: decades, every second one where there are many."""
    step = 1 if lowest >= -4 else 2
    decades = list(range(0, lowest - 1, -step))[::-1]
    words = [_strangers(10.0**d) for d in decades]
    short = [words[0], *(w.removeprefix("1 in ") for w in words[1:])]
    return tuple((round(100 * (d - lowest) / -lowest, 2), w) for d, w in zip(decades, short, strict=True))


def _balance_words(e: Estimates, shown: OfStop) -> str:
    differs = " (statuses differ)" if len(e.harmed) > 1 else ""
    return f"face and record weigh the same{differs}"


def _measure(phi: float) -> str:
    """Say what would show that phi is below its start: a round number of strangers, none of them named."""
    n = 10 ** math.ceil(math.log10(strangers_to_test(min(phi, 0.5))))
    high = measured_share(n, 0).ends[1]
    return f"{n:,} people known not to be in it. None named: below {_strangers(high)}."


def _tested(e: Estimates) -> str:
    """Say what was tested, in few words; whole sentences are left out at the end until it fits."""
    if e.measured is None and e.scenario.purpose != "verify":
        return short_tested_sentence().removeprefix("Tested? ")
    found = ""
    for part in not_validated(e).split(". "):
        longer = f"{found}. {part}".removeprefix(". ")
        if found and len(longer.split()) > MOST_WORDS:
            break
        found = longer
    return found if found.endswith(".") else f"{found}."


def _words(e: Estimates, kind: str, doubtful: str, size: float, given: float) -> dict[str, str]:
    """Return the fixed parts of the sentence."""
    scenario = e.scenario
    titles = _label(scenario.statuses[doubtful].title) if doubtful else ""
    app = "the app" if scenario.operator is Operator.OFFICER_PHONE else "the system"
    known = bool(scenario.threshold.known)
    others = " (others as listed)" if len(unsure_records(e)) > 1 else ""
    owners = f"{titles}{'’' if titles.endswith('s') else '’s'}"
    if kind == "list":
        before, last = f"{capital(best_shown(e))}. ", f"Acted on: {_label(scenario.action)}."
    elif kind == "verify":
        before, last = (
            f"Suppose {_label(scenario.threshold.title)} is in use. ",
            f"Acted on: {_label(scenario.action)}.",
        )
    else:
        before = f"Suppose {app} names "
        last = "Neither number is published." if doubtful else "That number is not published."
        if known:
            last = f"The scenario gives {_strangers(given)} strangers."
    return {
        "before_phi": before,
        "after_phi": " strangers" + (", and " if doubtful else ". ") if kind == "search" else "",
        "before_record": "Suppose " if doubtful and kind != "search" else "",
        "after_record": f" {owners} records are wrong{others}. " if doubtful else "",
        "of": f"Of {size:,.0f} people ",
        "entitled": "" if kind == "verify" else f" of them {_label(scenario.entitled)}, ",
        "acted": " acted on",
        "last": last,
        "supported": "acted on, supported",
        "rest": "not acted on" if kind == "verify" else "no action after the face search",
    }


def _stops(e: Estimates, stops: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the words that the titles of all stop policies begin with, and what is left of each."""
    titles = [_label(e.scenario.stops[stop].title).split() for stop in stops]
    common = 0
    while len(titles) > 1 and all(len(t) > common + 1 and t[common] == titles[0][common] for t in titles):
        common += 1
    return " ".join([*titles[0][:common], ""]), tuple(" ".join(t[common:]) for t in titles)


def _strangers(phi: float) -> str:
    """Say how many strangers are named, without the word: ``1 in 100``, ``3 in 10``, ``all``."""
    return "all" if phi >= 0.995 else strangers(phi).removesuffix(" strangers").removesuffix(" stranger")


def _label(text: str) -> str:
    """Return text of a scenario as one line without marks that turn or hide it, cut where it is long."""
    plain = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    plain = " ".join(plain.split()) or "…"
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1].rstrip()}…"
