"""The pages on misid's own predictions, misses first, from the digest that ships: a short one, and its appendix."""

from __future__ import annotations

from dataclasses import dataclass, replace

from misid.findings.model import ChartData, Page, Section, Table
from misid.findings.validation.tables import (
    FOLDED,
    amount,
    anew,
    distance,
    figure_name,
    goals,
    goals_table,
    heads,
    in_words,
    limit,
    plain,
    row_table,
    rows_table,
    standings,
    street_table,
)
from misid.quantities import Estimate
from misid.validation import Digest, DigestTable, Prediction, Standing, level_sentence, short_tested_sentence
from misid.vocabulary.catalogue import say
from misid.vocabulary.names import label
from misid.vocabulary.numbers import capital, value

STREET = "deployment_rate"
ALL = "make validation"
FEW = 12
"""Rows that are drawn by name, each with its own line."""


@dataclass(frozen=True)
class Family:
    """Tables about one thing that answers rest on."""

    stems: tuple[str, ...]  # the first word of the codes of its tables: ``growth`` for ``growth_fnir``
    questions: tuple[str, ...]  # ids of the answers that rest on it

    @property
    def title(self) -> str:
        """What its tables are about."""
        return say(f"validation.family.{self.stems[0]}")


FAMILIES = (
    Family(("growth",), ("Q01", "Q02", "Q05", "Q10", "Q13")),
    Family(("small",), ("Q01", "Q05")),
    Family(("kinds", "ageing"), ("Q01", "Q06")),
    Family(("groups", "cells"), ("Q03",)),
    Family(("twins",), ("Q12",)),
    Family(("deployment",), ("Q01", "Q02")),
)
"""A new stem takes its place here: a test asks for it."""


def family_of(code: str) -> Family | None:
    """Return the family of a table, by the first word of its code."""
    return next((family for family in FAMILIES if code.split("_")[0] in family.stems), None)


def _short(d: Digest) -> Page:
    """Return the short page: the misses in the street first."""
    sections = [
        _section("street", say("validation.street.text", level=100 * t.level), street_table(t), link=anchor(t.code))
        for t in d.tables
        if t.code == STREET
    ]
    sections.append(_goals(d))
    if d.not_validated:
        sections.append(replace(_untested(d), link="untested"))
    if d.unsettled:
        street = tuple(one.statement for one in d.unsettled if one.table.startswith("deployment"))
        count = say(f"validation.section.open{'_street' if street else ''}", n=len(d.unsettled))
        sections.append(_section("unsettled", count, link="unsettled", points=street))
    lead = _street(d) or _goals_sentence(d)
    limits = tuple(say(f"validation.cannot.{name}") for name in ("elsewhere", "field", "few"))
    title = say("validation.title")
    return Page(title, say("validation.mark"), lead, short_tested_sentence(d), tuple(sections), limits)


def _section(name: str, text: str = "", *tables: Table, link: str = "", points: tuple[str, ...] = ()) -> Section:
    title = say(f"validation.section.{name}")
    return Section(name, title, text, tables=tables, link=link, points=points)


def _untested(d: Digest) -> Section:
    return _section("untested", say("validation.section.computes"), points=tuple(map(capital, d.not_validated)))


def _goals(d: Digest) -> Section:
    """Return the goals, those missed by name, and how many predictions lie outside by what they are about."""
    rows = []
    for family in FAMILIES:
        its = [table for table in d.distinct() if family_of(table.code) is family]
        if its:
            rows.append((family.title, sum(table.rows for table in its), sum(table.outside for table in its)))
    shown = Table(say("validation.goals.about"), heads("about", "predictions", "outside"), tuple(rows))
    return _section("goals", " ".join((_goals_sentence(d), _due(d), *missed(d))), shown, link="misses")


def missed(d: Digest) -> list[str]:
    """Return a sentence for each goal that is not reached."""
    return [
        say("validation.goals.missed_one", what=figure_name(goal.figure), goal=limit(goal, found), found=_found(found))
        for _, goal, found, reached in goals(d)
        if not reached
    ]


def validation_page(d: Digest) -> Page:
    """Return everything that misid has to say about its own predictions: the appendix, and its short page."""
    open_ = tuple((one.statement, one.evidence) for one in d.unsettled)
    left = tuple((one.subject, capital(one.reason)) for one in d.unpredicted)
    misses = (goals_table(d), rows_table(d))
    clean = all(reached for *_, reached in goals(d)) and not misses[1].rows
    sections = (
        _section("misses", say("validation.section.clean") if clean else "", *misses),
        _untested(d),
        _section("unsettled", "", Table(say("validation.head.unsettled"), heads("open", "evidence"), open_)),
        _section(
            "how",
            say("validation.section.read"),
            points=(made(d), say("validation.anew", all=ALL, one=anew(d.tables[0].code if d.tables else ""))),
        ),
        *(_of_table(table) for table in d.tables),
        _section("unpredicted", "", Table(say("validation.head.unpredicted"), heads("record", "why"), left)),
    )
    limits = tuple(say(f"validation.limit.{name}") for name in ("elsewhere", "field", "wide", "single", "other"))
    return Page(
        say("validation.title"),
        say("validation.appendix_mark"),
        known(d),
        level_sentence(d),
        tuple(one for one in sections if one.text or any(table.rows for table in one.tables)),
        limits,
        "validate",
        beside=_beside(d),
        caveats=tuple(dict.fromkeys(code for table in d.tables for code in table.caveats)),
        short=_short(d),
    )


def known(d: Digest) -> str:
    """Return the first sentences: misses in the street, then all predictions and the goals set beforehand."""
    return f"{_street(d)} {_goals_sentence(d)}".strip()


def _street(d: Digest) -> str:
    """Return how the level of false alerts in the street came out, which no goal is about; empty where it holds."""
    rows = [row for table in d.tables if table.code == STREET for row in table.shown]
    off = [row for row in rows if not row.inside]
    way = "fewer" if all(row.observed < row.low for row in off) else "otherwise"
    return say(f"validation.street.{way}", n=len(off), of=len(rows)) if off else ""


def _goals_sentence(d: Digest) -> str:
    """Return how many predictions lie outside their interval, and how many goals are missed."""
    distinct, reached = d.distinct(), [met for *_, met in goals(d)]
    off, fails = sum(table.outside for table in distinct), reached.count(False)
    came = "none" if not reached else "missed" if fails else "reached"
    goal = say(f"validation.goals.{came}", n=fails or len(reached), of=len(reached))
    return f"{say('validation.goals.outside', n=off, of=sum(table.rows for table in distinct))} {goal}"


def _beside(d: Digest) -> str:
    """Return what a reader needs to weigh the first sentence: what was seen, and how many misses are due."""
    distinct = d.distinct()
    rows, seen = sum(t.rows for t in distinct), sum(t.standings.get(Standing.IN_SAMPLE.value, 0) for t in distinct)
    fitted = say("validation.beside.seen", n=rows - seen, seen=seen) if seen else say("validation.beside.unseen")
    return f"{fitted} {_due(d)}"


def _due(d: Digest) -> str:
    """Return how many rows would lie outside if intervals were right, where rows are many enough to judge."""
    judged = [table for table in d.distinct() if table.judged]
    off, among = sum(table.outside for table in judged), sum(table.rows for table in judged)
    due = round(sum((1 - table.level) * table.rows for table in judged))
    return say("validation.beside.due", n=off, of=among, due=due) if among else say("validation.beside.few")


def made(d: Digest) -> str:
    """Return when and from what the tables were made."""
    return say("validation.made", version=d.made.version, day=d.made.until, digest=d.made.inputs_sha256[:12])


def anchor(code: str) -> str:
    """Return the id of a table's section."""
    return code.replace("_", "-")


def _of_table(table: DigestTable) -> Section:
    """Return what one table shows: a sentence, a picture of its worst rows with these rows, and the others folded.

    One that predicts the figures of another again has no picture.
    """
    drawn = 0 if table.again_of else FEW
    first, rest = table.shown[:drawn], table.shown[drawn:FOLDED]
    more = say("validation.rows.more", table=table.title, n=FEW + 1) if drawn else ""
    figures = {
        f"{one.band}|{name}" if one.band else name: _of_a_test(figure)
        for one in table.summaries
        for name, figure in one.figures.items()
    }
    return Section(
        anchor(table.code),
        table.title,
        table_sentence(table),
        figures,
        charts=(_chart(table, first),) if first else (),
        points=(
            say("validation.point.target", what=table.target),
            say("validation.point.fitted", how=table.how.rstrip(".")),
            say("validation.point.standing", n=table.rows, groups=table.groups, standings="; ".join(standings(table))),
            *(say("validation.point.undecided", what=words) for words in table.unsettled),
        ),
        folded=(row_table(table, rest, more),) if rest else (),
    )


def came(table: DigestTable) -> str:
    """Return how close the predictions of a table came, in a sentence or two."""
    counts = {"n": table.rows - table.outside, "of": table.rows, "level": 100 * table.level}
    if not table.summaries:
        return say("validation.came.few", **counts)
    figures = table.summaries[0].figures
    middle, tail = (distance(figures[name].value, table.scale) for name in ("median", "p90"))
    return say("validation.came.many", **counts, middle=middle, tail=tail)


def table_sentence(table: DigestTable) -> str:
    """Return how the predictions of a table came out, beside simpler rules."""
    figures = table.summaries[0].figures if table.summaries else {}
    rules = [
        say("validation.came.rule", rule=name, off=distance(figures[f"median {name}"].value, table.scale))
        for name in table.baselines
        if f"median {name}" in figures
    ]
    return " ".join([came(table), *([say("validation.came.rules", rules="; ".join(rules))] if rules else [])])


def _chart(table: DigestTable, rows: tuple[Prediction, ...]) -> ChartData:
    """Return each row under its own name: what was predicted, and what was observed, with their intervals."""
    per = table.per
    predicted, observed = say("validation.chart.predicted", level=100 * table.level), say("validation.chart.observed")
    records = tuple(
        {
            "label": say("validation.chart.part", row=row.subject, part=label(row.band)) if row.band else row.subject,
            "series": series,
            "value": per * x,
            "low": per * low,
            "high": per * high,
            "order": i,
            "note": say("validation.chart.note", x=amount(x, per), low=plain(low, per), high=plain(high, per)),
            "x_title": "" if per == 1 else say("validation.chart.per_million"),
        }
        for i, row in enumerate(rows)
        for series, x, low, high in (
            (predicted, row.value, row.low, row.high),
            (observed, row.observed, row.observed_low, row.observed_high),
        )
    )
    kind = "all" if len(rows) == table.rows else "some"
    return ChartData(
        "intervals",
        say(f"validation.chart.{kind}", n=len(rows), of=table.rows, target=table.target),
        say("validation.chart.worst", **in_words(rows[0], per)),
        records,
        row_table(table, rows),
    )


def _of_a_test(figure: Estimate) -> Estimate:
    """Return a figure that says whom it is about as a test does: not a use of anything."""
    conditions = replace(figure.conditions, probe_group=say("validation.everybody"))
    return replace(figure, conditions=conditions) if figure.conditions.probe_group == "all" else figure


def _found(found: Estimate) -> str:
    """Return what came out, in the unit of the figure."""
    return found.reason if found.value is None else value(found.value, found.unit)
