"""The short page of a run: what stands below its first screen, in a handful of sections.

Counts stand at one threshold: the scenario's own, or where that is not known 1 stranger in 100.  Everything else,
every table with its conditions included, stands in the appendix.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from misid.expected import (
    Outcomes,
    Stratum,
    apply_rule,
    from_hit_share,
    measured_share,
    part_of,
    phi_of,
    photos_held,
    strangers_to_test,
    strata,
)
from misid.findings.compare.words import RuleWords, rule_title
from misid.findings.estimates import At, Estimates
from misid.findings.model import Cell, ChartData, Finding, Page, Section, Table
from misid.findings.nearness import INPUTS
from misid.findings.questions.registry import (
    ACTED,
    ASSUMED,
    SLOPE_AT,
    condition,
    listed,
    not_answered,
    photographed,
    ratio,
    time_kept,
    unsure_records,
)
from misid.findings.questions.rules import break_even
from misid.findings.questions.unknown import YEARS
from misid.findings.simulated.phone import four_screens
from misid.quantities import Estimate
from misid.vocabulary import Age
from misid.vocabulary.catalogue import say
from misid.vocabulary.names import label
from misid.vocabulary.numbers import beside, capital, format_range, grouped, of_strangers

HITS_AUDITED, FOUND_WRONG = 400, 6  # of an audit that would tell how often records are wrong
LIMITS = ("identified", "fielded", "untested")
LEAST_ACTED, MOST_PEOPLE = 10.0, 1e7
ALIKE = 1.01  # rates of groups that differ by less are said to be alike


@dataclass(frozen=True)
class Here:
    """The one threshold at which the counts of the short page stand."""

    e: Estimates

    @cached_property
    def at(self) -> At:
        """Name of the operating point; where nobody knows the threshold the phi of an if-then, which stands in."""
        return self.e.names[0] if len(self.e.names) == 1 or not self.e.scenario.candidates.floor else (SLOPE_AT,)

    @property
    def phi(self) -> float:
        """Share of strangers who are named there."""
        return self.e.place(self.at).phi if isinstance(self.at, str) else SLOPE_AT

    @cached_property
    def size(self) -> float:
        """People that counts are given per: tenfold until enough are acted on to be counted."""
        acted, size = self.count("unsupported"), float(self.e.size)
        while 0 < acted < LEAST_ACTED and size < MOST_PEOPLE:
            acted, size = 10 * acted, 10 * size
        return size

    @property
    def to_test(self) -> int:
        """A round number of strangers, of whom none named would show that phi is lower."""
        return int(10 ** math.ceil(math.log10(strangers_to_test(min(self.phi, 0.5)))))

    def count(self, outcome: str, *statuses: str, rule: str = "") -> float:
        """Return how many people an outcome happens to here."""
        return float(self.e.people(self.at, rule=rule).of(outcome, *statuses)[0])

    @cached_property
    def cells(self) -> tuple[tuple[Stratum, float, float], ...]:
        """Cells of people with how many are photographed and how many are acted on without support."""
        e = self.e
        points = e.points(self.at)
        found: Outcomes = apply_rule(points, e.stop, e.answers(self.at), e.scenario.rule)
        part = e.size * part_of(points, e.stop)[0]
        acted = part * np.broadcast_to(found.unsupported, (1, len(part)))[0]
        return tuple(zip(strata(e.scenario, e.stop), part.tolist(), acted.tolist(), strict=True))

    def figure(self, value: float, unit: str = "people", group: str = "all") -> Estimate:
        """Return a count of the page as an estimate, so that it has conditions and the nearest test."""
        return self.e.estimate(value, self.e.place(self.at), unit=unit, group=group, counted=ACTED, caveats=ASSUMED)


def short_page(
    e: Estimates, lead: str, tested: str, picture: ChartData, answers: Sequence[Finding], simulated: bool = False
) -> Page:
    """Return the short page of a run; a section that a scenario gives no ground for is left out.

    Parameters
    ----------
    e : Estimates
        Of the scenario.
    lead, tested : str
        The first screen's sentence, and what was tested.
    picture : ChartData
        People acted on over phi.
    answers : sequence of Finding
        All fifteen.
    simulated : bool
        Whether the appendix has simulated people of a run of its own.
    """
    here = Here(e)
    made = (
        face_or_record(here, picture),
        rules(here),
        for_whom(here),
        no_name_and_kept(here),
        four_encounters(here, simulated),
        settling(here),
    )
    limits = tuple(say(f"short.limits.{name}") for name in LIMITS)
    sections = (*(one for one in made if one), questions(answers))
    return Page(e.scenario.title, say("short.mark"), lead, tested, sections, limits)


def face_or_record(here: Here, picture: ChartData) -> Section | None:
    """Over phi, with the bands; where face and record weigh the same; and what all counts rest on."""
    e = here.e
    if len({r["phi"] for r in picture.records}) < 2:
        return None
    if e.scenario.purpose == "verify":
        chart = replace(picture, summary=say("short.weigh.stricter"))
        title, text = say("short.weigh.title_verify"), say("short.weigh.verify")
        return Section("over-phi", title, text, charts=(chart,), link="Q14")
    texts = [say("short.weigh.below", at=condition(e, here.at), people=photographed(e), action=e.scenario.action)]
    even = break_even(e, *e.harmed)
    if even.value is not None:
        low, high = share_named(even.low or 0.0), share_named(even.high or 0.0)
        span = "" if low == high else say("short.weigh.range", low=low, high=high)
        texts.append(say("short.weigh.same", phi=even.value, range=span))
    if unsure := unsure_records(e):
        texts.append(say("short.weigh.listed", listed=[_listed(e, status, wrong) for status, wrong in unsure.items()]))
    chart = replace(picture, title=say("short.weigh.chart", n=grouped(e.size)), summary=say("short.weigh.bands"))
    return Section("over-phi", say("short.weigh.title"), " ".join(texts), charts=(chart,), link="Q08")


def _listed(e: Estimates, status: str, wrong: float) -> str:
    """Say how often the records of a status are wrong, by age where that differs."""
    who = e.scenario.statuses[status]
    young = who.record_error.get(Age.UNDER_18)
    if young is None or young.value == wrong:
        return say("short.weigh.of", wrong=wrong, who=who.title)
    return say("short.weigh.of_ages", wrong=wrong, who=who.title, others=young.value)


def rules(here: Here) -> Section | None:
    """Which rule helps at every rate, what it costs, by status, and what it cannot touch."""
    e = here.e
    if len(e.model.rules) < 2 or e.scenario.purpose == "verify":
        return None
    words = RuleWords(e)
    by_status: tuple[tuple[str, ...], ...] = tuple((s,) for s in e.harmed) if len(e.harmed) > 1 else ()
    rows: list[tuple[Cell, ...]] = [
        (
            say(f"short.rules.{'in_force' if rule == e.scenario.rule else 'other'}", rule=rule_title(e, rule)),
            *(here.figure(here.count("unsupported", *who, rule=rule)) for who in ((), *by_status)),
            here.figure(here.count("supported", rule=rule)),
        )
        for rule in e.model.rules
    ]
    names = [e.scenario.statuses[s].title for (s,) in by_status]
    columns = (say("short.rules.where"), say("short.rules.all"), *names, say("short.rules.supported"))
    table = Table(say("short.rules.table", at=condition(e, here.at)), columns, tuple(rows))
    text = " ".join([words.which_help(), *words.spares_most(), *words.out_of_reach()])
    return Section("rules", say("short.rules.title"), text, tables=(table,), link="Q09")


def for_whom(here: Here) -> Section:
    """Return counts and rates of the people whom the action does not fit, by status, origin, sex and age."""
    e = here.e
    rows: list[tuple[Cell, ...]] = []
    alike = []
    for part in ("status", "origin", "sex", "age"):
        groups: dict[str, list[float]] = {}
        for cell, size, acted in (one for one in here.cells if one[0].status in e.harmed):
            group = groups.setdefault(str(getattr(cell, part)), [0.0, 0.0])
            group[0] += size
            group[1] += acted
        rates = {_group(e, part, one): ratio(10_000 * acted, size) for one, (size, acted) in groups.items()}
        if len(rates) < 2:
            continue
        if max(rates.values()) <= min(rates.values()) * ALIKE:
            alike.append(say(f"short.whom.{part}"))
            continue
        for (who, rate), (size, acted) in zip(rates.items(), groups.values(), strict=True):
            per = here.figure(rate, "people of 10,000", who)
            rows.append((capital(who), here.figure(size), here.figure(acted), per))
    size, acted = here.count("people", *e.harmed), here.count("unsupported")
    about = {"n": grouped(size), "who": e.scenario.entitled, "acted": acted}
    texts = [say(f"short.whom.all{listed(e)}", rate=ratio(10_000 * acted, size), **about)]
    if alike:
        texts.append(say("short.whom.alike", names=alike))
    columns = tuple(say(f"short.whom.{name}") for name in ("who", "photographed", "acted", "rate"))
    table = Table(say("short.whom.table", who=e.scenario.entitled), columns, tuple(rows))
    return Section("for-whom", say("short.whom.title"), " ".join(texts), tables=(table,) if rows else (), link="Q03")


def _group(e: Estimates, part: str, name: str) -> str:
    """Say a status, origin, sex or age within a sentence."""
    if part == "status":
        return e.scenario.statuses[name].title
    ages = {Age.ADULT.value: "short.whom.adult", Age.UNDER_18.value: "short.whom.under_18"}
    return say(ages[name]) if name in ages else label(name)


def no_name_and_kept(here: Here) -> Section | None:
    """Let go or fingerprinted where no name comes back; and whose photos are kept for up to fifteen years."""
    e = here.e
    if e.scenario.purpose == "verify":
        return None
    none, on, size = here.count("no_hit"), here.count("fingerprinted"), grouped(e.size)
    texts = [say("short.kept.none", n=beside(none, e.size), of=size)]
    if on > 0:
        after = {name: here.count(f"fingerprint_{name}") for name in ("supported", "unsupported")}
        texts.append(say(f"short.kept.{'nearly_all' if on > 0.98 * none else 'some'}", n=on, **after))
    else:
        texts.append(say("short.kept.let_go"))
    keeps = e.scenario.use.retention_years.value
    years, time = min(YEARS, keeps), time_kept(e.scenario)
    texts.append(say("short.kept.photos", n=size, time=time) if time else say("short.kept.never"))
    if keeps < 1.0:
        return Section("kept", say("short.kept.title"), " ".join(texts), link="Q01")
    each = float(photos_held(e.model.best(), years)[0]) / e.size
    citizens = sum(here.count("people", s) for s in e.people(here.at).statuses if e.scenario.statuses[s].citizen)
    children = sum(size for cell, size, _ in here.cells if cell.age is not Age.ADULT)
    counts = {"all": each * e.size, "citizens": each * citizens, "children": each * children}
    texts.append(say("short.kept.held", years=f"{years:g}", **counts))
    return Section("kept", say("short.kept.title_years", time=time), " ".join(texts), link="Q15")


def four_encounters(here: Here, simulated: bool) -> Section:
    """Up to four encounters, each the officer's screen beside the truth."""
    screens = four_screens(here.e, here.e.points(here.at))
    title, text = say("short.encounters.title", n=len(screens)), say("short.encounters.text")
    return Section("encounters", title, text, screens=screens, link="people" if simulated else "")


def settling(here: Here) -> Section | None:
    """Say what would measure the unknowns, and the four numbers to ask for, each with what it would narrow."""
    if here.e.scenario.purpose == "verify":
        return None
    rows = tuple(_asked(here))
    tables: tuple[Table, ...] = ()
    if len(rows) == 1:
        text = say("short.settle.ask", ask=rows[0][0], narrows=rows[0][1])
    else:
        text = say("short.settle.search", n=here.to_test)
        columns = (say("short.settle.asked"), say("short.settle.narrows"))
        tables = (Table(say("short.settle.table"), columns, rows, distance=INPUTS),)
    return Section("settle", say("short.settle.title"), text, tables=tables, link="Q14")


def _asked(here: Here) -> Iterator[tuple[str, str]]:
    e = here.e
    if e.scenario.candidates.floor:
        spans = [span for tick in e.evidence for span in (tick.by_counts, tick.by_assumptions) if span]
        counted = [tick for tick in e.evidence if tick.by_counts]
        if counted:
            best = min(counted, key=lambda tick: _width(tick.by_counts))
            title = best.title.partition(": ")[0].partition(", ")[2]
            now = format_range(min(low for low, _ in spans), max(high for _, high in spans), share_named)
            then = format_range(*(best.by_counts or (0.0, 0.0)), share_named)
            yield (
                say("short.settle.threshold"),
                say("short.settle.threshold_narrows", span=now, title=title, then=then),
            )
        n, moved = e.scenario.gallery.n_references, []
        for end in dict.fromkeys((n.low, n.high)):
            if not math.isclose(end, n.value):
                phi = float(phi_of(e.points(here.at).changed((n, end)), e.model.mix)[0])
                moved.append(say("short.settle.gallery_moved", phi=share_named(phi), n=end))
        if moved:
            about = {"phi": share_named(here.phi), "n": n.value, "moved": moved}
            yield say("short.settle.gallery"), say("short.settle.gallery_narrows", **about)
        usable = 1.0 - e.scenario.capture.failure_to_acquire.value
        hits, enrolled = here.count("hit") / e.size, here.count("enrolled")
        rate = ratio(here.count("right"), enrolled * usable)
        if 0.0 < hits <= usable and rate > 0.0:
            bound = from_hit_share(hits, usable, min(rate, 1.0))
            key = "hits_named" if bound.phi_at_most < 1.0 else "hits_narrow"
            most = {"hits": hits, "enrolled": bound.enrolled_at_most, "phi": bound.phi_at_most}
            yield say("short.settle.hits"), say(f"short.settle.{key}", **most)
    low, high = measured_share(HITS_AUDITED, FOUND_WRONG).ends
    who = e.scenario.statuses[max(e.harmed, key=lambda s: here.count("wrong_record", s))]
    assumed = who.adults_error
    key = "records_assumed" if assumed.swept else "records_narrow"
    audit = {"n": FOUND_WRONG, "of": HITS_AUDITED, "low": low, "high": high}
    whose = {"who": who.title, "from": assumed.low, "to": assumed.high}
    yield say("short.settle.records"), say(f"short.settle.{key}", **audit, **whose)


def _width(ends: tuple[float, float] | None) -> float:
    """Return how far apart ends are in false hits expected per search."""
    if ends is None or ends[0] <= 0.0 or ends[1] >= 1.0:
        return math.inf
    return math.log1p(-ends[1]) / math.log1p(-ends[0])


def questions(answers: Sequence[Finding]) -> Section:
    """Every answer in a few words; the questions that are not answered together, by reason."""
    silent = [
        say("questions.section.not_answered", which=[one.id for one in which], why=why)
        for why, which in not_answered(answers).items()
    ]
    title, listed = say("questions.section.title", n=len(answers)), tuple(one for one in answers if one.answered)
    return Section("questions", title, " ".join(silent), questions=listed)


def share_named(phi: float) -> str:
    """Say a share of strangers, without the word: ``1 in 100``, ``3 in 10``, ``all``."""
    return say("short.every") if phi >= 0.995 else of_strangers(phi)
