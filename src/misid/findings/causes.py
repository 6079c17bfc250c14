"""Harm by cause: how much of the unsupported actions each layer of the system answers for.

A layer's share is its Shapley value over all subsets of layers made perfect, in closed form at best values, over a
fixed design of input points and over the model choices; beside it stands the same on the same simulated people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from misid.expected import (
    CAUSES,
    DESIGN_SIZE,
    Array,
    Envelope,
    Layer,
    design,
    harm,
    harm_kinds,
    layers_of,
    made_perfect,
    points_at,
)
from misid.findings.figures import photographed
from misid.findings.model import Cell, ChartData, Section, Table
from misid.findings.reckon import N_PATH, Reckoner
from misid.findings.words import capital, format_number, format_range, label, listing
from misid.quantities import Doubt, Estimate, Quantity
from misid.simulation import Rerun
from misid.statistics.shapley import shapley
from misid.vocabulary import Mode
from misid.vocabulary.tested import Counted

CAVEATS = (
    "stop_mix_assumed",
    "gallery_mix_assumed",
    "record_error_assumed",
    "document_carrying_assumed",
    "assumed_input",
)
WORDS = {
    "wrong_person": "wrong person",
    "wrong_record": "wrong record",
    "not_verified": "no hit, and acted on all the same",
}
TITLES: Mapping[Layer, str] = {
    Layer.STOP_MIX: "who is stopped",
    Layer.GALLERY_MIX: "who is in the gallery",
    Layer.FACE: "the face search",
    Layer.RECORD: "the record",
    Layer.READER: "people who compare the faces",
    Layer.DOCUMENT: "documents",
    Layer.RULE: "the rule",
}
PERFECT: Mapping[Layer, str] = {
    Layer.STOP_MIX: "people are stopped at random",
    Layer.GALLERY_MIX: (
        "strangers of every origin have the gallery's average share of records that call for an action, "
        "and no origin is likelier to be matched with its own"
    ),
    Layer.FACE: "nobody is taken for anybody else, and nobody who is enrolled is missed",
    Layer.RECORD: "every record says what is so, and none is linked to somebody else",
    Layer.READER: "somebody compares the faces and never errs",
    Layer.DOCUMENT: "everybody whose own record does not support the action shows a genuine document",
    Layer.RULE: (
        "a genuine document always counts, a wrong record is found out before anybody is acted on, "
        "and no hit leads to nothing"
    ),
}
ALL = "unsupported"
TIED = 1e-9  # of the whole harm
METHODS = {
    Doubt.INPUT: f"closed form; Shapley shares; range over {DESIGN_SIZE} points of the input box",
    Doubt.MODEL: "closed form; Shapley shares; range over model choices",
}


@dataclass(frozen=True)
class HarmShares:
    """Shares of every kind of harm in one mode, in people per ``use.people`` photographed.

    Parameters
    ----------
    layers : tuple of Layer
        The m layers.
    kinds : tuple of str
        As `misid.expected.harm_kinds` names them.
    inputs : ndarray, shape (m + 1, kinds, 1 + DESIGN_SIZE)
        At best values, then at each point of the design; the last row is the whole harm.
    models : ndarray, shape (m + 1, kinds, C)
        At best values under each model choice.
    """

    layers: tuple[Layer, ...]
    kinds: tuple[str, ...]
    inputs: Array
    models: Array

    def range(self, layer: Layer | None, kind: str = ALL) -> Envelope:
        """Return one share with its ranges; of the whole harm if no layer is named."""
        row = len(self.layers) if layer is None else self.layers.index(layer)
        inputs, models = (x[row, self.kinds.index(kind)] for x in (self.inputs, self.models))
        value = float(inputs[0])
        return Envelope(
            value,
            float(inputs.min()),
            float(inputs.max()),
            min(value, float(models.min())),
            max(value, float(models.max())),
            {},
        )

    def leaders(self) -> list[frozenset[Layer]]:
        """Return who has the largest share: at best values, over the design, and under each model choice.

        Layers whose shares differ by rounding alone lead together.
        """
        every = np.concatenate([self.inputs[:-1, 0], self.models[:-1, 0]], axis=1)
        whole = np.concatenate([self.inputs[-1, 0], self.models[-1, 0]])
        first = every >= every.max(axis=0) - TIED * whole
        return [
            frozenset(layer for layer, is_first in zip(self.layers, point, strict=True) if is_first)
            for point in first.T
        ]


def closed_form_shares(reckoner: Reckoner, mode: Mode) -> HarmShares:
    """Return the shares of all layers under the rule in force, in closed form.

    Parameters
    ----------
    reckoner : Reckoner
        The scenario.
    mode : Mode
        How FPIR moves with gallery size.
    """
    scenario, stop = reckoner.scenario, reckoner.scenario.headline_stop
    layers = layers_of(scenario, stop)
    quantities = _read(reckoner, layers)
    swept = [path for path, q in quantities.items() if q.swept]
    low, high = (np.array([getattr(quantities[path], end) for path in swept]) for end in ("low", "high"))
    rows = np.vstack([[quantities[path].value for path in swept], design(low, high)])
    values = {path: rows[:, j] for j, path in enumerate(swept)}
    points = points_at(scenario, quantities, [reckoner.choices[reckoner.shown]], values)
    parts = []
    for where in (points, points_at(scenario, quantities, reckoner.choices)):
        found = float(scenario.use.people) * harm(where, stop, mode, layers)
        parts.append(np.concatenate([shapley(found), found[:1] - found[-1:]]))
    return HarmShares(layers, harm_kinds(scenario, stop), *parts)


def _read(reckoner: Reckoner, layers: tuple[Layer, ...]) -> dict[str, Quantity]:
    """Return the inputs; what neither stop policy nor the rule in force reads, and the gallery size, are held."""
    scenario, stop = reckoner.scenario, reckoner.scenario.headline_stop
    chance = made_perfect(reckoner.best(), stop, frozenset(layers))[0]
    own, other = (reckoner.read_by(name, (scenario.rule,)) for name in (stop, chance))
    found = {path: q if q.swept else other[path] for path, q in own.items()}
    return {**found, N_PATH: found[N_PATH].held()}


def causes(reckoner: Reckoner, rerun: Rerun | None = None) -> Section:
    """Say how much of the harm each layer answers for.

    Parameters
    ----------
    reckoner : Reckoner
        The scenario.
    rerun : Rerun, optional
        The same people met again with every subset of the layers made perfect (`misid.simulation.rerun_layers`), at
        best values and under the scenario's headline stop policy.

    Returns
    -------
    Section
        With the anchor ``causes``.

    Raises
    ------
    ValueError
        If the people of the rerun were met under another scenario or stop policy.
    """
    scenario = reckoner.scenario
    if rerun is not None and (rerun.scenario.digest(), rerun.stop) != (scenario.digest(), scenario.headline_stop):
        raise ValueError(f"the rerun is of {rerun.scenario.name!r}, {rerun.stop!r}; rerun the scenario of this page")
    shares = {mode: closed_form_shares(reckoner, mode) for mode in reckoner.modes}
    figures: dict[str, Estimate] = {}
    for mode, found in shares.items():
        for layer in (None, *found.layers):
            r = found.range(layer)
            figures |= {_name(layer, mode, kind): _estimate(reckoner, r, kind, mode) for kind in METHODS}
        if rerun is not None:
            figures |= _simulated(reckoner, rerun, mode)
    first = next(iter(shares.values()))
    main = _main(reckoner, first.layers, figures, rerun)
    records = tuple(
        {
            "label": TITLES[layer],
            "series": label(mode),
            "value": found.range(layer).value,
            "low": found.range(layer).input_low,
            "high": found.range(layer).input_high,
            "order": i,
            "x_title": f"unsupported actions per {scenario.use.people:,}",
        }
        for i, (layer, mode, found) in enumerate((layer, *item) for layer in first.layers for item in shares.items())
    )
    chart = ChartData(
        "shares",
        f"What each layer answers for, of the unsupported actions per {photographed(reckoner)}",
        f"A bar a layer and mode; lines reach over {DESIGN_SIZE} points of the input box, not over all of it. "
        "A bar below zero: made perfect, the layer adds harm on balance.",
        records,
        main,
    )
    return Section(
        "causes",
        "Is it the face, the record or the rule?",
        _said(reckoner, shares),
        figures,
        (main, _by_cause(reckoner, shares), *(_by_group(reckoner, mode, found) for mode, found in shares.items())),
        (chart,),
    )


def _estimate(reckoner: Reckoner, r: Envelope, kind: Doubt, mode: Mode, group: str = "all") -> Estimate:
    found = reckoner.estimate(r, kind, "people", mode, group=group, caveats=CAVEATS, counted=(Counted.ACTIONS,))
    return replace(found, method=METHODS[kind])


def _name(layer: Layer | None, mode: Mode, kind: Doubt) -> str:
    return f"{'all_layers' if layer is None else layer.value}.{mode.value}.{kind.value}"


def _simulated(reckoner: Reckoner, rerun: Rerun, mode: Mode) -> dict[str, Estimate]:
    """Return the shares, and the whole harm, as the same simulated people had them."""
    people = float(reckoner.scenario.use.people)
    plain = _estimate(reckoner, Envelope(0.0, 0.0, 0.0, 0.0, 0.0, {}), Doubt.INPUT, mode)
    shares = {layer: found.times(people) for layer, found in [*rerun.shares(mode).items(), (None, rerun.whole(mode))]}
    return {
        _name(layer, mode, Doubt.SIMULATION): replace(
            plain,
            value=found.value,
            low=found.low,
            high=found.high,
            level=0.95,
            kind=Doubt.SIMULATION,
            method=f"{rerun.n:,} simulated people, seed {rerun.seed}, met with every subset of the layers made perfect",
        )
        for layer, found in shares.items()
    }


def _main(reckoner: Reckoner, layers: tuple[Layer, ...], figures: Mapping[str, Estimate], rerun: Rerun | None) -> Table:
    asked = {Doubt.INPUT: "input range", Doubt.MODEL: "model range"}
    asked |= {} if rerun is None else {Doubt.SIMULATION: "simulated people"}
    rows: list[tuple[Cell, ...]] = [
        (
            TITLES[layer] if layer else "all layers",
            PERFECT[layer] if layer else "nobody is acted on without support",
            *(figures[_name(layer, mode, kind)] for mode in reckoner.modes for kind in asked),
        )
        for layer in (*layers, None)
    ]
    how = (
        f"A layer's share is what making it perfect removes, on average over all orders in which the layers could be made "
        f"perfect; shares add up to the whole. Input range: over {DESIGN_SIZE} points spread over the input box, so an "
        "extreme of the box can lie outside it."
    )
    if rerun is not None:
        how += (
            f" Simulated people: the same {rerun.n:,} met again with each of the {1 << len(rerun.layers)} subsets; their "
            "range is that of chance in the simulation, people stopped together counted as one."
        )
    return Table(
        f"Unsupported actions per {photographed(reckoner)}, by the layer that answers for them "
        f"({reckoner.scenario.rules[reckoner.scenario.rule].title})",
        ("layer", "perfect means", *(f"{label(mode)}: {words}" for mode in reckoner.modes for words in asked.values())),
        tuple(rows),
        how,
    )


def _by_cause(reckoner: Reckoner, shares: Mapping[Mode, HarmShares]) -> Table:
    """Return the shares of what followed a wrong person, a wrong record and no hit, apart."""
    some = [c for c in CAUSES if any(found.range(None, c).input_high > 0.0 for found in shares.values())]
    columns = ["layer", *(f"{WORDS[cause]}, {label(mode)}" for cause in some for mode in shares)]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            TITLES[layer] if layer else "all layers",
            *(
                _estimate(reckoner, found.range(layer, cause), Doubt.INPUT, mode)
                for cause in some
                for mode, found in shares.items()
            ),
        )
        for layer in (*next(iter(shares.values())).layers, None)
    )
    return Table(
        f"The same, by what the person was acted on for, per {photographed(reckoner)}",
        tuple(columns),
        rows,
        "Ranges over the input points.",
    )


def _by_group(reckoner: Reckoner, mode: Mode, found: HarmShares) -> Table:
    """Return the shares of the harm to each group of those stopped."""
    scenario = reckoner.scenario
    rows: list[tuple[Cell, ...]] = []
    for kind in found.kinds:
        head, _, name = kind.partition(".")
        if head not in ("origin", "status"):
            continue
        who = label(name) if head == "origin" else scenario.statuses[name].title
        cells: Sequence[Cell] = [
            _estimate(reckoner, found.range(layer, kind), Doubt.INPUT, mode, group=who)
            for layer in (None, *found.layers)
        ]
        rows.append((who, *cells))
    note = "Ranges over the input points."
    if Layer.STOP_MIX in found.layers:
        note += " Stopped at random, fewer people of a group that is singled out are met, and more of others, who have no row here."
    return Table(
        f"Unsupported actions by who is acted on, of {photographed(reckoner)}, and the layers that answer for them: {label(mode)}",
        ("of those stopped", "all layers", *(TITLES[layer] for layer in found.layers)),
        tuple(rows),
        note,
    )


def _said(reckoner: Reckoner, shares: Mapping[Mode, HarmShares]) -> str:
    """Say in a few sentences which layers the harm comes from, and where that cannot be said."""
    first = next(iter(shares.values()))
    shown = [layer for layer in (Layer.FACE, Layer.RECORD, Layer.RULE) if layer in first.layers]
    each = []
    for mode, found in shares.items():
        parts = [
            f"{TITLES[layer]} {format_number(found.range(layer).value)} ({format_range(found.range(layer).input_low, found.range(layer).input_high)})"
            for layer in shown
        ]
        each.append(f"{label(mode)}: of {format_number(found.range(None).value)} unsupported actions {listing(parts)}")
    said = [f"Per {photographed(reckoner)}, {'; '.join(each)}.", _leader(shares)]
    below = [layer for layer in first.layers if any(found.range(layer).input_low < 0.0 for found in shares.values())]
    if Layer.FACE in below:
        said.append(
            "A share can be negative: a search that misses nobody also finds more people whose own record is wrong."
        )
    elif below:
        said.append(f"A share can be negative: made perfect, {listing([TITLES[x] for x in below])} can add harm.")
    return " ".join(said)


def _leader(shares: Mapping[Mode, HarmShares]) -> str:
    """Name the layer with the largest share if it is the same everywhere; else say how the points divide."""
    if not any(found.range(None).input_high > 0.0 for found in shares.values()):
        return "No unsupported action is counted at any input point, so there is nothing to share out."
    leaders = {mode: found.leaders() for mode, found in shares.items()}
    everywhere = {one for found in leaders.values() for one in found}
    if len(everywhere) == 1:
        names = [TITLES[layer] for layer in Layer if layer in next(iter(everywhere))]
        most = "has the largest share" if len(names) == 1 else "have the largest share, alike,"
        return f"{capital(listing(names))} {most} in every mode, at every input point and model choice that was tried."
    said = []
    for mode, found in leaders.items():
        times = {layer: sum(layer in one for one in found) for layer in Layer}
        order = sorted((layer for layer in Layer if times[layer]), key=lambda layer: -times[layer])
        said.append(
            f"{label(mode)}: {listing([f'{TITLES[layer]} at {times[layer]}' for layer in order])} of {len(found)}"
        )
    together = any(len(one) > 1 for found in leaders.values() for one in found)
    return (
        f"No single layer can be named: which has the largest share depends on the inputs ({'; '.join(said)} points and "
        f"model choices{', some of them together' if together else ''})."
    )
