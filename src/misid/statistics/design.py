"""How many people and comparisons a claim needs, and what a test with so many errors can see.

Item numbers are those of docs/formulas.md.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.errors import OutOfRange
from misid.statistics.ranges import Array, Numbers, probability, within

_HALVINGS = 200


class Design(NamedTuple):
    """Size of a test."""

    subjects: int
    comparisons: float  # or searches, that they give
    effective: float  # independent ones that these are worth


def trials_for_claim(rate: Numbers | float, confidence: float = 0.95, errors: Numbers | int = 0) -> Numbers:
    """Independent trials that a claim "at most this rate" needs, if so many errors are seen in them; not rounded.

    ``ln(1 - confidence) / ln(1 - rate)`` for no error, near ``3 / rate`` at 95% (the rule of three); otherwise the
    smallest n whose one-sided Clopper-Pearson bound is at most ``rate``.  ``confidence`` is one-sided.  Source:
    Mansfield and Wayman, NPL CMSC 14/02 (2002); ISO/IEC 19795-1; item 13.
    """
    p, part = np.broadcast_arrays(
        np.asarray(within("rate", rate, 0, 1, above=True, below=True)),
        within("errors", np.asarray(errors, np.float64), 0, below=True, whole=True),
    )
    left = np.log1p(-within("confidence", confidence, 0, 1, above=True, below=True))
    none: Any = (left / np.log1p(-p))[()]
    if not part.any():
        return none
    low = np.maximum(left / np.log1p(-p), part + 1)
    # Errors among n trials at this rate: P(X <= errors) falls as n grows, from 1 at n = errors.
    high = np.maximum((part + 10 + 10 * np.sqrt(part + 1) - 2 * left) / p, low + 1)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        enough = special.betaincc(part + 1, np.maximum(middle - part, 1e-12), p) <= np.exp(left)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    value: Any = np.where(part == 0, none, high)
    return value[()]


def trials_to_measure(rate: Numbers | float, within_share: float = 0.3, confidence: float = 0.9) -> Any:
    """Independent trials after which a rate is known to within a share of itself: ``30 / rate`` for 30% at 90%.

    Normal errors, ``(z / share)^2 (1 - rate) / rate``.  Source: Doddington's rule, Mansfield and Wayman (2002);
    item 13.b.
    """
    p = within("rate", rate, 0, 1, above=True, below=True)
    share = within("within_share", within_share, 0, above=True, below=True)
    z = special.ndtri((1 + within("confidence", confidence, 0, 1, above=True, below=True)) / 2)
    return np.square(z / share) * (1 - p) / p


def comparisons_of(subjects: Numbers | float, images: int = 1) -> Any:
    """Non-mated comparisons that people give if all their images are compared, each pair once."""
    n = within("subjects", subjects, 1, below=True)
    return n * (n - 1) / 2 * np.square(within("images", float(images), 1, below=True, whole=True))


def effective_comparisons_of(
    subjects: Numbers | float, fmr: Numbers | float, cv: float, images: int = 1, *, alike: float = 0.0
) -> Any:
    """Independent comparisons, ``F (1 - F) / Var``, that all pairs of people are worth, where people differ.

    ``cv`` is the coefficient of variation of people's own FMR.  ``alike`` says how far comparisons of the same two
    people repeat each other, from 0 (only through ``cv``) to 1 (always).

    ``Var = 4 (n - 2) / (n (n - 1)) zeta1 + 2 / (n (n - 1)) zeta2`` with ``zeta1 = cv^2 F^2``.  With one image of each
    ``zeta2 = F (1 - F)``.  With m images the mean of m^2 comparisons of two people has
    ``zeta2 = F (1 - F) (rho + (1 - rho) / m^2)``: rho is ``alike``, or what two people with large rates of their own
    share, ``F ((1 + cv^2)^2 - 1) / (1 - F)``, if that is more.  Source: Hoeffding; items 14.a to 14.c.
    """
    n = within("subjects", subjects, 2, below=True)
    f, spread = within("fmr", fmr, 0, 1, above=True, below=True), np.square(within("cv", cv, 0, below=True))
    m = np.square(within("images", float(images), 1, below=True, whole=True))
    own = np.minimum(f * spread * (2 + spread) / (1 - f), 1.0)
    rho = np.maximum(probability("alike", alike), own)
    per_pair = rho + (1 - rho) / m
    return n * (n - 1) / 2 / (2 * (n - 2) * spread * f / (1 - f) + per_pair)


def subjects_for_claim(
    fmr: float, confidence: float = 0.95, cv: float = 1.0, images: int = 1, *, alike: float = 0.0, needed: float = 0.0
) -> Design | None:
    """Fewest people whose images, all compared with each other without a false match, carry a claim.

    The effective number is taken at the claimed rate: a test without a false match says nothing about how people
    differ, so ``cv`` is an assumption.  ``needed`` replaces the effective comparisons of the rule of three.  None
    where more than 10^12 people would be needed.
    """
    wanted = needed or float(trials_for_claim(fmr, confidence))

    def worth(n: int) -> float:
        return float(effective_comparisons_of(float(n), fmr, cv, images, alike=alike))

    enough = 2
    while worth(enough) < wanted:
        enough *= 2
        if enough > 10**12:
            return None
    short = enough // 2
    while enough - short > 1:
        middle = (short + enough) // 2
        short, enough = (short, middle) if worth(middle) >= wanted else (middle, enough)
    return Design(enough, float(comparisons_of(float(enough), images)), worth(enough))


def claim_of_subjects(
    subjects: int, confidence: float = 0.95, cv: float = 1.0, images: int = 1, *, alike: float = 0.0
) -> float | None:
    """Smallest FMR that people can carry, if all their images are compared without a false match.

    None where so few people, differing so much, carry no claim at all.
    """
    grid = np.geomspace(1e-15, 0.5, 4_000)
    carried = _carried(grid, subjects, confidence, cv, images, alike)
    if not carried.any():
        return None
    first = int(np.argmax(carried))
    low, high = np.log(grid[max(first - 1, 0)]), np.log(grid[first])
    for _ in range(60):
        middle = (low + high) / 2
        enough = bool(_carried(np.exp(middle), subjects, confidence, cv, images, alike))
        low, high = (low, middle) if enough else (middle, high)
    return float(np.exp(high))


def effective_searches_of(
    subjects: Numbers | float, gallery: float, fpir: float, cv: float, images: int = 1
) -> tuple[Any, Any]:
    """Non-mated searches that people give, and the independent ones that these are worth.

    ``Var = F (1 - F) (1 + (m - 1) rho) / (n m) + F^2 cv^2 / gallery`` with ``rho = cv^2 F / (1 - F)``: searches of one
    person repeat each other, and all searches share the gallery.  Source: items 14 and 15.
    """
    n, m = within("subjects", subjects, 1, below=True), within("images", float(images), 1, below=True, whole=True)
    f, people = within("fpir", fpir, 0, 1, above=True, below=True), within("gallery", gallery, 1, below=True)
    odds = np.square(within("cv", cv, 0, below=True)) * f / (1 - f)
    return n * m, 1 / ((1 + (m - 1) * np.minimum(odds, 1.0)) / (n * m) + odds / people)


def people_for_fpir(
    fpir: float, gallery: float, confidence: float = 0.95, cv: float = 1.0, images: int = 1
) -> Design | None:
    """Fewest people, none enrolled, whose searches without a hit carry a claim "FPIR is at most this".

    None where no number of people would do: the gallery is too small for people who differ so much.
    """
    wanted = float(trials_for_claim(fpir, confidence))
    # 1/effective is a part that falls as 1/n and a part that the gallery fixes.
    fixed = 1 / float(effective_searches_of(1e300, gallery, fpir, cv, images)[1]) if cv > 0 else 0.0
    own = 1 / float(effective_searches_of(1.0, gallery, fpir, cv, images)[1]) - fixed
    room = 1 / wanted - fixed
    if room <= 0:
        return None
    people = int(np.ceil(own / room * (1 - 1e-12)))
    searches, effective = effective_searches_of(float(people), gallery, fpir, cv, images)
    return Design(people, float(searches), float(effective))


def _carried(
    fmr: Array | float, subjects: int, confidence: float, cv: float, images: int, alike: float
) -> npt.NDArray[np.bool_]:
    worth = effective_comparisons_of(float(subjects), fmr, cv, images, alike=alike)
    return np.asarray(worth >= trials_for_claim(fmr, confidence))


class EventsNeeded(NamedTuple):
    """Errors that must be expected in each of two groups, not rounded."""

    lower: Any  # in the group with the lower rate
    higher: Any


def events_to_see_ratio(
    ratio: Numbers | float = 2.0, power: float = 0.8, alpha: float = 0.05, exposure: Numbers | float = 1.0
) -> EventsNeeded:
    """Errors needed in two groups for a test to tell their rates apart: 25 and 49 for a doubling at 80% power and 5%.

    ``alpha`` is two-sided; ``exposure`` is trials of the group with the higher rate over trials of the other.
    Wald test of the log ratio, ``Var = 1/x1 + 1/x2``.  Independent errors: errors that people share count for less,
    by the effective number.  Source: item 25.d.
    """
    r, e = within("ratio", ratio, 1, above=True, below=True), within("exposure", exposure, 0, above=True, below=True)
    lower = np.square(_z_sum(power, alpha) / np.log(r)) * (1 + 1 / (r * e))
    return EventsNeeded(lower, lower * r * e)


def smallest_ratio_seen(
    events_low: Numbers | float, power: float = 0.8, alpha: float = 0.05, exposure: Numbers | float = 1.0
) -> Numbers:
    """Smallest ratio of two rates that a test would show, given the errors of the group with the lower rate.

    `events_to_see_ratio` solved for the ratio, by halving over its logarithm; infinite where none would show.
    """
    seen = np.asarray(within("events_low", events_low, 0, below=True))
    e = np.asarray(within("exposure", exposure, 0, above=True, below=True))
    seen, e = np.broadcast_arrays(seen, e)
    z = _z_sum(power, alpha)
    low, high = np.zeros(seen.shape), np.full(seen.shape, 700.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        # A needed count that falls as the ratio grows; at a middle of 0 it is infinite, and never tried.
        shows = np.square(z / middle) * (1 + np.exp(-middle) / e) <= seen
        low, high = np.where(shows, low, middle), np.where(shows, middle, high)
    value: Any = np.where(high >= 700, np.inf, np.exp(high))
    return value[()]


def simultaneous_level(level: float, intervals: int) -> float:
    """Level for each of several intervals that makes all of them hold at once.

    Bonferroni, the one convention of misid.  Šidák's level is lower by a hair and needs intervals that do not pull
    against each other; cells of a table of groups share subjects, so nobody knows that they do not.
    """
    part = within("level", level, 0, 1, above=True, below=True)
    return float(1 - (1 - part) / within("intervals", float(intervals), 1, below=True, whole=True))


def holm(p_values: npt.ArrayLike) -> Array:
    """P-values that allow for how many there are.

    Holds whatever the tests share.  Source: Holm, Scandinavian Journal of Statistics 6 (1979).
    """
    p = np.asarray(probability("p_values", np.asarray(p_values, np.float64)))
    if p.ndim != 1:
        raise OutOfRange("p_values", p.shape, "a list of numbers")
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    out = np.empty_like(p)
    out[order] = np.minimum(raised, 1.0)
    return out


def _z_sum(power: float, alpha: float) -> Any:
    wanted = within("power", power, 0, 1, above=True, below=True)
    tail = within("alpha", alpha, 0, 1, above=True, below=True) / 2
    total = special.ndtri(wanted) - special.ndtri(tail)
    if total <= 0:
        raise OutOfRange("power", power, f"above {float(tail):g}, half of alpha, which chance alone reaches")
    return total
