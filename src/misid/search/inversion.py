"""From how many candidates there are above a score back to the score, where no closed form exists.

One table for each probe group and gallery: cubics between nodes that are even in the logarithm of the expected number.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from misid.search.contract import LN_10, Gallery
from misid.statistics import Array

EXACT_BELOW = 1_000
_PER_DECADE = 32
_LEAST = -12.0  # log10 of an arrival that one in 1e12 falls below; beyond, the table goes on straight
_MOST_EXPONENT = 700.0  # e^-700 is the least chance told from none
_HALVINGS = 36  # of some thirty decades: to 1e-9


def exact_groups(gallery: Gallery) -> npt.NDArray[np.bool_]:
    """Return for which probe groups the candidates are not yet a Poisson process, shape (G,).

    Parameters
    ----------
    gallery : Gallery
        Any.

    Returns
    -------
    ndarray of bool
        Where some group of references reaches, with a chance above one in `EXACT_BELOW`, the score that one candidate
        is expected above: always below 1,000 comparisons, and above where a few references draw most of the hits.

    Notes
    -----
    Item 9: the limit is bad where Lambda_h is not small relative to N_h.
    """
    level = _solve(gallery, np.zeros((gallery.probe_groups, 1)), poisson=True)[:, 0]
    chance = np.where(gallery.present, gallery.exceedance(level, np.arange(gallery.probe_groups)), 0.0)
    found = gallery.present.any(axis=1) & (chance.max(axis=1) > (1 + 1e-9) / EXACT_BELOW)
    return np.asarray(found)


class Inverse:
    """Score as a function of the arrival, for every probe group.

    Parameters
    ----------
    gallery : Gallery
        What is inverted.
    poisson : bool
        Whether `Gallery.expected` is inverted, else `Gallery.hazard`.

    Notes
    -----
    Error below 1e-6 decades, which is that of float32 at a score of 8; beyond either end the table goes on straight,
    as the function does.
    """

    def __init__(self, gallery: Gallery, *, poisson: bool) -> None:
        self._floor = gallery.floor
        total = max(float(gallery.comparisons.sum()), 1.0)
        end = np.log10(total * (1.0 if poisson else _MOST_EXPONENT)) + 1.0
        self._cells = int(np.ceil((end - _LEAST) * _PER_DECADE))
        nodes = _LEAST + np.arange(self._cells + 1) / _PER_DECADE
        value = _solve(gallery, np.broadcast_to(nodes, (gallery.probe_groups, nodes.size)), poisson=poisson)
        # Slopes from the nodes themselves, by differences over four neighbours.
        slope = np.gradient(value, axis=1)
        slope[:, 2:-2] = (8 * (value[:, 3:-1] - value[:, 1:-3]) - (value[:, 4:] - value[:, :-4])) / 12
        rise, left, right = np.diff(value, axis=1), slope[:, :-1], slope[:, 1:]
        parts = [value[:, :-1], left, 3 * rise - 2 * left - right, left + right - 2 * rise]
        self._parts = np.ascontiguousarray(np.stack(parts).reshape(4, -1))

    def at(self, arrival: Array, groups: npt.NDArray[np.integer]) -> Array:
        """Return scores, not below any floor.

        Parameters
        ----------
        arrival : ndarray of float64, shape (n, ...)
            Above 0; ``inf`` is beyond every score.
        groups : ndarray of int, shape (n,)
            Probe groups.

        Returns
        -------
        ndarray of float64, shape (n, ...)
        """
        with np.errstate(divide="ignore"):
            place = (np.log10(np.minimum(arrival, 1e300)) - _LEAST) * _PER_DECADE
        cell = np.clip(place, 0, self._cells - 1).astype(np.intp)
        place = np.minimum(place - cell, 1.0)  # beyond the upper end lies the floor
        cell += groups.astype(np.intp).reshape(-1, *(1,) * (place.ndim - 1)) * self._cells
        low = np.minimum(place, 0.0)
        place = np.maximum(place, 0.0)
        a, b, c, d = (part.take(cell) for part in self._parts)
        score = a + low * b + place * (b + place * (c + place * d))
        return np.asarray(
            np.maximum(score, self._floor[groups].reshape(cell.shape[:1] + (1,) * (cell.ndim - 1))), float
        )


def _solve(gallery: Gallery, log_count: Array, *, poisson: bool) -> Array:
    """Return the scores with ``10**log_count`` candidates expected above, shape (G, n), by halving.

    With ``poisson`` no chance is capped at 1, so that the function goes on straight below the floor.
    """
    present = gallery.present[:, None, :]
    steep = np.where(gallery.present, gallery.steepness, 1.0)[:, None, :]
    height = np.where(present, gallery.height[:, None, :], -np.inf)
    with np.errstate(divide="ignore"):
        weight = np.where(present, np.log10(gallery.comparisons) + height, -np.inf)
    alone = (weight - log_count[..., None]) / steep  # where a group of references alone makes up the count
    low = np.max(alone, axis=-1) if poisson else np.broadcast_to(gallery.floor[:, None], log_count.shape)
    # A decade to spare, since a hazard is up to 1.4 times the expected number where no chance exceeds a half.
    high = np.max(alone + (1 + np.log10(gallery.reference_groups)) / steep, axis=-1)
    high = np.maximum(high, np.max(np.where(present, gallery.lowest[:, None, :] + 1 / steep, -np.inf), axis=-1))
    nobody = ~present.any(axis=-1)
    low, high = np.where(nobody, 0.0, low), np.where(nobody, 0.0, high)
    count = 10.0**log_count
    start, slope = LN_10 * (weight if poisson else height), LN_10 * steep
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        chance = start - slope * middle[..., None]
        np.exp(chance, out=chance)
        if not poisson:
            np.negative(np.minimum(chance, 1.0, out=chance), out=chance)
            with np.errstate(divide="ignore"):
                np.log1p(chance, out=chance)
            chance *= -gallery.comparisons
        above = chance.sum(axis=-1)
        more = above > count
        np.copyto(low, middle, where=more)
        np.copyto(high, middle, where=~more)
    return np.asarray(0.5 * (low + high), float)
