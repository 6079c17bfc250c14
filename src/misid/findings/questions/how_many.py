"""Questions 1 to 4: how many, how sure, for whom, and who has no record to clear them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from misid.expected import GROUPS, Answers, Array, People, answer, expected_search
from misid.findings.estimates import Estimates
from misid.findings.model import Finding, Table
from misid.findings.questions import registry as ask
from misid.findings.questions.registry import ACTED, ASSUMED, SLOPE_AT
from misid.quantities import Estimate
from misid.vocabulary import TESTED_ORIGINS, Origin, Sex
from misid.vocabulary.catalogue import say
from misid.vocabulary.names import label
from misid.vocabulary.numbers import capital, percent, strangers
from misid.vocabulary.tested import Counted
from misid.vocabulary.units import OF_ACTIONS, OF_HITS, PER_PHI

AFTER = ("fingerprinted", "fingerprint_wrong_person", "fingerprint_wrong_record", "fingerprint_supported")
HEADINGS = ("stopped", "fits", "hits", "on_another", "right_share", "acted_on", "unsupported_share")
SHARES: dict[str, dict[str, Any]] = {
    "right": {"unit": OF_HITS, "counted": (Counted.RIGHT_SHARE,), "caveats": ("stop_mix_assumed",)},
    "unsupported": {"unit": OF_ACTIONS, "counted": ACTED, "caveats": ASSUMED},
}


@ask.question("Q01", "questions.title.hits", leads=True)
def hits(e: Estimates) -> Finding:
    """Count hits, then people acted on, and say what the count rests on."""
    causes, slope, carried = ask.causes_present(e), _slope(e), ("document_carrying_assumed",)
    columns = {
        **{one: ask.at_points(e, one, counted=ACTED, caveats=ASSUMED) for one in ("unsupported", *causes)},
        "disbelieved_document": ask.at_points(e, "disbelieved_document", counted=ACTED, caveats=carried),
        "hits": ask.at_points(e, "hit"),
        "wrong_hits": ask.at_points(e, "wrong", caveats=("stop_mix_assumed",)),
        "no_hit": ask.at_points(e, "no_hit"),
    }
    acted = columns["unsupported"]
    fingerprints = e.scenario.after_no_hit.fingerprinted.value > 0
    after = {name: ask.at_points(e, name, counted=ACTED) for name in AFTER if fingerprints}
    records = {
        stem: ask.at_points(e, outcome, by="record_error", counted=ACTED)
        for stem, outcome in (("acted_on", "unsupported"), ("wrong_record", "wrong_record"))
    }
    a_year = {name: ask.people_a_year(e, name, acted[name]) for name in e.names}
    figures: dict[str, dict[str, Estimate] | Estimate] = {"acted_on": acted, **columns, **after}
    del figures["unsupported"]
    figures |= {"acted_on_a_year": a_year, **ask.by_name(records, "record_error")}
    split = [say("questions.hits.cause", n=ask.within(e, one), cause=ask.cause(one)) for one in causes]
    adds, *ends = ((x or 0.0) / 100 for x in (slope.value, slope.low, slope.high))
    values = {
        "rests": ask.rests_on_records(e, "unsupported"),
        "n": ask.entitled_count(e),
        "causes": say("number.comma").join(split),
        "adds": adds,
        "range": ends,
        "none": ask.over_points(ask.within(e, "no_hit"), e.size),
        "searches": ask.searches_a_year(e),
        "a_year": {phi: ask.a_year(e) * x for phi, x in ask.within(e, "unsupported").items()},
    }
    moving, printed = "slope" if slope.value else "", "fingerprints" if after else ""
    parts = {
        "count": ("count", "acted", "rests"),
        "interval": ("entitled", "causes" if causes else "no_cause", moving, "none", printed, "a_year"),
        "doubt": (f"doubt_{ask.situation(e)}",),
    }
    tables = (ask.points_table(e, "questions.hits.after", after),) if after else ()
    return ask.answered(e, "hits", {**figures, "wrong_hits_per_phi": slope}, columns, values, parts, tables)


def _slope(e: Estimates) -> Estimate:
    """Return how many wrong hits each unit of phi adds, by who is enrolled."""
    if not e.scenario.candidates.floor:
        return ask.missing(e, say("questions.hits.no_slope"), PER_PHI)
    grid = (SLOPE_AT / 10, SLOPE_AT)
    value, low, high = (
        float(np.diff(e.curve(grid, end).of("wrong"))[0] / np.diff(grid)[0])
        for end in ("", "enrolled.low", "enrolled.high")
    )
    place = e.places(e.model.at_phi([SLOPE_AT]))[0]
    return e.estimate(value, place, (low, high), "enrolled", unit=PER_PHI, caveats=("gallery_mix_assumed",))


@ask.question("Q02", "questions.title.believing")
def believing_a_hit(e: Estimates) -> Finding:
    """Set the shares beside counts and beside how many people the action fits."""
    rows, texts, fits = [], [], []
    figures: dict[str, dict[str, Estimate]] = {}
    for stop, policy in e.scenario.stops.items():
        found = e.people(ask.spoken_at(e), stop)
        fitting = [s for s in found.statuses if e.scenario.statuses[s].action_supported]
        fits.append(float(found.of("people", *fitting)[0]) / found.size if fitting else 0.0)
        texts.append(say("questions.believing.each", x=_of_100(found, "unsupported"), who=policy.title))
        shares = {
            code: ask.each_point(e, _share_at(e, stop, code), "enrolled", **about) for code, about in SHARES.items()
        }
        figures |= {f"{code}_share.{stop}": one for code, one in shares.items()}
        rows += [
            (
                say("questions.believing.row", who=capital(policy.title), phi=e.place(name).phi),
                percent(fits[-1]),
                e.count("hit", name, stop=stop),
                e.count("wrong", name, by="enrolled", stop=stop),
                shares["right"][name],
                e.count("unsupported", name, by="enrolled", stop=stop, counted=ACTED),
                shares["unsupported"][name],
            )
            for name in e.names
        ]
    title = say("questions.believing.table", n=e.size)
    table = Table(title, ask.headings(*HEADINGS), tuple(rows), say("questions.believing.note"))
    values = {
        "rows": texts,
        "fits": [100 * share for share in fits],
        "others": _of_100(e.people(ask.spoken_at(e)), "wrong"),
        "title": e.scenario.stops[e.stop].title,
    }
    return ask.answered(e, "believing", figures, {}, values, tables=(table,))


def _shares(found: People) -> dict[str, Array]:
    bad, hit = found.of("unsupported"), found.of("hit")
    acted = bad + found.of("supported") + found.of("supported_by_chance")
    pairs = {"right": (found.of("right"), hit), "wrong": (found.of("wrong"), hit), "unsupported": (bad, acted)}
    return {code: part / np.where(whole > 0, whole, 1.0) for code, (part, whole) in pairs.items()}


def _share_at(e: Estimates, stop: str, code: str) -> Callable[[str, str], float]:
    return lambda name, end: float(_shares(e.people(name, stop, end=end))[code][0])


def _of_100(found: People, code: str) -> dict[int, float]:
    return dict(enumerate(100 * _shares(found)[code]))


@ask.question("Q03", "questions.title.for_whom")
def for_whom(e: Estimates) -> Finding:
    """Who is acted on, of so many of each status; and strangers named by probe group."""
    rates = {name: e.size * expected_search(e.points(name)).named[0] for name in e.names}

    def title(origin: Origin, sex: Sex) -> str:
        key = "tested" if origin in TESTED_ORIGINS else "untested"
        return say(f"questions.for_whom.{key}", origin=label(origin), sex=label(sex))

    def group(g: int) -> dict[str, Estimate]:
        (origin, sex), caveats = GROUPS[g], ["group_anchor_assumed", "group_rows_not_pairs"]
        return ask.each_point(
            e,
            lambda name, _: float(rates[name][g]),
            unit="strangers",
            group=title(origin, sex),
            cell=f"{origin.value}_{sex.value}",
            counted=(Counted.FALSE_POSITIVES,),
            caveats=(*caveats, *(() if origin in TESTED_ORIGINS else ("group_no_test_data",))),
        )

    groups = {GROUPS[g]: group(g) for g in range(len(GROUPS))}
    acted = {s: ask.at_points(e, "unsupported", s, by="record_error", of_them=True, counted=ACTED) for s in e.harmed}
    titles = {s: e.scenario.statuses[s].title for s in e.harmed}
    stop = e.scenario.stops[e.stop].title
    of_status = ask.by_point(
        e, say("questions.for_whom.table", n=e.size, stop=stop), {titles[s]: found for s, found in acted.items()}
    )
    of_group = Table(
        say("questions.for_whom.groups", n=e.size),
        (say("questions.column.group"), *(strangers(e.place(name).phi) for name in e.names)),
        tuple((title(*one), *found.values()) for one, found in groups.items()),
        say("questions.for_whom.note"),
    )
    each = [say("questions.for_whom.each", n=_per(e, s), who=titles[s]) for s in e.harmed]
    ratios = _ratios_of_versions(e)
    unlike, values = _unlike({one: found[e.names[0]].value or 0.0 for one, found in groups.items()})
    named = {f"strangers_named.{origin.value}.{sex.value}": found for (origin, sex), found in groups.items()}
    return ask.answered(
        e,
        "for_whom",
        {**named, **{f"acted_on.{s}": found for s, found in acted.items()}},
        {},
        {"each": each, "range": (min(ratios, default=0.0), max(ratios, default=0.0)), **values},
        {
            "count": ("count", unlike or e.scenario.purpose),
            "interval": ("versions" if ratios else "no_rates", "interval"),
        },
        (of_status, of_group),
    )


def _per(e: Estimates, status: str) -> dict[float, float]:
    """Return how many of so many people of a status are acted on, by rate."""
    acted, of = ask.within(e, "unsupported", status), ask.within(e, "people", status)
    return {phi: e.size * ask.ratio(x, of[phi]) for phi, x in acted.items()}


def _unlike(rates: dict[tuple[Origin, Sex], float]) -> tuple[str, dict[str, object]]:
    """Return which tested groups are named most and least at one threshold, and how many times as often."""
    tested = {group: rate for group, rate in rates.items() if group[0] in TESTED_ORIGINS}
    ends = max(tested, key=tested.__getitem__), min(tested, key=tested.__getitem__)
    high, low = (tested[end] for end in ends)
    most, least = (say("questions.for_whom.who", sex=label(sex), origin=label(origin)) for origin, sex in ends)
    special = "alike" if high <= low * (1.0 + 1e-9) else "never" if low == 0.0 else ""
    return special, {"most": most, "least": least, "times": high / low if low else 0.0}


def _ratios_of_versions(e: Estimates) -> list[float]:
    """Return how unlike groups are on each card that has group rates of its own."""
    cards = {choice.card.name: choice.card for choice in e.model.choices}.values()
    tested = [[f.ratio.value for f in card.group_factors().values() if f.tested and not f.caveats] for card in cards]
    return [max(found) / min(found) for found in tested if found and min(found) > 0]


@ask.question("Q04", "questions.title.outside")
def not_in_the_database(e: Estimates) -> Finding:
    """Wrong hits on people who are not enrolled, and what searching passport photos changes."""

    def outside(a: Answers) -> list[float]:
        return list(np.sum(e.size * a.part * (a.wrong_not_enrolled + a.relative_not_enrolled), axis=-1))

    found = ask.each_point(
        e,
        lambda name, end: float(outside(e.answers(name, end=end))[0]),
        "enrolled",
        caveats=("gallery_mix_assumed",),
    )
    points, searched = e.points(ask.spoken_at(e)), e.scenario.gallery.passport_photos_searched
    switched = points.changed((searched, 0.0 if searched.value > 0.5 else 1.0))
    now, other = (dict(zip(ask.reach(e), outside(answer(x, e.stop)), strict=True)) for x in (points, switched))
    passports = "without_passports" if searched.value > 0.5 else "with_passports"
    each = [name for name, told in (("interval", len(now) > 1), ("by_enrolled", ask.has_range(found))) if told]
    return ask.answered(
        e,
        "outside",
        {"wrong_hits_not_enrolled": found},
        {"outside": found, "wrong_hits": ask.at_points(e, "wrong"), "enrolled": ask.at_points(e, "enrolled")},
        {"now": now, "otherwise": other, "range": ask.over_range(found)},
        {
            "interval": (*each, *([passports] if searched.swept else [])),
            "doubt": ("doubt_passports" if searched.swept else "doubt_given",),
        },
    )
