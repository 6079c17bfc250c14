"""Expected unsupported actions, and photos that pile up."""

from __future__ import annotations

import numpy as np
import pytest

from misid.errors import OutOfRange
from misid.statistics import retention_stock
from oracles.outcomes import expected_wrongful_actions

YEAR = {
    "scans": 1e5,
    "enrolled": 0.5,
    "fpir": 1e-3,
    "misid": 2e-4,
    "tpir": 0.9,
    "adverse_record": 0.1,
    "record_error": 0.003,
    "stopped_by_review": 0.0,
}


def test_the_two_causes_stay_apart() -> None:
    perfect_software = expected_wrongful_actions(**{**YEAR, "fpir": 0.0, "misid": 0.0})
    assert perfect_software.wrong_person == 0
    assert perfect_software.wrong_record == expected_wrongful_actions(**YEAR).wrong_record
    perfect_records = expected_wrongful_actions(**{**YEAR, "record_error": 0.0})
    assert perfect_records.wrong_record == 0
    assert perfect_records.wrong_person == expected_wrongful_actions(**YEAR).wrong_person


def test_review_takes_its_share_of_both() -> None:
    none, half, all_stopped = (expected_wrongful_actions(**{**YEAR, "stopped_by_review": c}) for c in (0.0, 0.5, 1.0))
    assert half == pytest.approx([cause / 2 for cause in none])
    assert all_stopped == (0, 0)


def test_groups_stay_apart_and_add_up() -> None:
    split = expected_wrongful_actions(**{**YEAR, "scans": np.array([2e4, 8e4])})
    whole = expected_wrongful_actions(**YEAR)
    assert split.wrong_person.shape == (2,)
    assert split.wrong_person.sum() == pytest.approx(whole.wrong_person, rel=1e-14)
    assert split.wrong_record.sum() == pytest.approx(whole.wrong_record, rel=1e-14)


def test_photos_pile_up_until_they_are_deleted() -> None:
    assert retention_stock(2e5, np.array([0.0, 1.0, 15.0, 40.0]), 15).tolist() == [0, 2e5, 3e6, 3e6]


@pytest.mark.parametrize(("name", "value"), [("scans", -1), *((name, 1.1) for name in YEAR if name != "scans")])
def test_what_is_outside_its_range_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(OutOfRange, match=name):
        expected_wrongful_actions(**{**YEAR, name: value})


def test_negative_years_are_refused() -> None:
    with pytest.raises(OutOfRange, match="retention_years"):
        retention_stock(1, 1, -1)
