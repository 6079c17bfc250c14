"""The register of the questions, and the words and tables that most answers share.

A question is one module of this package: a function with the decorator `question`, which gives its id and the key of its
words.  A module that stands alone brings its sentences by `misid.vocabulary.catalogue.add`.  Where phi is open an answer
stands at every operating point, the strictest first, and its sentences at the rates of `reach`.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from misid.expected import OUTCOMES, Array
from misid.findings import questions
from misid.findings.estimates import At, Estimates
from misid.findings.model import Cell, ChartData, Finding, Table
from misid.quantities import Estimate, Grade
from misid.scenario import Scenario
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import capital, format_number, format_range, grouped
from misid.vocabulary.tested import Counted
from misid.vocabulary.units import A_YEAR

SIZES = (1e4, 1.6e6, 1.2e7, 2e8, 1.2e9)
CURVE = (1e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 0.6, 0.9)
FINE = np.geomspace(1e-6, 0.999, 97)
SLOPE_AT = 0.01  # phi at which the slope is taken: wrong hits on strangers are proportional to phi
ACTED = (Counted.ACTIONS,)
CAUSES = ("wrong_record", "wrong_person", "not_verified")
ASSUMED = ("stop_mix_assumed", "record_error_assumed", "gallery_mix_assumed", "assumed_input")
Answer = Callable[[Estimates], Finding]


@dataclass(frozen=True)
class Question:
    """A question as one purpose of a scenario asks it."""

    title: str  # key of its words; ``{people}`` in them is who is photographed
    answer: Answer
    leads: bool  # whether the command line and a notebook lead with it


QUESTIONS: dict[tuple[str, str], Question] = {}
"""Every question, by purpose of the scenario and id."""


def question(id_: str, title: str, purpose: str = "identify", *, leads: bool = False) -> Callable[[Answer], Answer]:
    """Register a function as the answer to a question."""

    def register(answer_of: Answer) -> Answer:
        def asked(e: Estimates) -> Finding:
            return replace(answer_of(e), id=id_, question=say(title, people=photographed(e)))

        QUESTIONS[purpose, id_] = Question(title, asked, leads)
        return asked

    return register


def asked() -> dict[tuple[str, str], Question]:
    """Return the questions of every module of this package, by purpose and id, in order."""
    for module in pkgutil.iter_modules(questions.__path__):
        importlib.import_module(f"{questions.__name__}.{module.name}")
    return dict(sorted(QUESTIONS.items(), key=lambda one: one[0][1]))


def all_answers(e: Estimates) -> tuple[Finding, ...]:
    """Answer all of them for one scenario, in order; what its purpose does not ask is said not to be answered."""
    found, purpose = asked(), e.scenario.purpose
    answers = {id_: one.answer(e) for (of, id_), one in found.items() if of == purpose}
    for (_, id_), one in found.items():
        if id_ not in answers:
            title = say(one.title, people=photographed(e))
            answers[id_] = Finding(id_, title, say(f"questions.not_asked.{purpose}"), answered=False)
    return tuple(answers[id_] for id_ in sorted(answers))


def not_answered(answers: Sequence[Finding]) -> dict[str, list[Finding]]:
    """Return the questions that are not answered, by the reason."""
    found: dict[str, list[Finding]] = {}
    for one in answers:
        if not one.answered:
            found.setdefault(one.count, []).append(one)
    return found


def headlines(e: Estimates) -> tuple[str, ...]:
    """Return the ids of the answers that the command line and a notebook lead with."""
    return tuple(id_ for (purpose, id_), one in asked().items() if purpose == e.scenario.purpose and one.leads)


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


def answered(
    e: Estimates,
    section: str,
    figures: Mapping[str, Estimate | Mapping[str, Estimate]],
    columns: Mapping[str, Mapping[str, Cell]],
    values: Mapping[str, object],
    parts: Mapping[str, Sequence[str]] = MappingProxyType({}),
    tables: tuple[Table, ...] = (),
) -> Finding:
    """Return an answer whose words are a section of the catalogue.

    Parameters
    ----------
    figures : mapping
        By stable name; those at every point by their stem.
    columns : mapping
        Of the table by point, by the code of their headings; none if empty.
    values : mapping
        What the messages of the section name, beside ``size``, ``people``, ``who`` the action does not fit, and each
        of `misid.expected.OUTCOMES` at the rates of `reach`.
    parts : mapping
        Messages of ``count``, ``interval`` and ``doubt``, one after another; the one of that name if not given.
    tables : tuple of Table
        What stands under the table by point.
    """
    about = {"size": grouped(e.size), "people": photographed(e), "who": e.scenario.entitled}
    values = {outcome: within(e, outcome) for outcome in OUTCOMES} | about | dict(values)
    texts = [
        " ".join(
            filter(None, (say(f"questions.{section}.{name}", **values) for name in parts.get(part, (part,)) if name))
        )
        for part in ("count", "interval", "doubt")
    ]
    own = (points_table(e, f"questions.{section}.table", columns, **values),) if columns else ()
    return finding(texts[0], texts[1], texts[2], by_name(figures), (*own, *tables))


def missing(e: Estimates, reason: str, unit: str, **more: Any) -> Estimate:
    """Return a figure that has no value, and why; other parameters as for `Estimates.estimate`."""
    one = e.estimate(0.0, e.place(e.names[0]), unit=unit, **more)
    return replace(one, value=None, reason=reason, method="", n=None)


def photographed(e: Estimates, stop: str = "") -> str:
    """Say who is photographed: ``10,000 people stopped at random``."""
    return say("questions.photographed", n=grouped(e.size), who=e.scenario.stops[stop or e.stop].title)


def point_title(e: Estimates, name: str) -> str:
    """Say an operating point without how many strangers are named there."""
    if not e.scenario.candidates.floor:
        return capital(best_shown(e))
    point = e.scenario.threshold.points.get(name)
    return e.scenario.threshold.title if point is None else point.title


def point_words(e: Estimates, name: str) -> str:
    """Say an operating point: how many strangers are named there, and what it is."""
    title = point_title(e, name)
    if e.scenario.purpose == "verify" or not e.scenario.candidates.floor:
        return title
    return say("questions.point", phi=e.place(name).phi, title=title)


def condition(e: Estimates, at: At) -> str:
    """Say where counts stand: ``if 1 in 100 strangers is named``; of one-to-one the threshold's title."""
    if e.scenario.purpose == "verify":
        return say("short.at.setting", setting=e.scenario.threshold.title)
    if not e.scenario.candidates.floor:
        return say("short.at.best", best=best_shown(e))
    return say("short.at.named", phi=e.place(at).phi)


def best_shown(e: Estimates) -> str:
    """Say what a search shows where no threshold cuts its list."""
    return say("questions.best", n=grouped(e.scenario.candidates.most))


def by_point(e: Estimates, title: str, columns: Mapping[str, Mapping[str, Cell]]) -> Table:
    """Return a table with a row an operating point, the strictest first."""
    rows = tuple((point_words(e, name), *(found[name] for found in columns.values())) for name in e.names)
    return Table(title, (say(f"questions.column.first_{e.scenario.purpose}"), *columns), rows)


def points_table(e: Estimates, key: str, columns: Mapping[str, Mapping[str, Cell]], **values: object) -> Table:
    """Return a table by point with title and headings from the catalogue."""
    headings = {say(f"questions.column.{code}", **values): found for code, found in columns.items()}
    return by_point(e, say(key, **values), headings)


def headings(*codes: str) -> tuple[str, ...]:
    """Say the headings of a table by their codes."""
    return tuple(say(f"questions.column.{code}") for code in codes)


def each_point(e: Estimates, count: Callable[[str, str], float], by: str = "", **more: Any) -> dict[str, Estimate]:
    """Return an estimate at every operating point from what counts it there, given the point and an end of a range."""

    def at(name: str) -> Estimate:
        ends = (count(name, f"{by}.low"), count(name, f"{by}.high")) if by else None
        return e.estimate(count(name, ""), e.place(name), ends, by, **more)

    return {name: at(name) for name in e.names}


def at_points(e: Estimates, outcome: str, *statuses: str, by: str = "enrolled", **more: Any) -> dict[str, Estimate]:
    """Return one count at every operating point; parameters as for `Estimates.count`."""
    return {name: e.count(outcome, name, *statuses, by=by, **more) for name in e.names}


def by_name(found: Mapping[str, Estimate | Mapping[str, Estimate]], end: str = "") -> dict[str, Estimate]:
    """Return figures by their stable names; those at every point by their stem, ``stem.<point>``."""
    each = ((stem, {"": one} if isinstance(one, Estimate) else one) for stem, one in found.items())
    return {".".join(filter(None, (stem, at, end))): figure for stem, at_each in each for at, figure in at_each.items()}


def reach(e: Estimates) -> tuple[float, ...]:
    """Return the values of phi that sentences speak of, the strictest first.

    The one in force; or where nobody knows it the strictest point, 1 in 100, and the loosest that evidence speaks for.
    """
    own = [e.place(name).phi for name in e.names]
    if len(own) == 1:
        return (own[0],)
    evidence = [tick.phi for tick in e.evidence if "if-then" not in tick.sources]
    return tuple(sorted({own[0], SLOPE_AT, max(*own, *evidence)}))


def situation(e: Estimates) -> str:
    """Return what sentences have to say of phi: ``open``, ``given``, or ``list`` where the best candidates are shown."""
    return "list" if not e.scenario.candidates.floor else "open" if len(e.names) > 1 else "given"


def spoken_at(e: Estimates) -> At:
    """Return where sentences stand: at the one operating point, or at the rates of `reach`."""
    return e.names[0] if len(e.names) == 1 else reach(e)


def within(e: Estimates, outcome: str, *statuses: str, end: str = "", rule: str = "") -> dict[float, float]:
    """Return one count at the rates of `reach`, by rate."""
    return dict(zip(reach(e), e.people(spoken_at(e), "", rule, end).of(outcome, *statuses).tolist(), strict=True))


def middle(e: Estimates) -> float:
    """Return the rate at which sentences stand: the one in force, or the middle of those of `reach`."""
    return reach(e)[len(reach(e)) // 2]


def moved(e: Estimates, outcome: str, by: str, rule: str = "") -> tuple[float, float, float]:
    """Return a count at the middle rate, and over one thing's range there."""
    each = [within(e, outcome, end=end, rule=rule)[middle(e)] for end in ("", f"{by}.low", f"{by}.high")]
    return each[0], min(each), max(each)


def rests_on_records(e: Estimates, outcome: str, key: str = "questions.rests_on_records") -> str:
    """Say what a count becomes over what is assumed of records; empty where it stays."""
    value, low, high = moved(e, outcome, "record_error")
    return say(key, n=value, range=(low, high)) if apart(low, high) else ""


def over_records(e: Estimates) -> str:
    """Say how many are acted on for wrong records at the middle rate, and what that becomes over what is assumed."""
    count = format_number(moved(e, "wrong_record", "record_error")[0])
    return rests_on_records(e, "wrong_record", "questions.over_records") or count


def over_points(found: Mapping[Any, Estimate | float], of: float = math.inf) -> str:
    """Say the range of a figure over the points, or over rates; with all digits where it is nearly all of so many."""
    values = [float((x.value if isinstance(x, Estimate) else x) or 0.0) for x in found.values()]
    return format_range(min(values), max(values), grouped if min(values) > 0.99 * of else format_number)


def apart(low: float | None, high: float | None) -> bool:
    """Return whether two ends read as a range."""
    return format_number(low) != format_number(high)


def has_range(found: Mapping[str, Estimate]) -> bool:
    """Return whether any figure has a range that reads as one."""
    return any(apart(x.low, x.high) for x in found.values())


def over_range(found: Mapping[str, Estimate]) -> str:
    """Say the range of a figure at the strictest and at the loosest point, each its own: no two are stacked."""
    ends = list(found.values())

    def text(figure: Estimate) -> str:
        low, high = figure.low or 0.0, figure.high or 0.0
        return say("questions.range.none", x=low) if low == high else format_range(low, high)

    strict, loose = text(ends[0]), text(ends[-1])
    return strict if strict == loose else say("questions.range.two", strict=strict, loose=loose)


def ratio(part: float, whole: float) -> float:
    """Return a share; 0 of nothing."""
    return round(part / whole, 12) if whole > 0 else 0.0


def causes_present(e: Estimates) -> tuple[str, ...]:
    """Return what people are acted on for, as far as it happens at some point."""
    return tuple(cause for cause in CAUSES if any(e.people(name).of(cause).any() for name in e.names))


def cause(name: str) -> str:
    """Say a cause in the heading of a column."""
    return say(f"questions.column.{name}")


def because(name: str) -> str:
    """Say a cause in a sentence, after those who are acted on."""
    return say(f"questions.because.{name}")


def entitled_count(e: Estimates) -> str:
    """Say how many of those photographed the action does not fit."""
    return grouped(float(e.people(e.names[0]).of("people", *e.harmed)[0]) if e.harmed else 0.0)


def of_them(e: Estimates) -> str:
    """Say how many of those photographed the action does not fit, and who they are."""
    return say("questions.of_them", n=entitled_count(e), who=e.scenario.entitled)


def listed(e: Estimates) -> str:
    """Return the ending of sentences where a list is shown: acted on is whom it names, not who is in the picture."""
    return "_list" if e.scenario.purpose != "verify" and not e.scenario.candidates.floor else ""


def unsure_records(e: Estimates) -> dict[str, float]:
    """Return how often adults' records are wrong where that is in doubt, who is acted on most for it first."""
    statuses = e.scenario.statuses
    unsure = [s for s in e.harmed if any(0.0 < q.value < 1.0 for q in statuses[s].record_error.values())]
    first = e.people(e.names[0])
    unsure.sort(key=lambda s: -float(first.of("wrong_record", s)[0]))
    return {s: statuses[s].adults_error.value for s in unsure}


def time_kept(scenario: Scenario) -> str:
    """Say how long a photo is kept: ``15 years``; empty where it is not kept."""
    years = scenario.use.retention_years.value
    days = 365.25 * years
    unit, n = ("years", years) if years >= 1.0 else ("days", days) if days >= 1.0 else ("hours", 24 * days)
    return say(f"short.time.{unit}", n=n) if years > 0.0 else ""


def searches_a_year(e: Estimates) -> str:
    """Say how many photos are searched a year, and whether that is assumed."""
    use = e.scenario.use.searches_per_year
    return say(f"questions.use.{'assumed' if use.grade is Grade.D else 'reported'}", n=use.value)


def a_year(e: Estimates) -> float:
    """Return how many times as many people are photographed in a year."""
    return e.scenario.use.searches_per_year.value / e.size


def people_a_year(e: Estimates, name: str, acted: Estimate) -> Estimate:
    """Return how many people a year an outcome happens to, by how much the system is used."""
    use, per = e.scenario.use.searches_per_year, (acted.value or 0.0) / e.size
    return e.estimate(
        use.value * per,
        e.place(name),
        (use.low * per, use.high * per),
        "use",
        unit=A_YEAR,
        counted=ACTED,
        caveats=("same_people_scanned_again",),
        n=use.value,
    )


def crossing(grid: Sequence[float], difference: Array, *, falling: bool = False) -> float | None:
    """Return the phi at which a difference over a grid turns from below 0 to above (or falls); None if it does not."""
    d = -difference if falling else difference
    at = np.flatnonzero((d[:-1] < 0.0) & (d[1:] >= 0.0))
    if not len(at):
        return None
    i = int(at[0])
    x = np.log(grid[i : i + 2])
    return float(np.exp(np.interp(0.0, d[i : i + 2], x)))
