"""Fit of the growth prior: the density of what was printed at 12 million given what was printed at 1.6 million."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from scipy import special

from misid.algorithm import FORMS, Array, Form, GrowthPrior, Law, parse_rows
from misid.errors import Fault, InvalidInput, OutOfRange
from verification.growth_step import Pairs, Step, log_density, pairs, scales, step

SEARCHES = 154_549.0
"""Mated mugshot searches; not on the page that the rows come from, so it scales noise and nothing else."""
# Name, starting value, centre and width of the weak prior; logarithms where the number is positive.
_FREE: tuple[tuple[str, float, float, float], ...] = (
    ("kappa", 1.2, 1.2, 1.0),
    ("kappa_ratio", 0.0, 0.0, 0.3),
    ("ln delta", -22.3, -22.3, 1.0),
    ("h", 1.2, 1.2, 1.0),
    ("ln e", -24.7, -24.7, 1.0),
    ("ln sigma_f", -3.3, -3.3, 0.7),
    ("ln counting", 0.0, 0.0, 0.7),
    ("ln sigma_r", -3.4, -3.4, 0.7),
    ("r_power", 0.35, 0.35, 0.3),
    ("ln nu", 1.1, 1.1, 0.5),
    ("ln broken", -3.5, -3.5, 0.5),
    ("ln amplified", 0.0, 0.0, 0.7),
    ("floor 0", -7.4, -7.4, 1.0),
    ("floor 1", 0.4, 0.4, 0.5),
    ("ln floor_sd", -0.2, -0.2, 0.4),
    ("gap 0", 0.1, 0.0, 1.0),
    ("gap 1", 0.3, 0.0, 0.5),
    ("gap 2", 0.0, 0.0, 0.3),
    ("gap 3", 0.0, 0.0, 0.3),
    ("ln gap_sd", -2.5, -3.0, 0.7),
)
_LEAST = {"ln gap_sd": -8.0, "ln floor_sd": -4.0}
_FOLDS, _FOLD_STEPS = 5, 10
_LEVEL = 0.9
_SCALES = ("ln sigma_f", "ln counting", "ln sigma_r", "r_power", "ln nu")


def fit_prior(
    rows: Iterable[Mapping[str, Any]],
    leave_out: str | Collection[str] | None = None,
    form: Form = "duplicates",
    *,
    start: GrowthPrior | None = None,
    iterations: int = 500,
) -> GrowthPrior:
    """Fit what algorithms share on those tested at both 1.6 and 12 million mugshots.

    Maximises the density of the rows at 12 million given those at 1.6 million, with weak priors, from neutral values
    unless ``start`` is given.  The scales of its errors are then set on developers left out one by one, so that they
    are not flattered by the fit.  InvalidInput if fewer than 20 algorithms have all four rows.
    """
    if form not in FORMS:
        raise OutOfRange("form", form, "one of " + ", ".join(FORMS))
    left = {leave_out} if isinstance(leave_out, str) else set(leave_out or ())
    data = pairs(row for row in parse_rows(rows) if row.developer not in left)
    if len(data.name) < 20:
        what = f"{len(data.name)} algorithms have mugshot rows at 1.6 and 12 million, both FPIR 0.003 and rank 1"
        raise InvalidInput([Fault("", 0, "rows", what, "give at least 20")])
    fit = _Fit(data, form)
    found = fit.best(fit.start if start is None else fit.pack(start), iterations)
    return replace(
        fit.unpack(fit.honest_scales(found)),
        n_algorithms=len(data.name),
        n_developers=len(set(data.developer)),
        left_out=", ".join(sorted(left)),
    )


def _least_factor(short: Callable[[float], float]) -> float:
    """Return the least factor, of 0.5 to 4, from which nothing is short any more."""
    low, high = 0.5, 4.0
    for _ in range(20):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if short(middle) < 0 else (low, middle)
    return high


class _Fit:
    """The loss, its gradient and its curvature, by one table of derivatives for each place that is visited."""

    def __init__(self, data: Pairs, form: Form) -> None:
        self.data, self.form = data, form
        self.z2 = special.ndtri(data.f1)
        free = [row for row in _FREE if form == "duplicates" or row[0] not in ("ln delta", "h")]
        self.names = [row[0] for row in free]
        self.start, self.center, self.width = (np.array([row[i] for row in free]) for i in (1, 2, 3))
        self._at: tuple[bytes, Array] = (b"", np.zeros(0))

    def unpack(self, x: Array) -> GrowthPrior:
        """Return the prior at a place."""
        plain: dict[str, float] = {}
        for name, value in zip(self.names, x, strict=True):
            bounded = max(float(value), _LEAST.get(name, -math.inf))
            plain[name.removeprefix("ln ")] = math.exp(bounded) if name.startswith("ln ") else bounded
        floor = (plain.pop("floor 0"), plain.pop("floor 1"))
        gap = (plain.pop("gap 0"), plain.pop("gap 1"), plain.pop("gap 2"), plain.pop("gap 3"))
        z2 = (float(self.z2.mean()), float(self.z2.std()))
        law = Law(z2, floor, plain.pop("floor_sd"), gap, plain.pop("gap_sd"))
        return GrowthPrior.from_json(
            {"form": self.form, "law": law.__dict__, "searches": SEARCHES, "delta": 0.0, "h": 0.0, **plain}
        )

    def pack(self, prior: GrowthPrior) -> Array:
        """Return the place of a prior."""
        law = prior.law
        plain = {**prior.__dict__, "floor_sd": law.floor_sd, "gap_sd": law.gap_sd}
        plain |= {f"{key} {i}": value for key in ("floor", "gap") for i, value in enumerate(getattr(law, key))}
        return np.array([math.log(plain[name[3:]]) if name.startswith("ln ") else plain[name] for name in self.names])

    def densities(self, x: Array, data: Pairs | None = None) -> Array:
        """Return the log density of each algorithm."""
        given, prior = data or self.data, self.unpack(x)
        return np.asarray(np.logaddexp(*log_density(given, prior, step(given, prior))))

    def loss(self, x: Array) -> float:
        """Return minus the log density of all, weak priors included; large where there is none."""
        value = float(0.5 * np.sum(((x - self.center) / self.width) ** 2) - self.densities(x).sum())
        return value if math.isfinite(value) else 1e10

    def gradient(self, x: Array) -> Array:
        """Return the derivative of the loss."""
        return np.asarray((x - self.center) / self.width**2 - self._table(x).sum(axis=0))

    def curvature(self, x: Array) -> Array:
        """Return the sum of outer products of the algorithms' derivatives: close to the curvature, never negative.

        Berndt, Hall, Hall and Hausman, Annals of Economic and Social Measurement 3 (1974), 653-665.
        """
        table = self._table(x)
        return np.asarray(table.T @ table + np.diag(self.width**-2))

    def best(self, start: Array, iterations: int) -> Array:
        """Return the place of the least loss."""
        from scipy import optimize

        found = optimize.minimize(
            self.loss,
            start,
            jac=self.gradient,
            hess=self.curvature,
            method="trust-exact",
            options={"maxiter": iterations, "gtol": 1e-2, "initial_trust_radius": 0.5},
        )
        return np.asarray(found.x, dtype=np.float64)

    def honest_scales(self, x: Array) -> Array:
        """Return the place with the errors' scales set on developers left out, a fifth of them at a time.

        The scales have the highest density, times a factor that makes the intervals cover: each developer counts alike,
        and one that is yet to come counts as not covered (Dunn, Wasserman and Ramdas, Journal of the American
        Statistical Association 118 (2023), 2491-2502, pooling of distributions).
        """
        from scipy import optimize

        everyone = step(self.data, self.unpack(x), rounded=True)
        weight, fnir, rank1 = everyone.weight.copy(), everyone.fnir.copy(), everyone.rank1.copy()
        names = sorted(set(self.data.developer))
        for fold in range(_FOLDS):
            own = np.isin(self.data.developer, names[fold::_FOLDS])
            rest = self.unpack(_Fit(self.data.where(~own), self.form).best(x, _FOLD_STEPS))
            without = step(self.data.where(own), rest, rounded=True)
            weight[own], fnir[own], rank1[own] = without.weight, without.fnir, without.rank1
        predicted = Step(weight, fnir, rank1, True)
        at = [self.names.index(name) for name in _SCALES]
        there = x.copy()

        def loss(those: Array) -> float:
            there[at] = those
            return -float(np.logaddexp(*log_density(self.data, self.unpack(there), predicted)).sum())

        there[at] = optimize.minimize(loss, x[at], method="BFGS", options={"gtol": 0.05}).x
        prior = self.unpack(there)
        developer, rows = np.unique(self.data.developer, return_inverse=True, return_counts=True)[1:]
        # Searches that break are outside, and are no reason to widen.  The last factor covers a developer not seen.
        goal = _LEVEL * (1.0 - prior.broken) * (1.0 + 1.0 / len(rows))

        def short(factor: float, which: int) -> float:
            wider = replace(
                prior,
                sigma_f=factor * prior.sigma_f,
                counting=factor**2 * prior.counting,
                sigma_r=factor * prior.sigma_r,
            )
            scale = scales(self.data, wider, True, printed=False)[which]
            observed, shares = ((self.data.f2, fnir), (self.data.r2, rank1))[which]
            away = (np.log(observed)[:, None] - np.log(shares)) / scale
            below = (weight * special.stdtr(prior.nu, away)).sum(axis=1)
            inside = np.abs(below - 0.5) <= 0.5 * _LEVEL
            return float(np.bincount(developer, inside / rows[developer]).mean()) - goal

        for which, powers in enumerate(({"ln sigma_f": 1, "ln counting": 2}, {"ln sigma_r": 1})):
            factor = _least_factor(partial(short, which=which))
            for name, power in powers.items():
                there[self.names.index(name)] += power * math.log(factor)
        return there

    def _table(self, x: Array) -> Array:
        """Return the derivative of each algorithm's log density by each number, by forward differences."""
        key = x.tobytes()
        if self._at[0] != key:
            base = self.densities(x)
            steps = 1e-6 * np.eye(len(x))
            self._at = key, np.stack([(self.densities(x + h) - base) / 1e-6 for h in steps], axis=1)
        return self._at[1]
