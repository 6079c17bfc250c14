"""How people spread: who is hard to recognise and who is easily mistaken, as a density and never as a list."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.evaluation.comparisons.tallied import Known, TalliedPairs
from misid.evaluation.contract import HERE, Codes, Side
from misid.evaluation.results import Menagerie
from misid.quantities import Conditions, Estimate, Interval
from misid.randomness import Purpose, uniforms
from misid.statistics import Array, clopper_pearson, holm
from misid.vocabulary.catalogue import say

LEAST_SUBJECTS = 50
LEAST_NEAR = 5  # subjects near a cell before it shows anything
CELLS = 24  # on either axis
REPLICATES = 2_000
LEVEL = 0.95
_DIGITS = 4  # of the shares of the density
_TARGET = 1e-3  # FMR at which false matches are shared out
_TABLES = 64  # Poisson laws that are tabled
_KINDS = {
    "doves": (True, False),
    "chameleons": (True, True),
    "phantoms": (False, False),
    "worms": (False, True),
}


def measure_menagerie(pairs: Known, *, seed: int = 1) -> Menagerie | None:
    """Return how people's own mated and non-mated scores spread.

    Parameters
    ----------
    pairs : Comparisons or TalliedPairs
        With subjects.
    seed : int
        Of bootstrap and chance.

    Returns
    -------
    Menagerie or None
        None where fewer than 50 subjects have both mated and non-mated scores, or where all are alike.

    Notes
    -----
    A person's non-mated scores are those in which the person is on either side.  Some people always come out worst, by
    chance alone: so the share of false matches owed to the worst tenth stands beside what chance alone gives, and
    beside how far people who are mistaken for one half of the others are mistaken for the other half too.

    Doves, chameleons, phantoms and worms are the corners of a table by quartiles; where mated and non-mated scores have
    nothing to do with each other, a sixteenth of the people is in each.  Their p-values allow for there being four.

    Source: Doddington et al., ICSLP 1998; Yager and Dunstone, IEEE AutoID 2007; Hicklin and Ulery, NISTIR 7271 (2005);
    FORMULAS 16.
    """
    if isinstance(pairs, TalliedPairs):
        own, apart = pairs.mean_scores()
    else:
        mated, others = pairs.mated, pairs.non_mated
        if pairs.people is None or any(side.probe is None or side.reference is None for side in (mated, others)):
            return None
        own, apart = _means(mated, pairs.people.count, False), _means(others, pairs.people.count, True)
    known = np.isfinite(own) & np.isfinite(apart)
    g, i = own[known], apart[known]
    if g.size < LEAST_SUBJECTS or g.std() == 0 or i.std() == 0:
        return None
    x, y, density = _density(g, i)
    words = "of people's mean mated and mean non-mated score"
    if isinstance(pairs, TalliedPairs) and pairs.tally.sums is None:
        words = say("reading.tallied.means", words=words)
    related = _correlation(g, i, seed, words)
    figures = {"mated_non_mated_correlation": related} | _corners(g, i)
    return Menagerie(x, y, density, figures | _worst_tenth(pairs, known, seed))


def _means(side: Side, subjects: int, both: bool) -> Array:
    """Mean score of each subject; NaN where there is none."""
    assert side.probe is not None
    assert side.reference is not None
    # A score may be infinite, and one such would make a mean say nothing.
    score = np.clip(side.score.astype(np.float64), -3e38, 3e38)
    total = np.bincount(side.probe, score, subjects)
    count = np.bincount(side.probe, minlength=subjects)
    if both:
        total += np.bincount(side.reference, score, subjects)
        count = count + np.bincount(side.reference, minlength=subjects)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _density(g: Array, i: Array) -> tuple[Array, Array, Array]:
    """Smoothed share of people per cell; edges and width come from quartiles, which no one person moves."""
    axes, widths = [], []
    for values in (g, i):
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
        scale = max(float(high - low) / 1.349, 1e-9 + float(values.std()) / 10)
        # Edges on a coarse grid of their own, so that they say little of the people.
        unit = 10 ** np.floor(np.log10(scale))
        left, right = np.floor((middle - 3 * scale) / unit) * unit, np.ceil((middle + 3 * scale) / unit) * unit
        step = (right - left) / CELLS
        axes.append(left + step * (np.arange(CELLS) + 0.5))
        widths.append(max(scale * g.size ** (-1 / 6), step))
    near = [(axis[:, None] - values) / width for axis, values, width in zip(axes, (g, i), widths, strict=True)]
    weight = [np.exp(-np.square(distance) / 2) for distance in near]
    # Sums of products by einsum, whose order does not depend on how many threads a library takes.
    mass = np.einsum("bn,an->ba", weight[1], weight[0], optimize=False)
    inside = [(np.abs(distance) <= 1).astype(np.float64) for distance in near]
    crowd = np.einsum("bn,an->ba", inside[1], inside[0], optimize=False)
    cell = [(axis[1] - axis[0]) / width for axis, width in zip(axes, widths, strict=True)]
    share = mass * cell[0] * cell[1] / (2 * np.pi * g.size)
    shown: Array = np.where(crowd >= LEAST_NEAR, share, 0.0)
    density: Array = np.round(shown, _DIGITS)
    return axes[0], axes[1], density


def _correlation(x: Array, y: Array, seed: int, of: str) -> Estimate:
    """Pearson correlation with a bootstrap over people."""
    drawn = np.empty(REPLICATES)
    ids = np.arange(x.size)
    u, v = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    columns = np.stack([np.ones(x.size), u, v, u * u, v * v, u * v])
    for turn in range(0, REPLICATES, 4):
        weights = -np.log(uniforms(seed, Purpose.BOOTSTRAP, ids, turn // 4))
        for row in range(4):
            total = (columns * weights[row]).sum(axis=1)
            one, a, b, aa, bb, ab = total / total[0]
            drawn[turn + row] = (ab - a * b) / np.sqrt(max((aa - a * a) * (bb - b * b), 1e-300)) * one
    value = float(np.clip((u * v).mean(), -1, 1))
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    found = Interval(value, float(low), float(high), LEVEL, f"{of}; bootstrap over people, percentiles", trials=x.size)
    return Estimate.of(found, conditions=Conditions(), distance=HERE, unit="correlation")


def _corners(g: Array, i: Array) -> dict[str, Estimate]:
    """Count Yager and Dunstone's four kinds."""
    n = g.size
    ends = [(values <= np.quantile(values, 0.25), values >= np.quantile(values, 0.75)) for values in (g, i)]
    counts = {name: int((ends[0][high] & ends[1][easy]).sum()) for name, (high, easy) in _KINDS.items()}
    p_values = holm([_two_sided(count, n) for count in counts.values()])
    figures = {}
    for (name, count), p in zip(counts.items(), p_values, strict=True):
        low, high = (float(end) for end in clopper_pearson(count, n, LEVEL))
        words = "Clopper-Pearson over people; 1/16 where the two scores have nothing to do with each other"
        share = Interval(count / n, low, high, LEVEL, words, trials=n)
        figures[f"{name}_share"] = _counted(share, count, "share", Conditions())
        against = Interval(float(p), None, None, None, "binomial against 1/16, two-sided; Holm over 4", trials=n)
        figures[f"{name}_p_value"] = _counted(against, count, "probability", Conditions())
    return figures


def _counted(found: Interval, count: float, unit: str, where: Conditions) -> Estimate:
    return Estimate.of(found, conditions=where, distance=HERE, unit=unit, count=count)


def _two_sided(count: int, n: int) -> float:
    at_least = float(special.betainc(count, n - count + 1, 1 / 16)) if count else 1.0
    at_most = float(special.betaincc(count + 1, n - count, 1 / 16)) if count < n else 1.0
    return min(1.0, 2 * min(at_least, at_most))


def _false_matches(pairs: Known, half: npt.NDArray[np.bool_]) -> tuple[Array, float, float]:
    """Count false matches of each person at a threshold with enough of them; return that too, and FMR there.

    Shape (2, 2, subjects): events or trials, by half of the other people.
    """
    n = pairs.trials.total if isinstance(pairs, TalliedPairs) else pairs.non_mated.score.size
    wanted = max(int(np.ceil(_TARGET * n)), min(100, max(n // 10, 1)))
    halves = np.empty((2, 2, half.size))
    if isinstance(pairs, TalliedPairs):
        score = pairs.nth_listed(wanted)
        found = pairs.listed(score)
        probe, reference, hits = found.probe, found.reference, found.code.size
        halves[1] = [pairs.trials.with_some(of) for of in (half, ~half)]
    else:
        side = pairs.non_mated
        assert side.probe is not None
        assert side.reference is not None
        score = np.partition(side.score, n - wanted)[n - wanted]
        hit = np.flatnonzero(side.score >= score)
        probe, reference, hits = side.probe[hit], side.reference[hit], hit.size
        halves[1] = _by_half(side.probe, side.reference, half)
    halves[0] = _by_half(probe, reference, half)
    return halves, float(score), hits / n


def _by_half(probe: Codes, reference: Codes, half: npt.NDArray[np.bool_]) -> list[Array]:
    """Count comparisons of each person with either half of the others."""
    both = (
        np.bincount(probe, of[reference], half.size) + np.bincount(reference, of[probe], half.size)
        for of in (half, ~half)
    )
    return [np.asarray(of, np.float64) for of in both]


def _worst_tenth(pairs: Known, known: npt.NDArray[np.bool_], seed: int) -> dict[str, Estimate]:
    """Share of false matches owed to the worst tenth, what chance gives, and whether it is the same people."""
    half = uniforms(seed, Purpose.PERMUTATION, np.arange(known.size), 0, 3)[0] < 0.5
    halves, score, rate = _false_matches(pairs, half)
    halves = halves[:, :, known]
    events, trials = halves.sum(axis=1)
    people, total = events.size, float(events.sum())
    if total == 0:
        return {}
    value = float(_owed(events[None], trials)[0])
    # Each person's false matches are worth a Poisson number where all have the same rate.
    expected = total * trials / trials.sum()
    u = uniforms(seed, Purpose.PERMUTATION, np.tile(np.arange(people), 50), np.repeat(np.arange(50), people), 4)
    luck = _owed(_poisson_numbers(u.reshape(4 * 50, people), np.maximum(expected, 1e-300)), trials)
    where = Conditions(score=score, threshold=-float(np.log10(rate)))
    owed = Interval(value, None, None, None, "a false match belongs to both of its people, by half", trials=people)
    words = "median and 95% of the draws if all people had the same rate"
    low, middle, high = (float(np.quantile(luck, 0.025)), float(np.median(luck)), float(np.quantile(luck, 0.975)))
    chance = Interval(middle, low, high, LEVEL, words, trials=people)
    figures = {
        "false_matches_owed_to_worst_tenth": _counted(owed, total / 2, "share", where),
        "false_matches_owed_to_worst_tenth_by_chance": _counted(chance, total / 2, "share", where),
    }
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = halves[0] / halves[1]
    there = np.isfinite(rates).all(axis=0)
    if there.sum() >= LEAST_SUBJECTS and (rates[:, there].std(axis=1) > 0).all():
        words = "of people's FMR against either half of the others; 0 where only chance makes people differ"
        figures["false_matches_split_half_correlation"] = _correlation(rates[0, there], rates[1, there], seed, words)
    return figures


def _poisson_numbers(u: Array, expected: Array) -> Array:
    """Return the number that each draw stands for, where each column is a Poisson law; from a table if few differ."""
    means, of = np.unique(expected, return_inverse=True)
    if means.size > _TABLES:
        return np.asarray(np.maximum(np.ceil(special.pdtrik(u, expected)), 0.0))
    out = np.empty(u.shape)
    for k, mean in enumerate(means):
        reached = special.pdtr(np.arange(int(mean + 12 * np.sqrt(mean)) + 40), mean)
        out[:, of == k] = np.searchsorted(reached, u[:, of == k], side="left")
    return out


def _owed(events: Array, trials: Array) -> Array:
    """Share of all errors that the tenth of people with the largest rates has, for each row of errors."""
    tenth = max(int(np.ceil(events.shape[1] / 10)), 1)
    rates = events / np.maximum(trials, 1)
    worst = np.argpartition(-rates, tenth - 1, axis=1)[:, :tenth]
    owed: Array = np.take_along_axis(events, worst, 1).sum(axis=1) / np.maximum(events.sum(axis=1), 1)
    return owed
