"""Errors of comparisons and of searches: of each the error that lets through and the one that misses, at one threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from misid.evaluation import HERE, Evaluation, Line, PairRates, SearchRates
from misid.findings.evaluation.words import (
    by_target,
    cell,
    counted,
    evenly,
    figures_table,
    holds,
    image,
    level,
    named,
    one_of,
    points,
    rate,
    reach,
    short,
    shown,
)
from misid.findings.model import Cell, ChartData, Section, Table
from misid.quantities import FEW_EVENTS, Estimate
from misid.statistics import Array
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import big, grouped, score, share

ASIDE = "_mate_removed"  # of names, where everybody is enrolled and each search leaves out its own references
RANKS = (1, 2, 5, 10, 20, 50)
_RANKS = frozenset(f"rank_{r}{of}" for r in RANKS for of in ("", "_of_people"))
STEPS = 8  # thresholds of a table, less one


@dataclass(frozen=True)
class Errors:
    """The errors of one algorithm, of comparisons or of searches: its own figures and lines."""

    kind: str  # "pairs", "searches", or "closed": searches of which each leaves out its own references
    name: str
    wrong: str  # the rate of what is let through, as figures are named
    missed: str
    refused: str  # the same with failures among the misses, where one of two algorithms failed
    rates: PairRates | SearchRates
    lines: tuple[Line, Line] | None  # of wrong and missed, over the threshold
    trials: tuple[int, int]
    wanted: tuple[float, ...] = ()  # targets that somebody asked for

    def at_targets(self, what: str = "") -> list[tuple[float, Estimate]]:
        """Return the figures of a rate, of misses if none is named, at targets of the other, loosest first."""
        return by_target(self.rates.figures, "_".join((what or self.refused, "at", self.wrong, "")))

    def at(self, target: float, what: str = "") -> Estimate | None:
        """Return the figure at one target, however that was written."""
        return _like(self.at_targets(what), target)

    def asked(self, which: str) -> list[tuple[float, Estimate]]:
        """Return the figures of a rate at the thresholds of interest."""
        return by_target(self.rates.figures, f"{which}_at_")

    def operating(self) -> list[tuple[float, Estimate]]:
        """Return misses at each operating point with the other rate there: at targets, and at thresholds of interest."""
        wrong = {at: figure.value for at, figure in self.asked(self.wrong)}
        chosen = [(wrong.get(at), figure) for at, figure in self.asked(self.missed)]
        return self.at_targets(self.missed) + [(x, figure) for x, figure in chosen if x is not None]

    def best(self) -> tuple[float, Estimate] | None:
        """Return the first target asked for, else the strictest with enough errors to count, else the loosest known."""
        if self.wanted and (asked := self.at(self.wanted[0])):
            return self.wanted[0], asked
        known = [(target, figure) for target, figure in self.at_targets() if figure.value is not None]
        firm = [pair for pair in known if pair[0] * self.trials[0] >= FEW_EVENTS]
        return firm[-1] if firm else known[0] if known else None


Kinds = list[list[Errors]]


def errors_of(rates: PairRates | SearchRates, name: str, e: Evaluation) -> Errors:
    """Return the errors of one algorithm."""
    trials = rates.n_non_mated, rates.n_mated
    if isinstance(rates, PairRates):
        refused = "frr" if any(one.startswith("frr") for one in e.compared) else "fnmr"
        return Errors("pairs", name, "fmr", "fnmr", refused, rates, (rates.fmr, rates.fnmr), trials, e.fmr)
    lines = None if rates.fpir is None or rates.fnir is None else (rates.fpir, rates.fnir)
    if rates.n_non_mated:
        return Errors("searches", name, "fpir", "fnir", "fnir", rates, lines, trials, e.fpir)
    return Errors("closed", name, f"fpir{ASIDE}", "fnir", "fnir", rates, lines, (trials[1], trials[1]), e.fpir)


def kinds(e: Evaluation) -> Kinds:
    """Return the errors of comparisons and of searches, each of one algorithm or of both."""
    every = ((e.pairs, e.against_pairs), (e.searches, e.against_searches))
    names = short(e.name), short(e.against)
    return [
        [errors_of(of, name, e) for of, name in zip(both, names, strict=True) if of is not None]
        for both in every
        if both[0] is not None
    ]


def difference(e: Evaluation, errors: Errors, target: float) -> Estimate | None:
    """Return how much more the first algorithm misses than the second, each at its own threshold for a target."""
    return _like(by_target(e.compared, "_".join((errors.refused, "at", errors.wrong.removesuffix(ASIDE), ""))), target)


def _like(found: list[tuple[float, Estimate]], target: float) -> Estimate | None:
    return next((figure for t, figure in found if math.isclose(t, target, rel_tol=1e-9)), None)


def sentence(e: Evaluation, both: Sequence[Errors]) -> str:
    """Return what is missed at the best target, with interval, of both algorithms with their difference; else empty."""
    mine, found = both[0], both[0].best()
    gallery = _gallery(mine)
    if found is None:
        name = "eer" if mine.kind == "pairs" else "rank_1"
        figure = mine.rates.figures.get(name)
        if figure is None or figure.value is None:
            return ""
        values = {"value": share(figure.value), "between": reach(figure), "level": level(figure), "gallery": gallery}
        return say(f"evaluation.lead.{name}", **values)
    target, figure = found
    values = {"between": reach(figure), "level": level(figure), "gallery": gallery, "target": one_of(target)}
    values |= {"value": share(figure.value), "n": grouped(mine.trials[1])}
    other = both[1].at(target) if len(both) > 1 else None
    gap = difference(e, mine, target)
    if other is None or gap is None:
        return say(
            f"evaluation.lead.{mine.kind}" if figure.count != 0 else f"evaluation.lead_none.{mine.kind}", **values
        )
    names = {"first": mine.name, "second": both[1].name, "rate": say(f"evaluation.short_names.{mine.refused}")}
    values |= {**names, "other": share(other.value), "gap": rate(gap)}
    return say(f"evaluation.lead_two.{mine.kind}", **values)


def _gallery(errors: Errors) -> str:
    return say("number.references", n=big(errors.rates.n_references)) if isinstance(errors.rates, SearchRates) else ""


def about(e: Evaluation, errors: Errors) -> str:
    """Return what the figures of a table or chart are conditional on."""
    kind = image(e.image_kind)
    if isinstance(errors.rates, PairRates):
        return kind
    return say("evaluation.about.searches", n=big(errors.rates.n_references), image=kind)


def basis(errors: Errors) -> str:
    """Return how many trials there were."""
    rates = errors.rates
    counts = {"mated": grouped(rates.n_mated), "non_mated": grouped(rates.n_non_mated), "gallery": _gallery(errors)}
    return say(f"evaluation.basis.{errors.kind}", **counts)


def section(e: Evaluation, both: Sequence[Errors], pictured: str) -> Section:
    """Return the section on comparisons or searches; what the page's first picture shows is not drawn again."""
    mine, figures = both[0], both[0].rates.figures
    charts = [trade_off(e, both), _over_threshold(e, mine)] if mine.lines is not None else []
    if isinstance(mine.rates, PairRates):
        charts.append(_scores(e, mine.rates))
    elif mine.rates.cmc is not None:
        charts.append(ranks(e, mine.rates, mine))
    drawn = tuple(chart for chart in charts if chart.title != pictured)
    title = say(f"evaluation.sections.{mine.kind}")
    # The tables of charts have the figures at targets and ranks.
    elsewhere = tuple(f"{rate}_at_{mine.wrong}_" for rate in (mine.refused, "threshold", "misid"))
    others = [name for name in figures if not name.startswith(elsewhere) and name not in _RANKS]
    note = say("evaluation.others.pairs" if mine.kind == "pairs" else "evaluation.others.searches")
    rest = figures_table(e, say("evaluation.others.title", about=about(e, mine)), figures, others, note)
    counted_figures = shown(e, figures)
    if len(both) > 1:
        counted_figures |= {f"against.{name}": f for name, f in shown(e, both[1].rates.figures).items()}
    text = " ".join(filter(None, (sentence(e, both), say("evaluation.on.trials", trials=basis(mine)))))
    return Section(section_id(mine), title, text, counted_figures, rest, drawn)


def section_id(errors: Errors) -> str:
    """Return where the appendix has these errors."""
    return "comparisons" if errors.kind == "pairs" else "searches"


def trade_off(e: Evaluation, both: Sequence[Errors]) -> ChartData:
    """Return the DET chart: the curve of each algorithm, with its own operating points and their intervals."""
    mine, records, bars = both[0], [], ""
    titles = {"x_title": say(f"evaluation.det_across.{mine.kind}"), "y_title": say(f"evaluation.det_up.{mine.kind}")}
    for order, one in enumerate(both):
        series = one.name if len(both) > 1 else say(f"evaluation.det_curve.{mine.kind}")
        found = [(x, f) for x, f in one.operating() if f.value is not None and 0 < f.value < 1 and f.low is not None]
        bars = bars or next((holds(figure) for _, figure in found), "")
        place = {"series": series, "order": 10_000 * order, **titles}
        records += [{**place, **r, "order": r["order"] + place["order"]} for r in _curve(one)]
        records += [{"x": x, "y": f.value, "low": f.low, "high": f.high, **place} for x, f in found]
    text = [say("evaluation.det.summary"), *([say("evaluation.det.bars", bars=bars)] if bars else [])]
    title = say(f"evaluation.det_title.{mine.kind}", about=about(e, mine))
    return ChartData("det", title, " ".join((*text, say("evaluation.det.few"))), tuple(records), _targets(e, both))


def _curve(errors: Errors) -> list[dict[str, Any]]:
    """Return records of one error over the other; where fewer than `FEW_EVENTS` of either were seen, it is not sure."""
    if errors.lines is None:
        return []
    first, second = errors.lines
    place = np.union1d(first.x, second.x)
    # Above the highest score that was seen nobody is returned.
    x, y = _at(first, place, 0.0), _at(second, place, 1.0)
    inside = (x > 0) & (x < 1) & (y > 0) & (y < 1)
    if not inside.any():
        return []
    x, y = x[inside], y[inside]
    keep = evenly(ndtri(x), ndtri(y))
    sure = (x * errors.trials[0] >= FEW_EVENTS) & (y * errors.trials[1] >= FEW_EVENTS)
    return [{"x": float(x[i]), "y": float(y[i]), "sure": bool(sure[i]), "order": order} for order, i in enumerate(keep)]


def _at(line: Line, x: Array, after: float) -> Array:
    return np.interp(x, line.x, line.value, right=after)


def _targets(e: Evaluation, both: Sequence[Errors]) -> Table:
    """Return misses at each target of each algorithm, with its own threshold; of searches also who is named instead."""
    mine, rows = both[0], []
    named_instead = mine.kind != "pairs"
    for one in both:
        for target, figure in one.at_targets():
            cut, wrong = one.at(target, "threshold"), one.at(target, "misid")
            at = figure.conditions.score if cut is None else cut.value
            row: list[Cell] = [one.name] if len(both) > 1 else []
            row += [say("evaluation.at_most", target=one_of(target)), cell(figure, e), counted(figure) or None]
            rows.append((*row, *([cell(wrong, e)] if named_instead else []), None if at is None else score(at)))
    heads = [say("evaluation.head.algorithm")] if len(both) > 1 else []
    heads += [*(say(f"evaluation.names.{n}") for n in (mine.wrong, mine.refused)), say("evaluation.head.missed")]
    heads += [say("evaluation.names.misid")] if named_instead else []
    heads.append(say("evaluation.head.threshold"))
    title = say(f"evaluation.targets_title.{mine.kind}", about=about(e, mine))
    return Table(title, tuple(heads), tuple(rows), say(f"evaluation.targets_note.{mine.kind}"), HERE)


def _over_threshold(e: Evaluation, errors: Errors) -> ChartData:
    """Return both errors over the threshold, with figures where somebody asked and at a few more places."""
    assert errors.lines is not None
    names = [say(f"evaluation.line.{name}") for name in (errors.wrong, errors.missed)]
    records = [
        r
        for i, (line, name) in enumerate(zip(errors.lines, names, strict=True))
        for r in points(line, "threshold", name, i)
    ]
    titles = {"x_title": say("evaluation.over.across"), "y_title": say("evaluation.over.up")}
    records = [{**r, **titles} for r in (*records, *_mark(errors))]
    heads = say("evaluation.head.threshold"), *(say(f"evaluation.names.{n}") for n in (errors.wrong, errors.missed))
    rows = tuple(
        (score(at), *(_read(line, at, end) for end, line in enumerate(errors.lines))) for at in _steps(errors.lines[0])
    )
    where = about(e, errors)
    table = Table(say("evaluation.over.table", about=where), heads, rows, say("evaluation.over.note"), HERE)
    title, text = say(f"evaluation.over_title.{errors.kind}", about=where), say(f"evaluation.over_text.{errors.kind}")
    return ChartData("rates", title, text, tuple(records), table)


def _mark(errors: Errors) -> list[dict[str, Any]]:
    """Return the record that marks the threshold of the best target."""
    found = errors.best()
    if found is None or found[1].conditions.score is None:
        return []
    words = say("evaluation.over.mark", rate=say(f"evaluation.names.{errors.wrong}"), target=one_of(found[0]))
    return [{"threshold": found[1].conditions.score, "mark": words}]


def _read(line: Line, at: float, after: float) -> str:
    """Return a rate at a threshold; above the highest score that was seen it is ``after``."""
    # A rate over the threshold is a step function: between two points it is what it is at the next one.
    i = int(line.x.searchsorted(at))
    return share(float(line.value[i]) if i < line.x.size else after)


def _steps(line: Line) -> list[float]:
    """Return a few thresholds at which a line moves."""
    moving = line.x[(line.value < 1) & (line.value > 0)]
    moving = moving if moving.size else line.x
    places = range(STEPS + 1) if moving.size else ()
    return sorted({float(moving[round(k * (moving.size - 1) / STEPS)]) for k in places})


def _scores(e: Evaluation, rates: PairRates) -> ChartData:
    """Return how scores spread, of one person and of two."""
    shapes = {"two": (rates.non_mated_density, rates.n_non_mated), "one": (rates.mated_density, rates.n_mated)}
    records: list[dict[str, Any]] = []
    rows: list[tuple[Cell, ...]] = []
    for order, (who, (line, n)) in enumerate(shapes.items()):
        name = say(f"evaluation.scores_of.{who}")
        records += points(line, "x", name, order)
        rows.append((name, n, score(float(line.x[int(line.value.argmax())])) if line.x.size else None))
    titles = {"x_title": say("evaluation.scores.across"), "y_title": say("evaluation.scores.up")}
    records = [{**r, **titles} for r in (*records, *_mark(errors_of(rates, "", e)))]
    heads = tuple(say(f"evaluation.scores_head.{name}") for name in ("of", "n", "peak"))
    where = image(e.image_kind)
    table = Table(say("evaluation.scores.table", about=where), heads, tuple(rows), distance=HERE)
    return ChartData(
        "scores", say("evaluation.scores.title", about=where), say("evaluation.scores.text"), tuple(records), table
    )


def ranks(e: Evaluation, rates: SearchRates, errors: Errors) -> ChartData:
    """Return the CMC chart."""
    assert rates.cmc is not None
    titles = {"x_title": say("evaluation.cmc.across"), "y_title": say("evaluation.cmc.up")}
    records = points(rates.cmc, "x", titles["y_title"], 0, **titles)
    rows: list[tuple[Cell, ...]] = []
    several = "rank_1_of_people" in rates.figures
    for r in RANKS:
        here, figure = rates.cmc.value[rates.cmc.x == r], rates.figures.get(f"rank_{r}")
        if figure is not None or here.size:
            in_list: Cell = share(float(here[0])) if figure is None else cell(figure, e)
            rank = say("evaluation.cmc.of_photos", rank=str(r)) if several else str(r)
            rows.append((rank, in_list, counted(figure) or None))
    favoured = rates.figures.get("rank_1_ties_favoured")
    if favoured is not None:
        rows.append((named("rank_1_ties_favoured"), cell(favoured, e), counted(favoured) or None))
    rows += [
        (say("evaluation.cmc.of_people", rank=str(r)), cell(figure, e), counted(figure) or None)
        for r in RANKS
        if (figure := rates.figures.get(f"rank_{r}_of_people")) is not None
    ]
    note = say("evaluation.cmc.ties") + (" " + say("evaluation.cmc.both") if several else "")
    note += "" if rates.depth >= rates.n_references else " " + say("evaluation.cmc.depth", depth=grouped(rates.depth))
    heads = tuple(say(f"evaluation.cmc_head.{name}") for name in ("rank", "found", "events"))
    where = about(e, errors)
    table = Table(say("evaluation.cmc.table", about=where), heads, tuple(rows), note, HERE)
    return ChartData("cmc", say("evaluation.cmc.title", about=where), say("evaluation.cmc.text"), tuple(records), table)
