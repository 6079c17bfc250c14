"""Charts of lines with their envelopes: growth with the gallery, movement with the threshold, stock over the years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from misid.charts.axes import (
    GALLERY,
    PLAIN,
    Axis,
    finite_only,
    gallery_axis,
    gallery_label,
    inner_axis,
    linear_axis,
    log_axis,
)
from misid.charts.rows import names_of, say, six_digits, tested_words
from misid.charts.theme import GREY, SMALL, Spec, colour, dashes, frame

LARGEST_TESTED = 12e6

Records = Sequence[Mapping[str, Any]]


def draw_growth(records: Records, description: str, title: str) -> Spec:
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
    y = log_axis(_drawn(records), whole_top=True)
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
    dash = {**dashes(lines), "legend": None}
    layers = [
        *_untested(x),
        *band(base, "datum.central"),
        {
            "transform": [{"filter": "!datum.central"}],
            "mark": {"type": "line", "clip": True, "aria": False, "strokeWidth": 1.2, "opacity": 0.9},
            "encoding": {**base, "strokeDash": dash, "detail": {"field": "line"}},
        },
        {
            "transform": [{"filter": "datum.central"}],
            "mark": {"type": "line", "clip": True, "aria": False, "strokeWidth": 2.5},
            "encoding": {**base, "strokeDash": dash, "detail": {"field": "line"}},
        },
        *_names_of_lines(rows, base),
        *_own_gallery(records, x),
        touch(base, [("images searched", "references"), ("reading", "series"), ("threshold", "line")]),
    ]
    return {**frame(description, 320, layers, y_title), "data": {"values": rows}}


def draw_threshold(records: Records, description: str, title: str) -> Spec:
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
    y = log_axis(_drawn(kept), whole_top=True)
    rows = [{**_point({**r, "threshold_label": r.get("series", "")}, y), "x": r["threshold"]} for r in kept]
    places = [float(row["x"]) for row in rows] or [0.0, 1.0]
    for row in rows:
        row["both"] = f"{row['series']}: {row['line']}" if row["series"] else row["line"]
    both = names_of(rows, "both")
    of = {row["both"]: row for row in rows}
    base: Spec = {
        "x": {
            "field": "x",
            "type": "quantitative",
            "scale": {"domain": [min(places), max(places)], "nice": False},
            "axis": {"title": "threshold, decades (stricter to the right)", "grid": False, "tickCount": 5},
        },
        "y": _value_channel(y),
        "color": colour(both, "both", [of[name]["series"] for name in both], symbolType="stroke"),
        "strokeDash": dashes(both, "both", [of[name]["line"] for name in both]),
    }
    plain_base = {channel: base[channel] for channel in ("x", "y", "color")}
    layers = [
        *(band(plain_base, "true") if any(row["high"] > row["low"] for row in rows) else []),
        *_strokes(rows, base),
        touch(plain_base, [("threshold", "x"), ("reading", "series"), ("what", "line")]),
    ]
    return {**frame(description, 300, layers, y_title), "data": {"values": rows}}


def stock(records: Records, description: str, title: str) -> Spec:
    """Draw how many photos are kept, by year and kind; kinds overlap, so nothing is stacked.

    Parameters
    ----------
    records : sequence of mapping
        ``year, value, series, order``, and ``low, high`` if there is an envelope.
    description : str
        Read aloud instead of the picture.
    title : str
        Names the vertical axis where no record does.

    Returns
    -------
    dict
    """
    height = 260
    y_title = next((str(r["y_title"]) for r in records if r.get("y_title")), title)
    kept = sorted(_complete(records, "year"), key=lambda r: float(r.get("order", 0)))
    y = linear_axis(_drawn(kept))
    x = inner_axis(r["year"] for r in kept)
    rows = [
        {**_point({**r, "mode_label": r.get("series"), "threshold_label": r.get("series", "")}, y), "x": r["year"]}
        for r in kept
    ]
    names = names_of(rows, "series")
    value = _value_channel(y)
    base: Spec = {
        "x": {
            "field": "x",
            "type": "quantitative",
            "scale": {**x.scale(), "range": [0, {"expr": "width - 46"}]},  # the last year in figures stands beside it
            "axis": {"values": [t for t in x.ticks if t == round(t)], "format": "d", "grid": False, "title": "year"},
        },
        "y": {**value, "axis": {**value["axis"], "labelExpr": GALLERY}},
        "color": colour(names, symbolType="stroke", symbolStrokeWidth=3),
    }
    last = max((row["x"] for row in rows), default=0.0)
    values: list[Spec] = []
    for row in sorted((row for row in rows if row["x"] == last), key=lambda row: -row["y"]):
        if not values or (values[-1]["y"] - row["y"]) / (y.high - y.low) * height > 15:
            values.append({"x": row["x"], "y": row["y"], "said": gallery_label(row["y"])})
    layers = [
        *band(base, "true"),
        {
            "mark": {"type": "line", "clip": True, "aria": False, "strokeWidth": 2.5},
            "encoding": {**base, "strokeDash": dashes(names, "series")},
        },
        {
            "data": {"values": values},
            "mark": {"type": "text", "align": "left", "baseline": "middle", "dx": 5, "fontSize": SMALL},
            "encoding": {"x": base["x"], "y": base["y"], "text": {"field": "said", "type": "nominal"}},
        },
        touch(base, [("year", "x"), ("photos", "series")]),
    ]
    return {**frame(description, height, layers, y_title), "data": {"values": rows}}


def _drawn(records: Records) -> list[object]:
    return [r.get(name) for r in records for name in ("value", "low", "high")]


def _complete(records: Records, field: str) -> list[Mapping[str, Any]]:
    """Keep the records that have both a place on the horizontal axis and a value."""
    return [r for r in records if len(finite_only([r.get("value"), r.get(field)])) == 2]


def _point(record: Mapping[str, Any], y: Axis) -> dict[str, Any]:
    """Return one row as it is drawn, with the words of its tool-tip; zero stands at the lower end of the axis."""
    value = float(record["value"])
    low, high = (finite_only([record.get(end)]) or [value] for end in ("low", "high"))
    return {
        "series": str(record.get("mode_label") or record.get("mode") or ""),
        "line": str(record.get("threshold_label", "")),
        "central": bool(record.get("central", True)),
        "y": six_digits(y.leave(value)),
        "low": six_digits(y.leave(low[0])),
        "high": six_digits(y.leave(high[0])),
        "said": say(value),
        "range": f"{say(low[0])} to {say(high[0])}",
        **tested_words(record),
    }


def _value_channel(y: Axis) -> Spec:
    axis = {"values": list(y.ticks), "labelExpr": PLAIN, "domain": False, "ticks": False, "title": None}
    return {"field": "y", "type": "quantitative", "scale": y.scale(), "axis": axis}


def _strokes(rows: list[Spec], base: Spec) -> list[Spec]:
    """Draw the first mode wider and under the second, so that both are seen where they agree."""
    names = names_of(rows, "series")
    widths = (3.4, 1.8) if len(names) == 2 else (2.2,) * len(names)
    return [
        {
            "transform": [{"filter": {"field": "series", "equal": name}}],
            "mark": {"type": "line", "clip": True, "aria": False, "strokeWidth": width},
            "encoding": base,
        }
        for name, width in zip(names, widths, strict=True)
    ]


def _names_of_lines(rows: list[Spec], base: Spec) -> list[Spec]:
    """Write each line's threshold at its end, once: on the mode and at the side where the lines are furthest apart."""
    lines = names_of(rows, "line")
    if len(lines) < 2:
        return []
    sides = {"left": min(row["x"] for row in rows), "right": max(row["x"] for row in rows)}
    ends = [
        (side, [row for row in rows if row["series"] == series and row["x"] == x])
        for series in names_of(rows, "series")
        for side, x in sides.items()
    ]
    side, best = max(ends, key=lambda end: _room(end[1], rows, len(lines)))
    same = _common_end(lines)
    values = [{"x": row["x"], "y": row["y"], "line": row["line"].removesuffix(same)} for row in best]
    mark = {"type": "text", "align": side, "baseline": "bottom", "dx": 3 if side == "left" else -3, "dy": -3}
    return [
        {
            "data": {"values": values},
            "mark": {**mark, "fontSize": SMALL},
            "encoding": {"x": base["x"], "y": base["y"], "text": {"field": "line", "type": "nominal"}},
        }
    ]


def _room(ends: list[Spec], rows: list[Spec], wanted: int) -> tuple[float, float]:
    """Rank a place for names of lines: lines far enough apart for a word between them, then the flattest."""
    heights = sorted(float(row["y"]) for row in ends)
    if len(heights) < wanted:
        return 0.0, 0.0
    mode = [float(row["y"]) for row in rows if row["series"] == ends[0]["series"] and row["line"] == ends[0]["line"]]
    return min(2.5, *(high / low for low, high in pairwise(heights))), min(mode) / max(mode)


def _common_end(lines: list[str]) -> str:
    """Return the words that all lines end with, with the space before them: they need no repeating."""
    words = [line.split(" ") for line in lines]
    count = 0
    while all(len(w) > count + 1 for w in words) and len({w[-1 - count] for w in words}) == 1:
        count += 1
    return " " + " ".join(words[0][-count:]) if count else ""


def band(base: Spec, which: str) -> list[Spec]:
    """Shade from low to high, with edges: where two envelopes cover each other, the edges still tell them apart."""
    detail = {"detail": {"field": "line"}}
    kept: Spec = {"transform": [{"filter": f"{which} && datum.high > datum.low"}]}
    area = {**base, **detail, "y": {**base["y"], "field": "low"}, "y2": {"field": "high"}}
    edge = {"type": "line", "clip": True, "aria": False, "strokeWidth": 1, "opacity": 0.45}
    return [
        {**kept, "mark": {"type": "area", "clip": True, "aria": False, "opacity": 0.11}, "encoding": area},
        *(
            {**kept, "mark": edge, "encoding": {**base, **detail, "y": {**base["y"], "field": end}}}
            for end in ("low", "high")
        ),
    ]


def touch(base: Spec, names: list[tuple[str, str]]) -> Spec:
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
                "baseline": "bottom",
                "dx": 5,
                "y": {"expr": "height - 3"},
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
        "text": f"this scenario, {gallery_label(own[0])}",
        "align": "left" if left else "right",
        "baseline": "bottom",
        "dx": 5 if left else -5,
        "y": 16 if left else {"expr": "height - 18"},  # lines rise to the right: there is room on the other side
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
