"""Group labels are no oracle: nothing in a table of groups is about one person (DESIGN, 6)."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest

from helpers.whole import whole
from misid.evaluation import (
    Comparisons,
    EvaluationOptions,
    People,
    Side,
    group_differentials,
    groups,
    measure_menagerie,
)

SUBJECTS = 120


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MOST_PERMUTATIONS", 99)
    monkeypatch.setattr(groups, "REPLICATES", 200)


def pairs(group: np.ndarray, names: tuple[str, ...], subjects: int = SUBJECTS, seed: int = 1) -> Comparisons:
    rng = np.random.default_rng(seed)
    first, second = np.nonzero(~np.eye(subjects, dtype=bool))
    each = np.arange(subjects, dtype=np.int32)
    return Comparisons(
        Side(rng.normal(4, 1, subjects).astype(np.float32), each, each),
        Side(rng.normal(size=first.size).astype(np.float32), first.astype(np.int32), second.astype(np.int32)),
        People(subjects, group.astype(np.int32), names),
    )


def found(data: Comparisons) -> Any:
    return group_differentials(data, None, 2.0, EvaluationOptions(image_kind="webcam"))


def arrays_and_rows(thing: Any) -> list[int]:
    """Lengths of every list and array inside a result."""
    if is_dataclass(thing):
        return [n for f in fields(thing) for n in arrays_and_rows(getattr(thing, f.name))]
    if isinstance(thing, dict):
        return [n for value in thing.values() for n in arrays_and_rows(value)]
    if isinstance(thing, tuple | list):
        return [len(thing), *(n for value in thing for n in arrays_and_rows(value))]
    return list(thing.shape) if isinstance(thing, np.ndarray) else []


def test_everybody_a_group_of_their_own_gives_no_group() -> None:
    names = tuple(f"person {i}" for i in range(SUBJECTS))
    result = found(pairs(np.arange(SUBJECTS), names))
    assert len(result.names) <= 1
    assert not any(name in whole(result) for name in names)


def test_one_person_apart_cannot_be_asked_about() -> None:
    """A group of one against all others: her rates are the group's, so there is no such group."""
    group = np.zeros(SUBJECTS)
    group[17] = 1
    result = found(pairs(group, ("others", "she")))
    assert result.names == ("others",)
    assert "'she'" not in whole(result)
    assert result.fmr[0][0].n == (SUBJECTS - 1) * (SUBJECTS - 2)


def test_nineteen_are_too_few_and_twenty_are_not() -> None:
    for size, names in ((19, ("rest",)), (20, ("rest", "few"))):
        group = (np.arange(SUBJECTS) < size).astype(int)
        assert found(pairs(group, ("rest", "few"))).names == names


def test_forty_nine_probe_people_give_no_table() -> None:
    for subjects, number in ((49, 0), (50, 2)):
        data = pairs(np.arange(subjects) % 2, ("a", "b"), subjects)
        assert len(found(data).names) == number


@pytest.mark.slow
def test_no_result_is_as_long_as_there_are_people() -> None:
    """No row of one person: no list and no array has one place for each of them."""
    data = pairs(np.arange(SUBJECTS) % 3, ("a", "b", "c"))
    lengths = arrays_and_rows(found(data)) + arrays_and_rows(measure_menagerie(data))
    assert 3 in lengths
    assert 24 in lengths  # the density's axes: the walk does reach arrays
    assert max(lengths) < 50


def test_leaving_one_person_out_of_a_group_of_twenty_leaves_no_difference_to_take() -> None:
    """Two runs that differ by one person: at nineteen the group is gone, so nothing of hers is the difference."""
    group = (np.arange(SUBJECTS) < 20).astype(int)
    data = pairs(group, ("rest", "nomads"))
    without = data.people.group.copy()
    without[3] = -1
    assert found(data).names == ("rest", "nomads")
    second = found(replace(data, people=replace(data.people, group=without)))
    assert second.names == ("rest",)
    assert "nomads" not in whole(second)
