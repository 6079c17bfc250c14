"""The shapes of every page: answers and sections with their figures, tables and charts, and pages made of them.

Every front end (report, JSON, command line, notebook) draws these objects and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, ClassVar

from misid.findings.screens import Screen
from misid.quantities import Estimate, Nearness
from misid.vocabulary.brief import brief
from misid.vocabulary.catalogue import say

Cell = str | float | int | None | Estimate


def plain(x: Any) -> Any:
    """Return plain JSON types, all the way down: every field of a dataclass, null for a number that is not finite."""
    if hasattr(x, "to_json"):
        return x.to_json()
    if is_dataclass(x):
        return plain_fields(x, [one.name for one in fields(x)])
    if isinstance(x, Mapping):
        return {key: plain(value) for key, value in x.items()}
    if hasattr(x, "tolist"):
        return plain(x.tolist())
    if isinstance(x, tuple | list):
        return [plain(value) for value in x]
    return None if isinstance(x, float) and not math.isfinite(x) else x


def plain_fields(x: object, names: Iterable[str]) -> dict[str, Any]:
    """Return some fields of it by name, as plain JSON types."""
    return {name: plain(getattr(x, name)) for name in names}


@dataclass(frozen=True)
class Table:
    """A small table; stands under its chart, or alone.

    Parameters
    ----------
    title : str
        What the rows are, with unit and conditions.
    columns : tuple of str
        Headings.
    rows : tuple of tuple of (str, float, int, Estimate or None)
        Cells; an Estimate is printed with its range.
    note : str
        One sentence under the table.
    distance : Distance, MeasuredHere, NoDistance or None
        Of the bare numbers in it, which unlike an Estimate carry none; a table with such numbers is refused without it.

    Raises
    ------
    ValueError
        If it holds a bare number that is no count, and no distance.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    distance: Nearness | None = None

    __repr__ = brief

    def __post_init__(self) -> None:
        if self.distance is None and any(isinstance(cell, float) for row in self.rows for cell in row):
            raise ValueError(f"the bare numbers of {self.title!r} need a distance from the nearest test, or why none")

    def distances(self) -> tuple[Nearness, ...]:
        """Return the distances of all numbers in it, each once, in order."""
        own = () if self.distance is None else (self.distance,)
        cells = (cell.distance for row in self.rows for cell in row if isinstance(cell, Estimate))
        return tuple(dict.fromkeys((*own, *cells)))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; the distance is there where bare numbers have one."""
        names = ("title", "columns", "rows", "note")
        return plain_fields(self, names if self.distance is None else (*names, "distance"))


@dataclass(frozen=True)
class ChartData:
    """What a chart shows, before it is drawn: `misid.charts` turns it into a Vega-Lite specification.

    Parameters
    ----------
    kind : str
        Name of the drawing function in `misid.charts`.
    title : str
        What is shown, with unit and conditions.
    summary : str
        What a reader should see, in one or two sentences; read aloud instead of the picture.
    records : tuple of mapping
        Rows of the chart, plain numbers and strings.
    table : Table
        The same figures for reading.

    Raises
    ------
    ValueError
        If neither its records nor its table say how far the nearest test is, or why that cannot be asked.
    """

    kind: str
    title: str
    summary: str
    records: tuple[Mapping[str, Any], ...]
    table: Table

    __repr__ = brief

    def __post_init__(self) -> None:
        if not self.table.distances() and not all(record.get("distance") for record in self.records):
            raise ValueError(f"the chart {self.title!r} needs a distance from the nearest test, or why none")


class Part:
    """What answers and sections share: figures by stable name, tables and charts, and what is to be said of them."""

    figures: Mapping[str, Estimate]
    tables: tuple[Table, ...]
    charts: tuple[ChartData, ...]
    _plain: ClassVar[tuple[str, ...]]

    def caveats(self) -> tuple[str, ...]:
        """Return the codes of all caveats on the figures, each once, in order."""
        return tuple(dict.fromkeys(code for figure in self.figures.values() for code in figure.caveats))

    def every_table(self) -> tuple[Table, ...]:
        """Return its tables, and those of its charts."""
        return (*self.tables, *(chart.table for chart in self.charts))

    def distances(self) -> tuple[Nearness, ...]:
        """Return the distances of the figures, or where it has none of the tables and charts, each once, in order."""
        found = tuple(dict.fromkeys(figure.distance for figure in self.figures.values()))
        return found or tuple(dict.fromkeys(d for table in self.every_table() for d in table.distances()))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        rest = plain_fields(self, ("figures", "tables", "charts"))
        return plain_fields(self, self._plain) | {"caveats": list(self.caveats())} | rest


@dataclass(frozen=True)
class Finding(Part):
    """The answer to a question.

    Parameters
    ----------
    id : str
        ``"Q01"``, say.
    question : str
        The question in plain words.
    count, interval, doubt : str
        One sentence each: with a count; with the range; with the main reason it could be wrong.
    figures : mapping of str to Estimate
        The numbers behind the sentences, by stable name.
    tables, charts : tuple
        What stands under the sentences.
    answered : bool
        False if misid cannot answer it yet; then ``count`` says so and why.
    """

    id: str
    question: str
    count: str
    interval: str = ""
    doubt: str = ""
    figures: Mapping[str, Estimate] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    charts: tuple[ChartData, ...] = ()
    answered: bool = True

    __repr__ = brief

    _plain = ("id", "question", "answered", "count", "interval", "doubt")

    def section(self) -> Section:
        """Return it as a section of a page."""
        doubt = say("page.part.doubt", doubt=self.doubt) if self.doubt else ""
        others = tuple(sentence for sentence in (self.interval, doubt) if sentence)
        return Section(self.id, self.question, self.count, self.figures, self.tables, self.charts, points=others)


@dataclass(frozen=True)
class Section(Part):
    """Part of a page beside the answers.

    Parameters
    ----------
    id : str
        Anchor on the page: small letters, digits and hyphens.
    title : str
        Its heading.
    text : str
        One to three sentences.
    figures : mapping of str to Estimate
        The numbers behind them, by stable name.
    tables, charts : tuple
        What stands under the sentences; at most one of both on a short page.
    points : tuple of str
        What else is to be said, a sentence each.
    folded : tuple of Table
        Long tables, which stand there folded.
    sections : tuple of Section
        What stands under its own heading within it.
    screens : tuple of Screen
        Synthetic encounters that it shows.
    questions : tuple of Finding
        Answers that it prints in short.
    link : str
        Where the rest stands: an anchor of the appendix; empty if there is no more.
    """

    id: str
    title: str
    text: str
    figures: Mapping[str, Estimate] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    charts: tuple[ChartData, ...] = ()
    screens: tuple[Screen, ...] = ()
    questions: tuple[Finding, ...] = ()
    link: str = ""
    points: tuple[str, ...] = ()
    folded: tuple[Table, ...] = ()
    sections: tuple[Section, ...] = ()

    __repr__ = brief

    _plain = ("id", "title", "text")


@dataclass(frozen=True)
class Page:
    """A page: a lead and sections.  A short one has few; its appendix holds everything else.

    Parameters
    ----------
    title : str
        What it is about.
    mark : str
        What stands first on it, ``"SYNTHETIC"``.
    lead : str
        Its first sentence.
    tested : str
        What was tested of it, in a sentence or two.
    sections : tuple of Section
        In order; on a short page each few sentences with at most one table or chart.
    limits : tuple of str
        What it cannot tell, a sentence each.
    kind : str
        Of an appendix: ``"run"``, ``"compare"``, ``"evaluate"`` or ``"validate"``; empty for a short page.
    picture : ChartData, optional
        Of an appendix: what stands beside the lead.
    beside : str
        Words beside the lead that no picture brings.
    inputs : Table, optional
        Every number that went in.
    illustrative : tuple of str
        Inputs without a source better than press.
    caveats : tuple of str
        Codes of caveats on the page as a whole.
    short : Page, optional
        Of an appendix: its short page.

    Raises
    ------
    ValueError
        If a section of a short page has more than one table or chart.
    """

    title: str
    mark: str
    lead: str
    tested: str
    sections: tuple[Section, ...]
    limits: tuple[str, ...] = ()
    kind: str = ""
    picture: ChartData | None = None
    beside: str = ""
    inputs: Table | None = None
    illustrative: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    short: Page | None = None

    __repr__ = brief

    def __post_init__(self) -> None:
        for section in self.sections:
            if not self.kind and len(section.tables) + len(section.charts) > 1:
                raise ValueError(f"section {section.id!r} of a short page has more than one table or chart")


@dataclass(frozen=True)
class Findings:
    """Everything misid has to say about one scenario.

    Parameters
    ----------
    scenario : str
        Name of the scenario.
    title : str
        Its title in words.
    known : str
        The first screen's sentence: an if-then, with no best value of what nobody knows.
    not_validated : str
        The first screen's one line: what nobody has tested.
    picture : ChartData
        The first screen's picture: how the answer moves over phi.
    headlines : tuple of str
        Ids of the five answers that the command line and a notebook lead with.
    answers : tuple of Finding
        One to each question, in order.
    inputs : Table
        Field, value, range, unit, grade and source of every input.
    illustrative : tuple of str
        Fields without a source better than press; empty if the page need not say "illustrative".
    limits : tuple of str
        What this cannot tell, a sentence each.
    simulated : Section, optional
        What simulated people show beside expected numbers; None if nobody was simulated.
    validated : Section, optional
        Which tests stand behind which answers; None if there are none.
    page : Page, optional
        The short page; what is above is its appendix.
    """

    scenario: str
    title: str
    known: str
    not_validated: str
    picture: ChartData
    headlines: tuple[str, ...]
    answers: tuple[Finding, ...]
    inputs: Table
    illustrative: tuple[str, ...]
    limits: tuple[str, ...]
    simulated: Section | None = None
    validated: Section | None = None
    page: Page | None = None

    __repr__ = brief

    def __post_init__(self) -> None:
        ids = [a.id for a in self.answers]
        if not ids or ids != sorted(set(ids)):
            raise ValueError("findings must answer each question once, in order")

    def leading(self) -> tuple[Finding, ...]:
        """Return the answers that short forms lead with, in order."""
        by_id = {a.id: a for a in self.answers}
        return tuple(by_id[id_] for id_ in self.headlines)

    def figure(self, question: str, name: str) -> Estimate:
        """Return one figure by question and name, ``figure("Q01", "wrong_hits.nist_kept")``."""
        return {a.id: a for a in self.answers}[question].figures[name]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        names = ["scenario", "title", "known", "not_validated", "picture", "headlines", "answers", "inputs"]
        found = plain_fields(self, (*names, "illustrative", "limits"))
        if (people := self.simulated) is not None:
            words = {"title": people.title, "lead": people.text, "how": people.points[0]}
            found["simulated"] = words | plain_fields(people, ("screens", "sections"))
        if self.validated is not None:
            found["validated"] = plain(self.validated)
        return found
