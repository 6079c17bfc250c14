"""How rates differ between groups, at one threshold for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from misid.evaluation import Differentials, Evaluation
from misid.findings.evaluation.words import (
    cell,
    counted,
    figures_table,
    holds,
    image,
    level,
    name_of,
    per,
    rate,
    short,
    shown,
)
from misid.findings.model import Cell, ChartData, Section, Table
from misid.quantities import Estimate
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import big, grouped, score, share

RATES = ("fmr", "fnmr", "fpir", "fnir")
CLEAR = 0.05  # a chance under which groups are said to differ
NAME = 60  # letters of a group
MOST = 12  # groups in a chart of the short page, the worst of them

Group = Mapping[str, Estimate]


def section(e: Evaluation, found: Differentials) -> Section:
    """Return the section on groups; measures of absolute gaps stand last, since they are blind at small rates."""

    def gap(name: str) -> bool:
        return "fdr" in name or "absolute_gap" in found.figures[name].caveats

    title = say("evaluation.groups.measures", about=_about(e, found))
    names = sorted(found.figures, key=gap)
    charts = (_matrix(e, found), *(by_group(e, found, name) for name in RATES[1:] if _by(found, name)))
    return Section(
        "groups",
        say("evaluation.sections.groups"),
        " ".join(verdict(found, name) for name in RATES if _by(found, name)),
        shown(e, found.figures),
        (_who(found), *figures_table(e, title, found.figures, names, say("evaluation.groups.measures_note"))),
        tuple(chart for chart in charts if chart is not None),
        points=found.remarks,
    )


def brief(e: Evaluation, found: Differentials) -> Iterator[Section]:
    """Return a section of the short page for false matches, and one for misses: who is worse off, and how sure that is."""
    for choice in (("fmr", "fpir"), ("fnmr", "fnir")):
        name = next((name for name in choice if _by(found, name)), "")
        if name:
            chart = by_group(e, found, name)
            yield Section(
                f"groups-{name}",
                say(f"evaluation.groups_title.{name}"),
                verdict(found, name),
                charts=(chart,),
                link="groups",
            )


def _cells(found: Differentials) -> Iterator[tuple[str, str, Estimate]]:
    """Go through the pairs of groups that were compared: group of the probe, group of the reference, FMR."""
    for probe, row in zip(found.names, found.fmr, strict=True):
        for reference, figure in zip(found.names, row, strict=True):
            if figure is not None:
                yield probe, reference, figure


def _by(found: Differentials, name: str) -> Group:
    """Return a rate by group, of those where it has a value; FMR is that among people of the same group."""
    within = {g: f for g, h, f in _cells(found) if g == h}
    rates = within if name == "fmr" else found.by_group.get(name, {})
    return {group: figure for group, figure in rates.items() if figure.value is not None}


def _about(e: Evaluation, found: Differentials) -> str:
    every = [f for _, _, f in _cells(found)] + [f for by in found.by_group.values() for f in by.values()]
    cut = next((f.conditions.score for f in every if f.conditions.score is not None), None)
    if cut is None:
        return say("evaluation.groups.no_cut", image=image(e.image_kind))
    return say("evaluation.groups.about", image=image(e.image_kind), cut=score(cut, most=4))


def verdict(found: Differentials, name: str) -> str:
    """Say who is worst and who is best off, and how often chance alone gives such a difference, for all looks together."""
    rates = sorted(_by(found, name).items(), key=lambda pair: pair[1].value or 0.0)
    if len(rates) < 2:
        return say("evaluation.groups.one", rate=name_of(name))
    (low, least), (high, most) = rates[0], rates[-1]
    values = {
        "rate": name_of(name),
        "high": short(high, NAME),
        "most": rate(most),
        "low": short(low, NAME),
        "least": rate(least),
    }
    chance = found.figures.get(f"{name}_alike_p_value")
    if not most.value:
        return say("evaluation.groups.none", **values)
    if chance is None or chance.value is None:
        return say("evaluation.groups.unsure", **values)
    values["chance"] = share(chance.value)
    return say("evaluation.groups.differ" if chance.value < CLEAR else "evaluation.groups.alike", **values)


def _matrix(e: Evaluation, found: Differentials) -> ChartData | None:
    cells = [(g, h, f) for g, h, f in _cells(found) if f.value is not None]
    if not cells:
        return None
    positive = sorted(f.value for _, _, f in cells if f.value)
    # Out of so many that an ordinary cell reads as a number of two or three digits.
    out_of = per(positive[len(positive) // 2] if positive else None)
    place = {name: i for i, name in enumerate(found.names)}
    records = [
        {"label": g, "series": h, "order": place[g] * len(place) + place[h], "per": out_of}
        | {"value": f.value, "count": f.count, "n": f.n}
        for g, h, f in cells
    ]
    rows = tuple((g, h, cell(f, e), counted(f) or None) for g, h, f in _cells(found))
    heads = tuple(say(f"evaluation.matrix_head.{name}") for name in ("probe", "reference", "rate", "events"))
    about, sure = _about(e, found), next((level(f) for _, _, f in cells if f.level is not None), "")
    note = say("evaluation.matrix.note", level=sure) if sure else ""
    table = Table(say("evaluation.matrix.table", about=about), heads, rows, note)
    title = say("evaluation.matrix.title", per=grouped(out_of), about=about)
    return ChartData("matrix", title, say("evaluation.matrix.text"), tuple(records), table)


def by_group(e: Evaluation, found: Differentials, name: str) -> ChartData:
    """Return a rate by group, the highest first."""
    rates = dict(sorted(_by(found, name).items(), key=lambda pair: -(pair[1].value or 0.0)))
    out_of = per(*(f.value for f in rates.values()))
    # A gallery has its size printed with its rates.
    sizes = [f.conditions.n_references for f in rates.values() if f.conditions.n_references is not None]
    about = _about(e, found)
    about = say("evaluation.about.searches", n=big(max(sizes)), image=about) if sizes else about
    records: list[dict[str, Any]] = [
        {
            "label": " ".join(filter(None, (short(group, NAME), counted(f) and f"({counted(f)})"))),
            "series": "",
            **{end: None if (x := getattr(f, end)) is None else x * out_of for end in ("value", "low", "high")},
            "order": i,
            "x_title": say(f"evaluation.groups_axis.{name}", per=grouped(out_of)),
        }
        for i, (group, f) in enumerate(list(rates.items())[:MOST])
    ]
    rows = tuple((g, cell(f, e), counted(f) or None) for g, f in rates.items())
    heads = say("evaluation.head.group"), name_of(name), say("evaluation.head.events")
    title = say(f"evaluation.groups_chart.{name}", about=about)
    text = say("evaluation.groups.bars", bars=holds(next(iter(rates.values()))))
    if len(rates) > MOST:
        text += " " + say("evaluation.groups.worst", shown=str(MOST), n=len(rates))
    return ChartData("intervals", title, text, tuple(records), Table(title, heads, rows))


def _who(found: Differentials) -> Table:
    total = sum(found.reference_subjects) or 1
    people = zip(found.names, found.probe_subjects, found.reference_subjects, strict=True)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (f"{i}  {name}", probes, references, share(references / total))
        for i, (name, probes, references) in enumerate(people, start=1)
    )
    heads = tuple(say(f"evaluation.who_head.{name}") for name in ("group", "probes", "references", "share"))
    return Table(say("evaluation.groups.who"), heads, rows, say("evaluation.groups.who_note"))
