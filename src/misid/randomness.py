"""Draws that belong to whom they are drawn for: the same number for the same person, whoever asks, in whatever order.

Philox4x64-10 (Salmon, Moraes, Dror and Shaw, SC11; known-answer vectors in FORMULAS 21) turns a counter into four
64-bit words without any state.  The counter is (id, second id, block, 0) and the key (seed, purpose), so a run cut into
any number of pieces draws what it would have drawn whole.  The scenario is not in the key: policies share their luck.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum, unique

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange

Words = npt.NDArray[np.uint64]
Uniforms = npt.NDArray[np.float64]

BLOCK = 16_384  # counters at once: all scratch together stays in the processor's second cache
ROUNDS = 10
_MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_SHIFT = np.uint64(11)
_WORD = (1 << 64) - 1


@unique
class Purpose(IntEnum):
    """What a draw is for.  A number, once given, is never given to anything else."""

    TOGETHER = 1  # who is stopped together
    PERSON = 2
    HOUSEHOLD = 3
    ENROLMENT = 4
    KIN = 5
    PHOTO = 6
    PROPENSITY = 7
    NON_MATED = 9
    CANDIDATE = 10
    RECORD = 11
    RECORD_ENTRY = 12
    DOCUMENT = 13
    READER = 14
    RULE = 15
    STRANGER = 16
    JUDGE = 18  # the brute-force search that judges the lazy one
    PLAIN = 19
    TEST = 20
    BYSTANDER = 22
    BOOTSTRAP = 23  # weights of subjects
    SUB_GALLERY = 24  # who is in a random part of a gallery
    PERMUTATION = 25
    WHOLE_GROUPS = 26  # developers or operators, drawn whole
    DEPLOYMENT = 27  # what is not known of a deployment, and its counts
    FOLD = 28  # which developers are left out together
    GROUP_CELLS = 29  # what cells of a group row may be that nobody printed
    PICK = 30  # whom a person accepts from a list of candidates
    FINGERPRINT = 31
    COMPARED_FIRST = 32  # in which order people are compared with each other


def words(seed: int, purpose: int, ids: npt.ArrayLike, second: npt.ArrayLike = 0, block: int = 0) -> Words:
    """Return four 64-bit words for each id.

    Parameters
    ----------
    seed : int
        Of the run, in [0, 2**64).
    purpose : Purpose or int
        What the draw is for, in [0, 2**64).
    ids : array_like of int, shape (n,)
        Whom the draw is for, in [0, 2**64).
    second : int or array_like of int, shape (n,)
        A second id: a relative, a reference, a try.
    block : int
        Which block of four draws.

    Returns
    -------
    ndarray of uint64, shape (4, n)

    Raises
    ------
    OutOfRange
        If a number is no whole number in its range.

    Notes
    -----
    Ids that follow each other are drawn fastest.

    FORMULAS 21: the block of counter (0, 0, 0, 0) under key (0, 0) begins with 0x16554d9eca36314c.
    """
    out = np.empty((4, np.size(ids)), np.uint64)
    for part, drawn in _blocks(seed, purpose, ids, second, block):
        out[:, part] = drawn
    return out


def uniforms(seed: int, purpose: int, ids: npt.ArrayLike, second: npt.ArrayLike = 0, block: int = 0) -> Uniforms:
    """Return four uniform draws for each id, in the open interval (0, 1).

    Parameters
    ----------
    seed, purpose, ids, second, block
        As `words`.

    Returns
    -------
    ndarray of float64, shape (4, n)
        ``((x >> 11) + 0.5) * 2**-53``; never 0 and never 1.
    """
    out = np.empty((4, np.size(ids)), np.float64)
    for part, drawn in _blocks(seed, purpose, ids, second, block):
        np.right_shift(drawn, _SHIFT, out=drawn)
        # 2**53 - 0.5 has no float of its own and would round to 1.
        np.minimum(np.add(drawn, 0.5, out=out[:, part]), 2.0**53 - 1.0, out=out[:, part])
        np.multiply(out[:, part], 2.0**-53, out=out[:, part])
    return out


def _blocks(
    seed: int, purpose: int, ids: npt.ArrayLike, second: npt.ArrayLike, block: int
) -> Iterator[tuple[slice, Words]]:
    """Yield pieces of the ids with their words, shape (4, piece); the words live until the next piece is drawn."""
    key = _word("seed", seed), _word("purpose", int(purpose))
    block = _word("block", block)
    first, other = _ids("ids", ids), _ids("second", second)
    pairs = np.broadcast_to(other, first.shape)
    room = np.empty((11, min(BLOCK, first.size)), np.uint64)
    for start in range(0, first.size, BLOCK):
        part = slice(start, min(start + BLOCK, first.size))
        here = room[:, : part.stop - start]
        if other.size == 1 and _consecutive(first[part]):
            # NumPy's own generator counts up from where it is put, six times faster; it counts before it draws.
            counter = int(first[start]) + (int(other[0]) << 64) + (block << 128) - 1
            stream = np.random.Philox(counter=counter % (1 << 256), key=key[0] + (key[1] << 64))
            here[:4] = stream.random_raw(4 * here.shape[1]).reshape(-1, 4).T
        else:
            _rounds(first[part], pairs[part], block, key, here[:4], here[4:])
        yield part, here[:4]


def _consecutive(ids: Words) -> bool:
    return int(ids[-1]) - int(ids[0]) == ids.size - 1 and bool((ids[1:] - ids[:-1] == 1).all())


def _word(name: str, value: int) -> int:
    if not 0 <= value <= _WORD:
        raise OutOfRange(name, value, "0 to 2**64 - 1")
    return int(value)


def _ids(name: str, ids: npt.ArrayLike) -> Words:
    found = np.asarray(ids)
    if found.dtype.kind not in "iu" and found.size:
        raise OutOfRange(name, str(found.dtype), "whole numbers")
    if found.dtype.kind == "i" and found.size and found.min() < 0:
        raise OutOfRange(name, int(found.min()), "0 to 2**64 - 1")
    return np.ascontiguousarray(found, dtype=np.uint64).reshape(-1)


def _rounds(first: Words, second: Words, block: int, key: tuple[int, int], out: Words, scratch: Words) -> None:
    """Fill ``out``, shape (4, n), with the cipher of the counters; ``scratch`` has shape (7, n)."""
    a, b, c, d = out
    a[:], b[:], c[:], d[:] = first, second, np.uint64(block), np.uint64(0)
    high0, low0, high1, low1 = scratch[:4]
    for turn in range(ROUNDS):
        k0, k1 = (np.uint64((part + turn * weyl) & _WORD) for part, weyl in zip(key, _WEYL, strict=True))
        _multiply(_MULTIPLIERS[0], a, high0, low0, scratch[4:])
        _multiply(_MULTIPLIERS[1], c, high1, low1, scratch[4:])
        np.bitwise_xor(high1, k0, out=a)
        np.bitwise_xor(a, b, out=a)
        np.bitwise_xor(high0, k1, out=c)
        np.bitwise_xor(c, d, out=c)
        # The lower halves become b and d; their arrays become the scratch of the next round.
        b, low1 = low1, b
        d, low0 = low0, d


def _multiply(constant: int, x: Words, high: Words, low: Words, scratch: Words) -> None:
    """Write the upper and lower 64 bits of ``constant * x``, by halves of 32 bits."""
    top, bottom = np.uint64(constant >> 32), np.uint64(constant & 0xFFFFFFFF)
    lower, middle, carry = scratch
    np.bitwise_and(x, _MASK, out=lower)
    np.right_shift(x, _HALF, out=high)
    np.multiply(lower, bottom, out=carry)
    np.right_shift(carry, _HALF, out=carry)
    np.multiply(lower, top, out=middle)
    np.add(middle, carry, out=middle)
    np.multiply(high, bottom, out=lower)
    np.bitwise_and(middle, _MASK, out=carry)
    np.add(lower, carry, out=lower)
    np.right_shift(lower, _HALF, out=lower)
    np.right_shift(middle, _HALF, out=middle)
    np.multiply(high, top, out=high)
    np.add(high, middle, out=high)
    np.add(high, lower, out=high)
    np.multiply(x, np.uint64(constant), out=low)
