"""What ships of a validation says the same as the whole."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

from misid.errors import MisidError
from misid.storage import to_text
from misid.validation import from_json, reached
from misid.validation.digest import digest

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
made_up = importlib.import_module("made_up_validation")


@pytest.fixture(scope="module")
def whole():
    return made_up.validation()


def test_what_is_written_is_read_again(whole):
    found = digest(whole)
    again = from_json(json.loads(to_text(found.to_json())))
    assert again.to_json() == found.to_json()
    assert again.unsettled == whole.unsettled
    assert again.unpredicted == whole.unpredicted
    assert again.not_validated == whole.not_validated
    for read, kept in zip(again.tables, found.tables, strict=True):
        assert [(goal, met) for goal, _, met in read.reached()] == [(goal, met) for goal, _, met in kept.reached()]
        assert [row.subject for row in read.shown] == [row.subject for row in kept.shown]


def test_counts_are_of_all_rows_and_the_worst_are_kept(whole):
    growth, small, deployments = digest(whole, worst=2).tables
    first = whole.tables[0].misses()
    assert (growth.rows, growth.groups) == (60, 15)
    assert growth.outside == sum(not row.inside for row in first) > 2
    assert growth.shown == first[:2]
    assert small.standings == {"row left out": 12, "in sample": 3}
    assert deployments.shown == whole.tables[2].misses()  # few rows: all of them, inside or not
    assert len(digest(whole, worst=None).tables[0].shown) == growth.outside


def test_goals_are_those_of_the_table(whole):
    kept = digest(whole).tables[0]
    assert kept.reached() == reached(whole.tables[0], whole.summaries["growth_fnir"])
    assert [met for _, _, met in kept.reached()] == [False, False, True, True]


def test_tiny_rates_are_said_per_million(whole):
    assert [table.per for table in digest(whole).tables] == [1, 1, 1_000_000]


def test_newer_form_is_refused(whole):
    with pytest.raises(MisidError, match="misid/validation-summary/2"):
        from_json({**digest(whole).to_json(), "schema": "misid/validation-summary/2"})
