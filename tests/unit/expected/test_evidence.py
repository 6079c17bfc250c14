"""Ticks on the axis of phi: computed from rows, two ranges kept apart, converted to the mix that a page speaks of."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import median

import pytest
from scipy import stats

from misid.algorithm import all_field_counts, field_counts, street_shift, tail_shift_rows
from misid.expected import Tick, fit_field, model_of, phi_of, ticks
from misid.quantities import Grade
from misid.scenario import Scenario, load_scenario

# Arithmetic of its own: nothing of the engine.
PEOPLE, IMAGES = 200e6 / 4.155, 200e6
COMPARISONS = PEOPLE * (1 + 3.155 * 0.5)
F_NIST = -math.log1p(-0.003) / 12e6


def phi(rate: float, comparisons: float = COMPARISONS) -> float:
    return -math.expm1(-rate * comparisons)


def garwood(events: int) -> tuple[float, float]:
    low = stats.chi2.ppf(0.025, 2 * events) / 2 if events else 0.0
    return low, stats.chi2.ppf(0.975, 2 * events + 2) / 2


@pytest.fixture(scope="module")
def found() -> dict[str, Tick]:
    return {tick.name: tick for tick in ticks(model_of(load_scenario("field-app")))}


def rounded(x: float | None) -> float | None:
    return None if x is None else float(f"{x:.2g}")


# The table as it was worked out by hand: phi of the tick's own mix, and the ends of one range where it has one.
TABLE = {
    "strict": (0.0001, None),
    "nist_set_anew": (0.003, None),
    "nist_set_anew_street": (0.0095, (0.0015, 0.019)),
    "nist_kept": (0.031, (0.012, 0.049)),
    "nist_kept_street": (0.094, None),
    "nec_064": (0.041, (0.021, 0.072)),
    "nec_064_with_more": (0.024, None),
    "nec_062": (0.26, None),
    "nec_060": (0.87, None),
    "one_to_one": (1.0, None),
}


def test_every_row_of_the_table_is_there_in_order(found):
    assert set(found) == set(TABLE)
    own = [tick.own_mix_phi for tick in found.values()]
    assert own == sorted(own)


@pytest.mark.parametrize("name", TABLE)
def test_a_row_of_the_table(found, name):
    tick, (value, ends) = found[name], TABLE[name]
    assert rounded(tick.own_mix_phi) == value
    if ends is not None:
        shown = tick.own_mix_by_counts if name == "nec_064" else tick.own_mix_by_assumptions
        assert tuple(map(rounded, shown)) == ends


def test_counts_alone_and_assumptions_alone(found):
    london, croydon, port = 3_147_436, 470_000, 4073.7444089456867 * 7512
    for name, events, at in (
        ("nec_064", 11, lambda size: (london + croydon) * size + port),
        ("nec_064_with_more", 11, lambda size: (london + croydon + 2_500_000) * size + port),
        ("nec_062", 1, lambda size: 42_000 * 10_000),
        ("nec_060", 7, lambda size: 42_000 * 10_000),
    ):
        tick = found[name]
        assert tick.own_mix_phi == pytest.approx(phi(events / at(9000)))
        assert tick.own_mix_by_counts == pytest.approx(tuple(phi(n / at(9000)) for n in garwood(events)))
        each = {assumed.name: assumed.own_mix_phi for assumed in tick.each}
        assert each["independent comparisons"] == pytest.approx(
            (phi(events / at(9000), PEOPLE), phi(events / at(9000), IMAGES))
        )
        if "nec_064" in name:
            lists = phi(events / at(16000)), phi(events / at(5000))
            assert each["lists not published"] == pytest.approx(lists)
        assert tick.own_mix_by_assumptions == each[tick.widest]
    for name, shift in (("nist_kept", 0.0), ("nist_kept_street", 0.5)):
        assert found[name].own_mix_phi == pytest.approx(phi(F_NIST * 10**shift))
        each = {assumed.name: assumed.own_mix_phi for assumed in found[name].each}
        ends = phi(F_NIST * 10**shift, PEOPLE), phi(F_NIST * 10**shift, IMAGES)
        assert each.pop("independent comparisons") == pytest.approx(ends)
        if shift:
            assert each.pop("photos") == pytest.approx((phi(F_NIST * 10**-0.3), phi(F_NIST * 10**0.8)))
            assert found[name].widest == "photos"
        assert not each
        assert found[name].own_mix_by_counts is None
    anew = found["nist_set_anew_street"]
    ends = tuple(-math.expm1(math.log1p(-0.003) * 10**shift) for shift in (-0.3, 0.8))
    assert anew.own_mix_by_assumptions == pytest.approx(ends)  # however many comparisons


def test_no_range_of_a_tick_is_of_two_doubts_at_once(found):
    """What `misid evidence` says of the same counts: 0.023 to 0.073 by the lists, 0.016 to 0.065 by the comparisons."""
    each = {assumed.name: tuple(map(rounded, assumed.own_mix_phi)) for assumed in found["nec_064"].each}
    assert each == {"lists not published": (0.023, 0.073), "independent comparisons": (0.016, 0.065)}
    fit = fit_field(field_counts("NEC NeoFace", 0.64))
    assert fit.phi(COMPARISONS).by_lists == pytest.approx(found["nec_064"].each[0].own_mix_phi)
    # Stacked, ends reach further out than any assumption alone.
    stacked = phi(F_NIST * 10**-0.3, PEOPLE), phi(F_NIST * 10**0.8, IMAGES)
    assert tuple(map(rounded, stacked)) == (0.006, 0.27)
    kept = found["nist_kept_street"].own_mix_by_assumptions
    assert stacked[0] < kept[0]
    assert kept[1] < stacked[1]


def test_counts_without_a_false_alert_stand_at_the_upper_end(monkeypatch):
    rows = {row.key: replace(row, false_alerts=0) for row in all_field_counts()}
    monkeypatch.setattr("misid.expected.evidence.all_field_counts", lambda: tuple(rows.values()))
    monkeypatch.setattr("misid.expected.evidence.field_counts", lambda *a: tuple(rows[r.key] for r in field_counts(*a)))
    monkeypatch.setattr("misid.expected.evidence._fit_of", lambda keys: fit_field([rows[key] for key in keys]))
    tick = {tick.name: tick for tick in ticks(model_of(load_scenario("field-app")))}["nec_060"]
    assert tick.title.endswith("at most this")
    assert tick.own_mix_phi == pytest.approx(phi(-math.log(0.025) / 4.2e8))
    assert tick.own_mix_by_counts == (pytest.approx(0.0, abs=1e-12), pytest.approx(tick.own_mix_phi))
    assert tick.between_places is None


def test_both_ranges_at_once_were_the_older_table(found):
    """The older table multiplied the ends of counts and comparisons for NPL's test: 0.003 to 0.93 and 0.28 to 1."""
    for events, low, high in ((1, 0.0029, 0.93), (7, 0.28, 1.0)):
        few, many = garwood(events)
        exposure = 42_000 * 10_000
        assert rounded(phi(few / exposure, PEOPLE)) == pytest.approx(low, abs=0.001)
        assert rounded(phi(many / exposure, IMAGES)) == pytest.approx(high, abs=0.001)
    assert found["nec_062"].own_mix_by_counts[0] > 0.0029


def test_phi_of_the_named_mix_is_that_of_its_groups(found):
    """Latino men and women of the shown card against the equal mix of the tested cells."""
    model = model_of(load_scenario("field-app"))
    men, women = (model.all_inputs[f"card.group.latin_america.{sex}"].value for sex in ("male", "female"))
    for name in ("nist_set_anew", "nist_kept", "nec_064"):
        tick = found[name]
        rate = -math.log1p(-tick.own_mix_phi) / COMPARISONS
        assert tick.phi == pytest.approx(0.7 * phi(men * rate) + 0.3 * phi(women * rate), rel=1e-4)
    assert found["nist_set_anew"].phi == pytest.approx(0.0014, abs=0.0001)
    assert found["nist_kept"].phi == pytest.approx(0.015, abs=0.0005)
    assert found["strict"].phi == 1e-4
    assert found["strict"].by_mix is None


def test_a_tick_is_where_the_engine_puts_its_operating_point(found):
    model = model_of(load_scenario("field-app"))
    for point, name in (("nist_set_anew", "nist_set_anew_street"), ("nist_kept", "nist_kept_street")):
        assert found[name].phi == pytest.approx(float(phi_of(model.at(point), model.mix)[0]))


def test_ranges_hold_their_value_and_are_said(found):
    for tick in found.values():
        assert tick.grade is Grade.D
        assert tick.assumptions
        assert all(tick.sources)
        for ends in (tick.by_counts, tick.by_assumptions, tick.by_mix, tick.between_places):
            assert ends is None or ends[0] <= tick.phi <= ends[1]
        for ends in (tick.own_mix_by_counts, tick.own_mix_by_assumptions):
            assert ends is None or ends[0] <= tick.own_mix_phi <= ends[1]
        assert (tick.by_counts is None) == (not tick.rows)
    said = " ".join(found["nec_064"].assumptions)
    assert "5,000 to 16,000" in said
    assert "48 to 200 million" in said
    assert "Croydon" in said
    known = {row.key for row in all_field_counts()}
    assert {key for tick in found.values() for key in tick.rows} < known


def test_ticks_follow_the_gallery():
    model = model_of(load_scenario("field-app"))
    gallery = model.scenario.gallery
    tenth = gallery.model_copy(update={"n_references": gallery.n_references.held(20e6)})
    smaller = replace(model, scenario=model.scenario.model_copy(update={"gallery": tenth}))
    kept = {tick.name: tick for tick in ticks(smaller)}["nist_kept"]
    assert kept.own_mix_phi == pytest.approx(phi(F_NIST, COMPARISONS / 10))


def test_a_spread_of_propensities_enters():
    model = model_of(load_scenario("field-app"))
    capture = model.scenario.capture
    uneven = capture.model_copy(update={"heterogeneity_k": capture.heterogeneity_k.held(0.5)})
    scenario: Scenario = model.scenario.model_copy(update={"capture": uneven})
    found = {tick.name: tick for tick in ticks(model_of(scenario))}
    assert found["nec_060"].own_mix_phi == pytest.approx(1 - (1 + 7 / 4.2e8 * COMPARISONS / 0.5) ** -0.5)
    assert found["nist_set_anew"].own_mix_phi == pytest.approx(0.003)


def test_no_ticks_where_pairs_are_compared():
    assert ticks(model_of(load_scenario("booth-one-to-one"))) == ()


def test_live_cameras_have_the_same_evidence_at_their_own_list():
    found = {tick.name: tick for tick in ticks(model_of(load_scenario("police-live")))}
    assert "strict" not in found
    tick = found["nec_064"]
    assert tick.own_mix_phi < 1e-5
    # Counted on the very crowd that is filmed: nothing to convert.
    assert tick.own_mix == "the strangers of passers_by"
    assert tick.phi == pytest.approx(tick.own_mix_phi)
    assert tick.by_mix == pytest.approx((tick.phi, tick.phi))
    model = model_of(load_scenario("police-live"))
    assert tick.phi == pytest.approx(float(phi_of(model.at("given"), model.mix)[0]), rel=1e-5)


def test_the_shift_to_the_street_comes_from_the_cards():
    shift = street_shift()
    kiosk: dict[str, list[float]] = {}
    for row in tail_shift_rows():
        assert row.decades == pytest.approx(math.log10(row.test_fmr / row.reference_fmr))
        if row.test_set == "KIOSK-BORDER":
            kiosk.setdefault(row.algorithm, []).append(row.decades)
    assert len(kiosk) == 3
    assert shift.value == round(median(median(x) for x in kiosk.values()), 1) == 0.5
    assert (shift.low, shift.high) == (-0.3, 0.8)
    assert shift.grade is Grade.D
    default = load_scenario("field-app").capture.tail_shift_decades
    assert (default.value, default.low, default.high) == (shift.value, shift.low, shift.high)
