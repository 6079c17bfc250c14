"""From columns of numbers to comparisons: failures set apart, and everything noteworthy said."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Codes, Comparisons, Flags, People, Scores, Side
from misid.evaluation.ingest.faults import Problems, number
from misid.statistics import Array

TIES_SHARE = 0.01  # of scores equal to another; more than that is said
CHANCE = 4.0  # standard errors (of equal scores on both sides) by which mated ones must lie below to be mentioned
COSINE_SLACK = 1e-4  # rounding carries a cosine this far above 1, not further


@dataclass
class Notes:
    """What was taken for granted.

    Parameters
    ----------
    assumed : list of str
        A sentence each.
    caveats : list of str
        Codes of `misid.vocabulary.CAVEATS`, each once.
    """

    assumed: list[str] = field(default_factory=list)
    caveats: list[str] = field(default_factory=list)

    def say(self, sentence: str, caveat: str = "") -> None:
        """Add a sentence, and a caveat if it has one."""
        self.assumed.append(sentence)
        if caveat and caveat not in self.caveats:
            self.caveats.append(caveat)


@dataclass(frozen=True, eq=False)
class Raw:
    """Comparisons as a file has them.

    Parameters
    ----------
    score : ndarray of float64, shape (n,)
        As the file has them, NaN for a failure.
    mated : ndarray of bool, shape (n,)
        Whether both are of one subject.
    probe, reference : ndarray of int, shape (n,), optional
        Subjects, from 0; None where the file names nobody.
    search : ndarray of int, shape (n,), optional
        Probe sample, from 0.
    subjects : int
        Subjects on either side; 0 where the file names nobody.
    """

    score: Array
    mated: Flags
    probe: npt.NDArray[np.integer] | None = None
    reference: npt.NDArray[np.integer] | None = None
    search: npt.NDArray[np.integer] | None = None
    subjects: int = 0


def finite(score: Array, problems: Problems, lined: bool = True) -> None:
    """Note every score that is infinite, in the file or once it is rounded to single precision.

    Parameters
    ----------
    score : ndarray of float64, shape (n,)
        Scores.
    problems : Problems
        Takes the faults.
    lined : bool
        Whether score k stands on line k, counted from 1.
    """
    with np.errstate(over="ignore"):
        infinite = np.isinf(score.astype(np.float32))
    bad = np.flatnonzero(infinite)
    told = bad[: problems.room if lined else 1].tolist()
    for row in told:
        value = float(score[row])
        what = (
            f"the score is {value:g}" if np.isinf(value) else f"the score {value:g} is too large for single precision"
        )
        problems.add(what, "give a finite score, or nan where there is none", row + 1 if lined else 0)
    problems.count(bad.size - len(told))


def assemble(raw: Raw, distance: bool, problems: Problems, notes: Notes) -> Comparisons:
    """Split comparisons into mated and non-mated, and look for what is wrong or worth saying.

    Parameters
    ----------
    raw : Raw
        Comparisons, no infinite score among them.
    distance : bool
        Whether a lower score is more alike.
    problems : Problems
        Takes faults.
    notes : Notes
        Takes sentences and caveats.

    Returns
    -------
    Comparisons
        Scores as similarities, float32.

    Raises
    ------
    InvalidInput
        If there are no mated or no non-mated comparisons, one subject alone, no score at all on a side, or one score
        throughout; and for every fault noted before.
    """
    notes.say(
        "Scores are distances: the lower, the more alike. They are turned into similarities by their sign."
        if distance
        else "Higher scores are taken to be more alike.",
        "distances" if distance else "",
    )
    score = raw.score if not distance else 0.0 - raw.score
    failed = np.isnan(score)
    _complete(raw, failed, problems)
    problems.raise_if_any()
    sides = [_side(raw, score, failed, mated) for mated in (True, False)]
    comparisons = Comparisons(sides[0], sides[1], People(raw.subjects) if raw.subjects else None)
    _constant(comparisons, problems)
    problems.raise_if_any()
    _remark(score[~failed], comparisons, distance, notes)
    return comparisons


def _complete(raw: Raw, failed: Flags, problems: Problems) -> None:
    """Both kinds of comparison, of several people, with scores."""
    if raw.subjects == 1:
        problems.add("all comparisons are of one subject", "give comparisons of several subjects")
        return
    for mated, name, way in (
        (True, "mated", "a miss rate needs comparisons of a subject with the same subject"),
        (False, "non-mated", "a false match rate needs comparisons of different subjects"),
    ):
        of_side = raw.mated == mated
        if not of_side.any():
            problems.add(f"there are no {name} comparisons", way)
        elif failed[of_side].all():
            problems.add(f"none of the {number(int(of_side.sum()), f'{name} comparison')} has a score", way)


def _side(raw: Raw, score: Array, failed: Flags, mated: bool) -> Side:
    of_side = raw.mated == mated
    kept, lost = of_side & ~failed, of_side & failed

    def pick(column: npt.NDArray[np.integer] | None, rows: Flags) -> Codes | None:
        return None if column is None else column[rows].astype(np.int32)

    scores: Scores = score[kept].astype(np.float32)
    return Side(
        scores,
        pick(raw.probe, kept),
        pick(raw.reference, kept),
        pick(raw.search, kept),
        int(lost.sum()),
        pick(raw.probe, lost),
    )


def _constant(comparisons: Comparisons, problems: Problems) -> None:
    mated, other = comparisons.mated.score, comparisons.non_mated.score
    low, high = min(mated.min(), other.min()), max(mated.max(), other.max())
    if low == high:
        problems.add(f"every score is {low:g}", "is this the column of scores?")


def _remark(score: Array, comparisons: Comparisons, distance: bool, notes: Notes) -> None:
    mated, other = comparisons.mated, comparisons.non_mated
    if mated.failed or other.failed:
        notes.say(
            f"{number(mated.failed + other.failed, 'comparison')} without a score (NaN): {mated.failed:,} mated and "
            f"{other.failed:,} non-mated. They are taken as failures to acquire or to enrol, and counted.",
            "failures_counted",
        )
    if comparisons.people is None:
        notes.say("The file names no subjects, so comparisons are taken as independent.", "no_subject_labels")
    score.sort()
    ties_of(score, notes)
    top = score[-1]
    if 1 < top <= 1 + COSINE_SLACK and score[0] >= -1 - COSINE_SLACK:
        above = int(score.size - np.searchsorted(score, 1.0, "right"))
        notes.say(f"{number(above, 'score')} above 1, by rounding it seems (the highest is {top:.9g}): kept as found.")
    area = area_under(mated.score, other.score)
    if area < 0.5 - CHANCE * np.sqrt((1 / mated.score.size + 1 / other.score.size) / 12):
        way = "leave --dissimilarity out" if distance else "--dissimilarity"
        notes.say(
            f"Mated scores lie below non-mated ones (a mated score is the higher one in {100 * area:.1f}% of pairs): "
            f"are {'these similarities' if distance else 'these distances'}? Then {way}."
        )


def ties_of(ordered: Array, notes: Notes) -> None:
    """Say how many scores are equal to another, in the file or once they are rounded to single precision.

    Parameters
    ----------
    ordered : ndarray of float64, shape (n,)
        Scores in ascending order, no NaN.
    notes : Notes
        Takes the sentence and the caveat.
    """
    file, rounded = _tied(ordered), _tied(ordered.astype(np.float32))
    if rounded > TIES_SHARE * ordered.size:
        notes.say(f"{100 * rounded / ordered.size:.1f}% of scores are equal to another one.", "ties")
    if rounded - file > TIES_SHARE * ordered.size:
        notes.say(f"{number(rounded - file, 'score')} became equal to another by rounding to single precision.")


def _tied(ordered: npt.NDArray[np.floating]) -> int:
    equal = ordered[1:] == ordered[:-1]
    if not equal.size:
        return 0
    return int(equal.sum() + equal[0] + (equal[1:] & ~equal[:-1]).sum())


def area_under(mated: Scores, other: Scores) -> float:
    """Return how often a mated score is above a non-mated one, ties as one half.

    Parameters
    ----------
    mated, other : ndarray of float32
        Scores.

    Returns
    -------
    float
        0 to 1; area under the curve of true against false matches.
    """
    ordered = np.sort(other)
    below = np.searchsorted(ordered, mated, "left").sum(dtype=np.int64)
    not_above = np.searchsorted(ordered, mated, "right").sum(dtype=np.int64)
    return float((below + not_above) / (2.0 * mated.size * other.size))
