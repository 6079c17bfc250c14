"""The short page of a run: what stands below its first screen, in a handful of sections.

Counts stand at one threshold: the scenario's own, or where that is not known 1 stranger in 100.  Everything else,
every table with its conditions included, stands in the appendix.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from misid.expected import (
    Outcomes,
    People,
    Points,
    Stratum,
    answer,
    apply_rule,
    from_hit_share,
    measured_share,
    part_of,
    phi_of,
    photos_held,
    strata,
)
from misid.findings.compare.effects import rule_effects
from misid.findings.compare.words import RuleWords, rule_quoted, rule_title
from misid.findings.estimates import Estimates, Place
from misid.findings.model import Cell, ChartData, Finding, Page, Section, Table
from misid.findings.nearness import INPUTS, USE
from misid.findings.questions.registry import (
    ACTED,
    ASSUMED,
    SLOPE_AT,
    best_shown,
    entitled,
    not_answered,
    ratio,
    unsure_records,
)
from misid.findings.questions.rules import break_even
from misid.findings.questions.unknown import FOUND_WRONG, HITS_AUDITED, STRANGERS_TESTED
from misid.findings.screens import Screen
from misid.findings.simulated.phone import four_screens
from misid.findings.words import label
from misid.quantities import Conditions, Estimate
from misid.vocabulary import Age
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import are_named, big, capital, format_number, in_so_many, listing, percent, strangers

LIMITS = (
    "Whether a person was rightly identified, or a stop was lawful.",
    "What the fielded algorithm, threshold, gallery and logs are.",
    "What nobody has tested: larger galleries, street photos, other groups.",
)
YEARS = 15.0
LEAST_ACTED, MOST_PEOPLE = 10.0, 1e7
ALIKE = 1.01  # rates of groups that differ by less are said to be alike


@dataclass(frozen=True)
class Here:
    """The one threshold at which the counts of the short page stand."""

    e: Estimates

    @cached_property
    def name(self) -> str:
        """Name of the operating point; empty where nobody knows the threshold and an if-then stands in."""
        return self.e.names[0] if len(self.e.names) == 1 or not self.e.scenario.candidates.floor else ""

    @cached_property
    def phi(self) -> float:
        """Share of strangers who are named there."""
        return self.e.place(self.name).phi if self.name else SLOPE_AT

    @cached_property
    def points(self) -> Points:
        """The one point."""
        return self.e.points(self.name) if self.name else self.e.model.at_phi([self.phi])

    @cached_property
    def place(self) -> Place:
        """What its figures are conditional on."""
        return self.e.place(self.name) if self.name else self.e.places(self.points)[0]

    @cached_property
    def size(self) -> float:
        """People that counts are given per: tenfold until enough are acted on to be counted."""
        acted, size = self.count("unsupported"), float(self.e.size)
        while 0 < acted < LEAST_ACTED and size < MOST_PEOPLE:
            acted, size = 10 * acted, 10 * size
        return size

    @property
    def condition(self) -> str:
        """Say where the counts stand: ``if 1 in 100 strangers is named``; of one-to-one the threshold's title."""
        if self.e.scenario.purpose == "verify":
            return f"at {self.e.scenario.threshold.title}"
        return f"if {are_named(self.phi)}" if self.e.scenario.candidates.floor else f"where {best_shown(self.e)}"

    def people(self, rule: str = "", end: str = "") -> People:
        """Return what happens to people here."""
        return self.e.people(self.name, "", rule, end) if self.name else self.e.curve([self.phi], end, rule)

    def count(self, outcome: str, *statuses: str, rule: str = "") -> float:
        """Return how many people an outcome happens to here."""
        return float(self.people(rule).of(outcome, *statuses)[0])

    @cached_property
    def cells(self) -> tuple[tuple[Stratum, float, float], ...]:
        """Cells of people with how many are photographed and how many are acted on without support."""
        e = self.e
        found: Outcomes = apply_rule(self.points, e.stop, answer(self.points, e.stop), e.scenario.rule)
        part = e.size * part_of(self.points, e.stop)[0]
        acted = part * np.broadcast_to(found.unsupported, (1, len(part)))[0]
        return tuple(zip(strata(e.scenario, e.stop), part.tolist(), acted.tolist(), strict=True))

    def figure(self, value: float, unit: str = "people", group: str = "all") -> Estimate:
        """Return a count of the page as an estimate, so that it has conditions and the nearest test."""
        return self.e.estimate(value, self.place, unit=unit, group=group, counted=ACTED, caveats=ASSUMED)


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
    found = (
        face_or_record(here, picture),
        rules(here),
        for_whom(here),
        no_name_and_kept(here),
        four_encounters(here, simulated),
        settling(here),
        questions(answers),
    )
    return Page(e.scenario.title, "SYNTHETIC", lead, tested, tuple(one for one in found if one is not None), LIMITS)


def face_or_record(here: Here, picture: ChartData) -> Section | None:
    """Over phi, with the bands; and by status where face and record weigh the same."""
    e = here.e
    if len({r["phi"] for r in picture.records}) < 2:
        return None
    if e.scenario.purpose == "verify":
        chart = replace(picture, summary="A stricter threshold turns more people away.")
        text = "How strict the threshold is decides how many are sent to an officer with their own document."
        return Section("over-phi", "What the threshold does", text, charts=(chart,), link="Q14")
    even = break_even(e, *e.harmed)
    texts = []
    if even.value is not None:
        low, high = (strangers(end or 0.0).removesuffix(" strangers") for end in (even.low, even.high))
        span = "" if low == high else f" ({low} to {high})"
        texts.append(f"Both weigh the same if {are_named(even.value)}{span}.")
    if len(e.harmed) > 1:
        texts.append(" ".join(_weighs(e)))
    _, *others = unsure_records(e).items() or [("", 0.0)]
    if others:
        listed = listing([f"{in_so_many(wrong)} {e.scenario.statuses[status].title}" for status, wrong in others])
        texts.append(f"Others' records, assumed wrong: {listed}.")
    chart = replace(
        picture,
        title=f"Acted on without support, per {e.size:,}",
        summary="Bands: how often records are wrong; who is enrolled.",
    )
    title = "The face or the record?"
    return Section("over-phi", title, " ".join(texts) or picture.summary, charts=(chart,), link="Q08")


def _weighs(e: Estimates) -> Iterator[str]:
    """Say for each status, those alike together, where face and record weigh the same."""
    said: dict[str, list[str]] = {}
    for status in e.harmed:
        even = break_even(e, status)
        words = even.reason if even.value is None else strangers(even.value)
        said.setdefault(words, []).append(e.scenario.statuses[status].title)
    yield from (f"{capital(listing(who))}: {words}." for words, who in said.items())


def rules(here: Here) -> Section | None:
    """Which rule helps at every rate, what it costs, by status, and what it cannot touch."""
    e = here.e
    others = e.model.rules[1:]
    if not others or e.scenario.purpose == "verify":
        return None
    now, supported = here.count("unsupported"), here.count("supported")
    helping = RuleWords(rule_effects(e)).helping
    rows: list[tuple[Cell, ...]] = [
        (
            capital(rule_title(e, rule)) + (" (in force)" if rule == e.scenario.rule else ""),
            *(
                here.figure(here.count("unsupported", *who, rule=rule))
                for who in ((), *((s,) for s in e.harmed if len(e.harmed) > 1))
            ),
            here.figure(here.count("supported", rule=rule)),
        )
        for rule in e.model.rules
    ]
    names = [e.scenario.statuses[s].title for s in e.harmed] if len(e.harmed) > 1 else []
    table = Table(
        f"Acted on without support, {here.condition}",
        ("where", "all", *names, "with support"),
        tuple(rows),
    )
    if helping:
        most = max(helping, key=lambda rule: now - here.count("unsupported", rule=rule))
        lost = supported - here.count("supported", rule=most)
        texts = [
            f"{_all_help(here, helping, others)}, however many strangers are named.",
            f"The rule that spares most is {rule_quoted(e, most)}: "
            f"{format_number(now - here.count('unsupported', rule=most))} of {format_number(now)}, "
            + (
                f"at the cost of {format_number(lost)} of {format_number(supported)} supported actions."
                if lost > 1e-9
                else "and no supported action is lost."
            ),
        ]
    else:
        texts = ["No other rule lowers the number at every rate."]
    texts += _cannot_touch(here, helping, now)
    return Section("rules", "Which rule helps, and what it costs", " ".join(texts), tables=(table,), link="Q09")


def _all_help(here: Here, helping: Sequence[str], others: Sequence[str]) -> str:
    if len(helping) == len(others) > 1:
        return "Every other rule spares people"
    return f"Fewer are acted on under {_either([rule_quoted(here.e, rule) for rule in helping])}"


def _either(items: Sequence[str]) -> str:
    """Join words: ``a``, ``a or b``, ``a, b or c``."""
    return " or ".join(filter(None, (", ".join(items[:-1]), items[-1])))


def _cannot_touch(here: Here, others: Sequence[str], now: float) -> Iterator[str]:
    """Say for each cause that weighs most which rules leave it exactly as it is."""
    causes = {"wrong_record": "wrong records", "wrong_person": "wrong persons"}
    cause = max(causes, key=here.count)
    mine = here.count(cause)
    blind = [r for r in others if mine > 0.0 and math.isclose(here.count(cause, rule=r), mine, rel_tol=1e-9)]
    if blind:
        where = _either([rule_quoted(here.e, r) for r in blind])
        yield (
            f"{format_number(mine)} of {format_number(now)} are out of reach under {where}, because those are {causes[cause]}."
        )


def for_whom(here: Here) -> Section:
    """Return counts and rates of the people whom the action does not fit, by status, origin, sex and age."""
    e = here.e
    cells = [cell for cell in here.cells if cell[0].status in e.harmed]
    parts: tuple[tuple[Callable[[Stratum], str], Callable[[str], str]], ...] = (
        (lambda c: c.status, lambda s: e.scenario.statuses[s].title),
        (lambda c: c.origin.value, label),
        (lambda c: c.sex.value, label),
        (lambda c: c.age.value, _age),
    )
    rows: list[tuple[str | Estimate, ...]] = []
    rates: dict[str, float] = {}
    names, alike = ("status", "origin", "sex", "age"), []
    for i, (key, words) in enumerate(parts):
        people: dict[str, list[float]] = {}
        for cell, size, acted in cells:
            one = people.setdefault(key(cell), [0.0, 0.0])
            one[0] += size
            one[1] += acted
        shares = [acted / size for size, acted in people.values() if size > 0]
        if len(people) < 2:
            continue
        if max(shares) <= min(shares) * ALIKE:
            alike.append(names[i])
            continue
        for name, (size, acted) in people.items():
            rate = ratio(10_000 * acted, size)
            title = capital(words(name))
            rows.append(
                (title, here.figure(size), here.figure(acted), here.figure(rate, "people of 10,000", words(name)))
            )
            if i == 0:
                rates[title] = rate
    size, acted = (sum(counts) for counts in ([c[1] for c in cells], [c[2] for c in cells]))
    ends = _by_rate(rates)
    ends = [ends[0], ends[-1]] if ends else []
    each = "".join(f", {format_number(rate)} of {name}" for name, rate in ends)
    each = f":{each[1:]}" if each else ""
    text = (
        f"Per 10,000 people {entitled(e)}, {format_number(ratio(10_000 * acted, size))} are acted on {here.condition}"
        f"{each}." + (f" By {listing(alike)} rates are alike." if alike else "")
    )
    table = Table(
        f"People {entitled(e)} who are acted on",
        ("who", "photographed", "acted on", "per 10,000 of them"),
        tuple(rows),
    )
    return Section("for-whom", "For whom", text, tables=(table,) if rows else (), link="Q03")


def _by_rate(rates: dict[str, float]) -> list[tuple[str, float]]:
    return [
        (name[:1].lower() + name[1:] if name[:2] != "US" else name, x)
        for name, x in sorted(rates.items(), key=lambda r: -r[1])
    ]


def _age(age: str) -> str:
    return {Age.ADULT.value: "adults", Age.UNDER_18.value: "under 18"}.get(age, label(age))


def no_name_and_kept(here: Here) -> Section | None:
    """Let go or fingerprinted where no name comes back; and whose photos are kept after fifteen years."""
    e = here.e
    if e.scenario.purpose == "verify":
        return None
    none, on = here.count("no_hit"), here.count("fingerprinted")
    texts = [f"{format_number(none)} of {e.size:,} get no name {here.condition}."]
    if on > 0:
        some = "Nearly all" if on > 0.98 * none else format_number(on)
        texts.append(
            f"{some} go on to fingerprints: {format_number(here.count('fingerprint_supported'))} more are acted on with "
            f"support, {format_number(here.count('fingerprint_unsupported'))} without."
        )
    else:
        texts.append("They are let go.")
    keeps = e.scenario.use.retention_years.value
    held = float(photos_held(e.model.best(), YEARS)[0])
    if keeps <= 0.0:
        return Section("kept", "After no name comes back", f"{' '.join(texts)} No photo is kept.", link="Q01")
    texts.append(f"All {e.size:,} photos are kept {_years(keeps)}, hit or not.")
    if keeps < 1.0 or held <= 0.0:
        return Section("kept", "After no name comes back", " ".join(texts), link="Q01")

    def photos(words: str, people: float) -> tuple[str, Estimate]:
        # Photos a year times years, whatever the search finds.
        figure = here.figure(held * people / e.size, "photos", words)
        return capital(words), replace(figure, conditions=Conditions(gallery=e.scenario.gallery.title), distance=USE)

    children = sum(size for cell, size, _ in here.cells if cell.age is not Age.ADULT)
    rows = [
        photos("all", e.size),
        *(photos(e.scenario.statuses[s].title, here.count("people", s)) for s in here.people().statuses),
    ]
    rows += [photos("under 18", children)] if children > 0 else []
    rows.append(("No name", here.figure(held * none / e.size, "photos", "no name")))
    table = Table(f"Photos kept after {YEARS:g} years", ("of whom", "photos"), tuple(rows))
    title = f"After no name, and who is kept {_years(keeps)}"
    return Section("kept", title, " ".join(texts), tables=(table,), link="Q15")


def _years(years: float) -> str:
    return f"{years:.3g} years" if years >= 1 else f"{format_number(365.25 * years)} days"


def four_encounters(here: Here, simulated: bool) -> Section:
    """Four encounters, each the officer's screen beside the truth."""
    screens: tuple[Screen, ...] = four_screens(here.e, here.points)
    text = "Nobody here exists. Above, what the officer gets; below, the truth."
    title = {2: "Two encounters", 3: "Three encounters", 4: "Four encounters"}.get(len(screens), "An encounter")
    return Section("encounters", title, text, screens=screens, link="people" if simulated else "")


def settling(here: Here) -> Section | None:
    """Say what would measure the unknowns, and the four numbers to ask for, each with what it would narrow."""
    e = here.e
    if e.scenario.purpose == "verify":
        return None
    rows = tuple(_asked(here))
    texts = []
    if e.scenario.candidates.floor:
        texts.append(f"Search {STRANGERS_TESTED:,} different people known not to be in it, with the same cameras.")
    if len(rows) == 1:
        texts.append(f"Ask the agency for the {rows[0][0][:1].lower()}{rows[0][0][1:]}. {rows[0][1]}.")
        return Section("settle", "What would settle it", " ".join(texts), link="Q14")
    table = Table("Numbers to ask for", ("ask for", "what it would narrow"), rows, distance=INPUTS)
    return Section("settle", "What would settle it", " ".join(texts), tables=(table,), link="Q14")


def _asked(here: Here) -> Iterator[tuple[str, str]]:
    e = here.e
    if e.scenario.candidates.floor:
        found = [tick for tick in e.evidence if tick.by_counts or tick.by_assumptions]
        ends = [end for tick in found for span in (tick.by_counts, tick.by_assumptions) if span for end in span]
        counted = [tick for tick in found if tick.by_counts]
        if counted:
            best = min(counted, key=lambda tick: _width(tick.by_counts))
            title = best.title.partition(": ")[0].removeprefix("the same vendor, ")
            yield (
                "The threshold, with its score scale",
                f"Strangers named: now {_span(min(ends), max(ends))}; if it is {title}, {_span(*(best.by_counts or ()))}",
            )
        n, moved = e.scenario.gallery.n_references, []
        for end in dict.fromkeys((n.low, n.high)):
            if not math.isclose(end, n.value):
                phi = float(phi_of(here.points.changed((n, end)), e.model.mix)[0])
                moved.append(f"{_short(phi)} at {big(end)}")
        if moved:
            yield (
                "References searched per query",
                f"{capital(_short(here.phi))} at {big(n.value)} would be {' or '.join(moved)}",
            )
        usable = 1.0 - e.scenario.capture.failure_to_acquire.value
        hits, enrolled = here.count("hit") / e.size, here.count("enrolled")
        rate = ratio(here.count("right"), enrolled * usable)
        if 0.0 < hits <= usable and rate > 0.0:
            bound = from_hit_share(hits, usable, min(rate, 1.0))
            yield (
                "Share of scans with a hit",
                f"{percent(hits)}, as here: at most {percent(bound.enrolled_at_most)} enrolled"
                + (f", at most {strangers(bound.phi_at_most)} named" if bound.phi_at_most < 1.0 else ""),
            )
    low, high = measured_share(HITS_AUDITED, FOUND_WRONG).ends
    yield (
        "Share of hits later contradicted",
        f"{FOUND_WRONG} of {HITS_AUDITED} right hits: {percent(low)} to {percent(high)} of records wrong{_assumed(here)}",
    )


def _assumed(here: Here) -> str:
    """Say what is assumed of the records of the status that is acted on most for them."""
    e = here.e
    most = max(e.harmed, key=lambda s: here.count("wrong_record", s))
    who = e.scenario.statuses[most]
    q = who.adults_error
    return f"; of {who.title} {percent(q.low)} to {percent(q.high)} is assumed" if q.swept else ""


def _width(ends: tuple[float, float] | None) -> float:
    """Return how far apart ends are in false hits expected per search."""
    if ends is None or ends[0] <= 0.0 or ends[1] >= 1.0:
        return math.inf
    return math.log1p(-ends[1]) / math.log1p(-ends[0])


def _short(phi: float) -> str:
    return strangers(phi).removesuffix(" strangers")


def _span(low: float, high: float) -> str:
    first, last = _short(low), _short(high)
    return first if first == last else f"{first} to {last}"


def questions(answers: Sequence[Finding]) -> Section:
    """Every answer in a few words; the questions that are not answered together, by reason."""
    silent = [
        say("questions.section.not_answered", which=[one.id for one in which], why=why)
        for why, which in not_answered(answers).items()
    ]
    title = say("questions.section.title", n=len(answers))
    return Section("questions", title, " ".join(silent), questions=tuple(one for one in answers if one.answered))
