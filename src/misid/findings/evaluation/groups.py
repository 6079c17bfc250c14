"""How rates differ between groups, at one threshold for all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from misid.evaluation import Differentials, Evaluation
from misid.findings.evaluation.words import cell, events, holds, image, often, per, shown, threshold
from misid.findings.model import Cell, ChartData, Section, Table
from misid.quantities import Estimate
from misid.vocabulary.numbers import big, share

RATES = {
    "fnmr": ("FNMR", "people missed", "comparisons of a person with the same person"),
    "fpir": ("FPIR", "wrong hits", "searches of people who are not enrolled"),
    "fnir": ("FNIR", "people missed", "searches of people who are enrolled"),
}
MEASURES = {
    "alike_p_value": "chance of rates as uneven as these if group labels had no bearing",
    "max_over_min_p_value": "chance of a ratio as high as this if group labels had no bearing",
    "max_over_min_by_chance": "highest over lowest that chance alone would give, as often above as below",
    "max_over_min": "highest over lowest",
    "max_over_geometric_mean": "highest over geometric mean",
    "gini": "Gini, corrected for the number of groups",
    "garbe": "GARBE",
    "fdr_fair": "FDR_fair, a measure of absolute gaps",
    "within_over_across": "within groups over across groups",
    "inequity_rate": "inequity rate of FMR and FNMR",
}


def section(e: Evaluation, found: Differentials) -> Section:
    """Return the section on groups."""
    charts = [chart for chart in (_matrix(e, found), *_by_group(e, found)) if chart is not None]
    return Section(
        "groups",
        "Between groups",
        _text(e, found),
        shown(e, found.figures),
        tuple(table for table in (_who(e, found), _measures(e, found)) if table.rows),
        tuple(charts),
    )


def _cells(found: Differentials) -> Iterator[tuple[str, str, Estimate]]:
    """Go through the pairs of groups that were compared: group of the probe, group of the reference, FMR."""
    for probe, row in zip(found.names, found.fmr, strict=True):
        for reference, figure in zip(found.names, row, strict=True):
            if figure is not None:
                yield probe, reference, figure


def _threshold(found: Differentials) -> float | None:
    every = [f for _, _, f in _cells(found)] + [f for by in found.by_group.values() for f in by.values()]
    return next((f.conditions.score for f in every if f.conditions.score is not None), None)


def _at(found: Differentials) -> str:
    cut = _threshold(found)
    return "one threshold for all" if cut is None else f"threshold {threshold(cut)} for all"


def _text(e: Evaluation, found: Differentials) -> str:
    within = [(g, f) for g, h, f in _cells(found) if g == h and f.value is not None]
    if len(within) < 2:
        return f"{len(found.names):,} groups, {_at(found)}, {image(e.image_kind)}."
    by_rate = sorted(within, key=lambda pair: pair[1].value or 0.0)
    (low, least), (high, most) = by_rate[0], by_rate[-1]
    out_of = per(least.value, most.value)
    return (
        f"Of {out_of:,} comparisons of two different people of the same group, {often(most, out_of)[1]} match in the group "
        f"{high}, and {often(least, out_of)[1]} in {low}: {_at(found)}, {image(e.image_kind)}, references of the same group."
    )


def _matrix(e: Evaluation, found: Differentials) -> ChartData | None:
    cells = [(g, h, f) for g, h, f in _cells(found) if f.value is not None]
    if not cells:
        return None
    positive = sorted(f.value for _, _, f in cells if f.value)
    # Out of so many that an ordinary cell reads as a number of two or three digits.
    out_of = per(positive[len(positive) // 2] if positive else None)
    place = {name: i for i, name in enumerate(found.names)}
    records: list[dict[str, Any]] = [
        {
            "label": g,
            "series": h,
            "order": place[g] * len(found.names) + place[h],
            "value": f.value,
            "count": f.count,
            "n": f.n,
            "per": out_of,
        }
        for g, h, f in cells
    ]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            g,
            h,
            cell(f, e),
            events(f),
        )
        for g, h, f in _cells(found)
    )
    level = next((f"{100 * f.level:.4g}%" for _, _, f in cells if f.level is not None), "")
    return ChartData(
        "matrix",
        f"False matches per {out_of:,} comparisons of two people, by pair of groups: {image(e.image_kind)}, {_at(found)}",
        "A row is the group of the probe, a column the group of the reference, by number. Deeper blue is a higher rate, on a "
        "logarithmic scale. A broken edge marks a pair without a single false match: 0 of so many is no proof of 0.",
        tuple(records),
        Table(
            f"FMR by pair of groups: {image(e.image_kind)}, {_at(found)}",
            ("probe", "reference", "FMR", "false matches, of comparisons"),
            rows,
            f"Intervals hold for each pair at {level}." if level else "",
        ),
    )


def _by_group(e: Evaluation, found: Differentials) -> Iterator[ChartData]:
    for key, (name, plain, trials) in RATES.items():
        estimates = {g: f for g, f in found.by_group.get(key, {}).items() if f.value is not None}
        if not estimates:
            continue
        out_of = per(*(f.value for f in estimates.values()))
        # A gallery has its size printed with its rates.
        sizes = {f.conditions.n_references for f in estimates.values()} - {None}
        n = f"N {big(max(x for x in sizes if x is not None))}, " if sizes else ""
        about = f"{n}{image(e.image_kind)}, {_at(found)}"
        kind = next(iter(estimates.values()))
        yield ChartData(
            "intervals",
            f"{name} by group of the probe: {plain} per {out_of:,} {trials}: {about}",
            f"Dots are what was seen, bars the {holds(kind)}. Where bars overlap, no order follows.",
            tuple(
                {
                    "label": f"{g} ({_seen(f)})" if _seen(f) else g,
                    "series": "",
                    "value": (f.value or 0.0) * out_of,
                    "low": None if f.low is None else f.low * out_of,
                    "high": None if f.high is None else f.high * out_of,
                    "order": i,
                    "x_title": f"{plain} per {out_of:,}",
                }
                for i, (g, f) in enumerate(estimates.items())
            ),
            Table(
                f"{name} by group of the probe: {about}",
                ("group", name, "events, of trials"),
                tuple((g, cell(f, e), events(f)) for g, f in found.by_group[key].items()),
            ),
        )


def _seen(figure: Estimate) -> str:
    if figure.count is None or figure.n is None:
        return ""
    return f"{figure.count:,.0f} of {figure.n:,.0f}"


def _who(e: Evaluation, found: Differentials) -> Table:
    total = sum(found.reference_subjects) or 1
    return Table(
        "Who is in the data",
        ("group", "probe subjects", "reference subjects", "share of reference subjects"),
        tuple(
            (f"{i}  {name}", probes, references, share(references / total))
            for i, (name, probes, references) in enumerate(
                zip(found.names, found.probe_subjects, found.reference_subjects, strict=True), start=1
            )
        ),
        "Whom a probe is compared with decides its rate as much as whose it is.",
    )


def _measures(e: Evaluation, found: Differentials) -> Table:
    """Return the summary measures; those of absolute gaps last, since they are blind at small rates."""

    def gap(name: str) -> bool:
        return "fdr" in name or "absolute_gap" in found.figures[name].caveats

    names = sorted(found.figures, key=gap)
    return Table(
        f"Summary measures over groups: {image(e.image_kind)}, {_at(found)}",
        ("measure", "value"),
        tuple((_measure(name), cell(found.figures[name], e)) for name in names),
        "With equal groups the highest over the lowest would still be above 1: chance alone makes one of them the highest.",
    )


def _measure(name: str) -> str:
    for ending, words in MEASURES.items():
        if name.endswith(ending):
            rate = name.removesuffix(ending).strip("_")
            return f"{rate.upper().replace('_', ' ')}, {words}" if rate else words
    return name.replace("_", " ")
