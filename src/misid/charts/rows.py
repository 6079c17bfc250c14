"""What every drawing does to its records: numbers into words and into plain JSON, names in order, labels in lines."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from misid.charts.theme import NORMAL, Spec
from misid.findings import format_number

LINE_HEIGHT = 15  # of a label that stands above what it names
# The lines of a label are for a phone; where there is room they are joined.
NARROW = "width < 430"


def say(x: float) -> str:
    """Say a number as every other part of misid does; below zero with the sign for minus."""
    return f"\N{MINUS SIGN}{format_number(-x)}" if x < 0 else format_number(x)


def six_digits(x: float) -> float:
    """Round to six significant digits: no screen shows more, and specifications compare by bytes."""
    if x == 0 or not math.isfinite(x):
        return 0.0
    return round(x, 5 - math.floor(math.log10(abs(x))))


def names_of(rows: Iterable[Mapping[str, Any]], field: str) -> list[str]:
    """Return the different values of a field in order of appearance."""
    return list(dict.fromkeys(str(row[field]) for row in rows))


def tested_words(record: Mapping[str, Any]) -> dict[str, str]:
    """Return how far a record is from the nearest test, in words, where it says so of itself."""
    return {"distance": str(record["distance"])} if record.get("distance") else {}


def wrap(label: str, width: int = 44) -> list[str]:
    """Break a label into lines that fit a phone."""
    return textwrap.wrap(label, width) or [label]


def labels(rows: list[Spec], y: Spec, **mark: Any) -> Spec:
    """Return the layer of labels at the left, each above what it names.

    Parameters
    ----------
    rows : list of dict
        ``y``, where its last line stands, and ``label`` with its lines.
    y : dict
        Channel of the places.
    **mark
        Further properties of the text.

    Returns
    -------
    dict
    """
    lines = "split(datum.label, '\\n')"
    return {
        "data": {"values": rows},
        "transform": [
            {"calculate": f"{NARROW} ? {lines} : join({lines}, ' ')", "as": "lines"},
            # A text of several lines is placed by its first.
            {"calculate": f"datum.y - ({NARROW} ? {LINE_HEIGHT} * (length({lines}) - 1) : 0)", "as": "first"},
        ],
        "mark": {
            "type": "text",
            "align": "left",
            "baseline": "bottom",
            "x": 0,
            "fontSize": NORMAL,
            "lineHeight": LINE_HEIGHT,
            **mark,
        },
        "encoding": {"y": {**y, "field": "first"}, "text": {"field": "lines", "type": "nominal"}},
    }
