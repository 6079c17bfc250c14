"""Ranges carried through the chain: an envelope over inputs, and a range over model choices, kept apart.

Inputs without a sourced distribution have no probability inside their range, so the answer has an envelope: the lowest
and highest value anywhere in the input box.  It is searched for.  Each output starts from the corner that pushes it
furthest when inputs are moved one at a time, and climbs until no end of any input is better; every point is evaluated
for every output, so each profits from the others' search.  A fixed random design over the box is the check, and where
the search is thorough a second start.  For an output that is monotone in each input the corner is exact; one that turns
round inside the box can fall a few percent short of its extreme (measured by other designs; see `docs/method.md`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from misid.expected.points import Array, ModelChoice, Points, points_at
from misid.quantities import Quantity
from misid.scenario import Scenario

Evaluate = Callable[[Points], Mapping[str, Array]]
Look = Callable[[Array], Mapping[str, Array]]
Goal = tuple[str, int]  # an output, and whether it is minimized (-1) or maximized (1)
SIGNS = (-1, 1)
MOST_CLIMBS = 10
MOST_ROUNDS = 3
LEAST_GAIN = 1e-9  # relative; less is not worth another evaluation
# Outputs that also climb from the best point of the design: they are read most, and some turn round inside the box.
TWICE = ("wrong", "wrong_twin", "wrong_not_enrolled", "wrong_enrolled", "hits", "right", "share_wrong", "no_hit")
CHUNK = 1024  # rows evaluated at once; more do not fit the processor's cache and cost twice the time
DESIGN_SIZE = 256
DESIGN_SEED = 2382  # fixed: the design is a check on the corners, not a simulation


@dataclass(frozen=True)
class Envelope:
    """Best value of one output with its envelope over inputs and its range over model choices."""

    value: float  # at best values and the shown model choice
    input_low: float  # over the input box, model choice as shown
    input_high: float
    model_low: float  # over model choices, inputs at their best values
    model_high: float
    # Output with one input, by path, at its low and high end, the rest at best; only inputs that move it.
    swing: Mapping[str, tuple[float, float]]


def explore(
    evaluate: Evaluate,
    scenario: Scenario,
    quantities: Mapping[str, Quantity],
    choices: Sequence[ModelChoice],
    shown: int,
    fixed: Mapping[str, float] | None = None,
    climb: Collection[str] | None = None,
    thorough: bool = False,
) -> dict[str, Envelope]:
    """Evaluate the chain at best values, over the input box and over the model choices.

    Parameters
    ----------
    evaluate : callable
        Points to named outputs, each of shape (P,).
    scenario : Scenario
        Of the points.
    quantities : mapping of str to Quantity
        All inputs, by path.
    choices : sequence of ModelChoice
        All model choices.
    shown : int
        Which of them is shown as the value.
    fixed : mapping of str to float, optional
        Inputs held at a value: they are axes of the answer, not uncertain.
    climb : collection of str, optional
        Outputs whose corner is climbed from; all by default.
    thorough : bool
        Climb also from the best points of the design, and again from what the search for other outputs found.
    """
    held = dict(fixed or {})
    inputs = {path: q.held(held[path]) if path in held else q for path, q in quantities.items()}
    swept = [path for path, q in inputs.items() if q.swept]

    def look(rows: Array) -> Mapping[str, Array]:
        parts = [
            evaluate(points_at(scenario, inputs, [choices[shown]], {path: part[:, j] for j, path in enumerate(swept)}))
            for part in np.split(rows, range(CHUNK, len(rows), CHUNK))
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    best, ends = _one_at_a_time(look, inputs, swept)
    names = list(best)
    low, high = (np.array([getattr(inputs[path], end) for path in swept]) for end in ("low", "high"))
    climber = _Climber(look)
    climber.visit(design(low, high))
    turning = dict(climber.place)
    corners = _corners(best, ends, inputs, swept, low, high)
    climber.visit(np.concatenate(list(corners.values())))
    if swept:
        goals = [(name, sign) for name in names if climb is None or name in climb for sign in SIGNS]
        starts = [(goal, corners[goal[1]][names.index(goal[0])]) for goal in goals]
        if thorough:
            starts += [(goal, turning[goal]) for goal in goals if goal[0] in TWICE]
        for _ in range(MOST_ROUNDS if thorough else 1):
            before = dict(climber.value)
            climber.climb(starts, np.stack([low, high]))
            # What another output's search found may be the foot of a higher hill: climb on from there.
            starts = [
                (g, climber.place[g]) for g in goals if climber.value[g] - before[g] > LEAST_GAIN * abs(before[g])
            ]
    reached = {
        (name, sign): sign
        * max(sign * best[name], float((sign * ends[name]).max(initial=-np.inf)), climber.value[name, sign])
        for name in names
        for sign in SIGNS
    }
    at_fixed = {path: np.full(len(choices), x) for path, x in held.items()}
    models = evaluate(points_at(scenario, inputs, choices, at_fixed))
    return {
        name: Envelope(
            best[name],
            reached[name, -1],
            reached[name, 1],
            min(best[name], float(models[name].min())),
            max(best[name], float(models[name].max())),
            {
                path: (float(ends[name][0, j]), float(ends[name][1, j]))
                for j, path in enumerate(swept)
                if (ends[name][:, j] != best[name]).any()
            },
        )
        for name in names
    }


def _one_at_a_time(
    look: Look, inputs: Mapping[str, Quantity], swept: list[str]
) -> tuple[dict[str, float], dict[str, Array]]:
    """Return the best values, and each output with each input at its ends, shape (2, inputs)."""
    rows = np.tile([inputs[path].value for path in swept], (2 * len(swept) + 1, 1))
    for j, path in enumerate(swept):
        rows[1 + 2 * j, j], rows[2 + 2 * j, j] = inputs[path].low, inputs[path].high
    outputs = look(rows)
    best = {name: float(x[0]) for name, x in outputs.items()}
    return best, {name: np.stack([x[1::2], x[2::2]]) for name, x in outputs.items()}


def _corners(
    best: Mapping[str, float],
    ends: Mapping[str, Array],
    inputs: Mapping[str, Quantity],
    swept: list[str],
    low: Array,
    high: Array,
) -> dict[int, Array]:
    """Return, down and up, the corner that pushes each output furthest, each of shape (outputs, inputs)."""
    middle = np.array([inputs[path].value for path in swept])
    corners = {}
    for sign in SIGNS:
        rows = np.empty((len(best), len(swept)))
        for i, (name, value) in enumerate(best.items()):
            gain = sign * (ends[name] - value)
            rows[i] = np.where(gain.max(axis=0) > 0, np.where(gain[1] >= gain[0], high, low), middle)
        corners[sign] = rows
    return corners


class _Climber:
    """Climbs for all outputs at once, from corner to corner of the box.

    Every point is evaluated for every output, so each output profits from the points that were evaluated for another.
    """

    def __init__(self, look: Look) -> None:
        self.look = look
        self.value: dict[Goal, float] = {}
        self.place: dict[Goal, Array] = {}

    def visit(self, rows: Array) -> Mapping[str, Array]:
        """Evaluate rows and remember the best of them for every output, up and down."""
        outputs = self.look(rows)
        for name, output in outputs.items():
            for sign in SIGNS:
                j = int(np.argmax(sign * output))
                value = sign * float(output[j])
                if value > self.value.get((name, sign), -np.inf):
                    self.value[name, sign], self.place[name, sign] = value, rows[j].copy()
        return outputs

    def climb(self, starts: Sequence[tuple[Goal, Array]], levels: Array) -> None:
        """Climb from every start until none of the ``levels`` of any input, shape (levels, inputs), is better.

        A step tries each input at each level, then moves the inputs that gain, best first, as far as moving one more
        still helps: never less than the best single move, and often all of them at once.
        """
        width = levels.size + 1
        for _ in range(MOST_CLIMBS):
            if not starts:
                return
            outputs = self.visit(np.concatenate([_around(place, levels) for _, place in starts]))
            ladders: list[tuple[Goal, Array]] = []
            for i, ((name, sign), place) in enumerate(starts):
                ladder = _ladder(sign * outputs[name][i * width : (i + 1) * width], place, levels)
                if len(ladder):
                    ladders.append(((name, sign), ladder))
            if not ladders:
                return
            outputs = self.visit(np.concatenate([ladder for _, ladder in ladders]))
            starts, first = [], 0
            for (name, sign), ladder in ladders:
                found = sign * outputs[name][first : first + len(ladder)]
                starts.append(((name, sign), ladder[int(np.argmax(found))]))
                first += len(ladder)


def _ladder(found: Array, place: Array, levels: Array) -> Array:
    """Return the place with its best inputs moved: the best one, the best two and so on, shape (gaining, inputs)."""
    tried = found[1:].reshape(-1, len(levels))
    gain, level = tried.max(axis=1) - found[0], tried.argmax(axis=1)
    rungs = [int(j) for j in np.argsort(-gain, kind="stable") if gain[j] > LEAST_GAIN * abs(found[0])]
    ladder = np.tile(place, (len(rungs), 1))
    for rung, j in enumerate(rungs):
        ladder[rung:, j] = levels[level[j], j]
    return ladder


def _around(place: Array, levels: Array) -> Array:
    """Return the place itself, then the place with each input at each of its levels, inputs slowest."""
    count = len(levels)
    rows = np.tile(place, (levels.size + 1, 1))
    for j in range(len(place)):
        rows[1 + count * j : 1 + count * (j + 1), j] = levels[:, j]
    return rows


def _between(low: Array, high: Array, part: Array | float) -> Array:
    """Return the point at a part of the way through each range, by ratio where a positive range is wide."""
    wide = (low > 0) & (high > 20 * low)
    ratio = np.where(wide, high / np.where(low > 0, low, 1.0), 1.0)
    return np.asarray(np.where(wide, low * ratio**part, low + (high - low) * part), float)


def design(low: Array, high: Array) -> Array:
    """Return the same points all over a box every time, shape (DESIGN_SIZE, inputs); ends have shape (inputs,)."""
    return _between(low, high, np.random.default_rng(DESIGN_SEED).random((DESIGN_SIZE, len(low))))
