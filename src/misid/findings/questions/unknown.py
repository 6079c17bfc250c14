"""Questions 14 and 15: what is not known, and what is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from misid.expected import Tick, photos_held
from misid.findings.estimates import Estimates, Place
from misid.findings.model import Finding, Table
from misid.findings.nearness import USE
from misid.findings.questions import registry as ask
from misid.findings.questions.registry import ACTED, ASSUMED, CURVE
from misid.quantities import Conditions, Estimate, Grade
from misid.vocabulary.catalogue import say
from misid.vocabulary.tested import Counted
from misid.vocabulary.units import OF_STRANGERS

LOG = ("search", "scores", "quality", "attempt", "documents", "review", "action", "records", "truth")
YEARS = 15.0


def log_fields() -> list[str]:
    """Say the fields of a log that would settle what is not known."""
    return [say(f"questions.log.{name}") for name in LOG]


@ask.question("Q14", "questions.title.unknown", leads=True)
def unknown(e: Estimates) -> Finding:
    """Move phi, who is enrolled and how often records are wrong, one at a time."""
    ranges = ("record_error", "enrolled")
    moved = {by: ask.at_points(e, "unsupported", by=by, counted=ACTED, caveats=ASSUMED) for by in ranges}
    figures = {f"acted_on.{name}.{by}": x for by, found in moved.items() for name, x in found.items()}
    known, tables = evidence(e)
    grid, situation = e.reachable(CURVE), ask.situation(e)
    others = {grid[i]: float(e.curve(grid).of("unsupported")[i]) for i in (0, -1)}
    named = ask.within(e, "unsupported") | (others if situation == "given" else {})
    ends = {by: ask.moved(e, "unsupported", by)[1:] for by in ranges}
    parts = [say("questions.unknown.named", x=named)] if situation != "list" else []
    parts += [say(f"questions.unknown.{by}", range=ends[by]) for by in ranges if ask.apart(*ends[by])]
    return ask.answered(
        e,
        "unknown",
        figures | known,
        {"by_enrolled": moved["enrolled"], "by_records": moved["record_error"]},
        {"others": others, "parts": parts, "phi": ask.middle(e), "fields": log_fields()},
        {"count": ("count",), "interval": (f"{situation}_phi", "alone"), "doubt": ("log",)},
        tables,
    )


def evidence(e: Estimates) -> tuple[dict[str, Estimate], tuple[Table, ...]]:
    """Return what is known of phi: each piece with the range of its counts and, apart, that of its assumptions."""
    found, figures = e.evidence, {}
    if not found:
        return {}, ()
    for tick, place in zip(found, e.places(e.model.at_phi([tick.phi for tick in found])), strict=True):
        for by, ends in (("counts", tick.by_counts), ("assumptions", tick.by_assumptions)):
            if ends is not None or by == "assumptions":
                figures[f"evidence.{tick.name}.{by}"] = e.estimate(
                    tick.phi,
                    place,
                    ends,
                    by if ends else "",
                    unit=OF_STRANGERS,
                    counted=(Counted.FALSE_POSITIVES,),
                    caveats=("assumed_input",),
                    method="; ".join(tick.sources),
                )
    headings = ask.headings("evidence", "first_identify", "by_counts", "by_widest", "assumed")
    title = say("questions.evidence.table", stop=e.scenario.stops[e.model.mix].title)
    return figures, (Table(title, headings, tuple(map(_piece, found)), say("questions.evidence.note")),)


def _piece(tick: Tick) -> tuple[str, ...]:
    """Say one piece of evidence: what it is, phi, its ranges, what it assumes."""
    each = "; ".join(say("questions.evidence.one", name=one.name, range=one.phi) for one in tick.each)
    values = {**vars(tick), "each": each, "assumed": "; ".join(tick.assumptions)}
    ranges = ("phi", "counts" if tick.by_counts else "", "widest" if tick.by_assumptions else "")
    assumed = ("each" if len(tick.each) > 1 else "", "assumed" if tick.assumptions else "", "own_mix")
    cells, last = (
        [say(f"questions.evidence.{name}", **values) if name else "" for name in x] for x in (ranges, assumed)
    )
    return (tick.title, *cells, " ".join(filter(None, last)))


@ask.question("Q15", "questions.title.kept", leads=True)
def photos_kept(e: Estimates) -> Finding:
    """Who is kept, and for how long."""
    use, best, found = e.scenario.use, e.model.best(), e.people(e.names[0])
    a_year, caveats = use.searches_per_year, ("stop_mix_assumed", "same_people_scanned_again")

    def held(years: float, searches: float) -> float:
        return float(photos_held(best.changed((a_year, searches)), years)[0])

    def kept(part: float, place: Place | None = None, years: float = YEARS) -> Estimate:
        value, low, high = (part * held(years, x) for x in (a_year.value, a_year.low, a_year.high))
        at, n = place or e.place(e.names[0]), held(years, a_year.value)
        one = e.estimate(value, at, (low, high), "use", unit="photos", caveats=caveats, n=n)
        gallery, method = Conditions(gallery=e.scenario.gallery.title), say("questions.kept.method")
        # What is kept of everybody rests on no search.
        return one if place else replace(one, conditions=gallery, distance=USE, caveats=caveats, method=method, n=None)

    def part_of(statuses: list[str]) -> float:
        return ask.ratio(float(found.of("people", *statuses)[0]), found.size) if statuses else 0.0

    figures = {
        "now": kept(1.0, years=use.years_running.value),
        "held": kept(1.0),
        "citizens": kept(part_of([s for s in found.statuses if e.scenario.statuses[s].citizen])),
        "entitled": kept(part_of(list(e.harmed))),
    }
    share = {name: ask.ratio(float(e.people(name).of("no_hit")[0]), found.size) for name in e.names}
    never = {name: kept(part, e.place(name)) for name, part in share.items()}
    rows = [(say(f"questions.kept.row_{name}", who=e.scenario.entitled), x) for name, x in figures.items()]
    if e.scenario.purpose == "identify":
        rows += [(say("questions.kept.row_never", phi=e.place(name).phi), x) for name, x in never.items()]
    headings = ask.headings("photos", "photos_by_use")
    time, after = ask.time_kept(e.scenario), figures["held"].value or 0.0
    none = after < 0.5
    values: dict[str, Any] = {name: x.value for name, x in figures.items()} | {"time": time}
    values |= {"never": {phi: after * x / found.size for phi, x in ask.within(e, "no_hit").items()}}
    values |= {"range": (figures["held"].low, figures["held"].high)}
    return ask.answered(
        e,
        "kept",
        {**figures, "never_matched": never},
        {},
        values,
        {
            "count": ("none" if none else f"count_{e.scenario.purpose}",),
            "interval": ("time" if time else "at_once", "" if none else "use"),
            "doubt": ("assumed" if a_year.grade is Grade.D else "reported",),
        },
        (Table(say("questions.kept.table"), headings, tuple(rows), say("questions.kept.note")),),
    )
