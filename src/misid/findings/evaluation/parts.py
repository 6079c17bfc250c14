"""Pieces that all sections share: figures by target, lines thinned for a drawing, records of a line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from misid.evaluation import Line
from misid.quantities import FEW_EVENTS, Estimate
from misid.statistics import Array

MOST_POINTS = 160  # of one line; no screen shows more


def by_target(figures: Mapping[str, Estimate], start: str) -> list[tuple[float, Estimate]]:
    """Return the figures whose name is ``start`` and a number, with that number, largest first."""
    found = []
    for name, figure in figures.items():
        if name.startswith(start):
            try:
                target = float(name.removeprefix(start))
            except ValueError:
                continue
            if math.isfinite(target):
                found.append((target, figure))
    return sorted(found, key=lambda pair: -pair[0])


def paired(figures: Mapping[str, Estimate], start: str, target: float) -> Estimate | None:
    """Return the figure of a name and target, however the target was written."""
    return next((figure for t, figure in by_target(figures, start) if math.isclose(t, target, rel_tol=1e-9)), None)


def best_target(found: list[tuple[float, Estimate]], trials: int) -> tuple[float, Estimate] | None:
    """Return the strictest target at which enough errors were there to be counted, else the loosest with a value."""
    known = [(target, figure) for target, figure in found if figure.value is not None]
    firm = [(target, figure) for target, figure in known if target * trials >= FEW_EVENTS]
    return firm[-1] if firm else known[0] if known else None


def at(line: Line, x: Array, after: float) -> Array:
    """Return a line's value at places: exact where it was given, between two of them on a straight line.

    Above the highest score that was seen a rate is ``after``: nobody is returned there.
    """
    return np.interp(x, line.x, line.value, right=after)


def error_trade_off(
    first: Line, second: Line, trials: tuple[int, int], series: str, order: int
) -> list[dict[str, Any]]:
    """Return records of one error rate over the other, from both over the threshold.

    Parameters
    ----------
    first, second : Line
        Rates that fall and rise with the threshold.
    trials : tuple of int
        What each is out of; where fewer than `FEW_EVENTS` errors of either kind were seen, the line is not sure.
    series : str
        Its name.
    order : int
        Its place in the legend.
    """
    place = np.union1d(first.x, second.x)
    x, y = at(first, place, 0.0), at(second, place, 1.0)
    inside = (x > 0) & (x < 1) & (y > 0) & (y < 1)
    x, y = x[inside], y[inside]
    if x.size == 0:
        return []
    keep = _spread_out(ndtri(x), ndtri(y))
    x, y = x[keep], y[keep]
    sure = (x * trials[0] >= FEW_EVENTS) & (y * trials[1] >= FEW_EVENTS)
    return [
        {"x": float(a), "y": float(b), "sure": bool(s), "series": series, "order": 10_000 * order + i}
        for i, (a, b, s) in enumerate(zip(x, y, sure, strict=True))
    ]


def _spread_out(x: Array, y: Array) -> npt.NDArray[np.signedinteger]:
    """Return the indices of points at about equal distances along a curve, both ends among them."""
    span = np.array([max(np.ptp(x), 1e-9), max(np.ptp(y), 1e-9)])
    steps = np.hypot(np.diff(x) / span[0], np.diff(y) / span[1])
    along = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = np.linspace(0.0, along[-1], MOST_POINTS)
    return np.unique(np.clip(np.searchsorted(along, wanted), 0, x.size - 1))


def over(line: Line, field: str, series: str, order: int, **more: Any) -> list[dict[str, Any]]:
    """Return records of a line over a field, thinned to what a screen shows."""
    keep: npt.NDArray[np.signedinteger] = np.arange(line.x.size)
    if line.x.size > MOST_POINTS:
        keep = _spread_out(np.asarray(line.x, float), np.asarray(line.value, float))
    records = []
    for i in keep:
        record = {field: float(line.x[i]), "value": float(line.value[i]), "series": series, "order": order, **more}
        if line.low is not None and line.high is not None:
            record |= {"low": float(line.low[i]), "high": float(line.high[i])}
        records.append(record)
    return [r for r in records if math.isfinite(r[field]) and math.isfinite(r["value"])]
