"""Trade-off of two kinds of error on normal deviate axes, on which scores of two normal shapes give a straight line."""

from __future__ import annotations

from scipy.special import ndtri

from misid.charts.axes import chosen, share_label
from misid.charts.lines import touch
from misid.charts.rows import (
    Record,
    Records,
    complete,
    ends,
    first,
    layer,
    line,
    names_of,
    nominal,
    numbers,
    six_digits,
    words,
    wrap,
)
from misid.charts.theme import GREY, SHAPES, SMALL, Spec, colour, frame
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import share

HEIGHT = 340
DECADES = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.5, 0.9, 0.99)
FINER = (1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
MOST = 0.5  # across: nobody sets a threshold at which more than half of the others pass
HIGHEST = 0.99
SMALLEST = 1e-9
OUTSIDE = 10.0  # an interval runs out of the drawing so many times under the lowest rate
MARGIN = 1.25  # between the outermost rate and the end of an axis

Ends = tuple[float, float, tuple[float, ...]]


def det(records: Records, description: str, title: str) -> Spec:
    """Draw one error over the other, both on normal deviate axes; a line for each series, with points on it.

    Parameters
    ----------
    records : sequence of mapping
        ``x, y`` in the open (0, 1), ``series, order``; ``sure`` is false where too few errors were seen for a firm
        line.  A record with ``low`` and ``high`` is a point with its interval, one with a ``mark`` a point with those
        words beside it; a point may be both, and has the hue of its series and a shape of its own.  ``x_title`` and
        ``y_title`` name the axes.
    description : str
        Read aloud instead of the picture.
    title : str
        Names the vertical axis where no record does.

    Returns
    -------
    dict

    Notes
    -----
    A place is the standard normal quantile of the rate, computed here; the scale of the drawing is linear in it.
    """
    kept = _inside(records)
    rows = [_row(r) for r in kept]
    x_ends = _domain(numbers(kept, "x"))
    y = numbers(kept, "y")
    # An interval up to everybody, of few errors, runs out of the drawing: it would flatten every line.
    least, most = min(y, default=SMALLEST) / OUTSIDE, HIGHEST
    y_ends = _domain([*y, *(v for r in kept if _has_interval(r) for v in _interval(r) if least <= v <= most)])
    names = names_of(rows)
    x_title = first(records, "x_title")
    up = {"title": first(records, "y_title", title) or None, "domain": False, "ticks": False}
    base: Spec = {
        "x": _channel("x", x_ends, {"title": wrap(x_title) if x_title else None, "labelFlush": True}),
        "y": _channel("y", y_ends, up, crowded=False),
        "color": colour(names, symbolType="stroke", symbolStrokeWidth=3),
    }
    along = {**base, "detail": {"field": "series"}, "order": {"field": "order", "type": "quantitative"}}
    interval = {**base, "y": {**base["y"], "field": "low"}, "y2": {"field": "high"}}
    # Vega merges the legends of equal domains, and warns where one of them has none; in another order they differ.
    each = {name: SHAPES[i % len(SHAPES)] for i, name in reversed(list(enumerate(names)))}
    shapes = {"domain": list(each), "range": list(each.values())}
    point: Spec = {**base, "shape": nominal("series", scale=shapes, legend=None)}
    beside = {"x": base["x"], "y": base["y"], "text": nominal("mark")}
    layers = [
        *_equal(x_ends, y_ends, base),
        line(along, "!datum.point", strokeWidth=1.5, strokeDash=[2, 3]),
        line(along, "!datum.point && datum.sure", strokeWidth=2.5),
        layer("rule", interval, where="datum.point", strokeWidth=2, clip=True),
        layer("point", point, where="datum.point", filled=True, size=70, opacity=1),
        layer("text", beside, where="datum.mark", align="left", baseline="bottom", dx=6, dy=-4, fontSize=SMALL),
        touch(base, rows, at=x_title or say("charts.at.det")),
    ]
    return {**frame(description, HEIGHT, layers), "data": {"values": rows}}


def _inside(records: Records) -> list[Record]:
    """Keep what can be drawn; across, above one half only where there would be nothing else."""
    found = [r for r in complete(records, "x", "y") if all(SMALLEST < float(r[side]) < HIGHEST for side in ("x", "y"))]
    usual = [r for r in found if float(r["x"]) <= MOST]
    return usual if len(usual) > 1 else found


def _has_interval(record: Record) -> bool:
    return len(numbers([record], "low", "high")) == 2


def _interval(record: Record) -> tuple[float, float]:
    """Return the ends of an interval, each inside what has a place: others run out of the drawing."""
    y = float(record["y"])
    low, high = ends(record, y)
    return min(y, max(low, SMALLEST)), max(y, min(high, 1 - SMALLEST))


def _deviate(p: float) -> float:
    return six_digits(float(ndtri(p)))


def _row(record: Record) -> Spec:
    x, y = float(record["x"]), float(record["y"])
    low, high = map(_deviate, _interval(record)) if _has_interval(record) else (None, None)
    return {
        "x": _deviate(x),
        "y": _deviate(y),
        "low": low,
        "high": high,
        "point": low is not None or bool(record.get("mark")),
        "sure": bool(record.get("sure", True)),
        "order": record.get("order", 0),
        "at": share(x),
        **words(record, y, share),
        **({"mark": str(record["mark"])} if record.get("mark") else {}),
    }


def _domain(values: list[float]) -> Ends:
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


def _channel(field: str, limits: Ends, axis: Spec, *, crowded: bool = True) -> Spec:
    low, high, ticks = limits
    places, said = [_deviate(p) for p in ticks], [share_label(p) for p in ticks]
    labels = chosen(places, said)
    if crowded and len(ticks) > 4:
        # On a phone every second label across, counted from the last, would touch its neighbour.
        fewer = [word if (len(ticks) - 1 - k) % 2 == 0 else "" for k, word in enumerate(said)]
        labels = f"width < 480 ? ({chosen(places, fewer)}) : ({labels})"
    scale = {"type": "linear", "domain": [_deviate(low), _deviate(high)], "nice": False}
    shown = {"values": places, "labelExpr": labels, **axis}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": shown}


def _equal(x: Ends, y: Ends, base: Spec) -> list[Spec]:
    """Return the dotted line on which both errors are equal, where both axes hold it."""
    low, high = max(x[0], y[0]), min(x[1], y[1])
    if low >= high:
        return []
    start, end = _deviate(low), _deviate(high)
    values: list[Spec] = [{"x": start, "y": start, "x2": end, "y2": end}]
    where = {"x": base["x"], "y": base["y"], "x2": {"field": "x2"}, "y2": {"field": "y2"}}
    return [layer("rule", where, values, color=GREY, strokeDash=[1, 4], strokeWidth=1.5, clip=True)]
