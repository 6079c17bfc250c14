"""The tail of non-mated scores, for thresholds that few of them reach, and its check inside the data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from misid.evaluation.contract import Codes, Comparisons, Scores
from misid.evaluation.growth.counts import Usable, candidates
from misid.randomness import Purpose, uniforms
from misid.statistics import Array, Tail, exceedance, fit_tail, fpir_gamma

_PART = 1 / 16
_SEEN = 25
_LEVEL = 0.99

Range = tuple[float, float, float]


class Tried(NamedTuple):
    """A tail from a random part of the gallery, and what the whole one shows beyond it."""

    n_from: float
    threshold: float
    predicted: Range
    seen: Range
    events: int
    passed: bool


class Known(NamedTuple):
    """Non-mated scores, all of them or all above some level.

    Parameters
    ----------
    score : ndarray of float32, shape (n,)
        Similarities.
    probe, reference : ndarray of int32, shape (n,), or None
        Subjects.
    trials : float
        Comparisons that they are out of.
    """

    score: Scores
    probe: Codes | None
    reference: Codes | None
    trials: float


@dataclass(frozen=True, eq=False)
class Beyond:
    """A tail, and how much probes differ.

    Parameters
    ----------
    tail : Tail
        Of all non-mated scores.
    known : Known
        What it was fitted on.
    k : tuple of float
        Shape of the spread of propensity: value, low, high.
    carried : bool
        Whether that was seen at a lower threshold.
    check : Tried or None
        The tail tried inside the data; None where there is too little.
    """

    tail: Tail
    known: Known
    k: Range
    carried: bool
    check: Tried | None

    def covers(self, threshold: float, level: float = 0.95) -> Range | None:
        """Return the share of comparisons at or above a threshold, with its band; None below the tail.

        A tail that ends is no promise beyond the highest score: relatives and copies are a second law there, so that
        the band reaches to an exponential one.
        """
        if threshold < self.tail.start:
            return None
        value, low, high = (float(x[0]) for x in exceedance(self.tail, [threshold], level))
        if threshold > self.tail.highest:
            straight = math.exp(-(threshold - self.tail.start) / self.straight_scale)
            high = max(high, self.tail.start_probability * straight)
        return value, low, high

    @property
    def straight_scale(self) -> float:
        """Scale of an exponential tail with the same mean."""
        return self.tail.scale / (1 - min(self.tail.shape, 0.9))

    def rate_at(self, threshold: float) -> float:
        """Return the share of comparisons at or above a threshold, as seen."""
        return float(np.count_nonzero(self.known.score >= np.float32(threshold))) / self.known.trials


def beyond(data: Usable, pairs: Comparisons | None, threshold: float, k: Range, seed: int) -> Beyond | None:
    """Fit the tail and try it.

    Parameters
    ----------
    data : Usable
        Searches.
    pairs : Comparisons, optional
        Their comparisons; the lists stand in, as far down as all of them reach.
    threshold : float
        That is asked for.
    k : tuple of float
        Shape of the spread of propensity: value, low, high.
    seed : int
        Of the random part.

    Returns
    -------
    Beyond or None
        None where too few scores are known.
    """
    known = _of_pairs(pairs) if pairs is not None and pairs.non_mated.score.size else _of_lists(data)
    tail = _fit(known)
    if tail is None:
        return None
    few = np.count_nonzero(data.others[:, 0] >= np.float32(threshold)) < 10
    return Beyond(tail, known, k, bool(few), _tried(data, known, k, seed))


def _fit(known: Known) -> Tail | None:
    sides = [side for side in (known.probe, known.reference) if side is not None]
    return fit_tail(known.score, known.trials, clusters=sides)


def _of_pairs(pairs: Comparisons) -> Known:
    side = pairs.non_mated
    return Known(side.score, side.probe, side.reference, float(side.score.size))


def _of_lists(data: Usable) -> Known:
    level = np.float32(data.known_from.max())
    row, column = np.nonzero((data.others > level) & np.isfinite(data.others))
    subject = None if data.subject is None else data.subject[row, column]
    # References without a mate's own are known on average, and not exactly; there are no fewer than scores.
    trials = float(row.size) if data.trials < row.size * (1 + 1e-9) else data.trials
    return Known(data.others[row, column], data.owner[row].astype(np.int32), subject, trials)


def _tried(data: Usable, known: Known, k: Range, seed: int) -> Tried | None:
    """Fit the tail on a random sixteenth of the gallery's people, and look where 25 searches of the whole one hit."""
    kept = _part(known, seed)
    probe, reference = (None if of is None else of[kept] for of in (known.probe, known.reference))
    part = Known(known.score[kept], probe, reference, _trials(known, int(np.count_nonzero(kept))))
    tail = _fit(part)
    best = np.sort(data.others[:, 0])[::-1]
    if tail is None or len(best) < 2 * _SEEN:
        return None
    at = float(best[_SEEN - 1])
    if at <= tail.start or not math.isfinite(at):
        return None
    rates = [float(x[0]) for x in exceedance(tail, [at], _LEVEL)]
    predicted = [float(fpir_gamma(rate * data.n_references, shape)) for rate, shape in zip(rates, k, strict=True)]
    value, low, high = predicted[0], min(predicted), max(predicted)
    hit = candidates(data, at) > 0
    size = data.weights.shape[1]
    drawn = data.weights @ np.bincount(data.owner, hit, size) / (data.weights @ np.bincount(data.owner, minlength=size))
    seen = _spread(drawn)
    above, below = max(value - seen[0], 0.0), max(seen[0] - value, 0.0)
    passed = above <= math.hypot(value - low, seen[2] - seen[0]) and below <= math.hypot(
        high - value, seen[0] - seen[1]
    )
    return Tried(data.n_references * _PART, at, (value, low, high), seen, int(hit.sum()), bool(passed))


def _part(known: Known, seed: int) -> np.ndarray:
    """Draw who is in the part: people, or single scores where nobody is named."""
    if known.reference is None:
        return np.asarray(uniforms(seed, Purpose.SUB_GALLERY, np.arange(known.score.size))[0] < _PART)
    who, place = np.unique(known.reference, return_inverse=True)
    return np.asarray((uniforms(seed, Purpose.SUB_GALLERY, who)[0] < _PART)[place])


def _trials(known: Known, kept: int) -> float:
    """Comparisons of the part: as many as were drawn, where all are seen, else as it was meant, and no fewer."""
    return float(kept) if known.score.size == known.trials else max(known.trials * _PART, float(kept))


def _spread(drawn: Array) -> Range:
    low, high = np.quantile(drawn[1:], [0.5 * (1 - _LEVEL), 0.5 * (1 + _LEVEL)])
    return float(drawn[0]), min(float(low), float(drawn[0])), max(float(high), float(drawn[0]))
