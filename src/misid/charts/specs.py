"""From chart data to a Vega-Lite specification.

Specifications are plain dictionaries: they are what the golden files hold, what a page embeds and what an analyst can
read.  A test checks each against the schema of the Vega-Lite that pages carry.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from misid.charts.bars import ranges
from misid.charts.grids import density, draw_matrix
from misid.charts.lines import LINES
from misid.charts.probit import det
from misid.charts.rows import Records, nominal
from misid.charts.theme import Spec, synthetic
from misid.errors import UnknownName
from misid.findings.nearness import distances_sentence
from misid.quantities import Distance
from misid.vocabulary.catalogue import say
from misid.vocabulary.shown import shown_in

if TYPE_CHECKING:
    from misid.findings import ChartData

KINDS: Mapping[str, Callable[[Records, str, str], Spec]] = {
    **{kind.name: kind for kind in LINES},
    "ranges": ranges,
    "intervals": ranges,
    "det": det,
    "matrix": draw_matrix,
    "density": density,
}
MEASURED = {*KINDS} - {"phi", "ranges", "shares"}
"""Kinds that show what was measured on data that somebody gave: nobody here knows of what people."""


def vega_lite(chart: ChartData) -> dict[str, Any]:
    """Turn chart data into a Vega-Lite specification.

    Parameters
    ----------
    chart : ChartData
        ``chart.kind`` names the drawing.

    Returns
    -------
    dict
        Without a title, which the page prints; as wide as what holds it; plain JSON, no number that is not finite.

    Raises
    ------
    UnknownName
        If no drawing has that name.
    """
    if chart.kind not in KINDS:
        raise UnknownName("chart", chart.kind, KINDS)
    spec = KINDS[chart.kind](chart.records, chart.summary, chart.title)
    if chart.kind not in MEASURED:
        spec["layer"].append(synthetic())
    return dict(shown_in(_tested(spec, chart)))


def _tested(spec: Spec, chart: ChartData) -> Spec:
    """Let every tool-tip say how far its figure is from the nearest test: each record's own words, or those of all."""
    rows = spec.get("data", {}).get("values", [])
    if not any(row.get("distance") for row in rows):
        far = [d for d in chart.table.distances() if isinstance(d, Distance)]
        if not far:
            return spec
        # One sentence for all of them stands once in the specification, not in every row.
        spec["transform"] = [
            {"calculate": json.dumps(distances_sentence(far)), "as": "distance"},
            *spec.get("transform", []),
        ]
    for layer in spec["layer"]:
        tip = layer.get("encoding", {}).get("tooltip")
        if tip:
            layer["encoding"]["tooltip"] = [*tip, nominal("distance", title=say("charts.tip.distance"))]
    return spec
