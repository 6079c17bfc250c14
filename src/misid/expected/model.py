"""A scenario with its inputs and the algorithms that can stand in for the fielded one, ready to be evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from misid.algorithm import FORMS, load_card, match
from misid.expected.points import (
    Array,
    ModelChoice,
    Points,
    at_ends,
    enrolment,
    points_at,
    quantities_of,
    record_errors,
    with_record_error,
)
from misid.expected.rules import reads
from misid.expected.search import fnmr
from misid.expected.threshold import CARD_THRESHOLD, at_phi, at_point, mix_of, point_names
from misid.quantities import Quantity
from misid.scenario import SIMULATED, Scenario
from misid.vocabulary.brief import brief


@dataclass(frozen=True)
class ScenarioModel:
    """A scenario, its inputs and its model choices.

    Parameters
    ----------
    scenario : Scenario
        Resolved.
    choices : tuple of ModelChoice
        Every card, image kind, growth form and heterogeneity that can stand in.
    shown : int
        The choice whose figures are shown as values.
    """

    scenario: Scenario
    choices: tuple[ModelChoice, ...]
    shown: int

    __repr__ = brief

    @cached_property
    def all_inputs(self) -> dict[str, Quantity]:
        """Every input by path."""
        return quantities_of(self.scenario, self.choices[self.shown])

    @cached_property
    def inputs(self) -> dict[str, Quantity]:
        """Every input of the closed form; the others are read by the simulation of single people alone."""
        of_rules = frozenset().union(*(reads(self.scenario, rule) for rule in self.rules))
        return {
            path: q for path, q in self.all_inputs.items() if path.split(".")[0] not in SIMULATED or path in of_rules
        }

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the operating points at which the scenario is answered."""
        return point_names(self.scenario)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rule in force first, then those it is compared with."""
        return tuple(dict.fromkeys((self.scenario.rule, *self.scenario.compare)))

    @property
    def mix(self) -> str:
        """The stop policy whose strangers phi belongs to, where nothing else is said."""
        return mix_of(self.scenario)

    def best(self, overrides: Mapping[str, Sequence[float] | Array] | None = None) -> Points:
        """Return points at the values of the scenario and the shown choice, changed where ``overrides`` says."""
        changed = {path: np.asarray(x, float) for path, x in (overrides or {}).items()}
        return points_at(self.scenario, self.all_inputs, [self.choices[self.shown]], changed)

    def at(self, name: str, points: Points | None = None) -> Points:
        """Return points with the threshold of an operating point, at the scenario's values unless points are given."""
        return at_point(points or self.best(), name)

    def at_phi(
        self,
        phi: npt.ArrayLike,
        record_error: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
        *,
        mix: str = "",
        moved_by: str = "",
        points: Points | None = None,
    ) -> Points:
        """Return points with phi, and with another record error s, for all whom the action does not fit or by status.

        ``phi`` and ``record_error`` broadcast with each other, and the points are their outer product flattened where
        both have their own axes.
        """
        phis = np.asarray(phi, float)
        errors = record_error if isinstance(record_error, Mapping) else {"": record_error}
        shape = np.broadcast_shapes(phis.shape, *(np.shape(s) for s in errors.values() if s is not None))
        flat = np.broadcast_to(phis, shape).reshape(-1)
        found = at_phi(points or self.best(), flat, mix or self.mix, moved_by)
        if record_error is None:
            return found
        spread = {name: np.broadcast_to(np.asarray(s, float), shape).reshape(-1) for name, s in errors.items()}
        return with_record_error(found, spread if isinstance(record_error, Mapping) else spread[""])

    def ends(self, points: Points, of: str) -> tuple[Points, Points]:
        """Return points with one conditional range at its low and at its high ends, the threshold kept.

        ``of`` is ``"enrolled"`` (who is in the gallery) or ``"record_error"`` (s).
        """
        fields = {"enrolled": enrolment, "record_error": record_errors}[of](self.scenario)
        return at_ends(points, fields)


def model_of(scenario: Scenario) -> ScenarioModel:
    """Load the cards of a resolved scenario and lay out its model choices.

    UnknownName if a card name or pattern matches nothing.
    """
    cards = [load_card(name) for name in match(scenario.algorithm.cards)]
    k = scenario.capture.heterogeneity_k
    choices = tuple(
        ModelChoice(card, kind, form, shape)
        for card in cards
        for kind in scenario.algorithm.image_kinds
        for form in FORMS
        for shape in dict.fromkeys((k.value, k.low, k.high))
    )
    return ScenarioModel(scenario, choices, _middle(scenario, choices))


def _middle(scenario: Scenario, choices: tuple[ModelChoice, ...]) -> int:
    """Return the choice in the middle by misses, among those at the best heterogeneity and the first growth form.

    Which version is fielded is unknown, so the one shown is neither the best nor the worst.
    """
    candidates = [
        i
        for i, choice in enumerate(choices)
        if choice.form == FORMS[0] and choice.heterogeneity_k == scenario.capture.heterogeneity_k.value
    ]
    # A version whose group rates NIST printed says more than one whose groups must be borrowed from other vendors.
    own = [i for i in candidates if "group_other_algorithms" not in group_caveats(choices[i])]
    candidates = own or candidates
    misses = []
    for i in candidates:
        points = points_at(scenario, quantities_of(scenario, choices[i]), [choices[i]])
        misses.append(float(fnmr(np.full(1, CARD_THRESHOLD), points)[0]))
    return candidates[int(np.argsort(misses, kind="stable")[len(misses) // 2])]


def group_caveats(choice: ModelChoice) -> set[str]:
    """Return the caveats of the group factors of a choice."""
    return {caveat for factor in choice.card.group_factors().values() for caveat in factor.caveats}
