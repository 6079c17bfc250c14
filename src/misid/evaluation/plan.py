"""How many people and comparisons a claim needs, before anybody is photographed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from misid.errors import MisidError
from misid.quantities import Conditions, Doubt, Estimate, NoDistance
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
PLANNED = NoDistance("a plan, before anything is measured")
_ERRORS = (0, 1, 2, 5)


@dataclass(frozen=True)
class Asked:
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
class Plan:
    """What a claim needs.

    Parameters
    ----------
    figures : dict of str to Estimate
        By plain name.  The range goes from comparisons that were independent to photos of the same two people that
        always agree; it is an envelope.
    errors_allowed : tuple of (int, float, float)
        Errors seen, independent trials that the claim then needs, and the same over those for no error.
    said : tuple of str
        In words.
    """

    figures: dict[str, Estimate]
    errors_allowed: tuple[tuple[int, float, float], ...]
    said: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "schema": "misid/plan/1",
            "figures": {name: figure.to_json() for name, figure in self.figures.items()},
            "errors_allowed": [
                {"errors": errors, "trials": trials, "times": times} for errors, trials, times in self.errors_allowed
            ],
            "said": list(self.said),
            "sources": list(SOURCES),
        }


def plan(asked: Asked) -> Plan:
    """Say how many people and comparisons a claim needs, and what so many people can claim.

    Parameters
    ----------
    asked : Asked
        What is to be claimed.

    Returns
    -------
    Plan

    Raises
    ------
    OutOfRange
        Where a number is outside its range.
    MisidError
        Where nothing was asked, or ``fpir`` comes without ``gallery`` or the other way round.
    """
    within("confidence", asked.confidence, 0.5, 1, below=True)
    within("images", float(asked.images), 1, below=True, whole=True)
    within("cv", asked.cv, 0, below=True)
    if asked.fmr is None and asked.fpir is None and asked.subjects is None and asked.ratio is None:
        raise MisidError("nothing to plan for; give a claim (fmr 1e-6, or fpir 0.003 and gallery 1000), or subjects")
    if (asked.fpir is None) != (asked.gallery is None):
        raise MisidError("FPIR means nothing without the size of the gallery; give both fpir and gallery")
    figures: dict[str, Estimate] = {}
    said: list[str] = []
    rate = asked.fmr if asked.fmr is not None else asked.fpir
    if asked.fmr is not None:
        _for_fmr(asked, asked.fmr, figures, said)
    if asked.subjects is not None:
        _of_subjects(asked, asked.subjects, figures, said)
    if asked.fpir is not None and asked.gallery is not None:
        _for_fpir(asked, asked.fpir, asked.gallery, figures, said)
    if asked.ratio is not None:
        _for_ratio(asked, asked.ratio, rate, figures, said)
    allowed: tuple[tuple[int, float, float], ...] = ()
    if rate is not None:
        needed = np.atleast_1d(trials_for_claim(rate, asked.confidence, np.array(_ERRORS)))
        allowed = tuple((k, float(n), float(n / needed[0])) for k, n in zip(_ERRORS, needed, strict=True))
        passes = float(np.exp(-needed[0] * rate / 10))
        said.append(
            f"A claim carried by no error at all is easily lost: with a true rate of a tenth of it, {passes:.0%} of "
            "such tests see none. Plan for an error or two."
        )
    return Plan(figures, allowed, tuple(said))


def _for_fmr(asked: Asked, fmr: float, figures: dict[str, Estimate], said: list[str]) -> None:
    where = Conditions(threshold=-float(np.log10(within("fmr", fmr, 0, 1, above=True, below=True))))
    alone = subjects_for_claim(fmr, asked.confidence, 0.0, asked.images)
    differ = subjects_for_claim(fmr, asked.confidence, asked.cv, asked.images)
    repeat = subjects_for_claim(fmr, asked.confidence, asked.cv, asked.images, alike=1.0)
    method = f"no false match, all pairs of people, {_photos(asked.images)}, coefficient of variation {asked.cv:g}"
    figures["subjects_for_fmr"] = _envelope("people", method, where, alone, differ, repeat)
    figures["comparisons_for_fmr"] = _envelope("comparisons", method, where, alone, differ, repeat)
    independent = float(trials_for_claim(fmr, asked.confidence))
    figures["independent_comparisons_for_fmr"] = _exact(independent, "comparisons", "rule of three, exact", where)
    thirty = float(trials_to_measure(fmr))
    measured = [
        subjects_for_claim(fmr, asked.confidence, cv, asked.images, alike=alike, needed=thirty)
        for cv, alike in ((0.0, 0.0), (asked.cv, 0.0), (asked.cv, 1.0))
    ]
    words = f"30 errors: within 30% at 90% confidence; {_photos(asked.images)}, coefficient of variation {asked.cv:g}"
    figures["subjects_to_measure_fmr"] = _envelope("people", words, where, *measured)
    if differ is not None and repeat is not None and alone is not None:
        said.append(
            f"To claim an FMR of at most {fmr:g} with {100 * asked.confidence:.5g}% confidence takes "
            f"{independent:,.0f} independent comparisons without a false match. {alone.subjects:,} people "
            f"({_photos(asked.images)}) give as many if comparisons were independent, {differ.subjects:,} as people "
            "differ"
            + (f", {repeat.subjects:,} if photos of the same two people always agree." if asked.images > 1 else ".")
        )


def _of_subjects(asked: Asked, subjects: int, figures: dict[str, Estimate], said: list[str]) -> None:
    people = int(within("subjects", float(subjects), 2, below=True, whole=True))
    three = [
        claim_of_subjects(people, asked.confidence, cv, asked.images, alike=alike)
        for cv, alike in ((0.0, 0.0), (asked.cv, 0.0), (asked.cv, 1.0))
    ]
    count = float(comparisons_of(float(people), asked.images))
    method = f"no false match among all pairs, {_photos(asked.images)}, coefficient of variation {asked.cv:g}"
    if three[1] is None:
        none = f"{people} people who differ so much (coefficient of variation {asked.cv:g}) carry no claim at all"
        figures["fmr_claimable"] = Estimate(
            None,
            None,
            None,
            "probability",
            Doubt.INPUT,
            method,
            n=count,
            caveats=("few_subjects",),
            reason=none,
            distance=PLANNED,
        )
        said.append(f"{none[0].upper()}{none[1:]}, though they give {count:,.0f} comparisons.")
        return
    low, value, high = three[0] or 0.0, three[1], three[2]
    caveats = ("few_subjects",) if people < 50 else ()
    figures["fmr_claimable"] = Estimate(
        value, min(low, value), high, "probability", Doubt.INPUT, method, n=count, caveats=caveats, distance=PLANNED
    )
    cautious = f"; {high:.2g} if photos of the same two people always agree" if high and asked.images > 1 else ""
    said.append(
        f"{people:,} people ({_photos(asked.images)}) give {count:,.0f} comparisons. Without a false match they carry "
        f"the claim that FMR is at most {value:.2g} ({low:.2g} if comparisons were independent{cautious})."
    )


def _for_fpir(asked: Asked, fpir: float, gallery: int, figures: dict[str, Estimate], said: list[str]) -> None:
    where = Conditions(n_enrolled=gallery)
    independent = float(trials_for_claim(fpir, asked.confidence))
    figures["independent_searches_for_fpir"] = _exact(independent, "searches", "rule of three, exact", where)
    alone = people_for_fpir(fpir, gallery, asked.confidence, 0.0, asked.images)
    differ = people_for_fpir(fpir, gallery, asked.confidence, asked.cv, asked.images)
    # Photos of one person that always agree are one search.
    repeat = people_for_fpir(fpir, gallery, asked.confidence, asked.cv, 1)
    method = f"no hit, nobody of them enrolled, {_photos(asked.images)}, coefficient of variation {asked.cv:g}"
    figures["people_for_fpir"] = _envelope("people", method, where, alone, differ, repeat)
    if differ is None:
        said.append(
            f"A gallery of {gallery:,} people is too small to claim an FPIR of at most {fpir:g}: all searches share "
            "it, however many there are."
        )
        return
    said.append(
        f"To claim an FPIR of at most {fpir:g} at {gallery:,} enrolled people takes {independent:,.0f} independent "
        f"searches without a hit: {differ.subjects:,} people who are not enrolled ({_photos(asked.images)}). It holds "
        "for this gallery size alone."
    )


def _for_ratio(asked: Asked, ratio: float, rate: float | None, figures: dict[str, Estimate], said: list[str]) -> None:
    needed = events_to_see_ratio(ratio, asked.power)
    method = f"Wald test of the log ratio, 5% two-sided, {asked.power:.0%} power, groups of one size"
    figures["errors_needed_lower_group"] = _exact(float(needed.lower), "errors", method, Conditions())
    figures["errors_needed_higher_group"] = _exact(float(needed.higher), "errors", method, Conditions())
    words = (
        f"To see that one group's rate is {ratio:g} times another's, with {asked.power:.0%} power, takes about "
        f"{needed.lower:.0f} errors in the group with the lower rate and {needed.higher:.0f} in the other"
    )
    if rate is not None:
        trials = float(needed.lower) / rate
        figures["trials_per_group"] = _exact(trials, "trials", f"errors over a rate of {rate:g}", Conditions())
        words += f": {trials:,.0f} independent trials in each at a rate of {rate:g}"
    said.append(words + ". A test made to carry a claim by having no error sees no difference at all.")


def _envelope(
    unit: str, method: str, where: Conditions, alone: Design | None, differ: Design | None, repeat: Design | None
) -> Estimate:
    if differ is None:
        reason = "people differ so much, for so large a rate or so small a gallery, that no number of them is enough"
        return Estimate(None, None, None, unit, Doubt.INPUT, method, conditions=where, reason=reason, distance=PLANNED)
    least, value, most = (None if d is None else _sized(d, unit) for d in (alone, differ, repeat))
    assert value is not None
    low = value if least is None else min(least, value)
    high = None if most is None else max(most, value)
    return Estimate(value, low, high, unit, Doubt.INPUT, method, conditions=where, distance=PLANNED)


def _sized(design: Design, unit: str) -> float:
    return float(design.subjects) if unit == "people" else design.comparisons


def _exact(value: float, unit: str, method: str, where: Conditions) -> Estimate:
    return Estimate(
        value, None, None, unit, Doubt.MODEL, method, conditions=where, caveats=("independence",), distance=PLANNED
    )


def _photos(images: int) -> str:
    return "one photo each" if images == 1 else f"{images} photos each"
