"""The page on misid's own predictions, misses first, from the digest that ships."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from misid.findings.model import ChartData, Page, Section, Table
from misid.findings.nearness import BESIDE
from misid.findings.validation import tables
from misid.findings.validation.short import short_page
from misid.findings.validation.words import (
    STANDINGS,
    anchor,
    distance,
    format_per,
    format_prediction_interval,
    lower,
    standings,
    unit,
    with_test_group,
)
from misid.validation import ANEW, Digest, DigestTable, Prediction, Standing, level_sentence
from misid.vocabulary.brief import brief
from misid.vocabulary.numbers import capital

TITLE = "Predictions beside what was observed"
FIRST_GOALS, FIRST_ROWS, FIRST_UNTESTED = 3, 5, 4
"""Lines of the first screen."""
STREET, LEVEL = "deployment_rate", "deployment_level"
FEW = 12
"""Rows that are drawn by name, each with its own line."""
NO_SUMMARY = "No summary is given: the rows are too few and their ranges too wide, so that any share inside them would look well."
LIMITS = (
    "It does not say that a prediction for another gallery, photo or operator would come as close.",
    "Published tests are of algorithms that were sent in for testing, on photos of one kind of use; no use in the field has "
    "been tested so.",
    "An interval that holds what was observed has been tested little if it is wide; few rows test no coverage at all.",
    "Goals are about the middle and the tail of many rows; a single row can be off by much more, and the worst stand first.",
    "A figure that no table is about is not validated by the others.",
)


@dataclass(frozen=True)
class Family:
    """Tables about one thing that answers rest on."""

    title: str
    stems: tuple[str, ...]  # the first word of the codes of its tables: ``growth`` for ``growth_fnir``
    questions: tuple[str, ...]  # ids of the answers that rest on it


FAMILIES = (
    Family("How misses grow with the gallery", ("growth",), ("Q01", "Q02", "Q05", "Q10", "Q13")),
    Family("Galleries of thousands, not millions", ("small",), ("Q01", "Q05")),
    Family("Kinds of photo, and years between photos", ("kinds", "ageing"), ("Q01", "Q06")),
    Family("Who is wrongly hit more often", ("groups", "cells"), ("Q03",)),
    Family("Twins", ("twins",), ("Q12",)),
    Family("The whole system in the street", ("deployment",), ("Q01", "Q02")),
)
"""A new stem takes its place here: a test asks for it."""


def family_of(code: str) -> Family | None:
    """Return the family of a table, by the first word of its code."""
    return next((family for family in FAMILIES if code.split("_")[0] in family.stems), None)


@dataclass(frozen=True)
class ValidationPage:
    """Everything misid has to say about its own predictions, misses first."""

    title: str
    known: str  # the first screen's one sentence: what was tested, and how it came out against the goals
    beside: str  # what a reader needs to weigh that sentence
    not_validated: str  # the first screen's one line: what nobody has tested
    goals_missed: tuple[tables.Miss, ...]
    furthest: tuple[tables.Miss, ...]  # rows outside their interval, the worst first
    misses: tuple[Table, ...]  # all of them: goals that are not reached, and rows outside their interval
    untested: tuple[str, ...]
    unsettled: Table
    sections: tuple[Section, ...]  # table by table
    unpredicted: Table
    inputs: Table  # what was predicted from what
    limits: tuple[str, ...]
    made: str  # when and from what
    anew: str  # how to make it again
    caveats: tuple[str, ...] = ()
    points: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # what else a section says, by its id
    folded: Mapping[str, Table] = field(default_factory=dict)  # long tables that stand folded in a section, by its id
    page: Page | None = None  # the short page; what is above is its appendix
    illustrative: tuple[str, ...] = ()  # no scenario, no inputs of one

    __repr__ = brief


def validation_page(d: Digest, charts: Mapping[str, ChartData] | None = None) -> ValidationPage:
    """Return the page; ``charts`` by code of a table replace the pictures of the rows that ship."""
    missed = tables.goals_missed(d)
    folded = {anchor(table.code): _folded(table) for table in d.tables}
    return ValidationPage(
        title=TITLE,
        known=known(d),
        beside=beside(d),
        not_validated=untested_line(d),
        goals_missed=missed[:FIRST_GOALS],
        furthest=tables.furthest(d, FIRST_ROWS + FIRST_GOALS - min(len(missed), FIRST_GOALS)),
        misses=(tables.goals_table(d), tables.rows_table(d)),
        untested=tuple(capital(words) for words in d.not_validated),
        unsettled=unsettled(d),
        sections=tuple(_section(table, (charts or {}).get(table.code)) for table in d.tables),
        unpredicted=unpredicted(d),
        inputs=_inputs(d),
        limits=LIMITS,
        made=made(d),
        anew=anew(d),
        caveats=tuple(dict.fromkeys(code for table in d.tables for code in table.caveats)),
        points={anchor(table.code): points(table) for table in d.tables},
        folded={section: table for section, table in folded.items() if table is not None},
        page=short_page(d, TITLE, _in_street(d), (_street(d), _goals(d)), [(f.title, f.stems) for f in FAMILIES]),
    )


def known(d: Digest) -> str:
    """Return the first sentences: misses in the street, then what was tested against the goals set beforehand."""
    return f"{_street(d)}{_goals(d)}"


def _in_street(d: Digest) -> DigestTable | None:
    return next((table for table in d.tables if table.code == STREET), None)


def _street(d: Digest) -> str:
    """Say how the level of false alerts in the street came out, which no goal is about; empty without that table."""
    table = _in_street(d)
    if table is None or not table.outside:
        return ""
    held = table.rows - table.outside
    return (
        f"False alerts per face in the street: {held} of {table.rows} predictions {'lies' if held == 1 else 'lie'} inside "
        f"the {100 * table.level:g}% interval, and no goal is about them. "
    )


def _goals(d: Digest) -> str:
    rows = sum(table.rows for table in d.distinct())
    reached = [met for table in d.tables for _, _, met in table.reached()]
    outside = sum(table.outside for table in d.distinct())
    beyond = f"{outside:,} of its predictions {'lies' if outside == 1 else 'lie'} outside {'its' if outside == 1 else 'their'} interval"
    if not reached:
        return f"Over {rows:,} predictions of published or counted figures misid had no goal set beforehand; {beyond}."
    missed = len(reached) - sum(reached)
    came = (
        f"misid misses {missed} of {len(reached)} goals set beforehand"
        if missed
        else f"misid reaches {'the goal' if len(reached) == 1 else f'all {len(reached)} goals'} set beforehand"
    )
    return f"Over {rows:,} predictions of published or counted figures {came}, and {beyond}."


def beside(d: Digest) -> str:
    """Return what a reader needs to weigh the first sentence: what was tested, what was seen, how many misses are due."""
    distinct = d.distinct()
    rows = sum(table.rows for table in distinct)
    seen = sum(table.standings.get(Standing.IN_SAMPLE.value, 0) for table in distinct)
    judged = [table for table in distinct if table.judged]
    due = sum((1 - table.level) * table.rows for table in judged)
    outside, among = sum(table.outside for table in judged), sum(table.rows for table in judged)
    families = dict.fromkeys(family.title for table in d.tables if (family := family_of(table.code)) is not None)
    tested = f"Tested: {'; '.join(lower(title) for title in families)}. " if families else ""
    tested = (
        f"Tested? {level_sentence(d)} The tables: {tested.removeprefix('Tested: ')}"
        if any(table.code == LEVEL for table in d.tables)
        else tested
    )
    fitted = tested + (
        f"No fit had seen any of them{'' if rows == 1 else ' when it predicted it'}."
        if not seen
        else f"{rows - seen:,} of them were left out of the fit; {seen:,} {'was' if seen == 1 else 'were'} not, and each says so."
    )
    if not among:
        return f"{fitted} No table has rows enough for a summary."
    return (
        f"{fitted} Where rows are many enough to judge, {outside:,} of {among:,} lie outside; with intervals of the right "
        f"width it would be about {due:,.0f}."
    )


def untested_line(d: Digest) -> str:
    """Return the one line that says what nobody has tested."""
    first = list(d.not_validated[:FIRST_UNTESTED])
    more = len(d.not_validated) - len(first)
    if not first:
        return "What no table is about."
    return f"Not validated: {'; '.join(first)}{f'; and {more} more' if more > 0 else ''}."


def made(d: Digest) -> str:
    """Return when and from what the tables were made."""
    return (
        f"Made by misid {d.made.version} from sources up to {_day(d.made.until)}; SHA-256 of the inputs "
        f"{d.made.inputs_sha256[:12]}."
    )


def anew(d: Digest) -> str:
    """Return the commands that make the tables again, with every row."""
    one = f"; one table: {ANEW} --table {d.tables[0].code}" if d.tables else ""
    return f"To make it anew, with every row, from a clone of the repository: make validation{one}."


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%B %Y}"


def unsettled(d: Digest) -> Table:
    """Return what no data can decide, with the evidence."""
    return Table(
        "What no published row can decide",
        ("open", "how one can see that it is open"),
        tuple((one.statement, one.evidence) for one in d.unsettled),
        "Where one of these matters, misid prints both answers and no single headline." if d.unsettled else "",
    )


def unpredicted(d: Digest) -> Table:
    """Return the published records without a prediction, with the reason."""
    return Table(
        "Published records without a prediction",
        ("record", "why"),
        tuple((one.subject, capital(one.reason)) for one in d.unpredicted),
    )


def _inputs(d: Digest) -> Table:
    """Return what was predicted from what."""
    return Table(
        "Tables of predictions",
        ("code", "target", "fitted on", "rows", "groups", "standing", "summary"),
        tuple(
            (
                table.code,
                table.target,
                table.how,
                table.rows,
                table.groups,
                standings(dict(table.standings)),
                "yes" if table.judged else "no: too few rows, too wide ranges",
            )
            for table in d.tables
        ),
        anew(d),
    )


def _section(table: DigestTable, chart: ChartData | None) -> Section:
    """Return what one table shows: a sentence, a picture, the summary, and the rows."""
    parts: list[Table] = []
    if table.goals:
        parts.append(tables.goals(table))
    if table.summaries:
        parts.append(tables.summary(table))
    parts.append(tables.row_table(table, table.shown[: tables.SHOWN]))
    if chart is None and table.shown:
        chart = _named(table, table.shown[:FEW])
    return Section(
        id=anchor(table.code),
        title=table.title,
        text=table_sentence(table),
        figures={name: with_test_group(figure) for name, figure in tables.estimates(table).items()},
        tables=tuple(parts),
        charts=() if chart is None else (chart,),
    )


def points(table: DigestTable) -> tuple[str, ...]:
    """Return what a reader must know of a table, a sentence each."""
    by_standing = {standing.value: words for standing, words in STANDINGS.items()}
    seen = "; ".join(f"{n:,} {by_standing[s]}" for s, n in table.standings.items())
    return (
        f"Target: {table.target}.",
        f"Fitted on: {lower(table.how.rstrip('.'))}.",
        f"Standing of {table.rows:,} rows: {seen}.",
        *(f"These data cannot decide: {lower(words)}" for words in table.unsettled),
    )


def _folded(table: DigestTable) -> Table | None:
    """Return the rows that do not stand open; None if all do."""
    rest = table.shown[tables.SHOWN : tables.FOLDED]
    title = f"{table.title}: rows {tables.SHOWN + 1} and on, the worst first"
    return tables.row_table(table, rest, title) if rest else None


def table_sentence(table: DigestTable) -> str:
    """Return how the predictions of a table came out, in a sentence or two."""
    held = table.rows - table.outside
    inside = f"{held:,} of {table.rows:,} observed values lie inside the {100 * table.level:g}% interval"
    if not table.summaries:
        return f"{inside}. {NO_SUMMARY}" if not table.judged else "There are no rows."
    figures = table.summaries[0].figures
    came = (
        f"Half of {table.rows:,} predictions are within {distance(figures['median'].value, table.scale)} of what was "
        f"observed, nine of ten within {distance(figures['p90'].value, table.scale)}; {inside}."
    )
    other = [
        f"{name} {distance(figures[f'median {name}'].value, table.scale)}"
        for name in table.baselines
        if f"median {name}" in figures
    ]
    return came + (f" Simpler rules, in the middle: {'; '.join(other)}." if other else "")


def _named(table: DigestTable, rows: tuple[Prediction, ...]) -> ChartData:
    """Return each row under its own name: what was predicted, and what was observed, with their intervals."""
    per = table.per
    predicted = f"predicted, {100 * table.level:g}% interval"
    records = [
        {
            "label": row.subject + (f", {row.band}" if row.band else ""),
            "series": series,
            "value": per * value,
            "low": per * low,
            "high": per * high,
            "order": i,
            "note": f"{format_per(value, per)} ({format_per(low, per)} to {format_per(high, per)}){unit(per)}",
            "x_title": unit(per).strip(),
        }
        for i, row in enumerate(rows)
        for series, value, low, high in (
            (predicted, row.value, row.low, row.high),
            ("observed", row.observed, row.observed_low, row.observed_high),
        )
    ]
    worst = rows[0]
    summary = (
        f"The worst of them, {worst.subject}: {format_per(worst.value, per)} predicted ({format_prediction_interval(worst, per)}), "
        f"{format_per(worst.observed, per)} observed{',' if per > 1 else ''}{unit(per)}."
    )
    some = "" if len(rows) == table.rows else f", the {len(rows)} furthest outside of {table.rows:,}"
    return ChartData(
        "intervals", f"Predicted and observed{some}: {table.target}", summary, tuple(records), _worst_rows(table, rows)
    )


def _worst_rows(table: DigestTable, rows: tuple[Prediction, ...]) -> Table:
    """Return the table that stands under a picture."""
    per = table.per
    return Table(
        f"{table.title}: the worst {len(rows)}",
        ("what", f"predicted{unit(per)}", "interval", f"observed{unit(per)}"),
        tuple(
            (
                row.subject,
                format_per(row.value, per),
                format_prediction_interval(row, per),
                format_per(row.observed, per),
            )
            for row in rows
        ),
        distance=BESIDE,
    )
