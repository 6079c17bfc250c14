"""Answers 5, 6, 7, 12 and 13: what gallery, photo, second photo, relatives and claims do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from misid.algorithm import SEARCH
from misid.expected import Envelope, comparisons, points_at, threshold_decades
from misid.findings.cards import SIZES as CARD_SIZES
from misid.findings.cards import own_rows
from misid.findings.figures import (
    as_given,
    by_mode,
    complement,
    mode_table,
    pair,
    photographed,
    ranges_said,
    said_by_mode,
    union_of_modes,
)
from misid.findings.model import Cell, ChartData, Finding, Table
from misid.findings.nearness import INPUTS, distance_words, fpir_at, of_scenario
from misid.findings.reckon import N_PATH, THRESHOLD, Reckoner
from misid.findings.words import (
    big,
    capital,
    format_number,
    format_range,
    format_rate,
    format_references,
    label,
    listing,
    one_in,
    percent,
)
from misid.quantities import Distance, Doubt, Estimate
from misid.statistics import any_hit_of, fmr_for_fpir, two_names_not_enrolled
from misid.vocabulary import ImageKind, Mode
from misid.vocabulary.tested import Counted

SIZES = (1e4, 1.6e6, 1.2e7, 2e8, 1.2e9)
# The threshold as an axis of the picture: how much likelier a chance match reaches it, in decades.
LOOSER = {0.0: "as given", 1.0: "10 times looser", 2.0: "100 times looser", -1.0: "10 times stricter"}
AXIS = np.geomspace(1e4, 1.2e9, 18)


def gallery_growth(reckoner: Reckoner) -> Finding:
    """Q05: how the answer moves with gallery size."""
    stop = reckoner.scenario.headline_stop
    sizes = sorted({*SIZES, reckoner.n_references})
    found = {n: {m: reckoner.ranges_of(stop, m, n, few=True)["wrong"] for m in reckoner.modes} for n in sizes}
    table = mode_table(
        reckoner,
        f"Wrong hits per {photographed(reckoner)}, by gallery size",
        [(f"{big(n)} references", found[n]) for n in sizes],
        "people",
        note="Where the two modes part, only a log of searches at two gallery sizes could tell which is right.",
        first="gallery",
        sizes=sizes,
    )
    first, last = found[sizes[0]], found[sizes[-1]]
    figures: dict[str, Estimate] = {}
    for n in sizes:
        figures |= pair(reckoner, f"wrong_hits.{round(n)}", found[n], "people", n_references=n)
    return Finding(
        "Q05",
        "How much does the answer change from 10,000 to 200 million to 1.2 billion images?",
        count="; ".join(
            f"{capital(label(m))}: {format_number(first[m].value)} wrong hits at {big(sizes[0])}, {format_number(last[m].value)} at "
            f"{big(sizes[-1])}"
            for m in reckoner.modes
        )
        + f", of {photographed(reckoner)}.",
        interval=f"At {big(sizes[-1])}: {ranges_said(last)}",
        doubt="Every published threshold was set anew for its gallery, so no published row can tell the two modes apart.",
        figures=figures,
        tables=(table, *_own_rows(reckoner)),
        charts=(over_threshold(reckoner),),
    )


def _own_rows(reckoner: Reckoner) -> tuple[Table, ...]:
    """Say of the cards and kinds of photo in use how much of their misses, and of how they grow, is data."""
    cards = {choice.card.name: choice.card for choice in reckoner.choices}
    kinds = tuple(dict.fromkeys(choice.image_kind for choice in reckoner.choices))
    return own_rows(tuple(cards.values()), kinds, sorted({*CARD_SIZES, round(reckoner.n_references)}))


SERIES = {
    "identify": (("wrong hits", "wrong"), ("no hit although enrolled", "no_hit_enrolled")),
    # Impostors are so rare that a count of theirs per 10,000 travellers would be a line along the floor.
    "verify": (("not verified although the document is their own", "no_hit_enrolled"),),
}


def over_threshold(reckoner: Reckoner) -> ChartData:
    """Return wrong hits and misses over the threshold, in both modes, at the scenario's own gallery."""
    scenario = reckoner.scenario
    set_to = scenario.threshold.fpir.value
    rates = np.geomspace(set_to / 300, min(0.3, set_to * 30), 17)
    series = SERIES[scenario.purpose]
    rows: list[tuple[Cell, ...]] = []
    records: list[dict[str, object]] = []
    for mode in reckoner.modes:
        points = reckoner.best({"threshold.fpir": rates})
        # Both modes over the threshold as it was set; in use it has moved where FPIR is held.
        was_set, decades = threshold_decades(points, Mode.COMPARISONS), threshold_decades(points, mode)
        outputs = reckoner.outputs(scenario.headline_stop, mode, points, few=True)
        bands = [_band(reckoner, mode, float(fpir)) for fpir in rates]
        away = [_at_threshold(reckoner, float(s)) for s in decades]
        records += [
            {
                "threshold": float(was_set[i]),
                "mode_label": label(mode),
                "series": words,
                "value": float(outputs[name][i]),
                "low": bands[i][name].input_low if bands[i] else None,
                "high": bands[i][name].input_high if bands[i] else None,
                "fpir": float(fpir),
                "distance": distance_words(away[i]),
                "y_title": f"people per {scenario.use.people:,}",
            }
            for words, name in series
            for i, fpir in enumerate(rates)
        ]
        rows += [
            (label(mode), format_rate(rates[i]), f"{decades[i]:.1f}", *(float(outputs[name][i]) for _, name in series))
            for i in range(0, len(rates), 4)
        ]
    size = scenario.threshold.n_references.value
    return ChartData(
        "threshold",
        f"{capital(listing([words for words, _ in series]))}, per {photographed(reckoner)}, by threshold",
        TRADE[scenario.purpose],
        tuple(records),
        Table(
            f"Best values per {photographed(reckoner)}, by threshold, {format_references(reckoner.n_references)}",
            (
                "mode",
                f"FPIR it was set to at {format_references(size)}",
                "decades in use",
                *(words for words, _ in series),
            ),
            tuple(rows),
            distance=replace(reckoner.distance(reckoner.modes[0]), decades_of_fpir=None),
        ),
    )


def _at_threshold(reckoner: Reckoner, threshold: float) -> Distance:
    """Return the distance of what a search finds at a threshold in decades, at the scenario's own gallery."""
    card = reckoner.choices[reckoner.shown].card
    return of_scenario(reckoner.scenario, card, reckoner.n_references, fpir_at(threshold, reckoner.best()), SEARCH)


def _band(reckoner: Reckoner, mode: Mode, fpir: float) -> dict[str, Envelope]:
    """Return ranges at one threshold where this is the first screen's picture; elsewhere best values are enough."""
    if reckoner.scenario.purpose != "verify":
        return {}
    at_fpir = (("threshold.fpir", fpir),)
    return reckoner.ranges_of(reckoner.scenario.headline_stop, mode, few=True, hold=THRESHOLD, set_to=at_fpir)


TRADE = {
    "identify": "Best values. A higher threshold trades wrong hits for misses; below the floor of twins it buys nothing more.",
    "verify": "A higher threshold turns more travellers away; below the photos that give no template it cannot fall.",
}


def growth_picture(reckoner: Reckoner) -> ChartData:
    """Return the first screen's picture: wrong hits over gallery size, at three thresholds, in both modes.

    Where one photo is compared with one reference there is no gallery to grow, and the picture is over the threshold.
    """
    scenario = reckoner.scenario
    if scenario.purpose == "verify":
        harmed = by_mode(reckoner, reckoner.main)
        chart = over_threshold(reckoner)
        return replace(chart, summary=f"{said_by_mode(harmed)} of {photographed(reckoner)}. {ranges_said(harmed)}")
    stop = scenario.headline_stop
    unit = f"wrong hits per {scenario.use.people:,} photographed"
    records: list[dict[str, object]] = []
    axis = sorted({*AXIS, reckoner.n_references})
    base = scenario.capture.tail_shift_decades.value
    for mode in reckoner.modes:
        away = {float(n): reckoner.distance(mode, float(n)) for n in axis}
        for shift, words in LOOSER.items():
            points = reckoner.best({N_PATH: axis, "capture.tail_shift_decades": np.full(len(axis), base + shift)})
            values = reckoner.outputs(stop, mode, points, few=True)["wrong"]
            for n, value in zip(axis, values, strict=True):
                band = reckoner.ranges_of(stop, mode, n, few=True, hold=THRESHOLD)["wrong"] if shift == 0 else None
                records.append(
                    {
                        "n_references": float(n),
                        "mode": mode.value,
                        "mode_label": label(mode),
                        "threshold_label": words,
                        "central": shift == 0,
                        "value": float(value),
                        "low": band.input_low if band else None,
                        "high": band.input_high if band else None,
                        "is_scenario": bool(n == reckoner.n_references),
                        "distance": distance_words(away[float(n)]),
                        "y_title": unit,
                    }
                )
    wrong = by_mode(reckoner, "wrong")
    table = mode_table(
        reckoner,
        f"Wrong hits per {photographed(reckoner)}, {format_references(reckoner.n_references)}",
        [("wrong hits", wrong)],
        "people",
    )
    return ChartData(
        "growth",
        f"Wrong hits per {photographed(reckoner)}, by gallery size, threshold and mode",
        f"At {format_references(reckoner.n_references)}, {said_by_mode(wrong)}. {as_given(reckoner)} With all unknown inputs: "
        f"{union_of_modes(wrong)}. Model choices: "
        + " or ".join(f"{format_range(r.model_low, r.model_high)} ({label(m)})" for m, r in wrong.items())
        + ". Bands hold the threshold as given; thin lines move it.",
        tuple(records),
        table,
    )


def photo(reckoner: Reckoner) -> Finding:
    """Q06: what the kind of photo does."""
    scenario = reckoner.scenario
    mode = reckoner.modes[-1]
    shown = reckoner.choices[reckoner.shown]
    kinds = (ImageKind.MUGSHOT, ImageKind.WEBCAM, ImageKind.BORDER, ImageKind.KIOSK)
    threshold = reckoner.threshold(mode)
    misses = {kind: shown.card.fnir_at(threshold, kind, n_enrolled=round(reckoner.n_references)) for kind in kinds}
    shifts = (-1.0, 0.0, 1.0, 2.0)
    wrong = {
        m: reckoner.outputs(
            scenario.headline_stop, m, reckoner.best({"capture.tail_shift_decades": list(shifts)}), few=True
        )["wrong"]
        for m in reckoner.modes
    }
    shift_table = Table(
        f"Wrong hits per {photographed(reckoner)}, by what the fixed threshold means on this kind of photo",
        ("shift of the non-mated tail, decades", *(label(m) for m in reckoner.modes)),
        tuple(
            (f"{x:+g}" if x else "0 (assumed)", *(float(wrong[m][i]) for m in reckoner.modes))
            for i, x in enumerate(shifts)
        ),
        "Positive is worse: one decade means ten times as many chance matches at the same threshold.",
        reckoner.distance(mode),
    )
    miss_table = Table(
        f"Misses of {shown.card.name} at {threshold:.1f} decades, by kind of photo",
        ("kind of photo", "share of mated searches that miss (FNIR)"),
        tuple((label(kind), e) for kind, e in misses.items()),
        "NIST tested these four; nobody has tested a street photo."
        if reckoner.measured is None
        else f"The card is {reckoner.measured.words}; other kinds are what they do to algorithms that NIST tested.",
    )
    best, worst = (f([e.value or 0.0 for e in misses.values()]) for f in (min, max))
    return Finding(
        "Q06",
        "How much does a street phone photo change it, compared with a booth photo?",
        count=(
            f"Of 1,000 enrolled people, {format_number(1000 * best)} are missed on the best tested kind of photo and "
            f"{format_number(1000 * worst)} on the worst; wrong hits move tenfold with each decade of tail shift."
        ),
        interval=f"Wrong hits from {listing([f'{format_number(w[0])} to {format_number(w[-1])} ({label(m)})' for m, w in wrong.items()])}, over shifts of -1 to +2 decades.",
        doubt="No published 1:N test uses street phone photos, so zero shift is an assumption, not a finding.",
        figures={
            f"fnir.{kind.value.replace(' ', '_')}": e.with_caveats("image_kind_untested") for kind, e in misses.items()
        },
        tables=(miss_table, shift_table),
    )


def second_photo(reckoner: Reckoner) -> Finding:
    """Q07: a second photo, and two names."""
    scenario = reckoner.scenario
    people = float(scenario.use.people)
    points = reckoner.best()
    rows, figures, said, odds = [], {}, [], []
    for mode in reckoner.modes:
        answers = reckoner.answers(scenario.headline_stop, mode, points)
        part = answers.part[0]
        outside = part * (1 - answers.enrolled[0])
        p = _weighted(answers.wrong_not_enrolled[0] / np.maximum(1 - answers.enrolled[0], 1e-300), outside)
        share = float(outside.sum())
        once = people * share * p
        fresh = people * share * float(any_hit_of(2, p, 0.0))
        rows.append((label(mode), once, fresh))
        mated = part * answers.enrolled[0]
        e = float(mated.sum())
        right = float((part * answers.right[0]).sum()) / max(e, 1e-300)
        wrong = float((part * answers.wrong_enrolled[0]).sum()) / max(e, 1e-300)
        if e * wrong * (2 * right + wrong) + (1 - e) * p > 0:
            odds.append(float(two_names_not_enrolled(e, right, wrong, p)))
        said.append(f"from {format_number(once)} to as many as {format_number(fresh)} ({label(mode)})")
        bounds = Envelope(once, once, fresh, once, fresh, {})
        figures[f"wrong_hits_two_photos.{mode.value}"] = reckoner.estimate(
            bounds, Doubt.MODEL, "people", mode, caveats=("heterogeneity_unknown", "same_people_scanned_again")
        )
    twice = (
        f"If two photos name two different people, at most one is right: the person is not enrolled at all with "
        f"probability {format_range(min(odds), max(odds), share=True)}, by mode, at best values."
        if odds
        else "Two photos that name two different people cannot happen here."
    )
    return Finding(
        "Q07",
        "What happens if the officer takes a second photo? What if the two names differ?",
        count=f"Wrong hits on strangers by people who are not enrolled rise {listing(said)}, of {photographed(reckoner)}.",
        interval=(
            "The low end is a second photo that always gives the same answer again, the high end a fresh draw. " + twice
        ),
        doubt="How alike two photos of one person behave has not been published; it needs a log with repeat scans.",
        figures=figures,
        tables=(
            Table(
                f"Wrong hits on strangers, people not enrolled, of {photographed(reckoner)}",
                ("mode", "one photo", "two photos, fresh draw"),
                tuple(rows),
                distance=reckoner.distance(reckoner.modes[0]),
            ),
        ),
    )


def _weighted(x: np.ndarray, weight: np.ndarray) -> float:
    total = float(weight.sum())
    return float((x * weight).sum() / total) if total > 0 else 0.0


def relatives(reckoner: Reckoner) -> Finding:
    """Q12: twins, and the floor that no algorithm removes."""
    twin, stranger = by_mode(reckoner, "wrong_twin"), by_mode(reckoner, "wrong_stranger")
    kin = reckoner.choices[reckoner.shown].card.kin()
    table = Table(
        "False match rate of twins in NIST's test: one-to-one, threshold at FMR 0.0001, three algorithms",
        ("pair", "lowest", "middle", "highest"),
        tuple((label(name), e.low, e.value, e.high) for name, e in kin.items()),
        "At the far stricter thresholds of a large gallery twins were not tested.",
        INPUTS,
    )
    mode = reckoner.modes[-1]
    return Finding(
        "Q12",
        "What about twins, brothers and sisters, and look-alikes: is there a floor no algorithm removes?",
        count=(
            f"About {format_number(twin[mode].value)} wrong hits bring up the record of an identical twin, whatever the threshold, beside "
            f"{said_by_mode(stranger)} on strangers, of {photographed(reckoner)}."
        ),
        interval=ranges_said({mode: twin[mode]}),
        doubt="Brothers and sisters are not in this figure: no test gives their rates, and one court case shows they are hit.",
        figures=pair(
            reckoner, "wrong_hits_twins", twin, "people", ("kin_at_other_threshold",), counted=(Counted.TWINS,)
        ),
        tables=(
            table,
            mode_table(
                reckoner,
                "Wrong hits by whose record came up",
                [("an identical twin's", twin), ("a stranger's", stranger)],
                "people",
                counted=[(Counted.TWINS,), SEARCH],
            ),
        ),
    )


def claim(reckoner: Reckoner) -> Finding:
    """Q13: what the operator's accuracy claim means here."""
    scenario = reckoner.scenario
    accuracy = scenario.claim.accuracy
    right = by_mode(reckoner, "share_wrong")
    points = points_at(scenario, reckoner.inputs, [reckoner.choices[reckoner.shown]])
    size = float(comparisons(points)[0])
    # For a hit to be right in that share of cases the wrong hits may be at most (1 - a)/a of the right ones.
    own = by_mode(reckoner, "right")[reckoner.modes[0]].value
    outside = scenario.use.people - by_mode(reckoner, "enrolled")[reckoner.modes[0]].value
    allowed = own * (1 - accuracy.value) / accuracy.value / max(outside, 1e-300)
    needed = float(fmr_for_fpir(min(allowed, 1 - 1e-12), size))
    share = {m: complement(r) for m, r in right.items()}
    return Finding(
        "Q13",
        "What does the agency's accuracy claim mean here, and what would have to be true for it to hold?",
        count=(
            f"The claim: {scenario.claim.text} Here the share of hits that are the right person is "
            f"{said_by_mode(share, share=True)}."
        ),
        interval=(
            f"{ranges_said(share, share=True)} For {percent(accuracy.value)} of hits to be right, random pairs may match "
            f"at most {one_in(needed)} times, twins aside."
        ),
        doubt="A share of right answers has no meaning without the gallery, the threshold and who is photographed; the claim names none.",
        figures={
            **pair(reckoner, "right_share", share, "share of hits", counted=(Counted.RIGHT_SHARE,)),
            "fmr_needed": Estimate(
                needed,
                None,
                None,
                "probability",
                Doubt.INPUT,
                "FMR at which wrong hits stay within the claim, independent comparisons",
                conditions=reckoner.conditions(reckoner.modes[0], reckoner.n_references),
                distance=reckoner.distance(reckoner.modes[0], counted=(Counted.RIGHT_SHARE,)),
                caveats=reckoner.caveats(reckoner.n_references),
            ),
        },
    )
