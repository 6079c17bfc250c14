"""What goes along from a page: data with the digits that are printed and two more, never a formula."""

from __future__ import annotations

import csv
import io

import pytest

from misid.evaluation import HERE
from misid.findings import Table
from misid.quantities import Doubt, Estimate, NoDistance
from misid.report import cells

INPUT = NoDistance("an input, whose source stands beside it")


def read(table: Table, **how) -> list[list[str]]:
    return list(csv.reader(io.StringIO(cells.csv_of(table, **how))))


def estimate(value, low=None, high=None, unit="people"):
    return Estimate(value, low, high, unit, Doubt.INPUT, "m", distance=HERE, reason="" if value else "no test")


def test_ends_of_ranges_have_columns_of_their_own():
    table = Table("t", ("who", "people", "share"), (("a", estimate(12.3456789, 5.4321, 98.76543), estimate(0.5)),))
    assert read(table) == [
        ["who", "people", "people, low", "people, high", "share"],
        ["a", "12.35", "5.432", "98.77", "0.5"],
    ]


@pytest.mark.parametrize("x", [1 / 3, 2e5 / 3, 1e-9 / 3, 12_345.678, 0.1 + 0.2, 99.9999999])
def test_two_digits_more_than_are_printed(x):
    ((_, text),) = read(Table("t", ("a", "x"), (("a", x),), distance=INPUT))[1:]
    printed = cells.format_cell(x).text
    digits = len([c for c in text.partition("e")[0].replace(".", "").lstrip("0") if c.isdigit()])
    assert digits <= len([c for c in printed.lstrip("under 0.") if c.isdigit()]) + 2
    assert float(text) == pytest.approx(x, rel=1e-3)


def test_inputs_keep_what_went_in():
    assert read(Table("t", ("a", "x"), (("a", 0.0123456),), distance=INPUT), as_given=True)[1] == ["a", "0.0123456"]


def test_missing_numbers_are_empty_and_counts_whole():
    assert read(Table("t", ("a", "n", "x"), (("a", 12_345, estimate(None)), ("b", None, None))))[1:] == [
        ["a", "12345", ""],
        ["b", "", ""],
    ]


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd", "-cmd", "\tx"])
def test_no_cell_is_a_formula(text):
    found = read(Table(text, (text, "b"), ((text, 1),)))
    assert [row[0] for row in found] == [f"'{text}", f"'{text}"]
