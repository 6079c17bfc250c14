"""Questions 1 to 4: how many, how sure, for whom, and who has no record of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from misid.expected import GROUPS, People, answer, expected_search
from misid.findings.estimates import Estimates
from misid.findings.model import Cell, ChartData, Finding, Table
from misid.findings.nearness import distance_words
from misid.findings.questions.registry import (
    ACTED,
    ASSUMED,
    SLOPE_AT,
    at_points,
    because,
    by_point,
    cause,
    causes_present,
    entitled,
    finding,
    named,
    of_them,
    over_points,
    over_range,
    people_a_year,
    photographed,
    question,
    ratio,
    said,
    searches_a_year,
    total,
)
from misid.findings.words import label
from misid.quantities import Doubt, Estimate
from misid.vocabulary import TESTED_ORIGINS, Origin, Sex
from misid.vocabulary.numbers import capital, format_number, format_range, listing, percent, strangers
from misid.vocabulary.tested import Counted

# Questions 1 to 4: how many, how sure, for whom, and who has no record to clear them.


@question("Q01", "questions.title.hits", leads=True)
def hits(e: Estimates) -> Finding:
    """Count people acted on first, then hits."""
    acted = at_points(e, "unsupported", counted=ACTED, caveats=ASSUMED)
    each = {one: at_points(e, one, counted=ACTED, caveats=ASSUMED) for one in causes_present(e)}
    documents = at_points(e, "disbelieved_document", counted=ACTED, caveats=("document_carrying_assumed",))
    wrong, every = at_points(e, "wrong", caveats=("stop_mix_assumed",)), at_points(e, "hit")
    none, after = at_points(e, "no_hit"), at_points(e, "fingerprint_unsupported", counted=ACTED)
    slope = _slope(e)
    a_year = {name: people_a_year(e, name, acted[name]) for name in e.names}
    figures = {
        **named("acted_on", acted),
        **named("acted_on", at_points(e, "unsupported", by="record_error", counted=ACTED), "record_error"),
        **{key: x for one, found in each.items() for key, x in named(one, found).items()},
        **named("wrong_record", at_points(e, "wrong_record", by="record_error", counted=ACTED), "record_error"),
        **named("disbelieved_document", documents),
        **named("wrong_hits", wrong),
        **named("hits", every),
        **named("no_hit", none),
        **named("acted_on_a_year", a_year),
        "wrong_hits_per_phi": slope,
    }
    columns = {
        f"acted on, {entitled(e)}": acted,
        **{cause(one): found for one, found in each.items()},
        "of which documents disbelieved": documents,
        "hits": every,
        "hits on somebody else": wrong,
        "nobody named": none,
    }
    fingerprinted = e.scenario.after_no_hit.fingerprinted.value > 0
    tables = [by_point(e, f"What happens to {photographed(e)}", columns)]
    if fingerprinted:
        outcomes = {
            "fingerprinted": "go on to fingerprints",
            "fingerprint_wrong_person": "then acted on, on somebody else's record",
            "fingerprint_wrong_record": "then acted on, on their own wrong record",
            "fingerprint_supported": "then acted on, supported by their own record",
        }
        found = {name: at_points(e, name, counted=ACTED) for name in outcomes}
        figures |= {key: x for name, one in found.items() for key, x in named(name, one).items()}
        tables.append(by_point(e, "After no hit", {words: found[name] for name, words in outcomes.items()}))
    then = f"; some go on to fingerprints, after which {over_points(after)} more are acted on" if fingerprinted else ""
    return finding(
        f"{over_points(every)} hits, {over_points(wrong)} of them on somebody else. Acted on without support: {over_points(acted)}.",
        f"Of {photographed(e)}, {of_them(e)}, acted on are {said(e, acted)}: "
        f"{listing([f'{over_points(found)} {because(one)}' for one, found in each.items()]) or 'nobody is acted on'}. "
        f"Hits on somebody else: {said(e, wrong)}. {_slope_words(slope)}"
        f"For {over_points(none)} nobody is named, and no action follows from the face search{then}. At "
        f"{searches_a_year(e)} photos a year that is about {over_points(a_year)} people acted on a year.",
        "How many strangers are named and how many records are wrong has not been published; neither has a best value.",
        figures=figures,
        tables=tuple(tables),
    )


def _slope(e: Estimates) -> Estimate:
    """Return how many wrong hits each unit of phi adds, by who is enrolled."""
    grid = (SLOPE_AT / 10, SLOPE_AT)
    if not e.scenario.candidates.floor:
        place = e.place(e.names[0])
        return Estimate.missing(
            "everybody is shown names, so nothing moves phi",
            conditions=e.conditions(place),
            distance=e.distance(place),
            unit="people per unit of phi",
            kind=Doubt.INPUT,
            caveats=e.caveats(place),
        )
    value, low, high = (
        float(np.diff(e.curve(grid, end).of("wrong"))[0] / np.diff(grid)[0])
        for end in ("", "enrolled.low", "enrolled.high")
    )
    place = e.places(e.model.at_phi([SLOPE_AT]))[0]
    return e.estimate(
        value, place, (low, high), "enrolled", unit="people per unit of phi", caveats=("gallery_mix_assumed",)
    )


def _slope_words(slope: Estimate) -> str:
    """Say how many wrong hits each further stranger in a hundred adds; nothing where none does."""
    if slope.value is None or slope.low is None or slope.high is None:
        return ""
    return (
        f"Each further 1 in 100 strangers named adds {format_number(slope.value / 100)} "
        f"({format_range(slope.low / 100, slope.high / 100)} by who is enrolled). "
    )


@question("Q02", "questions.title.believing")
def believing_a_hit(e: Estimates) -> Finding:
    """Set the share beside counts and beside how many people the action fits."""
    scenario = e.scenario
    supported = [s for s, who in scenario.statuses.items() if who.action_supported]
    rows: list[tuple[Cell, ...]] = []
    figures: dict[str, Estimate] = {}
    texts: list[str] = []
    for stop, policy in scenario.stops.items():
        right, unsupported = {}, {}
        for name in e.names:
            found = e.people(name, stop)
            ends = [e.people(name, stop, end=f"enrolled.{end}") for end in ("low", "high")]
            fits = ratio(total(found.of("people", *(s for s in supported if s in found.statuses))), found.size)
            right[name] = e.estimate(
                _share_right(found),
                e.place(name),
                (_share_right(ends[0]), _share_right(ends[1])),
                "enrolled",
                unit="share of hits",
                counted=(Counted.RIGHT_SHARE,),
                caveats=("stop_mix_assumed",),
            )
            unsupported[name] = e.estimate(
                _share_unsupported(found),
                e.place(name),
                (_share_unsupported(ends[0]), _share_unsupported(ends[1])),
                "enrolled",
                unit="share of actions",
                counted=ACTED,
                caveats=ASSUMED,
            )
            rows.append(
                (
                    f"{capital(policy.title)}; {strangers(e.place(name).phi)}",
                    percent(fits),
                    e.count("hit", name, stop=stop),
                    e.count("wrong", name, by="enrolled", stop=stop),
                    right[name],
                    e.count("unsupported", name, by="enrolled", stop=stop, counted=ACTED),
                    unsupported[name],
                )
            )
        figures |= {**named(f"right_share.{stop}", right), **named(f"unsupported_share.{stop}", unsupported)}
        shares = [f.value or 0.0 for f in unsupported.values()]
        texts.append(f"{_hundred(shares)} {policy.title} ({'' if texts else 'the action fits '}{percent(fits)})")
    table = Table(
        f"Hits and actions per {e.size:,} photographed, by who is stopped",
        (
            "who is stopped; strangers named",
            "whom the action fits",
            "hits",
            "on somebody else",
            "share of hits that are right",
            "acted on without support",
            "share of actions without support",
        ),
        tuple(rows),
        "The same software; only who is stopped differs. A right hit can lead to an unsupported action.",
    )
    return finding(
        f"Of 100 actions, unsupported are {'; '.join(texts)}.",
        "How many hits are right says nothing of harm: a right hit on a wrong record counts as right. Both shares turn on "
        "how many of those stopped the action fits; so they stand beside the counts.",
        "How many of those stopped are enrolled, and how many the action fits, nobody has published.",
        figures=figures,
        tables=(table,),
    )


def _share_right(found: People) -> float:
    return ratio(total(found.of("right")), total(found.of("hit")))


def _share_unsupported(found: People) -> float:
    bad = total(found.of("unsupported"))
    return ratio(bad, bad + total(found.of("supported")) + total(found.of("supported_by_chance")))


def _hundred(shares: Sequence[float]) -> str:
    return format_range(100 * min(shares), 100 * max(shares))


@question("Q03", "questions.title.for_whom")
def for_whom(e: Estimates) -> Finding:
    """Strangers named by probe group; and who is acted on, of so many of each status."""
    tested = {origin.value for origin in TESTED_ORIGINS}
    rates = {name: e.size * expected_search(e.points(name)).named[0] for name in e.names}

    def title(origin: Origin, sex: Sex) -> str:
        return f"{label(origin)}, {label(sex)}" + ("" if origin in tested else " (no test data)")

    def rate(name: str, g: int) -> Estimate:
        (origin, sex), caveats = GROUPS[g], ("group_anchor_assumed", "group_rows_not_pairs")
        return e.estimate(
            float(rates[name][g]),
            e.place(name),
            unit="strangers",
            group=title(origin, sex),
            cell=f"{origin.value}_{sex.value}",
            counted=(Counted.FALSE_POSITIVES,),
            caveats=caveats if origin in tested else (*caveats, "group_no_test_data"),
        )

    groups = {g: {name: rate(name, g) for name in e.names} for g in range(len(GROUPS))}
    kept = {g: found for g, found in groups.items() if GROUPS[g][0] in tested}
    figures = {
        key: x
        for g, found in groups.items()
        for key, x in named(f"strangers_named.{GROUPS[g][0].value}.{GROUPS[g][1].value}", found).items()
    }
    acted = {s: at_points(e, "unsupported", s, by="record_error", of_them=True, counted=ACTED) for s in e.harmed}
    figures |= {key: x for s, found in acted.items() for key, x in named(f"acted_on.{s}", found).items()}
    of_status = by_point(
        e,
        f"Acted on without support, per {e.size:,} people of each status, {e.scenario.stops[e.stop].title}",
        {e.scenario.statuses[s].title: found for s, found in acted.items()},
    )
    of_group = Table(
        f"Strangers who are named, per {e.size:,}, by probe group",
        ("probe group", *(strangers(e.place(name).phi) for name in e.names)),
        tuple((title(*GROUPS[g]), *found.values()) for g, found in groups.items()),
        "Origin is region of birth as the test labels it. Groups without test data get the spread over all tested cells.",
    )
    records = [
        {
            "label": title(*GROUPS[g]),
            "series": strangers(e.place(name).phi),
            "value": found[name].value,
            "low": found[name].value,
            "high": found[name].value,
            "order": g,
            "x_title": f"strangers named, of {e.size:,}",
            "distance": distance_words(found[name].distance),
        }
        for g, found in groups.items()
        for name in e.names
    ]
    return finding(
        f"Acted on per {e.size:,} of each status: "
        + listing([f"{over_points(found)} {e.scenario.statuses[s].title}" for s, found in acted.items()])
        + f". {_groups(e, kept, e.names[0])}",
        f"{_over_versions(e)} NIST prints no count of searches behind its group rates, so no sampling interval can be given. "
        "No published test separates age.",
        "NIST's searches have no cell for Latin America; its one-to-one report cards have El Salvador, Mexico and Nicaragua.",
        figures,
        (of_status,),
        (ChartData("ranges", of_group.title, "Each group's rate at one threshold.", tuple(records), of_group),),
    )


def _who(g: int) -> str:
    origin, sex = GROUPS[g]
    return f"{label(sex)} from {label(origin)}"


def _groups(e: Estimates, kept: Mapping[int, Mapping[str, Estimate]], name: str) -> str:
    """Say how unlike the tested groups are at one threshold."""
    top, bottom = (f(kept, key=lambda g: kept[g][name].value or 0.0) for f in (max, min))
    most, least = kept[top][name].value or 0.0, kept[bottom][name].value or 0.0
    who = "impostors" if e.scenario.purpose == "verify" else "strangers"
    if most <= least * (1.0 + 1e-9):
        return f"Of {who}, all groups are named alike."
    times = f"{format_number(most / least)} times as often as" if least > 0 else "and never"
    return f"{capital(who)} named: {_who(top)} {times} {_who(bottom)}."


def _over_versions(e: Estimates) -> str:
    """Say how unlike groups are over the cards that have group rates of their own."""
    ratios = []
    for card in {choice.card.name: choice.card for choice in e.model.choices}.values():
        tested = [f.ratio.value for f in card.group_factors().values() if f.tested and not f.caveats]
        if tested and min(tested) > 0:
            ratios.append(max(tested) / min(tested))
    if not ratios:
        return "No card here has group rates of its own; those of other algorithms that NIST tested stand in."
    return f"Over the tested versions the highest group is {format_range(min(ratios), max(ratios))} times the lowest."


@question("Q04", "questions.title.outside")
def not_in_the_database(e: Estimates) -> Finding:
    """Wrong hits on people who are not enrolled, and what searching passport photos changes."""

    def outside(name: str, end: str = "") -> float:
        a = e.answers(name, end=end)
        return e.size * total(a.part * (a.wrong_not_enrolled + a.relative_not_enrolled))

    found = {
        name: e.estimate(
            outside(name),
            e.place(name),
            (outside(name, "enrolled.low"), outside(name, "enrolled.high")),
            "enrolled",
            caveats=("gallery_mix_assumed",),
        )
        for name in e.names
    }
    wrong, enrolled = at_points(e, "wrong"), at_points(e, "enrolled")
    searched = e.scenario.gallery.passport_photos_searched
    other = ""
    if searched.swept:
        switched = 0.0 if searched.value > 0.5 else 1.0
        counts = {}
        for name in e.names:
            points = e.points(name).changed((searched, switched))
            a = answer(points, e.stop)
            counts[name] = e.size * total(a.part * (a.wrong_not_enrolled + a.relative_not_enrolled))
        other = f" If passport photos are {'not ' if switched == 0.0 else ''}searched: {said(e, counts)}."
    columns = {
        "wrong hits on people who are not enrolled": found,
        "all wrong hits": wrong,
        "enrolled people photographed": enrolled,
    }
    return finding(
        f"{capital(said(e, found))}, of {over_points(wrong)} wrong hits. No record of their own could clear them.",
        f"By who is enrolled: {over_range(found)}.{other}",
        "Who is enrolled turns on whether passport photos are searched, which the press reports and nobody has confirmed.",
        named("wrong_hits_not_enrolled", found),
        (by_point(e, f"Wrong hits by enrolment, of {photographed(e)}", columns),),
    )
