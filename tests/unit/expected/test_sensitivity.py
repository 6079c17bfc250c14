"""The envelope against brute force over all corners, and with faults planted."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from misid.expected import explore, sensitivity
from misid.quantities import Grade, Quantity


def quantity(value, low, high):
    return Quantity(value=value, low=low, high=high, unit="share", source="test", grade=Grade.D)


@pytest.fixture
def look(twin):
    scenario, _, choice = twin()

    def run(function, box, **more):
        quantities = {name: quantity(*ends) for name, ends in box.items()}
        return explore(
            lambda p: {"y": function(*(p.values[name] for name in box))}, scenario, quantities, [choice], 0, **more
        )["y"]

    return run


def brute(function, box):
    values = [function(*map(np.asarray, corner)) for corner in itertools.product(*(e[1:] for e in box.values()))]
    return min(values), max(values)


@settings(max_examples=60, deadline=None)
@given(powers=st.lists(st.sampled_from([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0]), min_size=1, max_size=7))
def test_a_monotone_output_gets_its_exact_envelope(look_once, powers):
    box = {f"x{i}": (0.5, 0.1, 0.9) for i in range(len(powers))}

    def product(*x):
        return np.prod([v**p for v, p in zip(x, powers, strict=True)], axis=0)

    r = look_once(product, box)
    low, high = brute(product, box)
    assert r.input_low == pytest.approx(low, rel=1e-12)
    assert r.input_high == pytest.approx(high, rel=1e-12)


@pytest.fixture(scope="module")
def look_once():
    from misid.algorithm import load_card
    from misid.expected import ModelChoice
    from misid.scenario import load_scenario
    from misid.vocabulary import ImageKind

    scenario = load_scenario("booth-one-to-one")
    choice = ModelChoice(load_card("nec_010"), ImageKind.WEBCAM, "duplicates", 1e9)

    def run(function, box):
        quantities = {name: quantity(*ends) for name, ends in box.items()}
        return explore(lambda p: {"y": function(*(p.values[name] for name in box))}, scenario, quantities, [choice], 0)[
            "y"
        ]

    return run


def test_a_sign_that_turns_with_another_input_is_found_by_climbing(look):
    """At best values x pushes up; once y is at its low end it pushes down."""
    box = {"x": (0.5, 0.0, 1.0), "y": (0.1, -1.0, 1.0)}

    def saddle(x, y):
        return x * y

    r = look(saddle, box)
    assert (r.input_low, r.input_high) == (-1.0, 1.0)


def test_without_the_climb_the_same_saddle_can_be_missed(look, monkeypatch):
    """The planted fault: the climb is what finds it, so leaving it out must show."""
    box = {f"x{i}": (0.9, 0.1, 1.0) for i in range(6)} | {"y": (0.1, -1.0, 1.0), "z": (0.1, -1.0, 1.0)}

    def twisted(*x):
        return np.prod(x, axis=0)

    full = look(twisted, box)
    monkeypatch.setattr(sensitivity, "MOST_CLIMBS", 0)
    less = look(twisted, box)
    assert full.input_low == pytest.approx(-1.0)
    assert less.input_low > -1.0


def test_an_interior_peak_is_seen_by_the_design(look):
    r = look(lambda x: 1.0 - (x - 0.25) ** 2, {"x": (0.6, 0.0, 1.0)})
    assert r.input_high > 0.9999
    assert r.input_low == pytest.approx(1 - 0.75**2)


def test_a_fixed_input_is_an_axis_not_a_doubt(look):
    r = look(lambda x, n: x * n, {"x": (0.5, 0.4, 0.6), "n": (2.0, 1.0, 100.0)}, fixed={"n": 10.0})
    assert (r.value, r.input_low, r.input_high) == pytest.approx((5.0, 4.0, 6.0))
    assert set(r.swing) == {"x"}


def test_nothing_swept_is_a_point(look):
    r = look(lambda x: 2 * x, {"x": (0.5, 0.5, 0.5)})
    assert (r.value, r.input_low, r.input_high, r.swing) == (1.0, 1.0, 1.0, {})
