"""An evaluation as plain JSON types, and as tables of comma-separated values.

Both hold rates of many; neither holds a row about one probe, one reference or one person.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from misid.evaluation import HERE, Evaluation, Line
from misid.findings.nearness import distance_words, from_data
from misid.quantities import Estimate

SCHEMA = "misid/evaluation/1"
COLUMNS = (
    "name",
    "value",
    "low",
    "high",
    "level",
    "kind",
    "unit",
    "n",
    "count",
    "score",
    "threshold_decades",
    "n_references",
    "n_enrolled",
    "image_kind",
    "probe_group",
    "reference_group",
    "method",
    "nearest_test",
    "caveats",
    "reason",
)
BAND = ("value", "low", "high")


def to_json(e: Evaluation) -> dict[str, Any]:
    """Return an evaluation as plain JSON types: no number that is not finite, null and a reason instead.

    Parameters
    ----------
    e : Evaluation
        What was found.

    Returns
    -------
    dict
        ``schema`` is `SCHEMA`; ``figures`` holds every figure by its plain name; a part that is not there is null.
    """
    return {
        "schema": SCHEMA,
        "name": e.name,
        "image_kind": e.image_kind,
        "level": e.level,
        "seed": e.seed,
        "subjects": e.subjects,
        "sources": [{"name": s.name, "format": s.format, "size": s.size, "sha256": s.digest} for s in e.sources],
        "assumed": list(e.assumed),
        "caveats": list(e.caveats),
        "figures": {name: figure.to_json() for name, figure in e.figures().items()},
        "lines": {name: {**_line(line), "distance": _far(e, name, line)} for name, line in _lines(e).items()},
        "comparisons": e.pairs and {"n_mated": e.pairs.n_mated, "n_non_mated": e.pairs.n_non_mated},
        "searches": e.searches
        and {
            name: getattr(e.searches, name)
            for name in ("n_mated", "n_non_mated", "n_references", "n_enrolled", "depth")
        },
        "groups": _groups(e),
        "growth": _growth(e),
        "menagerie": e.menagerie
        and {
            "mated": _numbers(e.menagerie.mated),
            "non_mated": _numbers(e.menagerie.non_mated),
            "density": [_numbers(row) for row in e.menagerie.density],
        },
        "against": e.against or None,
    }


def tables(e: Evaluation) -> dict[str, str]:
    """Return an evaluation as tables of comma-separated values (RFC 4180).

    Parameters
    ----------
    e : Evaluation
        What was found.

    Returns
    -------
    dict of str to str
        Text by file name: ``figures.csv`` always, ``det.csv``, ``searches.csv``, ``cmc.csv``, ``groups.csv`` and
        ``growth.csv`` where there is something to write.
    """
    written = {"figures.csv": csv_text(COLUMNS, (_row(name, figure) for name, figure in e.figures().items()))}
    if e.pairs is not None:
        written["det.csv"] = _side_by_side(("fmr", e.pairs.fmr), ("fnmr", e.pairs.fnmr), "threshold")
    if e.searches is not None:
        if e.searches.fpir is not None and e.searches.fnir is not None:
            written["searches.csv"] = _side_by_side(("fpir", e.searches.fpir), ("fnir", e.searches.fnir), "threshold")
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


def _lines(e: Evaluation) -> Mapping[str, Line]:
    found: dict[str, Line | None] = {}
    if e.pairs is not None:
        found |= {name: getattr(e.pairs, name) for name in ("fmr", "fnmr", "mated_density", "non_mated_density")}
    if e.searches is not None:
        found |= {name: getattr(e.searches, name) for name in ("cmc", "fpir", "fnir")}
    if e.growth is not None:
        found |= {f"growth.{form}": line for form, line in e.growth.lines.items()}
    return {name: line for name, line in found.items() if line is not None}


def _far(e: Evaluation, name: str, line: Line) -> Any:
    """Say how far a line is from what was measured: a larger gallery than that, point by point."""
    if e.growth is None or not name.startswith("growth."):
        return HERE.to_json()
    return [from_data(e.growth.measured_n, n).to_json() for n in line.x]


def _groups(e: Evaluation) -> dict[str, Any] | None:
    if e.differentials is None:
        return None
    d = e.differentials
    return {
        "names": list(d.names),
        "probe_subjects": list(d.probe_subjects),
        "reference_subjects": list(d.reference_subjects),
        "fmr": [[None if f is None else f.to_json() for f in row] for row in d.fmr],
        "by_group": {name: {g: f.to_json() for g, f in by.items()} for name, by in d.by_group.items()},
        "said": list(d.remarks),
    }


def _growth(e: Evaluation) -> dict[str, Any] | None:
    if e.growth is None:
        return None
    g = e.growth
    return {
        "measured_n": g.measured_n,
        "threshold": _finite(g.threshold),
        "said": list(g.remarks),
        "checks": [
            {
                "form": check.form,
                "n_from": check.n_from,
                "n_to": check.n_to,
                "predicted": check.predicted.to_json(),
                "seen": check.seen.to_json(),
                "passed": check.passed,
            }
            for check in g.checks
        ],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "x": _numbers(line.x),
        "value": _numbers(line.value),
        "low": None if line.low is None else _numbers(line.low),
        "high": None if line.high is None else _numbers(line.high),
    }


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [_finite(float(x)) for x in values]


def _finite(x: float | None) -> float | None:
    return None if x is None or not math.isfinite(x) else float(x)


def _row(name: str, figure: Estimate, group: str = "") -> list[Any]:
    c = figure.conditions
    said = figure.to_json()
    return [
        name,
        *(said[key] for key in ("value", "low", "high", "level", "kind", "unit", "n", "count")),
        c.score,
        c.threshold,
        c.n_references,
        c.n_enrolled,
        c.image_kind,
        group or c.probe_group,
        c.reference_group,
        figure.method,
        distance_words(figure.distance),
        " ".join(figure.caveats),
        said["reason"],
    ]


def _points(line: Line) -> list[list[float | None]]:
    nothing = np.full(line.x.shape, np.nan)
    ends = [nothing if end is None else end for end in (line.low, line.high)]
    return [
        [_finite(float(x)), *(_finite(float(y)) for y in ys)] for x, *ys in zip(line.x, line.value, *ends, strict=True)
    ]


def _side_by_side(first: tuple[str, Line], second: tuple[str, Line], across: str) -> str:
    """Write two lines over the same places; where one has no point, its cells are empty."""
    found: dict[float, dict[str, list[float | None]]] = {}
    for name, line in (first, second):
        for x, *ys in _points(line):
            if x is not None:
                found.setdefault(x, {})[name] = ys
    header = (across, *(f"{name}{end}" for name, _ in (first, second) for end in ("", "_low", "_high")))
    nothing: list[float | None] = [None, None, None]
    rows = ([x, *(y for name, _ in (first, second) for y in at.get(name, nothing))] for x, at in sorted(found.items()))
    return csv_text(header, rows)


def csv_text(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Write a table as comma-separated values (RFC 4180); a text that a spreadsheet would compute starts with ``'``."""
    out = io.StringIO()
    writer = csv.writer(out)  # RFC 4180: commas, quotes doubled, lines end with CR LF
    writer.writerows([_plain(cell) for cell in row] for row in (header, *rows))
    return out.getvalue()


def _plain(cell: Any) -> Any:
    if not isinstance(cell, str) or not cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        return cell
    try:
        float(cell)  # a number is one to a spreadsheet too
    except ValueError:
        return f"'{cell}"
    return cell
