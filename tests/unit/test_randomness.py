"""Draws that belong to whom they are drawn for.

Statistical tests use fixed seeds and state how often a sound generator would fail them by chance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from scipy import special

from misid import randomness
from misid.randomness import BLOCK, Purpose, uniforms, words

TOP = 2**64 - 1
Z_AT_ONE_IN_A_MILLION = 4.891638  # two-sided

# Every number ever given.  A new purpose adds a line; no line is ever changed, removed, or given to another name.
PURPOSES = {
    "TOGETHER": 1,
    "PERSON": 2,
    "HOUSEHOLD": 3,
    "ENROLMENT": 4,
    "KIN": 5,
    "PHOTO": 6,
    "PROPENSITY": 7,
    "NON_MATED": 9,
    "CANDIDATE": 10,
    "RECORD": 11,
    "RECORD_ENTRY": 12,
    "DOCUMENT": 13,
    "READER": 14,
    "RULE": 15,
    "STRANGER": 16,
    "JUDGE": 18,
    "PLAIN": 19,
    "TEST": 20,
    "BYSTANDER": 22,
    "BOOTSTRAP": 23,
    "SUB_GALLERY": 24,
    "PERMUTATION": 25,
    "WHOLE_GROUPS": 26,
    "DEPLOYMENT": 27,
    "FOLD": 28,
    "GROUP_CELLS": 29,
    "PICK": 30,
    "FINGERPRINT": 31,
    "COMPARED_FIRST": 32,
}


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> list[int]:
    """Return one block by Python's whole numbers: the cipher as its authors write it, one counter at a time."""
    a, b, c, d = counter
    k, m = key
    for _ in range(10):
        first, second = 0xD2E7470EE14C6C93 * a, 0xCA5A826395121157 * c
        a, b, c, d = second >> 64 ^ b ^ k, second & TOP, first >> 64 ^ d ^ m, first & TOP
        k, m = k + 0x9E3779B97F4A7C15 & TOP, m + 0xBB67AE8584CAA73B & TOP
    return [a, b, c, d]


def numpys(counter: tuple[int, int, int, int], key: tuple[int, int]) -> list[int]:
    """Return numpy's block; it counts one up before it draws, so it is asked for the counter before."""
    whole = sum(part << 64 * place for place, part in enumerate(counter))
    generator = np.random.Philox(counter=(whole - 1) % 2**256, key=key[0] + (key[1] << 64))
    return [int(word) for word in generator.random_raw(4)]


# Known answers


@pytest.mark.parametrize(
    ("seed", "purpose", "person", "second", "block", "expected"),
    [
        # Item 21.a and 21.b of the formula list.
        (0, 0, 0, 0, 0, [0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B]),
        (0, 0, 1, 0, 0, [0x02F4BA6408E4D89B, 0x3DD62B0B9CA8C5B2, 0x1C8667A55D902E79, 0x907D7A052FD5B4DC]),
    ],
)
def test_known_answers(seed: int, purpose: int, person: int, second: int, block: int, expected: list[int]) -> None:
    assert words(seed, purpose, [person], second, block)[:, 0].tolist() == expected


def test_numpys_first_block_is_ours_of_the_next_counter() -> None:
    """Item 21.c: numpy's generator at counter 0 begins with the block of counter 1."""
    theirs = np.random.Philox(counter=0, key=0).random_raw(4)
    np.testing.assert_array_equal(theirs, words(0, 0, [1])[:, 0])


PLACES = [
    (0, 0, 0, 0, 0),
    (7, 2, 1, 0, 0),
    (2**63 + 5, 20, 12_345, 678, 9),
    (TOP, TOP, TOP, TOP, TOP),
    (0, 0, TOP, 0, 0),
    (0, 0, 0, TOP, 0),
    (1, 1, 2**32, 2**32 - 1, 2**32 + 1),
    (0x9E3779B97F4A7C15, 3, 0xFFFFFFFF00000000, 0xFFFFFFFF, 0),
]


@pytest.mark.parametrize("place", PLACES)
def test_agrees_with_whole_numbers_and_with_numpy(place: tuple[int, int, int, int, int]) -> None:
    seed, purpose, person, second, block = place
    ours = words(seed, purpose, np.array([person], np.uint64), np.array([second], np.uint64), block)[:, 0].tolist()
    counter = (person, second, block, 0)
    assert ours == philox(counter, (seed, purpose))
    assert ours == numpys(counter, (seed, purpose))


def test_many_ids_agree_with_numpy() -> None:
    """Consecutive ids are consecutive counters, so one numpy generator runs through them all."""
    n = 1000
    theirs = np.random.Philox(counter=2**40 - 1, key=42 + (int(Purpose.TEST) << 64)).random_raw(4 * n)
    np.testing.assert_array_equal(words(42, Purpose.TEST, np.arange(2**40, 2**40 + n)), theirs.reshape(n, 4).T)


# Whoever asks, in whatever order


@pytest.mark.parametrize("draw", [words, uniforms])
def test_the_order_of_ids_changes_nothing(draw: Callable[..., np.ndarray]) -> None:
    ids = np.arange(2 * BLOCK + 77)
    order = np.random.default_rng(1).permutation(ids)
    np.testing.assert_array_equal(
        draw(3, Purpose.TEST, order, order % 5), draw(3, Purpose.TEST, ids, ids % 5)[:, order]
    )


@pytest.mark.parametrize("draw", [words, uniforms])
@pytest.mark.parametrize("n", [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 3])
def test_pieces_merge_to_the_whole(draw: Callable[..., np.ndarray], n: int) -> None:
    ids = np.arange(n) * 3 + 1
    second = ids[::-1]
    whole = draw(5, Purpose.TEST, ids, second)
    for size in {1 if n < 3 else n // 2 + 1, BLOCK - 1, BLOCK, BLOCK + 1, n}:
        starts = range(0, n, size)
        pieces = [draw(5, Purpose.TEST, ids[s : s + size], second[s : s + size]) for s in starts]
        np.testing.assert_array_equal(np.concatenate(pieces, axis=1), whole)


def test_a_planted_draw_by_position_is_seen_when_pieces_merge() -> None:
    """A generator that numbers its draws within the piece gives other people's luck after the first cut."""
    ids = np.arange(10)
    pieces = [words(5, Purpose.TEST, np.arange(part.size)) for part in (ids[:4], ids[4:])]
    assert not np.array_equal(np.concatenate(pieces, axis=1), words(5, Purpose.TEST, ids))


def test_one_id_is_itself_in_a_crowd() -> None:
    crowd = words(5, Purpose.TEST, np.arange(BLOCK + 10), 4, 2)
    for person in (0, BLOCK - 1, BLOCK, BLOCK + 9):
        np.testing.assert_array_equal(words(5, Purpose.TEST, [person], 4, 2)[:, 0], crowd[:, person])


def test_no_ids_and_one_id() -> None:
    for none in ([], np.empty(0, np.int64)):
        assert words(1, Purpose.TEST, none).shape == uniforms(1, Purpose.TEST, none).shape == (4, 0)
    assert words(1, Purpose.TEST, 7).shape == (4, 1)
    np.testing.assert_array_equal(words(1, Purpose.TEST, 7), words(1, Purpose.TEST, [7]))
    assert words(1, Purpose.TEST, [7]).dtype == np.uint64
    assert uniforms(1, Purpose.TEST, [7]).dtype == np.float64


def test_kinds_and_layouts_of_ids_do_not_matter() -> None:
    ids = np.arange(0, 400, 2)
    expected = words(1, Purpose.TEST, ids)
    strided = np.arange(400).reshape(200, 2)[:, 0]
    for same in (ids.tolist(), ids.astype(np.uint64), ids.astype(np.int32), ids.astype(">i8"), strided):
        np.testing.assert_array_equal(words(1, Purpose.TEST, same), expected)
    np.testing.assert_array_equal(words(1, Purpose.TEST, ids[::-1])[:, ::-1], expected)


def test_what_is_given_is_not_written_to() -> None:
    ids, second = np.arange(50, dtype=np.uint64), np.arange(50, 100, dtype=np.uint64)
    ids.flags.writeable = second.flags.writeable = False
    first = words(1, Purpose.TEST, ids, second)
    np.testing.assert_array_equal(words(1, Purpose.TEST, ids, second), first)


def test_whatever_differs_gives_other_words() -> None:
    """Among 64-bit words of a sound cipher, a repeat among 56,000 has a chance of 1 in 10^10."""
    ids = np.arange(2000)
    draws = [
        words(1, Purpose.TEST, ids),
        words(2, Purpose.TEST, ids),
        words(1, Purpose.PERSON, ids),
        words(1, Purpose.TEST, ids, 1),
        words(1, Purpose.TEST, ids, 2),
        words(1, Purpose.TEST, ids, 0, 1),
        words(1, Purpose.TEST, ids, 0, 2),
    ]
    assert np.unique(draws).size == 7 * 4 * 2000


def test_id_second_id_and_block_do_not_stand_for_one_another() -> None:
    drawn = {words(1, 20, [a], b, c).tobytes() for a in range(4) for b in range(4) for c in range(4)}
    assert len(drawn) == 64
    assert words(1, 20, [5]).tobytes() != words(20, 1, [5]).tobytes()


def test_one_second_id_for_all_or_one_each() -> None:
    ids = np.arange(BLOCK + 5)
    np.testing.assert_array_equal(
        words(1, Purpose.TEST, ids, 9), words(1, Purpose.TEST, ids, np.full(ids.size, 9, np.int16))
    )


# Uniforms


def test_uniforms_are_the_upper_53_bits_and_a_half() -> None:
    ids = np.arange(BLOCK + 100)
    x = words(8, Purpose.TEST, ids).astype(object)
    # Rounded once to the nearest float, as one division of whole numbers is.
    exact = np.array([[(2 * (word >> 11) + 1) / 2**54 for word in row] for row in x])
    np.testing.assert_array_equal(uniforms(8, Purpose.TEST, ids), exact)


def test_extreme_words_stay_inside_the_open_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cipher cannot be asked for a word, so the words are put in its place."""
    planted = np.array([[0], [2**11 - 1], [TOP], [TOP - 2**11]], np.uint64)

    def blocks(*_: object) -> Iterator[tuple[slice, np.ndarray]]:
        yield slice(0, 1), planted.copy()

    monkeypatch.setattr(randomness, "_blocks", blocks)
    drawn = uniforms(0, 0, [0])[:, 0]
    assert np.all((drawn > 0) & (drawn < 1))
    np.testing.assert_array_equal(drawn[:2], 2.0**-54)
    # All bits set would round to 1; it is the largest float below 1 instead.
    assert drawn[2] == np.nextafter(1.0, 0.0)
    assert np.all(np.isfinite(special.ndtri(drawn)))
    assert np.all(np.isfinite(np.log(drawn)))
    assert np.all(np.isfinite(np.log1p(-drawn)))


def chi_square_p(drawn: np.ndarray, bins: int = 256) -> float:
    """Probability of counts at least as uneven as these, if draws are uniform."""
    counts = np.bincount((drawn * bins).astype(int), minlength=bins)
    expected = drawn.size / bins
    return float(special.chdtrc(bins - 1, np.sum((counts - expected) ** 2) / expected))


N = 100_000


@pytest.mark.parametrize("word", range(4))
def test_uniforms_fill_the_interval_evenly(word: int) -> None:
    """Both tails: counts too even would be as wrong.  Fails by chance twice in a million."""
    drawn = uniforms(11, Purpose.TEST, np.arange(N))[word]
    assert 1e-6 < chi_square_p(drawn) < 1 - 1e-6
    # The lower bits too: what is left of the draw after its first 20 bits.
    assert 1e-6 < chi_square_p(drawn * 2**20 % 1) < 1 - 1e-6


@pytest.mark.parametrize(
    "planted",
    [
        lambda u: u**1.06,
        lambda u: np.where(u < 0.01, u + 0.5, u),
        lambda u: np.floor(u * 200) / 200,
        lambda u: (np.arange(u.size) + 0.5) / u.size,
    ],
)
def test_planted_unevenness_is_seen(planted: Callable[[np.ndarray], np.ndarray]) -> None:
    """Drawn and planted faults; the last is too even."""
    assert not 1e-6 < chi_square_p(planted(uniforms(11, Purpose.TEST, np.arange(N))[0])) < 1 - 1e-6


def correlation_in_errors(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation in units of its standard error under independence, 1 / sqrt(n)."""
    return float(np.corrcoef(one, other)[0, 1] * math.sqrt(one.size))


ids_of = np.arange(N)
PAIRS: dict[str, Callable[[], tuple[np.ndarray, np.ndarray]]] = {
    "two purposes": lambda: (uniforms(1, Purpose.PERSON, ids_of)[0], uniforms(1, Purpose.PHOTO, ids_of)[0]),
    "two words of one draw": lambda: tuple(uniforms(1, Purpose.PERSON, ids_of)[:2]),
    "two blocks": lambda: (uniforms(1, Purpose.TEST, ids_of)[0], uniforms(1, Purpose.TEST, ids_of, 0, 1)[0]),
    "two second ids": lambda: (uniforms(1, Purpose.TEST, ids_of, 1)[0], uniforms(1, Purpose.TEST, ids_of, 2)[0]),
    "two seeds": lambda: (uniforms(1, Purpose.TEST, ids_of)[0], uniforms(2, Purpose.TEST, ids_of)[0]),
    "neighbours": lambda: (uniforms(1, Purpose.TEST, ids_of)[0], uniforms(1, Purpose.TEST, ids_of + 1)[0]),
    "person and relative swapped": lambda: (
        uniforms(1, Purpose.KIN, ids_of, ids_of + 7)[0],
        uniforms(1, Purpose.KIN, ids_of + 7, ids_of)[0],
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_two_attributes_of_a_person_are_uncorrelated(name: str) -> None:
    """Each fails by chance once in a million."""
    assert abs(correlation_in_errors(*PAIRS[name]())) < Z_AT_ONE_IN_A_MILLION


def test_planted_correlation_is_seen() -> None:
    """One draw in thirty used for two purposes."""
    one, other = PAIRS["two purposes"]()
    shared = np.where(ids_of % 30 == 0, one, other)
    assert abs(correlation_in_errors(one, shared)) > Z_AT_ONE_IN_A_MILLION


# Purposes


def test_numbers_of_purposes_never_change() -> None:
    assert {purpose.name: purpose.value for purpose in Purpose} == PURPOSES


def test_no_number_has_two_purposes() -> None:
    assert len(set(PURPOSES.values())) == len(PURPOSES) == len(Purpose.__members__)
    assert min(PURPOSES.values()) > 0
