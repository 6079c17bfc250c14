"""Tables of kinds of photo: what is predicted is not read, failures stand apart, baselines know no own rows."""

from __future__ import annotations

import pytest

from misid.algorithm import CONDITIONS, FAILED, MUGSHOT, N_ANCHOR, where_tested
from misid.validation import Standing
from misid.vocabulary import ImageKind, Lapse
from verification import image_kinds as tables

KNOWN = tables.printed()
NEC = next(one for one in KNOWN if one.name == "nec_3")
TARGETS = [condition for condition in NEC.cells if condition != MUGSHOT]


@pytest.mark.parametrize("how", tables.GIVEN)
@pytest.mark.parametrize("target", TARGETS, ids=" ".join)
def test_no_row_of_what_is_predicted_is_given(how, target):
    given = NEC.given(how, target)
    assert given
    assert not any((row["image_kind"], row["lapse"]) == target for row in given)
    if how == "mugshot":
        assert {(row["image_kind"], row["n"]) for row in given} == {("mugshot", N_ANCHOR)}


def test_what_is_judged_is_what_the_test_printed():
    for one in KNOWN:
        for condition, value in one.cells.items():
            n, fpir = where_tested(*condition)
            (row,) = [r for r in one.rows if (r.image_kind, r.lapse, r.n, r.fpir) == (*condition, n, fpir)]
            assert row.value == value < FAILED


def test_a_prediction_has_seen_neither_the_row_nor_the_developer():
    target = (ImageKind.WEBCAM, Lapse.AS_TESTED)
    row = tables._predict(NEC, "other", target, 0.65)
    assert row.standing is Standing.GROUP_LEFT_OUT
    assert row.observed == NEC.cells[target]
    assert row.baselines[tables.SAME] == NEC.cells[MUGSHOT]
    assert row.baselines[tables.DISTANCE] > row.baselines[tables.SAME]
    moved = tables._Printed(NEC.name, NEC.developer, NEC.rows, {**NEC.cells, target: 0.6})
    assert tables._predict(moved, "other", target, 0.65).value == row.value


def test_the_distance_of_others_leaves_the_developer_out():
    target = (ImageKind.KIOSK, Lapse.AS_TESTED)
    others = [one for one in KNOWN if one.developer != "nec"]
    assert tables._distance(KNOWN, target, "nec") == tables._distance(others, target, "nec")
    assert tables._distance(KNOWN, target, "nec") != tables._distance(KNOWN, target, "")


@pytest.mark.slow
def test_tables_have_all_rows_that_did_not_fail():
    for how in tables.GIVEN:
        for stem, lapse in (("kinds", Lapse.AS_TESTED), ("ageing", Lapse.LONG)):
            few = KNOWN[:12]
            rows = tuple(tables._predictions(few, how, lapse))
            expected = sum(
                condition in one.cells for one in few for condition in CONDITIONS if condition[1] == lapse
            ) - (len(few) if stem == "kinds" else 0)
            assert len(rows) == expected
            table = tables._table(stem, how, rows, few)
            assert table.code == f"{stem}_{how}"
            assert table.again_of == ("" if how == "mugshot" else f"{stem}_mugshot")


def test_what_is_unsettled_has_figures():
    known = tables.kinds_unsettled()
    assert any("189 algorithms" in one.evidence for one in known)
    assert len(known) == 4
