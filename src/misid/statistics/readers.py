"""People who check what the machine says: a moved criterion, and two readers who err on the same pairs.

Item numbers are those of docs/formulas.md.  Shapes broadcast; floats give a float.  A function raises
`misid.errors.OutOfRange` where an argument leaves its stated range.

Rates of exactly 0 and 1 mean a reader who never passes anything, or passes everything: no check at all.  They are kept
exactly and never nudged to a number that the normal distribution can hold.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from misid.statistics.ranges import Numbers, probability, within

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_STEPS = 80  # Newton needs about six; halving alone would close any bracket in so many


def shifted(rate: Numbers | float, shift: Numbers | float) -> Numbers:
    """Return the share that passes after a reader's criterion has moved by so many standard deviations, up if passing.

    ``Phi(z(rate) + shift)``; exactly 0 at 0, 1 at 1, ``rate`` at a shift of 0; below 1e-307 it is 0.
    Hit and false alarm rate moved by the same shift keep d' (item 11.b).
    """
    before = probability("rate", rate)
    moved = within("shift", shift, -np.inf, above=True, below=True)
    value: Any = np.where(moved == 0, before, special.ndtr(special.ndtri(before) + moved))
    return value[()]


def both_pass(p: Numbers | float, rho: Numbers | float) -> Numbers:
    """Probability that two readers, each of whom passes a pair with probability ``p``, both pass it.

    ``rho`` is the correlation of what the two see, on the normal scale on which the criterion lies: 0 (each errs
    alone: ``p^2``) to 1 (they err as one: ``p``).  Right to 1e-12 of itself for p from 1e-30 up.

    ``p^2 + 1 / (2 pi) integral from 0 to asin(rho) of exp(-z(p)^2 / (1 + sin t)) dt``: nothing is subtracted, so a
    small probability keeps its digits.  64 Gauss-Legendre nodes.  Readers look at the same pictures: independence is
    the hopeful end, not the middle.

    Source: Plackett, Biometrika 41 (1954) 351-360, with Drezner and Wesolowsky's substitution (1990); item 11.
    """
    single = probability("p", p)
    shared = probability("rho", rho)
    return _both(single, shared)


def single_from_both(q: Numbers | float, rho: Numbers | float) -> Numbers:
    """Return the probability at which one reader passes a pair if two readers both pass it with probability ``q``.

    Between ``q`` and ``sqrt(q)``; exactly 0 at 0 and 1 at 1.  Newton's steps inside a bracket that every step narrows;
    the slope is ``2 Phi(z(p) sqrt((1 - rho) / (1 + rho)))``.
    """
    wanted, shared = np.broadcast_arrays(probability("q", q), probability("rho", rho))
    low, high = wanted.copy(), np.sqrt(wanted)
    lean = np.sqrt((1 - shared) / (1 + shared))
    p = np.sqrt(low * high)
    for _ in range(_STEPS):
        over = _both(p, shared) - wanted
        low, high = np.where(over <= 0, p, low), np.where(over >= 0, p, high)
        z = special.ndtri(p)
        slope = 2 * special.ndtr(np.where(lean > 0, z, 0.0) * lean)
        aim = p - over / np.where(slope > 0, slope, 1.0)
        aim = np.where((aim > low) & (aim < high), aim, np.sqrt(low) * np.sqrt(high))
        settled = np.abs(aim - p) <= 2 * np.finfo(np.float64).eps * p
        p = np.clip(aim, low, high)
        if np.all(settled):
            break
    value: Any = np.where((wanted == 0) | (wanted == 1) | (shared == 1), wanted, p)
    return value[()]


def _both(p: Any, rho: Any) -> Any:
    """Item 11's orthant without checks."""
    square = np.square(special.ndtri(p))
    half = np.arcsin(rho) / 2
    area = np.zeros(np.broadcast_shapes(np.shape(square), np.shape(half)))
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        area += weight * np.exp(-square / (1 + np.sin(half * (node + 1))))
    # No check and no pass are exact; so are readers who err as one.
    value: Any = np.where(rho == 1, p, np.minimum(np.square(p) + half / (2 * np.pi) * area, p))
    return value[()]
