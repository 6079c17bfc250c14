"""Scores that are none: a number that a program writes where a comparison failed; decided before anything is counted.

A repeated distance below 0, the largest numbers of a type, and one value repeated at an end, further from all others
than they lie apart, are failures.  One that is repeated and somewhat apart is asked about.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import NO_FAILURE, ReadOptions
from misid.evaluation.reading.faults import Problems, count_of
from misid.vocabulary.catalogue import say

# Why a score may stand for a failure, where it is asked.
WHY = {
    "largest": "it is the largest number of its type",
    "below_0": "a distance is never below 0",
    "further": "it is further from all others than they lie apart",
}
LARGEST = (float(np.finfo(np.float32).max), float(np.finfo(np.float64).max))
REPEATED = 3  # times, at least
# Times the range of all other scores: a failure, or perhaps one; at the end where mated scores may crowd, perhaps one.
APART, SOMEWHAT, FAR = 1.0, 0.25, 10.0
NEAR = 0.05  # the same for a whole number where the next score is none
CLIPPED, FEWEST = 0.1, 50  # the same for a 0 among so many scores with fractions: others that are clipped lie near
HUGE = 1e9
COMMON = 0.25  # of all scores; a value that is more common is an ordinary one, unless it lies far apart
RARE = 0.1  # of all scores; what is more common may be what a matcher writes below its threshold


@dataclass(frozen=True)
class End:
    """The lowest or the highest score of a file."""

    value: float
    times: int
    next: float  # the score nearest to it; itself if there is no other
    others: float  # how far all others lie apart
    share: float  # of all scores
    alike: bool  # whether it is the end of scores that are more alike


def ends_of(score: npt.NDArray[np.float64], distance: bool) -> list[End]:
    """Return both ends of scores, all of them finite."""
    if not score.size:
        return []
    found = []
    for high, end in ((False, np.min), (True, np.max)):
        value = float(end(score))
        rest = score[score != value]
        times = score.size - rest.size
        near, others = (float(end(rest)), float(rest.max()) - float(rest.min())) if rest.size else (value, 0.0)
        found.append(End(value, times, near, others, times / score.size, high != distance))
    return found


def _odd(end: End) -> bool:
    # Scores are often clipped at 0.
    return end.value != 0.0 and end.value.is_integer() and not end.next.is_integer()


def _lone(end: End) -> bool:
    """Tell whether a value may be a failure that happened once or twice: a whole number, as programs write it."""
    return end.others > 0.0 and end.value.is_integer() and abs(end.value) < HUGE


def _near(end: End) -> float:
    """Return from what part of the range of all others on a value may be a failure."""
    if end.alike:
        return FAR
    clipped = end.value == 0.0 and not end.next.is_integer() and end.times >= FEWEST * end.share
    return CLIPPED if clipped else NEAR if _odd(end) else SOMEWHAT


def decide_sentinels(
    ends: list[End], options: ReadOptions, distance: bool, problems: Problems
) -> tuple[tuple[float, ...], list[str]]:
    """Decide which scores are failures, and say so.

    Parameters
    ----------
    ends : list of End
        Lowest and highest score of the file, as it has them.
    options : ReadOptions
        What the user said about failures.
    distance : bool
        Whether lower scores are more alike.
    problems : Problems
        Takes a fault where two readings are plausible and nobody said which.

    Returns
    -------
    tuple of float, list of str
        The values, and what was decided, a sentence each.
    """
    if options.failed_scores:
        given = tuple(float(one) for one in options.failed_scores if one != NO_FAILURE)
        return given, [say("reading.sentinel.asked", x=f"{one:g}") for one in given]
    values, notes = [], []
    for end in ends:
        gap = abs(end.next - end.value)
        reason, far = "", f"the next one is {end.next:.6g}"
        ask = False
        repeated = end.times >= REPEATED and end.others > 0.0
        if any(abs(abs(end.value) - most) <= 1e-6 * most for most in LARGEST):
            reason = "largest"
        elif distance and end.value < 0.0 <= end.next:
            reason, ask = "below_0", end.times < REPEATED
        elif repeated and gap > APART * end.others and not end.alike:
            reason, ask = "further", end.share > RARE
        elif (repeated and (end.alike or end.share < COMMON) and gap > _near(end) * end.others) or (
            _lone(end) and gap > FAR * end.others
        ):
            reason, ask = "far", True
        if ask:
            problems.add(
                f"{count_of(end.times, 'score')} of {end.value:g}: {WHY.get(reason, far)}",
                f"is that a failure? Give --failed-score={end.value:g}, or --failed-score={NO_FAILURE} if it is a "
                "score",
            )
        elif reason:
            values.append(end.value)
            notes.append(say(f"reading.sentinel.{reason}", n=end.times, x=f"{end.value:g}", none=NO_FAILURE))
    return tuple(values), notes
