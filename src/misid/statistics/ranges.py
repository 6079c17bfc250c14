"""Ranges of what goes into a formula, checked at its door, and the types that all formulas share."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from misid.errors import OutOfRange

Array: TypeAlias = NDArray[np.float64]

# A formula whose arguments are all floats returns a float; one array among them makes the result an array.
Numbers = TypeVar("Numbers", float, Array)


def within(
    name: str,
    value: float | Array,
    low: float,
    high: float = np.inf,
    *,
    above: bool = False,
    below: bool = False,
    whole: bool = False,
) -> Any:
    """Return a value as float64 if all of it lies in its range; NaN never does.

    ``above`` and ``below`` leave the ends out.  A value must be finite unless ``high`` is infinite and ``below`` False.
    """
    x = np.asarray(value, dtype=np.float64)
    fits = (x > low if above else x >= low) & (x < high if below else x <= high)
    if whole:
        fits &= x == np.floor(x)
    if not fits.all():
        raise OutOfRange(name, float(x[~fits].flat[0]), _in_words(low, high, above, below, whole))
    return x[()]


def _in_words(low: float, high: float, above: bool, below: bool, whole: bool) -> str:
    words = ["whole"] if whole else []
    if np.isfinite(low):
        words.append(f"above {low:g}" if above else f"at least {low:g}")
    if np.isfinite(high):
        words.append(f"below {high:g}" if below else f"at most {high:g}")
    elif below:
        words.append("finite")
    return " and ".join(words)


def probability(name: str, value: float | Array) -> Any:
    """Return a value as float64 if all of it lies from 0 to 1; arguments and errors as for `within`."""
    return within(name, value, 0, 1)


def amount(name: str, value: float | Array, *, above: bool = False) -> Any:
    """Return a value as float64 if it is finite and at least (``above``: above) 0; otherwise as `within`."""
    return within(name, value, 0, above=above, below=True)
