"""How much likelier some probe groups draw a false hit, and kin: from published cells, a part of them, or none.

Where some of the eight cells of region of birth and sex are printed, the rest follow from how ``ln(-ln(1 - FPIR))`` of
the eight goes together over algorithms (`GroupPrior`).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from misid.algorithm.catalog.table import group_cells, twins
from misid.algorithm.growth import HALF_UNIT, Array
from misid.algorithm.rate_prior import RatePrior
from misid.quantities import Interval
from misid.randomness import Purpose, uniforms
from misid.statistics import Student
from misid.vocabulary import TESTED_ORIGINS, Origin, Sex

Cell = tuple[Origin, Sex]
CELLS: tuple[Cell, ...] = tuple((origin, sex) for origin in TESTED_ORIGINS for sex in Sex)
UNTESTED: tuple[Cell, ...] = tuple((origin, sex) for origin in Origin if origin not in TESTED_ORIGINS for sex in Sex)
CELL_NAMES: tuple[str, ...] = tuple(f"{origin}_{sex}" for origin, sex in CELLS)
FIXED_CELL = "east_europe_female"
"""NIST sets each threshold so that this cell is at most 0.002; what is printed for it is that rule."""
_DRAWS = 2000


@dataclass(frozen=True)
class GroupFactor:
    """How much likelier a false candidate is for probes of a group than for the base population.

    Parameters
    ----------
    ratio : Interval
        Ratio of ``-ln(1 - FPIR)`` to its mean over the eight tested cells; positive.
    tested : bool
        Whether NIST prints this cell for this algorithm.
    caveats : tuple of str
        Codes of caveats.
    """

    ratio: Interval
    tested: bool
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True)
class GroupPrior(RatePrior):
    """What algorithms share about the eight cells: of ``ln(-ln(1 - FPIR))``, in the order of `CELL_NAMES`.

    The rows are of one test: one threshold per algorithm, set so that women born in Eastern Europe are at most 0.002.
    At another threshold all cells differ together, which these rows never show.
    """

    FILE = "groups.json"
    NAMES = CELL_NAMES
    FIELD = "cells"
    UNKNOWN = "is no tested group"

    @staticmethod
    def rounded(rate: Array) -> tuple[Array, Array]:
        """Return the ends, as log rates, of the interval that rounds to a printed FPIR."""
        return log_rate(np.maximum(rate - HALF_UNIT, 0.0)), log_rate(rate + HALF_UNIT)


def log_rate(fpir: Array) -> Array:
    """Return ``ln(-ln(1 - FPIR))``: the log of the mean number of false candidates; minus infinity at 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(-np.log1p(-np.minimum(fpir, 1.0 - 1e-9))))


def factor_ranges(cells: Student, level: float) -> dict[str, Interval]:
    """Return the ratio of each cell's rate to the mean over the eight, and its central interval, by name.

    The values average 1.  The mean over the eight holds cells that are not known, so every ratio moves with them:
    intervals are of joint draws, the same at every call.
    """
    ids = np.arange(_DRAWS)
    u = np.concatenate([uniforms(0, Purpose.GROUP_CELLS, ids, block=block) for block in range(3)])
    rate = np.exp(np.minimum(cells.draws(special.ndtri(u[:8]), u[8]), 5.0))
    tail = 0.5 * (1.0 - level)
    low, high = np.quantile(rate / rate.mean(axis=0), [tail, 1.0 - tail], axis=1)
    point = np.exp(cells.mean)
    value = point / point.mean()
    return {
        name: Interval(float(value[i]), float(low[i]), float(high[i]), level, "").around()
        for i, name in enumerate(CELL_NAMES)
    }


def cell_name(cell: Cell) -> str:
    """Return the catalogue's name of a cell: ``east_asia_female``."""
    return f"{cell[0]}_{cell[1]}"


def row_factors(printed: Mapping[str, float] | None, developer: str = "") -> dict[Cell, GroupFactor]:
    """Return the row factor of all twelve probe groups, from printed FPIR of the eight cells, some of them, or none.

    The base population is an equal mix of the eight tested cells, so their values average 1.  Where some are printed
    the others are predicted from them, with 90% intervals, and with no say of the developer's other algorithms; the
    mean over the eight moves with them, so no factor is then known to its rounding.  Groups with no test get the
    geometric mean of the four cells of their sex, and the range over all eight.
    """
    more: tuple[str, ...]
    if not printed:
        tested, more = _of_others(), ("group_other_algorithms",)
    elif len(printed) == len(CELLS):
        tested, more = _of_card(printed), ()
    else:
        tested, more = _of_part(printed, developer), ("group_cells_predicted",)
    ends = [factor.ratio.ends for factor in tested.values()]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    caveats = ("group_no_test_data", *more)
    found = dict(tested)
    for origin, sex in UNTESTED:
        same = [math.log(tested[cell].ratio.value) for cell in CELLS if cell[1] == sex]
        ratio = Interval(math.exp(sum(same) / len(same)), low, high, None, "")
        found[(origin, sex)] = GroupFactor(ratio, False, caveats)
    return found


def _of_part(printed: Mapping[str, float], developer: str) -> dict[Cell, GroupFactor]:
    ranges = factor_ranges(GroupPrior.shipped(developer).given(printed), 0.90)
    return {
        cell: GroupFactor(ranges[name], name in printed, ("group_cells_predicted",))
        for cell, name in zip(CELLS, CELL_NAMES, strict=True)
    }


def _of_card(printed: Mapping[str, float]) -> dict[Cell, GroupFactor]:
    values = np.array([printed[name] for name in CELL_NAMES])
    # -ln(1 - FPIR) is proportional to the mean number of false candidates, so factors of it multiply.
    ends = (values, values - HALF_UNIT, values + HALF_UNIT)
    rate, low, high = (-np.log1p(-np.clip(x, 1e-6, 1 - 1e-6)) for x in ends)
    base = float(rate.mean())
    return {
        cell: GroupFactor(Interval(float(rate[i] / base), float(low[i] / base), float(high[i] / base), None, ""), True)
        for i, cell in enumerate(CELLS)
    }


@functools.cache
def _of_others() -> dict[Cell, GroupFactor]:
    every = [_of_card(printed) for printed in group_cells().values()]
    table = np.array([[card[cell].ratio.value for cell in CELLS] for card in every])
    value = np.exp(np.log(table).mean(axis=0))
    value /= value.mean()
    low, high = np.quantile(table, [0.05, 0.95], axis=0)
    caveats = ("group_other_algorithms",)
    return {
        cell: GroupFactor(Interval(float(value[i]), float(low[i]), float(high[i]), 0.9, ""), False, caveats)
        for i, cell in enumerate(CELLS)
    }


@functools.cache
def kin_rates() -> Mapping[str, Interval]:
    """Return false match rates of twins by relation: median, least and most over the algorithms tested on twins.

    Probability per comparison, at the threshold where unrelated people match with 0.0001.
    """
    found = {}
    for relation, rates in twins().items():
        values = sorted(rates.values())
        found[relation] = Interval(float(np.median(values)), values[0], values[-1], None, "")
    return found
