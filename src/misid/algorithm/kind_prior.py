"""What an algorithm's rows say of image kinds and lapses that it has no row for: fitted on all algorithms, shipped.

The probits of FNIR under all conditions are taken, over algorithms, for a multivariate Student t with most entries
missing.  Given some conditions the others are again Student t.  A printed value enters as the interval that rounds to
it; failures are left out, so what is predicted is FNIR where the algorithm does not fail.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from scipy import special

from misid.algorithm.growth import FPIR_TESTED, HALF_UNIT, N_ANCHOR, Array
from misid.errors import Fault, InvalidInput
from misid.statistics import Student, conditional, seen_through, symmetric
from misid.vocabulary import ImageKind, Lapse

BASE = f"{ImageKind.MUGSHOT}|{Lapse.AS_TESTED}"
"""The mugshot row at 1.6 million and FPIR 0.003."""
RANK = f"{ImageKind.MUGSHOT}|rank 1"
"""The rank-1 miss at 1.6 million."""
AGED = f"{ImageKind.MUGSHOT}|{Lapse.LONG}"
BORDER, BORDER_AGED = f"{ImageKind.BORDER}|{Lapse.AS_TESTED}", f"{ImageKind.BORDER}|{Lapse.LONG}"
CONDITION_NAMES: tuple[str, ...] = (
    BASE,
    RANK,
    *(f"{kind}|{Lapse.AS_TESTED}" for kind in ImageKind if kind not in (ImageKind.MUGSHOT, ImageKind.STREET)),
    AGED,
    BORDER_AGED,
)
"""Conditions that NIST prints, each at its own gallery and FPIR."""
_WHERE: dict[tuple[str, str], tuple[int, float]] = {
    (ImageKind.MUGSHOT, Lapse.LONG): (3_000_000, FPIR_TESTED),
    (ImageKind.TRAVELLER, Lapse.AS_TESTED): (42_000, 0.0003),
    (ImageKind.TRAVELLER, Lapse.LONG): (42_000, 0.0003),
}
"""Gallery and FPIR of a condition's test, where they differ from 1.6 million and 0.003."""
_AT = {name: i for i, name in enumerate(CONDITION_NAMES)}
LIKELY = (np.arange(40) + 0.5) / 40
"""Shares of a distribution at which equally likely values stand."""
_NORMAL = float(special.ndtri(0.95))


@dataclass(frozen=True)
class KindPrior:
    """What algorithms share about image kinds and lapses.

    Parameters
    ----------
    mean : tuple of float
        Of the probit of FNIR, in the order of `CONDITION_NAMES`.
    scale : tuple of tuple of float
        Scale matrix of the Student t.
    nu : float
        Its degrees of freedom.
    n_algorithms, n_developers : tuple of int
        What each condition was fitted on.
    ageing : tuple of float
        Median and spread over algorithms of how much more the years cost on border photos than on mugshots, in
        probits: the only kind that shows whether the years cost the same on all.
    left_out : tuple of str
        Developers whose rows were left out.
    """

    mean: tuple[float, ...]
    scale: tuple[tuple[float, ...], ...]
    nu: float
    ageing: tuple[float, float] = (0.0, 0.0)
    n_algorithms: tuple[int, ...] = ()
    n_developers: tuple[int, ...] = ()
    left_out: tuple[str, ...] = ()

    def student(self) -> Student:
        """Return it as arrays."""
        return Student(np.array(self.mean), np.array(self.scale), self.nu)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; of the scale the lower triangle."""
        plain = {name: list(value) for name, value in self.__dict__.items() if isinstance(value, tuple)}
        return {**self.__dict__, **plain, "scale": [list(row[: i + 1]) for i, row in enumerate(self.scale)]}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> KindPrior:
        """Read what `to_json` wrote."""
        return cls(
            mean=tuple(float(x) for x in given["mean"]),
            scale=tuple(tuple(float(x) for x in row) for row in symmetric(given["scale"])),
            nu=float(given["nu"]),
            ageing=(float(given["ageing"][0]), float(given["ageing"][1])),
            n_algorithms=tuple(int(n) for n in given["n_algorithms"]),
            n_developers=tuple(int(n) for n in given["n_developers"]),
            left_out=tuple(given["left_out"]),
        )


def where_tested(kind: str, lapse: str) -> tuple[int, float]:
    """Return gallery and FPIR of a condition's test.

    Parameters
    ----------
    kind, lapse : str
        Image kind and lapse.

    Returns
    -------
    tuple of int and float
        References in the gallery; candidate FPIR.
    """
    return _WHERE.get((kind, lapse), (N_ANCHOR, FPIR_TESTED))


def rounded_probits(miss: Array) -> tuple[Array, Array]:
    """Return the ends, as probits, of the interval that rounds to a printed value."""
    return special.ndtri(np.maximum(miss - HALF_UNIT, 0.0)), special.ndtri(miss + HALF_UNIT)


def given_conditions(
    printed: Mapping[str, float], prior: KindPrior, doubt: Mapping[str, float] | None = None
) -> Student:
    """Say what an algorithm's rows tell of all conditions.

    Parameters
    ----------
    printed : mapping
        FNIR below 0.7 by a name from `CONDITION_NAMES`, as printed with four decimals; at that condition's own
        gallery and FPIR.
    prior : KindPrior
        What algorithms share.
    doubt : mapping, optional
        Standard deviation of the probit of a value that was not printed but computed or measured, by name; its
        rounding is then not used.

    Returns
    -------
    Student
        Probits in the order of `CONDITION_NAMES`.

    Raises
    ------
    InvalidInput
        If a name is unknown or a value no share below 1.
    """
    faults = [
        Fault("", 0, f"rows.{name}", "is no condition that NIST prints", "give any of " + ", ".join(CONDITION_NAMES))
        for name in printed
        if name not in CONDITION_NAMES
    ]
    faults += [
        Fault("", 0, f"rows.{name}", f"is {value!r}", "give a share from 0 to below 1")
        for name, value in printed.items()
        if not 0.0 <= value < 1.0
    ]
    if faults:
        raise InvalidInput(faults)
    whole = prior.student()
    cells = np.array([printed.get(name, np.nan) for name in CONDITION_NAMES])
    value, noise = seen_through(*rounded_probits(cells), whole.mean, np.diag(whole.scale))
    for name, sd in (doubt or {}).items():
        at = _AT[name]
        value[at], noise[at] = special.ndtri(np.clip(cells[at], 1e-9, 1.0 - 1e-9)), sd**2
    return conditional(whole, np.where(np.isnan(cells), np.nan, value), noise, prior.n_developers)


def stand_ins(found: Student, prior: KindPrior) -> dict[str, Array]:
    """Return equally likely probits of FNIR for every image kind and lapse that a card has.

    Parameters
    ----------
    found : Student
        By `given_conditions`.
    prior : KindPrior
        The same.

    Returns
    -------
    dict
        By ``"webcam|as tested"`` and so on: shape (40,), rising.  Kinds that nobody tested after a long lapse get what
        the years do to the algorithm's mugshots, and what they do beyond that on border photos: an assumption.
    """
    away = np.asarray(special.stdtrit(found.nu, LIKELY))
    wider = float(special.stdtrit(found.nu, 0.95)) / _NORMAL
    made: dict[str, Array] = {}
    for kind in (kind for kind in ImageKind if kind is not ImageKind.STREET):
        for lapse in Lapse:
            parts, more = np.zeros(len(CONDITION_NAMES)), (0.0, 0.0)
            if f"{kind}|{lapse}" in _AT:
                parts[_AT[f"{kind}|{lapse}"]] = 1.0
            else:
                parts[[_AT[f"{kind}|{Lapse.AS_TESTED}"], _AT[AGED]]], parts[_AT[BASE]] = 1.0, -1.0
                more = prior.ageing
            spread = math.hypot(math.sqrt(parts @ found.scale @ parts), more[1] / wider)
            made[f"{kind}|{lapse}"] = parts @ found.mean + more[0] + spread * away
    return made


def spread_of(likely: Array) -> float:
    """Return the standard deviation of the normal with the central 90% interval of equally likely values."""
    low, high = np.interp([0.05, 0.95], LIKELY, likely)
    return normal_spread(low, high)


def normal_spread(low: float, high: float) -> float:
    """Return the standard deviation of the normal with that central 90% interval."""
    return float((high - low) / (2.0 * _NORMAL))


@functools.cache
def _shipped() -> Mapping[str, Mapping[str, Any]]:
    text = resources.files("misid.algorithm.catalog").joinpath("conditions.json").read_text(encoding="utf-8")
    return {"".join(given["left_out"]): given for given in json.loads(text)["priors"]}


@functools.cache
def shared_conditions(leave_out: str = "") -> KindPrior:
    """Return the prior shipped with the package, fitted by ``python -m verification priors conditions``.

    Parameters
    ----------
    leave_out : str
        Developer whose own algorithms must not have had a say; one with no such rows had none.
    """
    known = _shipped()
    return KindPrior.from_json(known.get(leave_out, known[""]))
