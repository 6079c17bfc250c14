"""What a larger gallery would do, and how each form of growth did inside the data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from misid.evaluation import Check, Evaluation, Growth
from misid.findings.evaluation.words import by_target, cell, image, name_of, points, rate, shown
from misid.findings.model import Cell, ChartData, Section, Table
from misid.findings.nearness import distance_words, from_data
from misid.quantities import Estimate
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import big, format_references, score

BEYOND = 10  # times the measured gallery; further on the assumed shape decides and not the data


def section(e: Evaluation, found: Growth) -> Section:
    """Return what each form did inside the data, and what it says of larger galleries."""
    threshold = _at_sizes(e, found, "threshold_holding_fpir_at_n_")
    text = " ".join((_judged(found), _text(found)))
    tables = tuple(table for table in (_checks(e, found), threshold) if table.rows)
    title = say("evaluation.sections.growth")
    return Section("growth", title, text, shown(e, found.figures), tables, (_chart(e, found),), points=found.remarks)


def brief(e: Evaluation, found: Growth) -> Section:
    """Return the section of the short page: forms that predicted inside the data, as far as the data carry them."""
    chart = _chart(e, found, within=True)
    charts = (chart,) if chart.records else ()
    text = " ".join((_judged(found), _text(found)))
    return Section("larger", say("evaluation.sections.growth"), text, charts=charts, link="growth")


def standing(found: Growth, name: str) -> str:
    """Say why a form is not trusted; nothing if it is."""
    passed = [check.passed for check in found.checks if check.form == name]
    if not passed:
        return say("evaluation.growth.unchecked")
    return "" if all(passed) else say("evaluation.growth.failed")


def _judged(found: Growth) -> str:
    forms = list(found.lines)
    good = [name_of(name) for name in forms if not standing(found, name)]
    if not good:
        return say("evaluation.growth.none")
    bad = [name_of(name) for name in forms if standing(found, name)]
    return say("evaluation.growth.some" if bad else "evaluation.growth.all", good=good, bad=bad)


def _sizes(found: Growth, start: str = "fpir_at_n_") -> list[tuple[float, Estimate]]:
    return by_target(found.figures, start)[::-1]


def _text(found: Growth) -> str:
    """Say what the largest gallery that the data carry would do, and where they end."""
    last = BEYOND * found.measured_n
    ends = say("evaluation.growth.ends", n=big(found.measured_n), last=big(last))
    near = [(n, f) for n, f in _sizes(found) if f.value is not None and n <= last]
    if not near:
        return ends
    n, figure = near[-1]
    return " ".join((say("evaluation.growth.near", n=big(n), value=rate(figure)), ends))


def _chart(e: Evaluation, found: Growth, within: bool = False) -> ChartData:
    """Return FPIR over the gallery; ``within`` keeps what the data carry."""
    standings = {name: standing(found, name) for name in found.lines}
    records: list[dict[str, Any]] = []
    for i, (name, line) in enumerate(found.lines.items()):
        trusted, words = not standings[name], name_of(name)
        series = words if trusted else say("evaluation.growth.doubtful", form=words, why=standings[name])
        more = {"trusted": trusted, "measured": found.measured_n, "y_title": say("evaluation.growth.up")}
        records += points(line, "n_references", series, i, **more)
    if within:
        records = [r for r in records if r["trusted"] and r["n_references"] <= BEYOND * found.measured_n]
    for record in records:
        record["distance"] = distance_words(from_data(found.measured_n, record["n_references"]))
    summary = [say("evaluation.growth.bands")] + ([] if within else [say("evaluation.growth.grey")])
    summary += [say("evaluation.growth.thin")] if any(standings.values()) and not within else []
    title = say("evaluation.growth.chart", about=_about(e, found))
    return ChartData("galleries", title, " ".join(summary), tuple(records), _at_sizes(e, found, "fpir_at_n_"))


def _about(e: Evaluation, found: Growth) -> str:
    return say("evaluation.groups.about", image=image(e.image_kind), cut=score(found.threshold, most=4))


def _at_sizes(e: Evaluation, found: Growth, start: str) -> Table:
    """Return figures by gallery, and whether the data carry them."""
    key = "fpir" if start.startswith("fpir") else "threshold"
    heads = say("evaluation.growth.gallery"), say(f"evaluation.growth_head.{key}"), say("evaluation.growth.within")
    rows = tuple(
        (format_references(n), cell(f, e), say("evaluation.yes" if n <= BEYOND * found.measured_n else "evaluation.no"))
        for n, f in _sizes(found, start)
    )
    title, note = say(f"evaluation.growth_title.{key}", about=_about(e, found)), say(f"evaluation.growth_note.{key}")
    return Table(title, heads, rows, note)


def _checks(e: Evaluation, found: Growth) -> Table:
    order = list(dict.fromkeys(check.form for check in found.checks))
    names = ("form", "threshold", "from", "to", "predicted", "seen", "agrees")
    checks = sorted(found.checks, key=lambda c: (order.index(c.form), _cut(found, c), c.n_from, c.n_to))
    rows: Iterator[tuple[Cell, ...]] = (
        (
            name_of(check.form),
            score(_cut(found, check), most=4),
            big(check.n_from),
            big(check.n_to),
            cell(check.predicted, e),
            cell(check.seen, e),
            say("evaluation.yes" if check.passed else "evaluation.no"),
        )
        for check in checks
    )
    title, heads = (
        say("evaluation.checks.title", image=image(e.image_kind)),
        [say(f"evaluation.checks_head.{n}") for n in names],
    )
    return Table(title, tuple(heads), tuple(rows), say("evaluation.checks.note"))


def _cut(found: Growth, check: Check) -> float:
    return found.threshold if check.seen.conditions.score is None else check.seen.conditions.score
