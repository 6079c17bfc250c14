from __future__ import annotations

import numpy as np
import pytest

from misid.errors import OutOfRange
from misid.randomness import Purpose, uniforms
from misid.statistics import Tail, exceedance, fit_tail, open_shapes, start_count, tail_threshold

N = 40_000


def draws(seed: int, n: int = N) -> np.ndarray:
    return uniforms(seed, Purpose.TEST, np.arange(n))[0]


def pareto(u: np.ndarray, shape: float) -> np.ndarray:
    """Quantile function of a generalised Pareto law of scale 1, at upper shares."""
    return -np.log(u) if shape == 0 else np.expm1(-shape * np.log(u)) / shape


def fitted(scores: np.ndarray, **more: object) -> Tail:
    found = fit_tail(scores, scores.size, **more)
    assert found is not None
    return found


def test_how_many_scores_make_the_tail():
    found = {n: start_count(n) for n in (999, 1000, 5000, 20_000, 30_000, 10**6, 10**9)}
    assert found == {999: 0, 1000: 50, 5000: 250, 20_000: 250, 30_000: 300, 10**6: 1000, 10**9: 1000}


@pytest.mark.slow
@pytest.mark.parametrize("shape", [-0.4, -0.2, 0.0, 0.2, 0.4])
def test_the_truth_lies_in_the_band_as_often_as_it_says(shape):
    """40 data sets, two decades beyond the start; covered 30 times or fewer has a chance of 1 in 1,000 at 90%.

    Over 200 sets each the thresholds are covered 92% to 96%, the rates 90% to 97%, least for a bounded tail.
    """
    far = 1e-5
    truth = pareto(np.array([far]), shape)
    covered_rate = covered_threshold = covered_shape = 0
    for seed in range(40):
        tail = fitted(pareto(draws(seed, 20_000), shape))
        rate, threshold, (shapes, _) = exceedance(tail, truth), tail_threshold(tail, [far]), open_shapes(tail)
        covered_rate += bool(rate.low[0] <= far <= rate.high[0])
        covered_threshold += bool(threshold.low[0] <= truth[0] <= threshold.high[0])
        covered_shape += bool(shapes[0] <= shape <= shapes[-1])
    assert min(covered_rate, covered_threshold, covered_shape) > 30


@pytest.mark.slow
def test_a_band_that_ignores_the_shape_would_not_cover():
    """A planted fault: with the shape held at its point the same count is far from 95%."""
    far, covered = 1e-5, 0
    for seed in range(40):
        tail = fitted(pareto(draws(seed, 20_000), 0.2))
        held = tail._replace(shapes=np.full(2, tail.shape), scales=np.full(2, tail.scale), deviance=np.zeros(2))
        band = exceedance(held, pareto(np.array([far]), 0.2))
        covered += bool(band.low[0] <= far <= band.high[0])
    assert covered < 20


def test_threshold_and_exceedance_are_inverse():
    tail = fitted(pareto(draws(3), 0.1))
    rates = np.array([tail.start_probability, 1e-3, 1e-5, 1e-9])
    assert exceedance(tail, tail_threshold(tail, rates).value).value == pytest.approx(rates, rel=1e-9)
    band = tail_threshold(tail, rates)
    assert (np.diff(band.value) > 0).all()
    assert ((band.low <= band.value) & (band.value <= band.high)).all()
    assert np.ptp(np.diff(band.high - band.low)) > 0


def test_inside_the_tail_it_follows_the_data():
    scores = pareto(draws(5), -0.2)
    tail = fitted(scores)
    inside = np.quantile(scores, [0.992, 0.995, 0.998])
    seen = np.array([(scores >= t).sum() for t in inside])
    # Four standard errors of a Poisson count.
    assert np.abs(exceedance(tail, inside).value * N - seen) == pytest.approx(np.zeros(3), abs=4 * seen.max() ** 0.5)


def test_scores_on_a_grid_are_fitted_as_intervals():
    """Whole scores: at or above a whole threshold is exact; a density at the values would see a heavier start."""
    truth = 3.0
    scores = np.floor(-truth * np.log(draws(11)))
    tail = fitted(scores)
    assert tail.step == 1.0
    shapes, scales = open_shapes(tail, 0.999)
    assert shapes[0] <= 0.0 <= shapes[-1]
    assert np.interp(0.0, shapes, scales) == pytest.approx(truth, rel=4 / tail.exceedances**0.5)
    jump = exceedance(tail, [30.0, 31.0]).value
    assert jump[1] / jump[0] == pytest.approx(np.exp(-1 / truth), rel=0.1)


def test_weights_are_counts():
    scores = pareto(draws(7, 4000), 0.0)
    twice = fit_tail(np.repeat(scores, 2), 8000, start=2.0)
    weighted = fit_tail(scores, 8000.0, weights=np.full(scores.size, 2.0), start=2.0)
    assert twice is not None
    assert weighted is not None
    assert weighted.start_probability == twice.start_probability
    # Doubled scores are tied, so they are fitted as intervals of the smallest gap.
    assert weighted.shape == pytest.approx(twice.shape, abs=1e-3)
    assert weighted.scale == pytest.approx(twice.scale, rel=1e-3)


def test_copies_of_one_person_say_no_more_than_the_person():
    """Each score eight times, by its own subject: the band is that of the scores once, not a third of it."""
    scores = pareto(draws(9, 10_000), 0.0)
    who = np.repeat(np.arange(10_000), 8)
    once = fit_tail(scores, 10_000, start=3.0)
    copies = np.repeat(scores, 8)
    clustered = fit_tail(copies, copies.size, start=3.0, clusters=[who])
    blind = fit_tail(copies, copies.size, start=3.0)
    widths = [np.ptp(open_shapes(tail)[0]) for tail in (once, clustered, blind) if tail is not None]
    assert widths[1] == pytest.approx(widths[0], rel=0.1)
    assert widths[2] < 0.5 * widths[0]


def test_what_cannot_be_fitted():
    scores = pareto(draws(1, 900), 0.0)
    assert fit_tail(scores, scores.size) is None
    assert fit_tail(np.ones(5000), 5000) is None
    assert fit_tail(np.repeat([0.0, 1.0], 5000), 10_000) is None
    with pytest.raises(OutOfRange, match="trials"):
        fit_tail(scores, 10)
    tail = fitted(pareto(draws(1), 0.0))
    with pytest.raises(OutOfRange, match="start"):
        exceedance(tail, [tail.start - 1])
    with pytest.raises(OutOfRange, match="rate"):
        tail_threshold(tail, [0.5])
