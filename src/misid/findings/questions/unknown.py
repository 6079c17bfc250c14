"""Questions 14 and 15: what is not known, and what is kept."""

from __future__ import annotations

from misid.expected import Array, Tick, measured_share, photos_held
from misid.findings.estimates import Estimates, Place
from misid.findings.model import Finding, Table
from misid.findings.nearness import USE
from misid.findings.questions.registry import (
    ACTED,
    ASSUMED,
    CURVE,
    at_points,
    best_shown,
    by_point,
    entitled,
    finding,
    named,
    over_points,
    over_range,
    photographed,
    question,
    ratio,
    total,
)
from misid.findings.words import by_phi
from misid.quantities import Conditions, Doubt, Estimate, Grade
from misid.vocabulary.numbers import format_number, format_range, in_so_many, listing, percent, strangers
from misid.vocabulary.tested import Counted

LOG_FIELDS = (
    "gallery size and threshold of each search",
    "scores and ranks of the candidates",
    "photo quality",
    "attempt number",
    "documents shown",
    "what the reviewer decided",
    "the action and its duration",
    "record errors found",
    "the final truth, by fingerprint or adjudication",
)
ASK_FOR = (
    "the threshold with its score scale",
    "how many images each search goes through",
    "the share of scans with a hit",
    "the share of hits later contradicted",
)
STRANGERS_TESTED, HITS_AUDITED, FOUND_WRONG = 1_000, 400, 6


def worth_measuring() -> Table:
    """Say what some tests would tell."""
    none = measured_share(STRANGERS_TESTED, 0).high or 0.0
    low, high = measured_share(HITS_AUDITED, FOUND_WRONG).ends
    return Table(
        "What would settle it",
        ("measured", "how", "what it would say"),
        (
            (
                "strangers named",
                f"{STRANGERS_TESTED:,} different people known, without a face search, not to be in the database; same phones",
                f"no name at all: below {in_so_many(none)} (95%). 300 people show 1 in 100, 3,000 show 1 in 1,000",
            ),
            (
                "records that are wrong",
                f"{HITS_AUDITED} right hits audited",
                f"{FOUND_WRONG} wrong: {percent(low)} to {percent(high)} (95%); where 1 in 1,000 is wrong, thousands are needed",
            ),
            (
                "both, and who is enrolled",
                "the share of scans with a hit, which the agency has today",
                "a bound on all together",
            ),
        ),
        f"Four numbers to ask for: {listing(list(ASK_FOR))}.",
    )


@question("Q14", "questions.title.unknown", leads=True)
def unknown(e: Estimates) -> Finding:
    """Move phi, who is enrolled and how often records are wrong, one at a time."""
    enrolled = at_points(e, "unsupported", by="enrolled", counted=ACTED, caveats=ASSUMED)
    record = at_points(e, "unsupported", by="record_error", counted=ACTED, caveats=ASSUMED)
    table = by_point(
        e,
        f"Acted on without support, per {photographed(e)}, one unknown moved at a time",
        {"by who is enrolled": enrolled, "by how often records are wrong": record},
    )
    known, tables = evidence(e)
    return finding(
        f"{_over_all(e)} How often records are wrong and who is enrolled move it too.",
        f"By how many records are wrong: {over_range(record)}. By who is enrolled: {over_range(enrolled)}. "
        "Each is moved alone, over its own range; no range here stacks them.",
        f"To settle it an agency must log, for each search: {listing(list(LOG_FIELDS))}.",
        {**named("acted_on", enrolled, "enrolled"), **named("acted_on", record, "record_error"), **known},
        (table, *tables, worth_measuring()),
    )


def _over_all(e: Estimates) -> str:
    """Say what phi does over all of it."""
    if not e.scenario.candidates.floor:
        return f"How often a stranger is picked: {best_shown(e)}."
    grid = e.reachable(CURVE)
    over = e.curve(grid).of("unsupported")
    ends = by_phi({grid[i]: format_number(float(over[i])) for i in (0, -1)})
    return f"Acted on are {ends}."


def evidence(e: Estimates) -> tuple[dict[str, Estimate], tuple[Table, ...]]:
    """Return what is known of phi: each piece with the range of its counts and, apart, that of its assumptions."""
    found = e.evidence
    if not found:
        return {}, ()
    figures, rows = {}, []
    for tick, place in zip(found, e.places(e.model.at_phi([tick.phi for tick in found])), strict=True):
        for by, ends in (("counts", tick.by_counts), ("assumptions", tick.by_assumptions)):
            if ends is not None or by == "assumptions":
                figures[f"evidence.{tick.name}.{by}"] = e.estimate(
                    tick.phi,
                    place,
                    ends,
                    by if ends else "",
                    unit="share of strangers",
                    counted=(Counted.FALSE_POSITIVES,),
                    caveats=("assumed_input",),
                    method="; ".join(tick.sources),
                )
        rows.append(
            (
                tick.title,
                strangers(tick.phi),
                _span(tick.by_counts),
                _widest(tick),
                f"{_each(tick)}{'; '.join(tick.assumptions)}. Of {tick.own_mix}: {strangers(tick.own_mix_phi)}",
            )
        )
    table = Table(
        f"What is known of how many strangers are named, of those {e.scenario.stops[e.model.mix].title}",
        ("evidence, or if-then", "strangers named", "by the counts alone", "by one assumption, the widest", "assumed"),
        tuple(rows),
        "Each range is of one doubt alone, and none is multiplied with another. None of these is a measurement of this system; all are grade D.",
    )
    return figures, (table,)


def _widest(tick: Tick) -> str:
    """Say the range of the assumption that leaves most open, alone."""
    return f"{_span(tick.by_assumptions)} ({tick.widest})" if tick.widest else ""


def _each(tick: Tick) -> str:
    """Say the range of each assumption, where there are several."""
    if len(tick.each) < 2:
        return ""
    return f"Each alone: {'; '.join(f'{assumed.name} {_span(assumed.phi)}' for assumed in tick.each)}. "


def _span(ends: tuple[float, float] | None) -> str:
    """Say a range of phi; nothing where there is none."""
    if ends is None:
        return ""
    low, high = (strangers(end).removesuffix(" strangers") for end in ends)
    return low if low == high else f"{low} to {high}"


@question("Q15", "questions.title.kept", leads=True)
def photos_kept(e: Estimates) -> Finding:
    """Who is kept, and for how long."""
    scenario, use = e.scenario, e.scenario.use
    best = e.model.best()
    citizens = [s for s, who in scenario.statuses.items() if who.citizen]

    def held(years: float | Array, searches: float) -> float:
        return float(photos_held(best.changed((use.searches_per_year, searches)), years)[0])

    def kept(part: float, place: Place | None, years: float | Array = 15.0) -> Estimate:
        value, low, high = (part * held(years, getattr(use.searches_per_year, end)) for end in ("value", "low", "high"))
        caveats = ("stop_mix_assumed", "same_people_scanned_again")
        if place is not None:
            return e.estimate(
                value,
                place,
                (low, high),
                "use",
                unit="photos",
                caveats=caveats,
                n=held(years, use.searches_per_year.value),
            )
        return Estimate(
            value,
            min(value, low),
            max(value, high),
            "photos",
            Doubt.INPUT,
            "photos a year times years kept; range by how much it is used",
            conditions=Conditions(gallery=scenario.gallery.title),
            distance=USE,
            caveats=caveats,
            by="use",
        )

    found = e.people(e.names[0])
    mine = ratio(
        total(found.of("people", *(s for s in citizens if s in found.statuses))) if citizens else 0.0, found.size
    )
    right = ratio(total(found.of("people", *e.harmed)), found.size) if e.harmed else 0.0
    figures = {"now": kept(1.0, None, use.years_running.value), "held": kept(1.0, None)}
    figures |= {"citizens": kept(mine, None), "entitled": kept(right, None)}
    never = {name: kept(ratio(total(e.people(name).of("no_hit")), found.size), e.place(name)) for name in e.names}
    table = Table(
        "Photos kept at today's rate of use",
        ("photos", "photos, by how much it is used"),
        (
            ("kept so far", figures["now"]),
            ("kept after 15 years", figures["held"]),
            ("of these, of citizens", figures["citizens"]),
            (f"of these, of people {entitled(e)}", figures["entitled"]),
            *(
                (f"of these, of searches without a hit ({strangers(e.place(name).phi)} named)", x)
                for name, x in (never.items() if scenario.purpose == "identify" else ())
            ),
        ),
        "Photos, not people: the same person can be photographed several times.",
    )
    return finding(
        f"After 15 years about {format_number(figures['held'].value)} photos are kept "
        f"({format_number(figures['now'].value)} so far): "
        f"{over_points(never)} from searches without a hit, {format_number(figures['citizens'].value)} of citizens.",
        f"{_kept_for(use.retention_years.value)} By how much it is used: {format_range(figures['held'].low or 0.0, figures['held'].high or 0.0)} photos.",
        f"The rate of use is {'assumed' if use.searches_per_year.grade is Grade.D else 'as reported'} and taken to stay as it is.",
        {**figures, **named("never_matched", never)},
        (table,),
    )


def _kept_for(years: float) -> str:
    """Say how long a photo is kept."""
    if years <= 0:
        return "Photos are deleted at once."
    if years >= 1:
        return f"Every photo is kept {format_number(years)} years, hit or not."
    return f"Every photo is kept {format_number(365.25 * years)} days."
