"""A few of the kills and damages that `make kills` makes by the hundred."""

from __future__ import annotations

import os

import pytest

from faults import worker_kills
from faults.kills import tries

GOOD = {"stopped", "it had ended", "found"}

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="kills copies of one process")]


def test_kills_at_random_moments_leave_the_same_bytes():
    counts = tries(kills=5, pairs=0, parts=0, seed=7)
    assert sum(counts.values()) == 5
    assert {came for _, came in counts} <= GOOD, counts


def test_two_at_once_do_not_break_each_other():
    counts = tries(kills=0, pairs=4, parts=0, seed=7)
    assert sum(counts.values()) == 4
    assert {came for _, came in counts} <= {"one was refused", "one after the other"}, counts


def test_every_damage_is_found():
    counts = tries(kills=0, pairs=0, parts=40, seed=7)
    assert sum(counts.values()) == 40
    assert {came for _, came in counts} == {"found"}, counts


def test_killed_workers_change_no_count():
    _, killed, wrong = worker_kills.tries("local", moments=3, seed=7)
    assert (killed, wrong) == (3, 0)
