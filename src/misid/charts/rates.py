"""Measured rates over the threshold and over the rank, and how scores spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from misid.charts.axes import PLAIN, SHARE, Axis, finite_only, inner_axis, linear_axis, log_axis
from misid.charts.lines import band, touch
from misid.charts.rows import names_of, six_digits
from misid.charts.theme import GREY, SMALL, Spec, colour, dashes_of, frame
from misid.findings import score, share

Records = Sequence[Mapping[str, Any]]

FEW = 60  # thresholds; of fewer every step is drawn as the step that it is
RANKS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)


def draw_rates(records: Records, description: str, title: str) -> Spec:
    """Draw error rates over the threshold, on a logarithmic scale.

    Parameters
    ----------
    records : sequence of mapping
        ``threshold, value, low, high, series, order``; one with a ``mark`` is a threshold to point out, in those words.
    description : str
        Read aloud instead of the picture.
    title : str
        Names the vertical axis where no record does.

    Returns
    -------
    dict
    """
    kept = _complete(records, "threshold")
    y = log_axis((r["value"] for r in kept), 5, whole_top=True)
    x = inner_axis(r["threshold"] for r in kept)
    rows = [_point(r, "threshold", y, score) for r in kept]
    names = names_of(rows, "series")
    base: Spec = {
        "x": _across(Axis(x.low, x.high, False, _round(x)), PLAIN, _x_title(records, "threshold on the score")),
        "y": _up(y, SHARE),
        "color": colour(names, symbolType="stroke", symbolStrokeWidth=3),
    }
    most = max((sum(row["series"] == name for row in rows) for name in names), default=0)
    steps = "step-before" if most <= FEW else "linear"
    stroke = {"type": "line", "clip": True, "aria": False, "strokeWidth": 2.5, "interpolate": steps}
    layers = [
        *band(base, "true"),
        {"mark": stroke, "encoding": {**base, "strokeDash": dashes_of(names), "detail": {"field": "line"}}},
        *_marks(records, base, x),
        # A point that has left the drawing would still stretch it.
        {
            **touch(base, [("threshold", "at"), ("rate", "series")]),
            "transform": [{"filter": f"datum.y >= {y.low:.6g}"}],
        },
    ]
    return {**frame(description, 300, layers, _y_title(records, title), measured=True), "data": {"values": rows}}


def draw_cmc(records: Records, description: str, title: str) -> Spec:
    """Draw the share of mated searches whose mate is among the first R.

    Parameters
    ----------
    records : sequence of mapping
        ``x`` for the rank from 1, ``value, low, high, series, order``.
    description : str
        Read aloud instead of the picture.
    title : str
        Names the vertical axis where no record does.

    Returns
    -------
    dict
    """
    kept = [r for r in _complete(records, "x") if float(r["x"]) > 0]
    drawn = [v for r in kept for v in finite_only([r.get("value"), r.get("low"), r.get("high")])]
    y = _up_to_all(drawn)
    last = max((float(r["x"]) for r in kept), default=2.0)
    first = min((float(r["x"]) for r in kept), default=1.0)
    x = Axis(min(first, 1.0), max(last, 2.0), True, tuple(t for t in RANKS if t <= max(last, 2.0)))
    rows = [_point(r, "x", y, lambda rank: f"{rank:g}") for r in kept]
    names = names_of(rows, "series")
    base: Spec = {
        "x": _across(x, PLAIN, _x_title(records, "length of the list")),
        "y": _up(y, SHARE),
        "color": colour(names, symbolType="stroke", symbolStrokeWidth=3),
    }
    layers = [
        *band(base, "true"),
        {
            "mark": {"type": "line", "clip": True, "aria": False, "strokeWidth": 2.5},
            "encoding": {**base, "strokeDash": dashes_of(names)},
        },
        {"mark": {"type": "point", "filled": True, "size": 22, "opacity": 1, "clip": True}, "encoding": base},
        touch(base, [("first", "at"), ("line", "series")]),
    ]
    return {**frame(description, 280, layers, _y_title(records, title), measured=True), "data": {"values": rows}}


def scores(records: Records, description: str, title: str) -> Spec:
    """Draw how scores spread, one shape for each kind of comparison.

    Parameters
    ----------
    records : sequence of mapping
        ``x`` for the score, ``value`` for the share of scores per unit of it, ``series, order``.
    description : str
        Read aloud instead of the picture.
    title : str
        Names the vertical axis where no record does.

    Returns
    -------
    dict
    """
    kept = _complete(records, "x")
    y = linear_axis(r["value"] for r in kept)
    x = inner_axis(r["x"] for r in kept)
    rows = [_point(r, "x", y, score) for r in kept]
    names = names_of(rows, "series")
    height: Spec = {"field": "y", "type": "quantitative", "scale": y.scale(), "axis": None}
    base: Spec = {
        "x": _across(Axis(x.low, x.high, False, _round(x)), PLAIN, _x_title(records, "score")),
        "y": height,
        "color": colour(names, symbolType="stroke", symbolStrokeWidth=3),
    }
    stroke = {"type": "line", "clip": True, "aria": False, "strokeWidth": 2}
    layers = [
        {
            "mark": {"type": "area", "clip": True, "aria": False, "opacity": 0.2},
            "encoding": {**base, "y": {**height, "stack": None}},
        },
        {"mark": stroke, "encoding": {**base, "strokeDash": dashes_of(names)}},
        *_marks(records, base, x),
    ]
    return {**frame(description, 180, layers, _y_title(records, title), measured=True), "data": {"values": rows}}


def _complete(records: Records, field: str) -> list[Mapping[str, Any]]:
    kept = [r for r in records if len(finite_only([r.get("value"), r.get(field)])) == 2 and not r.get("mark")]
    return sorted(kept, key=lambda r: float(r.get("order", 0)))


def _point(record: Mapping[str, Any], field: str, y: Axis, where: Any) -> Spec:
    value = float(record["value"])
    low, high = ((finite_only([record.get(end)]) or [value])[0] for end in ("low", "high"))
    return {
        "x": six_digits(float(record[field])),
        "y": six_digits(y.leave(value)),
        "low": six_digits(y.leave(low)),
        "high": six_digits(y.leave(high)),
        "series": str(record.get("series") or ""),
        "line": str(record.get("series") or ""),
        "at": where(float(record[field])),
        "said": share(value),
        "range": "" if low == high else f"{share(low)} to {share(high)}",
    }


def _across(x: Axis, words: str, title: str) -> Spec:
    axis = {"values": list(x.ticks), "labelExpr": words, "labelFlush": True, "grid": False, "title": title or None}
    return {"field": "x", "type": "quantitative", "scale": x.scale(), "axis": axis}


def _up(y: Axis, words: str) -> Spec:
    axis = {"values": list(y.ticks), "labelExpr": words, "domain": False, "ticks": False, "title": None}
    return {"field": "y", "type": "quantitative", "scale": y.scale(), "axis": axis}


def _round(x: Axis) -> tuple[float, ...]:
    """Return ticks of a linear axis, whatever the span: scores have no zero of their own."""
    if not x.log:
        return x.ticks
    return tuple(t for t in linear_axis((x.low, x.high)).ticks if x.low <= t <= x.high) or (x.low, x.high)


def _up_to_all(values: list[float]) -> Axis:
    """Return an axis of shares that ends at everybody and begins at a round share under the lowest."""
    low = min(values, default=0.0)
    low, high = min(max(low, 0.0), 1.0), 1.0
    for step in (0.01, 0.02, 0.05, 0.1, 0.25):
        start = step * int(low / step + 1e-9) if low < 1 else 1 - 2 * step
        count = round((1 - start) / step)
        if count <= 5:
            start = min(start, 1 - 2 * step)
            count = round((1 - start) / step)
            return Axis(start, high, False, tuple(round(start + i * step, 4) for i in range(count + 1)))
    return Axis(0.0, high, False, (0.0, 0.25, 0.5, 0.75, 1.0))


def _marks(records: Records, base: Spec, x: Axis) -> list[Spec]:
    """Return lines at thresholds to point out; their words stand on the side that has room."""
    values: list[Spec] = [
        {"x": six_digits(float(r["threshold"])), "said": str(r["mark"])}
        for r in records
        if r.get("mark") and finite_only([r.get("threshold")]) and x.low <= float(r["threshold"]) <= x.high
    ]
    drawn: list[Spec] = []
    for k, place in enumerate(values):
        left = place["x"] < (x.low + x.high) / 2
        where = {"x": {key: base["x"][key] for key in ("field", "type", "scale")}}
        words = {"align": "left" if left else "right", "dx": 5 if left else -5, "baseline": "top", "y": 2 + 15 * k}
        drawn += [
            {
                "data": {"values": [place]},
                "mark": {"type": "rule", "color": GREY, "strokeDash": [2, 2], "strokeWidth": 1.5},
                "encoding": where,
            },
            {
                "data": {"values": [place]},
                "mark": {"type": "text", "fontSize": SMALL, **words},
                "encoding": {**where, "text": {"field": "said", "type": "nominal"}},
            },
        ]
    return drawn


def _x_title(records: Records, usual: str) -> str:
    return next((str(r["x_title"]) for r in records if r.get("x_title")), usual)


def _y_title(records: Records, usual: str) -> str:
    return next((str(r["y_title"]) for r in records if r.get("y_title")), usual)
