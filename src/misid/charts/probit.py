"""Trade-off of two kinds of error on normal deviate axes, on which scores of two normal shapes give a straight line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scipy.special import ndtri

from misid.charts.axes import finite_only, share_label
from misid.charts.lines import touch
from misid.charts.rows import names_of, six_digits, wrap
from misid.charts.theme import GREY, Spec, colour, frame
from misid.findings import share as in_words

Records = Sequence[Mapping[str, Any]]

HEIGHT = 340
DECADES = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.5, 0.9, 0.99)
FINER = (1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
MOST = 0.5  # across: nobody sets a threshold at which more than half of the others pass
HIGHEST = 0.99
SMALLEST = 1e-9
MARGIN = 1.25  # between the outermost rate and the end of an axis


def det(records: Records, description: str, title: str) -> Spec:
    """Draw one error over the other, both on normal deviate axes.

    Parameters
    ----------
    records : sequence of mapping
        ``x, y`` in the open (0, 1), ``series, order``; ``sure`` is false where too few errors were seen for a firm
        line; a record with ``low`` and ``high`` is a point with its interval; ``x_title``, ``y_title`` name the axes.
    description : str
        Read aloud instead of the picture.
    title : str
        Names the vertical axis where no record does.

    Returns
    -------
    dict

    Notes
    -----
    A place is the standard normal quantile of the rate, reckoned here; the scale of the drawing is linear in it.
    """
    y_title = next((str(r["y_title"]) for r in records if r.get("y_title")), title)
    x_title = next((str(r["x_title"]) for r in records if r.get("x_title")), "")
    kept = _inside(records)
    across, up = ([float(r[side]) for r in kept] for side in ("x", "y"))
    ends = [v for r in kept for v in _ends(r) if v is not None]
    x_axis, y_axis = _domain(across), _domain([*up, *ends])
    rows = [_row(r) for r in kept]
    names = names_of(rows, "series")
    base: Spec = {
        "x": _channel("x", x_axis, {"title": wrap(x_title) if x_title else None, "labelFlush": True}),
        "y": _channel("y", y_axis, {"title": y_title or None, "domain": False, "ticks": False}, crowded=False),
        "color": colour(names, symbolType="stroke", symbolStrokeWidth=3),
    }
    curve = {"type": "line", "clip": True, "aria": False}
    along = {**base, "detail": {"field": "series"}, "order": {"field": "order", "type": "quantitative"}}
    layers = [
        *_equal(x_axis, y_axis, base),
        {
            "transform": [{"filter": "!datum.point"}],
            "mark": {**curve, "strokeWidth": 1.5, "strokeDash": [2, 3]},
            "encoding": along,
        },
        {
            "transform": [{"filter": "!datum.point && datum.sure"}],
            "mark": {**curve, "strokeWidth": 2.5},
            "encoding": along,
        },
        {
            "transform": [{"filter": "datum.point"}],
            "mark": {"type": "rule", "strokeWidth": 2, "clip": True},
            "encoding": {**base, "y": {**base["y"], "field": "low"}, "y2": {"field": "high"}},
        },
        {
            "transform": [{"filter": "datum.point"}],
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
            "encoding": base,
        },
        touch(base, [(x_title or "across", "at"), ("line", "series")]),
    ]
    return {**frame(description, HEIGHT, layers, measured=True), "data": {"values": rows}}


def _inside(records: Records) -> list[Mapping[str, Any]]:
    """Keep what can be drawn; across, above one half only where there would be nothing else."""
    found = [
        r
        for r in records
        if len(finite_only([r.get("x"), r.get("y")])) == 2
        and all(SMALLEST < float(r[side]) < HIGHEST for side in ("x", "y"))
    ]
    usual = [r for r in found if float(r["x"]) <= MOST]
    return usual if len(usual) > 1 else found


def _ends(record: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return the ends of an interval that have a place; the other ends run out of the drawing."""
    low, high = (next(iter(finite_only([record.get(end)])), None) for end in ("low", "high"))
    if low is None or high is None:
        return None, None
    return max(low, SMALLEST), min(high, 1 - SMALLEST)


def _row(record: Mapping[str, Any]) -> Spec:
    x, y = float(record["x"]), float(record["y"])
    low, high = _ends(record)
    return {
        "x": six_digits(float(ndtri(x))),
        "y": six_digits(float(ndtri(y))),
        "low": six_digits(float(ndtri(min(y, low)))) if low is not None else None,
        "high": six_digits(float(ndtri(max(y, high)))) if high is not None else None,
        "point": low is not None,
        "sure": bool(record.get("sure", True)),
        "series": str(record.get("series") or ""),
        "order": record.get("order", 0),
        "at": in_words(x),
        "said": in_words(y),
        "range": f"{in_words(float(record['low']))} to {in_words(float(record['high']))}" if low is not None else "",
    }


def _domain(values: list[float]) -> tuple[float, float, tuple[float, ...]]:
    """Return both ends of an axis and what to label: whole decades, or finer rates where those are fewer than three."""
    low, high = min(values, default=1e-3) / MARGIN, max(values, default=MOST)
    high = min(high * MARGIN, 1 - (1 - high) / MARGIN)
    kept = tuple(p for p in DECADES if low <= p <= high)
    if len(kept) < 3:
        kept = tuple(p for p in FINER if low <= p <= high)
    if len(kept) < 2:
        around = max((i for i, p in enumerate(FINER[:-1]) if p <= low), default=0)
        kept = FINER[around : around + 2]
        low, high = min(low, kept[0]), max(high, kept[-1])
    return low, high, kept


def _channel(field: str, ends: tuple[float, float, tuple[float, ...]], axis: Spec, *, crowded: bool = True) -> Spec:
    low, high, ticks = ends
    places = [six_digits(float(ndtri(p))) for p in ticks]
    words = "''"
    for k, (place, p) in reversed(list(enumerate(zip(places, ticks, strict=True)))):
        # On a phone every second label across, counted from the last, would touch its neighbour.
        hidden = crowded and len(ticks) > 4 and (len(ticks) - 1 - k) % 2 == 1
        said = f"(width < 480 ? '' : '{share_label(p)}')" if hidden else f"'{share_label(p)}'"
        words = f"datum.value < {place + 1e-4:.6g} ? {said} : {words}"
    return {
        "field": field,
        "type": "quantitative",
        "scale": {"type": "linear", "domain": [six_digits(float(ndtri(p))) for p in (low, high)], "nice": False},
        "axis": {"values": places, "labelExpr": words, **axis},
    }


def _equal(x: tuple[float, float, object], y: tuple[float, float, object], base: Spec) -> list[Spec]:
    """Return the dotted line on which both errors are equal, where both axes hold it."""
    low, high = max(x[0], y[0]), min(x[1], y[1])
    if low >= high:
        return []
    ends = [six_digits(float(ndtri(p))) for p in (low, high)]
    return [
        {
            "data": {"values": [{"x": ends[0], "y": ends[0], "x2": ends[1], "y2": ends[1]}]},
            "mark": {"type": "rule", "color": GREY, "strokeDash": [1, 4], "strokeWidth": 1.5, "clip": True},
            "encoding": {"x": base["x"], "y": base["y"], "x2": {"field": "x2"}, "y2": {"field": "y2"}},
        }
    ]
