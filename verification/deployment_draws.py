"""From a published row to a scenario, and from its ranges to draws of what the closed form then expects.

A range of misid has no shape: nobody knows how likely its parts are.  A predictive distribution needs one, so it is
assumed here and nowhere else: half of the draws below the best value and half above, each half even; by ratio where
the range spans more than a factor of 20.  `Shape.EVEN` forgets the best value, to show what that choice does.  Model
choices (version, stand-in image kind, form of growth, heterogeneity, a threshold that is kept or set anew for the list)
are equally likely.
"""

from __future__ import annotations

import copy
import zlib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.algorithm import FORMS, load_card, match
from misid.expected import ModelChoice, Points, answer, at_threshold, comparisons, points_at, quantities_of
from misid.quantities import Grade, Quantity
from misid.randomness import Purpose, uniforms
from misid.scenario import Scenario, from_mapping, load_scenario, resolve
from misid.statistics import expected_from_fpir
from verification.deployment_rows import Deployment, InputRange, TruthRule

Array = npt.NDArray[np.float64]

SEED = 0
DRAWS = 10_000
CHUNK = 2_000  # points at once; all groups and nodes of more do not fit the processor's cache
BASE = "police-live"
WIDE = 20.0
# The laboratory's rate, and not what was counted at the score in use: the counts are what is predicted.
THRESHOLD = {
    "title": "the laboratory's rate",
    "test": {
        "fpir": {
            "value": 0.0001667,
            "low": 0.0000032,
            "high": 0.001,
            "grade": "B",
            "source": "NPL 2023: 1 in 6,000 at 0.6 (Computer Weekly); low: 10 in 3,147,436 faces in 2024-25 at 0.64; "
            "high: the force's claim before 2022",
        },
        "n_references": {"value": 10000, "grade": "B", "source": "NPL 2023 via Computer Weekly"},
        "image_kind": "street",
        "population_factor": {
            "value": 1,
            "low": 0.5,
            "high": 2,
            "grade": "D",
            "source": "NPL's test was balanced by group (Computer Weekly); how it maps to region of birth is assumed",
        },
        "gallery": "kept",
    },
}
_STATUS = "stops.passers_by.blocks.0.status"
_REST = f"{_STATUS}.not_listed"


class Shape(StrEnum):
    """How draws are spread over a range that has no shape of its own."""

    HALVES = "half below the best value, half above"
    EVEN = "even over the range"


@cache
def _base() -> dict[str, Any]:
    return {**load_scenario(BASE).to_json(), "threshold": THRESHOLD}


@cache
def scenario_of(row: Deployment) -> Scenario:
    """Return the packaged scenario of live cameras, changed only where the row says so.

    Its ``known`` inputs lose their range, its ``ranges`` replace those of the scenario.
    """
    data = copy.deepcopy(_base())
    data["name"], data["title"] = row.id, f"{row.operator}, {row.place}, {row.period}"
    published = {"source": f"{row.source}: {row.locator}", "grade": row.grade.value}
    assumed = {"source": f"assumed: {row.ranges_note}", "grade": Grade.D.value}
    given = [(one, assumed) for one in row.ranges] + [(one, published) for one in row.known]
    for one, origin in given:
        value = float(_between(one.low, one.high, np.array([0.5]))[0])
        _set(data, one.path, {"value": value, "low": one.low, "high": one.high, **origin})
    if any(one.path.startswith(_STATUS) for one, _ in given):
        _make_whole(data)
    return resolve(from_mapping(data, row.id))


def _set(data: dict[str, Any], path: str, quantity: dict[str, Any]) -> None:
    """Put a quantity where the path leads."""
    *way, last = path.split(".")
    node: Any = data
    for part in way:
        node = node[int(part)] if isinstance(node, list) else node[part]
    node[last] = quantity


def _make_whole(data: dict[str, Any]) -> None:
    """Give everybody who is not listed what the listed leave."""
    status = data["stops"]["passers_by"]["blocks"][0]["status"]
    rest = 1.0 - sum(share["value"] for name, share in status.items() if name != "not_listed")
    _set(data, _REST, {"value": rest, "low": rest, "high": rest, "source": "the rest", "grade": "D"})


def _between(low: float, high: float, part: Array, wide: bool | None = None) -> Array:
    """Return the point at a part of the way: by ratio where a range above 0 is wide."""
    if low > 0 and (high > WIDE * low if wide is None else wide):
        return np.asarray(low * (high / low) ** part, dtype=np.float64)
    return np.asarray(low + (high - low) * part, dtype=np.float64)


def _in_range(q: Quantity, part: Array, shape: Shape) -> Array:
    """Return draws of one input; where the best value is an end there are no halves, and they are even."""
    if shape is Shape.EVEN or q.value in (q.low, q.high):
        return _between(q.low, q.high, part)
    wide = q.high > WIDE * q.low
    lower = _between(q.low, q.value, 2.0 * part, wide)
    upper = _between(q.value, q.high, 2.0 * part - 1.0, wide)
    return np.asarray(np.where(part < 0.5, lower, upper), dtype=np.float64)


@dataclass(frozen=True)
class Drawn:
    """What the closed form expects of a deployment, at each draw of what is not known; arrays of shape (D,).

    Parameters
    ----------
    hits : ndarray
        Alerts per face of which a template was made.
    false : ndarray
        False alerts per such face.
    wrong_passes, right_passes : ndarray
        P(a false alert, or a right one, is acted on), by the scenario's rule.
    unchecked : ndarray
        Share of the alerts that were not acted on and are yet counted as false, where that is not known.
    """

    hits: Array
    false: Array
    wrong_passes: Array
    right_passes: Array
    unchecked: Array

    def share(self, rule: TruthRule, rejected: bool = True) -> Array:
        """Return the share of alerts that are counted as false, given who is checked.

        With ``f`` the share of alerts that are false, ``w`` and ``r`` the shares of false and right alerts that are
        acted on: stopped ``f w / (f w + (1-f) r)``; judged ``f + (1-f)(1-r)``; the rest taken as right
        ``f w + c (f (1-w) + (1-f)(1-r))`` with ``c`` unknown; the rest taken as false ``f (1-w) + (1-f)(1-r)``, for a
        false alert that staff confirm is counted as right.  Without ``rejected`` no right alert is: ``r`` is 1.
        """
        f, w, r = self.false / self.hits, self.wrong_passes, self.right_passes
        r = r if rejected else np.ones_like(r)
        dropped = f * (1.0 - w) + (1.0 - f) * (1.0 - r)
        if rule is TruthRule.STOPPED:
            return np.asarray(f * w / (f * w + (1.0 - f) * r), dtype=np.float64)
        if rule is TruthRule.JUDGED:
            return np.asarray(f * w + dropped, dtype=np.float64)
        if rule is TruthRule.REST_TRUE:
            return np.asarray(f * w + self.unchecked * dropped, dtype=np.float64)
        if rule is TruthRule.REST_FALSE:
            return np.asarray(dropped, dtype=np.float64)
        raise ValueError("nobody said which alerts are false")


def luck(name: str, what: str, n: int) -> Array:
    """Return uniform draws that belong to one unknown of one deployment, whichever others there are, shape (n,)."""
    second = zlib.crc32(name.encode()) << 32 | zlib.crc32(what.encode())
    drawn: Array = uniforms(SEED, Purpose.DEPLOYMENT, np.arange(n), second=second)[0]
    return drawn


def evenly(name: str, what: str, n: int = DRAWS) -> Array:
    """Return draws of one unknown with exactly one in each n-th of (0, 1), in an order of its own, shape (n,).

    A Latin hypercube (McKay, Beckman and Conover 1979): what an unknown does by itself is then without luck.
    """
    order = np.argsort(luck(name, what, n), kind="stable")
    drawn = np.empty(n)
    drawn[order] = (np.arange(n) + 0.5) / n
    return drawn


def drawn(row: Deployment, shape: Shape = Shape.HALVES, n: int = DRAWS) -> Drawn:
    """Draw what is not known of a deployment, and ask the closed form.

    Rows of one operator with the same inputs share their draws.
    """
    return _drawn(_Key(row, row.operator, row.known, row.ranges, row.rule, shape, n))


@dataclass(frozen=True)
class _Key:
    """What draws depend on; the row itself only brings sources and names."""

    row: Deployment = field(compare=False)
    operator: str
    known: tuple[InputRange, ...]
    ranges: tuple[InputRange, ...]
    rule: str
    shape: Shape
    n: int


@cache
def _drawn(key: _Key) -> Drawn:
    scenario, who = scenario_of(key.row), key.operator
    points = _points(scenario, key)
    anew = evenly(who, "scaling", key.n) >= 0.5
    points = at_threshold(points, _threshold(points, anew))
    hits, false = np.empty(key.n), np.empty(key.n)
    for part in np.split(np.arange(key.n), range(CHUNK, key.n, CHUNK)):
        hits[part], false[part] = _per_face(scenario, points.rows(part))
    rule = scenario.rules[key.rule or scenario.rule]
    return Drawn(
        hits=hits,
        false=false,
        wrong_passes=points[rule.wrong_person_passes],
        right_passes=points[rule.right_hit_passes],
        unchecked=evenly(who, "unchecked", key.n),
    )


def _threshold(points: Points, anew: npt.NDArray[np.bool_]) -> Array:
    """Return the laboratory's threshold, kept at its own gallery or set anew for the list."""
    scenario = points.scenario
    test = scenario.threshold.test
    assert test is not None
    expected = np.asarray(expected_from_fpir(points[test.fpir], points.heterogeneity_k), float)
    size = np.where(anew, comparisons(points), points[test.n_references])
    decades = np.log10(size / expected * points[test.population_factor])
    return np.asarray(decades - points[scenario.capture.tail_shift_decades], float)


def _per_face(scenario: Scenario, points: Points) -> tuple[Array, Array]:
    """Return alerts, and false ones, per face of which a template was made; deployments count those."""
    found = answer(points, scenario.headline_stop)
    acquired = 1.0 - points[scenario.capture.failure_to_acquire]
    hits, false = (np.asarray((found.part * x).sum(axis=1), float) / acquired for x in (found.hit, found.wrong))
    return hits, false


def _choices(scenario: Scenario) -> tuple[ModelChoice, ...]:
    k = scenario.capture.heterogeneity_k
    return tuple(
        ModelChoice(card, kind, form, shape)
        for card in map(load_card, match(scenario.algorithm.cards))
        for kind in scenario.algorithm.image_kinds
        for form in FORMS
        for shape in dict.fromkeys((k.value, k.low, k.high))
    )


def _points(scenario: Scenario, key: _Key) -> Points:
    """Return points with a model choice and every swept input drawn."""
    choices = _choices(scenario)
    each = points_at(scenario, quantities_of(scenario, choices[0]), choices)
    points = each.rows((evenly(key.operator, "choice", key.n) * len(choices)).astype(np.intp))
    swept = {
        path: _in_range(q, evenly(key.operator, path, key.n), key.shape)
        for path, q in scenario.quantities().items()
        if q.swept and path != "capture.heterogeneity_k"
    }
    return points.moved(swept)
