"""The rate of false alerts per comparison from counts, its ranges kept apart, and what would measure phi and s."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy import stats

import misid
from misid.algorithm import COUNTS_TEMPLATE, CountUse, field_counts
from misid.errors import InvalidInput, OutOfRange
from misid.expected import fit_field, from_hit_share, measured_share, strangers_to_test
from misid.expected.field_fpir import _add_capped

UK = field_counts("NEC NeoFace", 0.64)


def rows(*counts: tuple[int, float, int]) -> list[dict[str, float]]:
    return [{"faces": faces, "list_size": size, "false_alerts": alerts} for faces, size, alerts in counts]


def test_the_pooled_rate_has_garwoods_interval():
    fit = fit_field(UK)
    total = sum(row.faces * row.list_size.value for row in UK)
    assert (fit.false_alerts, fit.faces) == (11, 3_624_948)
    assert fit.comparisons == total
    assert fit.rate.value == pytest.approx(11 / total)
    assert fit.rate.low == pytest.approx(stats.chi2.ppf(0.025, 22) / 2 / total)
    assert fit.rate.high == pytest.approx(stats.chi2.ppf(0.975, 24) / 2 / total)


def test_lists_are_a_range_of_their_own():
    fit = fit_field(UK)
    ends = [11 / sum(row.faces * getattr(row.list_size, end) for row in UK) for end in ("high", "low")]
    assert fit.rate_by_lists == pytest.approx(tuple(ends))
    narrow = fit_field(rows(*((row.faces, row.list_size.value, row.false_alerts) for row in UK)))
    assert narrow.rate_by_lists is None
    assert narrow.rate == fit.rate  # the range of lists is in no other range
    assert narrow.of_a_place == fit.of_a_place
    assert fit.phi(1e8).by_counts == narrow.phi(1e8).by_counts


def test_phi_is_one_or_more_of_independent_comparisons():
    fit = fit_field(UK)
    found = fit.phi(124e6)
    assert found.value == pytest.approx(1 - math.exp(-124e6 * fit.rate.value))
    assert found.by_counts == pytest.approx(tuple(1 - math.exp(-124e6 * end) for end in fit.rate.ends))
    assert fit.phi(124e6, row_factor=0.5).value == pytest.approx(1 - math.exp(-62e6 * fit.rate.value))
    uneven = 1 - (1 + 124e6 * fit.rate.value / 0.5) ** -0.5
    assert fit.phi(124e6, heterogeneity_k=0.5).value == pytest.approx(uneven)


@pytest.mark.parametrize(
    "counts",
    [
        ((1000, 1e4, 3), (2000, 1e4, 0), (500, 2e4, 9)),
        ((1000, 1e4, 0), (2000, 1e4, 0)),
        ((3_000_000, 9e3, 10),),
    ],
)
def test_the_prediction_is_the_negative_binomial_mixture(counts):
    """Against a plain sum over another grid, with scipy's negative binomial."""
    fit = fit_field(rows(*counts))
    middle = math.log((sum(c[2] for c in counts) + 0.5) / sum(c[0] * c[1] for c in counts))
    log_rate = np.linspace(middle - 14, min(middle + 20, 0.0), 1201)[:, None]
    spread = np.linspace(0.005, 1.995, 200)[None, :]
    k, information, weight = spread**-2, 0.0, 0.0
    for faces, size, alerts in counts:
        mean = np.exp(log_rate) * faces * size
        weight = weight + stats.nbinom.logpmf(alerts, k, k / (k + mean))
        information = information + mean / (1 + mean / k)
    weight = weight + 0.5 * np.log(information)
    weight = np.exp(weight - weight.max())
    weight /= weight.sum()
    for faces, size in ((1500, 1e4), (1e6, 5e3)):
        mean = np.exp(log_rate) * faces * size
        for count in (0, 2, 11, 100):
            plain = (weight * stats.nbinom.cdf(count, k, k / (k + mean))).sum()
            assert fit.upto(count, faces, size) == pytest.approx(plain, abs=2e-3)
        found = fit.predict(faces, size)
        for count, part in ((found.low, 0.05), (found.value, 0.5), (found.high, 0.95)):
            assert fit.upto(count, faces, size) >= part
            assert count == 0 or fit.upto(count - 1, faces, size) < part


def test_places_that_differ_widen_the_prediction_and_not_the_pooled_interval():
    alike = fit_field(rows(*[(10_000, 1e4, 10)] * 6))
    apart = fit_field(rows(*[(10_000, 1e4, n) for n in (0, 1, 2, 5, 12, 40)]))
    assert alike.rate == apart.rate
    assert apart.spread.low > alike.spread.value
    assert apart.predict(10_000, 1e4).high > alike.predict(10_000, 1e4).high
    assert apart.of_a_place[0] < alike.of_a_place[0]


def test_no_false_alert_at_all_leaves_an_upper_end_and_no_value_of_phi():
    fit = fit_field(rows((7512, 4074, 0)))
    total = 7512 * 4074
    assert fit.rate.low == 0.0
    assert fit.rate.value == pytest.approx(math.log(2) / total)
    assert fit.rate.high == pytest.approx(-math.log(0.025) / total)
    assert fit.no_value == "no false alert was counted"
    assert fit.phi(124e6).value is None
    assert fit.phi(124e6).by_counts == (0.0, pytest.approx(-math.expm1(-124e6 * fit.rate.high)))
    assumed = fit_field([{"faces": 10, "list_size": 5, "list_size_low": 4, "list_size_high": 8, "false_alerts": 0}])
    assert assumed.rate_by_lists == pytest.approx((-math.log(0.025) / 80, -math.log(0.025) / 40))


def test_a_face_alerts_at_most_once():
    """Clopper and Pearson's interval of the share of faces, as a rate per reference."""
    fit = fit_field(rows((100, 50, 40)))
    ends = stats.beta.ppf(0.025, 40, 61), stats.beta.ppf(0.975, 41, 60)
    assert fit.rate.value == pytest.approx(-math.log(0.6) / 50)
    assert fit.rate.ends == pytest.approx(tuple(-math.log1p(-end) / 50 for end in ends))
    assert fit.phi(50).value == pytest.approx(0.4)
    split = fit_field(rows((60, 50, 30), (40, 50, 10)))
    assert split.rate.value == pytest.approx(fit.rate.value)
    assert split.rate.ends == pytest.approx(fit.rate.ends)
    assert fit.predict(100, 50).high <= 100


def test_where_every_face_alerts_there_is_no_upper_end():
    fit = fit_field(rows((100, 50, 100)))
    assert fit.no_value == "every face alerted"
    assert fit.rate.low == pytest.approx(-math.log1p(-(0.025 ** (1 / 100))) / 50)
    assert fit.rate.high == 1.0
    assert fit.phi(10).value is None


def test_lists_that_differ_where_many_faces_alert():
    """The likeliest rate and exact tails, by convolving the counts of two places."""
    fit = fit_field(rows((100, 50, 40), (60, 20, 12)))

    def alert(rate: float) -> list[float]:
        return [-math.expm1(-rate * size) for size in (50, 20)]

    def log_likelihood(rate: float) -> float:
        return sum(stats.binom.logpmf(x, n, p) for x, n, p in zip((40, 12), (100, 60), alert(rate), strict=True))

    best = log_likelihood(fit.rate.value)
    assert best > max(log_likelihood(fit.rate.value * step) for step in (0.999, 1.001))
    for rate, at_least in ((fit.rate.low, 52), (fit.rate.high, 53)):
        law = np.convolve(
            *(stats.binom.pmf(np.arange(n + 1), n, p) for n, p in zip((100, 60), alert(rate), strict=True))
        )
        tail = law[at_least:].sum()
        assert (tail if at_least == 52 else 1 - tail) == pytest.approx(0.025, abs=5e-4)


def test_the_law_of_many_alerts_meets_that_of_few():
    """Just above and just below the share of faces from which it counts that each alerts once."""
    few, many = fit_field(rows((10_000, 50, 199))), fit_field(rows((10_000, 50, 201)))
    assert many.rate.value / few.rate.value == pytest.approx(201 / 199, rel=0.015)
    # Jeffreys' prior falls where nearly all faces would alert: the upper end, where places differ most, feels it first.
    assert np.divide(many.of_a_place, few.of_a_place) == pytest.approx(201 / 199, rel=0.06)


@cache
def places(spread: float) -> np.ndarray:
    """How much more than their mean places alert: so many quantiles of their law."""
    return stats.gamma(spread**-2, scale=spread**2).ppf((np.arange(200_000) + 0.5) / 200_000)


@pytest.mark.parametrize("alerts", [0, 40, 100])
def test_the_likelihood_of_many_alerts_is_the_binomial_mixture(alerts):
    """By integration, at three rates and three spreads; likelihoods are to within one factor."""
    spread = np.linspace(0.025, 1.975, 40)
    log_rates = np.log(np.array([0.002, 0.01, 0.1]))
    found, information = np.zeros((3, 40)), np.zeros((3, 40))
    _add_capped(found, information, log_rates, np.array([alerts, 100.0, 50.0]), 1.0)
    want = [
        stats.binom.pmf(alerts, 100, -np.expm1(-50 * rate * places(spread[j]))).mean()
        for rate in np.exp(log_rates)
        for j in (4, 15, 30)
    ]
    got = np.exp(found[:, [4, 15, 30]].ravel())
    here = np.array(want) > 1e-6  # the sum over places does not reach further out
    assert got[here] / got.max() == pytest.approx(np.array(want)[here] / max(want), rel=0.02)
    assert (information > 0).all()


@pytest.mark.slow
def test_rows_that_are_alike_count_each_and_many_rows_are_as_the_whole_grid(monkeypatch):
    counts = [(1000 + 7 * i, 500, i % 3) for i in range(250)]
    whole = fit_field(rows(*counts))
    monkeypatch.setattr("misid.expected.field_fpir._FINE", 10**6)
    grid = fit_field(rows(*counts))
    assert whole.mean_rate == grid.mean_rate
    assert whole.spread.ends == pytest.approx(grid.spread.ends)
    assert fit_field(rows(*[(1000, 500, 1)] * 100_000)).false_alerts == 100_000
    with pytest.raises(InvalidInput, match="10,001 different rows; at most 10,000 are taken; add up"):
        fit_field(rows(*((1000 + i, 500, 1) for i in range(10_001))))
    with pytest.raises(InvalidInput, match="more than 2 in 100 faces alert"):
        fit_field(rows(*((1000 + i, 500, 900) for i in range(201))))


def test_one_end_of_a_list_alone_is_refused():
    for end, other in (("list_size_low", "list_size_high"), ("list_size_high", "list_size_low")):
        with pytest.raises(InvalidInput, match=f"missing, while {end} is given; give both ends") as error:
            fit_field([{"faces": 10, "list_size": 5, end: 5, "false_alerts": 1}])
        assert error.value.faults[0].field == f"counts.0.{other}"


def test_the_same_rows_give_the_same_numbers():
    assert fit_field(UK).mean_rate == fit_field(list(UK)).mean_rate
    assert misid.fit_field is fit_field


def test_a_file_and_rows_in_python_agree(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text(COUNTS_TEMPLATE)
    read = fit_field(path)
    same = fit_field(
        [
            {"faces": 250_000, "list_size": 5000, "false_alerts": 2},
            {"faces": 90_000, "list_size": 8000, "list_size_low": 4000, "list_size_high": 16000, "false_alerts": 0},
        ]
    )
    assert read.rate == same.rate
    assert read.rate_by_lists == same.rate_by_lists
    assert fit_field(str(path)).spread == read.spread


def test_faulty_rows_are_named_all_at_once():
    given = [
        {"faces": 10, "list_size": 5, "false_alerts": 11},
        {"faces": 0.5, "list_size": "many", "false_alerts": -1, "lst": 3},
        {"faces": 10, "list_size": 5, "list_size_low": 6, "list_size_high": 4, "false_alerts": True},
    ]
    with pytest.raises(InvalidInput) as error:
        fit_field(given)
    assert [fault.field for fault in error.value.faults] == [
        "counts.0.false_alerts",
        "counts.1.faces",
        "counts.1.false_alerts",
        "counts.1.list_size",
        "counts.1.lst",
        "counts.2.false_alerts",
        "counts.2.list_size_high",
        "counts.2.list_size_low",
    ]
    assert all(fault.fix for fault in error.value.faults)
    with pytest.raises(InvalidInput, match="no rows"):
        fit_field([])


def test_sizes_out_of_range_are_refused():
    fit = fit_field(UK)
    with pytest.raises(OutOfRange, match="n_comparisons"):
        fit.phi(0)
    with pytest.raises(OutOfRange, match="faces and list_size"):
        fit.predict(100, math.nan)


def test_south_wales_halves_the_rate_if_its_list_is_londons():
    both = fit_field([*UK, *field_counts("NEC NeoFace", 0.64, CountUse.ALTERNATIVE)])
    assert both.false_alerts == 11
    assert 0.5 < both.rate.value / fit_field(UK).rate.value < 0.65


# What would measure it


def test_a_thousand_strangers_without_a_name():
    found = measured_share(1000, 0)
    assert found.low == 0.0
    assert found.high == pytest.approx(1 - 0.05 ** (1 / 1000))
    assert 1 / found.high == pytest.approx(334, abs=1)  # "below 1 in 330"


def test_strangers_that_a_bound_needs():
    assert strangers_to_test(0.01) == 299
    assert strangers_to_test(0.001) == 2995
    assert measured_share(299, 0).high <= 0.01 < measured_share(298, 0).high


def test_an_audit_of_right_hits():
    found = measured_share(400, 6)
    assert (round(found.low, 3), round(found.high, 3)) == (0.006, 0.032)
    assert found.low == pytest.approx(stats.beta.ppf(0.025, 6, 395))


def test_the_share_of_hits_bounds_phi_and_enrolment():
    # Half enrolled, nine of ten found, one in twenty strangers named, 0.92 of photos usable.
    said = from_hit_share(0.92 * (0.5 * 0.9 + 0.5 * 0.05), 0.92, 0.9)
    assert said.phi(0.5) == pytest.approx(0.05)
    assert said.phi(0.0) == said.phi_at_most == pytest.approx(0.475)
    assert said.enrolled_at_most == pytest.approx(0.475 / 0.9)
    assert said.phi(said.enrolled_at_most) == pytest.approx(0.0, abs=1e-12)
    assert said.phi(0.6) is None


@pytest.mark.parametrize("wrong", [(0.5, 0.4, 0.9), (0.0, 0.0, 0.9), (0.1, 1.1, 0.9), (-0.1, 0.5, 0.9)])
def test_shares_that_cannot_be_are_refused(wrong):
    with pytest.raises(OutOfRange):
        from_hit_share(*wrong)
