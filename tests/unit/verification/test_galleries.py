"""Tables of small galleries: what is predicted is not read, both FPIRs stand, failures are named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from misid.algorithm import FAILED
from misid.validation import Standing
from verification import small_galleries as galleries

KNOWN = galleries.tested()
NEC = next(one for one in KNOWN if one.name == "nec_3")


def test_both_galleries_are_printed_for_55_algorithms_and_one_failed():
    assert len(KNOWN) == 55
    assert [one.name for one in KNOWN if one.larger >= FAILED] == ["nec_0"]
    assert (NEC.small, NEC.larger) == (0.0129, 0.0178)


@pytest.mark.parametrize("how", galleries.GIVEN)
@pytest.mark.parametrize("fpir", galleries.CANDIDATES)
def test_the_larger_gallery_is_not_given(how, fpir):
    given = NEC.given(how, fpir)
    mine = [row for row in given if row["image_kind"] == galleries.TRAVELLER[0]]
    assert [(row["n"], row["value"], row["fpir"]) for row in mine] == [(galleries.SMALL, 0.0129, fpir)]
    assert (len(given) > 1) == (how == "other")


def test_a_prediction_has_seen_neither_the_row_nor_the_developer():
    row = galleries._predict(NEC, "", 0.0003, KNOWN)
    assert row.standing is Standing.GROUP_LEFT_OUT
    assert row.observed == 0.0178
    moved = replace(NEC, larger=0.5)
    assert galleries._predict(moved, "", 0.0003, KNOWN).value == row.value
    theirs = [replace(one, larger=min(one.larger * 2, 0.69)) if one.developer == "nec" else one for one in KNOWN]
    assert galleries._predict(NEC, "", 0.0003, theirs).baselines == row.baselines


def test_own_mugshots_change_the_prediction():
    alone, more = (galleries._predict(NEC, how, 0.0003, KNOWN) for how in galleries.GIVEN)
    assert alone.value != more.value
    assert alone.high / alone.low > more.high / more.low


def test_tables_have_all_rows_that_did_not_fail_and_name_the_one_that_did():
    few = [one for one in KNOWN if one.developer in ("nec", "canon")]
    table = galleries._table("other", 0.003, few)
    assert table.code == "small_003_other"
    assert table.again_of == "small_0003"
    assert {row.subject for row in table.predictions} == {one.name for one in few} - {"nec_0"}
    assert "nec_0" in table.how


@pytest.mark.slow
def test_what_is_unsettled_has_figures():
    fpir, growth = galleries.galleries_unsettled()
    assert "differ by 0." in fpir.evidence
    assert "54 algorithms" in growth.evidence
