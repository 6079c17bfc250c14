"""Charts of rows: dot and range.

Each label stands above its row, at the left, so that the drawing keeps the whole width of a phone.
"""

from __future__ import annotations

from misid.charts.axes import Axis, tick, value_axis
from misid.charts.rows import (
    LINE_HEIGHT,
    Record,
    Records,
    complete,
    ends,
    first,
    labels,
    layer,
    nominal,
    numbers,
    place,
    six_digits,
    tip,
    words,
    wrap,
)
from misid.charts.theme import GRID, Spec, colour, frame
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import format_number

LANE = 15  # height of one range
GAP = 12  # between rows


def ranges(records: Records, description: str, title: str) -> Spec:
    """Draw a dot with its range for each label and series.

    Parameters
    ----------
    records : sequence of mapping
        ``label, series, value, low, high, order``, and ``note`` if there is something to say; ``x_title``.
    description : str
        Read aloud instead of the picture.
    title : str
        Not drawn: the page prints it.

    Returns
    -------
    dict
    """
    drawn = numbers(complete(records, "value"), "value", "low", "high")
    x = value_axis(drawn)
    if x.log and any(x.below(v) for v in drawn):
        # Room for zeros at the left of a logarithmic axis, so that a zero is never drawn on a figure.
        x = Axis(x.low / 10**0.5, x.high, True, x.ticks)
    rows, blocks, height, base = _lay_out(records, x)
    shown = {**base, "tooltip": tip(rows, "label", "series", "said", "range", "note")}
    low = {**base["x"], "field": "low"}
    # Grid lines run beside the ranges and never through a label.
    grid: list[Spec] = [{"x": at, "y": block["y"] + 2, "end": block["end"]} for block in blocks for at in x.ticks]
    down = {"x": base["x"], "y": base["y"], "y2": {"field": "end"}}
    point: Spec = {"filled": True, "opacity": 1}
    beyond = {"x": base["x"], "y": base["y"], "text": nominal("beyond")}
    layers = [
        layer("rule", down, grid, color=GRID, opacity=0.3),
        labels(blocks, base["y"]),
        layer("rule", {**shown, "x": low, "x2": {"field": "high"}}, strokeWidth=5, opacity=0.38, strokeCap="round"),
        layer("point", shown, size=80, **point),
        layer("point", {**base, "x": low}, where="datum.arrow", shape="triangle-left", size=60, **point),
        layer("text", beyond, where="datum.beyond != ''", align="left", baseline="middle", dx=9),
    ]
    return {**frame(description, height, layers), "data": {"values": rows}}


def _lay_out(records: Records, x: Axis) -> tuple[list[Spec], list[Spec], int, Spec]:
    """Give every label and range its height in pixels from the top."""
    kept = complete(records, "value")
    by_label: dict[str, list[Record]] = {}
    for record in kept:
        by_label.setdefault(str(record["label"]), []).append(record)
    series = list(dict.fromkeys(str(r.get("series") or "") for r in kept))
    rows: list[Spec] = []
    blocks: list[Spec] = []
    top = 2.0
    for label, members in by_label.items():
        lines = wrap(label)
        top += LINE_HEIGHT * len(lines)
        blocks.append({"y": top, "label": "\n".join(lines), "end": top + LANE * len(members) + 2})
        for record in sorted(members, key=lambda r: series.index(str(r.get("series") or ""))):
            top += LANE
            rows.append(_row(record, x, label, top - LANE / 2 + 2))
        top += GAP
    height = round(top)
    unit = first(records, "x_title")
    across = x.across(tick, wrap(unit, 50) if unit else None, domain=False, ticks=False)
    return rows, blocks, height, {"x": across, "y": place("y", height, reverse=True), "color": colour(series, rows)}


def _row(record: Record, x: Axis, label: str, y: float) -> Spec:
    value = float(record["value"])
    low, high = ends(record, value)
    return {
        "label": label,
        "y": y,
        "x": six_digits(x.place(value)),
        "low": six_digits(x.place(low)),
        "high": six_digits(x.place(high)),
        **words(record, value, format_number),
        "note": str(record.get("note") or ""),
        # Zero has no place on a logarithmic axis: an arrow says that the range goes on, a word that the value is 0.
        "beyond": ("0" if value == 0 else say("number.under", x=format_number(x.low))) if x.below(value) else "",
        "arrow": x.below(low),
    }
