"""The tables of predictions beside what was observed: goals, the rows furthest off, and what is open."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from misid.findings.model import Cell, Table
from misid.findings.nearness import BESIDE
from misid.quantities import Estimate
from misid.validation import ANEW, Digest, DigestTable, Goal, Prediction, Scale, Standing
from misid.vocabulary.catalogue import say
from misid.vocabulary.names import label
from misid.vocabulary.numbers import format_number, format_rate, grouped, score

LISTED = 20
"""Rows of the list of misses; the tables hold them all."""
FOLDED = 100
"""Rows of a table, with those that are folded."""
OVER_ALL = ("what", "predicted", "observed", "off", "interval", "margin", "table", "standing")
OF_ONE = ("what", "part", "predicted", "interval", "observed", "inside", "off", "standing", "pit", "log_score")


def anew(code: str = "", folder: str = "") -> str:
    """Return the command that makes the tables, or one of them, anew."""
    return " ".join([ANEW, *(("--table", code) if code else ()), *(("--out", folder) if folder else ())])


def heads(*names: str) -> tuple[str, ...]:
    """Return headings of a table."""
    return tuple(say(f"validation.head.{name}") for name in names)


def outside(d: Digest) -> list[tuple[DigestTable, Prediction]]:
    """Return the rows outside their interval, over all tables, the worst first; a figure predicted again counts once."""
    rows = [(table, row) for table in d.distinct() for row in table.shown if not row.inside]
    return sorted(rows, key=lambda pair: (-beyond(pair[1], pair[0].scale), pair[0].code, pair[1].subject, pair[1].band))


def goals(d: Digest) -> list[tuple[DigestTable, Goal, Estimate, bool]]:
    """Return every goal with its figure and whether it is reached, those that are missed first."""
    found = [(table, goal, figure, reached) for table in d.tables for goal, figure, reached in table.reached()]
    return sorted(found, key=lambda goal: goal[3])


def goals_table(d: Digest) -> Table:
    """Return every goal beside its figure, those that are missed first."""
    rows = tuple(
        (figure_name(goal.figure), limit(goal, found), found, _whether(reached), table.title, goal.source)
        for table, goal, found, reached in goals(d)
    )
    columns = heads("figure", "goal", "came_out", "reached", "table", "set_in")
    return Table(say("validation.goals.title"), columns, rows, "" if rows else say("validation.goals.none"))


def rows_table(d: Digest) -> Table:
    """Return the rows outside their interval, over all tables, the worst first."""
    found = outside(d)
    rows = [_cells(row, table) for table, row in found[:LISTED]]
    count, again = sum(table.outside for table in d.distinct()), [t.title for t in d.tables if t not in d.distinct()]
    notes = [say("validation.rows.order")] if rows else [say("validation.rows.none")]
    notes += (
        [say("validation.rows.rest", n=len(rows), of=count, command=anew("", "FOLDER"))] if count > len(rows) else []
    )
    notes += [say("validation.rows.again", tables="; ".join(again))] if again else []
    return _table(say("validation.rows.title"), OVER_ALL, rows, [*notes, *remarks(row for _, row in found[:LISTED])])


def row_table(table: DigestTable, rows: Sequence[Prediction], title: str = "") -> Table:
    """Return rows of a table of predictions, the worst first; the title says how many of them there are."""
    cells = [_cells(row, table) for row in rows]
    names = [name for name in OF_ONE if any(one[name] for one in cells)]
    details = [] if table.judged else list(dict.fromkeys(name for row in rows for name in row.detail))
    for one, row in zip(cells, rows, strict=True):
        one.update({name: _detail(row.detail.get(name, "")) for name in details})
    notes = [say("validation.rows.signs")] if table.scale == "ratio" else []
    if table.judged and (table.outside > len(table.shown) or len(table.shown) > FOLDED):
        notes.append(say("validation.rows.every", command=anew(table.code, "FOLDER")))
    kind = "all" if not table.judged else "outside" if len(table.shown) == table.outside else "some"
    title = title or say(f"validation.rows.{kind}", n=len(table.shown), of=table.outside)
    return _table(title, names, cells, [*remarks(rows), *notes], details)


def street_table(table: DigestTable) -> Table:
    """Return all rows of a table of places, for the short page."""
    names = ("what", "predicted", "interval", "observed", "inside")
    rows = [{**_cells(row, table), "what": label(row.subject)} for row in table.shown]
    return _table(say(f"validation.street.title{'' if table.per == 1 else '_million'}"), names, rows, [])


def _table(
    title: str, names: Sequence[str], rows: Sequence[dict[str, Cell]], notes: list[str], more: Sequence[str] = ()
) -> Table:
    cells = tuple(tuple(row[name] for name in (*names, *more)) for row in rows)
    return Table(title, (*heads(*names), *more), cells, " ".join(notes), BESIDE)


def _cells(row: Prediction, table: DigestTable) -> dict[str, Cell]:
    """Return what any table says of a row, by heading."""
    where = say("validation.rows.part", table=table.title, part=label(row.band)) if row.band else table.title
    return {
        "what": row.subject,
        "part": label(row.band),
        "predicted": amount(row.value, table.per),
        "interval": interval(row, table.per),
        "observed": amount(row.observed, table.per),
        "inside": _whether(row.inside),
        "off": off_by_sign(row, table.scale),
        "margin": format_number(beyond(row, table.scale)),
        "table": where,
        "standing": say(f"validation.standing.{row.standing.name.lower()}"),
        "pit": "" if row.pit is None else format_number(row.pit),
        "log_score": "" if row.log_score is None else grouped(row.log_score, 2),
    }


def _detail(cell: float | int | str) -> str:
    return cell if isinstance(cell, str) else grouped(cell) if isinstance(cell, int) else format_rate(cell)


def _whether(holds: bool) -> str:
    return say("validation.yes" if holds else "validation.no")


def remarks(rows: Iterable[Prediction]) -> list[str]:
    """Return the remarks on single rows, each once with the rows that it is about; for the foot of a table."""
    about: dict[str, list[str]] = {}
    for row in rows:
        if row.note and row.subject not in about.setdefault(row.note, []):
            about[row.note].append(row.subject)
    return [say("validation.rows.remark", rows=", ".join(names), note=note) for note, names in about.items()]


def standings(table: DigestTable) -> list[str]:
    """Return how many rows the fit had seen, and how many not: ``60 developer left out``, ``3 in sample``."""
    return [
        say("validation.standing.count", n=n, what=say(f"validation.standing.{Standing(code).name.lower()}"))
        for code, n in table.standings.items()
    ]


def plain(x: float, per: int) -> str:
    """Return a rate, or so many per million without saying so."""
    return format_rate(x) if per == 1 else format_number(per * x)


def amount(x: float, per: int = 1) -> str:
    """Return a rate, or so many per million."""
    return plain(x, per) if per == 1 else say("validation.per_million", x=plain(x, per))


def interval(row: Prediction, per: int = 1) -> str:
    """Return the interval of a prediction, on one line."""
    return say("number.range", low=plain(row.low, per), high=plain(row.high, per)).replace(" ", "\N{NO-BREAK SPACE}")


def in_words(row: Prediction, per: int) -> dict[str, str]:
    """Return what a sentence says of a row."""
    predicted, observed = amount(row.value, per), amount(row.observed, per)
    return {"what": row.subject, "predicted": predicted, "range": interval(row, per), "observed": observed}


def off_by_sign(row: Prediction, scale: Scale) -> str:
    """Return how far a prediction is off: ``÷ 2.4``, ``+ 0.00020``, 0 where it is right as printed."""
    away = row.away(scale)
    if scale == "difference":
        sign = "+" if away > 0 else "\N{MINUS SIGN}"
        return f"{sign}\N{NO-BREAK SPACE}{format_rate(abs(away))}" if away else "0"
    times = factor(abs(away)) if math.isfinite(away) else "∞"
    return f"{'×' if away > 0 else '÷'}\N{NO-BREAK SPACE}{times}"


def factor(nats: float) -> str:
    """Return a distance in logarithms as a factor, with three digits."""
    ratio = math.exp(min(nats, 20.0))
    return say("validation.most") if ratio > 1e6 else score(ratio, most=3) if ratio < 9.995 else grouped(ratio)


def distance(x: float | None, scale: Scale) -> str:
    """Return a distance without its sign, for many rows: ``a factor of 1.05``, ``0.00010``."""
    if x is None or not math.isfinite(x):
        return say("validation.infinite")
    return say("validation.factor", x=factor(abs(x))) if scale == "ratio" else format_rate(abs(x))


def beyond(row: Prediction, scale: Scale) -> float:
    """Return how many times its own margin a prediction is off; 0 inside its interval.

    The margin is from the prediction to the end of its interval on the side of what was observed: in logarithms on the
    scale of ratios, where all of them are above 0.  Distances of ratios and of differences have no common unit; this one
    orders the misses of all tables.
    """
    if row.inside:
        return 0.0
    end = row.low if row.observed < row.low else row.high
    if scale == "ratio" and min(row.value, row.observed, end) > 0:
        off, margin = abs(math.log(row.observed / row.value)), abs(math.log(end / row.value))
    else:
        off, margin = abs(row.observed - row.value), abs(end - row.value)
    return off / margin if margin > 0 else math.inf


def figure_name(name: str) -> str:
    """Return the name of a figure, its band with it: ``0.001 to 0.002: median distance``."""
    band, _, figure = name.rpartition("|")
    first, _, baseline = figure.partition(" ")
    words = say(f"validation.figure.{first}")
    words = say("validation.figure.of", figure=words, rule=baseline) if baseline else words
    return say("validation.figure.in", band=band, figure=words) if band else words


def limit(goal: Goal, found: Estimate) -> str:
    """Return a goal as a limit in the unit of its figure."""
    share = found.unit == "probability"
    low, high = (
        say("number.percent", x=score(100 * x, most=4)) if share else format_rate(x) for x in (goal.low, goal.high)
    )
    # A share has an upper end and a distance a lower one that limit nothing.
    if goal.low <= 0:
        return say("validation.goals.at_most", x=high)
    return (
        say("validation.goals.at_least", x=low) if share and goal.high >= 1 else say("number.range", low=low, high=high)
    )
