"""Harm by cause: how much of the unsupported actions each layer of the system answers for, at every operating point.

A layer's share is its Shapley value over all subsets of layers made perfect; beside it stands the same on the same
simulated people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from misid.expected import Array, Layer, harm, harm_kinds, layers_of
from misid.findings.estimates import Estimates
from misid.findings.model import Cell, ChartData, Section, Table
from misid.findings.questions.registry import ACTED, over_points, photographed
from misid.quantities import Doubt, Estimate
from misid.simulation import Rerun
from misid.statistics.shapley import shapley
from misid.vocabulary.numbers import capital, format_number, listing, strangers

CAVEATS = (
    "stop_mix_assumed",
    "gallery_mix_assumed",
    "record_error_assumed",
    "document_carrying_assumed",
    "assumed_input",
)
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
    Layer.RECORD: "every record says what is true, and none is linked to somebody else",
    Layer.READER: "somebody compares the faces and never errs",
    Layer.DOCUMENT: "everybody whose own record does not support the action shows a genuine document",
    Layer.RULE: (
        "a genuine document always counts, a wrong record is found out before anybody is acted on, "
        "and no hit leads to nothing"
    ),
}
TIED = 1e-9  # of the whole harm


@dataclass(frozen=True)
class HarmShares:
    """Shares of every kind of harm, in people per ``use.people`` photographed, at P operating points."""

    layers: tuple[Layer, ...]  # the m layers
    kinds: tuple[str, ...]  # as `misid.expected.harm_kinds` names them
    shares: Array  # (m + 1, kinds, P); the last row is the whole harm

    def of(self, layer: Layer | None, kind: str = "unsupported") -> Array:
        """Return one share at all points; of the whole harm if no layer is named."""
        row = len(self.layers) if layer is None else self.layers.index(layer)
        return np.asarray(self.shares[row, self.kinds.index(kind)], float)

    def leaders(self) -> list[frozenset[Layer]]:
        """Return who has the largest share at each point; layers whose shares differ by rounding alone lead together."""
        every, whole = self.shares[:-1, 0], self.shares[-1, 0]
        first = every >= every.max(axis=0) - TIED * whole
        return [frozenset(layer for layer, is_first in zip(self.layers, at, strict=True) if is_first) for at in first.T]


def expected_shares(e: Estimates) -> HarmShares:
    """Return the shares of all layers under the rule in force, as expected values at every operating point."""
    layers = layers_of(e.scenario, e.stop)
    found = e.size * harm(e.all_points, e.stop, layers)
    return HarmShares(layers, harm_kinds(e.scenario, e.stop), np.concatenate([shapley(found), found[:1] - found[-1:]]))


def causes(e: Estimates, rerun: Rerun | None = None) -> Section:
    """Say how much of the harm each layer answers for.

    Parameters
    ----------
    e : Estimates
        The scenario.
    rerun : Rerun, optional
        The same people met again with every subset of the layers made perfect (`misid.simulation.rerun_layers`), under
        the scenario's headline stop policy.

    Returns
    -------
    Section
        With the anchor ``causes``.

    Raises
    ------
    ValueError
        If the people of the rerun were met under another scenario or stop policy.
    """
    if rerun is not None and (rerun.scenario.digest(), rerun.stop) != (e.scenario.digest(), e.stop):
        raise ValueError(f"the rerun is of {rerun.scenario.name!r}, {rerun.stop!r}; rerun the scenario of this page")
    found = expected_shares(e)
    rows = (*found.layers, None)
    figures = {
        f"{_name(layer)}.{name}": _estimate(e, name, float(found.of(layer)[i]))
        for layer in rows
        for i, name in enumerate(e.names)
    }
    if rerun is not None:
        figures |= _simulated(e, rerun)
    columns = [("expected", name, f"{{}}.{name}") for name in e.names]
    columns += [("simulated people", name, f"{{}}.{name}.simulated") for name in e.names if rerun is not None]
    table = Table(
        f"Unsupported actions per {photographed(e)}, by the layer that answers for them",
        ("layer", "perfect means", *(f"{strangers(e.place(name).phi)}, {how}" for how, name, _ in columns)),
        tuple(_row(layer, figures, [stem for _, _, stem in columns]) for layer in rows),
        "A layer's share is what making it perfect removes, on average over all orders in which the layers could be made "
        "perfect; shares add up to the whole. Below zero: made perfect, the layer adds harm on balance."
        + (
            f" Simulated people: the same {rerun.n:,} met again with each of the {1 << len(rerun.layers)} subsets."
            if rerun is not None
            else ""
        ),
    )
    records = tuple(
        {
            "label": TITLES[layer],
            "series": strangers(e.place(name).phi),
            "value": float(found.of(layer)[i]),
            "low": float(found.of(layer)[i]),
            "high": float(found.of(layer)[i]),
            "order": order,
            "x_title": f"unsupported actions per {e.size:,}",
        }
        for order, layer in enumerate(found.layers)
        for i, name in enumerate(e.names)
    )
    chart = ChartData(
        "shares",
        f"What each layer answers for, of the unsupported actions per {photographed(e)}",
        "A bar a layer and threshold. A bar below zero: made perfect, the layer adds harm on balance.",
        records,
        table,
    )
    return Section("causes", "Is it the face, the record or the rule?", _text(e, found), figures, (), (chart,))


def _name(layer: Layer | None) -> str:
    return "all_layers" if layer is None else layer.value


def _row(layer: Layer | None, figures: Mapping[str, Estimate], stems: list[str]) -> tuple[Cell, ...]:
    title, perfect = (TITLES[layer], PERFECT[layer]) if layer else ("all layers", "nobody is acted on without support")
    return (title, perfect, *(figures[stem.format(_name(layer))] for stem in stems))


def _estimate(e: Estimates, name: str, value: float) -> Estimate:
    method = "expected values; Shapley shares"
    return e.estimate(value, e.place(name), counted=ACTED, caveats=CAVEATS, method=method)


def _simulated(e: Estimates, rerun: Rerun) -> dict[str, Estimate]:
    """Return the shares, and the whole harm, as the same simulated people had them."""
    figures = {}
    for name in rerun.points:
        for layer, share in [*rerun.shares(name).items(), (None, rerun.whole(name))]:
            found = share.times(float(e.size))
            figures[f"{_name(layer)}.{name}.simulated"] = replace(
                _estimate(e, name, found.value),
                low=found.low,
                high=found.high,
                level=0.95,
                kind=Doubt.SIMULATION,
                method=f"{rerun.n:,} simulated people, seed {rerun.seed}, met with every subset of the layers made perfect",
            )
    return figures


def _text(e: Estimates, found: HarmShares) -> str:
    """Say in a few sentences which layers the harm comes from, and what a share below zero means."""

    def over(layer: Layer | None) -> str:
        return over_points(dict(zip(e.names, found.of(layer).tolist(), strict=True)))

    shown = [layer for layer in (Layer.FACE, Layer.RECORD, Layer.RULE) if layer in found.layers]
    parts = [f"{TITLES[layer]} {over(layer)}" for layer in shown if (found.of(layer) >= 0.0).all()]
    below = [layer for layer in found.layers if (found.of(layer) < 0.0).any()]
    sentences = [
        f"Per {photographed(e)}, of {over(None)} unsupported actions: {listing(parts)}." if parts else "",
        _leader(found),
    ]
    if Layer.FACE in below:
        least = format_number(-float(found.of(Layer.FACE).min()))
        sentences.append(
            f"A perfect search would find more people whose record is wrong, up to {least} more acted on than it spares: so "
            "its share can be below zero."
        )
    elif below:
        sentences.append(
            f"Made perfect, {listing([TITLES[x] for x in below])} can add harm: a share can be below zero."
        )
    return " ".join(one for one in sentences if one)


def _leader(found: HarmShares) -> str:
    """Name the layer with the largest share if it is the same at every point."""
    if not (found.of(None) > 0.0).any():
        return "No unsupported action is counted at any point, so there is nothing to share out."
    leaders = set(found.leaders())
    if len(leaders) > 1:
        return "Which layer has the largest share depends on how many strangers are named."
    names = [TITLES[layer] for layer in Layer if layer in next(iter(leaders))]
    most = "has the largest share" if len(names) == 1 else "have the largest share, alike,"
    return f"{capital(listing(names))} {most} at every threshold shown."
