"""The growth prior: fitted on every algorithm tested at both gallery sizes, shipped as package data."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

import numpy as np
from scipy import special

from misid.algorithm.growth import (
    FORMS,
    FPIR_TESTED,
    HALF_UNIT,
    N_ANCHOR,
    N_STEP,
    STEP,
    Array,
    Form,
    GrowthPrior,
    at_share,
    curve_of,
    latents,
    miss,
    threshold,
)
from misid.algorithm.rows import Row, parse_rows
from misid.errors import Fault, InvalidInput, OutOfRange

__all__ = ["GrowthPrior", "Shared", "fit_prior", "pairs", "shared", "step_density"]

FAILED = 0.7
"""Miss rates from here up mean that the algorithm failed under the condition; they are not used."""
_ROUNDING = 2 * HALF_UNIT / math.sqrt(12.0)
_START: dict[str, float] = {
    "kappa": 1.24,
    "delta": 2.1e-10,
    "h": 1.2,
    "e": 0.00023 / N_STEP,
    "sigma_f": 0.038,
    "sigma_r": 0.034,
    "r_power": 0.35,
    "nu": 1.7,
}
SEARCHES = 154_549.0
"""Mated mugshot searches; not on the page that the rows come from, so it scales noise and nothing else."""


@dataclass(frozen=True)
class Shared:
    """The package's own prior, both forms.

    Parameters
    ----------
    forms : dict
        `GrowthPrior` of each form.
    """

    forms: Mapping[Form, GrowthPrior]


@functools.cache
def shared() -> Shared:
    """Return the prior shipped with the package, fitted by ``tools/fit_prior.py``."""
    text = resources.files("misid.algorithm.catalog").joinpath("prior.json").read_text(encoding="utf-8")
    given = json.loads(text)
    return Shared({form: GrowthPrior.from_json(given["forms"][form]) for form in FORMS})


@dataclass(frozen=True)
class Pairs:
    """Printed mugshot rows of algorithms tested at both galleries; arrays of equal length."""

    name: tuple[str, ...]
    developer: tuple[str, ...]
    f1: Array
    r1: Array
    f2: Array
    r2: Array


def pairs(rows: Iterable[Row]) -> Pairs:
    """Gather the algorithms with all four mugshot rows, failures dropped."""
    table: dict[str, dict[str, float]] = {}
    developer: dict[str, str] = {}
    for row in rows:
        mugshot = row.image_kind == "mugshot" and row.lapse == "as tested" and row.n in (N_ANCHOR, N_STEP)
        if mugshot and (row.rank == 1 or row.fpir == FPIR_TESTED):
            key = ("r" if row.rank == 1 else "f") + ("1" if row.n == N_ANCHOR else "2")
            table.setdefault(row.algorithm, {})[key] = row.value
            developer[row.algorithm] = row.developer
    names = tuple(sorted(a for a, cells in table.items() if len(cells) == 4 and cells["f1"] < FAILED))
    columns = [np.array([table[a][key] for a in names]) for key in ("f1", "r1", "f2", "r2")]
    return Pairs(names, tuple(developer[a] for a in names), *columns)


def step_density(data: Pairs, prior: GrowthPrior) -> tuple[Array, Array, Array, Array]:
    """Predict the rows at 12 million from those at 1.6 million, for every floor share.

    Parameters
    ----------
    data : Pairs
        Printed rows; those at 12 million enter the density only.
    prior : GrowthPrior
        What algorithms share.

    Returns
    -------
    weight : ndarray, shape (algorithms, shares)
        Weight of each share given the rows at 1.6 million; rows sum to 1.
    fnir, rank1 : ndarray, shape (algorithms, shares)
        Predicted at 12 million.
    density : ndarray, shape (algorithms, shares)
        Log density of the two printed logs.
    """
    # Where rank 1 misses as much as the threshold does, only rounding can tell them apart.
    nodes = latents(np.maximum(data.f1, 1.01 * data.r1), data.r1, prior)
    slope, location, at = curve_of(nodes.floor, nodes.z1, nodes.z2, prior)
    s = threshold(N_STEP, FPIR_TESTED, prior.delta * N_STEP, prior.h, (slope, location))
    fnir = miss(s, nodes.floor, slope, location)
    rank1 = prior.e * N_STEP + miss(at - prior.distance + STEP, nodes.floor, slope, location)
    rank1 = np.minimum(rank1, 1.0)
    log_t = np.zeros_like(fnir)
    rank_scale: Array = prior.sigma_r * np.power(data.r1 / 0.0015, prior.r_power)
    scales = (np.full_like(rank_scale, prior.sigma_f), rank_scale)
    for predicted, before, after, sigma in zip(
        (fnir, rank1), (data.f1, data.r1), (data.f2, data.r2), scales, strict=True
    ):
        spread = np.square(sigma) + _ROUNDING**2 * (1 / before**2 + 1 / after**2)
        extra = np.maximum(after - before, 0.0) / (prior.searches * after**2)
        scale = np.sqrt(spread + extra)[:, None]
        away = (np.log(after)[:, None] - np.log(predicted)) / scale
        log_t += _log_student(away, prior.nu) - np.log(scale)
    return np.exp(nodes.log_density), fnir, rank1, log_t


def _log_student(x: Array, nu: float) -> Array:
    constant = special.gammaln((nu + 1) / 2) - special.gammaln(nu / 2) - 0.5 * math.log(nu * math.pi)
    return np.asarray(constant - (nu + 1) / 2 * np.log1p(x * x / nu))


def _score(data: Pairs, prior: GrowthPrior) -> float:
    weight, _, _, density = step_density(data, prior)
    with np.errstate(divide="ignore"):
        return float(special.logsumexp(np.log(weight) + density, axis=1).sum())


_POSITIVE = ("delta", "e", "sigma_f", "sigma_r", "nu")
_FREE = ("kappa", "delta", "h", "e", "sigma_f", "sigma_r", "r_power", "nu")
_WEAK = {"kappa": 1.0, "delta": 1.0, "h": 1.0, "e": 1.0, "sigma_f": 0.7, "sigma_r": 0.7, "r_power": 0.3, "nu": 0.5}


def _pack(prior: GrowthPrior) -> Array:
    """Lay the free numbers out for the optimiser: logs of positive ones, a Cholesky factor for the covariance."""
    plain = [math.log(getattr(prior, key)) if key in _POSITIVE else getattr(prior, key) for key in _names(prior)]
    root = np.linalg.cholesky(np.asarray(prior.cov))
    lower = [*np.log(np.diag(root)), root[1, 0], root[2, 0], root[2, 1]]
    return np.array([*plain, *prior.mean, *lower])


def _names(prior: GrowthPrior) -> tuple[str, ...]:
    return _FREE if prior.form == "duplicates" else tuple(key for key in _FREE if key not in ("delta", "h"))


def _unpack(x: Array, like: GrowthPrior) -> GrowthPrior:
    names = _names(like)
    plain = {
        key: float(math.exp(v)) if key in _POSITIVE else float(v) for key, v in zip(names, x[: len(names)], strict=True)
    }
    m, d, lower = x[len(names) :][:3], x[len(names) + 3 :][:3], x[len(names) + 6 :]
    root = np.diag(np.exp(d))
    root[1, 0], root[2, 0], root[2, 1] = lower
    mean = (float(m[0]), float(m[1]), float(m[2]))
    return replace(_with(like, plain), mean=mean, cov=_square(root @ root.T))


def _start(data: Pairs, form: Form) -> GrowthPrior:
    """Neutral starting values: latents at a middling floor share, and a slope that hardly varies."""
    mean, cov = (-7.0, -2.5, -0.5), ((1.0, 0.0, 0.0), (0.0, 0.5, 0.0), (0.0, 0.0, 0.05))
    prior = _with(GrowthPrior(form, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, SEARCHES, mean, cov), _START)
    if form == "no_duplicates":
        prior = replace(prior, delta=0.0, h=0.0)
    nodes = at_share(np.maximum(data.f1, 1.01 * data.r1), data.r1, 0.0, prior)
    theta = np.concatenate([np.log(nodes.floor), nodes.z2, np.log(nodes.z2 - nodes.z1)], axis=1)
    center, spread = theta.mean(axis=0), np.cov(theta.T)
    slope_given_rest = spread[2, :2] @ np.linalg.inv(spread[:2, :2])
    spread[2, 2] = slope_given_rest @ spread[:2, 2] + 0.1**2
    mean = (float(center[0]), float(center[1]), float(center[2]))
    return replace(prior, mean=mean, cov=_square(spread))


def _with(prior: GrowthPrior, numbers: Mapping[str, float]) -> GrowthPrior:
    whole = prior.to_json()
    whole.update(numbers)
    return GrowthPrior.from_json(whole)


def _square(matrix: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(x) for x in row) for row in matrix)


def fit_prior(
    rows: Iterable[Mapping[str, Any]],
    leave_out: str | None = None,
    form: Form = "duplicates",
    *,
    start: GrowthPrior | None = None,
    iterations: int = 200,
) -> GrowthPrior:
    """Fit what algorithms share on those tested at both 1.6 and 12 million mugshots.

    Parameters
    ----------
    rows : iterable of mapping
        Published rows of any number of algorithms, as `misid.fit_published` takes them.
    leave_out : str, optional
        Developer whose rows are not used, to predict that developer out of sample.
    form : {"duplicates", "no_duplicates"}
        Whether duplicate enrolments are part of the model.
    start : GrowthPrior, optional
        Where to start; neutral values unless given.
    iterations : int
        At most so many steps.

    Returns
    -------
    GrowthPrior
        Maximises the density of the rows at 12 million given those at 1.6 million, with weak priors.

    Raises
    ------
    InvalidInput
        If rows are wrong, or fewer than 20 algorithms have all four rows.
    OutOfRange
        If the form is unknown.
    """
    from scipy import optimize

    if form not in FORMS:
        raise OutOfRange("form", form, "one of " + ", ".join(FORMS))
    data = pairs(row for row in parse_rows(rows) if row.developer != leave_out)
    if len(data.name) < 20:
        what = f"{len(data.name)} algorithms have mugshot rows at 1.6 and 12 million, both FPIR 0.003 and rank 1"
        raise InvalidInput([Fault("", 0, "rows", what, "give at least 20")])
    first = start if start is not None else _start(data, form)
    origin = _pack(first)
    names = _names(first)
    anchor = _pack(_with(first, {key: value for key, value in _START.items() if key in names}))[: len(names)]
    widths = np.array([_WEAK[key] for key in names])

    def loss(x: Array) -> float:
        prior = _unpack(x, first)
        penalty = 0.5 * np.sum(((x[: len(names)] - anchor) / widths) ** 2)
        value = -_score(data, prior) + float(penalty)
        return value if math.isfinite(value) else 1e10

    # Bounds keep the optimiser out of corners where the covariance is singular.
    bounds = [(-8.0, None) if len(names) + 3 <= i < len(names) + 6 else (None, None) for i in range(len(origin))]
    found = optimize.minimize(
        loss, origin, method="L-BFGS-B", bounds=bounds, options={"maxiter": iterations, "maxfun": 10**6}
    )
    best = _unpack(found.x, first)
    return replace(
        best,
        n_algorithms=len(data.name),
        n_developers=len(set(data.developer)),
        left_out=leave_out or "",
    )
