"""How many people and comparisons a claim needs, before anybody is photographed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from misid.errors import MisidError
from misid.quantities import FEW_SUBJECTS, Conditions, Doubt, Estimate, Interval, NoDistance
from misid.statistics import (
    Design,
    claim_of_subjects,
    comparisons_of,
    events_to_see_ratio,
    people_for_fpir,
    subjects_for_claim,
    trials_for_claim,
    trials_to_measure,
    within,
)

SOURCES = (
    "Rule of three (no error seen): Hanley and Lippman-Hand, JAMA 249 (1983); ISO/IEC 19795-1.",
    "Rule of 30 (30 errors: within 30% with 90% confidence): Mansfield and Wayman, NPL CMSC 14/02 (2002).",
    "People who differ: variance of a mean over all pairs of people (Hoeffding 1948).",
)
PLANNED = NoDistance("plan")
_ERRORS = (0, 1, 2, 5)


@dataclass(frozen=True)
class PlanOptions:
    """What is to be claimed, and of what data.

    Parameters
    ----------
    fmr : float or None
        "FMR is at most this", above 0 and below 1.
    confidence : float
        One-sided, 0.5 to below 1.
    subjects : int or None
        People that there are, at least 2.
    images : int
        Of each person, at least 1.
    cv : float
        Coefficient of variation of people's own rates, at least 0.  It is an assumption: a test without an error says
        nothing of it.
    fpir : float or None
        "FPIR is at most this", above 0 and below 1.
    gallery : int or None
        People enrolled; goes with ``fpir``.
    ratio : float or None
        Ratio of two groups' rates that the test is to show, above 1.
    power : float
        With which probability, above 0 and below 1.
    """

    fmr: float | None = None
    confidence: float = 0.95
    subjects: int | None = None
    images: int = 1
    cv: float = 1.0
    fpir: float | None = None
    gallery: int | None = None
    ratio: float | None = None
    power: float = 0.8


@dataclass(frozen=True)
class StudyPlan:
    """What a claim needs.

    Parameters
    ----------
    figures : dict of str to Estimate
        By plain name.  The range goes from comparisons that were independent to photos of the same two people that
        always agree; it is an envelope.
    errors_allowed : tuple of (int, float, float)
        Errors seen, independent trials that the claim then needs, and the same over those for no error.
    remarks : tuple of str
        In words.
    """

    figures: dict[str, Estimate]
    errors_allowed: tuple[tuple[int, float, float], ...]
    remarks: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "schema": "misid/plan/1",
            "figures": {name: figure.to_json() for name, figure in self.figures.items()},
            "errors_allowed": [
                {"errors": errors, "trials": trials, "times": times} for errors, trials, times in self.errors_allowed
            ],
            "said": list(self.remarks),
            "sources": list(SOURCES),
        }


def plan_study(options: PlanOptions) -> StudyPlan:
    """Compute how many people and comparisons a claim needs, and what so many people can claim.

    Parameters
    ----------
    options : PlanOptions
        What is to be claimed.

    Returns
    -------
    StudyPlan

    Raises
    ------
    OutOfRange
        Where a number is outside its range.
    MisidError
        Where there is nothing to plan for, or ``fpir`` comes without ``gallery`` or the other way round.
    """
    within("confidence", options.confidence, 0.5, 1, below=True)
    within("images", float(options.images), 1, below=True, whole=True)
    within("cv", options.cv, 0, below=True)
    if options.fmr is None and options.fpir is None and options.subjects is None and options.ratio is None:
        raise MisidError("nothing to plan for; give a claim (fmr 1e-6, or fpir 0.003 and gallery 1000), or subjects")
    if (options.fpir is None) != (options.gallery is None):
        raise MisidError("FPIR means nothing without the size of the gallery; give both fpir and gallery")
    planner = _Planner(options)
    rate = options.fmr if options.fmr is not None else options.fpir
    if options.fmr is not None:
        planner.for_fmr(options.fmr)
    if options.subjects is not None:
        planner.of_subjects(options.subjects)
    if options.fpir is not None and options.gallery is not None:
        planner.for_fpir(options.fpir, options.gallery)
    if options.ratio is not None:
        planner.for_ratio(options.ratio, rate)
    allowed: tuple[tuple[int, float, float], ...] = ()
    if rate is not None:
        needed = np.atleast_1d(trials_for_claim(rate, options.confidence, np.array(_ERRORS)))
        allowed = tuple((k, float(n), float(n / needed[0])) for k, n in zip(_ERRORS, needed, strict=True))
        passes = float(np.exp(-needed[0] * rate / 10))
        planner.remarks.append(
            f"A claim carried by no error at all is easily lost: with a true rate of a tenth of it, {passes:.0%} of "
            "such tests see none. Plan for an error or two."
        )
    return StudyPlan(planner.figures, allowed, tuple(planner.remarks))


class _Planner:
    """Collects the figures and sentences of a plan."""

    def __init__(self, options: PlanOptions) -> None:
        self.confidence, self.power = options.confidence, options.power
        self.images, self.cv = options.images, options.cv
        self.photos = "one photo each" if self.images == 1 else f"{self.images} photos each"
        self.sample = f"{self.photos}, coefficient of variation {self.cv:g}"
        # Of people and of photos of the same two people: all independent; people differ; and photos always agree.
        self.assumptions = ((0.0, 0.0), (self.cv, 0.0), (self.cv, 1.0))
        self.figures: dict[str, Estimate] = {}
        self.remarks: list[str] = []

    def for_fmr(self, fmr: float) -> None:
        where = Conditions(threshold=-float(np.log10(within("fmr", fmr, 0, 1, above=True, below=True))))
        claim, measured = (
            [
                subjects_for_claim(fmr, self.confidence, cv, self.images, alike=alike, needed=needed)
                for cv, alike in self.assumptions
            ]
            for needed in (0.0, float(trials_to_measure(fmr)))
        )
        method = f"no false match, all pairs of people, {self.sample}"
        self._envelope("subjects_for_fmr", "people", method, where, *claim)
        self._envelope("comparisons_for_fmr", "comparisons", method, where, *claim)
        independent = float(trials_for_claim(fmr, self.confidence))
        self._exact("independent_comparisons_for_fmr", independent, "comparisons", "rule of three, exact", where)
        words = f"30 errors: within 30% at 90% confidence; {self.sample}"
        self._envelope("subjects_to_measure_fmr", "people", words, where, *measured)
        alone, differ, repeat = claim
        if differ is not None and repeat is not None and alone is not None:
            again = f", {repeat.subjects:,} if photos of the same two people always agree" if self.images > 1 else ""
            self.remarks.append(
                f"To claim an FMR of at most {fmr:g} with {100 * self.confidence:.5g}% confidence takes "
                f"{independent:,.0f} independent comparisons without a false match. {alone.subjects:,} people "
                f"({self.photos}) give as many if comparisons were independent, {differ.subjects:,} as people "
                f"differ{again}."
            )

    def of_subjects(self, subjects: int) -> None:
        people = int(within("subjects", float(subjects), 2, below=True, whole=True))
        low, value, high = (
            claim_of_subjects(people, self.confidence, cv, self.images, alike=alike) for cv, alike in self.assumptions
        )
        low, count = low or 0.0, float(comparisons_of(float(people), self.images))
        method = f"no false match among all pairs, {self.sample}"
        shared: dict[str, Any] = {"conditions": Conditions(), "distance": PLANNED, "kind": Doubt.INPUT}
        few = ("few_subjects",) if people < FEW_SUBJECTS or value is None else ()
        if value is None:
            none = f"{people} people who differ so much (coefficient of variation {self.cv:g}) carry no claim at all"
            figure = Estimate.missing(none, words=method, n=count, caveats=few, **shared)
            self.remarks.append(f"{none[0].upper()}{none[1:]}, though they give {count:,.0f} comparisons.")
        else:
            found = Interval(value, low, high, None, method, trials=round(count))
            figure = Estimate.of(found, caveats=few, **shared)
            many = high and self.images > 1
            cautious = f"; {high:.2g} if photos of the same two people always agree" if many else ""
            self.remarks.append(
                f"{people:,} people ({self.photos}) give {count:,.0f} comparisons. Without a false match they carry "
                f"the claim that FMR is at most {value:.2g} ({low:.2g} if comparisons were independent{cautious})."
            )
        self.figures["fmr_claimable"] = figure

    def for_fpir(self, fpir: float, gallery: int) -> None:
        where = Conditions(n_enrolled=gallery)
        independent = float(trials_for_claim(fpir, self.confidence))
        self._exact("independent_searches_for_fpir", independent, "searches", "rule of three, exact", where)
        # Photos of one person that always agree are one search.
        alone, differ, repeat = (
            people_for_fpir(fpir, gallery, self.confidence, cv, 1 if alike else self.images)
            for cv, alike in self.assumptions
        )
        method = f"no hit, nobody of them enrolled, {self.sample}"
        self._envelope("people_for_fpir", "people", method, where, alone, differ, repeat)
        if differ is None:
            self.remarks.append(
                f"A gallery of {gallery:,} people is too small to claim an FPIR of at most {fpir:g}: all searches "
                "share it, however many there are."
            )
            return
        self.remarks.append(
            f"To claim an FPIR of at most {fpir:g} at {gallery:,} enrolled people takes {independent:,.0f} "
            f"independent searches without a hit: {differ.subjects:,} people who are not enrolled ({self.photos}). "
            "It holds for this gallery size alone."
        )

    def for_ratio(self, ratio: float, rate: float | None) -> None:
        needed = events_to_see_ratio(ratio, self.power)
        lower, higher = float(needed.lower), float(needed.higher)
        method = f"Wald test of the log ratio, 5% two-sided, {self.power:.0%} power, groups of one size"
        self._exact("errors_needed_lower_group", lower, "errors", method, Conditions())
        self._exact("errors_needed_higher_group", higher, "errors", method, Conditions())
        words = (
            f"To see that one group's rate is {ratio:g} times another's, with {self.power:.0%} power, takes about "
            f"{lower:.0f} errors in the group with the lower rate and {higher:.0f} in the other"
        )
        if rate is not None:
            self._exact("trials_per_group", lower / rate, "trials", f"errors over a rate of {rate:g}", Conditions())
            words += f": {lower / rate:,.0f} independent trials in each at a rate of {rate:g}"
        self.remarks.append(words + ". A test made to carry a claim by having no error sees no difference at all.")

    def _envelope(self, name: str, unit: str, method: str, where: Conditions, *designs: Design | None) -> None:
        low, value, high = (
            None if design is None else float(design.subjects) if unit == "people" else design.comparisons
            for design in designs
        )
        shared: dict[str, Any] = {"conditions": where, "distance": PLANNED, "unit": unit, "kind": Doubt.INPUT}
        if value is None:
            reason = (
                "people differ so much, for so large a rate or so small a gallery, that no number of them is enough"
            )
            self.figures[name] = Estimate.missing(reason, words=method, **shared)
            return
        found = Interval(value, value if low is None else low, high, None, method)
        self.figures[name] = Estimate.of(found, **shared)

    def _exact(self, name: str, value: float, unit: str, method: str, where: Conditions) -> None:
        self.figures[name] = Estimate.of(
            Interval(value, None, None, None, method),
            conditions=where,
            distance=PLANNED,
            unit=unit,
            kind=Doubt.MODEL,
            caveats=("independence",),
        )
