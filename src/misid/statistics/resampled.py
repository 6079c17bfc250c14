"""Rates under resampled people: the same people in every table, and two of them at once in every comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.randomness import Purpose, uniforms
from misid.statistics.dyadic import Margins, Pairs, Table, spread
from misid.statistics.ranges import Array, within

UNIT = 64.0  # weights are whole numbers, on average this large, so that sums are exact in any order
_CELLS = 1 << 21  # weights held at once
_DENSE = 0.04  # share of filled pairs from which a full table is faster than a sparse one
_LARGEST = 4096  # people in a full table
_WORDS = 4  # draws of one block


def replicates(
    tables: Sequence[tuple[Pairs, Table]],
    n_subjects: int,
    *,
    seed: int,
    replicates: int = 2000,
    drawn_in: bool = True,
) -> Array:
    """Rates under resampled people, the same people for every table.

    Parameters
    ----------
    tables : sequence of (Counts, Counts or Margins)
        Events and trials, as `rate_interval`.
    n_subjects : int
        People (M).
    seed : int
        Of the draws.
    replicates : int
        How many (B), at least 1.
    drawn_in : bool
        Whether replicates are moved towards the rate so that their spread is the standard error of `rate_interval`.

    Returns
    -------
    ndarray of float64, shape (len(tables), B)
        Rates; NaN where a replicate has no trial.

    Raises
    ------
    OutOfRange
        If a table has no trials.

    Notes
    -----
    A pair of people has the product of their weights, a mated pair one person's weight.  Products spread more than
    their parts: a pair of its own counts three times in the variance (Owen, Annals of Applied Statistics 1 (2007)),
    which makes intervals up to 1.7 times too wide where errors are rare; ``drawn_in`` takes that back.

    Sums are of whole numbers below 2**53, so they are the same bytes whatever the order and the number of threads.
    """
    count = int(within("replicates", float(replicates), 1, below=True, whole=True))
    forms = [(_form(events, n_subjects), _form(trials, n_subjects)) for events, trials in tables]
    out = np.empty((len(tables), count))
    step = max(_WORDS, min(count, _CELLS // max(n_subjects, 1)) // _WORDS * _WORDS)
    for start in range(0, count, step):
        stop = min(start + step, count)
        drawn = _weights(n_subjects, seed, start, stop)
        for row, (events, trials) in enumerate(forms):
            tried = trials(drawn)
            out[row, start:stop] = np.divide(events(drawn), tried, out=np.full(stop - start, np.nan), where=tried > 0)
    if drawn_in:
        for row, (events_of, trials_of) in enumerate(tables):
            _draw_in(out[row], spread(events_of, trials_of, n_subjects))
    return out


def _draw_in(row: Array, found: Any) -> None:
    good = np.isfinite(row)
    wide = float(np.sqrt(np.square(row[good] - found.value).mean())) if good.any() else 0.0
    if wide > 0:
        row -= found.value
        row *= min(1.0, float(np.sqrt(found.variance)) / wide)
        row += found.value


def _weights(n: int, seed: int, start: int, stop: int) -> Array:
    """Weights of all people, shape (M, stop - start); ``start`` is a multiple of four."""
    out = np.empty((n, stop - start))
    ids = np.arange(n)
    for at in range(start, stop, _WORDS):
        here = out[:, at - start : at - start + _WORDS]
        drawn_at = uniforms(seed, Purpose.BOOTSTRAP, ids, at // _WORDS)[: here.shape[1]]
        here[:] = np.ceil(np.log(drawn_at.T) * -UNIT)
    return out


def _form(table: Table, n: int) -> Any:
    """Return the function from weights, shape (M, b), to weighted sums of the table, shape (b,)."""
    if isinstance(table, Margins):
        return _margins(table)
    from scipy import sparse

    own = table.first == table.second
    self_pairs = np.bincount(table.first[own], table.count[own], n).astype(np.float64)
    pairs = sparse.csr_matrix(
        (table.count[~own].astype(np.float64), (table.first[~own], table.second[~own])), shape=(n, n)
    )
    matrix: Any = pairs.toarray() if n <= _LARGEST and pairs.nnz > _DENSE * n * n else pairs

    def weighted(w: Array) -> Array:
        sums: Array = self_pairs @ w
        if pairs.nnz:
            sums = sums + np.einsum("ij,ij->j", w, matrix @ w)
        return sums

    return weighted


def _margins(table: Margins) -> Any:
    probe, reference = table.probe.astype(np.float64), table.reference.astype(np.float64)
    own = probe * reference

    def weighted(w: Array) -> Array:
        both: npt.NDArray[np.float64] = (probe @ w) * (reference @ w) - own @ np.square(w)
        return both / 2 if table.unordered else both

    return weighted
