"""Points at which the system is evaluated: every input a column, every point a row.

The chain reads `Points`, which hold a best value where nothing moves an input, so that a best value, a sweep over one
input, a corner of the input box and a random design are all evaluated by the same code.

Code reads an input by the field of the scenario, ``points[scenario.gallery.homogeneity]``, which mypy checks.  Sweeps
and results identify an input by its dotted path, ``"gallery.homogeneity"``, as files and pages do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

from misid.quantities import Grade, Quantity
from misid.vocabulary import Age, ImageKind, Lapse, Origin, Sex
from misid.vocabulary.brief import brief
from misid.vocabulary.catalogue import say

if TYPE_CHECKING:
    from misid.algorithm import Card, Form, MatedCurve
    from misid.scenario import Scenario

Array = npt.NDArray[np.float64]
GROUPS: tuple[tuple[Origin, Sex], ...] = tuple((origin, sex) for origin in Origin for sex in Sex)


@dataclass(frozen=True)
class ModelChoice:
    """One stand-in for what is not known about the fielded algorithm: card, image kind, growth of misses, spread."""

    card: Card
    image_kind: ImageKind
    form: Form
    heterogeneity_k: float  # shape of the gamma law of probes' propensity

    __repr__ = brief

    @cached_property
    def factors(self) -> Array:
        """Row factors of all groups, shape (G,), in the order of `GROUPS`."""
        found = self.card.group_factors()
        return np.array([found[group].ratio.value for group in GROUPS])

    def curve(self, lapse: Lapse) -> MatedCurve:
        """Return the mated curve of this choice."""
        return self.card.mated_curve(self.image_kind, lapse=lapse, form=self.form)


@dataclass(frozen=True)
class Points:
    """Values of all inputs at P points.

    Parameters
    ----------
    scenario : Scenario
        Gives the structure, and names the inputs by its fields.
    values : mapping of str to ndarray, shape (P,)
        By the dotted path of the quantity; group factors by `group_path`.
    floor, slope, location : ndarray, shape (P,)
        The mated curve.
    heterogeneity_k : ndarray, shape (P,)
        Shape of the gamma law.
    threshold : ndarray, shape (P,), optional
        Decades on the probe's own image kind, for pairs as likely to match as the mean of the tested groups; not set
        until `misid.expected.threshold` has placed it.
    moved_by_photos : ndarray, shape (P,), optional
        Decades by which photos have moved ``location`` from the card's own.
    """

    scenario: Scenario
    values: Mapping[str, Array]
    floor: Array
    slope: Array
    location: Array
    heterogeneity_k: Array
    threshold: Array | None = None
    moved_by_photos: Array | None = None

    __repr__ = brief

    def __getitem__(self, field: Quantity) -> Array:
        """Return the values of a field of the scenario; what the points do not hold is at its best value."""
        found = self.values.get(self._path_of[id(field)])
        return np.full(len(self), field.value) if found is None else found

    @cached_property
    def _path_of(self) -> Mapping[int, str]:
        return _fields(SameScenario(self.scenario))[1]

    def __len__(self) -> int:
        return int(self.floor.shape[0])

    @property
    def curve(self) -> tuple[Array, Array, Array, Array]:
        """Floor, slope and location of the mated curve, and shape of the gamma law."""
        return self.floor, self.slope, self.location, self.heterogeneity_k

    def group_factors(self, groups: Sequence[int]) -> Array:
        """Return row factors of some groups, given as indices into `GROUPS`, shape (P, G)."""
        return np.stack([self.values[group_path(*GROUPS[g])] for g in groups], axis=1)

    def changed(self, *changes: tuple[Quantity, Array | float]) -> Points:
        """Return points with some fields of the scenario at other values, each a number or of shape (P,)."""
        return self.moved({field_path(self.scenario, field): x for field, x in changes})

    def moved(self, values: Mapping[str, Array | float]) -> Points:
        """Return points with some inputs, by path, at other values, each a number or of shape (P,)."""
        size = (len(self),)
        new = {path: np.broadcast_to(np.asarray(x, float), size) for path, x in values.items()}
        return replace(self, values={**self.values, **new})

    def rows(self, rows: npt.NDArray[np.intp]) -> Points:
        """Return some of the points, in this order; a point may be repeated."""
        values = {path: x[rows] for path, x in self.values.items()}
        placed = (None if x is None else x[rows] for x in (self.threshold, self.moved_by_photos))
        return Points(self.scenario, values, *(x[rows] for x in self.curve), *placed)

    def first(self) -> Scenario:
        """Return the scenario with every quantity at its value at the first point."""
        best = _fields(SameScenario(self.scenario))[0]
        moved = {path: float(x[0]) for path, x in self.values.items() if path in best and x[0] != best[path].value}
        if not moved:
            return self.scenario
        found: Scenario = _replaced(self.scenario, {tuple(path.split(".")): x for path, x in moved.items()})
        return found


def _replaced(node: Any, values: Mapping[tuple[str, ...], float]) -> Any:
    """Return a part of a scenario with quantities, by their paths in it, held at values."""
    if isinstance(node, Quantity):
        return node.held(values[()])
    inside: dict[str, dict[tuple[str, ...], float]] = {}
    for (head, *rest), value in values.items():
        inside.setdefault(head, {})[tuple(rest)] = value
    if isinstance(node, BaseModel):
        return node.model_copy(update={name: _replaced(getattr(node, name), of) for name, of in inside.items()})
    if isinstance(node, dict):
        return {key: _replaced(x, inside[key]) if key in inside else x for key, x in node.items()}
    return tuple(_replaced(x, inside[str(i)]) if str(i) in inside else x for i, x in enumerate(node))


class SameScenario:
    """A scenario as a key of a cache, by identity: while it is cached, the ids of its fields stay taken."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario

    def __hash__(self) -> int:
        return id(self.scenario)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameScenario) and self.scenario is other.scenario


@lru_cache(maxsize=16)
def _fields(same: SameScenario) -> tuple[Mapping[str, Quantity], Mapping[int, str]]:
    """Return the fields of a scenario by path, and the path of each by its identity."""
    fields = same.scenario.quantities()
    return fields, {id(field): path for path, field in fields.items()}


def field_path(scenario: Scenario, field: Quantity) -> str:
    """Return the dotted path of a field of a scenario; KeyError if it is no field of this very scenario."""
    return _fields(SameScenario(scenario))[1][id(field)]


def enrolled_share(points: Points, status: str, age: Age) -> Array:
    """Return P(in the gallery) of people of a status and age, shape (P,)."""
    who = points.scenario.statuses[status]
    searched = points[points.scenario.gallery.passport_photos_searched]
    if age not in who.enrolled_without_passports:
        return points[who.enrolled[age]]
    with_passports, without = points[who.enrolled[age]], points[who.enrolled_without_passports[age]]
    # Searching more photos cannot take anybody out of the gallery, whatever corner of the two ranges is evaluated.
    return np.asarray(searched * np.maximum(with_passports, without) + (1.0 - searched) * without, float)


def own_record_calls(points: Points, status: str, age: Age) -> Array:
    """Return P(a person's own record calls for the action) by status and age, shape (P,)."""
    who = points.scenario.statuses[status]
    error = points[who.record_error[age]]
    return np.asarray(1.0 - error if who.action_supported else error, float)


def with_record_error(points: Points, share: npt.ArrayLike | Mapping[str, npt.ArrayLike]) -> Points:
    """Return points with another record error s, for people of all ages.

    ``share`` is of shape () or (P,): of everybody whom the action does not fit, or by status of those named.
    """
    statuses = points.scenario.statuses
    if not isinstance(share, Mapping):
        share = {status: share for status, who in statuses.items() if not who.action_supported}
    changes = [
        (error, np.asarray(s, float)) for status, s in share.items() for error in statuses[status].record_error.values()
    ]
    return points.changed(*changes)


def at_ends(points: Points, fields: Iterable[Quantity]) -> tuple[Points, Points]:
    """Return points with some fields at the low ends of their ranges together, and at the high ends."""
    fields = list(fields)
    low, high = (points.changed(*((field, getattr(field, end)) for field in fields)) for end in ("low", "high"))
    return low, high


def enrolment(scenario: Scenario) -> tuple[Quantity, ...]:
    """Return the fields that say who is enrolled."""
    return tuple(
        share
        for who in scenario.statuses.values()
        for table in (who.enrolled, who.enrolled_without_passports)
        for share in table.values()
    )


def record_errors(scenario: Scenario) -> tuple[Quantity, ...]:
    """Return the fields that say how often a record is wrong, of those whom the action does not fit."""
    return tuple(
        error for who in scenario.statuses.values() if not who.action_supported for error in who.record_error.values()
    )


def group_path(origin: Origin, sex: Sex) -> str:
    """Return the path under which a group's row factor is kept."""
    return f"card.group.{origin.value}.{sex.value}"


def quantities_of(scenario: Scenario, choice: ModelChoice) -> dict[str, Quantity]:
    """Return every input of the chain by path: the scenario's quantities and the card's group factors."""
    factors = choice.card.group_factors()
    out = dict(_fields(SameScenario(scenario))[0])
    for origin, sex in GROUPS:
        factor = factors[(origin, sex)]
        low, high = factor.ratio.ends
        kind = "groups" if factor.tested or choice.card.measured is None else "other_groups"
        key = f"evidence.source.{kind}" if factor.tested else f"evidence.source.{kind}_untested"
        out[group_path(origin, sex)] = Quantity(
            value=factor.ratio.value,
            low=low,
            high=high,
            unit="row factor",
            source=say(key, card=choice.card.name),
            grade=Grade.A if factor.tested else Grade.D,
        )
    return out


def points_at(
    scenario: Scenario,
    quantities: Mapping[str, Quantity],
    choices: Sequence[ModelChoice],
    overrides: Mapping[str, npt.ArrayLike] | None = None,
) -> Points:
    """Return points: best values of quantities, by path, changed where ``overrides`` says.

    There is one model choice for all points, or one for each; then each brings its own group factors.
    """
    moved = {path: np.asarray(x, float) for path, x in (overrides or {}).items()}
    size = max([len(choices), *(x.shape[0] for x in moved.values())])
    values = {path: np.full(size, q.value) for path, q in quantities.items()}
    if len(choices) > 1:  # of one choice alone, ``quantities`` has the factors, with their ranges (`quantities_of`)
        factors = np.stack([choice.factors for choice in choices])
        values |= {group_path(*group): factors[:, g] for g, group in enumerate(GROUPS)}
    values.update({path: np.broadcast_to(x, (size,)) for path, x in moved.items()})
    curves = [choice.curve(scenario.algorithm.lapse) for choice in choices]
    spread: tuple[Iterable[float], ...] = (
        [c.floor for c in curves],
        [c.slope for c in curves],
        [c.location for c in curves],
        [c.heterogeneity_k for c in choices],
    )
    return Points(scenario, values, *(np.broadcast_to(np.array(x, float), (size,)) for x in spread))
