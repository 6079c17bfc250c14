"""Predictions beside observations: distances, order, summaries."""

import math

import numpy as np
import pytest

from misid.quantities import Conditions
from misid.randomness import Purpose, uniforms
from misid.validation import Goal, Prediction, Standing, goals_reached
from verification.summaries import _resampled, summaries
from verification.tables import PredictionTable


def row(subject, value, observed, group="a", band="", width=0.1, **rest):
    return Prediction(
        subject, group, value, value * (1 - width), value * (1 + width), observed, observed, observed,
        Standing.GROUP_LEFT_OUT, band, **rest,
    )  # fmt: skip


def table(rows, **rest):
    given = {"scale": "ratio", "baselines": {}} | rest
    return PredictionTable(
        "made_up", "Made up", "Is it?", "FNIR", "made up", Conditions(n_enrolled=10, image_kind="mugshot"), 0.9,
        given.pop("scale"), tuple(rows), **given,
    )  # fmt: skip


def test_a_ratio_has_its_sign_and_zero_is_infinitely_far():
    assert row("x", 0.02, 0.01).away("ratio") == pytest.approx(math.log(2))
    assert row("x", 0.01, 0.0).away("ratio") == math.inf
    assert row("x", 0.0, 0.0).away("ratio") == 0.0


def test_a_difference_is_measured_from_the_edge_of_the_rounding():
    one = Prediction("x", "a", 0.0005, 0.0004, 0.0006, 0.0003, 0.00025, 0.00035, Standing.GROUP_LEFT_OUT)
    assert one.away("difference") == pytest.approx(0.00015)
    assert one.away("difference", 0.00031) == 0.0


def test_inside_is_about_the_printed_value_itself():
    one = Prediction("x", "a", 0.0005, 0.0004, 0.0006, 0.00035, 0.0003, 0.00045, Standing.GROUP_LEFT_OUT)
    assert not one.inside


def test_misses_come_first_the_worst_on_top():
    rows = [row("near", 1.0, 1.05), row("far", 1.0, 2.0), row("wide", 1.0, 3.0, width=0.9), row("worst", 1.0, 0.1)]
    rows[2] = Prediction("wide", "a", 1.0, 0.1, 5.0, 3.0, 3.0, 3.0, Standing.GROUP_LEFT_OUT)
    assert [one.subject for one in table(rows).misses()] == ["worst", "far", "wide", "near"]


def test_a_prediction_outside_its_own_interval_is_refused():
    with pytest.raises(ValueError, match="outside its own interval"):
        Prediction("x", "a", 1.0, 2.0, 3.0, 1.0, 1.0, 1.0, Standing.IN_SAMPLE)


def test_the_summary_is_the_plain_quantiles_and_its_interval_is_over_whole_groups():
    rng = np.random.default_rng(1)
    shared = np.repeat(rng.normal(0, 0.5, 20), 10)
    rows = [row(str(i), 1.0, float(np.exp(-x)), f"g{i // 10}") for i, x in enumerate(shared)]
    whole = summaries(table(rows))[0].figures
    assert whole["median"].value == pytest.approx(np.median(np.abs(shared)))
    assert whole["p90"].value == pytest.approx(np.quantile(np.abs(shared), 0.9))
    assert whole["coverage"].count == sum(one.inside for one in rows)


def test_the_interval_of_coverage_is_that_of_as_many_groups_as_there_are():
    # Rows of one group repeat each other: 40 groups of 10 carry what 40 rows would.
    rows = [row(str(i), 1.0, 1.0 if (i // 10) % 2 else 2.0, f"g{i // 10}") for i in range(400)]
    found = summaries(table(rows))[0].figures["coverage"]
    assert found.value == 0.5
    # A percentile interval of a mean of 40 coins: 2 x 1.96 x sqrt(1/160), to within the lattice of 1/40.
    assert found.high - found.low == pytest.approx(2 * 1.96 * math.sqrt(1 / 160), abs=1 / 40)


@pytest.mark.parametrize("at", [None, 0.5, 0.9])
def test_counting_rows_gives_what_laying_drawn_groups_together_gives(at):
    rng = np.random.default_rng(2)
    values, groups = rng.normal(size=40), rng.integers(0, 9, 40)
    if at is not None:
        values[:2] = np.inf  # an observed 0 on the scale of ratios
    found = _resampled(values, groups, 9, at)
    for replicate in (0, 1, 999):
        u = uniforms(0, Purpose.WHOLE_GROUPS, np.arange(3, dtype=np.uint64), second=replicate).ravel()[:9]
        together = np.concatenate([values[groups == g] for g in (u * 9).astype(int)])
        with np.errstate(invalid="ignore"):
            plain = together.mean() if at is None else np.quantile(together, at)
        assert found[replicate] == pytest.approx(plain, nan_ok=True) or np.isnan(plain)


def test_baselines_and_goals_stand_beside_the_figures():
    rows = [row(str(i), 1.0, 1.1, f"g{i}", baselines={"same": 2.2}, band="b" if i < 5 else "c") for i in range(10)]
    made = table(
        rows, baselines={"same": "no change"}, goals=(Goal("median", 0, 0.2, "x"), Goal("b|p90", 0, 0.01, "x"))
    )
    found = summaries(made)
    assert [one.band for one in found] == ["", "b", "c"]
    assert found[0].figures["median same"].value == pytest.approx(math.log(2))
    assert [met for _, _, met in goals_reached(made.goals, found)] == [True, False]


def test_a_table_that_is_not_judged_has_no_summary():
    assert summaries(table([row("x", 1.0, 1.0)], judged=False)) == ()
