"""Lines with their bands: what a kind of them has of its own is data, the drawing is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

from misid.charts.axes import Axis, inner_axis, linear_axis, log_axis, share_label, short, tick
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
    tip,
    words,
)
from misid.charts.theme import GREY, SMALL, Spec, colour, dashes, frame
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import big, format_number, score, share

FEW = 60  # thresholds; of fewer every step is drawn as the step that it is
RANKS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)
BEYOND = 10.0  # times the measured gallery: structure from there on, not data
APART = 15  # pixels between figures at the ends of lines


@dataclass(frozen=True)
class Lines:
    """How one kind of lines is drawn.

    Parameters
    ----------
    name : str
        Of its words in the catalogue.
    field : str
        Where a record has its place across.
    across, up : callable
        The axis of some numbers.
    at, said : callable
        Write a place and a value in the tool-tip.
    x_tick, y_tick : callable
        Write them at the axes.
    spread : tuple of str
        The fields that the vertical axis must hold.
    height : int
        In pixels.
    points, steps, areas : bool
        Mark each point; draw few points as steps; fill the area under each line and leave out its scale.
    """

    name: str
    field: str
    across: Callable[[Sequence[float]], Axis]
    up: Callable[[Sequence[float]], Axis]
    at: Callable[[float], str]
    x_tick: Callable[[float], str]
    said: Callable[[float], str] = share
    y_tick: Callable[[float], str] = share_label
    spread: tuple[str, ...] = ("value", "low", "high")
    height: int = 300
    points: bool = False
    steps: bool = False
    areas: bool = False

    def __call__(self, records: Records, description: str, title: str) -> Spec:
        """Draw the lines.

        Parameters
        ----------
        records : sequence of mapping
            A place across, ``value, low, high, series, order``; ``hue`` as in `misid.charts.theme.hues`; ``x_title``
            and ``y_title`` name the axes.  A record with a ``mark`` is a place to point out, in those words.  Of a line
            whose records have a false ``trusted`` only a thin line is drawn; right of ten times the largest
            ``measured`` the ground is grey.
        description : str
            Read aloud instead of the picture.
        title : str
            Names the vertical axis where no record does.

        Returns
        -------
        dict
        """
        kept = complete(records, self.field, "value")
        x, y = self.across(numbers(kept, self.field)), self.up(numbers(kept, *self.spread))
        rows = [self._row(r, y) for r in kept if not x.log or float(r[self.field]) > 0]
        names = names_of(rows)
        across = x.across(self.x_tick, first(records, "x_title", say(f"charts.across.{self.name}")))
        up = {**y.up(self.y_tick), **({"axis": None, "stack": None} if self.areas else {})}
        base: Spec = {"x": across, "y": up, "color": colour(names, rows, symbolType="stroke", symbolStrokeWidth=3)}
        drawn = {**base, "strokeDash": dashes(names)}
        most = max((sum(row["series"] == name for row in rows) for name in names), default=0)
        steps: Spec = {"interpolate": "step-before" if most <= FEW else "linear"} if self.steps else {}
        layers = [
            *_beyond(x, numbers(kept, "measured")),
            *([layer("area", base, clip=True, aria=False, opacity=0.2)] if self.areas else _bands(base)),
            line(drawn, "!datum.thin", strokeWidth=2.5, **steps),
            *([line(drawn, "datum.thin", strokeWidth=1.3, opacity=0.8)] if any("thin" in row for row in rows) else []),
            *([layer("point", base, filled=True, size=22, opacity=1, clip=True)] if self.points else []),
            *_marks(self._places(records, kept), x, base),
            *([] if self.areas else [touch(base, rows, f"datum.y >= {y.low:.6g}", at=say(f"charts.at.{self.name}"))]),
        ]
        above = first(records, "y_title", title)
        return {**frame(description, self.height, layers, above), "data": {"values": rows}}

    def _row(self, record: Record, y: Axis) -> Spec:
        value, here = float(record["value"]), float(record[self.field])
        low, high = ends(record, value)
        return {
            "x": six_digits(here),
            "y": six_digits(y.leave(value)),
            "low": six_digits(y.leave(low)),
            "high": six_digits(y.leave(high)),
            "at": self.at(here),
            **words(record, value, self.said),
            **({"hue": record["hue"]} if "hue" in record else {}),
            **({"thin": True} if not record.get("trusted", True) else {}),
        }

    def _places(self, records: Records, kept: Records) -> list[tuple[float, str]]:
        found = [(x, str(r["mark"])) for r in records if r.get("mark") for x in numbers([r], "threshold")]
        return [*found, *((n, say("charts.measured", n=short(n))) for n in numbers(kept, "measured")[:1])]


def touch(base: Spec, rows: list[Spec], where: str = "", **titles: str) -> Spec:
    """Return unseen points wide enough for a finger, which carry the tool-tip; none that has left the drawing."""
    shown = {**base, "tooltip": tip(rows, "at", "series", "said", "range", "mark", **titles)}
    return layer("point", shown, where=where, size=320, filled=True, opacity=0)


def _bands(base: Spec) -> list[Spec]:
    """Shade from low to high, with edges: where two bands cover each other, the edges still tell them apart."""
    where, whole = "!datum.thin && datum.high > datum.low", {**base, "detail": {"field": "series"}}
    lower, upper = ({**whole, "y": {**base["y"], "field": end}} for end in ("low", "high"))
    area = {**lower, "y2": {"field": "high"}}
    return [
        layer("area", area, where=where, clip=True, aria=False, opacity=0.11),
        *(line(edge, where, strokeWidth=1, opacity=0.45) for edge in (lower, upper)),
    ]


def _marks(places: list[tuple[float, str]], x: Axis, base: Spec) -> list[Spec]:
    """Return lines at places to point out; their words stand on the side that has room."""
    drawn: list[Spec] = []
    where = {"x": {key: base["x"][key] for key in ("field", "type", "scale")}}
    for k, (at, said) in enumerate((at, said) for at, said in places if x.low <= at <= x.high):
        side: Spec = {"align": "left", "dx": 5} if x.part(at) < 0.5 else {"align": "right", "dx": -5}
        values: list[Spec] = [{"x": six_digits(at), "said": said}]
        text = {**where, "text": nominal("said")}
        drawn += [
            layer("rule", where, values, color=GREY, strokeDash=[2, 2], strokeWidth=1.5),
            layer("text", text, values, fontSize=SMALL, baseline="top", y=2 + APART * k, **side),
        ]
    return drawn


def _beyond(x: Axis, measured: list[float]) -> list[Spec]:
    """Shade what lies more than one decade above what was measured."""
    if not measured or max(measured) * BEYOND >= x.high:
        return []
    values: list[Spec] = [{"from": max(x.low, max(measured) * BEYOND), "to": x.high}]
    start = {"x": {"field": "from", "type": "quantitative", "scale": x.scale()}}
    look: dict[str, Any] = {"align": "left", "baseline": "bottom", "dx": 5, "y": {"expr": "height - 3"}}
    return [
        layer("rect", {**start, "x2": {"field": "to"}}, values, color=GREY, opacity=0.12),
        layer("text", start, values, text=say("charts.beyond"), fontSize=SMALL, **look),
    ]


def _whole_decades(values: Sequence[float]) -> Axis:
    """Return an axis of shares of strangers, from and to a power of ten."""
    found = [x for x in values if x > 0] or [1e-4]
    first, last = floor(log10(min(found))), ceil(log10(max(found)))
    last = max(last, first + 1)
    return Axis(10.0**first, 10.0**last, True, tuple(float(f"1e{power}") for power in range(first, last + 1)))


def _ranks(values: Sequence[float]) -> Axis:
    last = max(values, default=2.0)
    return Axis(1.0, max(last, 2.0), True, tuple(t for t in RANKS if t <= max(last, 2.0)))


def _to_the_top(values: Sequence[float]) -> Axis:
    return log_axis(values, 5, whole_top=True)


def _up_to_all(values: Sequence[float]) -> Axis:
    """Return an axis of shares that ends at everybody and begins at a round share under the lowest."""
    low = min(1.0, max(0.0, min(values, default=0.0)))
    for step in (0.01, 0.02, 0.05, 0.1, 0.25):
        count = max(2, round((1 - step * floor(low / step + 1e-9)) / step))
        if count <= 5:
            return Axis(1 - count * step, 1.0, False, tuple(round(1 - i * step, 4) for i in range(count, -1, -1)))
    return Axis(0.0, 1.0, False, (0.0, 0.25, 0.5, 0.75, 1.0))


def _one_in(form: Callable[[float], str]) -> Callable[[float], str]:
    return lambda phi: form(1.0 / phi)


LINES = (
    Lines(
        "phi",
        "phi",
        _whole_decades,
        lambda values: log_axis(values, whole_top=True),
        _one_in(format_number),
        _one_in(short),
        said=format_number,
        y_tick=tick,
        height=320,
    ),
    Lines(
        "galleries",
        "n_references",
        lambda values: inner_axis(values, log=True),
        _to_the_top,
        big,
        short,
        height=320,
    ),
    Lines("rates", "threshold", inner_axis, _to_the_top, score, tick, spread=("value",), steps=True),
    Lines("cmc", "x", _ranks, _up_to_all, tick, tick, height=280, points=True),
    Lines("scores", "x", inner_axis, linear_axis, score, tick, spread=("value",), height=180, areas=True),
)
"""Every kind of lines: people over phi, and measured rates over the gallery, the threshold
and the rank, and how scores spread."""
