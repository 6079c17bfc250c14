"""What an evaluation works on, once it is read: numbers without names.

Scores are similarities here, whatever the file held: a distance is negated when it is read.  A subject is a number
from 0, in the order in which subjects first occur in the data; what the file called them is gone (`Pseudonyms`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange, UnknownName
from misid.quantities import MeasuredHere

if TYPE_CHECKING:
    from misid.search import Hits
    from misid.storage import Executor

Scores = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

NO_GROUP = -1
# What options of reading may say.
SPELLINGS, ARRAYS, NO_FAILURE = ("exact", "alike"), ("scores", "templates"), "none"
REVERSED = "reversed"
UNSCORED = ("failed", "left-out")
WHOLE_NAME, REPEATS, MATED_BY = "name", ("first", "all"), ("names", "label")
HERE = MeasuredHere("given")


@dataclass(frozen=True, eq=False)
class People:
    """Who is in the data."""

    count: int  # subjects, on either side (M)
    group: Codes | None = None  # of each subject, shape (M,); `NO_GROUP` where none was recorded
    group_names: tuple[str, ...] = ()


class SampleKeys(NamedTuple):
    """Which comparisons those of a side are, to be joined with a second algorithm's: n with a score, then failed ones.

    Samples have numbers that both files share, as subjects have where ``named``; both are None where a file names none.
    """

    row: Codes  # place in the file, from 0
    probe: Codes | None
    reference: Codes | None
    failed_reference: Codes | None  # reference subjects of failed ones
    named: bool


@dataclass(frozen=True, eq=False)
class Side:
    """All mated, or all non-mated comparisons, n of them with a score."""

    score: Scores  # similarities, no NaN, shape (n,)
    probe: Codes | None = None  # subjects, shape (n,); None where the file names nobody
    reference: Codes | None = None
    search: Codes | None = None  # number of the probe sample, from 0 over both sides; None if not known
    failed: int = 0  # comparisons without a score: a failure to acquire or to enrol; they are in no array above
    failed_probe: Codes | None = None  # probe subjects of those, shape (failed,); None where nobody knows
    samples: SampleKeys | None = None  # where a second algorithm is to be joined

    @property
    def tried(self) -> int:
        """Comparisons that were tried, with a score or without."""
        return int(self.score.size) + self.failed


@dataclass(frozen=True, eq=False)
class Comparisons:
    """One-to-one comparisons held in memory: of a subject with the same one, and with another."""

    mated: Side
    non_mated: Side
    people: People | None = None  # None where the file names nobody


class Block(NamedTuple):
    """A piece of a stream of comparisons."""

    score: Scores  # similarities, no NaN, shape (n,)
    mated: Flags  # whether both are of one subject, shape (n,)
    probe: Codes | None = None  # subjects, shape (n,)
    reference: Codes | None = None
    failed_mated: int = 0  # comparisons without a score
    failed_non_mated: int = 0
    failed_probe: Codes | None = None  # subjects of those, each once, shape (f,); None where nobody knows
    failed_each: npt.NDArray[np.int64] | None = None  # how many, mated and non-mated, of each: shape (2, f)

    @classmethod
    def of(cls, score: Scores, mated: Flags, probe: Codes | None = None, reference: Codes | None = None) -> Block:
        """Return a block of comparisons of which those without a score are NaN."""
        none = np.isnan(score)
        if not none.any():
            return cls(score, mated, probe, reference)
        some, own = ~none, mated[none]
        who = each = None
        if probe is not None:
            who, place = np.unique(probe[none], return_inverse=True)
            each = np.stack([np.bincount(place[of], minlength=who.size) for of in (own, ~own)])
        probe, reference = (None if side is None else side[some] for side in (probe, reference))
        return cls(score[some], mated[some], probe, reference, int(own.sum()), int((~own).sum()), who, each)


class Stream(Protocol):
    """Comparisons that are too many to hold; can be gone through any number of times, in the same order."""

    @property
    def people(self) -> People | None:
        """Who is in the data."""

    def blocks(self) -> Iterator[Block]:
        """Yield the comparisons, piece by piece."""

    def scores_alone(self) -> Stream:
        """Return the same comparisons without their subjects, which may be quicker to go through; or itself."""


@dataclass(frozen=True, eq=False)
class ScoreMatrix:
    """Every probe compared with every reference: a `Stream` of the rows of a matrix, which may lie in a file.

    Parameters
    ----------
    score : ndarray of float, shape (m, n)
        Probes down, references across, as the file has them.
    probe, reference : ndarray of int32, shape (m,), (n,)
        Subjects of the rows and of the columns.
    people : People
        Who is in the data.
    half : bool
        Samples against themselves: only what is right of the diagonal counts.
    similarities : callable, optional
        Makes similarities of some scores of the file, float32, NaN for a failure; None where they are that already.
    """

    score: npt.NDArray[np.floating]
    probe: Codes
    reference: Codes
    people: People
    half: bool = False
    similarities: Callable[[npt.NDArray[np.floating]], Scores] | None = None

    def __post_init__(self) -> None:
        wanted = self.probe.size, self.reference.size
        if self.score.shape != wanted or not self.reference.size:
            raise OutOfRange("shape of score", self.score.shape, f"{wanted}, and at least one reference")

    def rows(self, at: slice | npt.NDArray[np.integer], first: int = 0, *, wide: bool = False) -> Any:
        """Return the similarities of some rows, from some column on, as float32; not to be written to.

        With ``wide`` those that lie there as float64 are not rounded, which takes longer than to look at them.
        """
        part = self.score[at, first:]
        if self.similarities is not None:
            return self.similarities(part)
        return part if wide and part.dtype == np.float64 else np.asarray(part, np.float32)

    def enrolled(self, columns: Flags | slice = slice(None)) -> Flags:
        """Return who has a reference, of those in some columns: shape (people,)."""
        found = np.zeros(self.people.count, np.bool_)
        found[self.reference[columns]] = True
        return found

    def parts(self, cells: int = 1 << 20) -> Iterator[slice]:
        """Yield the rows some at a time, about so many cells together."""
        m, n = self.score.shape
        step = max(1, cells // max(n, 1))
        for start in range(0, m, step):
            yield slice(start, min(start + step, m))

    def blocks(self) -> Iterator[Block]:
        """Yield the comparisons, some rows at a time."""
        for rows in self.parts():
            first = rows.start if self.half else 0
            score = self.rows(rows, first)
            probe = np.broadcast_to(self.probe[rows, None], score.shape)
            reference = np.broadcast_to(self.reference[first:], score.shape)
            own = probe == reference
            if self.half:
                right = ~np.tri(*score.shape, dtype=np.bool_)
                yield Block.of(score[right], own[right], probe[right], reference[right])
            else:
                yield Block.of(score.ravel(), own.ravel(), probe.ravel(), reference.ravel())

    def scores_alone(self) -> ScoreMatrix:
        """Return itself: subjects cost little here."""
        return self


@dataclass(frozen=True, eq=False)
class Searches:
    """One row for each search of a gallery (1:N); which reference was which is gone.

    Parameters
    ----------
    probe : ndarray of int32, shape (m,)
        Subject of the probe.
    mated : ndarray of bool, shape (m,)
        Whether the subject is enrolled (a mated search).
    failed : ndarray of bool, shape (m,)
        Whether no template could be made of the probe; such a search returns nothing.
    mate : ndarray of float32, shape (m,)
        Best score of the subject's own references; ``-inf`` where not mated, not returned, or failed.
    rank : ndarray of int32, shape (m,)
        1 + references of others at or above ``mate``: ties count against the mate.  0 where there is no mate score.
    rank_favoured : ndarray of int32, shape (m,)
        1 + references of others strictly above ``mate``.
    others : ndarray of float32, shape (m, k)
        Best k scores of other subjects' references, best first; ``-inf`` where there are fewer.
    others_subject : ndarray of int32, shape (m, k), optional
        Their subjects, from candidate lists alone, for clustering by gallery subject; no kernel ever makes it.
    hits : callable, optional
        Takes thresholds and returns `misid.search.Hits` for each, None for one below all that was listed; from another
        look at the data.  None where that is gone.
    rank_of_people : ndarray of int32, shape (m,), optional
        1 + other subjects with a reference at or above ``mate``; None where each has one, or nobody can tell.
    sample : ndarray of int32, shape (m,), optional
        Number of the probe sample, the same in both files where a second algorithm is to be joined; -1 without a name.
    floor : float
        Where a threshold cut the lists, the lowest score on them: below it nothing is known.
    n_references, n_enrolled : int
        References searched, and subjects they belong to.
    depth : int
        Longest list returned (R of the data); ``n_references`` where all scores are known.
    people : People
        Who is in the data.
    """

    probe: Codes
    mated: Flags
    failed: Flags
    mate: Scores
    rank: Codes
    rank_favoured: Codes
    others: Scores
    n_references: int
    n_enrolled: int
    depth: int
    people: People
    others_subject: Codes | None = None
    hits: Callable[[Sequence[float]], Sequence[Hits | None]] | None = field(default=None, repr=False)
    rank_of_people: Codes | None = None
    sample: Codes | None = None
    floor: float = -math.inf


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Templates of known subjects, to be compared in tiles.

    Parameters
    ----------
    vectors : ndarray of float16 or float32, shape (rows, d)
        Possibly mapped from a file; of unit length where ``metric`` is cosine, up to rounding, or see ``length``.
    metric : {"cosine", "euclidean"}
        Similarity is the cosine, or minus the distance.
    subject : ndarray of int32, shape (rows,)
        Subject of each row.
    probes, references : ndarray of int64
        Rows that are probes, and rows that are enrolled.  Where both are the same rows, every unordered pair is
        compared once and no row with itself.
    failed_probe : ndarray of int32, shape (f,)
        Subject of each probe sample that has no template.
    failed_references : int
        Reference samples without a template.
    people : People
        Who is in the data.
    sample : ndarray of int32, shape (rows,), optional
        Number of each row's sample, the same in both files, where a second algorithm is to be joined.
    lost_probes, lost_references : ndarray of int64
        Rows on either side that hold no template; only where ``sample`` is there.
    length : ndarray of float64, shape (rows,), optional
        What each row is to be divided by; None if by nothing.
    """

    vectors: npt.NDArray[np.floating]
    metric: str
    subject: Codes
    probes: npt.NDArray[np.int64]
    references: npt.NDArray[np.int64]
    failed_probe: Codes
    failed_references: int
    people: People
    sample: Codes | None = None
    lost_probes: npt.NDArray[np.int64] | None = None
    lost_references: npt.NDArray[np.int64] | None = None
    length: npt.NDArray[np.float64] | None = None

    def scaled(self) -> npt.NDArray[np.floating]:
        """Return the vectors of the length at which they are compared: a copy if ``length`` is there."""
        return self.vectors if self.length is None else (self.vectors / self.length[:, None]).astype(np.float32)


@dataclass(frozen=True)
class Source:
    """A file that was read."""

    name: str  # as the user named it
    format: str  # what it turned out to be, in words
    size: int  # bytes
    digest: str  # SHA-256, hexadecimal


@dataclass(frozen=True, eq=False)
class ReadResult:
    """What was read, and what was assumed in reading it."""

    sources: tuple[Source, ...]
    # A sentence for everything that was taken for granted: which column is which, ties, failures, who is enrolled.
    assumed: tuple[str, ...]
    caveats: tuple[str, ...] = ()  # codes of caveats
    pairs: Comparisons | Stream | None = None  # None for candidate lists and embeddings
    searches: Searches | None = None  # from candidate lists
    embeddings: Embeddings | None = None  # to be compared
    scale: Callable[[float], float] = float  # from the file's scores to those held, before a distance was negated


@dataclass(frozen=True)
class Computing:
    """Where templates are compared, and by what: nothing of it changes a figure by more than rounding.

    Parameters
    ----------
    kernel : str
        Name of what counts; the fastest that is installed if empty.
    execute : callable, optional
        An executor of `misid.storage`; processes of this machine if not given.
    workers : int, optional
        How many; one per core if not given.
    kept : Path, optional
        File in which what is counted is kept now and then, so that a run that was killed goes on.
    on_progress : callable
        Called with the share that is done.
    """

    kernel: str = ""
    execute: Executor | None = None
    workers: int | None = None
    kept: Path | None = None
    on_progress: Callable[[float], None] = lambda share: None


@dataclass(frozen=True)
class ReadOptions:
    """How files are to be read; every field has an option of the same name on the command line.

    Parameters
    ----------
    dissimilarity, similarity : bool
        Scores are distances: lower is more alike; or they are none, whatever the file calls them.
    labels : {"", "reversed"}
        Whether labels mean the opposite of what they say: 1, same, target and so on mark comparisons of two people.
    histogram : bool
        The second of two text files is a histogram: line k, from 0, says how many non-mated scores are k.
    mask : str
        Path of the `.mask` that goes with a `.mtx`.
    mates : str
        Path of a file of ``query template`` pairs that are mates.
    trials : str
        Path of a list of what was compared, with a label each: ``sample sample label``; the scores lie in another file.
    unscored : {"", "failed", "left-out"}
        What trials without a score are, and comparisons or searches that only one of two algorithms has; asked about
        if empty.
    subjects : str
        Path of a table with a column ``subject`` and groups.
    enrolled : str
        Path of a list of the subjects who are enrolled, one a line; for candidate lists.
    searched : str
        Path of a list of the probe's subject of every search, one a line, where searches that returned nobody are not
        in the lists.
    gallery_size : int
        References that were searched, for candidate lists; 0 if not given.
    groups : tuple of str
        Columns that make up the group, crossed if several.
    where : tuple of (str, str)
        Rows to keep: column and value.
    probes, references : tuple of (str, str)
        Which rows of embeddings are probes, and which are enrolled: column and value.
    columns : tuple of (str, str)
        Role and column, where a file's own names say nothing: ``("score", "sim")``.
    names : {"", "exact", "alike"}
        Whether names that differ by capitals, leading zeros or ``.0`` alone are one; decided from the data if empty.
    nobody, somebody : tuple of str
        Further names that stand for nobody, and names that do not although they look so; commas may separate several.
    subject_from : str
        Where names in the place of subjects are those of samples, the part of them that is the subject: ``folder``,
        ``before-last`` and ``before-first`` (of ``-``, ``_``, ``.`` and blanks), a regular expression that is found at
        the start of the file's name, or ``name`` for all of it; decided from the data, or asked, if empty.
    mated_by : {"", "names", "label"}
        What says which comparisons are mated where names and a label do not agree, or names look like two numberings.
    repeats : {"", "first", "all"}
        Which of the comparisons of the same two samples count; if empty once where they score alike, else asked.
    arrays : {"", "scores", "templates"}
        What a square array in a ``.npy`` file holds, where both are possible.
    failed_scores : tuple of str
        Scores that stand for a failure; ``("none",)`` if none does; decided from the data if empty.
    """

    dissimilarity: bool = False
    similarity: bool = False
    labels: str = ""
    histogram: bool = False
    mask: str = ""
    mates: str = ""
    trials: str = ""
    unscored: str = ""
    subjects: str = ""
    enrolled: str = ""
    searched: str = ""
    gallery_size: int = 0
    groups: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    probes: tuple[tuple[str, str], ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    names: str = ""
    nobody: tuple[str, ...] = ()
    somebody: tuple[str, ...] = ()
    subject_from: str = ""
    mated_by: str = ""
    repeats: str = ""
    arrays: str = ""
    failed_scores: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field_, value, known in (
            ("names", self.names, SPELLINGS),
            ("arrays", self.arrays, ARRAYS),
            ("labels", self.labels, (REVERSED,)),
            ("unscored", self.unscored, UNSCORED),
            ("repeats", self.repeats, REPEATS),
            ("mated_by", self.mated_by, MATED_BY),
        ):
            if value and value not in known:
                raise UnknownName(field_, value, known)
        if self.dissimilarity and self.similarity:
            raise OutOfRange("similarity", True, "no dissimilarity beside it")
        if not _is_pattern(self.subject_from):
            expected = "a regular expression with one group at most, without looking ahead or back"
            raise OutOfRange("subject_from", self.subject_from, expected)
        for score in self.failed_scores:
            if score != NO_FAILURE and not _is_number(score):
                raise OutOfRange("failed_scores", score, f'a number, or "{NO_FAILURE}"')


def _is_pattern(text: str) -> bool:
    """Tell whether a regular expression is one that Python and RE2 understand alike."""
    try:
        return re.compile(text).groups < 2 and not re.search(r"\(\?[^:i]|\\[1-9Zbx]", text)
    except re.error:
        return False


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
