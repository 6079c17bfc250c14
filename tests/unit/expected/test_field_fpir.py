"""The rate of false alerts per comparison from counts, its ranges kept apart, and what would measure phi and s."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import misid
from misid.algorithm import COUNTS_TEMPLATE, CountUse, field_counts
from misid.errors import InvalidInput, OutOfRange
from misid.expected import fit_field, from_hit_share, measured_share, strangers_to_test

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


def test_no_false_alert_at_all_leaves_an_upper_end_and_a_value():
    fit = fit_field(rows((7512, 4074, 0)))
    total = 7512 * 4074
    assert fit.rate.low == 0.0
    assert fit.rate.value == pytest.approx(math.log(2) / total)
    assert fit.rate.high == pytest.approx(-math.log(0.025) / total)


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
