"""``misid plan`` prints, refuses and returns."""

from __future__ import annotations

import json

import pytest


def test_plan_says_it_in_words_a_table_and_sources(misid):
    said = misid("plan", "--fmr", "1e-6", "--confidence", "95")
    assert (said.status, said.err) == (0, "")
    assert "2,995,731 independent comparisons without a false match" in said.out
    assert "2,455" in said.out
    assert "Rule of three" in said.out
    assert "Rule of 30" in said.out
    assert "Hoeffding" in said.out


def test_plan_as_json(misid):
    said = misid("plan", "--subjects", 500, "--images", 4, "--json")
    assert said.status == 0
    found = json.loads(said.out)
    assert found["schema"] == "misid/plan/1"
    assert 0 < found["figures"]["fmr_claimable"]["low"] < found["figures"]["fmr_claimable"]["value"] < 1e-5


def test_plan_of_searches_and_groups(misid):
    said = misid("plan", "--fpir", 0.003, "--gallery", 1000, "--ratio", 2)
    assert said.status == 0
    assert "25 errors in the group with the lower rate" in " ".join(said.out.split())


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ([], "nothing to plan for"),
        (["--fmr", 2], "fmr must be above 0 and below 1, got 2.0"),
        (["--fmr", 1e-6, "--confidence", 0.95], "--confidence must be at least 50 and below 100, in percent, got 0.95"),
        (["--fpir", 0.1], "give both fpir and gallery"),
        (["--subjects", 1], "at least 2"),
        (["--fmr", "often"], "'often' is not a valid float"),
    ],
)
def test_what_cannot_be_planned_is_status_2(misid, args, words):
    said = misid("plan", *args)
    assert said.status == 2
    assert words in said.err
