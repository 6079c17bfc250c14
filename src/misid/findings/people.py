"""Answers 1 to 4: how many hits, how many wrong, for whom, and who has no record to clear them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from misid.findings.figures import (
    as_given,
    by_mode,
    complement,
    mode_table,
    pair,
    photographed,
    range_chart,
    ranges_said,
    said_by_mode,
)
from misid.findings.model import Finding
from misid.findings.reckon import THRESHOLD, Reckoner
from misid.findings.words import (
    capital,
    doubts,
    format_number,
    format_range,
    format_references,
    label,
    listing,
)
from misid.quantities import Estimate
from misid.vocabulary import TESTED_ORIGINS, Mode, Origin, Sex
from misid.vocabulary.tested import Counted


def hits(reckoner: Reckoner) -> Finding:
    """Q01: out of so many, how many hits, how many wrong."""
    scenario = reckoner.scenario
    all_hits, wrong = by_mode(reckoner, "hits"), by_mode(reckoner, "wrong")
    missed, not_known = by_mode(reckoner, "no_hit_enrolled"), by_mode(reckoner, "no_hit_not_enrolled")
    rows = [
        ("hits", all_hits),
        ("hits on the person's own record", by_mode(reckoner, "right")),
        ("hits on somebody else's record", wrong),
        ("no hit although enrolled", missed),
        ("no hit, not enrolled", not_known),
    ]
    people = f"{scenario.use.people:,} photographed"
    return Finding(
        "Q01",
        f"Out of {photographed(reckoner)}, how many get a hit, and how many of those hits are the wrong person?",
        count=f"Hits on the wrong person, of {photographed(reckoner)}: {said_by_mode(wrong)}, among {said_by_mode(all_hits)} hits.",
        interval=f"{ranges_said(wrong)} {as_given(reckoner)}",
        doubt=(
            f"The fielded threshold and what it means on a {label(scenario.algorithm.probe_image)} are not published; "
            "between them they move the answer by decades."
        ),
        figures={
            **pair(reckoner, "hits", all_hits, "people", ("stop_mix_assumed", "threshold_unknown")),
            **pair(reckoner, "wrong_hits", wrong, "people", ("stop_mix_assumed", "threshold_unknown")),
            **pair(reckoner, "no_hit", by_mode(reckoner, "no_hit"), "people", ("no_hit_rule_unknown",)),
        },
        tables=(mode_table(reckoner, f"What {people} get", rows, "people"),),
    )


def believing_a_hit(reckoner: Reckoner) -> Finding:
    """Q02: if a hit appears, how likely is it right."""
    scenario = reckoner.scenario
    stops = list(scenario.stops)
    right = {s: {m: complement(r) for m, r in by_mode(reckoner, "share_wrong", s).items()} for s in stops}
    table = mode_table(
        reckoner,
        f"Share of hits that are the right person, {format_references(reckoner.n_references)}",
        [(scenario.stops[s].title, right[s]) for s in stops],
        "share of hits",
        note="The same software; only who is stopped differs.",
        counted=(Counted.RIGHT_SHARE,),
    )
    chart_rows = [
        (scenario.stops[s].title, label(m), by_mode(reckoner, "wrong", s, THRESHOLD)[m])
        for s in stops
        for m in reckoner.modes
    ]
    worst = stops[int(np.argmin([min(r.value for r in right[s].values()) for s in stops]))]
    figures: dict[str, Estimate] = {}
    for s in stops:
        codes = ("stop_mix_assumed",)
        figures |= pair(reckoner, f"right_share.{s}", right[s], "share of hits", codes, counted=(Counted.RIGHT_SHARE,))
    return Finding(
        "Q02",
        "If a hit appears, how likely is it right, for each way of choosing whom to stop?",
        count="Share of hits that are the right person. "
        + " ".join(f"{capital(scenario.stops[s].title)}: {said_by_mode(right[s], share=True)}." for s in stops),
        interval=(f"Widest where people are {scenario.stops[worst].title}. " if len(stops) > 1 else "")
        + ranges_said(right[worst], share=True),
        doubt="It depends on how many of those stopped are enrolled at all, which nobody has published.",
        figures=figures,
        tables=(table,),
        charts=(
            range_chart(
                f"Wrong hits per {scenario.use.people:,} photographed, by who is stopped",
                "Dots are best values, bars the envelope over inputs with the threshold, which all share, held as given.",
                chart_rows,
                mode_table(
                    reckoner,
                    "Wrong hits by who is stopped, threshold held as given",
                    [(scenario.stops[s].title, by_mode(reckoner, "wrong", s, THRESHOLD)) for s in stops],
                    "people",
                ),
                f"wrong hits per {scenario.use.people:,} photographed",
            ),
        ),
    )


def for_whom(reckoner: Reckoner) -> Finding:
    """Q03: who is wrongly hit more often."""
    scenario = reckoner.scenario
    people = scenario.use.people
    rates = {mode: reckoner.group_rates(mode) for mode in reckoner.modes}
    held = {mode: reckoner.group_rates(mode, THRESHOLD) for mode in reckoner.modes}
    tested = {o.value for o in TESTED_ORIGINS}

    def name(origin: str, sex: str) -> str:
        return f"{label(Origin(origin))}, {label(Sex(sex))}" + ("" if origin in tested else " (no test data)")

    def who(origin: str, sex: str) -> str:
        return f"{label(Sex(sex))} from {label(Origin(origin))}"

    groups = list(rates[reckoner.modes[0]])
    rows = [(name(*g), {m: held[m][g] for m in reckoner.modes}) for g in groups]
    title = f"Non-mated searches with a candidate, per {people:,}, by probe group, threshold held as given"
    table = mode_table(
        reckoner,
        title,
        rows,
        "searches",
        note="Origin is region of birth as the test labels it. Non-mated: of people who are not in the gallery.",
        first="probe group",
        groups=[name(*g) for g in groups],
        counted=(Counted.FALSE_POSITIVES,),
        cells=["_".join(g) for g in groups],
    )
    statuses = [s for s in scenario.statuses if f"status.{s}.people" in reckoner.ranges_of(*_headline(reckoner))]
    status_table = mode_table(
        reckoner,
        f"Wrong hits per {people:,} people of each status, {scenario.stops[scenario.headline_stop].title}",
        [(scenario.statuses[s].title, by_mode(reckoner, f"status.{s}.wrong_per_people")) for s in statuses],
        "people",
        first="status",
        groups=[scenario.statuses[s].title for s in statuses],
    )
    mode = reckoner.modes[-1]
    only = {g: r for g, r in rates[mode].items() if g[0] in tested}
    top, bottom = max(only, key=lambda g: only[g].value), min(only, key=lambda g: only[g].value)
    figures: dict[str, Estimate] = {}
    for g in groups:
        codes = ("group_anchor_assumed", "group_rows_not_pairs") + (() if g[0] in tested else ("group_no_test_data",))
        figures |= pair(
            reckoner,
            f"false_positives.{g[0]}.{g[1]}",
            {m: rates[m][g] for m in rates},
            "searches",
            codes,
            name(*g),
            counted=(Counted.FALSE_POSITIVES,),
            cell="_".join(g),
        )
    return Finding(
        "Q03",
        "Who is wrongly hit more often: by sex, age, origin, citizenship, and how sure are we?",
        count=(
            f"Of {people:,} {who(*top)} who are not in the gallery, {format_number(only[top].value)} are hit; of {people:,} "
            f"{who(*bottom)}, {format_number(only[bottom].value)} ({label(mode)}): "
            f"{format_number(only[top].value / only[bottom].value)} times as many."
        ),
        interval=(
            f"{_over_versions(reckoner)} With the "
            f"threshold held as given, {who(*top)}: {doubts(held[mode][top])}; {who(*bottom)}: "
            f"{doubts(held[mode][bottom])}. NIST prints no count of "
            "searches behind its group rates, so no sampling interval can be given. No published test separates age."
        ),
        doubt="People from Latin America, the Middle East, Indigenous and mixed people have no test data at all.",
        figures=figures,
        tables=(status_table,),
        charts=(
            range_chart(
                title,
                "Each group's rate at one threshold. Groups without test data get the spread over all tested cells.",
                [(name(*g), label(m), held[m][g]) for g in groups for m in reckoner.modes],
                table,
                f"per {people:,} non-mated searches",
                [
                    reckoner.distance(m, counted=(Counted.FALSE_POSITIVES,), group="_".join(g))
                    for g in groups
                    for m in reckoner.modes
                ],
            ),
        ),
    )


def _headline(reckoner: Reckoner) -> tuple[str, Mode]:
    return reckoner.scenario.headline_stop, reckoner.modes[0]


def _with_passports(reckoner: Reckoner, mode: Mode, searched: float) -> float:
    points = reckoner.best({"gallery.passport_photos_searched": [searched]})
    return float(reckoner.outputs(reckoner.scenario.headline_stop, mode, points)["wrong_not_enrolled"][0])


def _either(values: Mapping[Mode, float]) -> str:
    return " or ".join(f"{format_number(x)} ({label(mode)})" for mode, x in values.items())


def not_in_the_database(reckoner: Reckoner) -> Finding:
    """Q04: wrong hits on people who are not enrolled."""
    outside, wrong = by_mode(reckoner, "wrong_not_enrolled"), by_mode(reckoner, "wrong")
    said = listing(
        [
            f"{format_number(outside[m].value)} of {format_number(wrong[m].value)}"
            + (f" ({label(m)})" if len(wrong) > 1 else "")
            for m in reckoner.modes
        ]
    )
    searched = reckoner.scenario.gallery.passport_photos_searched
    switched = {m: _with_passports(reckoner, m, 0.0 if searched.value > 0.5 else 1.0) for m in reckoner.modes}
    other = "are not searched" if searched.value > 0.5 else "are searched"
    rows = [
        ("wrong hits on people who are not enrolled", outside),
        ("wrong hits on people who are enrolled", by_mode(reckoner, "wrong_enrolled")),
        ("people photographed who are enrolled", by_mode(reckoner, "enrolled")),
    ]
    return Finding(
        "Q04",
        "How many wrong hits come from people who are not in the database at all?",
        count=f"Wrong hits on people who are not in the database at all: {said}. No record of their own could clear them."
        + (f" If passport photos {other}: {_either(switched)}." if searched.swept else ""),
        interval=ranges_said(outside),
        doubt="Who is enrolled turns on whether passport photos are searched, which the press reports and nobody has confirmed.",
        figures=pair(reckoner, "wrong_hits_not_enrolled", outside, "people", ("gallery_mix_assumed",)),
        tables=(mode_table(reckoner, "Wrong hits by enrolment", rows, "people"),),
    )


def _over_versions(reckoner: Reckoner) -> str:
    """Say how unlike groups are over the cards that have group rates of their own."""
    low, high = reckoner.group_ratios()
    if math.isnan(low):
        return "No card here has group rates of its own; those of other algorithms that NIST tested stand in."
    return f"Over the tested versions the highest group is {format_range(low, high)} times the lowest."
