"""Charts of cells: pairs of groups as a map with its numbers, and subjects as a smoothed density.

Hue is one blue, laid on thinly, so that the page's own ground and ink carry the numbers in light, in dark and in
forced colours; whoever sees no hue at all reads the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from misid.charts.axes import PLAIN, Axis, finite_only, inner_axis
from misid.charts.rows import LINE_HEIGHT, labels, six_digits, wrap
from misid.charts.theme import BLUE, GREY, GRID, SMALL, Spec, frame
from misid.findings import big, format_number, share

Records = Sequence[Mapping[str, Any]]

HEAD = 20  # for the numbers of the columns
CELL = 36
GAP = 8
LINE = 40  # characters of an axis title that a phone holds
PART = 0.97  # of a cell's width that is drawn
FAINTEST, STRONGEST = 0.06, 0.5  # more would swallow the numbers


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
    kept = sorted(
        (r for r in records if finite_only([r.get("value")]) and float(r["value"]) >= 0),
        key=lambda r: float(r.get("order", 0)),
    )
    columns = list(dict.fromkeys(str(r.get("series") or "") for r in kept))
    rows = list(dict.fromkeys(str(r["label"]) for r in kept))
    names = list(dict.fromkeys((*rows, *columns)))
    seen = [math.log10(float(r["value"])) for r in kept if float(r["value"]) > 0]
    least, most = min(seen, default=0.0), max(seen, default=0.0)
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
    cells = [_cell(r, columns.index(str(r.get("series") or "")), tops[str(r["label"])], least, most) for r in kept]
    across = _scaled("x", [0, max(1, len(columns))])
    up = _scaled("y", [height, 0])
    box: Spec = {"x": across, "x2": {"field": "x2"}, "y": up, "y2": {"field": "y2"}}
    tip = [
        {"field": field, "type": "nominal", "title": heading}
        for heading, field in (("probe", "probe"), ("reference", "reference"), ("rate", "rate"), ("seen", "seen"))
    ]
    wide = f"width / {max(1, len(columns))} > 62"
    boxes: list[Spec] = [
        {
            "transform": [{"filter": which}],
            "mark": {"type": "rect", "color": BLUE, "stroke": GRID, "strokeDash": edge, "aria": False},
            "encoding": {
                **box,
                "fillOpacity": {"field": "strength", "type": "quantitative", "scale": None, "legend": None},
                "tooltip": tip,
            },
        }
        for which, edge in (("!datum.none", [1, 0]), ("datum.none", [3, 3]))
    ]
    layers: list[Spec] = [
        {
            "data": {"values": [{"x": i + PART / 2, "said": str(names.index(n) + 1)} for i, n in enumerate(columns)]},
            "mark": {"type": "text", "baseline": "top", "y": 0, "fontWeight": 600, "fontSize": SMALL},
            "encoding": {"x": across, "text": {"field": "said", "type": "nominal"}},
        },
        labels(heads, up),
        *boxes,
        {
            "name": "cells",
            "mark": {
                "type": "text",
                "baseline": "middle",
                "fontSize": {"expr": f"{wide} ? 13 : 11"},
                "dy": {"expr": f"{wide} ? -6 : datum.none ? -6 : 0"},
            },
            "encoding": {
                "x": {**across, "field": "middle"},
                "y": {**up, "field": "centre"},
                "text": {"field": "said", "type": "nominal"},
            },
        },
        {
            "name": "undercells",
            "mark": {"type": "text", "baseline": "middle", "fontSize": {"expr": f"{wide} ? 11 : 9"}, "dy": 8},
            "transform": [{"calculate": f"({wide}) || datum.none ? datum.under : ''", "as": "below"}],
            "encoding": {
                "x": {**across, "field": "middle"},
                "y": {**up, "field": "centre"},
                "text": {"field": "below", "type": "nominal"},
            },
        },
    ]
    return {**frame(description, height, layers, measured=True), "data": {"values": cells}}


def _cell(record: Mapping[str, Any], column: int, top: float, least: float, most: float) -> Spec:
    value = float(record["value"])
    per = (finite_only([record.get("per")]) or [1.0])[0]
    count, n = (next(iter(finite_only([record.get(name)])), None) for name in ("count", "n"))
    none = value == 0
    part = 1.0 if none or most <= least else (math.log10(value) - least) / (most - least)
    under = "" if n is None else f"of {_brief(n)}" if none else "" if count is None else f"{_brief(count)} seen"
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
        "under": under,
        "probe": str(record["label"]),
        "reference": str(record.get("series") or ""),
        "rate": share(value),
        "seen": "" if count is None or n is None else f"{count:,.0f} of {n:,.0f}",
    }


def _brief(n: float) -> str:
    return (
        f"{format_number(n / 1e3)} k" if 1e4 <= n < 1e6 else big(n).replace(" million", " M").replace(" billion", " bn")
    )


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
    y_title = next((str(r["y_title"]) for r in records if r.get("y_title")), title)
    x_title = next((str(r["x_title"]) for r in records if r.get("x_title")), "")
    kept = [
        r for r in records if len(finite_only([r.get("x"), r.get("y"), r.get("value")])) == 3 and float(r["value"]) > 0
    ]
    top = max((float(r["value"]) for r in kept), default=1.0)
    rows = [_block(r, top) for r in kept]
    x, y = (inner_axis(v for row in rows for v in (row[side], row[f"{side}2"])) for side in ("x", "y"))
    tip = [{"field": field, "type": "nominal", "title": heading} for heading, field in (("subjects", "said"),)]
    base: Spec = {"x": _axis("x", x, x_title), "y": _axis("y", y, y_title)}
    words: list[tuple[str, str, int]] = [
        ("missed more often", "left", 3),
        ("mistaken for others more often", "right", -3),
    ]
    layers: list[Spec] = [
        {
            "mark": {"type": "rect", "color": BLUE, "aria": False, "clip": True},
            "encoding": {
                **base,
                "x2": {"field": "x2"},
                "y2": {"field": "y2"},
                "fillOpacity": {"field": "strength", "type": "quantitative", "scale": None, "legend": None},
                "tooltip": tip,
            },
        },
        *(
            {
                "data": {"values": [{}]},
                "mark": {
                    "type": "text",
                    "text": text,
                    "align": side,
                    "x": 0 if side == "left" else {"expr": "width"},
                    "y": {"expr": "height - 4"} if side == "left" else 2,
                    "dx": dx,
                    "baseline": "bottom" if side == "left" else "top",
                    "fontSize": SMALL,
                    "color": GREY,
                },
            }
            for text, side, dx in words
        ),
    ]
    return {**frame(description, 320, layers, measured=True), "data": {"values": rows}}


def _block(record: Mapping[str, Any], top: float) -> Spec:
    value = float(record["value"])
    ends = {side: (finite_only([record.get(f"{side}_end")]) or [float(record[side])])[0] for side in ("x", "y")}
    return {
        "x": six_digits(float(record["x"])),
        "x2": six_digits(ends["x"]),
        "y": six_digits(float(record["y"])),
        "y2": six_digits(ends["y"]),
        "strength": six_digits(0.08 + 0.82 * math.sqrt(value / top)),
        "said": share(value),
    }


def _scaled(field: str, domain: list[int]) -> Spec:
    scale = {"type": "linear", "domain": domain, "nice": False, "zero": False}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": None}


def _axis(field: str, axis: Axis, title: str) -> Spec:
    shown = Axis(axis.low, axis.high, False, axis.ticks if not axis.log else (axis.low, axis.high))
    return {
        "field": field,
        "type": "quantitative",
        "scale": {**shown.scale(), "zero": False},
        "axis": {
            "values": list(shown.ticks),
            "labelExpr": PLAIN,
            "labelFlush": True,
            "grid": True,
            "title": wrap(title, LINE) if title else None,
        },
    }
