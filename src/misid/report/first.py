"""The first screen of a run: a sentence with up to three choices, those acted on as dots, and what is known of phi.

All that a choice can show is computed here, on a grid; the page's script only looks cells up.  phi is always of the
people in the sentence, and stays what was chosen whoever is stopped; the evidence stands at its threshold.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from markupsafe import Markup

from misid.algorithm import all_field_counts
from misid.expected import People, Points, Tick, answer, measured_share, people, phi_of
from misid.findings import Estimates, Here, best_shown, briefly_tested, listed, rule_title, share_named, unsure_records
from misid.report.page import data_block
from misid.vocabulary.brief import clip
from misid.vocabulary.catalogue import pieces, say
from misid.vocabulary.numbers import capital, format_range, grouped, strangers
from misid.vocabulary.tested import Operator

STEPS = (1e-4, 1 / 3000, 1e-3, 1 / 300, 0.01, 1 / 30, 0.1, 0.3, 0.6, 1.0)
"""Values of phi that can be chosen, beside those of the scenario's points; decades below 1e-4 where one is lower."""
CLOSE = 1.3  # a value of the grid that is nearer to a point's than this factor is left out
ERRORS = (0.001, 1 / 300, 0.01, 1 / 30, 0.1)  # record errors that can be chosen beside the one that is given
FEWEST = 5  # events below which counts are no evidence for a first screen
MOST_TICKS = 4
MOST_DOTS = 1500
LONGEST = 64  # characters of a label
ROOM = (430, 154)  # the dots' drawing, in its own units
BAR, LEAD, DOTS_FROM, LEAST_BAR = 12, 26, 30, 2.0  # foot of the bar and of the lines, top of the dots; least part
DOT, DOTS = 0.72, {"wrong_record": 0.88, "wrong_person": 0.76, "not_verified": 0.88, "hollow": 0.4}  # of the pitch
WIDEST = 16.0  # between two dots
SUPPORTED = ("supported", "supported_by_chance")
CELL = ("acted", "believed", "supported", "supported_label", "rest", "rest_label", "each", "rule")
"""Names of a cell's texts beside those of its causes."""
LEADS = ("rule_lead", "measure_lead", "tested_lead")
WORDS = ("title", "record", "face", "counts", "assumed", "believed_label", *LEADS)


class Choice(NamedTuple):
    """A choice in the sentence: what it is called, what it offers in words, and what these stand for.

    The values are phi of the people in the sentence; record errors of adults of one status, None as listed; names of
    stop policies.
    """

    label: str
    options: tuple[str, ...]
    values: tuple[Any, ...]
    chosen: int


class Cell(NamedTuple):
    """What one cell of the grid shows: texts by the screen's names, the dots, and the bar above them."""

    texts: tuple[str, ...]
    dots: tuple[int, ...]  # of each cause, then of the supported
    hollow: int  # dots that are outlined: they showed a genuine document
    pitch: float  # between two dots, in units of the drawing
    rows: int  # dots in a column
    part: float  # width of the bar's part that is acted on
    lead: str  # points of the line around it down to the dots


class Evidence(NamedTuple):
    """A piece of evidence on the axis: places in percent of its width."""

    at: float
    counts: tuple[float, float] | None
    assumed: tuple[float, float] | None
    side: str  # from where its label stands: left or right
    off: float  # how far from there, in percent
    alt: str


class Weighs(NamedTuple):
    """Up to where on the axis the record weighs more for a status, in percent; beyond it the face does."""

    at: float
    alt: str


class OfStop(NamedTuple):
    """What the screen shows of one stop policy: evidence; status by record error; cells by record error and phi."""

    evidence: tuple[Evidence, ...]
    weighs: tuple[tuple[Weighs, ...], ...]
    cells: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class FirstScreen:
    """The first screen: words, choices, and a grid of all that they can show.

    Parameters
    ----------
    size : float
        People that counts are given per.
    doubtful : str
        The status whose record error can be chosen; empty if there is none.
    sentences : tuple of tuple of (str, str)
        Text and the field after each.
    causes : tuple of str
        What people are acted on for that can happen here.
    names : tuple of str
        Names of a cell's texts: the causes, and ``CELL``.
    choices : mapping of str to Choice
        "phi", "record", "stop": those where there is something to choose.
    words : mapping of str to str
        Fixed words by name; those of the sentence too.
    axis : tuple of (float, str)
        Place in percent and words of each mark; empty where no strangers are searched for.
    places, spoken
        Place of each phi on it, and the phi in words.
    labels, statuses : tuple of str
        Of the evidence; of the people for whom face and record are weighed.
    stops : tuple of OfStop
        The grid, in the order of the choice of stops.
    """

    size: float
    doubtful: str
    sentences: tuple[tuple[tuple[str, str], ...], ...]
    causes: tuple[str, ...]
    names: tuple[str, ...]
    choices: Mapping[str, Choice]
    words: Mapping[str, str]
    axis: tuple[tuple[float, str], ...]
    places: tuple[float, ...]
    spoken: tuple[str, ...]
    labels: tuple[str, ...]
    statuses: tuple[str, ...]
    stops: tuple[OfStop, ...]

    @property
    def start(self) -> tuple[int, int, int]:
        """Stop, record error and phi at which the screen starts."""
        return tuple(self.choices[name].chosen if name in self.choices else 0 for name in ("stop", "record", "phi"))  # type: ignore[return-value]

    @property
    def shown(self) -> OfStop:
        """The stop policy at the start."""
        return self.stops[self.start[0]]

    @property
    def cell(self) -> Cell:
        """The cell at the start."""
        return self.shown.cells[self.start[1]][self.start[2]]

    @property
    def texts(self) -> dict[str, str]:
        """All words by name, at the start."""
        return {**self.words, **dict(zip(self.names, self.cell.texts, strict=True))}

    @property
    def documents(self) -> bool:
        """Whether anybody who is acted on without support shows a genuine document."""
        return any(cell.hollow for one in self.stops for row in one.cells for cell in row)

    @property
    def height(self) -> float:
        """Height of the drawing, down to the last dot of any cell."""
        cells = [cell for one in self.stops for row in one.cells for cell in row]
        return round(DOTS_FROM + max(min(cell.rows, sum(cell.dots)) * cell.pitch for cell in cells), 1)

    def drawing(self) -> tuple[tuple[str, Markup, str], ...]:
        """Return kind, path and thickness of the dots at the start: those without support are thicker."""
        drawn = draw(self.cell, self.causes)
        return tuple((kind, path, f"{self.cell.pitch * DOTS.get(kind, DOT):.2f}") for kind, path in drawn)

    @property
    def data(self) -> Markup:
        """The JSON, safe inside a script element."""
        return data_block(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """Return the grid as plain JSON, for the page's script; each text stands in it once."""
        words: dict[str, int] = {}

        def row(cell: Cell) -> list[Any]:
            return [[words.setdefault(text, len(words)) for text in cell.texts], *cell[1:]]

        stops = [
            [one.evidence, one.weighs, [[row(cell) for cell in cells] for cells in one.cells]] for one in self.stops
        ]
        thick = {**DOTS, "supported": DOT}
        known = {"start": self.start, "names": self.names, "kinds": self.causes, "thick": thick}
        return {**known, "places": self.places, "spoken": self.spoken, "words": list(words), "stops": stops}


def first_screen(e: Estimates) -> FirstScreen:
    """Return the first screen of a scenario."""
    m = _Maker(e, Here(e))
    return FirstScreen(
        m.here.size,
        m.doubtful,
        tuple(tuple(pieces(key)) for key in m.sentences()),
        m.causes,
        (*m.causes, *CELL),
        {name: choice for name, choice in m.choices().items() if len(choice.options) > 1},
        m.words(),
        m.marks() if m.searches else (),
        tuple(m.place(phi) for phi in m.phis),
        tuple(strangers(phi) for phi in m.phis),
        tuple(label for label, _ in m.evidence),
        tuple(m.weighed) if m.searches else (),
        tuple(m.of_stop(stop) for stop in m.stops),
    )


@dataclass(frozen=True)
class _Maker:
    """Makes the first screen of a scenario."""

    e: Estimates
    here: Here

    @cached_property
    def searches(self) -> bool:
        """Whether a threshold decides who is named: there is a phi."""
        return self.e.scenario.purpose != "verify" and self.e.scenario.candidates.floor

    @cached_property
    def stops(self) -> tuple[str, ...]:
        """The stop policies, that of the start first."""
        return tuple(dict.fromkeys((self.e.stop, *self.e.scenario.stops)))

    @cached_property
    def phis(self) -> tuple[float, ...]:
        """The values of phi that can be chosen."""
        if not self.searches:
            return (self.here.phi,)
        own = {self.here.phi, *(self.e.place(name).phi for name in self.e.names)}
        lowest = min(-4, *(math.floor(math.log10(phi) + 1e-9) for phi in own if phi > 0))
        steps = STEPS if lowest == -4 else tuple(10.0**d for d in range(lowest, 1))
        apart = [s for s in steps if all(max(s / phi, phi / s) > CLOSE for phi in own)]
        loosest = apart[-1:] if self.e.reachable([0.995]) else []  # leaves every stranger a name, or almost
        return tuple(sorted({*self.e.reachable(apart), *own, *loosest}))

    @cached_property
    def lowest(self) -> int:
        """The decade at which the axis begins."""
        return math.floor(math.log10(self.phis[0]) + 1e-9)

    @cached_property
    def doubtful(self) -> str:
        """The status whose records' errors lead to most actions; empty where none is in doubt."""
        return next(iter(unsure_records(self.e)), "")

    @cached_property
    def errors(self) -> tuple[float | None, ...]:
        """The record errors that can be chosen, of adults of that status, None as listed."""
        if not self.doubtful:
            return (None,)
        own = unsure_records(self.e)[self.doubtful]
        others = [s for s in ERRORS if own == 0 or max(s / own, own / s) > CLOSE]
        return (*(s for s in others if s < own), None, *(s for s in others if s > own))

    @cached_property
    def counted(self) -> dict[str, list[dict[str, People]]]:
        """What happens to people, by stop policy, record error, and rule."""
        return {stop: [self.under_rules(stop, error) for error in self.errors] for stop in self.stops}

    def under_rules(self, stop: str, error: float | None) -> dict[str, People]:
        """Return what happens to people at all phi, by rule."""
        points = self.points(stop)
        if error is not None:
            points = points.changed((self.e.scenario.statuses[self.doubtful].adults_error, np.asarray(error)))
        answers = answer(points, stop)
        return {rule: people(points, stop, rule, self.here.size, answers) for rule in self.e.model.rules}

    def points(self, stop: str) -> Points:
        """Return the points of all phi, of the people of a stop policy."""
        return self.e.model.at_phi(self.phis, mix=stop) if self.searches else self.e.points(self.here.at)

    @cached_property
    def causes(self) -> tuple[str, ...]:
        """What people are acted on for that can happen here."""
        rule = self.e.scenario.rule
        possible = ("not_verified",) if self.e.scenario.purpose == "verify" else ("wrong_record", "wrong_person")
        found = [row[rule] for rows in self.counted.values() for row in rows]
        return tuple(cause for cause in possible if any((one.of(cause) > 0).any() for one in found))

    @cached_property
    def evidence(self) -> tuple[tuple[str, Tick], ...]:
        """The evidence that says most, with a short label: no if-then, no row of few events.

        Of two readings of one test the one on the probe's own images stands; of two sets of counts the one that assumes
        less.  Where more are left than the screen holds, those with most events.
        """
        rows = {row.key: row for row in all_field_counts()}
        names = {tick.name for tick in self.e.evidence}
        telling: list[tuple[int, str, Tick]] = []
        for tick in self.e.evidence:
            if tick.by_mix is None or "if-then" in tick.sources or f"{tick.name}_street" in names:
                continue
            counts = {rows[key] for key in tick.rows}
            events = sum(row.false_alerts for row in counts)
            less = any(other.rows and set(other.rows) < set(tick.rows) for other in self.e.evidence)
            if not counts:
                telling.append((0, "nist_kept" if tick.name.startswith("nist_kept") else "nist_anew", tick))
            elif events >= FEWEST and not less:
                whose = "same" if tick.title.startswith("the same") else "other"
                telling.append((events, f"{whose}_{'test' if all(row.is_test for row in counts) else 'police'}", tick))
        most = sorted(telling, key=lambda one: -one[0])[:MOST_TICKS]
        return tuple(
            (say(f"first.evidence.{kind}"), tick) for _, kind, tick in sorted(most, key=lambda one: one[2].phi)
        )

    def place(self, phi: float) -> float:
        """Return where phi stands on the axis, in percent."""
        decades = math.log10(max(phi, 1e-12)) - self.lowest
        return round(min(max(100.0 * decades / -self.lowest, 0.0), 100.0), 2) if self.searches else 0.0

    def marks(self) -> tuple[tuple[float, str], ...]:
        """Return the marks of the axis: decades, every second one where there are many; the first one in words."""
        decades = range(0, self.lowest - 1, -1 if self.lowest >= -4 else -2)
        words = [share_named(1.0), *(grouped(10.0**-d) for d in decades[1:])]
        words[-1] = share_named(10.0 ** decades[-1])
        return tuple((self.place(10.0**d), text) for d, text in zip(decades[::-1], words[::-1], strict=True))

    def of_stop(self, stop: str) -> OfStop:
        """Return what the screen shows of one stop policy."""
        cells = tuple(tuple(self.cell(found, i) for i in range(len(self.phis))) for found in self.counted[stop])
        if not self.searches:
            return OfStop((), (), cells)
        ticks = [tick for _, tick in self.evidence]
        known = {x for tick in ticks for x in (tick.phi, *(tick.by_counts or ()), *(tick.by_assumptions or ()))}
        values = sorted(known) or [self.here.phi]
        of_them = dict(zip(values, phi_of(self.e.model.at_phi(values), stop).tolist(), strict=True))
        weighs = tuple(self.weighs(found[self.e.scenario.rule]) for found in self.counted[stop])
        return OfStop(tuple(self.drawn(tick, of_them) for tick in ticks), weighs, cells)

    def drawn(self, tick: Tick, of_them: Mapping[float, float]) -> Evidence:
        """Return a piece of evidence on the axis, at phi of the people of a stop policy."""
        at, spans, said = self.place(of_them[tick.phi]), [], [share_named(of_them[tick.phi])]
        for key, found in (("counts", tick.by_counts), ("assumed", tick.by_assumptions)):
            ends = None if found is None else (of_them[found[0]], of_them[found[1]])
            spans.append(None if ends is None else (self.place(ends[0]), self.place(ends[1])))
            if ends is not None:
                said.append(say(f"first.evidence.{key}", what=tick.widest, span=format_range(*ends, share_named)))
        everything = [at, *(end for span in spans if span for end in span)]
        low, high = min(everything), max(everything)
        side, off = ("left", low) if low + high < 100 else ("right", round(100 - high, 2))
        return Evidence(at, spans[0], spans[1], side, off, say("number.comma").join(said))

    @cached_property
    def weighed(self) -> Mapping[str, tuple[str, ...]]:
        """By title the statuses whom the action does not fit and each policy stops some of; all, if none turns."""
        rule, titles = self.e.scenario.rule, self.e.scenario.statuses
        met = [set(rows[0][rule].statuses) for rows in self.counted.values()]
        each = {_label(titles[s].title): (s,) for s in self.e.harmed if all(s in one for one in met)}
        now = self.counted[self.e.stop][self.errors.index(None)][rule]
        edges = len(each) < 2 or any(0.0 < self.same(now, *statuses) <= 1.0 for statuses in each.values())
        return each if edges else {**each, say("first.weighs.all"): ()}

    def weighs(self, found: People) -> tuple[Weighs, ...]:
        """Return up to which phi the record weighs more for each status."""
        weighs = []
        for who, statuses in self.weighed.items():
            same = self.same(found, *statuses)
            key, at = "record" if same > 1.0 else "face" if same == 0.0 else "same", share_named(min(same, 1.0))
            weighs.append(Weighs(self.place(same), say(f"first.weighs.{key}", who=who, at=at)))
        return tuple(weighs)

    def same(self, found: People, *statuses: str) -> float:
        """Return the phi at which face and record weigh the same; 0 or infinity where one weighs more at any."""
        record, person = found.of("wrong_record", *statuses), found.of("wrong_person", *statuses)
        if not record.all() or not person.all():
            return math.inf if record.all() else 0.0
        ratio = np.log(person / record)
        at = np.interp(0.0, ratio, np.log(self.phis), left=-math.inf, right=math.inf)
        return float(np.exp(at))

    def cell(self, found: Mapping[str, People], i: int) -> Cell:
        """Return what one cell of the grid shows."""
        now = found[self.e.scenario.rule]

        def count(*outcomes: str) -> float:
            return float(sum(now.of(outcome)[i] for outcome in outcomes))

        exact = [count(cause) for cause in self.causes]
        # The first stands by itself, the rest is what is left: a choice that does not move the first shows it unmoved.
        acted, first = round(sum(exact)), round(sum(exact[:1]))
        whole = [first, acted - first][: len(exact)]
        supported, chance = count(*SUPPORTED), round(count(SUPPORTED[1]))
        believed, harmed = count("disbelieved_document"), [s for s in self.e.harmed if s in now.statuses]
        after = "prints" if count("fingerprinted") else "rest"
        everybody = "_all" if self.searches and self.phis[i] >= 0.995 else ""
        entitled = grouped(round(float(now.of("people", *harmed)[i])) if harmed else 0)
        each = 1
        while (acted + supported) / each > MOST_DOTS:
            each *= 10
        # What happens to anybody has a dot, however many people one stands for.
        dots = [max(round(x / each), int(x > 0)) for x in whole]
        dots.append(max(round((acted + supported) / each) - sum(dots), 0))
        texts = (
            *(
                say(f"first.cause.{name}{listed(self.e)}", n=_count(x, n))
                for name, x, n in zip(self.causes, exact, whole, strict=True)
            ),
            say(
                f"first.acted.those{listed(self.e)}",
                n=_count(sum(exact), acted),
                entitled=entitled,
                who=_label(self.e.scenario.entitled),
            ),
            _count(believed),
            _count(supported),
            say(f"first.supported.{'chance' if 100 * chance > supported else 'own'}", n=chance),
            grouped(round(now.size) - acted - round(supported)),
            say(f"first.legend.{after}{everybody}", n=_count(count("fingerprint_unsupported"))),
            say("first.each", n=grouped(each)),
            self.rule(found, i, acted),
        )
        pitch, rows = _spaced(sum(dots))
        width = round(max(LEAST_BAR, (acted + supported) / now.size * ROOM[0]), 1)
        last = min(ROOM[0], max(width, -(-sum(dots) // rows) * pitch))
        lead = " ".join(f"{x},{y}" for x, y in ((0, LEAD), (0, BAR), (width, BAR), (round(last, 1), LEAD)))
        return Cell(texts, tuple(dots), min(round(believed / each), sum(dots[:-1])), pitch, rows, width, lead)

    def rule(self, found: Mapping[str, People], i: int, acted: int) -> str:
        """Say which rule spares most, and what it loses; empty where there is no other rule."""
        now, best = found[self.e.scenario.rule], min(found, key=lambda rule: float(found[rule].of("unsupported")[i]))
        spared, lost = (float((now.of(one) - found[best].of(one))[i]) for one in ("unsupported", "supported"))
        if spared < 0.5:
            return say("first.rule.none") if len(found) > 1 else ""
        return say(
            "first.rule.spares" if lost > 0.5 else "first.rule.free",
            rule=_label(rule_title(self.e, best)),
            spared=_count(spared),
            n=grouped(acted),
            lost=lost,
            supported=float(now.of("supported")[i]),
        )

    def sentences(self) -> tuple[str, ...]:
        """Return the keys of the sentences, in order."""
        scenario, verify = self.e.scenario, self.e.scenario.purpose == "verify"
        others = "_others" if len(unsure_records(self.e)) > 1 else ""
        record = f"record{others}" if self.doubtful else ""
        if self.searches:
            suppose = [f"both{others}" if self.doubtful else "phi"]
            last = "given" if scenario.threshold.known else "neither" if self.doubtful else "one"
        else:
            suppose, last = ["setting" if verify else "best", *filter(None, [record])], "action"
        of = "verify" if verify and self.causes else "search" if self.causes else "bare"
        return (*(f"first.suppose.{name}" for name in suppose), f"first.of.{of}", f"first.last.{last}")

    def choices(self) -> dict[str, Choice]:
        """Return the choices of the sentence by name."""
        given = unsure_records(self.e).get(self.doubtful, 0.0)
        errors = tuple(share_named(given if s is None else s) for s in self.errors)
        stops = tuple(_label(self.e.scenario.stops[stop].title) for stop in self.stops)
        phis = tuple(share_named(phi) for phi in self.phis)
        return {
            "phi": Choice(say("first.choice.phi"), phis, self.phis, self.phis.index(self.here.phi)),
            "record": Choice(
                say("first.choice.record", whose=self.whose), errors, self.errors, self.errors.index(None)
            ),
            "stop": Choice(say("first.choice.stop"), stops, self.stops, 0),
        }

    @property
    def whose(self) -> str:
        """Whose record error can be chosen, in words."""
        return _label(self.e.scenario.statuses[self.doubtful].title) if self.doubtful else ""

    def words(self) -> dict[str, str]:
        """Return what the screen says at every cell, by name."""
        scenario = self.e.scenario
        app = "phone" if scenario.operator is Operator.OFFICER_PHONE else "system"
        n = self.here.to_test
        below = measured_share(n, 0).ends[1]
        return {
            **{name: say(f"first.words.{name}") for name in WORDS},
            "app": say(f"first.app.{app}"),
            "whose": self.whose,
            "size": grouped(self.here.size),
            "best": capital(best_shown(self.e)),
            "setting": _label(scenario.threshold.title),
            "given": strangers(self.here.phi),
            "action": _label(scenario.action),
            "stop": _label(scenario.stops[self.e.stop].title),
            "to_measure": say("first.measure", n=n, at=share_named(below)) if self.searches else "",
            "was_tested": briefly_tested(self.e),
        }


def _count(exact: float, whole: int | None = None) -> str:
    """Write a count as a whole number; what is not zero never reads so."""
    whole = round(exact) if whole is None else whole
    return say("first.few") if whole == 0 and exact > 0 else grouped(whole)


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
    spots = [f"{(x + 0.5) * cell.pitch:.2f} {(y + 0.5) * cell.pitch:.2f}" for x, y in where]
    places = ["M" + spot + "h0" for spot in spots]
    found, at = [], 0
    for kind, count in zip((*kinds, "supported"), cell.dots, strict=True):
        found.append((kind, Markup("".join(places[at : at + count]))))
        at += count
    unsupported = at - cell.dots[-1]
    hollow = [places[i * unsupported // cell.hollow] for i in range(cell.hollow)]
    return (*found, ("hollow", Markup("".join(hollow))))


def _label(text: str) -> str:
    """Return text of a scenario as one line without marks that turn or hide it, cut where it is long."""
    plain = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    plain = " ".join(plain.split()) or "…"
    return clip(plain, LONGEST)
