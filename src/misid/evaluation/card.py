"""A card from measured scores: the algorithm as the simulation takes it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy import special

from misid.algorithm import (
    FORMS,
    FPIR_TESTED,
    N_ANCHOR,
    Z2_TYPICAL,
    Anchor,
    Card,
    Condition,
    Curve,
    GrowthPrior,
    ImageTypePrior,
    MatedCurve,
    Measurement,
    curves_around,
    exceedances,
    shared,
)
from misid.errors import Fault, InvalidInput, UnknownName
from misid.evaluation.contract import Comparisons, Searches, Source
from misid.evaluation.groups import subjects_by_side
from misid.evaluation.larger_gallery import KnownScores, subject_weights
from misid.evaluation.results import EvaluationOptions
from misid.randomness import Purpose, uniforms
from misid.statistics import Array, Tail, exceedance
from misid.vocabulary import ImageKind, Lapse

NODES = 200
"""Possible curves; each has its own weights of the subjects, and its own tail."""
_LEAST_MATED, _LEAST_SUBJECTS = 20, 10
_LEAST_NON_MATED = 200
_SEEN = 25
"""Non-mated scores at or above a threshold from which on the tail takes over."""
_BEYOND = 1.0
"""Decades beyond the data to which mated scores are placed in cells."""
_ANCHOR_RATES = (0.1, 0.03, 0.01, 0.003, 1e-3, 1e-4, 1e-5, 1e-6)
_LAST_RESORT = 0.3
_LEAST_EVENTS = 10
CELLS = 40
SPREAD = np.array([3.0, 0.5, 4.0])
"""How far a laboratory's curve may lie from those of published algorithms: logit of the floor, ln slope, decades."""
_PRECISION = 1 / SPREAD**2
_LIMITS = np.array([[-14.0, 4.0], [math.log(0.02), math.log(20.0)], [-20.0, 60.0]])


class Scale(NamedTuple):
    """Scores as decades of non-mated exceedance: edges of cells, shape (c,), and their decades, (1 + nodes, c).

    The first row of decades is as seen, the others are as every node has it.
    """

    scores: Array
    decades: Array


def measured_card(
    pairs: Comparisons, searches: Searches | None, options: EvaluationOptions, sources: Sequence[Source] = ()
) -> Card:
    """Fit a card on measured scores.

    Parameters
    ----------
    pairs : Comparisons
        Mated and non-mated scores with their subjects.
    searches : Searches, optional
        Searches of one gallery: they say where the card was tested.
    options : EvaluationOptions
        Name of the algorithm; image type of the probes, one of `misid.vocabulary.ImageKind`; level, kept in the card;
        seed of the weights of subjects.
    sources : sequence of Source
        Files; the card keeps their digests.

    Returns
    -------
    Card
        The measured kind has a curve of its own; the others stand on what they do to algorithms that NIST tested.
        Groups have no rates of their own.

    Raises
    ------
    InvalidInput
        If there are too few comparisons or people, or nobody is named.
    UnknownName
        If there is no such image kind.

    Notes
    -----
    A score becomes decades: ``-log10`` of the share of non-mated comparisons at or above it, counted where 25 reach it,
    beyond that by the generalised Pareto tail.  Mated scores in decades follow ``floor + (1-floor) Phi(slope (s -
    location))``, fitted by intervals from low thresholds to one decade beyond the data.  Comparisons without a score
    are left out: the scenario has its own failure to acquire.  The scale is of single comparisons, so that at FPIR 0.1
    and above, where probes that differ make fewer searches hit than independent ones would, `Card.fnir` stands at a
    higher threshold than the searches did.
    """
    image_kind, seed = options.printed_image_kind, options.seed
    if image_kind not in set(ImageKind):
        raise UnknownName("image kind", image_kind, [str(kind) for kind in ImageKind])
    _refuse(pairs)
    assert pairs.people is not None
    assert pairs.mated.probe is not None
    scale = _scale(pairs, seed)
    who, owner = np.unique(pairs.mated.probe, return_inverse=True)
    weights = subject_weights(who, seed, NODES)
    cell = np.searchsorted(scale.scores, pairs.mated.score.astype(np.float64), side="right")
    counts = np.stack([weights @ np.bincount(owner, cell == c, len(who)) for c in range(len(scale.scores) + 1)], axis=1)
    counts *= (owner.size / counts.sum(axis=1))[:, None]
    half = -np.log(uniforms(seed, Purpose.BOOTSTRAP, np.arange(NODES), second=1)[0]) * 0.5
    counts[:, 0] += np.append(0.5, half)
    kind: Condition = (ImageKind(image_kind), Lapse.AS_TESTED)
    anchors = _anchors(pairs, searches)
    curves: dict[Condition, dict[str, Curve]] = {}
    common = shared()
    # What algorithms share, without what belongs to NIST's own galleries: people enrolled twice.
    priors = {form: replace(common[form], delta=0.0, e=0.0, searches=float(owner.size)) for form in FORMS}
    floor, slope, location = fit_curves(counts, scale.decades, _centers(common["no_duplicates"], seed))
    for form in FORMS:
        none = np.zeros(NODES)
        own = Curve(
            MatedCurve(float(floor[0]), float(slope[0]), float(location[0])),
            0.0,
            0.0,
            float(slope[0]),
            *(floor[1:], slope[1:], location[1:], none, none, np.full(NODES, 1 / NODES)),
            anchors,
            anchors[-1],
        )
        for condition, curve in curves_around(own, kind, priors[form], ImageTypePrior.shipped()).items():
            curves.setdefault(condition, {})[form] = curve
    measurement = Measurement(
        image_kind,
        np.union1d(*subjects_by_side(pairs, None)).size,
        pairs.mated.score.size,
        pairs.non_mated.score.size,
        pairs.mated.failed,
        0 if searches is None else searches.n_references,
        tuple(source.digest for source in sources),
        options.level,
        seed,
    )
    return Card(options.name, "measured", (), (), priors, curves, measured=measurement)  # type: ignore[arg-type]


def _centers(prior: GrowthPrior, seed: int) -> Array:
    """Return where curves of published algorithms lie: the middle, then a draw for every node."""
    far = math.log10(N_ANCHOR / exceedances(FPIR_TESTED)) - Z2_TYPICAL / prior.slope
    middle = np.array([prior.law.floor[0], math.log(prior.slope), far])
    drawn = special.ndtri(uniforms(seed, Purpose.BOOTSTRAP, np.arange(NODES), second=3)[:3]).T
    return np.asarray(middle + SPREAD * np.concatenate([np.zeros((1, 3)), drawn]))


def _refuse(pairs: Comparisons) -> None:
    faults = []
    if pairs.people is None or pairs.mated.probe is None or pairs.non_mated.probe is None:
        faults.append(Fault("", 0, "subjects", "nobody is named", "give the subjects: a card's doubt rests on people"))
    else:
        people = np.unique(pairs.mated.probe).size
        if people < _LEAST_SUBJECTS:
            faults.append(Fault("", 0, "subjects", f"{people} have a mated score", f"a card needs {_LEAST_SUBJECTS}"))
    for side, count, least in (
        ("mated", pairs.mated.score.size, _LEAST_MATED),
        ("non-mated", pairs.non_mated.score.size, _LEAST_NON_MATED),
    ):
        if count < least:
            faults.append(Fault("", 0, f"{side} scores", f"there are {count}", f"a card needs {least}"))
    if faults:
        raise InvalidInput(faults)


def _scale(pairs: Comparisons, seed: int) -> Scale:
    """Lay cells over the scores, from where a card is used to a decade beyond the data, and turn edges into decades."""
    side = pairs.non_mated
    total = side.score.size
    best = np.sort(side.score).astype(np.float64)
    tail = KnownScores(side.score, side.probe, side.reference, float(total)).fit()
    known = math.log10(total / _SEEN)
    inside = np.linspace(min(0.5, 0.2 * known), known, CELLS)
    # The count at or above a score that stands at this place from the top.
    place = np.clip(total - np.round(total * 10.0**-inside).astype(np.int64), 0, total - 1)
    scores = np.unique(best[place])
    decades = -np.log10((total - np.searchsorted(best, scores, side="left")) / total)
    if tail is None:
        return Scale(scores, np.repeat(decades[None], 1 + NODES, axis=0))
    ahead = _beyond(tail, scores[-1], known + _BEYOND)
    edges = np.concatenate([scores, ahead])
    at_start = -math.log10(tail.start_probability)
    draws = uniforms(seed, Purpose.BOOTSTRAP, np.arange(NODES), second=2)
    shift = -special.ndtri(draws[0]) * tail.log_error / math.log(10)
    seen = decades + np.append(0.0, shift)[:, None] * np.minimum(decades / at_start, 1.0)
    tails = [tail, *(_drawn(tail, float(u), float(v)) for u, v in zip(draws[1], special.ndtri(draws[2]), strict=True))]
    far = np.stack([_decades(one, ahead, float(decades[-1]), float(scores[-1])) for one in tails])
    far += np.append(0.0, shift)[:, None]
    return Scale(edges, np.concatenate([seen, far], axis=1))


def _beyond(tail: Tail, last: float, furthest: float) -> Array:
    """Return scores beyond the last one counted, up to where the tail as fitted has so many decades."""
    end = tail.start - tail.scale / tail.shape if tail.shape < 0 else math.inf
    step = max(tail.scale, 1e-12) / 8
    ahead: Array = last + step * np.arange(1.0, 400.0)
    ahead = ahead[ahead < end - 1e-9 * abs(end)] if math.isfinite(end) else ahead
    if ahead.size == 0:
        return ahead
    decades = -np.log10(np.maximum(exceedance(tail, np.maximum(ahead, tail.start)).value, 1e-300))
    return np.asarray(ahead[decades <= furthest])


def _decades(tail: Tail, scores: Array, decades: float, last: float) -> Array:
    """Return decades of scores beyond the last one counted; the tail goes on from there without a step."""
    if scores.size == 0:
        return scores
    rates = np.maximum(exceedance(tail, np.maximum(np.append(last, scores), tail.start)).value, 1e-12)
    return np.asarray(decades + np.log10(rates[0] / rates[1:]), dtype=np.float64)


def _drawn(tail: Tail, u: float, z: float) -> Tail:
    """Draw a tail among those that the data leave open: a shape by its profile, and a scale."""
    weight = np.exp(-0.5 * np.minimum(tail.deviance, 50.0))
    whole = np.cumsum(weight)
    shape = float(np.interp(u * whole[-1], whole, tail.shapes))
    scale = float(np.interp(shape, tail.shapes, tail.scales)) * math.exp(z * tail.scale_error)
    return tail._replace(shape=shape, scale=scale)


def _anchors(pairs: Comparisons, searches: Searches | None) -> tuple[Anchor, ...]:
    """Return measured misses at false positive rates that the data can show, of searches or else of single pairs."""
    found: list[Anchor] = []
    if searches is not None:
        ready = ~searches.failed
        mated = ready & searches.mated
        others = ready & ~searches.mated
        best = searches.others[others if others.any() else mated, 0]
        mates, n = searches.mate[mated], searches.n_references
    else:
        best, mates, n = pairs.non_mated.score, pairs.mated.score, 1
    ranked = np.sort(best)[::-1]
    for rate in (*_ANCHOR_RATES, _LAST_RESORT):
        if found and rate == _LAST_RESORT:
            break
        events = int(rate * ranked.size)
        if events < _LEAST_EVENTS or mates.size == 0:
            continue
        # At most this share: the next score above those that may have a hit.
        threshold = np.nextafter(ranked[events], np.float32(np.inf)) if events < ranked.size else ranked[-1]
        value = float(np.count_nonzero(mates < threshold)) / mates.size
        share = float(np.count_nonzero(ranked >= threshold)) / ranked.size
        if 0 < share < 1:
            found.append(Anchor(n, share, value))
    if not found:
        return _anchors(pairs, None) if searches is not None else (Anchor(1, 0.1, 0.0),)
    return tuple(found)


def fit_curves(counts: Array, decades: Array, center: Array) -> tuple[Array, Array, Array]:
    """Fit ``floor + (1-floor) Phi(slope (s - location))`` to every row; return floor, slope and location.

    ``counts`` has shape (r, c + 1): mated scores below the first edge, between edges, and at or above the last; they
    need not be whole.  ``decades`` are the edges, rising, shape (r, c).  ``center`` is a weak prior, shape (r, 3):
    logit of the floor, ln slope, location.  Where the data are silent it decides, so that rows that stand for what the
    data leave open need centers drawn from it.

    Maximum of the likelihood of the cells, with weak normal priors, by Fisher scoring with a step that is shortened
    where it does not help.  The floor's scores are as spread as non-mated ones: below s they are ``floor (1 - 10^-s)``.
    """
    inside, beyond = np.clip(center, _LIMITS[:, 0], _LIMITS[:, 1]), np.clip(center, _LIMITS[:, 0], _LIMITS[:, 1])
    share = np.cumsum(counts, axis=1)[:, :-1] / counts.sum(axis=1, keepdims=True)
    middle = [np.interp(0.5, row, at) for row, at in zip(share, decades, strict=True)]
    # Misses can be a floor under a curve far away, or a curve near by: both are tried, for either can be a local top.
    inside[:, 2] = np.where(share[:, -1] > 0.5, middle, decades[:, -1] + 1)
    beyond[:, 2] = np.maximum(beyond[:, 2], decades[:, -1])
    found = [_climb(start, counts, decades, center) for start in (inside, beyond)]
    theta = np.where((found[0][1] >= found[1][1])[:, None], found[0][0], found[1][0])
    return special.expit(theta[:, 0]), np.exp(theta[:, 1]), theta[:, 2]


def _climb(start: Array, counts: Array, decades: Array, center: Array) -> tuple[Array, Array]:
    """Return the nearest top of every row, and how high it is."""
    theta, damping = start, np.full(len(start), 1e-3)
    score = _score(theta, counts, decades, center)
    idle = 0
    for _ in range(40):
        gradient, information = _slopes(theta, counts, decades, center)
        ridge = damping[:, None, None] * np.einsum("ri,ij->rij", np.einsum("rii->ri", information), np.eye(3))
        step = np.linalg.solve(information + ridge, gradient[:, :, None])[:, :, 0]
        trial = np.clip(theta + np.clip(step, -2, 2), _LIMITS[:, 0], _LIMITS[:, 1])
        after = _score(trial, counts, decades, center)
        better = after > score
        idle = idle + 1 if np.where(better, after - score, 0.0).max() < 1e-4 else 0
        theta, score = np.where(better[:, None], trial, theta), np.where(better, after, score)
        damping = np.clip(np.where(better, damping / 4, damping * 8), 1e-9, 1e6)
        if idle == 3:
            break
    return theta, score


def _cells(theta: Array, decades: Array) -> Array:
    """Return the probability of every cell, shape (r, c + 1)."""
    floor, slope, location = special.expit(theta[:, :1]), np.exp(theta[:, 1:2]), theta[:, 2:]
    matched = slope * (decades - location)
    none = -np.expm1(-math.log(10) * np.maximum(decades, 0.0))
    below = np.concatenate([np.zeros((len(theta), 1)), special.ndtr(matched), np.ones((len(theta), 1))], axis=1)
    # From the upper side where that has more digits.
    above = np.concatenate([np.ones((len(theta), 1)), special.ndtr(-matched), np.zeros((len(theta), 1))], axis=1)
    own = np.where(below[:, 1:] < 0.5, np.diff(below, axis=1), -np.diff(above, axis=1))
    spread = np.diff(np.concatenate([np.zeros((len(theta), 1)), none, np.ones((len(theta), 1))], axis=1), axis=1)
    return np.asarray(np.maximum(floor * spread + (1 - floor) * own, 1e-300))


def _score(theta: Array, counts: Array, decades: Array, center: Array) -> Array:
    pull = 0.5 * ((theta - center) ** 2 @ _PRECISION)
    return np.asarray((counts * np.log(_cells(theta, decades))).sum(axis=1) - pull)


def _slopes(theta: Array, counts: Array, decades: Array, center: Array) -> tuple[Array, Array]:
    """Return gradient and expected information."""
    h = 1e-5
    here = _cells(theta, decades)
    moved = np.stack(
        [(_cells(theta + h * e, decades) - _cells(theta - h * e, decades)) / (2 * h) for e in np.eye(3)], axis=1
    )
    gradient = np.einsum("rc,rpc->rp", counts / here, moved) - (theta - center) * _PRECISION
    weight = counts.sum(axis=1)[:, None] / np.maximum(here, 1e-12)
    information = np.einsum("rc,rpc,rqc->rpq", weight, moved, moved) + np.diag(_PRECISION)
    return np.asarray(gradient), np.asarray(information)
