"""How the rates of one algorithm under several conditions go together, as seen over all algorithms.

The rates, transformed so that they spread evenly, are taken for a multivariate Student t over algorithms: most share
one profile, a few depart from it everywhere at once.  Given some of the rates the others are again Student t.  A
printed value enters as the interval that rounds to it.
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy import special

from misid.algorithm.catalog.table import packaged
from misid.algorithm.growth import Array
from misid.errors import Fault, InvalidInput
from misid.statistics import Student, conditional, seen_through, symmetric


@dataclass(frozen=True)
class RatePrior:
    """Mean, scale matrix and degrees of freedom of the Student t; fitted in ``verification``, shipped as JSON.

    Developers are what counts, for the algorithms of one resemble each other: the doubt about the prior itself is as
    if it rested on one row for each developer.
    """

    FILE: ClassVar[str]  # where it ships
    NAMES: ClassVar[tuple[str, ...]]  # of the conditions
    FIELD: ClassVar[str]  # what faults call the rates
    UNKNOWN: ClassVar[str]  # what they say of a name that is none
    LARGEST: ClassVar[float] = 1.0

    mean: tuple[float, ...]  # of the transformed rates, in the order of ``NAMES``
    scale: tuple[tuple[float, ...], ...]
    nu: float
    n_algorithms: int | tuple[int, ...] = 0  # of all, or of each rate; so are the developers
    n_developers: int | tuple[int, ...] = 0
    left_out: tuple[str, ...] = ()  # developers whose rows were left out

    @staticmethod
    @abstractmethod
    def rounded(rate: Array) -> tuple[Array, Array]:
        """Return the ends, transformed, of the interval that rounds to a printed rate."""

    @classmethod
    def shipped(cls, leave_out: str = "") -> Self:
        """Return the prior that ships, in which a developer's own algorithms had no part."""
        known = _shipped(cls.FILE)
        return cls.from_json(known.get(leave_out, known[""]))

    def student(self) -> Student:
        """Return it as arrays."""
        return Student(np.array(self.mean), np.array(self.scale), self.nu)

    def given(self, printed: Mapping[str, float], doubt: Mapping[str, float] | None = None) -> Student:
        """Return what some rates of an algorithm say of all, transformed, in the order of ``NAMES``.

        Printed rates stay within their rounding; one that was computed or measured has the standard deviation of its
        probit in ``doubt``.

        Raises
        ------
        InvalidInput
            If a name is unknown or a value no rate.
        """
        faults = [
            Fault("", 0, f"{self.FIELD}.{name}", self.UNKNOWN, "give any of " + ", ".join(self.NAMES))
            for name in printed
            if name not in self.NAMES
        ]
        faults += [
            Fault("", 0, f"{self.FIELD}.{name}", f"is {value!r}", f"give a share from 0 to {self.LARGEST:.4g}")
            for name, value in printed.items()
            if not 0.0 <= value <= self.LARGEST
        ]
        if faults:
            raise InvalidInput(faults)
        whole = self.student()
        rates = np.array([printed.get(name, np.nan) for name in self.NAMES])
        value, noise = seen_through(*self.rounded(rates), whole.mean, np.diag(whole.scale))
        for name, sd in (doubt or {}).items():
            at = self.NAMES.index(name)
            value[at], noise[at] = special.ndtri(np.clip(rates[at], 1e-9, 1.0 - 1e-9)), sd**2
        return conditional(whole, np.where(np.isnan(rates), np.nan, value), noise, self.n_developers)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; of the scale the lower triangle."""
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in self.__dict__.items()}
        return {**plain, "scale": [list(row[: i + 1]) for i, row in enumerate(self.scale)]}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        plain: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
        }
        plain["scale"] = tuple(tuple(float(x) for x in row) for row in symmetric(given["scale"]))
        return cls(**plain)


@functools.cache
def _shipped(file: str) -> Mapping[str, Mapping[str, Any]]:
    return {"".join(given["left_out"]): given for given in packaged(file)["priors"]}
