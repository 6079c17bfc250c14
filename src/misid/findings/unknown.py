"""Answers 14 and 15: which unknowns matter most, and what is kept."""

from __future__ import annotations

import math

import numpy as np

from misid.algorithm import SEARCH
from misid.expected import Array, Envelope, Points, explore, photos_held
from misid.findings.figures import by_mode, photographed
from misid.findings.model import ChartData, Finding, Table
from misid.findings.nearness import USE
from misid.findings.reckon import AGENCY_KNOWS, N_PATH, Reckoner
from misid.findings.words import capital, format_number, format_range, label, listing, percent
from misid.quantities import Conditions, Doubt, Estimate
from misid.vocabulary import Mode
from misid.vocabulary.tested import Counted

TOP = 8
MAIN = {
    "identify": ("wrong hits", SEARCH),
    "verify": ("people not verified although the document is their own", (Counted.MISSES,)),
}
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


def what_matters(reckoner: Reckoner) -> Finding:
    """Q14: what is not known, which unknowns matter most, which log fields would settle them."""
    mode = reckoner.modes[-1]
    r = by_mode(reckoner, reckoner.main)[mode]
    what, counted = MAIN[reckoner.scenario.purpose]
    distance = reckoner.distance(mode, counted=counted)
    ranked = sorted(r.swing.items(), key=lambda item: (-_decades(item[1]), item[0]))[:TOP]
    rows = tuple((_name(reckoner, path), low, high, reckoner.inputs[path].grade.value) for path, (low, high) in ranked)
    title = f"{capital(what)} per {photographed(reckoner)}, one input moved at a time ({label(mode)})"
    table = Table(
        title,
        ("input", "at its low end", "at its high end", "grade"),
        tuple((name, low, high, grade) for name, low, high, grade in rows),
        f"All others at their best values; the answer is then {format_number(r.value)}.",
        distance,
    )
    chart = ChartData(
        "tornado",
        title,
        f"The longest bar is {rows[0][0] if rows else 'none'}.",
        tuple(
            {"label": name, "low": min(low, high), "high": max(low, high), "value": r.value, "order": i}
            for i, (name, low, high, _) in enumerate(rows)
        ),
        table,
    )
    figures = {
        f"swing.{path}": Estimate(
            r.value,
            min(r.value, low, high),
            max(r.value, low, high),
            "people",
            Doubt.INPUT,
            "closed form, one input moved over its range",
            n=float(reckoner.scenario.use.people),
            conditions=reckoner.conditions(mode, reckoner.n_references),
            distance=distance,
            caveats=reckoner.caveats(reckoner.n_references),
        )
        for path, (low, high) in ranked
    }
    published = reckoner.ranges_of(reckoner.scenario.headline_stop, mode, hold=AGENCY_KNOWS)[reckoner.main]
    figures["wrong_hits.if_published"] = reckoner.estimate(published, Doubt.INPUT, "people", mode, counted=counted)
    return Finding(
        "Q14",
        "What is not known, which of the unknowns matter most, and which log fields would settle them?",
        count=f"Most of the range comes from {listing([rows[i][0] for i in range(min(3, len(rows)))]) or 'no input'}.",
        interval=(
            f"Moved alone, {rows[0][0]} takes {what} from {format_range(min(rows[0][1:3]), max(rows[0][1:3]))}, "
            f"of {photographed(reckoner)}. If the agency published its threshold and on whom it was set, what it means on "
            f"its own photos, images per person and whether passport photos are searched, the range, now "
            f"{format_range(r.input_low, r.input_high)}, would be {format_range(published.input_low, published.input_high)}, around "
            f"values now guessed ({label(mode)})."
            if rows
            else "No input of this scenario has a range."
        ),
        doubt=f"To settle it an agency must log, for each search: {listing(list(LOG_FIELDS))}.",
        figures=figures,
        charts=(chart,) if rows else (),
    )


def _decades(ends: tuple[float, float]) -> float:
    low, high = min(ends), max(ends)
    return math.inf if low <= 0 < high else math.log10(high / low) if low > 0 else 0.0


def _name(reckoner: Reckoner, path: str) -> str:
    """Say what an input is: the words of its path, opened and put in order."""
    parts = path.split(".")
    known = {
        "threshold.fpir": "the threshold",
        "threshold.population_factor": "whom the threshold was set on",
        "capture.tail_shift_decades": "what the threshold means on this photo",
        "capture.failure_to_acquire": "photos that give no template",
        "gallery.images_per_person": "images per enrolled person",
        "gallery.image_correlation": "how alike a person's images act",
        "gallery.passport_photos_searched": "whether passport photos are searched",
        "kin.identical_twin_share": "how many people have an identical twin",
        "kin.identical_twin_match": "how often twins match",
    }
    if path in known:
        return known[path]
    if parts[0] == "card":
        return f"row factor: {label(parts[2])}, {label(parts[3])}"
    if parts[0] == "statuses":
        title = reckoner.scenario.statuses[parts[1]].title
        return f"{title}: {label('.'.join(parts[2:])).replace('.', ', ')}"
    if parts[0] == "stops":
        return f"who is stopped: {label(parts[-2])} {label(parts[-1])}"
    return label(path).replace(".", ", ")


def photos_kept(reckoner: Reckoner) -> Finding:
    """Q15: photos held over the years, of people never matched, and of citizens."""
    scenario = reckoner.scenario
    stop = scenario.headline_stop
    mode: Mode = reckoner.modes[0]
    horizon = 15.0
    citizens = [s for s, entry in scenario.statuses.items() if entry.citizen]

    def stock(points: Points) -> dict[str, Array]:
        held = photos_held(points, horizon)
        out = reckoner.outputs(stop, mode, points)
        per = 1.0 / scenario.use.people
        mine = [out[f"status.{s}.people"] for s in citizens if f"status.{s}.people" in out]
        citizen = np.sum(mine, axis=0) if mine else np.zeros(len(points))
        now = photos_held(points, points[scenario.use.years_running])
        return {"now": now, "held": held, "never_matched": held * out["no_hit"] * per, "citizens": held * citizen * per}

    found = explore(
        stock,
        scenario,
        {**reckoner.read_by(stop, ()), **{p: q for p, q in reckoner.inputs.items() if p.startswith("use.")}},
        reckoner.choices,
        reckoner.shown,
        fixed={N_PATH: reckoner.n_references},
    )
    caveats = ("stop_mix_assumed", "same_people_scanned_again")
    searched = tuple(dict.fromkeys((*caveats, *reckoner.caveats(reckoner.n_references))))
    figures = {
        name: Estimate(
            r.value,
            r.input_low,
            r.input_high,
            "photos",
            Doubt.INPUT,
            "rate x min(years of use, retention)",
            conditions=Conditions(gallery=scenario.gallery.title, probe_group="all"),
            distance=reckoner.distance(mode) if name == "never_matched" else USE,
            caveats=searched if name == "never_matched" else caveats,
        )
        for name, r in found.items()
    }
    names = {
        "now": "photos held so far",
        "held": "photos held after 15 years",
        "never_matched": "of these, of searches without a hit",
        "citizens": "of these, of citizens",
    }
    table = Table(
        "Photos held at today's rate of use",
        ("photos", "best value and range"),
        tuple((names[name], figures[name]) for name in names),
        "Photos, not people: the same person can be photographed several times.",
    )
    years = scenario.use.retention_years
    held: Envelope = found["held"]
    return Finding(
        "Q15",
        "Over 15 years, how many photos of people never matched, and of citizens, are held?",
        count=(
            f"After 15 years about {format_number(held.value)} photos ({format_number(found['now'].value)} so far), {format_number(found['never_matched'].value)} of them from searches without a "
            f"hit and {format_number(found['citizens'].value)} of citizens ({percent(_part(found['citizens'], held))})."
        ),
        interval=(
            f"Held: {format_range(held.input_low, held.input_high)}. Without a hit: "
            f"{format_range(found['never_matched'].input_low, found['never_matched'].input_high)}. Citizens: "
            f"{format_range(found['citizens'].input_low, found['citizens'].input_high)}. Kept {format_number(years.value)} years each."
        ),
        doubt="The rate of use is derived from one count in the press and is taken to stay as it is.",
        figures=figures,
        tables=(table,),
    )


def _part(part: Envelope, whole: Envelope) -> float:
    return part.value / whole.value if whole.value > 0 else 0.0
