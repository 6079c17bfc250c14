"""Fit of the growth prior: the density of what was printed at 12 million given what was printed at 1.6 million."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
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
    Law,
    curve_of,
    miss,
    threshold,
)
from misid.algorithm.latents import latents, rounding
from misid.algorithm.prior import FAILED
from misid.algorithm.rows import Row, parse_rows
from misid.errors import Fault, InvalidInput, OutOfRange

_ROUNDING = 2 * HALF_UNIT / math.sqrt(12.0)
SEARCHES = 154_549.0
"""Mated mugshot searches; not on the page that the rows come from, so it scales noise and nothing else."""
_LOST = (math.log(0.03), 1.5)
"""Logarithm of the share of mates that a broken search loses: mean and standard deviation, assumed."""
_BROKEN_SCALE, _BROKEN_NU = 0.15, 4.0
"""Error of FNIR where rank 1 says how many mates were lost; assumed, and wider than that of searches that hold."""

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
_FOLDS = 3
_LEVEL = 0.9
_SCALES = ("ln sigma_f", "ln counting", "ln sigma_r", "r_power", "ln nu")


@dataclass(frozen=True)
class Pairs:
    """Printed mugshot rows of algorithms tested at both galleries; arrays of equal length."""

    name: tuple[str, ...]
    developer: tuple[str, ...]
    f1: Array
    r1: Array
    f2: Array
    r2: Array

    def where(self, keep: npt.NDArray[np.bool_]) -> Pairs:
        """Return some of the algorithms."""
        at = np.flatnonzero(keep)
        columns = (getattr(self, key)[at] for key in ("f1", "r1", "f2", "r2"))
        return Pairs(tuple(self.name[i] for i in at), tuple(self.developer[i] for i in at), *columns)


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


@dataclass(frozen=True)
class Step:
    """Prediction of the rows at 12 million, for every floor share; arrays of shape (algorithms, shares).

    Parameters
    ----------
    weight : ndarray
        Of each share given the rows at 1.6 million; rows sum to 1.
    fnir, rank1 : ndarray
        Predicted at 12 million.
    rounded : bool
        Whether the rounding of the rows at 1.6 million is in the shares.
    """

    weight: Array
    fnir: Array
    rank1: Array
    rounded: bool


def step(data: Pairs, prior: GrowthPrior, *, rounded: bool = False) -> Step:
    """Predict the rows at 12 million from those at 1.6 million alone.

    Parameters
    ----------
    data : Pairs
        Printed rows; those at 12 million are not read.
    prior : GrowthPrior
        What algorithms share.
    rounded : bool
        Whether to go over the intervals that round to the printed values, as a card does, rather than take them as
        they stand; 25 times the work.

    Returns
    -------
    Step
        With 15 shares, times 25 pairs of values.
    """
    f, r, weight = data.f1[:, None], data.r1[:, None], np.ones(1)
    if rounded:
        (f, of_f), (r, of_r) = rounding(data.f1), rounding(data.r1)
        f, r = (x.reshape(len(data.name), -1) for x in np.broadcast_arrays(f[:, :, None], r[:, None, :]))
        weight = np.outer(of_f, of_r).ravel()
    # Where rank 1 misses as much as the threshold does, only rounding can tell them apart.
    nodes = latents(np.maximum(f, 1.01 * r), r, prior)
    slope, location, _ = curve_of(nodes.floor, nodes.z1, nodes.z2, prior)
    s = threshold(N_STEP, FPIR_TESTED, prior.delta * N_STEP, prior.h, (slope, location))
    fnir = miss(s, nodes.floor, slope, location)
    rank1 = prior.e * N_STEP + miss(location + nodes.z1 / slope + STEP, nodes.floor, slope, location)
    whole = weight[:, None] * np.exp(nodes.log_density)
    flat = (x.reshape(len(data.name), -1) for x in (whole, fnir, np.minimum(rank1, 1.0)))
    return Step(*flat, rounded)


def log_density(data: Pairs, prior: GrowthPrior, predicted: Step) -> tuple[Array, Array]:
    """Return the log density of the two printed logarithms at 12 million, where the search holds and where it breaks.

    Parameters
    ----------
    data : Pairs
        Printed rows; those at 12 million enter here only.
    prior : GrowthPrior
        Errors, and how often a search breaks.
    predicted : Step
        From `step`, under this prior or another.

    Returns
    -------
    held, broke : ndarray, shape (algorithms,)
        Joint with that the search holds, where both errors are Student's; and with that it loses a share of its mates,
        the same at the threshold and at rank 1.  The density is their sum.
    """
    of_f, of_r = _scales(data, prior, predicted.rounded)
    f2, r2 = data.f2[:, None], data.r2[:, None]
    held = _log_student(f2, predicted.fnir, of_f, prior.nu) + _log_student(r2, predicted.rank1, of_r, prior.nu)
    lost = (r2 - predicted.rank1) / (1.0 - np.minimum(predicted.rank1, 0.999))
    share = np.maximum(lost, 1e-7)
    away = (np.log(share) - _LOST[0]) / _LOST[1]
    broke = -0.5 * away**2 - math.log(_LOST[1] * math.sqrt(2 * math.pi)) + np.log(r2 / share)
    after = predicted.fnir + (1.0 - predicted.fnir) * share
    broke = broke + _log_student(f2, after, np.hypot(of_f, _BROKEN_SCALE), _BROKEN_NU)
    broke = np.where(lost > 0, broke, -np.inf)
    with np.errstate(divide="ignore"):
        log_weight = np.log(predicted.weight)
    of_held, of_broken = (special.logsumexp(log_weight + x, axis=1) for x in (held, broke))
    return np.asarray(math.log1p(-prior.broken) + of_held), np.asarray(math.log(prior.broken) + of_broken)


def _scales(data: Pairs, prior: GrowthPrior, rounded: bool, printed: bool = True) -> tuple[Array, Array]:
    """Return the scale of both errors, with noise that is known: rounding, and the count of further misses.

    Without ``printed`` the rounding of the rows at 12 million is left out, as a card leaves it out, who does not know
    that its figure will be printed.
    """
    # Rounding of the smaller gallery's rows is in the shares, or counts as error: that of FNIR moves the curve most.
    found = []
    for fpir, before, after, amplified in (
        (FPIR_TESTED, data.f1, data.f2, prior.amplified),
        (0.0, data.r1, data.r2, 1.0),
    ):
        of_rows = (0.0 if rounded else (amplified / before) ** 2) + (1 / after**2 if printed else 0.0)
        extra = np.maximum(after - before, 0.0) / (prior.searches * after**2)
        scale = np.sqrt(prior.sigma(fpir, before) ** 2 + _ROUNDING**2 * of_rows + extra)
        found.append(np.asarray(scale[:, None]))
    return found[0], found[1]


def _log_student(observed: Array, predicted: Array, scale: Array, nu: float) -> Array:
    x = (np.log(observed) - np.log(predicted)) / scale
    constant = special.gammaln((nu + 1) / 2) - special.gammaln(nu / 2) - 0.5 * math.log(nu * math.pi)
    return np.asarray(constant - (nu + 1) / 2 * np.log1p(x * x / nu) - np.log(scale))


def fit_prior(
    rows: Iterable[Mapping[str, Any]],
    leave_out: str | Collection[str] | None = None,
    form: Form = "duplicates",
    *,
    start: GrowthPrior | None = None,
    iterations: int = 500,
) -> GrowthPrior:
    """Fit what algorithms share on those tested at both 1.6 and 12 million mugshots.

    Parameters
    ----------
    rows : iterable of mapping
        Published rows of any number of algorithms, as `misid.fit_published` takes them.
    leave_out : str or collection of str, optional
        Developers whose rows are not used, to predict them out of sample.
    form : {"duplicates", "no_duplicates"}
        Whether duplicate enrolments are part of the model.
    start : GrowthPrior, optional
        Where to start; neutral values unless given.
    iterations : int
        At most so many steps.

    Returns
    -------
    GrowthPrior
        Maximises the density of the rows at 12 million given those at 1.6 million, with weak priors.  The scales of its
        errors are then set on developers left out one by one, so that they are not flattered by the fit.

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
    left = {leave_out} if isinstance(leave_out, str) else set(leave_out or ())
    data = pairs(row for row in parse_rows(rows) if row.developer not in left)
    if len(data.name) < 20:
        what = f"{len(data.name)} algorithms have mugshot rows at 1.6 and 12 million, both FPIR 0.003 and rank 1"
        raise InvalidInput([Fault("", 0, "rows", what, "give at least 20")])
    fit = _Fit(data, form)
    found = optimize.minimize(
        fit.loss,
        fit.start if start is None else fit.pack(start),
        jac=fit.gradient,
        hess=fit.curvature,
        method="trust-exact",
        options={"maxiter": iterations, "gtol": 1e-2, "initial_trust_radius": 0.5},
    )
    best = replace(
        fit.unpack(fit.honest_scales(found.x)),
        n_algorithms=len(data.name),
        n_developers=len(set(data.developer)),
        left_out=", ".join(sorted(left)),
    )
    return best


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
        return GrowthPrior(self.form, law=law, searches=SEARCHES, **{"delta": 0.0, "h": 0.0, **plain})

    def pack(self, prior: GrowthPrior) -> Array:
        """Return the place of a prior."""
        law = prior.law
        plain = {**prior.__dict__, "floor_sd": law.floor_sd, "gap_sd": law.gap_sd}
        plain |= {f"{key} {i}": value for key in ("floor", "gap") for i, value in enumerate(getattr(law, key))}
        return np.array(
            [math.log(plain[name[3:]]) if name.startswith("ln ") else plain[name] for name in self.names]
        )

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

    def honest_scales(self, x: Array) -> Array:
        """Return the place with the errors' scales set on developers left out.

        Each developer is predicted from where the fit would stand without it, one Newton step away.
        """
        from scipy import optimize

        table, whole = self._table(x), self.curvature(x)
        everyone = step(self.data, self.unpack(x), rounded=True)
        weight, fnir, rank1 = everyone.weight.copy(), everyone.fnir.copy(), everyone.rank1.copy()
        names = sorted(set(self.data.developer))
        for fold in range(_FOLDS):
            left_out = set(names[fold::_FOLDS])
            own = np.array([name in left_out for name in self.data.developer])
            rest = whole - table[own].T @ table[own]
            moved = np.linalg.solve(rest, table[own].sum(axis=0))
            # A step of more than three standard errors has left the range where one step is enough.
            reach = 3 * np.sqrt(np.diag(np.linalg.inv(rest)))
            there = self.unpack(x - np.clip(moved, -reach, reach))
            without = step(self.data.where(own), there, rounded=True)
            weight[own], fnir[own], rank1[own] = without.weight, without.fnir, without.rank1
        predicted = Step(weight, fnir, rank1, True)
        at = [self.names.index(name) for name in _SCALES]
        there = x.copy()

        def loss(scales: Array) -> float:
            there[at] = scales
            return -float(np.logaddexp(*log_density(self.data, self.unpack(there), predicted)).sum())

        there[at] = optimize.minimize(loss, x[at], method="BFGS", options={"gtol": 0.05}).x
        prior = self.unpack(there)
        held, broke = log_density(self.data, prior, predicted)
        holds = special.expit(held - broke)

        def short(factor: float, which: int) -> float:
            wider = replace(prior, sigma_f=factor * prior.sigma_f, counting=factor**2 * prior.counting, sigma_r=factor * prior.sigma_r)
            scale = _scales(self.data, wider, True, printed=False)[which]
            observed, shares = ((self.data.f2, fnir), (self.data.r2, rank1))[which]
            away = (np.log(observed)[:, None] - np.log(shares)) / scale
            below = (weight * special.stdtr(prior.nu, away)).sum(axis=1)
            return float(holds @ (np.abs(below - 0.5) <= 0.5 * _LEVEL) / holds.sum() - _LEVEL)

        for which, powers in enumerate(({"ln sigma_f": 1, "ln counting": 2}, {"ln sigma_r": 1})):
            factor = _least_factor(lambda x, at=which: short(x, at))
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
