import gc

import numpy as np
import pytest

from misid.errors import MisidError
from misid.evaluation import Pseudonyms


def by_hand(names):
    seen = {}
    return [seen.setdefault(str(name), len(seen)) for name in names]


@pytest.mark.parametrize(
    "names",
    [
        np.array([7, 7, 3, 9, 3, -2], np.int64),
        np.array([7, 2**63 + 5, 7, 2**64 - 1], np.uint64),
        np.array([250, 3, 250, 0], np.uint8),
        np.array([-(2**62), 5, 2**62, 5]),
        np.array(["b", "a", "b", "01", "1"]),
        np.array(["b", "a", "b", "01", "1"], dtype=object),
        np.array([], np.int64),
        np.array([], dtype=object),
    ],
)
def test_subjects_are_numbered_by_first_occurrence(names):
    registry = Pseudonyms()
    codes = registry.codes(names)
    assert codes.dtype == np.int32
    assert codes.tolist() == by_hand(names.tolist())
    assert registry.count == len(set(map(str, names.tolist())))


def test_blocks_continue_and_every_way_of_writing_a_number_is_one_subject():
    registry = Pseudonyms()
    assert registry.codes([5, 1]).tolist() == [0, 1]
    assert registry.codes(np.array(["1", "01", "5"])).tolist() == [1, 2, 0]
    assert registry.codes(np.array([1.0, 5.0, 6.0])).tolist() == [1, 0, 3]
    assert registry.codes(np.array([np.int16(6), 5, "1"], dtype=object)).tolist() == [3, 0, 1]
    assert registry.find(np.array(["9", "5"])).tolist() == [-1, 0]
    assert registry.count == 4


def test_any_split_into_blocks_gives_the_same_numbers():
    names = np.random.default_rng(3).integers(0, 10**12, 2000)[np.random.default_rng(4).integers(0, 2000, 5000)]
    whole = Pseudonyms().codes(names)
    registry = Pseudonyms()
    assert np.array_equal(np.concatenate([registry.codes(block) for block in np.array_split(names, 7)]), whole)
    assert np.array_equal(Pseudonyms().codes(names.astype(str)), whole)
    small = names % 900
    registry = Pseudonyms()
    assert np.array_equal(
        np.concatenate([registry.codes(block) for block in np.array_split(small, 3)]), by_hand(small.tolist())
    )


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (np.array([1.0, 2.5]), "1 rows name no subject .the first is row 2"),
        (np.array([np.nan, 1.0]), "row 1"),
        (np.array(["a", ""]), "row 2"),
        (np.array(["a", None, None], dtype=object), "2 rows name no subject .the first is row 2"),
        (np.ma.array([1, 2], mask=[False, True]), "row 2"),
        (np.array([True]), "not bool"),
        (np.array([[1]]), "2 dimensions"),
    ],
)
def test_what_is_no_name_is_refused_by_row(names, words):
    with pytest.raises(MisidError, match=words):
        Pseudonyms().codes(names)


def test_nothing_is_left_after_sealing():
    registry = Pseudonyms()
    marker = "subject-of-the-marker"
    registry.codes(np.array([marker, "other"]))
    registry.codes(np.array([770077007700]))
    seen, queue = set(), [vars(registry)]
    while queue:
        one = queue.pop()
        if id(one) in seen or isinstance(one, type) or callable(one):
            continue
        seen.add(id(one))
        assert one != marker
        assert one != 770077007700
        queue.extend([*gc.get_referents(one), *([*one, *one.values()] if isinstance(one, dict) else ())])
    registry.seal()
    assert registry.count == 3
    assert not registry._table
    with pytest.raises(MisidError, match="thrown away"):
        registry.codes([1])


def test_the_key_differs_from_one_registry_to_the_next():
    one, two = Pseudonyms(), Pseudonyms()
    one.codes(["a"])
    two.codes(["a"])
    assert set(one._table) != set(two._table)
