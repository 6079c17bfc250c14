"""From some of the eight group cells the rest: what is given stays, what is not is never read, ranges behave."""

from __future__ import annotations

import pytest

import misid
from misid.algorithm import (
    CELL_NAMES,
    CELLS,
    FIXED_CELL,
    GroupPrior,
    catalog,
    cell_name,
    developers,
    factor_ranges,
    group_cells,
    row_factors,
)
from misid.errors import InvalidInput
from misid.validation import Standing
from verification import group_cells as tables
from verification.fit_groups import fit_group_prior

WHOLE = group_cells()
NAME = sorted(WHOLE)[0]
WOMEN = {name: WHOLE[NAME][name] for name in CELL_NAMES if name.endswith("_female")}


def test_priors_survive_json_and_leave_out_whom_they_say():
    for developer in {developers()[name] for name in WHOLE}:
        prior = GroupPrior.shipped(developer)
        assert prior.left_out == (developer,)
        assert prior.n_developers == GroupPrior.shipped().n_developers - 1
        assert GroupPrior.from_json(prior.to_json()) == prior
    assert GroupPrior.shipped("a developer that nobody knows") == GroupPrior.shipped()


@pytest.mark.slow
def test_the_shipped_prior_is_what_the_rows_give():
    again, shipped = fit_group_prior(WHOLE, developers()), GroupPrior.shipped()
    assert again.mean == pytest.approx(shipped.mean, abs=1e-4)
    assert again.nu == pytest.approx(shipped.nu, rel=1e-6)


def test_factors_of_some_cells_average_one_and_are_wider_than_those_of_all():
    some, every = row_factors(WOMEN, developers()[NAME]), row_factors(WHOLE[NAME])
    assert sum(some[cell].ratio.value for cell in CELLS) == pytest.approx(8.0)
    for cell in CELLS:
        assert some[cell].ratio.low <= some[cell].ratio.value <= some[cell].ratio.high
        assert some[cell].tested == cell_name(cell).endswith("_female")
        assert some[cell].ratio.high / some[cell].ratio.low > every[cell].ratio.high / every[cell].ratio.low
        assert some[cell].caveats == ("group_cells_predicted",)


def test_ranges_are_the_same_at_every_call_and_grow_with_the_level():
    found = GroupPrior.shipped().given(WOMEN)
    assert factor_ranges(found, 0.9) == factor_ranges(found, 0.9)
    for name, narrow in factor_ranges(found, 0.5).items():
        wide = factor_ranges(found, 0.9)[name]
        assert wide.low <= narrow.low <= narrow.value <= narrow.high <= wide.high


def test_a_card_takes_some_of_the_cells():
    rows = [row for row in catalog.rows(NAME) if row["metric"] != "FPIR" or row["group"].endswith("_female")]
    card = misid.fit_published(rows)
    assert set(card.cells) == set(WOMEN)
    factor = card.group_factors()[CELLS[0]]
    assert factor.caveats == ("group_cells_predicted",)
    assert misid.Card.from_json(card.to_json()).group_factors() == card.group_factors()


def test_what_is_no_cell_or_no_share_is_refused_all_at_once():
    with pytest.raises(InvalidInput) as refused:
        GroupPrior.shipped().given({"atlantis_female": 0.1, CELL_NAMES[0]: 1.5})
    assert len(refused.value.faults) == 2


def test_tables_predict_no_cell_that_is_given_or_set_by_the_test():
    prior, profile = tables._without((developers()[NAME],))
    other = {name: 0.5 if name not in WOMEN else value for name, value in WHOLE[NAME].items()}
    given = tuple(WOMEN)
    one = tables.predict(NAME, "a", WHOLE[NAME], given, "", prior, profile)
    two = tables.predict(NAME, "a", other, given, "", prior, profile)
    assert {row.detail["cell"] for row in one} == set(CELL_NAMES) - set(WOMEN) - {FIXED_CELL}
    assert {row.standing for row in one} == {Standing.GROUP_LEFT_OUT}
    # What is predicted is read nowhere: only what stands beside it changes.
    assert [(row.value, row.low, row.high, row.baselines) for row in one] == [
        (row.value, row.low, row.high, row.baselines) for row in two
    ]


def test_developers_that_print_the_same_cells_are_left_out_together():
    cells = {"a_1": WHOLE[NAME], "b_1": {k: v * 1.01 for k, v in WHOLE[NAME].items()}, "c_1": dict.fromkeys(WOMEN, 0.3)}
    cells["c_1"] |= {name: 0.4 for name in CELL_NAMES if name not in WOMEN}
    found = tables.families(cells, {"a_1": "a", "b_1": "b", "c_1": "c"})
    assert found["a"] == found["b"] == ("a", "b")
    assert found["c"] == ("c",)
