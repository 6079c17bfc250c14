"""The register of the fifteen questions, and the words and tables that most answers share.

A question is a function with the decorator `question`: its id, its words, and the answer.  Where phi is open an answer
stands at every operating point, the strictest first; what holds at all of them is said first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from misid.algorithm import SEARCH
from misid.expected import Array
from misid.findings.estimates import Estimates
from misid.findings.model import Cell, ChartData, Finding, Table
from misid.findings.words import by_phi
from misid.quantities import Estimate, Grade
from misid.vocabulary.numbers import big, capital, format_number, format_range, strangers
from misid.vocabulary.tested import Counted

SIZES = (1e4, 1.6e6, 1.2e7, 2e8, 1.2e9)
CURVE = (1e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 0.6, 0.9)
FINE = np.geomspace(1e-6, 0.999, 97)
SLOPE_AT = 0.01  # phi at which the slope is taken: wrong hits on strangers are proportional to phi
ACTED = (Counted.ACTIONS,)
ONE_TO_ONE = "This question is about a search of many; here one photo is compared with one reference."
CAUSES = {"wrong_record": "own wrong record", "wrong_person": "somebody else's record", "not_verified": "nobody named"}
BECAUSE = {
    "wrong_record": "on their own wrong record",
    "wrong_person": "on somebody else's record",
    "not_verified": "because nobody is named",
}
ASSUMED = ("stop_mix_assumed", "record_error_assumed", "gallery_mix_assumed", "assumed_input")
Answer = Callable[[Estimates], Finding]
QUESTIONS: dict[tuple[str, str], tuple[str, Answer]] = {}
"""Words and answer of every question, by purpose of the scenario and id."""


def question(id_: str, words: str, purpose: str = "identify") -> Callable[[Callable[..., Finding]], Answer]:
    """Register a function as the answer to a question; ``{people}`` in its words is who is photographed."""

    def register(answer_of: Callable[..., Finding]) -> Answer:
        def asked(e: Estimates) -> Finding:
            return replace(answer_of(e), id=id_, question=words.format(people=photographed(e)))

        QUESTIONS[purpose, id_] = (words, asked)
        return asked

    return register


def all_answers(e: Estimates) -> tuple[Finding, ...]:
    """Answer all fifteen for one scenario, in order; what its purpose does not ask is said not to be answered."""
    found = []
    for id_ in dict.fromkeys(id_ for _, id_ in QUESTIONS):
        if (e.scenario.purpose, id_) in QUESTIONS:
            found.append(QUESTIONS[e.scenario.purpose, id_][1](e))
        else:
            words = QUESTIONS["identify", id_][0].format(people=photographed(e))
            found.append(Finding(id_, words, count=f"Not answered. {ONE_TO_ONE}", answered=False))
    return tuple(sorted(found, key=lambda one: one.id))


def finding(
    count: str,
    interval: str,
    doubt: str,
    figures: Mapping[str, Estimate],
    tables: tuple[Table, ...] = (),
    charts: tuple[ChartData, ...] = (),
) -> Finding:
    """Return an answer without its id and words, which the registry adds."""
    return Finding("", "", count, interval, doubt, figures, tables, charts)


def photographed(e: Estimates, stop: str = "") -> str:
    """Say who is photographed: ``10,000 people stopped at random``."""
    return f"{e.size:,} people {e.scenario.stops[stop or e.stop].title}"


def entitled(e: Estimates) -> str:
    """Say which people the action does not fit."""
    return e.scenario.entitled


def point_words(e: Estimates, name: str) -> str:
    """Say an operating point: how many strangers are named there, and what it is."""
    title = (
        e.scenario.threshold.points[name].title if name in e.scenario.threshold.points else e.scenario.threshold.title
    )
    if e.scenario.purpose == "verify":
        return title
    if not e.scenario.candidates.floor:
        return capital(best_shown(e))
    return f"{strangers(e.place(name).phi)}: {title}"


def best_shown(e: Estimates) -> str:
    """Say what a search shows where no threshold cuts its list."""
    most = e.scenario.candidates.most
    return f"the best {most} candidates are shown, whatever their scores" if most > 1 else "the best candidate is shown"


def by_point(e: Estimates, title: str, columns: Mapping[str, Mapping[str, Cell]], note: str = "") -> Table:
    """Return a table with a row an operating point, the strictest first."""
    rows = tuple((point_words(e, name), *(found[name] for found in columns.values())) for name in e.names)
    first = "threshold" if e.scenario.purpose == "verify" else "strangers named"
    return Table(title, (first, *columns), rows, note)


def at_points(
    e: Estimates,
    outcome: str,
    *statuses: str,
    by: str = "enrolled",
    rule: str = "",
    of_them: bool = False,
    counted: tuple[Counted, ...] = SEARCH,
    caveats: tuple[str, ...] = (),
) -> dict[str, Estimate]:
    """Return one count at every operating point; parameters as for `Estimates.count`."""
    more = {"by": by, "rule": rule, "of_them": of_them, "counted": counted, "caveats": caveats}
    return {name: e.count(outcome, name, *statuses, **more) for name in e.names}  # type: ignore[arg-type]


def named(stem: str, found: Mapping[str, Estimate], end: str = "") -> dict[str, Estimate]:
    """Return figures by their stable names, ``stem.<point>``."""
    return {".".join(part for part in (stem, name, end) if part): figure for name, figure in found.items()}


def said(e: Estimates, found: Mapping[str, Estimate | float], say: Callable[[float], str] = format_number) -> str:
    """Say a figure at the strictest and at the loosest point: ``26 if 1 in 10,000 strangers is named, 36 if ...``."""
    values = {name: x.value if isinstance(x, Estimate) else x for name, x in found.items()}
    ends = dict.fromkeys((e.names[0], e.names[-1]))
    texts = {e.place(name).phi: say(values[name] or 0.0) for name in ends}
    return next(iter(texts.values())) if len(e.names) == 1 else by_phi(texts)


def over_points(found: Mapping[str, Estimate | float]) -> str:
    """Say the range of a figure over the points."""
    values = [float((x.value if isinstance(x, Estimate) else x) or 0.0) for x in found.values()]
    return format_range(min(values), max(values))


def over_range(found: Mapping[str, Estimate]) -> str:
    """Say the range of a figure at the strictest and at the loosest point, each its own: no two are stacked."""
    ends = list(found.values())

    def text(figure: Estimate) -> str:
        low, high = figure.low or 0.0, figure.high or 0.0
        return f"{format_number(low)} (no range is given)" if low == high else format_range(low, high)

    strict, loose = text(ends[0]), text(ends[-1])
    return strict if strict == loose else f"{strict} at the strictest threshold, {loose} at the loosest"


def ratio(part: float, whole: float) -> float:
    """Return a share; 0 of nothing."""
    return round(part / whole, 12) if whole > 0 else 0.0


def causes_present(e: Estimates) -> tuple[str, ...]:
    """Return what people are acted on for, as far as it happens at some point."""
    return tuple(cause for cause in CAUSES if any(e.people(name).of(cause).any() for name in e.names))


def of_them(e: Estimates) -> str:
    """Say how many of those photographed the action does not fit."""
    count = float(e.people(e.names[0]).of("people", *e.harmed)[0]) if e.harmed else 0.0
    return f"{count:,.0f} of them {entitled(e)}"


def unsure_records(e: Estimates) -> dict[str, float]:
    """Return how often adults' records are wrong where that is in doubt, who is acted on most for it first."""
    statuses = e.scenario.statuses
    unsure = [s for s in e.harmed if any(0.0 < q.value < 1.0 for q in statuses[s].record_error.values())]
    first = e.people(e.names[0])
    unsure.sort(key=lambda s: -float(first.of("wrong_record", s)[0]))
    return {s: statuses[s].adults_error.value for s in unsure}


def searches_a_year(e: Estimates) -> str:
    """Say how many photos are searched a year, and whether that is assumed."""
    use = e.scenario.use.searches_per_year
    return f"about {big(use.value)}{' (assumed)' if use.grade is Grade.D else ''}"


def people_a_year(e: Estimates, name: str, acted: Estimate) -> Estimate:
    """Return how many people a year an outcome happens to, by how much the system is used."""
    use, per = e.scenario.use.searches_per_year, (acted.value or 0.0) / e.size
    return e.estimate(
        use.value * per,
        e.place(name),
        (use.low * per, use.high * per),
        "use",
        unit="people a year",
        counted=ACTED,
        caveats=("same_people_scanned_again",),
        n=use.value,
    )


def total(x: Array) -> float:
    """Return a sum as a plain number."""
    return float(np.sum(x))


def short_title(e: Estimates, name: str) -> str:
    """Say an operating point without how many strangers are named there."""
    return point_words(e, name).partition(": ")[2] or point_words(e, name)


def crossing(grid: Sequence[float], difference: Array, *, falling: bool = False) -> float | None:
    """Return the phi at which a difference over a grid turns from below 0 to above (or falls); None if it does not."""
    d = -difference if falling else difference
    at = np.flatnonzero((d[:-1] < 0.0) & (d[1:] >= 0.0))
    if not len(at):
        return None
    i = int(at[0])
    x = np.log(grid[i : i + 2])
    return float(np.exp(np.interp(0.0, d[i : i + 2], x)))
