"""Harm by cause: how much of the unsupported actions each layer of the system answers for, at every operating point.

A layer's share is its Shapley value over all subsets of layers made perfect; the same on the same simulated people is
a figure of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from misid.expected import Array, Layer, harm, harm_kinds, layers_of
from misid.findings.estimates import Estimates
from misid.findings.model import Cell, ChartData, Section, Table
from misid.findings.questions.registry import ACTED, over_points, photographed
from misid.findings.simulated.ledger import agreeing
from misid.quantities import Doubt, Estimate
from misid.simulation import Rerun
from misid.statistics.shapley import shapley
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import strangers

CAVEATS = (
    "stop_mix_assumed",
    "gallery_mix_assumed",
    "record_error_assumed",
    "document_carrying_assumed",
    "assumed_input",
)
TIED = 1e-9  # of the whole harm
ALL = "all_layers"


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
    found, people = expected_shares(e), photographed(e)
    shares = {layer.value: found.of(layer) for layer in found.layers} | {ALL: found.of(None)}
    figures = {
        f"{layer}.{point}": e.estimate(
            float(share[i]), e.place(point), counted=ACTED, caveats=CAVEATS, method=say("causes.method")
        )
        for layer, share in shares.items()
        for i, point in enumerate(e.names)
    }
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (say(f"causes.layer.{layer}"), _perfect(layer, share), *(figures[f"{layer}.{name}"] for name in e.names))
        for layer, share in shares.items()
    )
    at = [strangers(e.place(name).phi) for name in e.names]
    records = tuple(
        {
            "label": say(f"causes.layer.{layer}"),
            "series": at[i],
            "value": float(share[i]),
            "low": float(share[i]),
            "high": float(share[i]),
            "order": order,
            "x_title": say("causes.axis", n=e.size),
        }
        for order, (layer, share) in enumerate(shares.items())
        for i in sorted({0, len(at) - 1})
        if layer != ALL
    )
    note = say("causes.note")
    if rerun is not None:
        again = _simulated(rerun, figures)
        inside = agreeing((figures[name], one) for name, one in again.items())
        subsets = 1 << len(rerun.layers)
        note = f"{note} {say('causes.again', n=rerun.n, subsets=subsets, inside=inside, of=len(again))}"
        figures |= {f"{name}.simulated": figure for name, figure in again.items()}
    columns = (say("causes.column.layer"), say("causes.column.perfect"), *at)
    table = Table(say("causes.table", people=people), columns, rows, note)
    chart = ChartData("shares", say("causes.chart", people=people), say("causes.summary"), records, table)
    return Section("causes", say("causes.title"), _text(e, found), figures, (), (chart,))


def _perfect(layer: str, share: Array) -> str:
    """Say what a perfect layer means, and beside it why its share can be below zero where it is."""
    perfect = say(f"causes.perfect.{layer}")
    if (share >= 0.0).all():
        return perfect
    return say(f"causes.below.{'face' if layer == Layer.FACE else 'rest'}", perfect=perfect)


def _simulated(rerun: Rerun, expected: dict[str, Estimate]) -> dict[str, Estimate]:
    """Return the shares, and the whole harm, as the same simulated people had them."""
    method = say("causes.method_again", n=rerun.n, seed=str(rerun.seed))
    figures = {}
    for point in rerun.points:
        shares = {layer.value: share for layer, share in rerun.shares(point).items()}
        for layer, share in (shares | {ALL: rerun.whole(point)}).items():
            like = expected[f"{layer}.{point}"]
            value, low, high, *_ = share.times(like.n or 1.0)
            figures[f"{layer}.{point}"] = replace(
                like, value=value, low=low, high=high, level=0.95, kind=Doubt.SIMULATION, method=method
            )
    return figures


def _text(e: Estimates, found: HarmShares) -> str:
    """Say in a few sentences which layers the harm comes from, and what a share below zero means."""

    def over(layer: Layer | None) -> str:
        return over_points(dict(zip(e.names, found.of(layer).tolist(), strict=True)))

    shown = [x for x in (Layer.FACE, Layer.RECORD, Layer.RULE) if x in found.layers and (found.of(x) >= 0.0).all()]
    below = [x for x in found.layers if (found.of(x) < 0.0).any()]
    parts = [say("causes.part", layer=say(f"causes.layer.{x}"), n=over(x)) for x in shown]
    texts = [say("causes.parts", people=photographed(e), n=over(None), parts=parts)] if parts else []
    texts.append(_leader(found))
    if Layer.FACE in below:
        texts.append(say("causes.face_below", n=-float(found.of(Layer.FACE).min())))
    elif below:
        texts.append(say("causes.some_below", layers=[say(f"causes.layer.{x}") for x in below]))
    return " ".join(texts)


def _leader(found: HarmShares) -> str:
    """Name the layer with the largest share if it is the same at every point."""
    if not (found.of(None) > 0.0).any():
        return say("causes.nothing")
    leaders = set(found.leaders())
    if len(leaders) > 1:
        return say("causes.depends")
    names = [say(f"causes.layer.{layer}") for layer in Layer if layer in next(iter(leaders))]
    return say("causes.leads", layer=names[0]) if len(names) == 1 else say("causes.lead_alike", layers=names)
