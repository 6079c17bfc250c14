"""Refit of what algorithms share about the eight cells of region of birth and sex."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from misid.algorithm import CELL_NAMES, GroupPrior
from misid.errors import Fault, InvalidInput
from verification.student_fit import fit_student

_RIDGE = 0.002
"""Least variance of a log rate between algorithms (a spread of 4%)."""
_FEWEST = 20


def fit_group_prior(
    cells: Mapping[str, Mapping[str, float]], developers: Mapping[str, str], leave_out: Sequence[str] = ()
) -> GroupPrior:
    """Fit what algorithms share about the eight cells, by greatest likelihood for a Student t seen through rounding.

    InvalidInput if an algorithm lacks a cell, or fewer than 20 are left.
    """
    names = sorted(name for name in cells if developers[name] not in set(leave_out))
    lacking = [name for name in names if set(cells[name]) != set(CELL_NAMES)]
    if lacking:
        raise InvalidInput([Fault("", 0, f"cells.{name}", "lacks some of the eight cells") for name in lacking])
    if len(names) < _FEWEST:
        raise InvalidInput([Fault("", 0, "cells", f"are of {len(names)} algorithms", f"give at least {_FEWEST}")])
    values = np.array([[cells[name][cell] for cell in CELL_NAMES] for name in names])
    found = fit_student(*GroupPrior.rounded(values), _RIDGE)
    return GroupPrior(
        tuple(float(x) for x in found.mean),
        tuple(tuple(float(x) for x in row) for row in found.scale),
        found.nu,
        len(names),
        len({developers[name] for name in names}),
        tuple(sorted(leave_out)),
    )
