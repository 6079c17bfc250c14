"""How far figures are from their tests, in words: of one, of many together, and beside each."""

from __future__ import annotations

import pytest

from misid.findings import ChartData, Table, marks
from misid.findings import tested_sentence as under_a_table
from misid.findings.nearness import INPUTS, USE, distance_words, distances_sentence, from_data
from misid.quantities import Distance, Doubt, Estimate, MeasuredHere, NoDistance, nearness
from misid.report import sheet
from misid.vocabulary.tested import Aspect, apart, times

NEAR = Distance("Test A, N = 1,000", test="a")
FAR = Distance("Test A, N = 1,000", 1.0, ("image kind",), 0.5, ("algorithm",), ("with street photos",), "a")
OTHER = Distance("Test B, N = 500", -1.0, test="b")
UNPRINTED = Distance("Test C", 2.0, ("gallery size",), None, (), (), "c")
HERE = MeasuredHere("some data")


def figure(distance):
    return Estimate(1.0, 0.5, 2.0, "people", Doubt.INPUT, "m", distance=distance)


@pytest.mark.parametrize(
    ("decades", "words"),
    [
        (1.2218, "17 times"),
        (2.0, "100 times"),
        (3.3, "2,000 times"),
        (0.08, "1.2 times"),
        (0.001, "just above"),
        (-0.001, "just below"),
        (-1.6, "1/40 of"),
        (0.0, ""),
        (8.3, "over a million times"),
        (-7.0, "under a millionth of"),
    ],
)
def test_decades_are_said_in_times(decades, words):
    assert times(decades) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.0, 0.0, ""),
        (1.0, 1.0, "gallery 10 times its largest"),
        (0.0, 1.0, "gallery up to 10 times its largest"),
        (0.001, 1.0, "gallery up to 10 times its largest"),
        (0.5, 1.0, "gallery 3.2 to 10 times its largest"),
        (-1.0, -1.0, "gallery 1/10 of its smallest"),
        (-1.0, 0.0, "gallery down to 1/10 of its smallest"),
        (-2.0, -1.0, "gallery 1/100 to 1/10 of its smallest"),
        (-8.0, -1.0, "gallery under a millionth to 1/10 of its smallest"),
        (1.0, 7.0, "gallery 10 to over a million times its largest"),
        (-1.0, 1.0, "gallery from 1/10 of its smallest to 10 times its largest"),
    ],
)
def test_ranges_of_distances(low, high, words):
    assert apart("gallery", low, high) == words


def test_whose_end_is_meant():
    assert apart("fpir", 1.0, 1.0, "their") == "FPIR 10 times their highest"
    assert apart("gallery", -1.0, -1.0, "any") == "gallery 1/10 of the smallest of any test"


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (NEAR, "inside its gallery sizes"),
        (
            FAR,
            "gallery 10 times its largest; FPIR 3.2 times its highest; no test with street photos; it differs in "
            "algorithm",
        ),
        (UNPRINTED, "gallery 100 times the largest of any test"),
        (Distance("Test C", 0.0, differs=("gallery size",), test="c"), "inside the galleries that other tests print"),
        (Distance("Test D", None, test="d"), "all else as there"),
        (Distance("mine", 0.0, ("operator",)), "inside its gallery sizes; not measured with this operator"),
        (HERE, "measured here, on some data"),
        (NoDistance("no search"), "no test to be near: no search"),
    ],
)
def test_one_distance_in_words(distance, words):
    assert distance.words == words


def test_told_names_the_test():
    assert distance_words(OTHER) == "Test B, N = 500: gallery 1/10 of its smallest"
    assert distance_words(HERE) == HERE.words


@pytest.mark.parametrize(
    ("many", "words"),
    [
        ([], ""),
        ([NEAR, NEAR], "Nearest test: Test A, N = 1,000. Inside its gallery sizes."),
        (
            [NEAR, FAR],
            "Nearest test: Test A, N = 1,000. Gallery up to 10 times its largest; FPIR 3.2 times its highest; for some "
            "no test with street photos; for some it differs in algorithm.",
        ),
        (
            [FAR, OTHER],
            "Nearest tests: Test A, N = 1,000; Test B, N = 500. Gallery from 1/10 of their smallest to 10 times their "
            "largest; FPIR 3.2 times their highest; for some no test with street photos; for some they differ in "
            "algorithm.",
        ),
        ([HERE, USE], f"Measured here, on some data. Some have no test to be near: {USE.reason}."),
        ([USE], f"No test to be near: {USE.reason}."),
    ],
)
def test_many_distances_in_a_sentence_or_two(many, words):
    assert distances_sentence(many) == words


def test_what_sets_a_row_apart_stands_at_its_head_and_what_all_share_does_not():
    table = Table("t", ("", "a", "b"), (("near", figure(NEAR), figure(NEAR)), ("far", figure(FAR), figure(FAR))))
    assert marks(table) == (("", "", ""), ("gallery 10 times the largest tested; no test with street photos", "", ""))
    alike = Table("t", ("", "a"), (("one", figure(FAR)), ("two", figure(FAR))))
    assert marks(alike) == (("", ""), ("", ""))
    assert "10 times its largest" in sheet(alike).tested


def test_figures_of_one_row_that_differ_are_marked_one_by_one():
    table = Table("t", ("", "a", "b"), (("row", figure(NEAR), figure(OTHER)), ("row", figure(USE), None)))
    assert marks(table) == (("", "", "gallery 1/10 of the smallest tested"), (USE.reason, "", ""))
    headless = Table("t", ("a", "b"), ((figure(NEAR), figure(NEAR)), (figure(OTHER), figure(OTHER))))
    assert marks(headless)[1] == ("gallery 1/10 of the smallest tested",) * 2


def test_page_of_measurements_says_it_once_for_itself():
    assert under_a_table([HERE]) == under_a_table([INPUTS]) == under_a_table([]) == ""
    assert under_a_table([HERE, FAR]) != ""
    assert under_a_table([USE]) != ""


def test_gallery_of_an_evaluation_that_is_smaller_than_the_measured_one_is_a_part_of_it():
    assert from_data(1000, 100).decades_of_n == 0.0
    assert from_data(1000, 100_000).decades_of_n == pytest.approx(2.0)


@pytest.mark.parametrize("distance", [NEAR, FAR, UNPRINTED, HERE, NoDistance("no search"), Distance("Test D", None)])
def test_distance_is_read_as_it_was_written(distance):
    assert nearness(distance.to_json()) == distance
    with pytest.raises(KeyError):
        nearness({"words": distance.words})


def test_reason_is_written_in_words():
    assert USE.to_json() == {"not_applicable": "rate of use times years, with no search in it"}
    assert nearness(USE.to_json()).words == USE.words


def test_printed_estimate_says_how_far_it_is():
    assert str(figure(FAR)) == f"1 (0.5 to 2), people [Test A, N = 1,000: {FAR.words}]"
    assert str(figure(HERE)) == "1 (0.5 to 2), people [measured here, on some data]"
    assert Aspect.GALLERY == "gallery size"


def test_chart_without_a_distance_is_refused():
    rows = ({"x": 1.0},)
    with pytest.raises(ValueError, match="needs a distance"):
        ChartData("k", "t", "s", rows, Table("t", ("a",), (("words",),)))
    ChartData("k", "t", "s", rows, Table("t", ("a",), (("words",),), distance=USE))
    ChartData("k", "t", "s", ({"x": 1.0, "distance": "far"},), Table("t", ("a",), (("words",),)))
