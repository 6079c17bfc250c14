import pytest

from misid.vocabulary.numbers import (
    big,
    by_phi,
    capital,
    format_number,
    format_range,
    format_rate,
    listing,
    one_in,
    percent,
    strangers,
)


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (0, "0"),
        (71.4, "71"),
        (0.7512, "0.75"),
        (8612.3, "8,600"),
        (9.96, "10"),
        (0.0996, "0.10"),
        (1234567.0, "1,200,000"),
        (1.0, "1.0"),
        (0.0004, "under 0.001"),
        (-0.0004, "above −0.001"),
        (float("nan"), "not known"),
        (None, "not known"),
        (-3.24, "−3.2"),
    ],
)
def test_numbers_have_two_digits(x, said):
    assert format_number(x) == said


@pytest.mark.parametrize(
    ("x", "said"), [(0.00057, "0.00057"), (0.0029, "0.0029"), (0.04449, "0.044"), (0.0, "0"), (3.2e-10, "3.2e-10")]
)
def test_rates_keep_their_digits(x, said):
    assert format_rate(x) == said


@pytest.mark.parametrize(
    ("x", "said"),
    [(0.5, "50%"), (0.987, "98.7%"), (0.9999, "99.990%"), (1.0, "100%"), (0.0123, "1.2%"), (0.90004, "90.0%")],
)
def test_a_share_near_one_keeps_what_is_missing_from_it(x, said):
    assert percent(x) == said


def test_sizes_spreads_and_lists():
    assert [big(x) for x in (1, 12.34, 10_000, 2e8, 1.2e9)] == ["1", "12.3", "10,000", "200 million", "1.2 billion"]
    assert format_range(1.0, 1.04) == "1.0"
    assert format_range(0.13, 8600) == "0.13 to 8,600"
    assert one_in(1 / 4.84e9) == "1 in 4.84 billion"
    assert one_in(0) == "never"
    assert listing(["a", "b", "c"]) == "a, b and c"
    assert capital("fPIR held") == "FPIR held"


@pytest.mark.parametrize(
    ("phi", "said"),
    [
        (0.0, "no stranger"),
        (1e-12, "under 1 in a billion strangers"),
        (1e-4, "1 in 10,000 strangers"),
        (0.01488, "1 in 67 strangers"),
        (0.1, "1 in 10 strangers"),
        (0.3, "3 in 10 strangers"),
        (0.87, "87 in 100 strangers"),
        (1.0, "every stranger"),
    ],
)
def test_phi_is_told_in_strangers(phi, said):
    assert strangers(phi) == said


def test_one_thing_at_several_phi():
    assert by_phi({1e-4: "26", 0.01: "31"}) == ("26 if 1 in 10,000 strangers is named, 31 if 1 in 100 is")
    assert by_phi({1e-4: "26", 0.3: "26"}) == "26"
