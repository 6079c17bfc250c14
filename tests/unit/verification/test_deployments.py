"""Deployments: the rows, who was checked, the arithmetic of a predictive distribution, and the tables."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from misid.errors import InvalidInput
from misid.quantities import Grade, Quantity
from misid.scenario import TEMPLATES, load_scenario, scenario_names, source_text, template_text
from misid.validation import Standing
from misid.vocabulary.names import codes
from verification.deployment_draws import Drawn, Shape, _in_range, evenly, luck, scenario_of
from verification.deployment_notes import deployments_unsettled, unpredicted
from verification.deployment_rows import InputRange, Target, TruthRule, parsed, records
from verification.deployments import deployment_tables, events, rows_for
from verification.event_spread import MEANS, RHOS, likeliest, log_pmf, of_total, spread_of
from verification.package_data import DATA
from verification.predictive_counts import Rates, Shares, effective, log_score, pit, quantile

SIGMAS = 5.0  # a false alarm once in 1.7 million


def row(name):
    return next(one for one in records() if one.id == name)


def as_text():
    text = (DATA / "deployments.csv").read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


# The rows.


def test_every_row_has_a_prediction_or_a_reason_and_a_source():
    assert len(records()) == 68
    for one in records():
        assert bool(one.targets) != bool(one.why_not), one.id
        assert one.source, one.id
        assert one.locator, one.id


def test_events_add_up_to_the_totals_of_the_same_source():
    total = row("swp_2017_18_total")
    of_events = [row(one.id).seen(Target.EVENTS) for one in rows_for(Target.EVENTS)]
    assert sum(count for count, _ in of_events) == total.false == 2451
    assert sum(alerts for _, alerts in of_events) == total.alerts == 2685


def test_right_and_false_are_all_alerts_unless_some_were_left_out():
    for one in records():
        if None not in (one.alerts, one.right, one.false):
            assert one.right + one.false == one.alerts, one.id


def test_counts_that_stand_in_a_packaged_scenario_are_in_sample():
    texts = "\n".join(source_text(name) for name in scenario_names())
    texts += "\n".join(template_text(name) for name in TEMPLATES)
    assert f"{row('met_2024_25').processed:,}" in texts  # the search finds what is there
    for one in (one for one in records() if one.targets):
        for count in (one.processed, one.alerts, one.right, one.false):
            if count is not None and count >= 1000 and f"{count:,}" in texts:
                assert one.used_for, (one.id, count)


def test_only_what_was_checked_is_counted_where_only_the_stopped_were():
    trial = row("met_trial_essex_univ")
    assert trial.truth_rule is TruthRule.STOPPED
    assert trial.alerts == 42
    assert trial.seen(Target.SHARE) == (14, 22)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"alerts": ""}, "no usable count"),
        ({"alerts": "0"}, "no usable count"),
        ({"false": "2471"}, "no usable count"),
        ({"why_not": "no counts"}, "not both"),
        ({"targets": ""}, "needs targets"),
        ({"targets": "shares"}, "not a valid Target"),
        ({"grade": "E"}, "not a valid Grade"),
    ],
)
def test_a_row_that_cannot_be_so_is_refused(changes, what):
    plain = next(one for one in as_text() if one["id"] == "swp_ucl")
    assert len(parsed([plain])) == 1
    with pytest.raises(ValueError, match=what):
        parsed([plain | changes])


def test_an_id_that_comes_twice_is_refused():
    plain = as_text()[0]
    with pytest.raises(ValueError, match="twice"):
        parsed([plain, plain])


# From a row to a scenario.


def test_a_row_that_tells_nothing_changes_nothing():
    plain, changed = load_scenario("police-live").to_json(), scenario_of(row("met_2024_25")).to_json()
    assert changed.pop("name") == "met_2024_25"
    assert changed.pop("title") != plain.pop("title")
    # All but the threshold: the laboratory's rate, since what was counted at the score in use is what is predicted.
    assert changed.pop("threshold")["test"]["fpir"]["value"] == 0.0001667
    del plain["name"], plain["threshold"]
    assert changed == plain


def test_what_a_row_tells_loses_its_range_and_keeps_its_source():
    found = scenario_of(row("met_2022_01_28")).gallery.n_references
    assert (found.value, found.swept, found.grade) == (9756.0, False, Grade.B)
    assert "Evening Standard" in found.source


def test_what_is_assumed_for_a_row_says_so_and_shares_stay_whole():
    quantities = scenario_of(row("gwent_oifr")).quantities()
    status = "stops.passers_by.blocks.0.status"
    listed = quantities[f"{status}.wanted"]
    assert (listed.low, listed.high, listed.grade) == (0.05, 0.9, Grade.D)
    assert listed.source.startswith("assumed")
    assert sum(q.value for path, q in quantities.items() if path.startswith(status)) == pytest.approx(1.0, abs=1e-12)


def test_an_input_that_there_is_not_is_refused():
    with pytest.raises((InvalidInput, KeyError)):
        scenario_of(replace(row("swp_ucl"), ranges=(InputRange("gallery.n_reference", 1.0, 2.0),)))


def quantity(value, low, high):
    return Quantity(value=value, low=low, high=high, unit="share", source="made up", grade=Grade.D)


@pytest.mark.parametrize("q", [quantity(0.94, 0.62, 1.0), quantity(1e-4, 1e-6, 1e-3), quantity(0.2, 0.0, 1.0)])
def test_half_of_the_draws_lie_below_the_best_value(q):
    part = (np.arange(1000) + 0.5) / 1000
    drawn = _in_range(q, part, Shape.HALVES)
    assert (drawn < q.value).sum() == 500
    assert q.low < drawn.min() < drawn.max() < q.high
    assert (np.diff(drawn) > 0).all()
    even = _in_range(q, part, Shape.EVEN)
    middle = math.sqrt(q.low * q.high) if q.low > 0 and q.high > 20 * q.low else (q.low + q.high) / 2
    assert np.median(even) == pytest.approx(middle, rel=0.01)


def test_a_best_value_at_an_end_leaves_no_lump():
    drawn = _in_range(quantity(0.0, 0.0, 0.5), (np.arange(1000) + 0.5) / 1000, Shape.HALVES)
    assert np.unique(drawn).size == 1000


def test_draws_belong_to_one_unknown_of_one_deployment():
    assert luck("a", "x", 8).tolist() == luck("a", "x", 16)[:8].tolist()
    assert luck("a", "x", 8).tolist() != luck("a", "y", 8).tolist()
    assert luck("a", "x", 8).tolist() != luck("b", "x", 8).tolist()


def test_even_draws_have_one_in_each_part_and_an_order_of_their_own():
    one, other = evenly("a", "x", 500), evenly("a", "y", 500)
    assert np.sort(one) == pytest.approx((np.arange(500) + 0.5) / 500, abs=1e-15)
    assert np.argsort(one).tolist() == np.argsort(luck("a", "x", 500)).tolist()
    assert abs(np.corrcoef(one, other)[0, 1]) < SIGMAS / math.sqrt(500)


# Who was checked.


@pytest.mark.parametrize("rule", [one for one in TruthRule if one is not TruthRule.NONE])
def test_truth_rules_count_what_single_alerts_would(rule):
    f, w, r, c, n = 0.3, 0.6, 0.8, 0.25, 200_000
    rng = np.random.default_rng(29)
    false, u, kept = rng.random(n) < f, rng.random(n), rng.random(n) < c
    acted = u < np.where(false, w, r)
    counted = {
        TruthRule.STOPPED: false[acted],
        TruthRule.JUDGED: np.where(acted, false, True),
        TruthRule.REST_TRUE: np.where(acted, false, kept),
        TruthRule.REST_FALSE: ~acted,
    }[rule]
    one = Drawn(*(np.array([x]) for x in (1e-3, f * 1e-3, w, r, c)))
    expected = float(one.share(rule)[0])
    assert abs(counted.mean() - expected) < SIGMAS * math.sqrt(expected * (1 - expected) / counted.size)


def test_without_a_truth_rule_there_is_no_share():
    one = Drawn(*(np.array([x]) for x in (1e-3, 1e-4, 0.6, 0.8, 0.5)))
    with pytest.raises(ValueError, match="which alerts"):
        one.share(TruthRule.NONE)


# Between events.


@pytest.mark.parametrize(("mean", "rho"), [(0.3, 0.2), (0.93, 0.01), (0.05, 0.9)])
def test_beta_binomial_is_the_textbook_one(mean, rho):
    k = np.arange(18)
    a, b = mean * (1 - rho) / rho, (1 - mean) * (1 - rho) / rho
    assert log_pmf(k, 17, mean, rho) == pytest.approx(stats.betabinom.logpmf(k, 17, a, b), rel=1e-9)
    assert log_pmf(k, 17, mean, 0.0) == pytest.approx(stats.binom.logpmf(k, 17, mean), rel=1e-9)


def test_events_differ_beyond_chance_as_they_did_when_first_looked_at():
    others = events("swp_ucl")
    counts, totals = np.array(others).T
    pooled = counts.sum() / totals.sum()
    chi2 = float(((counts - totals * pooled) ** 2 / (totals * pooled * (1 - pooled))).sum())
    assert (round(pooled, 4), round(chi2, 2), len(others) - 1) == (0.7163, 57.23, 12)
    mean, rho = likeliest(others)
    assert round(rho, 2) == 0.21
    at_best = log_pmf(counts, totals, mean, rho).sum()
    for step in (-0.01, 0.01):
        assert log_pmf(counts, totals, mean + step, rho).sum() < at_best
        assert log_pmf(counts, totals, mean, rho + step).sum() < at_best


def test_draws_of_the_spread_follow_its_weights():
    found = spread_of(events())
    n = 20_000
    u, v = np.random.default_rng(30).random((2, n))
    mean, rho = found.drawn(u, v)
    for drawn, grid, weight in ((mean, MEANS, found.weight.sum(axis=1)), (rho, RHOS, found.weight.sum(axis=0))):
        expected = float(grid @ weight)
        spread = math.sqrt(float((grid - expected) ** 2 @ weight) / n)
        assert abs(drawn.mean() - expected) < SIGMAS * spread
    middle, low, high = found.of_rho(0.9)
    assert low < middle < high


def test_a_total_has_the_variance_of_its_events():
    mean, rho, each, n_events = 0.3, 0.21, 10, 20
    a, b = mean * (1 - rho) / rho, (1 - mean) * (1 - rho) / rho
    summed = n_events * stats.betabinom.var(each, a, b)
    whole = float(of_total(np.array(rho), each * n_events, n_events))
    scale = (1 - whole) / whole
    assert stats.betabinom.var(each * n_events, mean * scale, (1 - mean) * scale) == pytest.approx(summed, rel=1e-12)
    assert float(of_total(np.array(rho), 11, None)) == pytest.approx(rho, rel=1e-12)
    assert of_total(np.array(rho), 3, 3) == 0.0


# The predictive distribution.


def constant(n, mean, rho, draws=20_000):
    return Shares(n, np.full(draws, mean), np.full(draws, rho), (np.arange(draws) + 0.5) / draws)


def test_a_share_that_is_known_is_beta_binomial():
    a, b = 0.3 * 0.79 / 0.21, 0.7 * 0.79 / 0.21
    found = constant(30, 0.3, 0.21)
    for k in (0, 3, 15, 29, 30):
        assert found.upto(k) == pytest.approx(stats.betabinom.cdf(k, 30, a, b), abs=1e-4)
        assert log_score(found, k) == pytest.approx(stats.betabinom.logpmf(k, 30, a, b), rel=1e-9)
    assert found.upto(-1) == 0.0
    plain = constant(30, 0.3, 0.0, 1)
    assert plain.upto(7) == pytest.approx(stats.binom.cdf(7, 30, 0.3), rel=1e-12)


def test_a_rate_that_was_seen_once_is_negative_binomial():
    # FORMULAS 29.c: ten false alerts in 3,147,436 faces, and the next million.
    draws = (np.arange(20_000) + 0.5) / 20_000
    found = Rates(1_000_000, stats.gamma.ppf(draws, 10.5, scale=1 / 3_147_436))
    law = stats.nbinom(10.5, 3_147_436 / 4_147_436)
    assert [quantile(found, q) for q in (0.025, 0.975)] == [0, 8]
    for k in (0, 3, 8):
        assert found.upto(k) == pytest.approx(law.cdf(k), abs=1e-5)
        assert log_score(found, k) == pytest.approx(law.logpmf(k), abs=1e-3)


def test_how_many_draws_a_log_score_rests_on():
    assert effective(constant(9, 0.3, 0.21, 50), 4) == pytest.approx(50.0)
    assert effective(Rates(1000, np.array([0.004, 0.5])), 4) == pytest.approx(1.0)


@pytest.mark.parametrize("part", [0.05, 0.5, 0.95])
def test_quantiles_are_those_of_the_law(part):
    assert quantile(constant(22, 0.3, 0.0, 1), part) == stats.binom.ppf(part, 22, 0.3)
    assert quantile(Rates(1000, np.array([0.004])), part) == stats.poisson.ppf(part, 4.0)


def test_pit_is_a_half_on_average_and_stays_in_its_step():
    law = constant(9, 0.3, 0.21)
    below = [law.upto(k) for k in range(-1, 10)]
    weight = np.diff(below)
    assert sum(p * pit(law, k, 0.5) for k, p in enumerate(weight)) == pytest.approx(0.5, abs=1e-12)
    assert below[3] < pit(law, 3, 0.01) < pit(law, 3, 0.99) < below[4]


# The tables.


def test_what_has_no_prediction_has_a_reason():
    found = {one.subject: one.reason for one in unpredicted()}
    assert len(found) == sum(not one.targets for one in records())
    assert "sum" in found["swp_2017_18_total"]
    assert all(found.values())


@pytest.mark.slow
def test_tables_hold_every_row_once_and_judge_nothing():
    said = []
    tables = {table.code: table for table in deployment_tables(said.append)}
    assert list(tables) == ["deployment_share", "deployment_rate", "deployment_alerts", "deployment_events"]
    assert said
    for target, table in zip(Target, tables.values(), strict=True):
        assert [one.subject for one in table.predictions] == [one.id for one in rows_for(target)]
        assert not table.judged
        assert not table.goals
        assert set(table.caveats) <= codes("caveat")
        for one in table.predictions:
            count, total = row(one.subject).seen(target)
            assert one.observed == count / total
            assert 0.0 < one.pit < 1.0
            assert one.log_score < 0.0
            # An observed count far outside would have next to no probability, and the other way round.
            assert one.inside or not 0.06 < one.pit < 0.94
            used = bool(row(one.subject).used_for) and target is not Target.EVENTS
            assert (one.standing is Standing.IN_SAMPLE) == used
    by_others = {one.subject: one for one in tables["deployment_events"].predictions}
    # One share for all others is refuted by the event that differs most; a spread is not.
    worst = by_others["swp_ucl"]
    assert worst.log_score - worst.detail["log score, mean of events and no spread"] > 100.0
    year = next(one for one in tables["deployment_rate"].predictions if one.subject == "met_2024_25")
    assert year.baselines["laboratory"] == pytest.approx(1 / 6000)


@pytest.mark.verify
def test_what_is_open_is_shown_by_a_figure():
    found = deployments_unsettled()
    assert len(found) == 7
    assert all(any(c.isdigit() for c in one.evidence) for one in found)
