"""How subjects spread, and how one algorithm differs from another on the same comparisons."""

from __future__ import annotations

from typing import Any

import numpy as np

from misid.evaluation import HERE, Evaluation, Menagerie
from misid.findings.evaluation.words import cell, image, named, people, shown
from misid.findings.model import Cell, ChartData, Section, Table
from misid.quantities import Estimate
from misid.statistics import Array
from misid.vocabulary.numbers import score, share

ANIMALS = ("doves", "chameleons", "phantoms", "worms")
PEOPLE = {
    "mated_non_mated_correlation": "correlation of both mean scores",
    "doves_share": "people easily recognised, rarely mistaken (doves)",
    "chameleons_share": "people easily recognised, often mistaken (chameleons)",
    "phantoms_share": "people hard to recognise, rarely mistaken (phantoms)",
    "worms_share": "people hard to recognise, often mistaken (worms)",
    **{f"{name}_p_value": f"{name}: chance of a share this far from one in sixteen" for name in ANIMALS},
    "false_matches_owed_to_worst_tenth": "false matches owed to the worst tenth of people",
    "false_matches_owed_to_worst_tenth_by_chance": "the same if people were alike, by chance alone",
    "false_matches_split_half_correlation": "whether the same people stand out in two halves of the data (correlation)",
}
LONGEST = 60  # cells along one side of the drawing


def menagerie(e: Evaluation, found: Menagerie) -> Section:
    """Return the section on how subjects differ."""
    text = (
        "Errors do not fall on everybody alike: some people are missed more often, some are mistaken for others more often. "
        f"{people(e.subjects)}, {image(e.image_kind)}. A few always stand out by chance alone."
    )
    table = Table(
        f"How much people differ: {image(e.image_kind)}, everybody in the data",
        ("figure", "value"),
        tuple((PEOPLE.get(name, named(name)), cell(figure, e)) for name, figure in found.figures.items()),
        "Names of animals are those of Yager and Dunstone (2010); one person in sixteen would be each of them by chance.",
    )
    return Section(
        "people",
        "Some people more than others",
        text,
        shown(e, found.figures),
        (table,) if table.rows else (),
        (_density(e, found),),
    )


def _density(e: Evaluation, found: Menagerie) -> ChartData:
    x, y, grid = _merged(found.mated, found.non_mated, found.density)
    (left, right), (foot, head) = _edges(x), _edges(y)
    names = {
        "x_title": "mean score with themselves (more alike to the right)",
        "y_title": "mean score with other people",
    }
    records: list[dict[str, Any]] = [
        {
            "x": float(left[i]),
            "x_end": float(right[i]),
            "y": float(foot[j]),
            "y_end": float(head[j]),
            "value": float(grid[j, i]),
            **names,
        }
        for j in range(y.size)
        for i in range(x.size)
        if grid[j, i] > 0
    ]
    total = float(grid.sum()) or 1.0
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            f"{score(float(foot[_cut(y, j)]))} to {score(float(head[_cut(y, j + 1) - 1]))}",
            *(
                share(float(grid[_cut(y, j) : _cut(y, j + 1), _cut(x, i) : _cut(x, i + 1)].sum()) / total)
                for i in range(4)
            ),
        )
        for j in range(4 if x.size >= 4 and y.size >= 4 else 0)
    )
    heads = [
        f"{score(float(left[_cut(x, i)]))} to {score(float(right[_cut(x, i + 1) - 1]))}"
        for i in range(4 if rows else 0)
    ]
    return ChartData(
        "density",
        f"Where subjects lie by their mean scores: {image(e.image_kind)}, smoothed",
        "Deeper blue holds more people. Left: people whom the algorithm misses more often. Up: people whom it takes for "
        "others more often. Where fewer than 5 people lie near, nothing is drawn: no point is a person.",
        tuple(records),
        Table(
            f"Share of subjects by mean score with other people (down) and with themselves (across): {image(e.image_kind)}",
            ("", *heads),
            rows,
            "Shares of the smoothed picture.",
            HERE,
        ),
    )


def _cut(places: Array, quarter: int) -> int:
    return quarter * places.size // 4


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
    """Return the section on a second algorithm over the same comparisons."""
    other = e.against or "the second algorithm"
    clear = [name for name, f in e.compared.items() if _clear(f)]
    text = (
        f"{e.name} less {other}, on the same comparisons of the same {people(e.subjects)}, {image(e.image_kind)}: "
        f"{len(clear)} of {len(e.compared)} differences cannot be zero by their intervals. Below zero the rate of {e.name} is "
        "the lower one. Many differences were looked at; single intervals do not allow for that."
    )
    return Section(
        "difference",
        f"Beside {other}",
        text,
        {f"difference.{name}": figure for name, figure in shown(e, e.compared).items()},
        (
            Table(
                f"Differences, {e.name} less {other}: {image(e.image_kind)}, everybody in the data; rates in percentage points",
                ("figure", "difference", "can it be zero?"),
                tuple((named(name), cell(f, e), "no" if _clear(f) else "yes") for name, f in e.compared.items()),
            ),
        ),
    )


def _clear(figure: Estimate) -> bool:
    return figure.low is not None and figure.high is not None and (figure.low > 0 or figure.high < 0)
