"""One look for every chart: hues that colour-blind readers tell apart and that stand on white and on near-black.

A specification holds no ground colour and neutral greys only, so that it can be read anywhere.  A page that knows its
ground sharpens text and lines by CSS (``.chart svg text``); nothing is drawn anew when the ground changes or the page
is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from misid.vocabulary.catalogue import say

Spec = dict[str, Any]

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

# After Okabe and Ito (2008), purple darkened: each has a contrast of at least 3 on #ffffff and on #14171c.
BLUE = "#0072b2"
VERMILLION = "#d55e00"
PURPLE = "#b0598a"
GREY = "#767676"
PALETTE = (BLUE, "#058f6a", "#97801a", GREY)
"""Of what has no colour by its name: never that of a wrong person or record."""

HUES = {"wrong_record": PURPLE, "wrong_person": VERMILLION, "not_verified": VERMILLION, "supported": GREY}
"""Of what the first screen names by colour; there and on the page in the page's own shades (``report.css``)."""

TEXT = "#767676"
LINE = "#8a8a8a"
GRID = "#8a8a8a"
DASHES = ([1, 0], [6, 3], [2, 3], [8, 3, 2, 3])
SHAPES = ("circle", "square", "triangle-up", "diamond")
SMALL = 11
NORMAL = 12


def config() -> Spec:
    """Return the configuration that every specification carries."""
    return {
        "background": "transparent",
        # The page reads the summary aloud; a label on each of a hundred marks would bury it.
        "aria": False,
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            "domainColor": LINE,
            "tickColor": LINE,
            "gridColor": GRID,
            "gridOpacity": 0.25,
            "labelColor": TEXT,
            "titleColor": TEXT,
            "labelFontSize": NORMAL,
            "titleFontSize": NORMAL,
            "titleFontWeight": "normal",
            "labelOverlap": False,
            "tickSize": 4,
            "labelPadding": 4,
        },
        "legend": {
            "orient": "top",
            "title": None,
            "labelColor": TEXT,
            "labelFontSize": NORMAL,
            "labelLimit": 320,
            "symbolSize": 90,
            "symbolStrokeWidth": 2,
            "rowPadding": 3,
            "columnPadding": 18,
            "offset": 6,
            "padding": 0,
        },
        "text": {"color": TEXT, "fontSize": SMALL},
    }


def frame(description: str, height: int, layers: list[Spec], above: str = "") -> Spec:
    """Return a specification as wide as what holds it, with the look.

    Parameters
    ----------
    description : str
        Read aloud instead of the picture.
    height : int
        In pixels; a page may replace it.
    layers : list of dict
        Layers, bottom first.
    above : str
        What the vertical axis measures.

    Returns
    -------
    dict
        A Vega-Lite specification.
    """
    return {
        **({"title": heading(above)} if above else {}),
        "description": description,
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 2, "right": 6, "top": 2, "bottom": 2},
        "layer": layers,
        "config": config(),
    }


def synthetic() -> Spec:
    """Return the mark that says what the figures are about; it is inside the drawing, so that it survives a crop."""
    look: Spec = {"align": "right", "baseline": "bottom", "fontSize": 9, "opacity": 0.8, "tooltip": None}
    place = {"x": {"expr": "width"}, "y": -4}
    return {"data": {"values": [{}]}, "mark": {"type": "text", "text": say("charts.synthetic"), **look, **place}}


def heading(words: str) -> Spec:
    """Return the name of the vertical axis as a line above the drawing, where a phone has room for it."""
    look: Spec = {"anchor": "start", "frame": "bounds", "color": TEXT, "offset": 8}
    return {"text": words, **look, "fontSize": NORMAL, "fontWeight": "normal"}


def colour(names: list[str], rows: Sequence[Spec] = (), **legend: Any) -> Spec:
    """Return the colour channel with its legend, one column of it where the chart is narrow.

    Parameters
    ----------
    names : list of str
        The series, in the order of the legend.
    rows : sequence of dict
        What is drawn; a row's ``hue``, one of `HUES`, is that of its series.
    **legend
        Properties of the legend.

    Returns
    -------
    dict
    """
    own = {row["series"]: HUES[row["hue"]] for row in rows if row.get("hue") in HUES}
    hues = [own.get(name) or PALETTE[min(i, len(PALETTE) - 1)] for i, name in enumerate(names)]
    columns = {"expr": f"width < 460 ? 1 : {2 if len(names) == 4 else 3}"}
    shown: Spec | None = {"columns": columns, "symbolOpacity": 1, **legend} if len(names) > 1 else None
    return {"field": "series", "type": "nominal", "scale": {"domain": names, "range": hues}, "legend": shown}


def dashes(names: list[str]) -> Spec:
    """Return the channel of dash patterns: the first series is solid; one alone has no legend."""
    scale = {"domain": names, "range": [list(DASHES[min(i, len(DASHES) - 1)]) for i in range(len(names))]}
    return {"field": "series", "type": "nominal", "scale": scale, **({} if len(names) > 1 else {"legend": None})}
