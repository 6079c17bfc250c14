"""How many people and comparisons a claim about a rate needs, and what a claim so many people can carry.

Item numbers are those of ``tests/unit/test_formulas.py``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.statistics.ranges import Array, Numbers, probability, within

_HALVINGS = 200


class Design(NamedTuple):
    """Size of a test.

    Parameters
    ----------
    subjects : int
        People.
    comparisons : float
        Comparisons (or searches) that they give.
    effective : float
        Independent ones that these are worth.
    """

    subjects: int
    comparisons: float
    effective: float


def trials_for_claim(rate: Numbers | float, confidence: float = 0.95, errors: Numbers | int = 0) -> Numbers:
    """Independent trials that a claim "at most this rate" needs, if so many errors are seen in them.

    Parameters
    ----------
    rate : float or ndarray
        Claimed, strictly between 0 and 1; shapes broadcast.
    confidence : float
        One-sided, strictly between 0 and 1.
    errors : int or ndarray
        Errors that are allowed, at least 0.

    Returns
    -------
    float or ndarray
        ``ln(1 - confidence) / ln(1 - rate)`` for no error, near ``3 / rate`` at 95% (the rule of three); the
        smallest n whose one-sided Clopper-Pearson bound is at most ``rate`` otherwise, not rounded.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Source: Mansfield and Wayman, NPL CMSC 14/02 (2002); ISO/IEC 19795-1; item 13.
    """
    p, part = np.broadcast_arrays(
        np.asarray(within("rate", rate, 0, 1, above=True, below=True)),
        within("errors", np.asarray(errors, np.float64), 0, below=True, whole=True),
    )
    left = np.log1p(-within("confidence", confidence, 0, 1, above=True, below=True))
    none: Any = (left / np.log1p(-p))[()]
    if not part.any():
        unseen: Numbers = none
        return unseen
    low = np.maximum(left / np.log1p(-p), part + 1)
    # Errors among n trials at this rate: P(X <= errors) falls as n grows, from 1 at n = errors.
    high = np.maximum((part + 10 + 10 * np.sqrt(part + 1) - 2 * left) / p, low + 1)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        enough = special.betaincc(part + 1, np.maximum(middle - part, 1e-12), p) <= np.exp(left)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    found: Any = np.where(part == 0, none, high)[()]
    result: Numbers = found
    return result


def trials_to_measure(rate: Numbers | float, within_share: float = 0.3, confidence: float = 0.9) -> Any:
    """Independent trials after which a rate is known to within a share of itself.

    Parameters
    ----------
    rate : float or ndarray
        Strictly between 0 and 1.
    within_share : float
        Half width over rate, above 0.
    confidence : float
        Two-sided, strictly between 0 and 1.

    Returns
    -------
    float or ndarray
        About ``30 / rate`` for 30% at 90%: the rule of 30.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Normal errors, ``(z / share)^2 (1 - rate) / rate``.  Source: Doddington's rule, Mansfield and Wayman (2002);
    item 13.b.
    """
    p = within("rate", rate, 0, 1, above=True, below=True)
    share = within("within_share", within_share, 0, above=True, below=True)
    z = special.ndtri((1 + within("confidence", confidence, 0, 1, above=True, below=True)) / 2)
    return np.square(z / share) * (1 - p) / p


def comparisons_of(subjects: Numbers | float, images: int = 1) -> Any:
    """Non-mated comparisons that people give if all their images are compared, each pair once.

    Parameters
    ----------
    subjects : float or ndarray
        At least 1.
    images : int
        Of each, at least 1.

    Returns
    -------
    float or ndarray
        ``n (n - 1) / 2 images^2``.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.
    """
    n = within("subjects", subjects, 1, below=True)
    return n * (n - 1) / 2 * np.square(within("images", float(images), 1, below=True, whole=True))


def effective_comparisons_of(
    subjects: Numbers | float, fmr: Numbers | float, cv: float, images: int = 1, *, alike: float = 0.0
) -> Any:
    """Independent comparisons that all pairs of people are worth, where people differ.

    Parameters
    ----------
    subjects : float or ndarray
        At least 2.
    fmr : float or ndarray
        Strictly between 0 and 1; shapes broadcast.
    cv : float
        Coefficient of variation of people's own FMR, at least 0.
    images : int
        Of each person, at least 1.
    alike : float
        How far comparisons of the same two people repeat each other, 0 (only through ``cv``) to 1 (always).

    Returns
    -------
    float or ndarray
        ``F (1 - F) / Var``, at most the comparisons that there are.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
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

    Parameters
    ----------
    fmr : float
        Claimed: "FMR is at most this"; strictly between 0 and 1.
    confidence : float
        One-sided, strictly between 0 and 1.
    cv, images, alike
        As `effective_comparisons_of`; ``cv`` 0 and ``alike`` 0 for independent comparisons.
    needed : float
        Effective comparisons, if not those of the rule of three (`trials_for_claim`).

    Returns
    -------
    Design or None
        None where more than 10^12 people would be needed.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    The effective number is taken at the claimed rate: a test without a false match says nothing about how people
    differ, so ``cv`` is an assumption.
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

    Parameters
    ----------
    subjects : int
        At least 2.
    confidence, cv, images, alike
        As `subjects_for_claim`.

    Returns
    -------
    float or None
        None where so few people, differing so much, carry no claim at all.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.
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

    Parameters
    ----------
    subjects : float or ndarray
        People searched, none of whom is enrolled; at least 1.
    gallery : float
        People enrolled, at least 1.
    fpir : float
        Strictly between 0 and 1.
    cv : float
        Coefficient of variation of people's own rate, on either side, at least 0.
    images : int
        Searches for each person, at least 1.

    Returns
    -------
    searches, effective : float or ndarray

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
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

    Parameters
    ----------
    fpir, gallery, cv, images
        As `effective_searches_of`.
    confidence : float
        One-sided, strictly between 0 and 1.

    Returns
    -------
    Design or None
        None where no number of people would do: the gallery is too small for people who differ so much.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.
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
    found: npt.NDArray[np.bool_] = np.asarray(worth >= trials_for_claim(fmr, confidence))
    return found
