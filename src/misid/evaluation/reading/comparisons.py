"""From columns of numbers to comparisons: failures set apart, what is odd noted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Codes, Comparisons, Flags, People, ReadOptions, SampleKeys, Scores, Side
from misid.evaluation.reading.content import FileContent
from misid.evaluation.reading.faults import Problems, count_of
from misid.evaluation.reading.people import with_groups
from misid.evaluation.reading.read import Reading
from misid.evaluation.reading.scale import AS_READ, ScoreScale, scale_of
from misid.evaluation.reading.sentinels import decide_sentinels, ends_of
from misid.evaluation.reading.tables import ComparisonCounts
from misid.statistics import Array
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import grouped
from misid.vocabulary.numbers import score as score_as_read

TIES_SHARE = 0.01  # of scores equal to another; more are noted
# Mated scores lie below non-mated ones by more than chance, in standard errors of equal scores on both sides, or in so
# many more than half of the pairs.
CHANCE, CLEARLY = 4.0, 0.25
USEFUL = 0.7  # how often a mated score is above a non-mated one, of an algorithm that is of any use
MOSTLY = 0.95  # of samples score highest with themselves, at least
COSINE_SLACK = 1e-4  # rounding carries a cosine this far above 1, not further

Integers = npt.NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class RawComparisons:
    """Comparisons as a file has them, one element each: scores are NaN for a failure, subjects are numbers from 0."""

    score: Array
    mated: Flags
    probe: Integers | None = None  # None where the file names nobody
    reference: Integers | None = None
    search: Integers | None = None  # probe sample, from 0; None where samples cannot be distinguished
    subjects: int = 0  # on either side; 0 where the file names nobody
    # Samples, by numbers of `Reading.samples`; None where the file names none, or nobody joins them.
    probe_sample: Codes | None = None
    reference_sample: Codes | None = None


def check_finite(score: Array, problems: Problems, lined: bool = True) -> None:
    """Note every score that is infinite, in the file or in single precision; not ``lined``, one and how many more."""

    def what(row: int) -> str:
        value = score[row]
        return (
            f"the score is {value:g}" if np.isinf(value) else f"the score {value:g} is too large for single precision"
        )

    fix = "give a finite score, or nan where there is none"
    with np.errstate(over="ignore"):
        infinite = np.flatnonzero(np.isinf(score.astype(np.float32)))
    problems.add_rows(infinite, what, fix, first_line=1 if lined else None)


def assemble(
    raw: RawComparisons,
    content: FileContent,
    reading: Reading,
    distance: bool = False,
    lined: bool = True,
    otherwise: str = "",
    named_by_table: bool = False,
) -> Comparisons:
    """Split comparisons into mated and non-mated; refuse what is wrong, and say what is odd about them.

    ``distance`` says that the file calls its scores distances, ``lined`` that score k, from 0, stands on line k + 1;
    ``otherwise`` is what else it could be where mated scores lie below the others; ``named_by_table`` that subjects are
    known by the table of subjects, which then need not hold groups.
    """
    problems, options = content.problems, reading.options
    distance = is_distance(distance, options)
    if not problems:
        raw = _without_sentinels(raw, distance, reading, problems)
    if not problems:
        check_finite(raw.score, problems, lined)
    note_direction(distance, reading)
    rising = np.sort(raw.score[np.isfinite(raw.score)])
    scale = AS_READ if problems else note_scale(rising, reading)
    score = scale.apply(raw.score)
    score = score if not distance else 0.0 - score
    failed = np.isnan(score)
    ordered = scale.apply(rising)
    ordered = ordered if not distance else 0.0 - ordered[::-1]
    tried = ComparisonCounts(*(int((raw.mated == m)[failed == f].sum()) for f in (False, True) for m in (True, False)))
    if raw.subjects == 1:
        problems.add("all comparisons are of one subject", "give comparisons of several subjects")
    else:
        check_tried(tried, problems)
    problems.raise_if_any()
    check_varied(np.float32(ordered[0]), np.float32(ordered[-1]), problems)
    problems.raise_if_any()
    sides = [_side(raw, score, failed, mated, reading) for mated in (True, False)]
    pairs = Comparisons(sides[0], sides[1], People(raw.subjects) if raw.subjects else None)
    note_failures(tried, reading, "NaN")
    if pairs.people is None:
        note_no_subjects(reading)
    area = note_scores(pairs, ordered, distance, reading, problems, otherwise)
    ask_about_numberings(pairs, area, reading, problems)
    if reading.options.groups or (reading.options.subjects and not named_by_table):
        pairs = with_groups(pairs, problems, reading)
    return pairs


def is_distance(distance: bool, options: ReadOptions) -> bool:
    """Tell whether scores are distances: as the file has it, unless the user says otherwise."""
    return (distance and not options.similarity) or options.dissimilarity


def note_direction(distance: bool, reading: Reading) -> None:
    """Say which scores are more alike."""
    reading.note(
        say("reading.distances" if distance else "reading.similarities"),
        "distances" if distance else "",
    )


def _without_sentinels(raw: RawComparisons, distance: bool, reading: Reading, problems: Problems) -> RawComparisons:
    """Write NaN where a score stands for a failure."""
    ends = ends_of(raw.score[np.isfinite(raw.score)], distance)
    failed, notes = decide_sentinels(ends, reading.options, distance, problems)
    reading.assumed += notes
    return replace(raw, score=np.where(np.isin(raw.score, failed), np.nan, raw.score)) if failed else raw


def note_scale(rising: Array, reading: Reading) -> ScoreScale:
    """Return the scale on which scores, in rising order here, are held, and say it where it is not the file's."""
    reading.scale = scale_of(rising)
    if reading.scale.words:
        reading.note(reading.scale.words)
    return reading.scale


def check_tried(tried: ComparisonCounts, problems: Problems) -> None:
    """Note a fault where there are no mated or no non-mated comparisons, or none of them has a score."""
    for kind, scored, failed, way in (
        ("mated", tried.mated, tried.failed_mated, "a miss rate needs comparisons of a subject with the same subject"),
        ("non-mated", tried.non_mated, tried.failed_non_mated, "a false match rate needs different subjects"),
    ):
        if not scored + failed:
            problems.add(f"there are no {kind} comparisons", way)
        elif not scored:
            problems.add(f"none of the {count_of(failed, f'{kind} comparison')} has a score", way)


def check_varied(low: float | np.floating | None, high: float | np.floating | None, problems: Problems) -> None:
    """Note a fault where the lowest score is the highest."""
    if low is not None and low == high:
        problems.add(f"every score is {low:g}", "is this the column of scores?")


def _side(raw: RawComparisons, score: Array, failed: Flags, mated: bool, reading: Reading) -> Side:
    of_side = raw.mated == mated
    kept, lost = of_side & ~failed, of_side & failed

    def pick(column: Integers | None, rows: Flags) -> Codes | None:
        return None if column is None else column[rows].astype(np.int32)

    scores: Scores = score[kept].astype(np.float32)
    probe, reference, search = (pick(column, kept) for column in (raw.probe, raw.reference, raw.search))
    samples = None
    if reading.samples is not None:
        rows = np.concatenate([np.flatnonzero(kept), np.flatnonzero(lost)]).astype(np.int32)
        own, other = (None if one is None else one[rows] for one in (raw.probe_sample, raw.reference_sample))
        samples = SampleKeys(rows, own, other, pick(raw.reference, lost), reading.pseudonyms.asked)
    return Side(scores, probe, reference, search, int(lost.sum()), pick(raw.probe, lost), samples)


def note_no_subjects(reading: Reading) -> None:
    """Say that nobody is named."""
    reading.note(say("reading.no_subjects"), "no_subject_labels")


def note_failures(tried: ComparisonCounts, reading: Reading, written: str) -> None:
    """Say how many comparisons have no score, and how that is written in the file."""
    if failed := tried.failed_mated + tried.failed_non_mated:
        of = {"mated": int(tried.failed_mated), "others": int(tried.failed_non_mated)}
        reading.note(say("reading.failures", n=int(failed), written=written, **of), "failures_counted")


def contradiction(yes: int, no: int, by_names: int, by_label: int) -> tuple[str, str]:
    """Return what names and labels do not agree on, and what to do: how many comparisons each calls mated.

    ``yes`` are labelled as mated and have two names, ``no`` are of one name and labelled otherwise.
    """
    what = f"where the label says otherwise than the names ({yes:,} of two names are mated, {no:,} of one are not)"
    return what, (
        f"two numberings, or wrong labels? --mated-by names takes {by_names:,} for mated and passes the label over, "
        f"--mated-by label takes {by_label:,}, and names for those of samples"
    )


def ask_about_numberings(pairs: Comparisons, area: float, reading: Reading, problems: Problems) -> None:
    """Ask whether one name on both sides is one person where such comparisons score like all others.

    ``area`` is how often a mated score is above a non-mated one.  Of an algorithm for which it is `USEFUL` one in
    30,000 files is asked about.
    """
    mated = pairs.mated.score.size
    error = CHANCE * (12.0 * max(mated, 1)) ** -0.5
    if not reading.by_names or reading.options.mated_by or not min(0.5 - error, 1.0 - USEFUL) < area < USEFUL - error:
        return
    problems.refuse(
        f"the {mated:,} comparisons of one name score like those of two (the higher one in {100 * area:.0f}% of pairs)",
        "are probes and references numbered apart? Give a column mated and --mated-by label; if a name is one person, "
        "give --mated-by names",
    )


def note_scores(
    pairs: Comparisons, ordered: Array, distance: bool, reading: Reading, problems: Problems, otherwise: str = ""
) -> float:
    """Say what is odd about scores, also in ascending order as ``ordered``: ties, cosines above 1, distances.

    Where nearly all mated scores lie below the others, and nobody said how scores or labels are meant, it is asked.
    How often a mated score is above a non-mated one, ties as one half, is returned.
    """
    held = ordered.astype(np.float32)
    tied, rounded = _tied(ordered), _tied(held)
    if rounded > TIES_SHARE * ordered.size:
        reading.note(say("reading.ties", share=grouped(100 * rounded / ordered.size, 1)), "ties")
    if rounded - tied > TIES_SHARE * ordered.size:
        reading.note(say("reading.rounded", n=rounded - tied))
    top = ordered[-1]
    if 1 < top <= 1 + COSINE_SLACK and ordered[0] >= -1 - COSINE_SLACK:
        above = int(ordered.size - np.searchsorted(ordered, 1.0, "right"))
        reading.note(say("reading.above_one", n=above, x=score_as_read(top, most=9)))
    return note_turned(pairs, held, distance, reading, problems, otherwise)


def note_turned(
    pairs: Comparisons, held: Scores, distance: bool, reading: Reading, problems: Problems, otherwise: str = ""
) -> float:
    """Do what `note_scores` does about how often a mated score is above a non-mated one; ``held`` are all, rising."""
    mated, other = pairs.mated.score, pairs.non_mated.score
    area = _area_under(mated, held)
    chance = CHANCE * np.sqrt((1 / mated.size + 1 / other.size) / 12)
    if area < 0.5 - min(chance, CLEARLY):
        these = "distances" if not distance else "similarities" if reading.options.dissimilarity else "called_distances"
        words, options = say(f"reading.turned.{these}", share=grouped(100 * area, 1)) + otherwise, reading.options
        if area < 0.5 - max(chance, CLEARLY) and not (options.dissimilarity or options.similarity or options.labels):
            as_it_is = "--dissimilarity" if distance else "--similarity"
            problems.refuse(words.removesuffix("."), f"if all is right as it stands, {as_it_is}")
        reading.note(words)
    return area


def reversed_words(reading: Reading) -> str:
    """Say that labels may be reversed, where they were not said to be."""
    return "" if reading.options.labels else f" {say('reading.turned.labels')}"


def _tied(ordered: npt.NDArray[np.floating]) -> int:
    equal = ordered[1:] == ordered[:-1]
    if not equal.size:
        return 0
    return int(equal.sum() + equal[0] + (equal[1:] & ~equal[:-1]).sum())


def _area_under(mated: Scores, ordered: Scores) -> float:
    """Return how often a mated score is above a non-mated one, ties as one half; ``ordered`` are both together."""
    scores = np.sort(mated)
    below = np.searchsorted(ordered, scores, "left").sum(dtype=np.int64)
    not_above = np.searchsorted(ordered, scores, "right").sum(dtype=np.int64)
    # Among themselves, of each two one is below and one not above, and each is not above itself.
    return float((below + not_above - mated.size**2) / (2.0 * mated.size * (ordered.size - mated.size)))


def compared_with_themselves(itself: Flags, probe: Integers, score: Array, mated: Flags) -> bool:
    """Tell whether comparisons of one name with the same are of a sample with itself, rather than of two with one name.

    Then the score is the probe's highest, nearly always, and mates are left without them.  ``probe`` is the probe
    sample of each comparison; ``score`` is higher where more alike.
    """
    if int(itself.sum()) < 2 or not (mated & ~itself).any():
        return False
    best = np.full(int(probe.max()) + 1, -np.inf)
    np.maximum.at(best, probe[~itself], score[~itself])
    return bool(np.mean(score[itself] >= best[probe[itself]]) >= MOSTLY)
