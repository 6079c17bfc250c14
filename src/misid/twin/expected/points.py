"""Points at which the chain is evaluated: every input a column, every point a row.

The chain never reads a scenario's best values by itself.  It reads a `Points`, so that a best value, a sweep over one
input, a corner of the input box and a random design all go through the same code at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from misid.algorithm import Card, Form, MatedCurve
from misid.quantities import Grade, Quantity
from misid.scenario import Scenario
from misid.vocabulary import ImageKind, Lapse, Origin, Sex

Array = npt.NDArray[np.float64]
GROUPS: tuple[tuple[Origin, Sex], ...] = tuple((origin, sex) for origin in Origin for sex in Sex)


@dataclass(frozen=True)
class ModelChoice:
    """One way to stand in for what is not known about the fielded algorithm.

    Parameters
    ----------
    card : Card
        A tested version.
    image_kind : ImageKind
        A tested image kind that stands in for the probe.
    form : {"duplicates", "no_duplicates"}
        Form of the growth of misses.
    heterogeneity_k : float
        Shape of the gamma law of probes' propensity.
    """

    card: Card
    image_kind: ImageKind
    form: Form
    heterogeneity_k: float

    @cached_property
    def factors(self) -> Array:
        """Row factors of all groups, shape (G,), in the order of `GROUPS`."""
        found = self.card.group_factors()
        return np.array([found[group].value for group in GROUPS])

    def curve(self, lapse: Lapse) -> MatedCurve:
        """Return the mated curve of this choice."""
        return self.card.mated_curve(self.image_kind, lapse=lapse, form=self.form)


@dataclass(frozen=True)
class Points:
    """Values of all inputs at P points.

    Parameters
    ----------
    values : mapping of str to ndarray, shape (P,)
        By the dotted path of the quantity; group factors as ``card.group.<origin>.<sex>``.
    floor, slope, location : ndarray, shape (P,)
        The mated curve.
    heterogeneity_k : ndarray, shape (P,)
        Shape of the gamma law.
    """

    values: Mapping[str, Array]
    floor: Array
    slope: Array
    location: Array
    heterogeneity_k: Array

    def __getitem__(self, path: str) -> Array:
        return self.values[path]

    def __len__(self) -> int:
        return int(self.floor.shape[0])

    def group_factors(self, groups: Sequence[int]) -> Array:
        """Return row factors of some groups, given as indices into `GROUPS`, shape (P, G)."""
        return np.stack([self[group_path(*GROUPS[g])] for g in groups], axis=1)


def group_path(origin: Origin, sex: Sex) -> str:
    """Return the path under which a group's row factor is kept."""
    return f"card.group.{origin.value}.{sex.value}"


def inputs(scenario: Scenario, choice: ModelChoice) -> dict[str, Quantity]:
    """Return every input of the chain: the scenario's quantities and the card's group factors.

    Parameters
    ----------
    scenario : Scenario
        Resolved.
    choice : ModelChoice
        Whose group factors.
    """
    factors = choice.card.group_factors()
    out = dict(scenario.quantities())
    for origin, sex in GROUPS:
        factor = factors[(origin, sex)]
        source = f"NIST FRTE 1:N by region and sex, card {choice.card.name}"
        if not factor.tested and choice.card.measured is not None:
            source = f"NIST FRTE 1:N by region and sex, other algorithms; card {choice.card.name} has no group rates"
        out[group_path(origin, sex)] = Quantity(
            value=factor.value,
            low=factor.low,
            high=factor.high,
            unit="row factor",
            source=source if factor.tested else source + "; no test data for this group: spread over all cells",
            grade=Grade.A if factor.tested else Grade.D,
        )
    return out


def at(
    quantities: Mapping[str, Quantity],
    choices: Sequence[ModelChoice],
    lapse: Lapse,
    overrides: Mapping[str, npt.ArrayLike] | None = None,
) -> Points:
    """Return points: best values, changed where ``overrides`` says, one model choice per point.

    Parameters
    ----------
    quantities : mapping of str to Quantity
        All inputs.
    choices : sequence of ModelChoice, length P or 1
        One for all points, or one each; a choice per point brings its own group factors.
    lapse : Lapse
        Time between reference and probe.
    overrides : mapping of str to array_like, shape (P,), optional
        Values that replace the best ones.
    """
    given = {path: np.asarray(x, float) for path, x in (overrides or {}).items()}
    size = max([len(choices), *(x.shape[0] for x in given.values())])
    values = {path: np.full(size, q.value) for path, q in quantities.items()}
    if len(choices) > 1:
        factors = np.stack([choice.factors for choice in choices])
        values |= {group_path(*group): factors[:, g] for g, group in enumerate(GROUPS)}
    values.update({path: np.broadcast_to(x, (size,)) for path, x in given.items()})
    curves = [choice.curve(lapse) for choice in choices]
    spread = {
        "floor": [c.floor for c in curves],
        "slope": [c.slope for c in curves],
        "location": [c.location for c in curves],
        "heterogeneity_k": [c.heterogeneity_k for c in choices],
    }
    return Points(values, **{name: np.broadcast_to(np.array(x, float), (size,)) for name, x in spread.items()})
