"""How subjects differ from each other, and how one algorithm differs from another on the same comparisons."""

from __future__ import annotations

import numpy as np

from misid.evaluation import Evaluation, Menagerie
from misid.findings.evaluation.words import cell, counted, figures_table, image, named, rate, short, shown
from misid.findings.model import ChartData, Section, Table
from misid.quantities import Estimate
from misid.statistics import Array
from misid.vocabulary.catalogue import say

LONGEST = 60  # cells along one side of the drawing
WORST = "false_matches_owed_to_worst_tenth"


def menagerie(e: Evaluation, found: Menagerie) -> Section:
    """Return the section on how subjects differ."""
    title = say("evaluation.spread.table", about=image(e.image_kind))
    tables = figures_table(e, title, found.figures, found.figures, say("evaluation.spread.note"))
    charts = (_density(e, found, tables[0]),) if tables else ()
    text = say("evaluation.spread.text")
    return Section("people", say("evaluation.sections.people"), text, shown(e, found.figures), (), charts)


def brief(found: Menagerie) -> Section | None:
    """Return the section of the short page: how many errors a few people have, beside what chance alone gives them."""
    worst, chance = (found.figures.get(name) for name in (WORST, f"{WORST}_by_chance"))
    if worst is None or worst.value is None:
        return None
    known = chance is not None and chance.value is not None
    text = say(
        "evaluation.spread.beside" if known else "evaluation.spread.worst", worst=rate(worst), chance=rate(chance)
    )
    return Section("spread", say("evaluation.sections.people"), text, link="people")


def _density(e: Evaluation, found: Menagerie, table: Table) -> ChartData:
    x, y, grid = _merged(found.mated, found.non_mated, found.density)
    (left, right), (foot, head) = _edges(x), _edges(y)
    titles = {"x_title": say("evaluation.spread.across"), "y_title": say("evaluation.spread.up")}
    records = tuple(
        {"x": float(left[i]), "x_end": float(right[i]), "y": float(foot[j]), "y_end": float(head[j])}
        | {"value": float(grid[j, i]), **titles}
        for j in range(y.size)
        for i in range(x.size)
        if grid[j, i] > 0
    )
    title = say("evaluation.spread.chart", about=image(e.image_kind))
    return ChartData("density", title, say("evaluation.spread.summary"), records, table)


def _edges(places: Array) -> tuple[Array, Array]:
    """Return where each cell begins and ends, from the middles."""
    if places.size < 2:
        return places - 0.5, places + 0.5
    between = (places[1:] + places[:-1]) / 2
    left = np.concatenate([[2 * places[0] - between[0]], between])
    right = np.concatenate([between, [2 * places[-1] - between[-1]]])
    return left, right


def _merged(x: Array, y: Array, grid: Array) -> tuple[Array, Array, Array]:
    """Add neighbouring cells up until a drawing can hold them."""
    for axis in (1, 0):
        places = (y, x)[axis]
        step = -(-places.size // LONGEST)
        if step > 1:
            starts = np.arange(0, places.size, step)
            grid = np.add.reduceat(grid, starts, axis=axis)
            middles = np.add.reduceat(places, starts) / np.diff([*starts, places.size])
            x, y = (middles, y) if axis else (x, middles)
    return x, y, grid


def difference(e: Evaluation) -> Section:
    """Return the section on a second algorithm over the same comparisons; differences are in percentage points."""
    names = {"first": short(e.name), "second": short(e.against)}
    rows = tuple(
        (named(name), cell(f, e), counted(f) or None, say("evaluation.no" if clear(f) else "evaluation.yes"))
        for name, f in e.compared.items()
    )
    heads = tuple(say(f"evaluation.difference_head.{name}") for name in ("figure", "difference", "events", "zero"))
    title = say("evaluation.difference.table", about=image(e.image_kind), **names)
    n = sum(clear(f) for f in e.compared.values())
    text = say("evaluation.difference.text", n=str(n), of=str(len(rows)), **names)
    figures = {f"difference.{name}": figure for name, figure in shown(e, e.compared).items()}
    return Section(
        "difference", say("evaluation.sections.difference", **names), text, figures, (Table(title, heads, rows),)
    )


def clear(figure: Estimate) -> bool:
    """Whether a difference cannot be zero by its interval."""
    return figure.low is not None and figure.high is not None and (figure.low > 0 or figure.high < 0)
