"""Errors of one-to-many searches."""

from __future__ import annotations

from typing import Any

from misid.evaluation import HERE, Evaluation, SearchRates
from misid.findings.evaluation.parts import best_target, by_target, error_trade_off, over
from misid.findings.evaluation.words import cell, events, holds, image, named, often, one_of, people, shown, threshold
from misid.findings.model import Cell, ChartData, Section, Table
from misid.quantities import Estimate
from misid.vocabulary.numbers import big, score, share

CURVE = "FNIR over FPIR"
REMOVED = "_mate_removed"
WITHOUT = "_without_failures"
FALSE_NEGATIVE = "enrolled people missed (FNIR)"


def section(e: Evaluation, rates: SearchRates, pictured: str) -> Section:
    """Return the section on searches; what the first screen's picture shows is not drawn again."""
    charts = []
    if rates.fpir is not None and rates.fnir is not None:
        charts += [trade_off(e, rates), _over_threshold(e, rates)]
    if rates.cmc is not None:
        charts.append(ranks(e, rates))
    said = _at_targets(e, rates)
    drawn = tuple(chart for chart in charts if chart.title != pictured)
    tables = [said] if said.rows and not any(chart.table == said for chart in drawn) else []
    asked = _at_thresholds(e, rates)
    tables += [table for table in (asked, _failures(e, rates)) if table is not None]
    return Section(
        "searches",
        "One to many: errors of searches",
        _text(e, rates),
        shown(e, rates.figures),
        tuple(tables),
        drawn,
    )


def at_fpir(rates: SearchRates, rate: str) -> list[tuple[float, Estimate]]:
    """Return the figures of a rate at the targets of FPIR, loosest first."""
    return by_target(rates.figures, f"{rate}_at_fpir_") or by_target(rates.figures, f"{rate}_at_fpir{REMOVED}_")


def trials(rates: SearchRates) -> int:
    """Return the searches that FPIR is out of: where everybody is enrolled, those without their own references."""
    return rates.n_non_mated or rates.n_mated


def strangers(rates: SearchRates) -> str:
    """Say whose searches FPIR is about."""
    return "people who are not enrolled" if rates.n_non_mated else "people whose own references were set aside"


def gallery(rates: SearchRates) -> str:
    """Say what was searched."""
    said = f"a gallery of {people(rates.n_references, 'reference')}"
    return said if rates.n_enrolled == rates.n_references else f"{said} of {rates.n_enrolled:,} people"


def sentence(e: Evaluation, rates: SearchRates) -> str:
    """Return the one sentence on searches, with a count and its interval; empty if no rate has a value."""
    best = best_target(at_fpir(rates, "fnir"), trials(rates))
    if best:
        target, figure = best
        out_of, said = often(figure)
        return (
            f"Of {out_of:,} searches of people who are enrolled, {said} miss them in {gallery(rates)}, at the "
            f"threshold{_threshold(figure)} where {one_of(target)} searches of {strangers(rates)} return somebody "
            f"({image(e.image_kind)}, all groups)."
        )
    first = rates.figures.get("rank_1")
    if first is None or first.value is None:
        return ""
    out_of, said = often(first)
    return f"Of {out_of:,} searches of people who are enrolled, {said} put them first in {gallery(rates)} ({image(e.image_kind)}, all groups)."


def _text(e: Evaluation, rates: SearchRates) -> str:
    text = f"{rates.n_mated:,} searches of people who are enrolled and "
    text += f"{rates.n_non_mated:,} of people who are not" if rates.n_non_mated else "none of people who are not"
    if not rates.n_non_mated and at_fpir(rates, "fnir"):
        text += "; wrong hits are those of the same searches with the person's own references set aside"
    who = f"{people(e.subjects)}, " if e.subjects else ""
    parts = [sentence(e, rates), f"{text}, {who}{image(e.image_kind)}, all groups together."]
    wrong = [(t, f) for t, f in _asked(rates) if f.value is not None]
    if wrong:
        _, figure = wrong[0]
        out_of, said = often(figure)
        parts.append(
            f"At a threshold of {threshold(wrong[0][0] if figure.conditions.score is None else figure.conditions.score)}, of "
            f"{out_of:,} searches of {strangers(rates)}, {said} return somebody: each of them is a wrong hit."
        )
    first = rates.figures.get("rank_1")
    if first is not None and first.value is not None and at_fpir(rates, "fnir"):
        out_of, said = often(first)
        parts.append(
            f"Without any threshold, of {out_of:,} searches of people who are enrolled {said} put them first; a list without a "
            "threshold always names somebody, enrolled or not."
        )
    return " ".join(part for part in parts if part)


def _asked(rates: SearchRates) -> list[tuple[float, Estimate]]:
    return by_target(rates.figures, "fpir_at_") or by_target(rates.figures, f"fpir{REMOVED}_at_")


def _threshold(figure: Estimate) -> str:
    return "" if figure.conditions.score is None else f" ({threshold(figure.conditions.score)})"


def _n(rates: SearchRates) -> str:
    return f"N {big(rates.n_references)}"


def trade_off(e: Evaluation, rates: SearchRates) -> ChartData:
    """Return FNIR over FPIR on normal deviate axes."""
    if rates.fpir is None or rates.fnir is None:
        raise ValueError("needs FPIR and FNIR over the threshold")
    found = at_fpir(rates, "fnir")
    records: list[dict[str, Any]] = error_trade_off(rates.fpir, rates.fnir, (trials(rates), rates.n_mated), CURVE, 0)
    records += [
        {"x": t, "y": f.value, "low": f.low, "high": f.high, "series": CURVE, "order": 0}
        for t, f in found
        if f.value is not None and f.low is not None and f.high is not None
    ]
    whose = "people not enrolled" if rates.n_non_mated else "people, own references aside,"
    across = f"searches of {whose} that return somebody (FPIR)"
    records = [{**r, "x_title": across, "y_title": FALSE_NEGATIVE} for r in records]
    bars = next((holds(f) for _, f in found if f.value is not None and f.low is not None), "")
    return ChartData(
        "det",
        f"People missed over wrong hits, one to many: {_n(rates)}, {image(e.image_kind)}, every threshold",
        "Each point of the line is one threshold: stricter to the left. Down and left is better. "
        + (f"Bars are the {bars} at usual rates. " if bars else "")
        + "Where the line is thin and broken, fewer than 25 errors of a kind were seen; it ends where the data do.",
        tuple(records),
        _at_targets(e, rates),
    )


def _at_targets(e: Evaluation, rates: SearchRates) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for target, figure in at_fpir(rates, "fnir"):
        cut = dict(at_fpir(rates, "threshold")).get(target)
        wrong = dict(at_fpir(rates, "misid")).get(target)
        said = figure.conditions.score if cut is None else cut.value
        rows.append(
            (
                f"at most {one_of(target)}",
                cell(figure, e),
                events(figure),
                cell(wrong, e),
                score(said) if said is not None else "–",
            )
        )
    return Table(
        f"FNIR where FPIR is at most so much: {_n(rates)}, {image(e.image_kind)}, everybody in the data",
        ("FPIR", "FNIR", "misses, of searches", "enrolled, somebody else first", "threshold"),
        tuple(rows),
        "The threshold comes from the best score of each search of somebody who is not enrolled, never from single comparisons.",
    )


def _over_threshold(e: Evaluation, rates: SearchRates) -> ChartData:
    if rates.fpir is None or rates.fnir is None:
        raise ValueError("needs FPIR and FNIR over the threshold")
    records = over(
        rates.fpir,
        "threshold",
        "FPIR: somebody returned, not enrolled" if rates.n_non_mated else "FPIR: own references set aside",
        0,
    )
    records += over(rates.fnir, "threshold", "FNIR: enrolled person missed", 1)
    best = best_target(at_fpir(rates, "fnir"), trials(rates))
    if best and best[1].conditions.score is not None:
        records.append({"threshold": best[1].conditions.score, "mark": f"FPIR {one_of(best[0])}"})
    records = [{**r, "x_title": "threshold on the score (stricter to the right)", "y_title": "share"} for r in records]
    line = rates.fpir
    moving = line.x[(line.value > 0) & (line.value < 1)]
    moving = moving if moving.size else line.x
    steps = sorted({float(moving[round(k * (moving.size - 1) / 8)]) for k in range(9)}) if moving.size else []
    rows = tuple((score(t), _read(rates.fpir, t, 0.0), _read(rates.fnir, t, 1.0)) for t in steps)
    return ChartData(
        "rates",
        f"FPIR and FNIR over the threshold: {_n(rates)}, {image(e.image_kind)}",
        "With a larger gallery the first line rises and the second hardly moves: a threshold without its N says nothing.",
        tuple(records),
        Table(
            f"FPIR and FNIR at some thresholds: {_n(rates)}, {image(e.image_kind)}, everybody in the data",
            ("threshold", "FPIR", "FNIR"),
            rows,
            "Read off the lines; intervals stand at the thresholds that were asked for.",
            HERE,
        ),
    )


def _read(line: Any, t: float, after: float) -> str:
    i = int(line.x.searchsorted(t))
    return share(float(line.value[i]) if i < line.x.size else after)


def ranks(e: Evaluation, rates: SearchRates) -> ChartData:
    """Return the CMC chart."""
    if rates.cmc is None:
        raise ValueError("needs a CMC")
    records = over(rates.cmc, "x", "mate in the list", 0, x_title="length of the list", y_title="mates in the list")
    named = {float(t): f for t, f in by_target(rates.figures, "rank_")}
    wanted = [r for r in (1.0, 2.0, 5.0, 10.0, 20.0, 50.0) if r in named or (rates.cmc.x == r).any()]
    rows: list[tuple[Cell, ...]] = []
    for r in wanted:
        here = rates.cmc.value[rates.cmc.x == r]
        said: Cell = cell(named[r], e) if r in named else share(float(here[0]))
        rows.append((f"{r:.0f}", said, events(named.get(r))))
    favoured = rates.figures.get("rank_1_ties_favoured")
    if favoured is not None:
        rows.append(("1, ties counted for the mate", cell(favoured, e), events(favoured)))
    return ChartData(
        "cmc",
        f"How long a list must be to hold the right person: {_n(rates)}, {image(e.image_kind)} (CMC)",
        "Only searches of people who are enrolled, and no threshold: every list names somebody. A list of R people holds "
        "at most one right one, and everybody else on it is a stranger.",
        tuple(records),
        Table(
            f"Mates in a list of R: {_n(rates)}, {image(e.image_kind)}, everybody in the data",
            ("R", "mates in the list", "of searches"),
            tuple(rows),
            "A reference with the same score as the mate counts as ahead of it."
            + (
                ""
                if rates.depth >= rates.n_references
                else f" Lists end at {rates.depth:,}; a mate further down counts as missed."
            ),
            HERE,
        ),
    )


def _failures(e: Evaluation, rates: SearchRates) -> Table | None:
    """Return rates with and without the searches whose probe gave no template."""
    failed = rates.figures.get("failed_searches")
    if failed is None:
        return None
    rows: list[tuple[Cell, ...]] = [("searches without a template of the probe", cell(failed, e), None)]
    rows += [
        (named(name), cell(rates.figures[name], e), cell(rates.figures[name + WITHOUT], e))
        for name in rates.figures
        if name + WITHOUT in rates.figures
        and name.startswith(("rank_1", "fnir_at_", "fpir_at_", "fpir_mate_removed_at_"))
    ]
    return Table(
        f"Searches that failed: {_n(rates)}, {image(e.image_kind)}, everybody in the data",
        ("rate", "failures counted", "failures left out"),
        tuple(rows),
        "A person whose photo gives no template is not found either: a failed search is a miss, and returns nobody (ISO/IEC 19795-1).",
    )


def _at_thresholds(e: Evaluation, rates: SearchRates) -> Table | None:
    """Return what was asked at given thresholds, and what a search of somebody who is not enrolled returns."""
    starts = {
        "fpir_at_": "FPIR: somebody returned, not enrolled",
        "fpir_mate_removed_at_": "FPIR with own references set aside: somebody returned",
        "fnir_at_": "FNIR: enrolled person missed",
        "misid_at_": "somebody else first, enrolled person",
        "selectivity_at_": "people returned per search, not enrolled",
        "selectivity_mate_removed_at_": "people returned per search, own references set aside",
    }
    rows: list[tuple[Cell, ...]] = []
    for start, words in starts.items():
        for target, figure in by_target(rates.figures, start):
            at = target if figure.conditions.score is None else figure.conditions.score
            rows.append((words, score(at), cell(figure, e), events(figure)))
    if not rows:
        return None
    return Table(
        f"At given thresholds: {_n(rates)}, {image(e.image_kind)}, everybody in the data",
        ("rate", "threshold", "value", "events"),
        tuple(rows),
    )
