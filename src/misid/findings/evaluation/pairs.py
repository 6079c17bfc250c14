"""Errors of one-to-one comparisons."""

from __future__ import annotations

from typing import Any

from misid.evaluation import HERE, Evaluation, PairRates
from misid.findings.evaluation.parts import best_target, by_target, error_trade_off, over, paired
from misid.findings.evaluation.words import cell, events, holds, image, often, one_of, people, shown, threshold
from misid.findings.model import Cell, ChartData, Section, Table
from misid.quantities import Estimate
from misid.vocabulary.numbers import score, share

SAME, OTHER = "same person", "two people"
FALSE_MATCH, FALSE_NON_MATCH = "false match rate (FMR)", "false non-match rate (FNMR)"
CONVENTIONS = {
    "eer": "ours: half of FMR and FNMR where they are nearest, ties as whole steps",
    "eer_midpoint": "middle of the two thresholds around the crossing",
    "eer_interpolated": "straight line between the steps around the crossing",
    "eer_hull": "convex hull of the trade-off: what mixing two thresholds could reach",
}
CURVE = "FNMR over FMR"


def section(e: Evaluation, rates: PairRates, pictured: str) -> Section:
    """Return the section on comparisons; what the first screen's picture shows is not drawn again."""
    first, *charts = trade_off(e, rates), _over_threshold(e, rates), _scores(e, rates)
    charts = charts if first.title == pictured else [first, *charts]
    tables = [] if first in charts else [first.table]
    tables += [_eer(e, rates)] if any(name in rates.figures for name in CONVENTIONS) else []
    asked = _asked(e, rates)
    tables += [asked] if asked else []
    return Section(
        "comparisons",
        "One to one: errors of single comparisons",
        _text(e, rates),
        shown(e, rates.figures),
        tuple(tables),
        tuple(charts),
    )


def sentence(e: Evaluation, rates: PairRates) -> str:
    """Return the one sentence on comparisons, with a count and its interval; empty if no rate has a value."""
    best = best_target(by_target(rates.figures, "fnmr_at_fmr_"), rates.n_non_mated)
    if best:
        target, figure = best
        out_of, said = often(figure)
        return (
            f"Of {out_of:,} comparisons of a person with the same person, {said} score below the threshold"
            f"{_threshold(figure)} that {one_of(target)} comparisons of two different people reach "
            f"({image(e.image_kind)}, all groups)."
        )
    eer = rates.figures.get("eer")
    if eer is None or eer.value is None:
        return ""
    out_of, said = often(eer)
    return f"At the threshold{_threshold(eer)} where both errors are equal, {said} of {out_of:,} comparisons go wrong ({image(e.image_kind)}, all groups)."


def _text(e: Evaluation, rates: PairRates) -> str:
    basis = (
        f"{people(rates.n_mated, 'comparison')} of a person with the same person and {rates.n_non_mated:,} of two people, "
        f"{people(e.subjects)}, {image(e.image_kind)}, all groups together."
        if e.subjects
        else f"{people(rates.n_mated, 'comparison')} of a person with the same person and {rates.n_non_mated:,} of two "
        f"people, {image(e.image_kind)}; the file names no subjects."
    )
    auc = rates.figures.get("auc")
    area = ""
    if auc is not None and auc.value is not None:
        area = (
            f" A comparison of a person with the same person scores higher than one of two people in {share(auc.value)} of"
            " cases; that says nothing of the rare false matches that a search of many people makes."
        )
    return f"{sentence(e, rates)} {basis}{area}".strip()


def _threshold(figure: Estimate) -> str:
    return "" if figure.conditions.score is None else f" ({threshold(figure.conditions.score)})"


def trade_off(e: Evaluation, rates: PairRates) -> ChartData:
    """Return the DET chart, with the intervals at the usual targets."""
    found = by_target(rates.figures, "fnmr_at_fmr_")
    records: list[dict[str, Any]] = error_trade_off(rates.fmr, rates.fnmr, (rates.n_non_mated, rates.n_mated), CURVE, 0)
    records += [
        {"x": t, "y": f.value, "low": f.low, "high": f.high, "series": CURVE, "order": 0}
        for t, f in found
        if f.value is not None and f.low is not None and f.high is not None
    ]
    records = [{**r, "x_title": FALSE_MATCH, "y_title": FALSE_NON_MATCH} for r in records]
    bars = next((holds(f) for _, f in found if f.value is not None and f.low is not None), "")
    return ChartData(
        "det",
        f"Misses over false matches, one to one: {image(e.image_kind)}, every threshold (DET)",
        "Each point of the line is one threshold: stricter to the left. Down and left is better. "
        + (f"Bars are the {bars} at usual false match rates. " if bars else "")
        + "Where the line is thin and broken, fewer than 25 errors of a kind were seen; it ends where the data do. "
        "On the dotted line both errors are equal.",
        tuple(records),
        _at_targets(e, rates, found),
    )


def _at_targets(e: Evaluation, rates: PairRates, found: list[tuple[float, Estimate]]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for target, figure in found:
        cut = paired(rates.figures, "threshold_at_fmr_", target)
        said = figure.conditions.score if cut is None else cut.value
        rows.append(
            (f"at most {one_of(target)}", cell(figure, e), events(figure), score(said) if said is not None else "–")
        )
    return Table(
        f"FNMR where FMR is at most so much: {image(e.image_kind)}, everybody in the data",
        ("FMR", "FNMR", "misses, of comparisons", "threshold"),
        tuple(rows),
        "At or above the threshold counts as a match. The threshold is the lowest one that keeps FMR at or under the target.",
    )


def _over_threshold(e: Evaluation, rates: PairRates) -> ChartData:
    records = over(rates.fmr, "threshold", "FMR: two people match", 0)
    records += over(rates.fnmr, "threshold", "FNMR: same person missed", 1)
    best = best_target(by_target(rates.figures, "fnmr_at_fmr_"), rates.n_non_mated)
    if best and best[1].conditions.score is not None:
        records.append({"threshold": best[1].conditions.score, "mark": f"FMR {one_of(best[0])}"})
    records = [{**r, "x_title": "threshold on the score (stricter to the right)", "y_title": "share"} for r in records]
    eer = rates.figures.get("eer_threshold")
    crossing = f" The lines cross at {threshold(eer.value)}." if eer is not None and eer.value is not None else ""
    asked = sorted(
        {*(t for t, _ in by_target(rates.figures, "fmr_at_")), *(t for t, _ in by_target(rates.figures, "fnmr_at_"))}
    )
    steps = asked or _few(rates)
    return ChartData(
        "rates",
        f"FMR and FNMR over the threshold: {image(e.image_kind)}",
        f"A stricter threshold makes fewer false matches and more misses.{crossing} A line that leaves the picture at its "
        "foot has come to a threshold at which no error was seen.",
        tuple(records),
        Table(
            f"FMR and FNMR at some thresholds: {image(e.image_kind)}, everybody in the data",
            ("threshold", "FMR", "FNMR"),
            tuple((score(t), _rate(rates, "fmr", t, e), _rate(rates, "fnmr", t, e)) for t in steps),
            "Figures without a range are read off the lines.",
            HERE,
        ),
    )


def _rate(rates: PairRates, which: str, t: float, e: Evaluation) -> Cell:
    figure = paired(rates.figures, f"{which}_at_", t)
    if figure is not None:
        return cell(figure, e)
    line = getattr(rates, which)
    # A rate over the threshold is a step function: between two points it is what it is at the next one.
    i = int(line.x.searchsorted(t))
    return share(float(line.value[i])) if i < line.x.size else share(0.0 if which == "fmr" else 1.0)


def _few(rates: PairRates) -> list[float]:
    """Return a few thresholds where both lines have something to say."""
    moving = rates.fmr.x[(rates.fmr.value < 1) & (rates.fmr.value > 0)]
    if moving.size == 0:
        moving = rates.fmr.x
    return sorted({float(moving[round(k * (moving.size - 1) / 8)]) for k in range(9)}) if moving.size else []


def _scores(e: Evaluation, rates: PairRates) -> ChartData:
    records = over(rates.non_mated_density, "x", OTHER, 0) + over(rates.mated_density, "x", SAME, 1)
    best = best_target(by_target(rates.figures, "fnmr_at_fmr_"), rates.n_non_mated)
    if best and best[1].conditions.score is not None:
        records.append({"threshold": best[1].conditions.score, "mark": f"FMR {one_of(best[0])}"})
    records = [{**r, "x_title": "score (more alike to the right)", "y_title": "share of scores"} for r in records]
    shapes = ((OTHER, rates.non_mated_density, rates.n_non_mated), (SAME, rates.mated_density, rates.n_mated))
    peaks: tuple[tuple[Cell, ...], ...] = tuple(
        (name, n, score(float(line.x[int(line.value.argmax())])) if line.x.size else "–") for name, line, n in shapes
    )
    return ChartData(
        "scores",
        f"How scores spread: {image(e.image_kind)}",
        "Where the two shapes overlap, no threshold is right for everybody. Each shape has the same area, however many "
        "comparisons it holds; what decides a search of many people is the far right end of the first, too thin to see.",
        tuple(records),
        Table(
            f"Scores: {image(e.image_kind)}",
            ("comparisons of", "with a score", "most frequent score"),
            peaks,
            distance=HERE,
        ),
    )


def _eer(e: Evaluation, rates: PairRates) -> Table:
    return Table(
        f"Equal error rate by convention: {image(e.image_kind)}, everybody in the data",
        ("convention", "EER"),
        tuple((words, cell(rates.figures[name], e)) for name, words in CONVENTIONS.items() if name in rates.figures),
        "FMR and FNMR move in steps and may never be equal. Each convention bridges the step in its own way; with few "
        "scores, or many ties, they differ by as much as a step. None of them is a threshold that anybody should use.",
    )


def _asked(e: Evaluation, rates: PairRates) -> Table | None:
    names = {
        "failure_to_acquire": "failure to acquire: samples without a template",
        **{n: f"misses with failures counted, FMR at most {one_of(t)}" for n, t in _with_failures(rates)},
    }
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (words, cell(rates.figures[name], e), events(rates.figures[name]))
        for name, words in names.items()
        if name in rates.figures
    )
    if not rows:
        return None
    return Table(
        f"With samples that gave no template: {image(e.image_kind)}, everybody in the data",
        ("rate", "value", "events"),
        rows,
        "A person whose photo gives no template is not recognised either (ISO/IEC 19795-1).",
    )


def _with_failures(rates: PairRates) -> list[tuple[str, float]]:
    found = []
    for name in rates.figures:
        if name.startswith("frr_at_fmr_"):
            try:
                found.append((name, float(name.removeprefix("frr_at_fmr_"))))
            except ValueError:
                continue
    return found
