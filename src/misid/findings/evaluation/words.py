"""How measured figures are written: names, targets, rates with interval and count, thinned lines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.evaluation import Evaluation, Line
from misid.findings.model import Cell, Table
from misid.quantities import Doubt, Estimate
from misid.statistics import Array
from misid.vocabulary.brief import clip, one_line
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import DIFFERENCE, big, digits, format_range, grouped, score, share, value

NOT_STATED = "not stated"
TITLE = 80  # letters of a title
LONGEST = 32  # characters of a name within a sentence or a legend
ENDINGS = ("without_failures", "of_people")  # of names
MOST_PER = 10**9
MOST_POINTS = 160  # of one line; no screen shows more


def name_of(code: str) -> str:
    """Return the words of a code, of a measure over groups those of its rate too; its own, where there are none."""
    try:
        return say(f"evaluation.names.{code}")
    except KeyError:
        which, _, measure = code.partition("_")
    try:
        return say(f"evaluation.measures.{measure}", rate=name_of(which) if measure else "")
    except KeyError:
        return code.replace("_", " ")


def named(name: str) -> str:
    """Return the words of a figure: ``fnmr_at_fmr_1e-3`` is FNMR where FMR is at most 1 in 1,000."""
    for end in ENDINGS:
        if name.endswith(f"_{end}"):
            return say(f"evaluation.ending.{end}", rate=named(name.removesuffix(f"_{end}")))
    code, _, rest = name.partition("_at_")
    if not rest:
        return name_of(name)
    rate = name_of(code)
    at, _, last = rest.rpartition("_")
    try:
        x = float(last)
    except ValueError:
        return say("evaluation.named.at", rate=rate, at=rest.replace("_", " "))
    if at == "n":
        return say("evaluation.named.gallery", rate=rate, n=big(x))
    if at:
        return say("evaluation.named.target", rate=rate, at=name_of(at), target=one_of(x))
    return say("evaluation.named.threshold", rate=rate, at=x)


def by_target(figures: Mapping[str, Estimate], start: str) -> list[tuple[float, Estimate]]:
    """Return the figures whose name is ``start`` and a number, with that number, largest first."""
    found = []
    for name, figure in figures.items():
        try:
            target = float(name.removeprefix(start)) if name.startswith(start) else math.inf
        except ValueError:
            continue
        if math.isfinite(target):
            found.append((target, figure))
    return sorted(found, key=lambda pair: -pair[0])


def one_of(p: float) -> str:
    """Write a target rate: ``1 in 1,000``, or as a percentage where that is no round number."""
    n = 1 / p
    return say("number.in", n="1", of=big(round(n))) if abs(n - round(n)) < 1e-6 * n else share(p)


def per(*shares: float | None) -> int:
    """Return the power of ten out of which the smallest of the shares above zero is at least 10, and 100 at least."""
    found = [x for x in shares if x is not None and x > 0]
    power = 1 + math.ceil(-math.log10(min(found)) - 1e-9) if found else 2
    return int(min(max(10**power, 100), MOST_PER))


def reach(figure: Estimate) -> str:
    """Write the range of a figure; empty if it has none."""
    if figure.low is None or figure.high is None:
        return ""
    if figure.unit == DIFFERENCE:
        return format_range(100 * figure.low, 100 * figure.high, digits)
    return format_range(figure.low, figure.high, lambda x: value(x, figure.unit))


def rate(figure: Estimate | None) -> str:
    """Write a figure with its range: ``1.07% (0.856% to 1.35%)``."""
    if figure is None or figure.value is None:
        return say("number.unknown")
    shown, between = value(figure.value, figure.unit), reach(figure)
    return say("evaluation.rate", value=shown, between=between) if between else shown


def holds(figure: Estimate) -> str:
    """Say what a range holds, with its level."""
    if figure.kind is not Doubt.SAMPLING:
        return say("evaluation.range")
    return say("evaluation.interval", level=level(figure))


def level(of: Estimate | Evaluation) -> str:
    """Write the confidence level of a figure, or of all of them; empty if there is none."""
    return "" if of.level is None else say("number.percent", x=score(100 * of.level, most=4))


def counted(figure: Estimate | None) -> str:
    """Write the events behind a rate: ``31 of 9,876``; empty where they were not counted."""
    if figure is None or figure.count is None or figure.n is None:
        return ""
    return say("evaluation.counted", count=grouped(figure.count), n=grouped(figure.n))


def image(kind: str) -> str:
    """Write the kind of probe image."""
    if kind in ("", NOT_STATED):
        return say("evaluation.image.unstated")
    last = kind.split()[-1].lower()
    if last in ("photos", "images", "pictures"):
        return kind
    return say(
        "evaluation.image.photos" if last in ("photo", "image", "picture") else "evaluation.image.images", kind=kind
    )


def short(name: str, longest: int = LONGEST) -> str:
    """Return a name as it stands in a sentence or a legend: no sign in it turns the direction of what follows."""
    return clip(one_line(name), longest)


def dressed(figure: Estimate, e: Evaluation) -> Estimate:
    """Return a figure with its conditions complete, and whom it is about as data have it."""
    c = figure.conditions
    about = say("evaluation.everybody") if c.probe_group == "all" else c.probe_group
    kind = c.image_kind or e.image_kind
    kind = say("evaluation.image.unstated") if kind in ("", NOT_STATED) else kind
    return replace(figure, conditions=replace(c, probe_group=about, image_kind=kind))


def shown(e: Evaluation, figures: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """Return figures with their conditions complete."""
    return {name: dressed(figure, e) for name, figure in figures.items()}


def cell(figure: Estimate | None, e: Evaluation) -> Cell:
    """Return a figure as it stands in a table."""
    return None if figure is None else dressed(figure, e)


def figures_table(
    e: Evaluation, title: str, figures: Mapping[str, Estimate], names: Iterable[str], note: str = ""
) -> tuple[Table, ...]:
    """Return a table of some figures in words, with their events; none where there are no such figures."""
    rows = tuple(
        (named(name), cell(figures[name], e), counted(figures[name]) or None) for name in names if name in figures
    )
    if not rows:
        return ()
    heads = say("evaluation.head.figure"), say("evaluation.head.value"), say("evaluation.head.events")
    return (Table(title, heads, rows, note),)


def points(line: Line, field: str, series: str, order: int, **more: Any) -> list[dict[str, Any]]:
    """Return records of a line over a field, thinned to what a screen shows."""
    keep: npt.NDArray[np.signedinteger] = np.arange(line.x.size)
    if line.x.size > MOST_POINTS:
        keep = evenly(np.asarray(line.x, float), np.asarray(line.value, float))
    bands = {end: at for end in ("value", "low", "high") if (at := getattr(line, end)) is not None}
    records = [
        {field: float(line.x[i]), "series": series, "order": order, **more}
        | {end: float(values[i]) for end, values in bands.items()}
        for i in keep
    ]
    return [r for r in records if math.isfinite(r[field]) and math.isfinite(r["value"])]


def evenly(x: Array, y: Array) -> npt.NDArray[np.signedinteger]:
    """Return the indices of points at about equal distances along a curve, both ends among them."""
    span = np.array([max(np.ptp(x), 1e-9), max(np.ptp(y), 1e-9)])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x) / span[0], np.diff(y) / span[1]))])
    wanted = np.linspace(0.0, along[-1], MOST_POINTS)
    return np.unique(np.clip(np.searchsorted(along, wanted), 0, x.size - 1))
