"""Questions 5 to 7, 12 and 13: what gallery, photo, second photo, relatives and claims do."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from misid.expected import Answers, Array, people
from misid.findings.estimates import Estimates, Place
from misid.findings.model import Finding
from misid.findings.questions import registry as ask
from misid.findings.questions.registry import ACTED, FINE, SIZES, SLOPE_AT
from misid.quantities import Estimate
from misid.statistics import any_hit_of, two_names_not_enrolled
from misid.vocabulary import ImageKind
from misid.vocabulary.catalogue import say
from misid.vocabulary.names import label
from misid.vocabulary.numbers import capital, grouped
from misid.vocabulary.tested import Counted
from misid.vocabulary.units import OF_STRANGERS

KINDS = (ImageKind.MUGSHOT, ImageKind.WEBCAM, ImageKind.BORDER, ImageKind.KIOSK)
ALIKE = 1e6  # shape from which everybody is named by chance alike


@ask.question("Q05", "questions.title.gallery")
def gallery_growth(e: Estimates) -> Finding:
    """Keep each point's threshold and move the gallery: phi moves with it."""
    now, name = e.scenario.gallery.n_references, e.names[-1]
    sizes = sorted({*SIZES, now.value})

    def moved(point: str) -> tuple[Array, tuple[Place, ...], Array]:
        points = e.points(point).rows(np.zeros(len(sizes), np.intp)).changed((now, np.array(sizes)))
        anew = people(e.model.at_phi(np.full(len(sizes), e.place(point).phi), points=points), e.stop)
        met = anew.of("right") / np.maximum(anew.of("enrolled"), 1e-300)
        return people(points, e.stop).of("wrong"), e.places(points, point), met

    each = {point: moved(point) for point in e.names}
    found = {
        n: {point: e.estimate(float(wrong[i]), places[i]) for point, (wrong, places, _) in each.items()}
        for i, n in enumerate(sizes)
    }
    _, places, met = each[name]
    floor, ends = e.scenario.candidates.floor, (0, -1)
    columns = {say("questions.column.references", n=n): found[n] for n in sizes}
    values = {"phi": e.place(name).phi, "now": now.value, "best": capital(ask.best_shown(e))}
    values |= dict(zip(("fewest", "most"), (found[sizes[i]][name].value for i in ends), strict=True))
    values |= dict(zip(("small", "large"), (sizes[i] for i in ends), strict=True))
    values |= dict(zip(("first", "last"), (places[i].phi for i in ends), strict=True))
    values |= dict(zip(("of_small", "of_large"), (grouped(1000 * float(met[i])) for i in ends), strict=True))
    return ask.answered(
        e,
        "gallery",
        {f"wrong_hits.{round(n)}": found[n] for n in sizes},
        {},
        values,
        {"count": ("count" if floor else "count_list",), "interval": ("kept", "anew") if floor else ("found",)},
        (ask.by_point(e, say("questions.gallery.table", people=ask.photographed(e)), columns),),
    )


@ask.question("Q06", "questions.title.photo")
def photo(e: Estimates) -> Finding:
    """Misses by tested kind of photo at each threshold; phi by what a test's threshold means on these photos."""
    card = e.model.choices[e.model.shown].card

    def missed(name: str, kind: ImageKind) -> Estimate:
        place = e.place(name)
        one = card.fnir_at(place.threshold, kind, n_enrolled=place.n_references).with_caveats("image_kind_untested")
        return replace(one, conditions=replace(one.conditions, phi=place.phi, point=name))

    def placed(name: str, end: str) -> float:
        shift = e.scenario.capture.tail_shift_decades
        moved = e.model.best().changed((shift, getattr(shift, end.partition(".")[2] or "value")))
        return e.places(e.model.at(name, moved))[0].phi if end else e.place(name).phi

    misses = {kind: {name: missed(name, kind) for name in e.names} for kind in KINDS}
    phis = ask.each_point(e, placed, "tail_shift", unit=OF_STRANGERS, counted=(Counted.FALSE_POSITIVES,))
    phis = {name: x for name, x in phis.items() if not math.isclose(x.low or 0.0, x.high or 0.0)}
    each = [
        say("questions.photo.each", range=(x.low, x.high), title=ask.point_title(e, name)) for name, x in phis.items()
    ]
    of_1000 = {kind: {name: 1000 * (x.value or 0.0) for name, x in found.items()} for kind, found in misses.items()}
    best, *_, worst = sorted(KINDS, key=lambda kind: max(of_1000[kind].values()))
    values = {"few": of_1000[best], "many": of_1000[worst], "best": label(best), "worst": label(worst), "each": each}
    table = ask.by_point(
        e, say("questions.photo.table", card=card.name), {label(kind): found for kind, found in misses.items()}
    )
    figures = {**{f"fnir.{kind.value}": found for kind, found in misses.items()}, "phi": phis}
    return ask.answered(
        e, "photo", figures, {}, values, {"interval": ("like", "moved" if each else "", "given")}, (table,)
    )


@ask.question("Q07", "questions.title.second_photo")
def second_photo(e: Estimates) -> Finding:
    """Two photos, alike or fresh; two names; and what it does that a few people draw most hits."""
    at = {name: _two_photos(e, e.answers(name))[0] for name in e.names}
    once = ask.each_point(e, lambda name, _: at[name][0])
    twice = ask.each_point(
        e,
        lambda name, end: at[name][("second_photo.low", "", "second_photo.high").index(end)],
        "second_photo",
        caveats=("heterogeneity_unknown", "same_people_scanned_again"),
    )
    within = dict(enumerate(_two_photos(e, e.answers(ask.spoken_at(e)))))
    one, _, two, odds = ({i: x[part] for i, x in within.items() if x[part] >= 0} for part in range(4))
    few, values = heterogeneity(e)
    differ = ("two_names" if odds else "never_two",)
    return ask.answered(
        e,
        "second_photo",
        {"wrong_hits_one_photo": once, "wrong_hits_two_photos": twice},
        {"one_photo": once, "two_photos": twice},
        {"one": one, "two": two, "odds": odds, **values},
        {"count": ("count", *differ), "interval": few}
        if len(odds) < 2
        else {"count": ("count",), "interval": (*differ, *few)},
    )


def _two_photos(e: Estimates, a: Answers) -> list[tuple[float, float, float, float]]:
    """Return strangers named with one photo, two, and two that are fresh; of 100 with two names strangers, or -1."""

    def of(x: Array, whole: Array) -> Array:
        return np.asarray(np.round(np.sum(a.part * x, axis=-1) / np.where(whole > 0, whole, 1.0), 12), float)

    out, owned = np.sum(a.part * (1.0 - a.enrolled), axis=-1), np.sum(a.part * a.enrolled, axis=-1)
    p, right, wrong = of(a.wrong_not_enrolled, out), of(a.right, owned), of(a.wrong_enrolled, owned)
    correlation, found = e.scenario.capture.second_photo_correlation.value, []
    for strangers, mine, one, hit, other in zip(
        *np.broadcast_arrays(e.size * out, owned, p, right, wrong), strict=True
    ):
        differ = mine * other * (2 * hit + other) + (1 - mine) * one > 0
        twice, fresh = (float(strangers * any_hit_of(2, one, how)) for how in (correlation, 0.0))
        odds = 100 * float(two_names_not_enrolled(mine, hit, other, one)) if differ else -1.0
        found.append((float(strangers * one), twice, fresh, odds))
    return found


def heterogeneity(e: Estimates) -> tuple[tuple[str, ...], dict[str, object]]:
    """Return what to say of it that a few people draw most false hits: as many are named, the same ones again."""
    k = e.scenario.capture.heterogeneity_k
    shape = min(k.low, k.value) if k.swept else k.value
    if shape >= ALIKE:
        return ("alike",), {}
    mean = shape * ((1.0 - SLOPE_AT) ** (-1.0 / shape) - 1.0)
    both = 1.0 - 2.0 * (1.0 - SLOPE_AT) + (1.0 + 2.0 * mean / shape) ** -shape
    now = "here_same" if k.value == shape else "here_alike" if k.value >= ALIKE else "here_between"
    return ("few", now), {"again": 100 * both / SLOPE_AT, "alike": 100 * SLOPE_AT, "phi": SLOPE_AT}


@ask.question("Q12", "questions.title.relatives")
def relatives(e: Estimates) -> Finding:
    """Relatives are named whatever the threshold; how many depends on how they are enrolled."""
    together = e.scenario.kin.enrolled_together

    def at(name: str, end: str) -> float:
        moved = e.points(name).changed((together, getattr(together, end.partition(".")[2] or "value")))
        return float(people(moved, e.stop).of("wrong_relative")[0])

    found = ask.each_point(e, at, "enrolled_together", counted=(Counted.TWINS,), caveats=("kin_at_other_threshold",))
    stranger = ask.at_points(e, "wrong_stranger")
    return ask.answered(
        e,
        "relatives",
        {"wrong_hits_relatives": found, "wrong_hits_strangers": stranger},
        {"relative": found, "stranger": stranger},
        {"range": ask.over_range(found)},
        {
            "count": ("count" if any(x.high for x in found.values()) else "count_none",),
            "interval": ("strangers", "interval" if ask.has_range(found) else "given"),
        },
    )


@ask.question("Q13", "questions.title.claim")
def claim(e: Estimates) -> Finding:
    """Which phi the claim would need, and what it leaves untouched."""
    claimed = e.scenario.claim
    if claimed is None:
        return Finding("", "", say("questions.claim.none"), answered=False)
    grid = e.reachable(FINE)
    wanted, curve = claimed.accuracy.value, e.curve(grid)
    right = curve.of("right") / np.maximum(curve.of("hit"), 1e-300)
    if claimed.of == "people":
        right = 1.0 - curve.of("wrong") / e.size
    phi = ask.crossing(grid, right - wanted, falling=True)
    needed = f"needs_{claimed.of}" if phi is not None else "always" if right[-1] >= wanted else "never"
    if phi is None:
        figure = ask.missing(e, say(f"questions.claim.{needed}"), OF_STRANGERS)
    else:
        place = e.places(e.model.at_phi([phi]))[0]
        figure = e.estimate(phi, place, unit=OF_STRANGERS, counted=(Counted.RIGHT_SHARE,))
    wrong, record = ask.at_points(e, "wrong"), ask.at_points(e, "wrong_record", by="record_error", counted=ACTED)
    return ask.answered(
        e,
        "claim",
        {"phi_needed": figure, "wrong_hits": wrong},
        {"hits": ask.at_points(e, "hit"), "wrong_hits": wrong, "wrong_record": record},
        {"claim": claimed.text, "share": 1.0 - wanted, "phi": phi},
        {"count": ("count", needed)},
    )
