"""What ships of a validation says the same as the whole."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

from misid.errors import InvalidInput, MisidError
from misid.storage import to_text
from misid.validation import ANEW, goals_reached, read_digest, shipped
from verification.condense import condense, inputs_sha256, made

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
made_up = importlib.import_module("made_up_validation")


@pytest.fixture(scope="module")
def whole():
    return made_up.validation()


def test_what_is_written_is_read_again(whole):
    found = condense(whole)
    again = read_digest(json.loads(to_text(found.to_json())))
    assert again.to_json() == found.to_json()
    assert again.unsettled == whole.unsettled
    assert again.unpredicted == whole.unpredicted
    assert again.not_validated == whole.not_validated
    for read, kept in zip(again.tables, found.tables, strict=True):
        assert [(goal, met) for goal, _, met in read.reached()] == [(goal, met) for goal, _, met in kept.reached()]
        assert [row.subject for row in read.shown] == [row.subject for row in kept.shown]


def test_counts_are_of_all_rows_and_the_worst_are_kept(whole):
    growth, small, deployments = condense(whole, worst=2).tables
    first = whole.tables[0].misses()
    assert (growth.rows, growth.groups) == (60, 15)
    assert growth.outside == sum(not row.inside for row in first) > 2
    assert growth.shown == first[:2]
    assert small.standings == {"row left out": 12, "in sample": 3}
    assert deployments.shown == whole.tables[2].misses()  # few rows: all of them, inside or not
    assert len(condense(whole, worst=None).tables[0].shown) == growth.outside


def test_goals_are_those_of_the_table(whole):
    kept = condense(whole).tables[0]
    assert kept.reached() == goals_reached(whole.tables[0].goals, whole.summaries["growth_fnir"])
    assert [met for _, _, met in kept.reached()] == [False, False, True, True]


def test_tiny_rates_are_said_per_million(whole):
    assert [table.per for table in condense(whole).tables] == [1, 1, 1_000_000]


def test_newer_form_is_refused(whole):
    with pytest.raises(MisidError, match="misid/validation-summary/2"):
        read_digest({**condense(whole).to_json(), "schema": "misid/validation-summary/2"})


def test_some_tables_come_with_what_is_open_about_them(whole):
    found = condense(whole)
    growth = found.only(["growth_fnir"])
    assert [table.code for table in growth.tables] == ["growth_fnir"]
    assert (growth.unsettled, growth.unpredicted) == (whole.unsettled, ())
    assert found.only(["deployment_faces", "growth_fnir", "growth_fnir"]).tables == found.tables[::2]
    with pytest.raises(InvalidInput, match="did you mean 'growth_fnir'"):
        found.only(["growth_fnri"])
    with pytest.raises(InvalidInput, match="no table named"):
        found.only([])


def test_what_ships_was_made_from_the_rows_priors_and_scenario_that_ship():
    """The numbers are compared by `make verify`; this says at once when they cannot be those of today's inputs."""
    assert shipped().made.inputs_sha256 == inputs_sha256(), "inputs of the tables have changed: run `make validation`"
    assert shipped().made == made(), f"run `make validation` ({ANEW} --ship)"
