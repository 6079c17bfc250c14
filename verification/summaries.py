"""What a table of predictions comes to, with intervals over whole developers or operators."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from misid.quantities import PRINTED_RATE, Doubt, Estimate, MeasuredHere
from misid.randomness import Purpose, uniforms
from misid.validation import Prediction, Summary
from verification.tables import PredictionTable

_REPLICATES = 1000
_SEED = 0
_LEVEL = 0.95

Array = npt.NDArray[np.float64]


def summaries(table: PredictionTable) -> tuple[Summary, ...]:
    """Summarise a table, the whole first, then by band; empty for a table that is not judged."""
    if not table.judged or not table.predictions:
        return ()
    bands = table.bands()
    parts = [("", table.predictions)]
    if len(bands) > 1:
        parts += [(band, tuple(row for row in table.predictions if row.band == band)) for band in bands]
    return tuple(Summary(band, _figures(table, rows)) for band, rows in parts)


def _figures(table: PredictionTable, rows: Sequence[Prediction]) -> dict[str, Estimate]:
    away = np.array([row.away(table.scale) for row in rows])
    inside = np.array([row.inside for row in rows], dtype=np.float64)
    groups = np.unique([row.group for row in rows], return_inverse=True)[1]
    figures = {
        "median": _estimate(table, np.abs(away), groups, 0.5),
        "p90": _estimate(table, np.abs(away), groups, 0.9),
        "bias": _estimate(table, away, groups, 0.5),
        "coverage": _estimate(table, inside, groups, None),
    }
    for name in table.baselines:
        held = [
            (row.away(table.scale, row.baselines[name]), g)
            for row, g in zip(rows, groups, strict=True)
            if name in row.baselines
        ]
        if held:
            distance, group = (np.array(x) for x in zip(*held, strict=True))
            group = np.unique(group, return_inverse=True)[1]
            for figure, level in (("median", 0.5), ("p90", 0.9)):
                figures[f"{figure} {name}"] = _estimate(table, np.abs(distance), group, level)
    return figures


def _estimate(table: PredictionTable, values: Array, groups: npt.NDArray[np.intp], at: float | None) -> Estimate:
    """Take a quantile, or the mean, with a percentile interval over groups drawn whole."""
    point = float(values.mean() if at is None else np.quantile(values, at))
    n_groups = int(groups.max()) + 1
    low: float | None = None
    high: float | None = None
    if n_groups > 1:
        drawn = _resampled(values, groups, n_groups, at)
        low, high = (float(x) for x in np.quantile(drawn, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2]))
        low, high = min(low, point), max(high, point)
    coverage = at is None
    what = "probability" if coverage else ("ln(predicted / observed)" if table.scale == "ratio" else PRINTED_RATE)
    return Estimate(
        value=point,
        low=low,
        high=high,
        unit=what,
        kind=Doubt.SAMPLING,
        method=f"{'share of rows' if coverage else f'{100 * (at or 0):.0f}th percentile of rows'}; interval over "
        f"{n_groups} groups drawn whole",
        n=len(values),
        count=float(values.sum()) if coverage else None,
        level=_LEVEL,
        conditions=table.conditions,
        distance=MeasuredHere("published rows, each beside its prediction"),
        caveats=table.caveats if n_groups >= 10 else tuple(dict.fromkeys((*table.caveats, "few_subjects"))),
    )


def _resampled(values: Array, groups: npt.NDArray[np.intp], n_groups: int, at: float | None) -> Array:
    """Return the figure in data sets of as many groups, drawn with replacement.

    As if the rows of the drawn groups were laid together; they are only counted, which takes a fraction of the time.
    """
    order = np.argsort(values, kind="stable")
    rows = values[order]
    times = _drawn(n_groups)[:, groups[order]]  # how often each row is in each data set
    total = times.sum(axis=1)
    if at is None:
        return np.asarray(times @ rows / total, dtype=np.float64)
    # The quantile between two ranks, as numpy.quantile takes it.
    rank = at * (total - 1)
    upto = np.cumsum(times, axis=1)
    low, high = (rows[(upto > k[:, None]).argmax(axis=1)] for k in (np.floor(rank), np.ceil(rank)))
    with np.errstate(invalid="ignore"):  # two infinite rows have no place between them
        between = low + (high - low) * (rank - np.floor(rank))
    return np.asarray(np.where(low == high, low, between), dtype=np.float64)


@cache
def _drawn(n_groups: int) -> npt.NDArray[np.int64]:
    """Return how often each group is drawn, in each of the data sets."""
    ids = np.arange(-(-n_groups // 4), dtype=np.uint64)
    second = np.repeat(np.arange(_REPLICATES, dtype=np.uint64), ids.size)
    u = uniforms(_SEED, Purpose.WHOLE_GROUPS, np.tile(ids, _REPLICATES), second=second)
    by_set = u.reshape(4, _REPLICATES, ids.size).transpose(1, 0, 2).reshape(_REPLICATES, -1)[:, :n_groups]
    taken = (by_set * n_groups).astype(np.intp) + n_groups * np.arange(_REPLICATES)[:, None]
    return np.bincount(taken.ravel(), minlength=n_groups * _REPLICATES).reshape(_REPLICATES, n_groups)
