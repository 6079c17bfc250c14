from __future__ import annotations

import math

import pytest

from misid.algorithm import CELLS, FORMS, UNTESTED, catalog, exceedances
from misid.errors import IncompleteRate, InvalidInput, OutOfRange, UnknownName
from misid.quantities import Doubt
from misid.vocabulary import ImageKind, Lapse, Origin, Sex

MUGSHOT = (ImageKind.MUGSHOT, Lapse.AS_TESTED)
LONG_BORDER = (ImageKind.BORDER, Lapse.LONG)
HALF_UNIT = 0.00005


def cards(step: int = 1):
    return [catalog.load_card(name) for name in catalog.card_names()[::step]]


@pytest.mark.slow
def test_every_card_loads_and_meets_every_row_that_it_was_fitted_on():
    """FNIR rows within the rounding interval; rank-1 rows at 12 million also within the model's error."""
    worst_rank = []
    for card in cards():
        for curves in card.curves.values():
            for form in FORMS:
                curve, prior = curves[form], card.priors[form]
                assert curve.weight.sum() == pytest.approx(1.0)
                for row in curve.anchors:
                    if row.fpir > 0:
                        value, _ = curve.fnir(row.n, row.fpir, prior.delta * row.n, prior)
                        assert abs(value - row.value) <= HALF_UNIT * 1.01, (card.name, form, row)
                    else:
                        value, _ = curve.rank1(row.n, prior)
                        scale = prior.sigma_r * (row.value / 0.0015) ** prior.r_power
                        beyond = abs(value - row.value) - HALF_UNIT
                        worst_rank.append(max(beyond, 0.0) / row.value / scale)
    assert sum(not card.curves for card in cards()) == 29  # failed under every condition of the test
    # A duplicate that outranks the mate is shared by all, so a few rows lie outside: at most 5 scales.
    assert max(worst_rank) < 6.0
    assert sum(x > 1.0 for x in worst_rank) < 0.05 * len(worst_rank)


@pytest.mark.parametrize("name", ["nec_011", "nec_3", "20face_000", "roc_012", "aware_4"])
@pytest.mark.parametrize("kind", ["mugshot", "webcam", "border", "kiosk", "airport traveller"])
def test_misses_grow_with_the_gallery_and_fall_with_fpir(name, kind):
    card = catalog.load_card(name)
    sizes = (1e4, 1e5, 1.6e6, 5e6, 1.2e7, 1.3e7, 3e7, 2e8, 3e9)
    values = [card.fnir(n, 0.003, kind) for n in sizes]
    assert [e.value for e in values] == sorted(e.value for e in values)
    rates = [card.fnir(1.6e6, p, kind).value for p in (0.0005, 0.003, 0.01, 0.1, 0.5)]
    assert rates == sorted(rates, reverse=True)
    for estimate in values:
        assert 0.0 <= estimate.low <= estimate.value <= estimate.high <= 1.0


def test_rank1_grows_with_the_gallery():
    card = catalog.load_card("nec_011")
    found = [card.rank1_miss(n) for n in (1e4, 1.6e6, 1.2e7, 1.3e7, 2e8, 3e9)]
    assert [e.value for e in found] == sorted(e.value for e in found)
    assert found[0].conditions.threshold == 0.0


def test_beyond_the_tests_the_interval_holds_both_forms():
    for card in cards(step=37):
        if not card.curves:
            continue
        for n in (2e7, 2e8, 1.2e9):
            found = card.fnir(n, 0.003, "mugshot", level=0.90)
            for form in FORMS:
                point, _ = card.curves[MUGSHOT][form].fnir(n, 0.003, 0.0, card.priors[form])
                assert found.low <= point <= found.high
            assert {"beyond_tested_n", "one_growth_step"} <= set(found.caveats)
            assert found.distance.decades_of_n == pytest.approx(
                math.log10(n / card.curves[MUGSHOT]["duplicates"].largest_n)
            )


def test_at_the_rows_the_estimate_is_the_row_and_says_what_it_stands_on():
    card = catalog.load_card("nec_011")
    found = card.fnir(12_000_000, 0.003, "mugshot", level=0.90)
    assert found.value == pytest.approx(0.0006, abs=HALF_UNIT)
    assert found.high - found.low < 0.0003
    assert found.kind is Doubt.MODEL
    assert found.distance.decades_of_n == 0.0
    assert "beyond_tested_n" not in found.caveats
    assert found.conditions.n_enrolled == 12_000_000
    assert found.conditions.image_kind == "mugshot"


def test_other_duplicates_than_tested_move_the_misses():
    card = catalog.load_card("nec_3")
    clean, dirty = (card.fnir(12e6, 0.003, "mugshot", duplicates=d).value for d in (0.0, 0.0025))
    assert clean < dirty


def test_a_threshold_of_a_gallery_gives_that_gallerys_misses():
    card = catalog.load_card("nec_3")
    n, p = 50_000_000, 0.003
    s = math.log10(n / exceedances(p))
    assert card.fpir(n, s).value == pytest.approx(p, rel=1e-9)
    by_threshold = card.fnir_at(s, "mugshot", n_enrolled=n).value
    assert by_threshold == pytest.approx(card.fnir(n, p, "mugshot", duplicates=0.0).value, rel=1e-9)


def test_the_curve_is_the_formula():
    curve = catalog.load_card("nec_3").mated_curve("mugshot")
    s = curve.location
    assert float(curve.fnmr(s)) == pytest.approx(curve.floor + (1 - curve.floor) / 2)
    assert curve.slope > 0
    assert curve.fnmr([5.0, 9.0, 12.0]).shape == (3,)


def test_rates_without_their_conditions_are_refused():
    card = catalog.load_card("nec_011")
    with pytest.raises(IncompleteRate, match=r"gallery size.*threshold.*image kind"):
        card.fnir()
    with pytest.raises(IncompleteRate, match="image kind"):
        card.fnir(1e6, 0.003)
    with pytest.raises(IncompleteRate, match="gallery size"):
        card.fnir_at(9.0, "mugshot")
    with pytest.raises(IncompleteRate, match="gallery size"):
        card.rank1_miss()
    with pytest.raises(IncompleteRate, match="threshold"):
        card.fpir(1e6)
    with pytest.raises(IncompleteRate, match="image kind"):
        card.fpir(1e6, 9.0, image_kind=None)


@pytest.mark.parametrize(
    "ask",
    [
        lambda c: c.fnir(0, 0.003, "mugshot"),
        lambda c: c.fnir(math.inf, 0.003, "mugshot"),
        lambda c: c.fnir(1e6, 0.0, "mugshot"),
        lambda c: c.fnir(1e6, 1.0, "mugshot"),
        lambda c: c.fnir(1e6, 0.003, "mugshot", level=1.0),
        lambda c: c.fnir(1e6, 0.003, "mugshot", duplicates=1.5),
        lambda c: c.fnir(1e6, 0.003, "mugshot", duplicates="some"),
        lambda c: c.fnir_at(math.nan, "mugshot", n_enrolled=1e6),
        lambda c: c.fpir(1e6, 9.0, k=0.0),
        lambda c: c.fpir(1e6, 9.0, tail_shift=math.inf),
        lambda c: c.mated_curve("mugshot", form="other"),
    ],
)
def test_values_out_of_range_are_refused(ask):
    with pytest.raises(OutOfRange):
        ask(catalog.load_card("nec_011"))


def test_unknown_names_are_refused():
    card = catalog.load_card("nec_011")
    with pytest.raises(UnknownName, match="webcam"):
        card.fnir(1e6, 0.003, "webcan")
    with pytest.raises(UnknownName):
        card.fnir(1e6, 0.003, "webcam", lapse="a while")
    with pytest.raises(UnknownName):
        card.fpir(1e6, 9.0, group=("atlantis", "male"))


def test_a_failed_row_is_remembered_and_not_used():
    card = catalog.load_card("nec_011")
    assert card.failed == (LONG_BORDER,)
    assert "failed_condition" in card.caveats
    found = card.fnir(1.6e6, 0.003, "border", lapse=Lapse.LONG)
    assert "failed_condition" in found.caveats
    assert found.value < 0.1
    assert LONG_BORDER not in card.tested()
    assert "failed_condition" not in card.fnir(1.6e6, 0.003, "border").caveats


def test_kinds_without_a_row_stand_on_the_other_algorithms():
    card = catalog.load_card("nec_011")
    found = card.fnir(42_000, 0.0003, "airport traveller")
    assert {"no_row", "source_conflict"} <= set(found.caveats)
    tested = catalog.load_card("nec_3").fnir(42_000, 0.0003, "airport traveller")
    assert "no_row" not in tested.caveats
    assert tested.high / tested.low < found.high / found.low


def test_a_street_photo_has_bounds_and_no_value():
    card = catalog.load_card("nec_011")
    for found in (card.fnir(2e8, 0.003, "street"), card.fnir_at(10.0, "street", n_enrolled=2e8)):
        assert found.value is None
        assert found.low < found.high
        assert "image_kind_untested" in found.caveats
    with pytest.raises(InvalidInput, match="stand-in"):
        card.mated_curve("street")
    assert "image_kind_untested" in card.fpir(2e8, 10.0, image_kind="street").caveats


def test_an_algorithm_that_failed_everywhere_has_no_number():
    failed = catalog.load_card("aadi_000")
    assert not failed.curves
    found = failed.fnir(1e6, 0.003, "mugshot")
    assert found.value is None
    assert "failed in every" in found.reason
    assert failed.rank1_miss(1e6).value is None
    with pytest.raises(InvalidInput):
        failed.mated_curve("mugshot")


def test_group_factors_of_a_tested_card():
    found = catalog.load_card("nec_011").group_factors()
    assert set(found) == {(origin, sex) for origin in Origin for sex in Sex}
    assert sum(found[cell].ratio.value for cell in CELLS) / 8 == pytest.approx(1.0)
    assert all(found[cell].tested and not found[cell].caveats for cell in CELLS)
    ratio = found[(Origin.EAST_ASIA, Sex.FEMALE)].ratio.value / found[(Origin.EAST_EUROPE, Sex.MALE)].ratio.value
    assert ratio == pytest.approx(math.log1p(-0.0130) / math.log1p(-0.0007))
    values = [found[cell] for cell in CELLS]
    for cell in UNTESTED:
        assert found[cell].ratio.low == min(x.ratio.low for x in values)
        assert found[cell].ratio.high == max(x.ratio.high for x in values)
        assert found[cell].caveats == ("group_no_test_data",)
        assert not found[cell].tested


def test_group_factors_of_a_card_without_group_rows():
    card = catalog.load_card("nec_004")
    assert "group_other_algorithms" in card.caveats
    found = card.group_factors()
    assert sum(found[cell].ratio.value for cell in CELLS) / 8 == pytest.approx(1.0)
    for factor in found.values():
        assert 0 < factor.ratio.low < factor.ratio.value < factor.ratio.high
        assert not factor.tested
        assert "group_other_algorithms" in factor.caveats
    assert "group_no_test_data" in found[(Origin.LATIN_AMERICA, Sex.MALE)].caveats


def test_fpir_with_group_shift_and_heterogeneity():
    card = catalog.load_card("nec_011")
    base = card.fpir(2e8, 11.0)
    assert base.value == pytest.approx(-math.expm1(-2e-3))
    assert base.low == base.value == base.high
    women = card.fpir(2e8, 11.0, group=(Origin.EAST_ASIA, Sex.FEMALE))
    assert women.value > base.value
    assert women.low < women.value < women.high
    assert women.conditions.probe_group == "east_asia female"
    assert card.fpir(2e8, 11.0, tail_shift=1.0).value == pytest.approx(-math.expm1(-2e-2))
    assert card.fpir(2e8, 9.0, k=0.05).value < card.fpir(2e8, 9.0).value
    unknown = card.fpir(2e8, 11.0, group=(Origin.OTHER, Sex.MALE))
    assert unknown.distance.untested == ("probe group",)
    # FORMULAS 4.a: lambda 0.2, k 0.5.
    assert card.fpir(1000, 3 - math.log10(0.2), k=0.5).value == pytest.approx(0.15484575)


def test_twins():
    found = catalog.load_card("nec_011").kin()
    assert set(found) == {"identical_twin", "same_sex_fraternal", "different_sex_fraternal"}
    assert (found["identical_twin"].low, found["identical_twin"].value) == (0.911, 0.992)
    assert all("kin_at_other_threshold" in rate.caveats for rate in found.values())
