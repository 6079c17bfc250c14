"""Comparisons that stand there twice: as they are, with the two sides changed over, or with another score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import REPEATS, Flags
from misid.evaluation.reading.faults import Problems, count_of
from misid.statistics import Array
from misid.vocabulary.catalogue import say

if TYPE_CHECKING:
    from misid.evaluation.reading.read import Reading

FIRST, ALL = REPEATS
SLACK = 1e-3  # of the largest score: rounding of products, and of text to a few digits
MOSTLY, FEWEST = 0.95, 10  # of comparisons in both orders, and comparisons, with the same score: one set of samples
SELDOM = 0.5  # with fewer the two orders are of different samples, if names may be of two sets
# Rows with the subjects and the score of another: times as many as chance makes, standard errors, and part of all rows.
BEYOND, ERRORS, PART = 5.0, 5.0, 0.005
WAY = f"--repeats {FIRST} counts the first of each, --repeats {ALL} counts every one"

Keys = npt.NDArray[np.uint64]


def repeated(keys: Keys) -> Keys:
    """Return the keys that stand there more than once, sorted; the array itself is sorted, too."""
    keys.sort()
    again = keys[1:] == keys[:-1]
    return np.unique(keys[1:][again])


def kept_of_samples(
    one: npt.NDArray[np.integer],
    other: npt.NDArray[np.integer],
    score: Array,
    reading: Reading,
    problems: Problems,
    one_set: bool | None = None,
) -> Flags:
    """Tell which comparisons of two samples, by number, count: each two once; see `left_out`.

    Where ``one_set`` is false the numbers of the two sides are of different samples.
    """
    turned = None if one_set is False else one > other
    out, _ = left_out(pair_of(one, other, turned), turned, score, reading, problems, one_set)
    return ~out


def kept_of_subjects(
    one: npt.NDArray[np.integer],
    other: npt.NDArray[np.integer],
    score: Array,
    mated: Flags,
    reading: Reading,
    problems: Problems,
    turned: bool = True,
) -> Flags:
    """Tell which comparisons of two subjects count: all, unless more repeat a score than chance makes; then ask.

    ``turned`` says that the two sides may be changed over: numbers are of subjects on both.
    """
    pair = pair_of(one, other, one > other if turned else None)
    kept = np.ones(pair.size, np.bool_)
    if reading.options.repeats != ALL and ask_about_subjects(pair, score, mated, reading, problems):
        value = np.unique(score, return_inverse=True)[1]
        kept = ~_later(pair_of(np.unique(pair, return_inverse=True)[1], value))[0]
        reading.note(say("reading.repeats.asked", n=int((~kept).sum())))
    return kept


def pair_of(one: npt.NDArray[np.integer], other: npt.NDArray[np.integer], turned: Flags | None = None) -> Keys:
    """Return a key for each two numbers, none of them negative; the same in both orders where ``turned`` says which."""
    low, high = (one, other) if turned is None else (np.minimum(one, other), np.maximum(one, other))
    return low.astype(np.uint64) << np.uint64(32) | high.astype(np.uint64)


def left_out(
    pair: Keys, turned: Flags | None, score: Array, reading: Reading, problems: Problems, one_set: bool | None = None
) -> tuple[Flags, bool]:
    """Decide which comparisons of two samples are not counted, since the two were compared before; say so, or ask.

    Parameters
    ----------
    pair, turned : ndarray
        Key of the two samples of each comparison, in the order of the file, and whether they stand in one order or in
        the other; None where samples of the two sides are not the same.
    score : ndarray of float
        NaN for a failure.
    reading, problems
        Take what is decided, and what has to be asked.
    one_set : bool, optional
        Whether a name on one side is that sample on the other; None if scores have to tell.

    Returns
    -------
    ndarray of bool, bool
        What is left out, and whether scores in both orders show that a name is one sample on both sides.
    """
    none, asked = np.zeros(pair.size, np.bool_), reading.options.repeats
    later, first = _later(pair)
    same = _alike(score, score[first])
    back = none if turned is None else later & (turned != turned[first])
    both = int(back.sum())
    back_alike = int((back & same).sum())
    if both and not one_set and back_alike < SELDOM * both:
        assert turned is not None
        return left_out(np.where(turned, ~pair, pair), None, score, reading, problems)
    symmetric = both >= FEWEST and back_alike >= MOSTLY * both
    if asked == ALL or not later.any():
        return none, symmetric
    if asked == FIRST:
        reading.note(say("reading.repeats.asked", n=int(later.sum())))
        return later, symmetric
    if others := int((later & ~same).sum()):
        alike = f"({int(later.sum()) - others:,} more with the same score)"
        what = f"{count_of(others, 'comparison')} of two samples that were compared before, with another score {alike}"
        problems.add(what, f"two runs, or an order that matters? {WAY}")
        return none, symmetric
    for kind, n in (("turned", both), ("same", int(later.sum()) - both)):
        if n:
            reading.note(say(f"reading.repeats.{kind}", n=n))
    return later, symmetric


def ask_about_subjects(pair: Keys, score: Array, mated: Flags, reading: Reading, problems: Problems) -> bool:
    """Tell whether more comparisons repeat two subjects and a score than chance makes; ask whether each counts.

    Two people may be compared many times, so that only scores tell.  ``pair`` is the key of the two subjects.
    """
    known = ~np.isnan(score)
    pair, score, mated = pair[known], score[known], mated[known]
    again, chance = 0, 0.0
    for of in (mated, ~mated):
        value = np.unique(score[of], return_inverse=True)[1]
        times = np.bincount(value).astype(np.float64)
        each = np.unique(pair[of], return_inverse=True)[1]
        within = np.bincount(each).astype(np.float64)
        total = float(of.sum())
        again += int(total) - np.unique(each * np.int64(max(times.size, 1)) + value).size
        if total > 1:
            chance += float((times * (times - 1)).sum() / (total * (total - 1)) * (within * (within - 1)).sum() / 2)
    if again < max(FEWEST, PART * score.size) or again < BEYOND * chance + ERRORS * np.sqrt(chance):
        return False
    if not reading.options.repeats:
        rows = f"{count_of(again, 'row')} of {score.size:,} with the two subjects and the score of another"
        problems.add(f"{rows}, where chance makes {chance:,.0f}", f"does the file hold comparisons twice? {WAY}")
    return True


def _later(pair: Keys) -> tuple[Flags, npt.NDArray[np.int64]]:
    """Return which keys stood there before, and where each stood first."""
    order = np.argsort(pair, kind="stable")
    new = np.r_[True, pair[order][1:] != pair[order][:-1]][: pair.size]
    first = np.empty(pair.size, np.int64)
    first[order] = order[np.maximum.accumulate(np.where(new, np.arange(pair.size), 0))]
    return first != np.arange(pair.size), first


def _alike(one: Array, other: Array) -> Flags:
    finite = np.abs(one[np.isfinite(one)])
    slack = SLACK * float(finite.max(initial=0.0))
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(one - other) <= slack) | (np.isnan(one) & np.isnan(other)), np.bool_)
