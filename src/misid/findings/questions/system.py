"""Questions 5 to 7, 12 and 13: what gallery, photo, second photo, relatives and claims do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from misid.expected import Array, people
from misid.findings.estimates import Estimates, Place
from misid.findings.model import Finding
from misid.findings.questions.registry import (
    ACTED,
    FINE,
    SIZES,
    SLOPE_AT,
    at_points,
    because,
    best_shown,
    by_point,
    cause,
    crossing,
    finding,
    named,
    over_points,
    over_range,
    photographed,
    point_title,
    question,
    ratio,
    total,
)
from misid.findings.words import label
from misid.quantities import Doubt, Estimate
from misid.statistics import any_hit_of, two_names_not_enrolled
from misid.vocabulary import ImageKind
from misid.vocabulary.numbers import big, capital, format_number, format_range, percent, strangers
from misid.vocabulary.tested import Counted


@question("Q05", "questions.title.gallery")
def gallery_growth(e: Estimates) -> Finding:
    """Keep each point's threshold and move the gallery: phi moves with it."""
    sizes = sorted({*SIZES, e.scenario.gallery.n_references.value})
    found: dict[float, dict[str, Estimate]] = {n: {} for n in sizes}
    met: dict[str, Array] = {}
    places: dict[str, tuple[Place, ...]] = {}
    for name in e.names:
        points = (
            e.points(name)
            .rows(np.zeros(len(sizes), np.intp))
            .changed((e.scenario.gallery.n_references, np.array(sizes)))
        )
        places[name] = e.places(points, name)
        wrong = people(points, e.stop).of("wrong")
        anew = people(e.model.at_phi(np.full(len(sizes), e.place(name).phi), points=points), e.stop)
        met[name] = anew.of("right") / np.maximum(anew.of("enrolled"), 1e-300)
        for i, n in enumerate(sizes):
            found[n][name] = e.estimate(float(wrong[i]), places[name][i])
    columns = {f"{big(n)} references": found[n] for n in sizes}
    name = e.names[-1]
    small, large = sizes[0], sizes[-1]
    return finding(
        f"Of {e.size:,} people, {format_number(found[small][name].value)} wrong hits at {big(small)} images and "
        f"{format_number(found[large][name].value)} at {big(large)}, if the threshold is kept.",
        f"{_with_gallery(e, name, places[name])}. With the threshold set anew for each size, as many strangers are named at each; of enrolled people then "
        f"{percent(float(met[name][0]))} are found at {big(small)} and {percent(float(met[name][-1]))} at {big(large)}.",
        "NIST sets each threshold anew for its gallery, so no published row shows which of the two an agency does.",
        {key: x for n in sizes for key, x in named(f"wrong_hits.{round(n)}", found[n]).items()},
        (by_point(e, f"Wrong hits per {photographed(e)}, threshold kept, by gallery size", columns),),
    )


def _with_gallery(e: Estimates, name: str, places: Sequence[Place]) -> str:
    """Say how many strangers are named in the smallest and in the largest gallery."""
    if not e.scenario.candidates.floor:
        return capital(best_shown(e))
    first, last = (strangers(place.phi) for place in (places[0], places[-1]))
    return f"With the threshold kept ({point_title(e, name)}), {first} to {last.removesuffix(' strangers')} are named"


@question("Q06", "questions.title.photo")
def photo(e: Estimates) -> Finding:
    """Misses by tested kind of photo at each threshold; phi by what a test's threshold means on these photos."""
    card = e.model.choices[e.model.shown].card
    kinds = (ImageKind.MUGSHOT, ImageKind.WEBCAM, ImageKind.BORDER, ImageKind.KIOSK)
    misses: dict[ImageKind, dict[str, Estimate]] = {kind: {} for kind in kinds}
    for name in e.names:
        place = e.place(name)
        for kind in kinds:
            one = card.fnir_at(place.threshold, kind, n_enrolled=place.n_references).with_caveats("image_kind_untested")
            misses[kind][name] = replace(one, conditions=replace(one.conditions, phi=place.phi, point=name))
    figures = {key: x for kind in kinds for key, x in named(f"fnir.{kind.value}", misses[kind]).items()}
    shift, texts = e.scenario.capture.tail_shift_decades, []
    for name in e.names:
        phis = {
            end: e.places(e.model.at(name, e.model.best().changed((shift, getattr(shift, end)))))[0].phi
            for end in ("low", "high")
        }
        if not math.isclose(phis["low"], phis["high"]):
            figures[f"phi.{name}"] = e.estimate(
                e.place(name).phi,
                e.place(name),
                (phis["low"], phis["high"]),
                "tail_shift",
                unit="share of strangers",
                counted=(Counted.FALSE_POSITIVES,),
            )
            texts.append(f"{point_title(e, name)}, {strangers(phis['low'])} to {strangers(phis['high'])}")
    values = [1000 * (x.value or 0.0) for found in misses.values() for x in found.values()]
    moved = f"Named, by what the threshold of a test means on these photos: {'; '.join(texts)}. " if texts else ""
    return finding(
        f"Of 1,000 enrolled people, {format_number(min(values))} to {format_number(max(values))} are missed, by threshold and "
        "by which tested photos a street photo is like.",
        f"{moved}Where the number of strangers named is itself given, photos move only the misses.",
        "No published test of searches has street phone photos; two papers disagree even on the sign of the shift.",
        figures,
        (
            by_point(
                e,
                f"Share of enrolled people missed by {card.name}, by kind of photo",
                {label(kind): misses[kind] for kind in kinds},
            ),
        ),
    )


@question("Q07", "questions.title.second_photo")
def second_photo(e: Estimates) -> Finding:
    """Two photos, alike or fresh; two names; and what it does that a few people draw most hits."""
    once, twice, odds = {}, {}, []
    for name in e.names:
        a = e.answers(name)
        out, inside = a.part * (1.0 - a.enrolled), a.part * a.enrolled
        p = ratio(total(a.part * a.wrong_not_enrolled), total(out))
        fresh = e.size * total(out) * float(any_hit_of(2, p, 0.0))
        once[name] = e.estimate(e.size * total(out) * p, e.place(name))
        correlation = e.scenario.capture.second_photo_correlation.value
        middle = e.size * total(out) * float(any_hit_of(2, p, correlation))
        twice[name] = e.estimate(
            middle,
            e.place(name),
            (once[name].value or 0.0, fresh),
            "second_photo",
            caveats=("heterogeneity_unknown", "same_people_scanned_again"),
        )
        owned = total(inside)
        right, wrong = ratio(total(a.part * a.right), owned), ratio(total(a.part * a.wrong_enrolled), owned)
        if owned * wrong * (2 * right + wrong) + (1 - owned) * p > 0:
            odds.append(float(two_names_not_enrolled(owned, right, wrong, p)))
    names = (
        f"If two photos name two different people, the person is not enrolled at all in "
        f"{format_range(100 * min(odds), 100 * max(odds))} of 100 cases."
        if odds
        else "Two photos that name two different people cannot happen here."
    )
    return finding(
        f"Strangers named, of {e.size:,} people: {over_points(once)} with one photo, with two at most "
        f"{over_points({name: x.high or 0.0 for name, x in twice.items()})}.",
        f"{names} {heterogeneity(e)}",
        "How alike two photos of one person behave has not been published; it needs a log with repeat scans.",
        {**named("wrong_hits_one_photo", once), **named("wrong_hits_two_photos", twice)},
        (
            by_point(
                e,
                f"Strangers named at least once, of {photographed(e)}",
                {"one photo": once, "two photos, from alike to fresh": twice},
            ),
        ),
    )


def heterogeneity(e: Estimates) -> str:
    """Say what it does that a few people draw most false hits: as many are named, the same ones again."""
    k = e.scenario.capture.heterogeneity_k
    shape = min(k.low, k.value) if k.swept else k.value
    if shape >= 1e6:
        return "Everybody is taken to be named by chance alike."
    phi = SLOPE_AT
    mean = shape * ((1.0 - phi) ** (-1.0 / shape) - 1.0)
    both = 1.0 - 2.0 * (1.0 - phi) + (1.0 + 2.0 * mean / shape) ** -shape
    now = "as here" if k.value == shape else f"the choice here is {'alike' if k.value >= 1e6 else f'k = {k.value:g}'}"
    return (
        f"If a few people draw most false hits (k = {shape:g}; {now}), no more strangers are named, but the same ones again: "
        f"of those named once, {format_number(100 * both / phi)} of 100 would be named by another photo on another day, "
        f"against {format_number(100 * phi)} if all are alike (with {strangers(phi)} named)."
    )


@question("Q12", "questions.title.relatives")
def relatives(e: Estimates) -> Finding:
    """Relatives are named whatever the threshold; how many depends on how they are enrolled."""
    together = e.scenario.kin.enrolled_together

    def at(name: str, t: float) -> float:
        return float(people(e.points(name).changed((together, t)), e.stop).of("wrong_relative")[0])

    found = {
        name: e.estimate(
            float(e.people(name).of("wrong_relative")[0]),
            e.place(name),
            (at(name, together.low), at(name, together.high)),
            "enrolled_together",
            counted=(Counted.TWINS,),
            caveats=("kin_at_other_threshold",),
        )
        for name in e.names
    }
    stranger = at_points(e, "wrong_stranger")
    return finding(
        f"About {over_points(found)} hits, of {e.size:,} people, bring up a relative's record, mostly an identical twin's, at "
        f"every threshold; {over_points(stranger)} a stranger's.",
        f"By how often relatives are enrolled together: {over_range(found)}.",
        "Twins were tested one-to-one, at a laxer threshold; brothers and sisters not, and one court case shows they are hit.",
        {**named("wrong_hits_relatives", found), **named("wrong_hits_strangers", stranger)},
        (
            by_point(
                e,
                f"Wrong hits by whose record came up, of {photographed(e)}",
                {"a relative's": found, "a stranger's": stranger},
            ),
        ),
    )


@question("Q13", "questions.title.claim")
def claim(e: Estimates) -> Finding:
    """Which phi the claim would need, and what it leaves untouched."""
    claimed = e.scenario.claim
    if claimed is None:
        return Finding("", "", "Not answered. No claim of accuracy was given.", answered=False)
    grid = e.reachable(FINE)
    wanted, curve = claimed.accuracy.value, e.curve(grid)
    of_people = claimed.of == "people"
    right = 1.0 - curve.of("wrong") / e.size if of_people else curve.of("right") / np.maximum(curve.of("hit"), 1e-300)
    phi = crossing(grid, right - wanted, falling=True)
    wrong, acted = at_points(e, "wrong"), at_points(e, "wrong_record", by="record_error", counted=ACTED)
    if phi is None:
        needed = (
            "That holds whatever the threshold."
            if right[-1] >= wanted
            else "No threshold makes that so: relatives are enough."
        )
        figure = Estimate.missing(
            needed,
            conditions=e.conditions(e.place(e.names[0])),
            distance=e.distance(e.place(e.names[0])),
            unit="share of strangers",
            kind=Doubt.INPUT,
            caveats=e.caveats(e.place(e.names[0])),
        )
    else:
        holds = "people not to be taken for somebody else" if of_people else "hits to be right"
        needed = f"For {percent(wanted)} of {holds}, at most {strangers(phi)} may be named."
        place = e.places(e.model.at_phi([phi]))[0]
        figure = e.estimate(phi, place, unit="share of strangers", counted=(Counted.RIGHT_SHARE,))
    return finding(
        f"The claim: {claimed.text} {needed}",
        f"Even then {over_points(acted)} actions rest {because('wrong_record')}, beside {over_points(wrong)} wrong hits "
        f"at the thresholds shown, of {photographed(e)}.",
        "A share of right answers has no meaning without gallery, threshold and who is photographed; the claim names none.",
        {"phi_needed": figure, **named("wrong_hits", wrong)},
        (
            by_point(
                e,
                f"What a share of right hits leaves out, of {photographed(e)}",
                {
                    "hits": at_points(e, "hit"),
                    "hits on somebody else": wrong,
                    f"acted on: {cause('wrong_record')}": acted,
                },
            ),
        ),
    )
