"""Scales and ticks, chosen here so that each chart has few of them and none collide on a phone; and their words."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from misid.charts.theme import Spec
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import grouped

MOST_DECADES = 7  # a longer axis flattens everything that can be compared on it
SMALLEST = 1e-300  # a shorter linear axis is a point
MARGIN = 1.15  # between the outermost value and the end of a logarithmic axis


@dataclass(frozen=True)
class Axis:
    """Domain and ticks of one axis.

    Parameters
    ----------
    low, high : float
        Domain.
    log : bool
        Whether the scale is logarithmic.
    ticks : tuple of float
        Where it is labelled.
    """

    low: float
    high: float
    log: bool
    ticks: tuple[float, ...]

    def place(self, x: float) -> float:
        """Return where a value is drawn: inside the domain, zero at its lower end."""
        return min(max(x, self.low), self.high)

    def leave(self, x: float) -> float:
        """Return where a point of a line is drawn: as it is, but never at or under zero on a logarithmic axis."""
        return max(x, self.low * 1e-3) if self.log else x

    def below(self, x: float) -> bool:
        """Say whether a value lies under what can be drawn, as zero does on a logarithmic axis."""
        return x < self.low

    def part(self, x: float) -> float:
        """Return where a value is drawn as a part of the axis, 0 at its lower end and 1 at its upper."""
        at = self.place(x)
        if self.log:
            return math.log(at / self.low) / math.log(self.high / self.low)
        return (at - self.low) / (self.high - self.low)

    def scale(self) -> Spec:
        """Return the Vega-Lite scale."""
        return {"type": "log" if self.log else "linear", "domain": [self.low, self.high], "nice": False}

    def across(self, form: Callable[[float], str], title: str | list[str] | None, **axis: Any) -> Spec:
        """Return the horizontal channel, its ticks written by a form."""
        look = {"labelFlush": True, "grid": False, "title": title or None, **axis}
        return self._channel("x", [form(t) for t in self.ticks], look)

    def up(self, form: Callable[[float], str], **axis: Any) -> Spec:
        """Return the vertical channel, its ticks written by a form."""
        return self._channel(
            "y", [form(t) for t in self.ticks], {"domain": False, "ticks": False, "title": None, **axis}
        )

    def _channel(self, field: str, words: list[str], look: Spec) -> Spec:
        axis = {"values": list(self.ticks), "labelExpr": chosen(self.ticks, words), **look}
        return {"field": field, "type": "quantitative", "scale": self.scale(), "axis": axis}


def chosen(ticks: Sequence[float], words: Sequence[str]) -> str:
    """Return the expression that gives each tick its words: they are of the language of the page, not of Vega."""
    found = json.dumps(words[-1])
    for here, after, word in reversed(list(zip(ticks, ticks[1:], words, strict=False))):
        found = f"datum.value < {(here + after) / 2:.6g} ? {json.dumps(word)} : {found}"
    return found


def finite_only(values: Iterable[object]) -> list[float]:
    """Keep the finite numbers."""
    return [float(x) for x in values if isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x)]


def log_axis(values: Iterable[object], most_ticks: int = 6, *, whole_top: bool = False) -> Axis:
    """Return a logarithmic axis with labels at powers of ten; values far under the largest fall off its lower end.

    Parameters
    ----------
    values : iterable
        Everything that is drawn; zeros and what is not a number are passed over.
    most_ticks : int
        At most so many labels.
    whole_top : bool
        End at a labelled power of ten, as an axis that stops at everybody should.
    """
    positive = [x for x in finite_only(values) if x > 0]
    if not positive:
        return Axis(0.1, 1.0, True, (0.1, 1.0))
    high = max(positive)
    low = max(min(positive), high * 10.0**-MOST_DECADES)
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if whole_top:
        last = math.ceil(math.log10(high) - 1e-9)
    if last <= first:  # hardly a decade: whole decades around it, for two labels at least
        first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
        last = max(last, first + 1)
    step = max(1, math.ceil((last - first + 1) / most_ticks))
    ticks = tuple(10.0**e for e in range(last, first - 1, -step))
    return Axis(
        min(low / MARGIN, ticks[-1]),
        ticks[0] if whole_top else max(high * MARGIN, ticks[0]),
        True,
        tuple(reversed(ticks)),
    )


def linear_axis(values: Iterable[object]) -> Axis:
    """Return a linear axis from zero (or the lowest value below it) to a round number."""
    found = finite_only(values) or [1.0]
    low, high = min(0.0, *found), max(0.0, *found)
    if high - low < SMALLEST:
        high = low + 1.0
    step = _step((high - low) / 4)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return Axis(first * step, last * step, False, tuple(i * step for i in range(first, last + 1)))


def _step(rough: float) -> float:
    """Return the round number at or above a distance between labels."""
    size = 10.0 ** math.floor(math.log10(rough))
    return next(m * size for m in (1, 2, 2.5, 5, 10) if m * size >= rough * (1 - 1e-9))


def value_axis(values: Iterable[object]) -> Axis:
    """Return a logarithmic axis where the values span more than two decades, else a linear one."""
    found = finite_only(values)
    positive = [x for x in found if x > 0]
    if positive and max(positive) / min(positive) > 100 and min(found) >= 0:
        return log_axis(found)
    return linear_axis(found)


def inner_axis(values: Iterable[object], *, log: bool = False) -> Axis:
    """Return an axis that ends where the values end, with at most about five round labels inside."""
    found = [x for x in finite_only(values) if x > 0 or not log] or [1.0, 10.0]
    low, high = min(found), max(found)
    if high - low < SMALLEST:
        around = (low - 0.5, low + 0.5) if low - 0.5 < low + 0.5 and not log else (low / 10, 10 * low)
        low, high = min(around), max(around)
    if log:
        first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
        ticks = tuple(10.0**e for e in range(first, last + 1, max(1, math.ceil((last - first + 1) / 5))))
    else:
        size = _step((high - low) / 4)
        ticks = tuple(i * size for i in range(math.ceil(low / size - 1e-9), math.floor(high / size + 1e-9) + 1))
    return Axis(low, high, log, ticks if len(ticks) > 1 else (low, high))


def tick(x: float) -> str:
    """Write a number at an axis: six significant digits at most, no exponent, no zeros at its end."""
    _, _, exponent = Decimal(f"{x:.5e}").normalize().as_tuple()
    return grouped(x, max(0, -int(exponent)))


def share_label(p: float) -> str:
    """Write a share at an axis: a small one is read as one in so many; 0.00001% is not."""
    if p >= 0.00099 or p == 0:
        return say("number.percent", x=tick(float(f"{100 * p:.4g}")))
    return say("number.in", n="1", of=short(1 / p))


def short(n: float) -> str:
    """Write a large number as shortly as a tick must: ``12 M``."""
    for size, key in ((1e9, "billion"), (1e6, "million"), (1e4, "thousand")):
        if n >= size:
            return say(f"charts.axis.{key}", x=tick(float(f"{n / (1e3 if size == 1e4 else size):.3g}")))
    return tick(float(f"{n:.3g}") if n < 100 else round(n))
