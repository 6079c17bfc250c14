"""What an evaluation found: every part is there or None, and every number is an `Estimate`.

Figures have plain names, stable across versions: ``eer``, ``fnmr_at_fmr_1e-3``, ``rank_1``, ``fpir_at_threshold``.
Nothing here is about one probe or one reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Source
from misid.quantities import Conditions, Estimate
from misid.statistics import Array
from misid.vocabulary.brief import brief

FMR_TARGETS = ("1e-1", "1e-2", "1e-3", "1e-4", "1e-5", "1e-6")
"""FMR that a threshold is set for, as written in the names of figures."""
FPIR_TARGETS = (0.1, 0.01, 0.003)
"""FPIR that a threshold is set for."""


NOT_STATED = "not stated"


@dataclass(frozen=True)
class EvaluationOptions:
    """How data are evaluated.

    Parameters
    ----------
    name : str
        Of the algorithm.
    image_kind : str
        Type of probe image, in words; empty if nobody stated it.
    thresholds : tuple of float
        Thresholds of interest, as similarities.
    level : float
        Confidence level of intervals.
    seed : int
        Of their draws.
    fmr, fpir : tuple of float
        Rates that a threshold is set for, beside those of every evaluation.
    thresholds_against : tuple of float
        Thresholds of interest of the second algorithm, as its own similarities.
    """

    name: str = ""
    image_kind: str = ""
    thresholds: tuple[float, ...] = ()
    level: float = 0.95
    seed: int = 1
    fmr: tuple[float, ...] = ()
    fpir: tuple[float, ...] = ()
    thresholds_against: tuple[float, ...] = ()

    @property
    def fmr_targets(self) -> tuple[str, ...]:
        """Every FMR that a threshold is set for, in decimal digits, loosest first."""
        return tuple(sorted({*FMR_TARGETS, *map(self.fmr_name, self.fmr)}, key=float, reverse=True))

    @staticmethod
    def fmr_name(target: float) -> str:
        """Return an FMR in decimal digits, as it stands in names of figures."""
        return next((known for known in FMR_TARGETS if float(known) == target), f"{target:.9g}")

    @property
    def fpir_targets(self) -> tuple[float, ...]:
        """Every FPIR that a threshold is set for, loosest first."""
        return tuple(sorted({*FPIR_TARGETS, *self.fpir}, reverse=True))

    @property
    def printed_image_kind(self) -> str:
        """Image type as it is printed."""
        return self.image_kind or NOT_STATED

    def terms(self, conditions: Conditions, people: int) -> Terms:
        """Return what the figures of one part share."""
        return Terms(replace(conditions, image_kind=self.printed_image_kind), people, self.level, self.seed)


class Terms(NamedTuple):
    """What the figures of one part of an evaluation share."""

    conditions: Conditions
    people: int  # subjects in the data (M); numbers of subjects are below it
    level: float  # of confidence
    seed: int  # of all draws


@dataclass(frozen=True, eq=False)
class Line:
    """A curve with its band.

    Parameters
    ----------
    x, value : ndarray of float64, shape (n,)
        Points.
    low, high : ndarray of float64, shape (n,), optional
        Band at the evaluation's level.
    """

    x: Array
    value: Array
    low: Array | None = None
    high: Array | None = None

    __repr__ = brief


@dataclass(frozen=True, eq=False)
class PairRates:
    """Rates of one-to-one comparisons.

    Parameters
    ----------
    figures : mapping of str to Estimate
        ``eer`` and its other conventions, ``auc``, ``fnmr_at_fmr_*``, ``threshold_at_fmr_*``, rates with failures.
    fmr, fnmr : Line
        Over the threshold, rising; exact at every point.
    mated_density, non_mated_density : Line
        Share of scores per unit of score, over the score.
    n_mated, n_non_mated : int
        Comparisons with a score.
    """

    figures: Mapping[str, Estimate]
    fmr: Line
    fnmr: Line
    mated_density: Line
    non_mated_density: Line
    n_mated: int
    n_non_mated: int

    __repr__ = brief


@dataclass(frozen=True, eq=False)
class SearchRates:
    """Rates of one-to-many searches.

    Parameters
    ----------
    figures : mapping of str to Estimate
        ``rank_1``, ``fnir_at_fpir_*``, ``threshold_at_fpir_*``, ``fpir_at_*``, ``selectivity_at_*``, ``misid_at_*``.
    cmc : Line or None
        Share of mated searches with the mate in the top R, over R from 1; ties count against the mate.
    fpir, fnir : Line or None
        Over the threshold, rising; FNIR at rank ``n_references`` or the length of the lists.
    n_mated, n_non_mated, n_references, n_enrolled, depth : int
        Searches and gallery; ``depth`` is the longest list returned.
    """

    figures: Mapping[str, Estimate]
    cmc: Line | None
    fpir: Line | None
    fnir: Line | None
    n_mated: int
    n_non_mated: int
    n_references: int
    n_enrolled: int
    depth: int

    __repr__ = brief


@dataclass(frozen=True, eq=False)
class Differentials:
    """How rates differ between groups, at one threshold for all (ISO/IEC 19795-10).

    Parameters
    ----------
    names : tuple of str
        Groups, small ones merged.
    probe_subjects, reference_subjects : tuple of int
        Subjects of each group on either side.
    fmr : tuple of tuple of (Estimate or None)
        FMR of probes of group g (row) against references of group h (column); None where there is no comparison.
    by_group : mapping of str to mapping of str to Estimate
        ``"fnmr"``, ``"fpir"``, ``"fnir"`` where there is data: estimate by group name.
    figures : mapping of str to Estimate
        Summary measures, each for FMR within groups and the others: ``fmr_max_over_min`` and so on.
    remarks : tuple of str
        What was merged or left out, what the data can tell, and how often a difference this large comes by chance.
    """

    names: tuple[str, ...]
    probe_subjects: tuple[int, ...]
    reference_subjects: tuple[int, ...]
    fmr: tuple[tuple[Estimate | None, ...], ...]
    by_group: Mapping[str, Mapping[str, Estimate]]
    figures: Mapping[str, Estimate]
    remarks: tuple[str, ...]

    __repr__ = brief


@dataclass(frozen=True)
class Check:
    """One form of growth tried inside the data: from small random galleries to larger ones.

    Parameters
    ----------
    form : str
        Which.
    n_from, n_to : int
        References that it saw, and that it had to predict.
    predicted, seen : Estimate
        FPIR at ``n_to``.
    passed : bool
        Whether they agree within both errors.
    """

    form: str
    n_from: int
    n_to: int
    predicted: Estimate
    seen: Estimate
    passed: bool


@dataclass(frozen=True, eq=False)
class Growth:
    """What a larger gallery would do, by several forms.

    Parameters
    ----------
    figures : mapping of str to Estimate
        ``fpir_at_n_*`` with the band over forms and tail shape.
    lines : mapping of str to Line
        FPIR over references at the threshold, by form: ``"independence"``, ``"heterogeneity"``, ``"tail"``.
    checks : tuple of Check
        Each form inside the data.
    measured_n : int
        References of the data.
    threshold : float
        As a similarity.
    remarks : tuple of str
        Which forms can be trusted how far.
    """

    figures: Mapping[str, Estimate]
    lines: Mapping[str, Line]
    checks: tuple[Check, ...]
    measured_n: int
    threshold: float
    remarks: tuple[str, ...]

    __repr__ = brief


@dataclass(frozen=True, eq=False)
class Menagerie:
    """How subjects spread, as a smoothed density; never a row for one of them.

    Parameters
    ----------
    mated, non_mated : ndarray of float64, shape (a,), (b,)
        Mean scores at which the density is given.
    density : ndarray of float64, shape (b, a)
        Share of subjects per cell, smoothed, rounded; 0 where fewer than 5 subjects lie near.
    figures : mapping of str to Estimate
        Correlation of the two means, share of errors owed to the worst tenth of subjects.
    """

    mated: Array
    non_mated: Array
    density: npt.NDArray[np.float64]
    figures: Mapping[str, Estimate]

    __repr__ = brief


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Everything that was found about one algorithm on one data set.

    Parameters
    ----------
    name : str
        What the user calls the algorithm or the file.
    image_kind : str
        Type of probe image in words; "not stated" where nobody stated it.
    level : float
        Of the intervals.
    seed : int
        Of their draws.
    sources, assumed, caveats
        As `misid.evaluation.contract.ReadResult`.
    subjects : int
        People in the data; 0 where the file names nobody.
    pairs, searches, differentials, growth, menagerie
        Parts; None where the data say nothing.
    compared : mapping of str to Estimate
        Differences from a second algorithm on the same comparisons, in the names of `pairs` and `searches`.
    against : str
        Name of the second algorithm.
    against_pairs, against_searches
        Its own rates, as `pairs` and `searches`.
    fmr, fpir
        Targets that somebody asked for, as `EvaluationOptions`.
    """

    name: str
    image_kind: str
    level: float
    seed: int
    sources: tuple[Source, ...]
    assumed: tuple[str, ...]
    caveats: tuple[str, ...]
    subjects: int
    pairs: PairRates | None = None
    searches: SearchRates | None = None
    differentials: Differentials | None = None
    growth: Growth | None = None
    menagerie: Menagerie | None = None
    compared: Mapping[str, Estimate] = field(default_factory=dict)
    against: str = ""
    against_pairs: PairRates | None = None
    against_searches: SearchRates | None = None
    fmr: tuple[float, ...] = ()
    fpir: tuple[float, ...] = ()

    __repr__ = brief

    def figures(self) -> dict[str, Estimate]:
        """Return all figures by their plain names; those of the second algorithm start with ``against.``."""
        parts = (self.pairs, self.searches, self.differentials, self.growth, self.menagerie)
        found = {name: figure for part in parts if part is not None for name, figure in part.figures.items()}
        other = (part for part in (self.against_pairs, self.against_searches) if part is not None)
        found |= {f"against.{name}": figure for part in other for name, figure in part.figures.items()}
        return found | {f"difference.{name}": figure for name, figure in self.compared.items()}
