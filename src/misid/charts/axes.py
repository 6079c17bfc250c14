"""Scales and ticks, chosen here so that each chart has few of them and none collide on a phone."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from misid.charts.theme import Spec

MOST_DECADES = 7  # a longer axis flattens everything that can be compared on it
SMALLEST = 1e-300  # a shorter linear axis is a point
MARGIN = 1.15  # between the outermost value and the end of a logarithmic axis
GALLERY_TICKS = (1.0, 100.0, 1e4, 1e6, 12e6, 200e6, 1.2e9)

# Vega's own formats would write 1e-5, or 200M for numbers of people.
PLAIN = "datum.value >= 1 || datum.value == 0 ? format(datum.value, ',.6~r') : format(datum.value, '~g')"
GALLERY = (
    "datum.value >= 1e9 ? format(datum.value / 1e9, '.3~r') + ' bn' : datum.value >= 1e6 ? "
    "format(datum.value / 1e6, '.3~r') + ' M' : datum.value >= 1e4 ? format(datum.value / 1e3, '.3~r') + ' k' : "
    "format(datum.value, ',.6~r')"
)
# A small share is read as one in so many; 0.00001% is not.
SHARE = (
    "datum.value >= 0.00099 || datum.value == 0 ? format(100 * datum.value, '.4~r') + '%' : "
    "datum.value > 1.01e-6 ? '1 in ' + format(1e-3 / datum.value, '.3~r') + ' k' : "
    "datum.value > 1.01e-9 ? '1 in ' + format(1e-6 / datum.value, '.3~r') + ' M' : "
    "'1 in ' + format(1e-9 / datum.value, '.3~r') + ' bn'"
)


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


def linear_axis(values: Iterable[object], most_ticks: int = 5) -> Axis:
    """Return a linear axis from zero (or the lowest value below it) to a round number."""
    found = finite_only(values) or [1.0]
    low, high = min(0.0, *found), max(0.0, *found)
    if high - low < SMALLEST:
        high = low + 1.0
    rough = (high - low) / max(1, most_ticks - 1)
    step = _step(rough)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return Axis(first * step, last * step, False, tuple(i * step for i in range(first, last + 1)))


def _step(rough: float) -> float:
    """Return the round number at or above a distance between labels."""
    size = 10.0 ** math.floor(math.log10(rough))
    return next(m * size for m in (1, 2, 2.5, 5, 10) if m * size >= rough * (1 - 1e-9))


def value_axis(values: Iterable[object], most_ticks: int = 0) -> Axis:
    """Return a logarithmic axis where the values span more than two decades, else a linear one."""
    found = finite_only(values)
    positive = [x for x in found if x > 0]
    if positive and max(positive) / min(positive) > 100 and min(found) >= 0:
        return log_axis(found, most_ticks or 6)
    return linear_axis(found, most_ticks or 5)


def inner_axis(values: Iterable[object], most_ticks: int = 5) -> Axis:
    """Return an axis that ends where the values end, with round labels inside; logarithmic above two decades."""
    found = finite_only(values) or [0.0, 1.0]
    low, high = min(found), max(found)
    if high - low < SMALLEST:
        low, high = (low - 0.5, high + 0.5) if low - 0.5 < high + 0.5 else (0.0, 2.0 * high)
    log = low > 0 and high / low > 100
    if log:
        first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
        step = max(1, math.ceil((last - first + 1) / most_ticks))
        ticks = tuple(10.0**e for e in range(first, last + 1, step))
    else:
        size = _step((high - low) / max(1, most_ticks - 1))
        ticks = tuple(i * size for i in range(math.ceil(low / size - 1e-9), math.floor(high / size + 1e-9) + 1))
    return Axis(low, high, log, ticks if len(ticks) > 1 else (low, high))


def widen(axis: Axis, zeros: bool) -> Axis:
    """Make room for zeros at the left of a logarithmic axis, so that a zero is never drawn on a figure."""
    if not (zeros and axis.log):
        return axis
    return Axis(axis.low / 10**0.5, axis.high, True, axis.ticks)


def tick(x: float) -> str:
    """Say a number at an axis as `PLAIN` does, where the label is a mark."""
    return f"{x:,.0f}" if abs(x) >= 1 and x == round(x) else f"{x:.6g}"


def share_label(p: float) -> str:
    """Say a share at an axis as `SHARE` does."""
    return f"{100 * p:.4g}%" if p >= 0.00099 or p == 0 else f"1 in {gallery_label(1 / p)}"


def gallery_label(n: float) -> str:
    """Say a gallery size as the ticks do."""
    for size, word in ((1e9, " bn"), (1e6, " M"), (1e4, "")):
        if n >= size:
            return f"{n / (1e3 if size == 1e4 else size):.3g}{word or ' k'}"
    return f"{n:,.0f}"
