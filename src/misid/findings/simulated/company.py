"""People who are stopped together: whether harm comes alone."""

from __future__ import annotations

import numpy as np

from misid.findings.model import Cell, Section, Table
from misid.findings.simulated.book import TOGETHER, Book
from misid.findings.simulated.rates import ACTED, ERROR, FEW, Moments, SimulatedRun, simulated_rate
from misid.findings.words import capital, format_number, percent
from misid.quantities import Estimate

TITLES = dict(zip(TOGETHER, ("households", "workplaces"), strict=True))
TOO_FEW = "too few"


def company_section(run: SimulatedRun, book: Book) -> Section:
    """Return what becomes of households and workplaces, at each operating point."""
    title = "Stopped together"
    if not book.companies:
        return Section("together", title, "In this scenario everybody is stopped alone.")
    figures: dict[str, Estimate] = {}
    rows: list[tuple[Cell, ...]] = []
    for point, kind in book.companies:
        found = _figures(run, book, point, kind)
        figures |= {f"{what}.{kind}.{point}": figure for what, figure in found.items()}
        if point not in (run.points[0], run.points[-1]):
            continue
        cells = [found.get(what, TOO_FEW) for what in ("harmed_here", "another_too", "another_if_alone", "lose_one")]
        met = int(book.companies[point, kind][:, 2].sum())
        rows.append((f"{run.named(point)}: {TITLES[kind]}", met, *cells))
    fate = run.estimates.scenario.together.shared_fate
    text = (
        f"{_finding(run, figures)} How far members share status, enrolment and record is an assumption: {fate.value:g} "
        f"({fate.low:g} to {fate.high:g}; {fate.source})."
    )
    columns = (
        "strangers named",
        "met in this run",
        "of all acted on unsupported, share in such groups",
        "if one is, another member is too",
        "the same if members shared nothing",
        f"of {run.per:,.0f} groups, with at least one acted on unsupported",
    )
    note = f"Shared nothing: each at the average risk of a member. {ERROR}"
    distance = run.estimates.distance(run.estimates.place(run.points[0]), ACTED)
    return Section(
        "together", title, text, figures, (Table("People stopped together", columns, tuple(rows), note, distance),)
    )


def _figures(run: SimulatedRun, book: Book, point: str, kind: str) -> dict[str, Estimate]:
    """Return the figures of one kind of group; those about people acted on are absent where too few were."""
    size, harmed, many = book.companies[point, kind].T
    title = TITLES[kind]
    groups = Moments.alone(int(many.sum()), int(many[harmed > 0].sum()))
    found = {"lose_one": run.estimate(simulated_rate(groups), point, f"of {title}", title, counted=ACTED)}
    if (harmed * many).sum() < FEW:
        return found
    another = simulated_rate(Moments.of_groups(harmed, harmed * (harmed > 1), many))
    for what, share in (("harmed_here", simulated_rate(_harmed_here(book, point, kind))), ("another_too", another)):
        found[what] = run.estimate(share, point, "share of those acted on", title, per=1.0, counted=ACTED)
    risk = (harmed * many).sum() / (size * many).sum()
    alone = -np.expm1((size - 1) * np.log1p(-min(risk, 1.0 - 1e-12)))
    found["another_if_alone"] = run.estimates.estimate(
        float((harmed * many * alone).sum() / (harmed * many).sum()),
        run.estimates.place(point),
        unit="share of those acted on",
        group=title,
        counted=ACTED,
        method="at the average risk of a member",
        n=1.0,
    )
    return found


def _harmed_here(book: Book, point: str, kind: str) -> Moments:
    """Return the sums of everybody who is harmed, by whether they are in a group of one kind; alone, each is a group."""
    total, alone = Moments.alone(0, 0), book.by_status[point][""]["unsupported"].events
    for other in TOGETHER:
        if (point, other) in book.companies:
            _, harmed, many = book.companies[point, other].T
            total = total.plus(Moments.of_groups(harmed, harmed * (other == kind), many))
            alone -= int((harmed * many).sum())
    return total.plus(Moments.alone(alone, 0))


def _finding(run: SimulatedRun, figures: dict[str, Estimate]) -> str:
    for point in reversed(run.points):  # where most are acted on
        if f"another_too.household.{point}" in figures:
            together, alone, here, lost = (
                figures[f"{what}.household.{point}"].value
                for what in ("another_too", "another_if_alone", "harmed_here", "lose_one")
            )
            return (
                f"Of the people acted on unsupported {run.condition(point)}, {percent(here)} had their household "
                f"with them. Where one member is, another is too in {percent(together)} of cases, against "
                f"{percent(alone)} if members shared nothing. Of {run.per:,.0f} households, {format_number(lost)} have "
                "at least one member acted on unsupported."
            )
    return capital(f"fewer than {FEW} people stopped with a household were acted on unsupported: too few to say more.")
