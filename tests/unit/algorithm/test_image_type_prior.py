"""What an algorithm's rows say of kinds of photo and years between photos that it has no row for."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from misid.algorithm import (
    AGED,
    BASE,
    BORDER,
    CONDITION_NAMES,
    LIKELY,
    RANK,
    ImageTypePrior,
    developers,
    likely_probits,
    parse_rows,
    probit_spread,
    published_rows,
)
from misid.errors import InvalidInput
from misid.randomness import Purpose, uniforms
from misid.statistics import Student
from verification.fit_conditions import condition_rows, fit_conditions, fit_image_type_prior

ROWS = [row for row in published_rows() if row["table"] in ("accuracy", "ageing")]
CELLS = condition_rows(parse_rows(ROWS))
KIOSK = "kiosk|as tested"


@pytest.mark.slow
def test_the_shipped_prior_is_what_the_rows_give():
    again, shipped = fit_image_type_prior(ROWS), ImageTypePrior.shipped()
    assert again.mean == pytest.approx(shipped.mean, abs=1e-6)
    assert again.nu == pytest.approx(shipped.nu)
    assert np.array(again.scale) == pytest.approx(np.array(shipped.scale), abs=1e-6)
    assert (again.n_algorithms, again.n_developers) == (shipped.n_algorithms, shipped.n_developers)


def test_priors_survive_json_and_leave_out_whom_they_say():
    for developer in {developers()[name] for name in CELLS}:
        prior = ImageTypePrior.shipped(developer)
        assert prior.left_out == (developer,)
        own = [cells for name, cells in CELLS.items() if developers()[name] == developer]
        for i, name in enumerate(CONDITION_NAMES):
            assert prior.n_algorithms[i] == ImageTypePrior.shipped().n_algorithms[i] - sum(
                name in cells for cells in own
            )
        assert ImageTypePrior.from_json(prior.to_json()) == prior
    assert ImageTypePrior.shipped("a developer that nobody knows") == ImageTypePrior.shipped()


@pytest.mark.slow
def test_a_developer_left_out_is_not_read():
    other = {name: dict.fromkeys(cells, 0.5) if developers()[name] == "nec" else cells for name, cells in CELLS.items()}
    assert fit_conditions(other, developers(), ("nec",)) == fit_conditions(CELLS, developers(), ("nec",))
    assert fit_conditions(other, developers()) != fit_conditions(CELLS, developers())


def test_few_rows_are_refused_for_every_condition_at_once():
    few = {name: {BASE: cells[BASE]} for name, cells in CELLS.items() if BASE in cells}
    with pytest.raises(InvalidInput) as raised:
        fit_conditions(few, developers())
    assert len(raised.value.faults) == len(CONDITION_NAMES) - 1


def test_failures_and_other_galleries_are_no_conditions():
    rows = [
        {"algorithm": "a_1", "developer": "a", "image_kind": "mugshot", "n": n, "metric": "FNIR", **at, "value": value}
        for n, at, value in (
            (1_600_000, {"fpir": 0.003}, 0.01),
            (12_000_000, {"fpir": 0.003}, 0.02),
            (1_600_000, {"rank": 1}, 0.005),
            (12_000_000, {"rank": 1}, 0.006),
        )
    ]
    rows.append({**rows[0], "image_kind": "kiosk", "value": 0.7})
    assert condition_rows(parse_rows(rows)) == {"a_1": {BASE: 0.01, RANK: 0.005}}


def test_a_printed_value_stays_and_the_others_follow_it():
    prior = ImageTypePrior.shipped()
    good, bad = (prior.given({BASE: value}) for value in (0.002, 0.02))
    for found, value in ((good, 0.002), (bad, 0.02)):
        low, high = found.interval(0.9)
        assert special.ndtr(low[0]) == pytest.approx(value, abs=1e-4)
        assert special.ndtr(high[0]) == pytest.approx(value, abs=1e-4)
    assert np.all(bad.mean > good.mean)


def test_a_second_row_narrows_the_rest_where_it_agrees():
    prior = ImageTypePrior.shipped()
    one = prior.given({BASE: 0.01})
    expected = float(special.ndtr(one.mean[CONDITION_NAMES.index(BORDER)]))
    two = prior.given({BASE: 0.01, BORDER: round(expected, 4)})
    at = CONDITION_NAMES.index(KIOSK)
    assert np.diff(np.ravel(two.interval(0.9))[at :: len(CONDITION_NAMES)]) < np.diff(
        np.ravel(one.interval(0.9))[at :: len(CONDITION_NAMES)]
    )


def test_doubt_about_a_measured_value_passes_to_the_others():
    prior = ImageTypePrior.shipped()
    spreads = [
        probit_spread(likely_probits(prior.given({BASE: 0.01}, {BASE: sd}), prior)[KIOSK]) for sd in (0.01, 0.2, 0.5)
    ]
    assert spreads == sorted(spreads)
    assert spreads[2] > 1.2 * spreads[0]


@pytest.mark.parametrize("printed", [{"face|as tested": 0.1}, {BASE: 1.0}, {BASE: -0.1}, {BASE: math.nan}])
def test_wrong_rows_are_refused(printed):
    with pytest.raises(InvalidInput):
        ImageTypePrior.shipped().given(printed)


def test_intervals_cover_algorithms_drawn_from_the_prior():
    """Of 600 drawn and rounded algorithms, mugshots given: 90% of kiosk figures within 4 standard errors."""
    prior = replace(ImageTypePrior.shipped(), n_developers=(10**9,) * len(CONDITION_NAMES))
    whole, size = prior.student(), 600
    drawn = uniforms(5, Purpose.FOLD, np.arange(size * 9), second=1)[0].reshape(9, size)
    miss = special.ndtr(Student(whole.mean, whole.scale, whole.nu).draws(special.ndtri(drawn[:8]), drawn[8])).T
    at, inside, used = CONDITION_NAMES.index(KIOSK), 0, 0
    for one in np.round(miss, 4):
        if 0.001 <= one[0] < 0.7:
            low, high = prior.given({BASE: float(one[0])}).interval(0.9)
            used += 1
            inside += low[at] <= special.ndtri(one[at]) <= high[at]
    assert used > 300
    assert abs(inside / used - 0.9) < 4.0 * math.sqrt(0.9 * 0.1 / used)


def test_stand_ins_rise_and_have_the_spread_of_the_student():
    prior = ImageTypePrior.shipped()
    found = prior.given({BASE: 0.01})
    made = likely_probits(found, prior)
    low, high = found.interval(1.0 - 2.0 * LIKELY[1])
    for name in (KIOSK, AGED):
        at = CONDITION_NAMES.index(name)
        assert made[name].shape == LIKELY.shape
        assert np.all(np.diff(made[name]) > 0)
        assert made[name][[1, -2]] == pytest.approx([low[at], high[at]])
        assert made[name].mean() == pytest.approx(found.mean[at])


def test_years_that_nobody_tested_cost_as_on_mugshots_and_more():
    prior = ImageTypePrior.shipped()
    made = likely_probits(prior.given({BASE: 0.01}), prior)
    years = made[AGED].mean() - special.ndtri(0.01)
    more = made["kiosk|10 years or more"].mean() - made[KIOSK].mean()
    assert more == pytest.approx(years + prior.ageing[0], abs=0.01)
    assert probit_spread(made["kiosk|10 years or more"]) > probit_spread(made[KIOSK])
