"""How much likelier some probe groups draw a false hit, and kin: from published cells, a part of them, or none."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from misid.algorithm.catalog.table import group_cells, twins
from misid.algorithm.group_prior import factor_ranges, given_cells, shared_groups
from misid.algorithm.growth import HALF_UNIT
from misid.vocabulary import TESTED_ORIGINS, Origin, Sex

Cell = tuple[Origin, Sex]
CELLS: tuple[Cell, ...] = tuple((origin, sex) for origin in TESTED_ORIGINS for sex in Sex)
UNTESTED: tuple[Cell, ...] = tuple((origin, sex) for origin in Origin if origin not in TESTED_ORIGINS for sex in Sex)


@dataclass(frozen=True)
class GroupFactor:
    """How much likelier a false candidate is for probes of a group than for the base population.

    Parameters
    ----------
    value, low, high : float
        Ratio of ``-ln(1 - FPIR)`` to its mean over the eight tested cells; positive.
    tested : bool
        Whether NIST prints this cell for this algorithm.
    caveats : tuple of str
        Codes of `misid.vocabulary.CAVEATS`.
    """

    value: float
    low: float
    high: float
    tested: bool
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True)
class KinRate:
    """False match rate between kin: median, least and most over the algorithms tested on twins.

    Parameters
    ----------
    value, low, high : float
        Probability per comparison, at the threshold where unrelated people match with 0.0001.
    caveats : tuple of str
        Codes of `misid.vocabulary.CAVEATS`.
    """

    value: float
    low: float
    high: float
    caveats: tuple[str, ...] = ()


def cell_name(cell: Cell) -> str:
    """Return the catalogue's name of a cell: ``east_asia_female``."""
    return f"{cell[0]}_{cell[1]}"


def factors(printed: Mapping[str, float] | None, developer: str = "") -> dict[Cell, GroupFactor]:
    """Return the row factor of every probe group, tested or not.

    Parameters
    ----------
    printed : mapping or None
        FPIR of the eight cells by name, or of some of them, in NIST's test: one threshold, at which women born in
        Eastern Europe are at most 0.002.  None where NIST prints none for the algorithm.
    developer : str
        Who made the algorithm: its other algorithms have no say in cells that are predicted from some.

    Returns
    -------
    dict
        All twelve groups.  The base population is an equal mix of the eight tested cells, so their values average 1.
        Where some are printed the others are predicted from them, with 90% intervals; the mean over the eight moves
        with them, so no factor is then known to its rounding.  Groups with no test get the geometric mean of the four
        cells of their sex, and the range over all eight.
    """
    more: tuple[str, ...]
    if not printed:
        tested, more = _of_others(), ("group_other_algorithms",)
    elif len(printed) == len(CELLS):
        tested, more = _of_card(printed), ()
    else:
        tested, more = _of_part(printed, developer), ("group_cells_predicted",)
    low = min(factor.low for factor in tested.values())
    high = max(factor.high for factor in tested.values())
    caveats = ("group_no_test_data", *more)
    found = dict(tested)
    for origin, sex in UNTESTED:
        same = [math.log(tested[cell].value) for cell in CELLS if cell[1] == sex]
        found[(origin, sex)] = GroupFactor(math.exp(sum(same) / len(same)), low, high, False, caveats)
    return found


def _of_part(printed: Mapping[str, float], developer: str) -> dict[Cell, GroupFactor]:
    ranges = factor_ranges(given_cells(printed, shared_groups(developer)), 0.90)
    return {
        cell: GroupFactor(*ranges[cell_name(cell)], cell_name(cell) in printed, ("group_cells_predicted",))
        for cell in CELLS
    }


def _of_card(printed: Mapping[str, float]) -> dict[Cell, GroupFactor]:
    values = np.array([printed[cell_name(cell)] for cell in CELLS])
    # -ln(1 - FPIR) is proportional to the mean number of false candidates, so factors of it multiply.
    rate, low, high = (-np.log1p(-np.clip(x, 1e-6, 1 - 1e-6)) for x in (values, values - HALF_UNIT, values + HALF_UNIT))
    base = float(rate.mean())
    return {
        cell: GroupFactor(float(rate[i] / base), float(low[i] / base), float(high[i] / base), True)
        for i, cell in enumerate(CELLS)
    }


@functools.cache
def _of_others() -> dict[Cell, GroupFactor]:
    every = [_of_card(printed) for printed in group_cells().values()]
    table = np.array([[card[cell].value for cell in CELLS] for card in every])
    value = np.exp(np.log(table).mean(axis=0))
    value /= value.mean()
    low, high = np.quantile(table, [0.05, 0.95], axis=0)
    return {
        cell: GroupFactor(float(value[i]), float(low[i]), float(high[i]), False, ("group_other_algorithms",))
        for i, cell in enumerate(CELLS)
    }


@functools.cache
def kin_rates() -> Mapping[str, KinRate]:
    """Return false match rates of twins by kind."""
    found = {}
    for kind, rates in twins().items():
        values = sorted(rates.values())
        middle = float(np.median(values))
        found[kind] = KinRate(middle, values[0], values[-1], ("kin_at_other_threshold",))
    return found
