"""The rest of the eight group cells from some of them: what all algorithms share, fitted and shipped.

Let ``y = ln(-ln(1 - FPIR))`` of the eight cells of region of birth and sex.  Over algorithms ``y`` is taken for a
multivariate Student t: most vendors share one profile, a few depart from it in all cells at once.  Given some cells
the others are again Student t.  A printed value enters as the interval that rounds to it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from scipy import special

from misid.algorithm.growth import HALF_UNIT, Array
from misid.errors import Fault, InvalidInput
from misid.randomness import Purpose, uniforms
from misid.statistics import Student, conditional, seen_through, symmetric
from misid.vocabulary import TESTED_ORIGINS, Sex

CELL_NAMES: tuple[str, ...] = tuple(f"{origin}_{sex}" for origin in TESTED_ORIGINS for sex in Sex)
FIXED_CELL = "east_europe_female"
"""NIST sets each threshold so that this cell is at most 0.002; what is printed for it is that rule."""
_DRAWS = 2000


@dataclass(frozen=True)
class GroupPrior:
    """What algorithms share about the eight cells.

    Parameters
    ----------
    mean : tuple of float
        Of ``ln(-ln(1 - FPIR))``, in the order of `CELL_NAMES`.
    scale : tuple of tuple of float
        Scale matrix of the Student t.
    nu : float
        Its degrees of freedom.
    n_algorithms, n_developers : int
        What it was fitted on; algorithms of one developer resemble each other, so developers are what counts.
    left_out : tuple of str
        Developers whose rows were left out.

    Notes
    -----
    The rows are of one test: one threshold per algorithm, set so that women born in Eastern Europe are at most 0.002.
    At another threshold all cells differ together, which these rows never show.
    """

    mean: tuple[float, ...]
    scale: tuple[tuple[float, ...], ...]
    nu: float
    n_algorithms: int = 0
    n_developers: int = 0
    left_out: tuple[str, ...] = ()

    def student(self) -> Student:
        """Return it as arrays."""
        return Student(np.array(self.mean), np.array(self.scale), self.nu)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; of the scale the lower triangle."""
        lower = [list(row[: i + 1]) for i, row in enumerate(self.scale)]
        return {**self.__dict__, "mean": list(self.mean), "scale": lower, "left_out": list(self.left_out)}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> GroupPrior:
        """Read what `to_json` wrote."""
        mean = tuple(float(x) for x in given["mean"])
        scale = tuple(tuple(float(x) for x in row) for row in symmetric(given["scale"]))
        return cls(**{**given, "mean": mean, "scale": scale, "left_out": tuple(given["left_out"])})


def log_rate(fpir: Array) -> Array:
    """Return ``ln(-ln(1 - FPIR))``: the log of the mean number of false candidates; minus infinity at 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(-np.log1p(-np.minimum(fpir, 1.0 - 1e-9))))


def fpir_of(rate: Array) -> Array:
    """Return FPIR of a log rate."""
    return np.asarray(-np.expm1(-np.exp(np.minimum(rate, 5.0))))


def rounded_log_rates(fpir: Array) -> tuple[Array, Array]:
    """Return the ends, as log rates, of the interval that rounds to a printed value."""
    return log_rate(np.maximum(fpir - HALF_UNIT, 0.0)), log_rate(fpir + HALF_UNIT)


def given_cells(printed: Mapping[str, float], prior: GroupPrior) -> Student:
    """Say what some cells of an algorithm tell of all eight.

    Parameters
    ----------
    printed : mapping
        FPIR of any of the eight cells by name, as printed with four decimals, of the test that the prior describes.
    prior : GroupPrior
        What algorithms share.

    Returns
    -------
    Student
        Log rates in the order of `CELL_NAMES`.  Given cells stay within their rounding; the others hold the spread
        over algorithms and the doubt about the prior itself, as if it rested on one row for each developer.

    Raises
    ------
    InvalidInput
        If a name is unknown or a value no share.
    """
    faults = [
        Fault("", 0, f"cells.{name}", "is no tested group", "give any of " + ", ".join(CELL_NAMES))
        for name in printed
        if name not in CELL_NAMES
    ]
    faults += [
        Fault("", 0, f"cells.{name}", f"is {value!r}", "give a share from 0 to 1")
        for name, value in printed.items()
        if not 0.0 <= value <= 1.0
    ]
    if faults:
        raise InvalidInput(faults)
    whole = prior.student()
    cells = np.array([printed.get(name, np.nan) for name in CELL_NAMES])
    value, noise = seen_through(*rounded_log_rates(cells), whole.mean, np.diag(whole.scale))
    return conditional(whole, np.where(np.isnan(cells), np.nan, value), noise, prior.n_developers)


def factor_ranges(cells: Student, level: float) -> dict[str, tuple[float, float, float]]:
    """Return the ratio of each cell's rate to the mean over the eight, and its central interval, by name.

    Parameters
    ----------
    cells : Student
        By `given_cells`.
    level : float
        Coverage, in (0, 1).

    Returns
    -------
    dict
        Value, low, high; the values average 1.

    Notes
    -----
    The mean over the eight holds cells that are not known, so every ratio moves with them: intervals are of joint
    draws, the same at every call.
    """
    ids = np.arange(_DRAWS)
    u = np.concatenate([uniforms(0, Purpose.GROUP_CELLS, ids, block=block) for block in range(3)])
    rate = np.exp(np.minimum(cells.draws(special.ndtri(u[:8]), u[8]), 5.0))
    tail = 0.5 * (1.0 - level)
    low, high = np.quantile(rate / rate.mean(axis=0), [tail, 1.0 - tail], axis=1)
    point = np.exp(cells.mean)
    value = point / point.mean()
    low, high = np.minimum(low, value), np.maximum(high, value)
    return {name: (float(value[i]), float(low[i]), float(high[i])) for i, name in enumerate(CELL_NAMES)}


@functools.cache
def _shipped() -> Mapping[str, GroupPrior]:
    text = resources.files("misid.algorithm.catalog").joinpath("groups.json").read_text(encoding="utf-8")
    found = (GroupPrior.from_json(given) for given in json.loads(text)["priors"])
    return {"".join(prior.left_out): prior for prior in found}


def shared_groups(leave_out: str = "") -> GroupPrior:
    """Return the prior shipped with the package, fitted by ``python -m verification priors groups``.

    Parameters
    ----------
    leave_out : str
        Developer whose own algorithms must not have had a say; one with no group rows had none.
    """
    known = _shipped()
    return known.get(leave_out, known[""])
