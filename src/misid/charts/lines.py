"""Charts of lines with their envelopes: growth with the gallery, and movement with the threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from misid.charts.axes import GALLERY, PLAIN, Axis, finite, gallery_axis, log_axis, short
from misid.charts.rows import names_of, plain, say
from misid.charts.theme import GREY, SMALL, Spec, colour, frame

LARGEST_TESTED = 12e6
DASHES = ([1, 0], [6, 3], [2, 3], [8, 3, 2, 3])

Records = Sequence[Mapping[str, Any]]


def growth(records: Records, description: str, title: str) -> Spec:
    """Draw how the answer moves with the gallery: both modes, each with its envelope, no line above the other.

    Parameters
    ----------
    records : sequence of mapping
        ``n_references, mode, mode_label, threshold_label, central, value, low, high``; ``is_scenario`` marks the
        scenario's own gallery; ``y_title`` names the vertical axis.
    description : str
        Read aloud instead of the picture.
    title : str
        Names the vertical axis where no record does.

    Returns
    -------
    dict
    """
    y_title = next((str(r["y_title"]) for r in records if r.get("y_title")), title)
    y = log_axis(x for r in records for x in (r.get("value"), r.get("low"), r.get("high")))
    x = gallery_axis(r.get("n_references") for r in records)
    rows = [
        {**_point(r, y), "x": r["n_references"], "references": say(float(r["n_references"]))}
        for r in _complete(records, "n_references")
    ]
    names = names_of(rows, "series")
    lines = names_of(sorted(rows, key=lambda r: not r["central"]), "line")
    base: Spec = {
        "x": {
            "field": "x",
            "type": "quantitative",
            "scale": x.scale(),
            "axis": {
                "values": list(x.ticks),
                # On a phone 200 M and 1.2 bn would touch; the scenario's own size is written at its line.
                "labelExpr": f"width < 330 && datum.value == 200e6 ? '' : {GALLERY}",
                "grid": False,
                "title": "images searched",
                "labelFlush": True,
            },
        },
        "y": _value_channel(y),
        "color": colour(names, symbolType="stroke", symbolStrokeWidth=3),
    }
    dash = {**_dashes(lines), "legend": None}
    layers = [
        *_untested(x),
        _band(base, "datum.central"),
        {
            "transform": [{"filter": "!datum.central"}],
            "mark": {"type": "line", "clip": True, "strokeWidth": 1.2, "opacity": 0.9},
            "encoding": {**base, "strokeDash": dash, "detail": {"field": "line"}},
        },
        {
            "transform": [{"filter": "datum.central"}],
            "mark": {"type": "line", "clip": True, "strokeWidth": 2.5},
            "encoding": {**base, "strokeDash": dash, "detail": {"field": "line"}},
        },
        *_names_of_lines(rows, base),
        *_own_gallery(records, x),
        _touch(base, [("images searched", "references"), ("reading", "series"), ("threshold", "line")]),
    ]
    return {**frame(description, 320, layers, y_title), "data": {"values": rows}}


def threshold(records: Records, description: str, title: str) -> Spec:
    """Draw wrong hits and misses over the threshold, in decades.

    Parameters
    ----------
    records : sequence of mapping
        ``threshold, mode_label, series, value, low, high``.
    description : str
        Read aloud instead of the picture.
    title : str
        Names the vertical axis where no record does.

    Returns
    -------
    dict
    """
    y_title = next((str(r["y_title"]) for r in records if r.get("y_title")), title)
    kept = _complete(records, "threshold")
    y = log_axis(x for r in kept for x in (r.get("value"), r.get("low"), r.get("high")))
    rows = [{**_point({**r, "threshold_label": r.get("series", "")}, y), "x": r["threshold"]} for r in kept]
    for row in rows:
        row["both"] = f"{row['series']}: {row['line']}" if row["series"] else row["line"]
    both = names_of(rows, "both")
    of = {row["both"]: row for row in rows}
    base: Spec = {
        "x": {
            "field": "x",
            "type": "quantitative",
            "scale": {"zero": False, "nice": False},
            "axis": {"title": "threshold, decades (stricter to the right)", "grid": False, "tickCount": 5},
        },
        "y": _value_channel(y),
        "color": colour(both, "both", [of[name]["series"] for name in both], symbolType="stroke"),
        "strokeDash": _dashes(both, "both", [of[name]["line"] for name in both]),
    }
    plain_base = {channel: base[channel] for channel in ("x", "y", "color")}
    layers = [
        _band(plain_base, "true"),
        {"mark": {"type": "line", "clip": True, "strokeWidth": 2.2}, "encoding": base},
        _touch(plain_base, [("threshold", "x"), ("reading", "series"), ("what", "line")]),
    ]
    return {**frame(description, 300, layers, y_title), "data": {"values": rows}}


def _complete(records: Records, field: str) -> list[Mapping[str, Any]]:
    """Keep the records that have both a place on the horizontal axis and a value."""
    return [r for r in records if len(finite([r.get("value"), r.get(field)])) == 2]


def _point(record: Mapping[str, Any], y: Axis) -> dict[str, Any]:
    """Return one row as it is drawn, with the words of its tool-tip; zero stands at the lower end of the axis."""
    value = float(record["value"])
    low, high = (finite([record.get(end)]) or [value] for end in ("low", "high"))
    return {
        "series": str(record.get("mode_label") or record.get("mode") or ""),
        "line": str(record.get("threshold_label", "")),
        "central": bool(record.get("central", True)),
        "y": plain(y.leave(value)),
        "low": plain(y.leave(low[0])),
        "high": plain(y.leave(high[0])),
        "said": say(value),
        "range": f"{say(low[0])} to {say(high[0])}",
    }


def _value_channel(y: Axis) -> Spec:
    axis = {"values": list(y.ticks), "labelExpr": PLAIN, "domain": False, "ticks": False, "title": None}
    return {"field": "y", "type": "quantitative", "scale": y.scale(), "axis": axis}


def _dashes(lines: list[str], field: str = "line", owners: list[str] | None = None) -> Spec:
    """Return the channel of dash patterns: the first is solid."""
    owners = owners or lines
    kinds = list(dict.fromkeys(owners))
    marks = [list(DASHES[min(kinds.index(owner), len(DASHES) - 1)]) for owner in owners]
    return {"field": field, "type": "nominal", "scale": {"domain": lines, "range": marks}}


def _names_of_lines(rows: list[Spec], base: Spec) -> list[Spec]:
    """Write each line's threshold at its left end, once: on the mode that runs highest there, clear of the other."""
    if len({row["line"] for row in rows}) < 2:
        return []
    left = min(row["x"] for row in rows)
    top = max((row for row in rows if row["x"] == left), key=lambda r: r["y"])["series"]
    ends = [{"x": r["x"], "y": r["y"], "line": r["line"]} for r in rows if r["x"] == left and r["series"] == top]
    return [
        {
            "data": {"values": ends},
            "mark": {"type": "text", "align": "left", "baseline": "bottom", "dx": 3, "dy": -2, "fontSize": SMALL},
            "encoding": {"x": base["x"], "y": base["y"], "text": {"field": "line", "type": "nominal"}},
        }
    ]


def _band(base: Spec, which: str) -> Spec:
    return {
        "transform": [{"filter": which}],
        "mark": {"type": "area", "clip": True, "opacity": 0.16},
        "encoding": {
            **base,
            "y": {**base["y"], "field": "low"},
            "y2": {"field": "high"},
            "detail": {"field": "line"},
        },
    }


def _touch(base: Spec, names: list[tuple[str, str]]) -> Spec:
    """Return unseen points wide enough for a finger, which carry the tool-tip."""
    shown = [{"field": field, "type": "nominal", "title": name} for name, field in names]
    shown += [
        {"field": "said", "type": "nominal", "title": "value"},
        {"field": "range", "type": "nominal", "title": "range"},
    ]
    return {
        "mark": {"type": "point", "size": 320, "filled": True, "opacity": 0},
        "encoding": {**base, "tooltip": shown},
    }


def _untested(x: Axis) -> list[Spec]:
    """Shade the galleries that are larger than any published test."""
    if x.high <= LARGEST_TESTED or x.low >= LARGEST_TESTED:
        return []
    scale = {"type": "quantitative", "scale": x.scale()}
    values = [{"from": LARGEST_TESTED, "to": x.high}]
    start = {"x": {"field": "from", **scale}}
    return [
        {
            "data": {"values": values},
            "mark": {"type": "rect", "color": GREY, "opacity": 0.1},
            "encoding": {**start, "x2": {"field": "to"}},
        },
        {
            "data": {"values": values},
            "mark": {"type": "rule", "color": GREY, "strokeWidth": 1},
            "encoding": start,
        },
        {
            "data": {"values": values},
            "mark": {
                "type": "text",
                "text": "not tested",
                "align": "left",
                "baseline": "top",
                "dx": 5,
                "y": 4,
                "fontSize": SMALL,
            },
            "encoding": start,
        },
    ]


def _own_gallery(records: Records, x: Axis) -> list[Spec]:
    """Mark the scenario's own gallery; its words stand on the side that has room."""
    own = [float(r["n_references"]) for r in records if r.get("is_scenario")][:1]
    if not own:
        return []
    values = [{"x": own[0]}]
    place = {"x": {"field": "x", "type": "quantitative", "scale": x.scale()}}
    left = own[0] < (x.low * x.high) ** 0.5
    words: Spec = {
        "type": "text",
        "text": f"this scenario, {short(own[0])}",
        "align": "left" if left else "right",
        "baseline": "bottom",
        "dx": 5 if left else -5,
        "y": {"expr": "height - 16"},
        "fontSize": SMALL,
    }
    return [
        {
            "data": {"values": values},
            "mark": {"type": "rule", "color": GREY, "strokeDash": [2, 2], "strokeWidth": 1.5},
            "encoding": place,
        },
        {"data": {"values": values}, "mark": words, "encoding": place},
    ]
