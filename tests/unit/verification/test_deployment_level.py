"""The level of false hits: each deployment from the others, beside the laboratory's rate and NIST's; the sentence."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from misid.algorithm import all_field_counts
from misid.findings import validation_page
from misid.findings.validation.page import known
from misid.validation import shipped
from misid.validation import tested_sentence as said_on_every_page
from verification.deployment_level import (
    deployments,
    fit_without,
    from_other_deployments,
    laboratory_rate,
    level_unsettled,
)

ROWS = {row.subject: row for row in from_other_deployments()}


def test_rows_of_one_operation_stand_together_and_tests_and_other_systems_apart():
    found = {one.key: one for one in deployments()}
    assert set(found) == {"met_2024_25", "met_croydon_2025_26", "ho_holyhead_2025_1", "swp_2023_24"} == set(ROWS)
    assert [len(one.rows) for one in deployments()] == [1, 1, 8, 1]
    assert found["ho_holyhead_2025_1"].faces == 7512


def test_simple_rates_by_hand():
    year = next(one for one in deployments() if one.key == "met_2024_25")
    assert laboratory_rate() == pytest.approx(7 / (42_000 * 10_000))
    assert year.laboratory() == pytest.approx(3_147_436 * 9000 * 7 / 4.2e8)
    assert year.nist_kept() == pytest.approx(3_147_436 * 9000 * -math.log(0.997) / 12e6)
    assert year.nist_set_anew() == pytest.approx(3_147_436 * 0.003)


def test_the_sentence_is_computed_from_the_rows():
    said = said_on_every_page()
    by_key = {row.key: row for row in all_field_counts()}
    low = 7 / 4.2e8 * 5000
    london = low * by_key["met_2024_25"].faces / 10
    croydon = low * by_key["met_croydon_2025_26"].faces / 1
    assert min(london, croydon) == pytest.approx(26.2, abs=0.1)
    assert "at the vendor's score 0.60 over-predicts false alerts in 3 police camera deployments" in said
    assert (
        "at least 26-fold. London, list taken as 9,000: NIST's rate predicts 7 false alerts with the threshold " in said
    )
    assert "kept, 9,400 false alerts with it set anew; 10 were counted." in said
    assert len(said.split()) <= 60
    assert said.endswith("No phone search at this gallery size has been tested.")


def test_no_deployment_is_in_its_own_prediction():
    for one in deployments():
        others = {row.title for row in fit_without(one).counts}
        assert not others & {row.title for row in one.rows}
        assert len(others) == sum(len(other.rows) for other in deployments()) - len(one.rows)


def test_nine_in_ten_intervals_hold_four_rows_in_five_and_say_how_wide_they_are():
    held = sum(row.inside for row in ROWS.values())
    assert held >= 0.8 * len(ROWS)
    for row in ROWS.values():
        low, high = (end * row.detail["out of"] for end in (row.low, row.high))
        assert row.detail["width"] == pytest.approx(high - low)
        assert row.detail["their 90% interval"] == f"{low:.0f} to {high:.0f}"
        assert set(row.baselines) == {"NPL at 0.60", "NIST kept", "NIST set anew"}
    assert "tells nothing" in ROWS["ho_holyhead_2025_1"].note


def test_one_rate_for_all_places_would_miss_two_of_them():
    """By hand for London: 1 false alert in Croydon, Holyhead and South Wales."""
    exposure = 470_000 * 9000 + 2_500_000 * 9000 + 4073.7444089456867 * 7512
    law = stats.nbinom(1.5, exposure / (exposure + 3_147_436 * 9000))
    assert law.ppf(0.95) < 10
    alike, tight = (one.evidence for one in level_unsettled())
    assert f"London, a year of live cameras, 2024-25 (0 to {law.ppf(0.95):.0f} predicted, 10 counted)" in alike
    assert "South Wales" in alike
    assert "South Wales" in tight


def test_what_ships_is_this_table_and_misses_stand_first():
    table = next(table for table in shipped().tables if table.code == "deployment_level")
    assert {row.subject: row.detail for row in table.shown}.keys() == ROWS.keys()
    for row in table.shown:
        assert row.value == pytest.approx(ROWS[row.subject].value, rel=1e-5)
        assert row.high == pytest.approx(ROWS[row.subject].high, rel=1e-5)
    rates = next(table for table in shipped().tables if table.code == "deployment_rate")
    assert known(shipped()).startswith(
        f"In the street misid fails: in {rates.outside} of {rates.rows} places fewer false alerts"
    )
    assert validation_page(shipped()).tested == said_on_every_page()
