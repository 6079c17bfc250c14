"""Ranges carried through the chain: an envelope over inputs, and a range over model choices, kept apart.

Inputs without a sourced distribution have no probability inside their range, so the answer has an envelope: the lowest
and highest value anywhere in the input box.  It is found in three steps that share their points among all outputs: move
one input at a time to either end; put all inputs at the end that pushes an output up (or down) and look there; move one
input at a time again from that corner.  A fixed random design over the box is the check on outputs that are not
monotone.  For an output that is monotone in each input the corner is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from misid.quantities import Quantity
from misid.twin.points import Array, ModelChoice, Points, at
from misid.vocabulary import Lapse

Evaluate = Callable[[Points], Mapping[str, Array]]
Look = Callable[[Array], Mapping[str, Array]]
SIGNS = (-1, 1)
MOST_CLIMBS = 12
DESIGN_SIZE = 256
DESIGN_SEED = 2382  # fixed: the design is a check on the corners, not a simulation


@dataclass(frozen=True)
class Range:
    """Best value of one output with its envelope over inputs and its range over model choices.

    Parameters
    ----------
    value : float
        At best values and the shown model choice.
    input_low, input_high : float
        Envelope over the input box, model choice as shown.
    model_low, model_high : float
        Range over model choices, inputs at their best values.
    swing : mapping of str to (float, float)
        Output with one input at its low and high end, the rest at best; only inputs that move it.
    """

    value: float
    input_low: float
    input_high: float
    model_low: float
    model_high: float
    swing: Mapping[str, tuple[float, float]]


def explore(
    evaluate: Evaluate,
    quantities: Mapping[str, Quantity],
    choices: Sequence[ModelChoice],
    shown: int,
    lapse: Lapse,
    fixed: Mapping[str, float] | None = None,
    climb: Collection[str] | None = None,
) -> dict[str, Range]:
    """Evaluate the chain at best values, over the input box and over the model choices.

    Parameters
    ----------
    evaluate : callable
        Points to named outputs, each of shape (P,).
    quantities : mapping of str to Quantity
        All inputs.
    choices : sequence of ModelChoice
        All model choices.
    shown : int
        Which of them is shown as the value.
    lapse : Lapse
        Time between reference and probe.
    fixed : mapping of str to float, optional
        Inputs held at a value: they are axes of the answer, not doubt about it.
    climb : collection of str, optional
        Outputs whose corner is climbed from, one input at a time; all if not given.

    Returns
    -------
    dict of str to Range
    """
    held = dict(fixed or {})
    inputs = {path: _held(q, held[path]) if path in held else q for path, q in quantities.items()}
    swept = [path for path, q in inputs.items() if q.swept]

    def look(rows: Array) -> Mapping[str, Array]:
        return evaluate(at(inputs, [choices[shown]], lapse, {path: rows[:, j] for j, path in enumerate(swept)}))

    best, ends = _one_at_a_time(look, inputs, swept)
    names = list(best)
    low, high = (np.array([getattr(inputs[path], end) for path in swept]) for end in ("low", "high"))
    corners = _corners(best, ends, inputs, swept, low, high)
    seen = look(np.concatenate([_design(low, high), *corners.values()]))
    extremes = {name: np.concatenate([seen[name], ends[name].ravel(), [best[name]]]) for name in names}
    reached = {(name, sign): sign * float((sign * x).max()) for name, x in extremes.items() for sign in SIGNS}
    if swept:
        _climb(look, corners, [n for n in names if climb is None or n in climb], names, low, high, reached)
    models = evaluate(at(inputs, list(choices), lapse, {path: np.full(len(choices), x) for path, x in held.items()}))
    return {
        name: Range(
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


def _held(quantity: Quantity, value: float) -> Quantity:
    return quantity.model_copy(update={"value": value, "low": value, "high": value})


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


def _climb(
    look: Look,
    corners: Mapping[int, Array],
    climbing: Sequence[str],
    names: Sequence[str],
    low: Array,
    high: Array,
    reached: dict[tuple[str, int], float],
) -> None:
    """Climb from each corner, one input at a time, all outputs in one batch, until no end of any input is better.

    Writes what it finds into ``reached``.
    """
    width = 2 * len(low) + 1
    here = {(name, sign): _Climber(corners[sign][names.index(name)], sign) for name in climbing for sign in SIGNS}
    for _ in range(MOST_CLIMBS):
        if not here:
            return
        rows = np.concatenate([np.repeat(climber.place[None, :], width, axis=0) for climber in here.values()])
        for j in range(len(low)):
            rows[1 + 2 * j :: width, j], rows[2 + 2 * j :: width, j] = low[j], high[j]
        outputs = look(rows)
        for i, (name, sign) in enumerate(list(here)):
            found = sign * outputs[name][i * width : (i + 1) * width]
            reached[name, sign] = sign * max(sign * reached[name, sign], float(found.max()))
            if not here[name, sign].step(found, low, high):
                del here[name, sign]


class _Climber:
    """Climbs one output: all better ends at once, or, where that was a step too far, the best single one."""

    def __init__(self, place: Array, sign: int) -> None:
        self.place = place.copy()
        self.sign = sign
        self.single: tuple[float, Array] | None = None
        self.one_at_a_time = False

    def step(self, found: Array, low: Array, high: Array) -> bool:
        """Move on; ``found`` is the output here and at both ends of each input.  False at the top."""
        if self.single is not None and found[0] < self.single[0]:
            # Ends that are better each by itself were worse together; go back and take them one by one.
            self.place, self.single, self.one_at_a_time = self.single[1].copy(), None, True
            return True
        ends = np.stack([found[1::2], found[2::2]])
        better = ends.max(axis=0)
        gain = better > found[0] + 1e-12 * abs(found[0])
        if not gain.any():
            return False
        target = np.where(ends[1] >= ends[0], high, low)
        best = int(np.argmax(np.where(gain, better, -np.inf)))
        alone = self.place.copy()
        alone[best] = target[best]
        if self.one_at_a_time:
            self.place = alone
        else:
            self.single = float(better[best]), alone
            self.place = np.where(gain, target, self.place)
        return True


def _design(low: Array, high: Array) -> Array:
    """Return points all over the box, shape (DESIGN_SIZE, inputs); wide positive ranges are covered in logarithms."""
    unit = np.random.default_rng(DESIGN_SEED).random((DESIGN_SIZE, len(low)))
    wide = (low > 0) & (high > 20 * low)
    ratio = np.where(wide, high / np.where(low > 0, low, 1.0), 1.0)
    return np.asarray(np.where(wide, low * ratio**unit, low + (high - low) * unit), float)
