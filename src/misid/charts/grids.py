"""Charts of cells: pairs of groups as a map with its numbers, and subjects as a smoothed density.

Hue is one blue, laid on thinly, so that the page's own ground and ink carry the numbers in light, in dark and in
forced colours; whoever sees no hue at all reads the numbers.
"""

from __future__ import annotations

import math

from misid.charts.axes import Axis, inner_axis, short, tick
from misid.charts.rows import (
    LINE_HEIGHT,
    Record,
    Records,
    complete,
    first,
    labels,
    layer,
    nominal,
    numbers,
    place,
    six_digits,
    tip,
    wrap,
)
from misid.charts.theme import BLUE, GREY, GRID, SMALL, Spec, frame
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import format_number, share

HEAD = 20  # for the numbers of the columns
CELL = 36
GAP = 8
LINE = 40  # characters of an axis title that a phone holds
PART = 0.97  # of a cell's width that is drawn
FAINTEST, STRONGEST = 0.06, 0.5  # more would swallow the numbers
STRENGTH = {"field": "strength", "type": "quantitative", "scale": None, "legend": None}


def draw_matrix(records: Records, description: str, title: str) -> Spec:
    """Draw a rate for each pair of groups: probes of a row, references of a column, numbered alike.

    Parameters
    ----------
    records : sequence of mapping
        ``label`` for the probe's group, ``series`` for the reference's, ``order``, ``value``, ``count`` and ``n``;
        ``per`` is the round number that rates are printed out of.
    description : str
        Read aloud instead of the picture.
    title : str
        Not drawn: the page prints it.

    Returns
    -------
    dict

    Notes
    -----
    Hue follows the logarithm of the rate.  A cell without an event has a dashed edge, no hue, and says out of how many.
    """
    kept = [r for r in complete(records, "value") if float(r["value"]) >= 0]
    columns = list(dict.fromkeys(str(r.get("series") or "") for r in kept))
    rows = list(dict.fromkeys(str(r["label"]) for r in kept))
    names = list(dict.fromkeys((*rows, *columns)))
    seen = [math.log10(v) for v in numbers(kept, "value") if v > 0]
    bounds = (min(seen, default=0.0), max(seen, default=0.0))
    tops: dict[str, float] = {}
    heads: list[Spec] = []
    top = float(HEAD)
    for name in rows:
        lines = wrap(f"{names.index(name) + 1}  {name}")
        top += LINE_HEIGHT * len(lines)
        heads.append({"y": top - 2, "label": "\n".join(lines)})
        tops[name] = top
        top += CELL + GAP
    height = round(max(top, 60.0))
    cells = [_cell(r, columns.index(str(r.get("series") or "")), tops[str(r["label"])], bounds) for r in kept]
    across, up = place("x", max(1, len(columns))), place("y", height, reverse=True)
    box: Spec = {"x": across, "x2": {"field": "x2"}, "y": up, "y2": {"field": "y2"}, "fillOpacity": STRENGTH}
    box["tooltip"] = tip(cells, "probe", "reference", "rate", "seen")
    middle = {"x": {**across, "field": "middle"}, "y": {**up, "field": "centre"}}
    wide = f"width / {max(1, len(columns))} > 62"
    numbered: list[Spec] = [{"x": i + PART / 2, "said": str(names.index(n) + 1)} for i, n in enumerate(columns)]
    figure: Spec = {"fontSize": {"expr": f"{wide} ? 13 : 11"}, "dy": {"expr": f"{wide} ? -6 : datum.none ? -6 : 0"}}
    below = [{"calculate": f"({wide}) || datum.none ? datum.under : ''", "as": "below"}]
    under: Spec = {"baseline": "middle", "fontSize": {"expr": f"{wide} ? 11 : 9"}, "dy": 8}
    heading: Spec = {"baseline": "top", "y": 0, "fontWeight": 600, "fontSize": SMALL}
    layers: list[Spec] = [
        layer("text", {"x": across, "text": nominal("said")}, numbered, **heading),
        labels(heads, up),
        *(
            layer("rect", box, where=which, color=BLUE, stroke=GRID, strokeDash=edge, aria=False)
            for which, edge in (("!datum.none", [1, 0]), ("datum.none", [3, 3]))
        ),
        {"name": "cells", **layer("text", {**middle, "text": nominal("said")}, baseline="middle", **figure)},
        {"name": "undercells", **layer("text", {**middle, "text": nominal("below")}, **under), "transform": below},
    ]
    return {**frame(description, height, layers), "data": {"values": cells}}


def _cell(record: Record, column: int, top: float, bounds: tuple[float, float]) -> Spec:
    value, (least, most) = float(record["value"]), bounds
    per = (numbers([record], "per") or [1.0])[0]
    count, n = (next(iter(numbers([record], name)), None) for name in ("count", "n"))
    none = value == 0
    part = 1.0 if none or most <= least else (math.log10(value) - least) / (most - least)
    known, which = (n, "none") if none else (count, "seen")
    return {
        "x": column,
        "x2": six_digits(column + PART),
        "middle": six_digits(column + PART / 2),
        "y": top,
        "y2": top + CELL,
        "centre": top + CELL / 2 + 1,
        "none": none,
        "strength": 0.0 if none else six_digits(FAINTEST + (STRONGEST - FAINTEST) * part),
        "said": "0" if none else format_number(value * per),
        "under": "" if n is None or known is None else say(f"charts.cell.{which}", n=short(known)),
        "probe": str(record["label"]),
        "reference": str(record.get("series") or ""),
        "rate": share(value),
        "seen": "" if count is None or n is None else say("charts.out_of", count=count, n=n),
    }


def density(records: Records, description: str, title: str) -> Spec:
    """Draw how subjects spread over two mean scores; a cell with too few of them is left blank.

    Parameters
    ----------
    records : sequence of mapping
        ``x, x_end, y, y_end`` for the cell, ``value`` for the share of subjects in it; ``x_title`` and ``y_title``.
    description : str
        Read aloud instead of the picture.
    title : str
        Names the vertical axis where no record does.

    Returns
    -------
    dict
    """
    kept = [r for r in complete(records, "x", "y", "value") if float(r["value"]) > 0]
    top = max(numbers(kept, "value"), default=1.0)
    rows = [_block(r, top) for r in kept]
    x, y = (inner_axis(numbers(rows, side, f"{side}2")) for side in ("x", "y"))
    titles = (first(records, "x_title"), first(records, "y_title", title))
    base: Spec = {"x": _axis("x", x, titles[0]), "y": _axis("y", y, titles[1])}
    base |= {"x2": {"field": "x2"}, "y2": {"field": "y2"}, "fillOpacity": STRENGTH}
    base["tooltip"] = tip(rows, "said", said=say("charts.tip.subjects"))
    look: Spec = {"fontSize": SMALL, "color": GREY}
    low: Spec = {"align": "left", "x": 0, "dx": 3, "baseline": "bottom", "y": {"expr": "height - 4"}}
    high: Spec = {"align": "right", "x": {"expr": "width"}, "dx": -3, "baseline": "top", "y": 2}
    layers = [
        layer("rect", base, color=BLUE, aria=False, clip=True),
        layer("text", {}, [{}], text=say("charts.spread.missed"), **low, **look),
        layer("text", {}, [{}], text=say("charts.spread.mistaken"), **high, **look),
    ]
    return {**frame(description, 320, layers), "data": {"values": rows}}


def _block(record: Record, top: float) -> Spec:
    value = float(record["value"])
    ends = {side: (numbers([record], f"{side}_end") or [float(record[side])])[0] for side in ("x", "y")}
    return {
        "x": six_digits(float(record["x"])),
        "x2": six_digits(ends["x"]),
        "y": six_digits(float(record["y"])),
        "y2": six_digits(ends["y"]),
        "strength": six_digits(0.08 + 0.82 * math.sqrt(value / top)),
        "said": share(value),
    }


def _axis(field: str, axis: Axis, title: str) -> Spec:
    words = wrap(title, LINE) if title else None
    channel = axis.across(tick, words, grid=True) if field == "x" else axis.up(tick, grid=True, title=words)
    channel["scale"]["zero"] = False
    return channel
