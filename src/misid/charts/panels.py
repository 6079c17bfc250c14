"""Small multiples: what each rule does as one input moves, a panel for each input, one scale of heights for all.

A chart that grows with its page can have one horizontal scale only, so panels stand one under the other and every
place across is given as a part of the panel's own axis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from misid.charts.axes import Axis, finite_only, inner_axis, tick, value_axis, widen
from misid.charts.rows import LINE_HEIGHT, labels, names_of, say, six_digits, wrap
from misid.charts.theme import DASHES, GRID, PALETTE, SMALL, Spec, colour, dashes, frame

Records = Sequence[Mapping[str, Any]]

PLOT = 124  # height of a panel
FOOT = 18  # for the labels under it
GAP = 20  # between panels
GUTTER = 46  # left of all panels, for the labels of heights


def draw_curves(records: Records, description: str, title: str) -> Spec:
    """Draw for each input a panel with one line for each rule.

    Parameters
    ----------
    records : sequence of mapping
        ``x, y, series, panel, order``; ``x_title`` names what is across in that panel, ``y_title`` all heights.
    description : str
        Read aloud instead of the picture.
    title : str
        Names the heights where no record does.

    Returns
    -------
    dict
    """
    y_title = next((str(r["y_title"]) for r in records if r.get("y_title")), title)
    kept = [r for r in records if len(finite_only([r.get("x"), r.get("y")])) == 2]
    y = value_axis((r["y"] for r in kept), 4)
    y = widen(y, any(y.below(float(r["y"])) for r in kept))
    across = {name: [r for r in kept if _panel(r) == name] for name in dict.fromkeys(_panel(r) for r in kept)}
    rows: list[Spec] = []
    names: list[Spec] = []
    grid: list[Spec] = []
    words: list[Spec] = []
    top = 8.0
    for name, members in across.items():
        x = inner_axis(r["x"] for r in members)
        unit = next((str(r["x_title"]) for r in members if r.get("x_title")), "")
        heading = wrap(f"{name} ({unit})" if unit else name, 40)
        top += LINE_HEIGHT * len(heading)
        names.append({"y": top, "label": "\n".join(heading)})
        top += 10
        rows += [_row(r, name, x, y, top) for r in members]
        grid += [{"y": top + (1 - y.part(t)) * PLOT, "from": 0, "to": 1, "said": tick(t)} for t in y.ticks]
        words += _foot(x, top + PLOT)
        top += PLOT + FOOT + GAP
    height = round(max(top - GAP, 1.0))
    series = names_of(sorted(rows, key=lambda row: float(row["order"])), "series")
    base = _channels(series, height)
    layers = [*_ground(names, grid, words, base, height), *_lines(base)]
    return {**frame(description, height, layers, y_title), "data": {"values": rows}}


def _panel(record: Mapping[str, Any]) -> str:
    return str(record.get("panel") or "")


def _row(record: Mapping[str, Any], panel: str, x: Axis, y: Axis, top: float) -> Spec:
    return {
        "panel": panel,
        "series": str(record.get("series") or ""),
        "order": record.get("order", 0),
        "x": six_digits(x.part(float(record["x"]))),
        "y": six_digits(top + (1 - y.part(float(record["y"]))) * PLOT),
        "at": say(float(record["x"])),
        "said": say(float(record["y"])),
    }


def _foot(x: Axis, bottom: float) -> list[Spec]:
    """Return the labels under a panel."""
    places = [(six_digits(x.part(t)), tick(t)) for t in x.ticks]
    return [
        {"x": at, "y": bottom + 4, "said": said, "align": "right" if at > 0.97 else "center"} for at, said in places
    ]


def _channels(series: list[str], height: int) -> Spec:
    """Return place, hue and dashes; hues and dashes turn at different lengths, so that no two rules share both."""
    turn = [series[i % len(PALETTE)] for i in range(len(series))]
    pattern = [str(i % len(DASHES)) for i in range(len(series))]
    return {
        "x": _across("x"),
        "y": _down("y", height),
        "color": colour(series, "series", turn, symbolType="stroke", symbolStrokeWidth=2.5),
        "strokeDash": dashes(series, "series", pattern),
    }


def _across(field: str) -> Spec:
    scale = {"type": "linear", "domain": [0, 1], "nice": False, "range": [GUTTER, {"expr": "width"}]}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": None}


def _down(field: str, height: int) -> Spec:
    scale = {"domain": [height, 0], "nice": False, "zero": False}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": None}


def _ground(names: list[Spec], grid: list[Spec], words: list[Spec], base: Spec, height: int) -> list[Spec]:
    """Return names of panels, lines of equal height with their labels, and the labels across."""
    said = {"text": {"field": "said", "type": "nominal"}}
    return [
        labels(names, base["y"], fontWeight=600),
        {
            "data": {"values": grid},
            "mark": {"type": "rule", "color": GRID, "opacity": 0.3},
            "encoding": {"x": _across("from"), "x2": {"field": "to"}, "y": base["y"]},
        },
        {
            "data": {"values": grid},
            "mark": {"type": "text", "align": "right", "baseline": "middle", "x": GUTTER - 6, "fontSize": SMALL},
            "encoding": {"y": base["y"], **said},
        },
        {
            "data": {"values": words},
            "mark": {"type": "text", "align": {"expr": "datum.align"}, "baseline": "top", "fontSize": SMALL},
            "encoding": {"x": base["x"], "y": base["y"], **said},
        },
    ]


def _lines(base: Spec) -> list[Spec]:
    shown = [("input", "panel"), ("at", "at"), ("rule", "series"), ("value", "said")]
    tip = [{"field": field, "type": "nominal", "title": title} for title, field in shown]
    where = {channel: base[channel] for channel in ("x", "y", "color")}
    return [
        {
            "mark": {"type": "line", "aria": False, "strokeWidth": 2},
            "encoding": {**base, "detail": {"field": "panel"}},
        },
        {"mark": {"type": "point", "size": 200, "filled": True, "opacity": 0}, "encoding": {**where, "tooltip": tip}},
    ]
