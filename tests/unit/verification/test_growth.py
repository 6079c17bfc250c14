"""Growth beside what was printed: who is left out, what a baseline reads, and what a table says of itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from misid.algorithm import FORMS, parse_rows
from misid.validation import Standing, shipped
from verification import growth_of_misses as growth
from verification.developer_folds import FOLDS, PARTITIONS, fold_priors, folds
from verification.growth_step import Pairs, pairs
from verification.simpler_rules import regression, straight_line
from verification.summaries import summaries

DATA = pairs(parse_rows(growth.mugshot_rows()))


@pytest.mark.parametrize("partition", range(PARTITIONS))
def test_every_developer_is_whole_in_one_fold(partition):
    parts = folds(DATA.developer, partition)
    assert len(parts) == FOLDS
    assert sorted(name for part in parts for name in part) == sorted(set(DATA.developer))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_deals_differ_and_repeat():
    deals = [folds(DATA.developer, partition) for partition in range(PARTITIONS)]
    assert len(set(deals)) == PARTITIONS
    assert deals == [folds(reversed(DATA.developer), partition) for partition in range(PARTITIONS)]


def test_each_fold_has_its_prior_which_has_not_seen_it():
    for partition in range(PARTITIONS):
        for fold, names in enumerate(folds(DATA.developer, partition)):
            for form in FORMS:
                prior = fold_priors()[partition, fold, form]
                assert prior.left_out == ", ".join(names)
                assert prior.n_developers == len(set(DATA.developer)) - len(names)


def test_baselines_do_not_read_what_they_predict():
    other = replace(DATA, f2=np.full_like(DATA.f2, 0.5), r2=np.full_like(DATA.r2, 0.4))
    for rule in (straight_line, lambda data: regression(DATA, data)):
        for one, two in zip(rule(DATA), rule(other), strict=True):
            assert np.array_equal(one, two)


def test_a_straight_line_is_one():
    """Of three points on a line in probit over decades, the third is found."""
    distance, step = 2.5229 - 0.2507, 0.8751
    z1 = np.array([-3.0])
    rows = [special.ndtr(z1 + 0.2 * x) for x in (distance, 0.0, distance + step, step)]
    data = Pairs(("a",), ("b",), *(rows[i] for i in (0, 1, 2, 3)))
    fnir, rank1 = straight_line(data)
    assert fnir == pytest.approx(data.f2, rel=1e-3)
    assert rank1 == pytest.approx(data.r2, rel=1e-3)


def test_a_regression_finds_a_quadratic_in_spite_of_a_broken_search():
    x, y = np.log(DATA.f1 / 0.01), np.log(DATA.r1 / 0.003)
    after = 0.6 + 0.1 * x - 0.05 * y + 0.02 * x * y
    known = replace(DATA, f2=DATA.f1 * np.exp(after), r2=DATA.r1 * np.exp(after))
    broken = np.arange(len(DATA.name)) == 17
    known = replace(known, f2=np.where(broken, 20 * known.f2, known.f2))
    fnir, rank1 = regression(known, DATA)
    assert fnir[~broken] == pytest.approx(known.f2[~broken], rel=0.02)
    assert rank1 == pytest.approx(known.r2, rel=1e-6)


@pytest.mark.verify
def test_tables_of_growth_state_what_was_left_out_and_reach_their_goals(monkeypatch):
    """With one deal of developers; `make verify` makes all four.  What leaves out one at a time is what ships."""
    ships = {table.code: table for table in shipped().tables}
    monkeypatch.setattr(growth, "PARTITIONS", 1)
    tables = {table.code: table for table in growth.growth_tables(lambda words: None)}
    assert set(tables) == {f"growth_{x}" for t in ("fnir", "rank1") for x in (t, f"{t}_fifths", f"{t}_small")}
    for table in tables.values():
        assert {row.standing for row in table.predictions} == {Standing.GROUP_LEFT_OUT}
        assert len(table.goals) == (3 if table.code.endswith("_fifths") else 0)
    clear = int((DATA.f1 >= 0.001).sum())
    for target in ("fnir", "rank1"):
        assert len(tables[f"growth_{target}"].predictions) == clear
        assert len(tables[f"growth_{target}_small"].predictions) == len(DATA.name) - clear
        fifths = tables[f"growth_{target}_fifths"]
        assert len(fifths.predictions) == clear
        assert all(met for _, _, met in ships[fifths.code].reached())
        alone = {name: figure.value for name, figure in summaries(tables[f"growth_{target}"])[0].figures.items()}
        there = {name: figure.value for name, figure in ships[f"growth_{target}"].summaries[0].figures.items()}
        assert alone == pytest.approx(there, rel=1e-5)
    broken = [row.subject for row in tables["growth_fnir"].predictions if row.note]
    assert "visionbox_000" in broken
    assert len(broken) < 15
