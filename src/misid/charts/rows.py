"""What every drawing does to its records: numbers into words and into plain JSON, names in order, layers, labels."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from misid.charts.axes import finite_only
from misid.charts.theme import NORMAL, Spec
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import format_range

Records = Sequence[Mapping[str, Any]]
Record = Mapping[str, Any]

LINE_HEIGHT = 15  # of a label that stands above what it names
# The lines of a label are for a phone; where there is room they are joined.
NARROW = "width < 430"


def six_digits(x: float) -> float:
    """Round to six significant digits: no screen shows more, and specifications compare by bytes."""
    if x == 0 or not math.isfinite(x):
        return 0.0
    return round(x, 5 - math.floor(math.log10(abs(x))))


def complete(records: Records, *fields: str) -> list[Record]:
    """Return the records that have a number in each field, in the order that they ask for."""
    kept = [r for r in records if len(finite_only(r.get(field) for field in fields)) == len(fields)]
    return sorted(kept, key=lambda r: float(r.get("order", 0)))


def numbers(records: Iterable[Record], *fields: str) -> list[float]:
    """Return every number of some fields."""
    return finite_only(r.get(field) for r in records for field in fields)


def ends(record: Record, value: float) -> tuple[float, float]:
    """Return the range of a record, lower end first; an end that is not known is the value."""
    low, high = ((numbers([record], end) or [value])[0] for end in ("low", "high"))
    return min(low, high), max(low, high)


def first(records: Iterable[Record], field: str, other: str = "") -> str:
    """Return what the first record that has a field says there."""
    return next((str(r[field]) for r in records if r.get(field)), other)


def words(record: Record, value: float, form: Callable[[float], str]) -> Spec:
    """Return the texts of one row: its series, its figure, its range, and how far it is from the nearest test."""
    low, high = ends(record, value)
    return {
        "series": str(record.get("series") or ""),
        "said": form(value),
        "range": "" if low == high else format_range(low, high, form),
        **({"distance": str(record["distance"])} if record.get("distance") else {}),
    }


def names_of(rows: Iterable[Mapping[str, Any]], field: str = "series") -> list[str]:
    """Return the different values of a field in order of appearance."""
    return list(dict.fromkeys(str(row[field]) for row in rows))


def nominal(field: str, **more: Any) -> Spec:
    """Return a channel of words."""
    return {"field": field, "type": "nominal", **more}


def place(field: str, end: float, **scale: Any) -> Spec:
    """Return a channel of places from 0 to an end, without an axis."""
    between = {"type": "linear", "domain": [0, end], "nice": False, "zero": False, **scale}
    return {"field": field, "type": "quantitative", "scale": between, "axis": None}


def tip(rows: Iterable[Spec], *fields: str, **titles: str) -> list[Spec]:
    """Return the tool-tip: the fields that any row fills, each under its title, or the one that is given."""
    filled = [field for field in fields if any(row.get(field) for row in rows)]
    return [nominal(field, title=titles.get(field) or say(f"charts.tip.{field}")) for field in filled]


def layer(mark: str, encoding: Spec, values: list[Spec] | None = None, where: str = "", **properties: Any) -> Spec:
    """Return one layer: what it draws, of which values (those of the chart if not given), and of which of them."""
    return {
        **({} if values is None else {"data": {"values": values}}),
        **({"transform": [{"filter": where}]} if where else {}),
        "mark": {"type": mark, **properties},
        "encoding": encoding,
    }


def line(encoding: Spec, where: str = "", **properties: Any) -> Spec:
    """Return a layer of lines."""
    return layer("line", encoding, where=where, clip=True, aria=False, **properties)


def wrap(label: str, width: int = 44) -> list[str]:
    """Break a label into lines that fit a phone."""
    return textwrap.wrap(label, width) or [label]


def labels(rows: list[Spec], y: Spec) -> Spec:
    """Return the layer of labels at the left, each above what it names.

    Parameters
    ----------
    rows : list of dict
        ``y``, where its last line stands, and ``label`` with its lines.
    y : dict
        Channel of the places.
    """
    lines = "split(datum.label, '\\n')"
    where = {"y": {**y, "field": "first"}, "text": nominal("lines")}
    look: Spec = {"align": "left", "baseline": "bottom", "x": 0, "fontSize": NORMAL, "lineHeight": LINE_HEIGHT}
    return {
        **layer("text", where, rows, **look),
        "transform": [
            {"calculate": f"{NARROW} ? {lines} : join({lines}, ' ')", "as": "lines"},
            # A text of several lines is placed by its first.
            {"calculate": f"datum.y - ({NARROW} ? {LINE_HEIGHT} * (length({lines}) - 1) : 0)", "as": "first"},
        ],
    }
