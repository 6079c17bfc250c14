"""An evaluation as plain JSON types, and as tables of comma-separated values.

Both hold rates of many; neither holds a row about one probe, one reference or one person.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from misid.evaluation import HERE, Evaluation, Line
from misid.findings.model import plain, plain_fields
from misid.findings.nearness import distance_words, from_data
from misid.quantities import Estimate
from misid.vocabulary.shown import shown

SCHEMA = "misid/evaluation/1"
OF_FIGURE = ("name", "value", "low", "high", "level", "kind", "unit", "n", "count")
OF_CONDITIONS = ("score", "threshold_decades", "n_references", "n_enrolled", "image_kind")
COLUMNS = (*OF_FIGURE, *OF_CONDITIONS, "probe_group", "reference_group", "method", "nearest_test", "caveats", "reason")
BAND = ("value", "low", "high")
# Key of each part in JSON: its name in an evaluation, and which of its fields are written.
PARTS = {
    "comparisons": ("pairs", ("n_mated", "n_non_mated")),
    "searches": ("searches", ("n_mated", "n_non_mated", "n_references", "n_enrolled", "depth")),
    "groups": ("differentials", ("names", "probe_subjects", "reference_subjects", "fmr", "by_group", "remarks")),
    "growth": ("growth", ("measured_n", "threshold", "remarks", "checks")),
    "menagerie": ("menagerie", ("mated", "non_mated", "density")),
}
KEYS = {"remarks": "said"}  # fields that JSON calls otherwise
LINES = {
    "pairs": ("fmr", "fnmr", "mated_density", "non_mated_density"),
    "searches": ("cmc", "fpir", "fnir"),
    "against_pairs": ("fmr", "fnmr"),
    "against_searches": ("fpir", "fnir"),
}


def to_json(e: Evaluation) -> dict[str, Any]:
    """Return an evaluation as plain JSON types: no number that is not finite, null and a reason instead.

    ``schema`` is `SCHEMA`; ``figures`` holds every figure by its plain name; a part that is not there is null.
    """
    sources = [{"name": s.name, "format": s.format, "size": s.size, "sha256": s.digest} for s in e.sources]
    lines = {name: {**plain(line), "distance": _far(e, name, line)} for name, line in _lines(e)}
    parts = {key: _fields(getattr(e, name), names) for key, (name, names) in PARTS.items()}
    return {
        "schema": SCHEMA,
        **plain_fields(e, ("name", "image_kind", "level", "seed", "subjects")),
        "sources": sources,
        **plain_fields(e, ("assumed", "caveats")),
        "figures": plain(e.figures()),
        "lines": lines,
        **parts,
        "against": e.against or None,
    }


def tables(e: Evaluation) -> dict[str, str]:
    """Return an evaluation as tables of comma-separated values (RFC 4180), by file name.

    ``figures.csv`` always; ``det.csv``, ``searches.csv``, ``cmc.csv``, ``groups.csv`` and ``growth.csv`` where there is
    something to write.
    """
    written = {"figures.csv": csv_text(COLUMNS, (_row(name, figure) for name, figure in e.figures().items()))}
    if e.pairs is not None:
        written["det.csv"] = _side_by_side({"fmr": e.pairs.fmr, "fnmr": e.pairs.fnmr})
    if e.searches is not None:
        if e.searches.fpir is not None and e.searches.fnir is not None:
            written["searches.csv"] = _side_by_side({"fpir": e.searches.fpir, "fnir": e.searches.fnir})
        if e.searches.cmc is not None:
            written["cmc.csv"] = csv_text(("rank", *BAND), _points(e.searches.cmc))
    if e.differentials is not None:
        d = e.differentials
        pairs = [_row("fmr", figure) for row in d.fmr for figure in row if figure is not None]
        single = [_row(name, f, group) for name, by in d.by_group.items() for group, f in by.items()]
        written["groups.csv"] = csv_text(COLUMNS, [*pairs, *single])
    if e.growth is not None:
        rows = (
            (form, *row, distance_words(from_data(e.growth.measured_n, n)))
            for form, line in e.growth.lines.items()
            for n, row in zip(line.x, _points(line), strict=True)
        )
        written["growth.csv"] = csv_text(("form", "n_references", *BAND, "nearest_test"), rows)
    return written


def _fields(x: object, names: Iterable[str]) -> Any:
    return None if x is None else {KEYS.get(name, name): plain(getattr(x, name)) for name in names}


def _lines(e: Evaluation) -> Iterator[tuple[str, Line]]:
    for part, names in LINES.items():
        for name in names:
            line = getattr(getattr(e, part), name, None)
            if line is not None:
                yield (f"against.{name}" if part.startswith("against") else name), line
    for form, line in e.growth.lines.items() if e.growth else ():
        yield f"growth.{form}", line


def _far(e: Evaluation, name: str, line: Line) -> Any:
    """Say how far a line is from what was measured: a larger gallery than that, point by point."""
    if e.growth is None or not name.startswith("growth."):
        return HERE.to_json()
    return [from_data(e.growth.measured_n, n).to_json() for n in line.x]


def _row(name: str, figure: Estimate, group: str = "") -> list[Any]:
    c = figure.conditions
    more = {"name": name, "threshold_decades": c.threshold, "probe_group": group or c.probe_group}
    return figure_row(figure, COLUMNS, **{**c.__dict__, **more})


def figure_row(figure: Estimate, columns: Iterable[str], **more: Any) -> list[Any]:
    """Return the cells of a figure, and what more is known of it."""
    words = {"nearest_test": distance_words(figure.distance), "caveats": " ".join(figure.caveats)}
    of = {**figure.to_json(), **words, **more}
    return [of[column] for column in columns]


def _points(line: Line) -> list[list[float | None]]:
    nothing = np.full(line.x.shape, np.nan)
    ends = [nothing if end is None else end for end in (line.low, line.high)]
    found: list[list[float | None]] = plain(np.column_stack([line.x, line.value, *ends]).astype(float))
    return found


def _side_by_side(lines: Mapping[str, Line]) -> str:
    """Write lines over the same thresholds; where one has no point, its cells are empty."""
    found: dict[float, dict[str, list[float | None]]] = {}
    for name, line in lines.items():
        for x, *ys in _points(line):
            if x is not None:
                found.setdefault(x, {})[name] = ys
    header = ("threshold", *(f"{name}{end}" for name in lines for end in ("", "_low", "_high")))
    nothing: list[float | None] = [None, None, None]
    rows = ([x, *(y for name in lines for y in at.get(name, nothing))] for x, at in sorted(found.items()))
    return csv_text(header, rows)


def csv_text(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Write a table as comma-separated values (RFC 4180); a text that a spreadsheet would compute starts with ``'``."""
    out = io.StringIO()
    writer = csv.writer(out)  # RFC 4180: commas, quotes doubled, lines end with CR LF
    writer.writerows([_cell(cell) for cell in row] for row in (header, *rows))
    return out.getvalue()


def _cell(cell: Any) -> Any:
    if not isinstance(cell, str) or not (cell := shown(cell)).startswith(tuple("=+-@\t\n＝＋－＠")):
        return cell
    try:
        float(cell)  # a number is one to a spreadsheet too
    except ValueError:
        return f"'{cell}"
    return cell
