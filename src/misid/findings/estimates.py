"""Turns what a scenario's model counts at a threshold into estimates: with conditions, distance and caveats.

Neither phi nor record error has a best value, so a figure stands at a place: an operating point by name, or phi alone.
It may carry one conditional range, by who is enrolled or by how often records are wrong, with the threshold kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from misid.algorithm import SEARCH, Measurement
from misid.expected import (
    Answers,
    People,
    Points,
    ScenarioModel,
    Tick,
    answer,
    at_threshold,
    model_of,
    people,
    phi_of,
    strata,
    ticks,
)
from misid.findings.nearness import fpir_at, of_scenario
from misid.quantities import Conditions, Distance, Doubt, Estimate
from misid.scenario import Scenario
from misid.vocabulary import ImageKind
from misid.vocabulary.brief import brief
from misid.vocabulary.names import range_by
from misid.vocabulary.tested import Aspect, Counted

LARGEST_TESTED = 12_000_000
LOOSEST = -3.0  # decades: every comparison is above it
_T = TypeVar("_T")
At = str | tuple[float, ...]  # name of an operating point, or values of phi


@dataclass(frozen=True)
class Place:
    """A threshold at which figures stand, and what they are conditional on there."""

    point: str  # name of the operating point; empty where phi alone is given
    phi: float  # of the strangers of the scenario's mix
    threshold: float  # decades
    n_references: int
    n_enrolled: int
    tested_fpir: float  # FPIR there of an equal mix of the tested groups


@dataclass(frozen=True)
class Estimates:
    """A scenario's model, asked at its operating points; every answer is computed once."""

    model: ScenarioModel

    __repr__ = brief

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.model.scenario

    @property
    def stop(self) -> str:
        """The stop policy that the first screen speaks of."""
        return self.scenario.headline_stop

    @property
    def size(self) -> int:
        """People photographed that counts are out of."""
        return self.scenario.use.people

    @property
    def measured(self) -> Measurement | None:
        """What the shown card was measured on, if its user measured it and no test published it."""
        return self.model.choices[self.model.shown].card.measured

    @cached_property
    def _kept(self) -> dict[tuple[object, ...], object]:
        return {}

    @cached_property
    def harmed(self) -> tuple[str, ...]:
        """Statuses with a right to stay, of those stopped: people whom the action does not fit."""
        met = dict.fromkeys(cell.status for cell in strata(self.scenario, self.stop))
        return tuple(status for status in met if not self.scenario.statuses[status].action_supported)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the operating points, the strictest first."""
        return tuple(sorted(self.model.points, key=lambda name: self.place(name).phi))

    @cached_property
    def evidence(self) -> tuple[Tick, ...]:
        """The evidence on phi, for the strangers of the scenario's own mix."""
        return ticks(self.model)

    @cached_property
    def _best(self) -> Points:
        return self.model.best()

    def points(self, at: At, end: str = "") -> Points:
        """Return the points there, with at most one conditional range at an end; parameters as for `people`."""
        by, _, which = end.partition(".")

        def moved(points: Points) -> Points:
            return self.model.ends(points, by)[which == "high"] if by else points

        def placed() -> Points:
            if isinstance(at, str):
                return moved(self.model.at(at, self._best))
            if by == "enrolled":  # phi stays, whoever is enrolled
                return self.model.at_phi(at, points=moved(self._best))
            return moved(self.model.at_phi(at, points=self._best))

        return self.once(("points", at, end), placed)

    @cached_property
    def all_points(self) -> Points:
        """All operating points as rows, the strictest first."""
        return stacked([self.points(name) for name in self.names])

    def reachable(self, phi: npt.ArrayLike) -> tuple[float, ...]:
        """Return those of some phi that a threshold can give; 1 alone where the best are shown whatever their scores."""
        if not self.scenario.candidates.floor:
            return (1.0,)
        most: float = self.once(("most",), lambda: float(phi_of(at_threshold(self._best, LOOSEST), self.model.mix)[0]))
        return tuple(x for x in np.asarray(phi, float).tolist() if x < most)

    def place(self, at: At) -> Place:
        """Return where figures of an operating point, or at one value of phi, stand."""
        return self.once(("place", at), lambda: self.places(self.points(at), at if isinstance(at, str) else "")[0])

    def places(self, points: Points, name: str = "") -> tuple[Place, ...]:
        """Return where figures stand, for each of some points with a threshold."""
        scenario, threshold = self.scenario, points.threshold
        assert threshold is not None, "points need a threshold"
        found, n = phi_of(points, self.model.mix), points[scenario.gallery.n_references]
        owners = n / np.minimum(points[scenario.gallery.images_per_person], n)
        return tuple(
            Place(
                name,
                float(found[i]),
                float(threshold[i]),
                round(n[i]),
                round(owners[i]),
                fpir_at(float(threshold[i]), points.rows(np.array([i]))),
            )
            for i in range(len(points))
        )

    def people(self, at: At, stop: str = "", rule: str = "", end: str = "") -> People:
        """Return what happens to people at an operating point, or over phi whatever the operating points are.

        ``end`` is empty, or ``"enrolled.low"``, ``"record_error.high"``: one conditional range at one of its ends.
        """
        stop, rule = stop or self.stop, rule or self.scenario.rule

        def counted() -> People:
            return people(self.points(at, end), stop, rule, answers=self.answers(at, stop, end))

        return self.once(("people", at, stop, rule, end), counted)

    def answers(self, at: At, stop: str = "", end: str = "") -> Answers:
        """Return what the system answers there; parameters as for `people`."""
        stop = stop or self.stop
        return self.once(("answers", at, stop, end), lambda: answer(self.points(at, end), stop))

    def curve(self, phi: npt.ArrayLike, end: str = "", rule: str = "") -> People:
        """Return what happens to people over phi; parameters as for `people`."""
        return self.people(tuple(np.asarray(phi, float).tolist()), "", rule, end)

    def count(
        self,
        outcome: str,
        name: str,
        *statuses: str,
        by: str = "",
        stop: str = "",
        rule: str = "",
        of_them: bool = False,
        counted: tuple[Counted, ...] = SEARCH,
        caveats: tuple[str, ...] = (),
    ) -> Estimate:
        """Return how many people an outcome of `misid.expected.OUTCOMES` happens to, at an operating point.

        Of everybody or of some statuses; with a range by one thing if ``by`` says so; per so many of the statuses
        themselves where ``of_them``.
        """

        def at(end: str) -> float:
            found = self.people(name, stop, rule, end)
            value, whole = float(found.of(outcome, *statuses)[0]), float(found.of("people", *statuses)[0])
            return value if not of_them else self.size * value / whole if whole > 0 else 0.0

        group = " and ".join(self.scenario.statuses[one].title for one in statuses) or "all"
        return self.estimate(
            at(""),
            self.place(name),
            (at(f"{by}.low"), at(f"{by}.high")) if by else None,
            by,
            group=group,
            counted=counted,
            caveats=caveats,
        )

    def estimate(
        self,
        value: float,
        place: Place,
        ends: tuple[float, float] | None = None,
        by: str = "",
        *,
        unit: str = "people",
        group: str = "all",
        cell: str = "",
        counted: tuple[Counted, ...] = SEARCH,
        caveats: tuple[str, ...] = (),
        method: str = "expected values",
        n: float | None = None,
    ) -> Estimate:
        """Return a value at a place as an estimate.

        Parameters
        ----------
        value : float
            In ``unit``.
        place : Place
            Where it stands.
        ends : (float, float), optional
            The value with one input, or those of one kind together, at its low and at its high end.
        by : str
            Which: a code that `misid.vocabulary.names.range_by` knows.
        group, cell : str
            Whom it is about, in words; and the cell of the published tests that it is, if it is one.
        counted : tuple of Counted
            What it rests on.
        """
        low, high = (None, None) if ends is None else (min(value, *ends), max(value, *ends))
        return Estimate(
            value=value,
            low=low,
            high=high,
            unit=unit,
            kind=Doubt.INPUT,
            method=f"{method}; {range_by(by)}" if by else method,
            n=float(self.size) if n is None else n,
            conditions=self.conditions(place, group),
            distance=self.distance(place, counted, cell or ("" if group == "all" else group)),
            caveats=tuple(dict.fromkeys((*self.caveats(place), *caveats))),
            by=by,
        )

    def conditions(self, place: Place, group: str = "all") -> Conditions:
        """Return what a figure at a place is conditional on."""
        return Conditions(
            n_references=place.n_references,
            n_enrolled=place.n_enrolled,
            threshold=place.threshold,
            image_kind=self.scenario.algorithm.probe_image.value,
            probe_group=group,
            gallery=self.scenario.gallery.title,
            phi=place.phi,
            point=place.point,
        ).require_rate()

    def distance(self, place: Place, counted: tuple[Counted, ...] = SEARCH, group: str = "") -> Distance:
        """Return how far a figure at a place is from the nearest published test, or from where the card was measured."""
        card = self.model.choices[self.model.shown].card
        return self.once(
            ("distance", place, counted, group),
            lambda: of_scenario(self.scenario, card, place.n_references, place.tested_fpir, counted, group),
        )

    def caveats(self, place: Place) -> tuple[str, ...]:
        """Return the caveats that every rate of this scenario carries."""
        scenario = self.scenario
        codes = [] if scenario.threshold.known else ["phi_open"]
        if place.n_references > LARGEST_TESTED:
            codes += ["beyond_tested_n", "one_growth_step", "search_may_break"]
        if Aspect.OPERATOR in self.distance(place).untested:
            codes.append("operator_untested")
        codes += ["independence", "algorithm_version_unknown" if self.measured is None else "measured_card"]
        if scenario.algorithm.probe_image is ImageKind.STREET:
            codes += ["image_kind_untested", "tail_shift_assumed"]
        if scenario.capture.heterogeneity_k.swept:
            codes.append("heterogeneity_unknown")
        return tuple(codes)

    def once(self, key: tuple[object, ...], make: Callable[[], _T]) -> _T:
        """Return what a key stands for, made once."""
        if key not in self._kept:
            self._kept[key] = make()
        return cast(_T, self._kept[key])


def estimates_of(scenario: Scenario) -> Estimates:
    """Load the cards of a resolved scenario; UnknownName if a card name or pattern matches nothing."""
    return Estimates(model_of(scenario))


def stacked(points: Sequence[Points]) -> Points:
    """Return the rows of several points one below the other; all have the same scenario and a threshold."""
    first = points[0]
    values = {path: np.concatenate([p.values[path] for p in points]) for path in first.values}
    columns: dict[str, Any] = {}
    for name in (one.name for one in fields(first) if one.name not in ("scenario", "values")):
        found = [getattr(p, name) for p in points]
        if any(x is not None for x in found):
            parts = [np.zeros(len(p)) if x is None else x for x, p in zip(found, points, strict=True)]
            columns[name] = np.concatenate(parts)
    return replace(first, values=values, **columns)
