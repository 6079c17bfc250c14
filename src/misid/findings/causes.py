"""Harm by cause: how much of the unsupported actions each layer of the system answers for, at every operating point.

A layer's share is its Shapley value over all subsets of layers made perfect; the same on the same simulated people is
a figure of its own.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from misid.expected import Array, Layer, harm, layers_of
from misid.findings.estimates import Estimates
from misid.findings.model import Cell, Section, Table
from misid.findings.questions.registry import ACTED, photographed
from misid.findings.simulated.ledger import agreeing
from misid.quantities import Doubt, Estimate
from misid.simulation import Rerun
from misid.statistics.shapley import shapley
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import format_range, strangers

CAVEATS = (
    "stop_mix_assumed",
    "gallery_mix_assumed",
    "record_error_assumed",
    "document_carrying_assumed",
    "assumed_input",
)
TIED = 1e-9  # of the whole harm
ALL = "all_layers"


def expected_shares(e: Estimates) -> dict[str, Array]:
    """Return each layer's share of the unsupported actions under the rule in force, and all of them, at every point."""
    layers = layers_of(e.scenario, e.stop)
    found = e.size * harm(e.all_points, e.stop, layers)[:, 0]
    return dict(zip((*layers, ALL), (*shapley(found), found[0] - found[-1]), strict=True))


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
    shares, people, method = expected_shares(e), photographed(e), say("causes.method")
    figures = {
        f"{layer}.{point}": e.estimate(float(share[i]), e.place(point), counted=ACTED, caveats=CAVEATS, method=method)
        for layer, share in shares.items()
        for i, point in enumerate(e.names)
    }
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (say(f"causes.layer.{layer}"), _perfect(layer, share), *(figures[f"{layer}.{name}"] for name in e.names))
        for layer, share in shares.items()
    )
    note = say("causes.note")
    if rerun is not None:
        again = _simulated(rerun, figures)
        inside = agreeing((figures[name], one) for name, one in again.items())
        subsets = 1 << len(rerun.layers)
        note = f"{note} {say('causes.again', n=rerun.n, subsets=subsets, inside=inside, of=len(again))}"
        figures |= {f"{name}.simulated": figure for name, figure in again.items()}
    at = [strangers(e.place(name).phi) for name in e.names]
    columns = (say("causes.column.layer"), say("causes.column.perfect"), *at)
    table = Table(say("causes.table", people=people), columns, rows, note)
    return Section("causes", say("causes.title"), _text(people, shares), figures, (table,))


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
        seen = {layer: share for layer, share in (shares | {ALL: rerun.whole(point)}).items() if share.value}
        for layer, share in seen.items():  # where nobody's lot changed there is no spread to tell an error from
            like = expected[f"{layer}.{point}"]
            value, low, high, *_ = share.times(like.n or 1.0)
            figures[f"{layer}.{point}"] = replace(
                like, value=value, low=low, high=high, level=0.95, kind=Doubt.SIMULATION, method=method
            )
    return figures


def _text(people: str, shares: dict[str, Array]) -> str:
    """Say in a few sentences which layers the harm comes from, and what a share below zero means."""
    over = {layer: format_range(float(share.min()), float(share.max())) for layer, share in shares.items()}
    words = {layer: say(f"causes.layer.{layer}") for layer in shares}
    below = [layer for layer, share in shares.items() if (share < 0.0).any()]
    shown = [layer for layer in (Layer.FACE, Layer.RECORD, Layer.RULE) if layer in shares and layer not in below]
    parts = [say("causes.part", layer=words[layer], n=over[layer]) for layer in shown]
    texts = [say("causes.parts", people=people, n=over[ALL], parts=parts)] if parts else []
    texts.append(_leader(shares))
    if Layer.FACE in below:
        texts.append(say("causes.face_below", n=-float(shares[Layer.FACE].min())))
    elif below:
        texts.append(say("causes.some_below", layers=[words[layer] for layer in below]))
    return " ".join(texts)


def _leader(shares: dict[str, Array]) -> str:
    """Name the layer with the largest share if it is the same at every point; several whose shares are alike together."""
    *layers, whole = shares.values()
    if not (whole > 0.0).any():
        return say("causes.nothing")
    first = np.array(layers) >= np.max(layers, axis=0) - TIED * whole
    if (first != first[:, :1]).any():
        return say("causes.depends")
    names = [say(f"causes.layer.{layer}") for layer, leads in zip(shares, first[:, 0], strict=False) if leads]
    return say("causes.leads", layer=names[0]) if len(names) == 1 else say("causes.lead_alike", layers=names)
