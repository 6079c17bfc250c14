"""The same where one photo is compared with one reference; the other questions do not arise."""

from __future__ import annotations

import math

from misid.expected import people
from misid.findings.estimates import Estimates
from misid.findings.model import Finding
from misid.findings.questions import registry as ask
from misid.findings.questions.how_many import for_whom
from misid.findings.questions.unknown import log_fields, photos_kept
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import grouped
from misid.vocabulary.tested import Counted

GRID = (1e-7, 1e-6, 1e-5, 1e-4)


@ask.question("Q01", "questions.title.hits_one_to_one", "verify", leads=True)
def not_verified(e: Estimates) -> Finding:
    """Count who is turned away although the document is their own."""
    caveats = ("threshold_unknown",)
    acted = ask.at_points(e, "not_verified", counted=(Counted.MISSES,), caveats=caveats)
    wrong, verified = ask.at_points(e, "wrong", caveats=caveats), ask.at_points(e, "hit")
    a_year = {name: ask.people_a_year(e, name, acted[name]) for name in e.names}
    return ask.answered(
        e,
        "hits_one_to_one",
        {"not_verified": acted, "wrong_hits": wrong, "hits": verified},
        {"turned_away": acted, "verified": verified, "verified_wrong": wrong},
        {"verified": ask.over_points(verified, e.size), "searches": ask.searches_a_year(e), "a_year": a_year},
    )


@ask.question("Q02", "questions.title.believing_one_to_one", "verify", leads=True)
def verified_rightly(e: Estimates) -> Finding:
    """Set the share beside the count of impostors."""
    impostors = [s for s, who in e.scenario.statuses.items() if who.action_supported]
    wrong, passed = ask.at_points(e, "wrong"), ask.at_points(e, "wrong", *impostors, of_them=True)
    found = ask.within(e, "people", *impostors), {name: x.value or 0.0 for name, x in passed.items()}
    there, through = (_in_whole_people(max(one.values()), e.size) for one in found)
    return ask.answered(
        e,
        "believing_one_to_one",
        {"wrong_hits": wrong, "impostors_verified": passed},
        {"of_people": wrong, "of_impostors": passed},
        {"impostors": there, "passed": through},
    )


def _in_whole_people(x: float, of: float) -> str:
    """Say a count out of so many that it is at least one: ``7.6 of 10,000,000``."""
    times = 10.0 ** max(0, math.ceil(-math.log10(x))) if x > 0 else 1.0
    return say("questions.believing_one_to_one.out_of", n=times * x, of=grouped(times * of))


@ask.question("Q14", "questions.title.unknown", "verify", leads=True)
def unknown_of_one_to_one(e: Estimates) -> Finding:
    """Move the photos and the threshold, one at a time."""
    fta, points = e.scenario.capture.failure_to_acquire, e.points(e.names[0])
    photos = {
        end: float(people(points.changed((fta, end)), e.stop).of("not_verified")[0]) for end in (fta.low, fta.high)
    }
    over = dict(zip(GRID, e.curve(GRID).of("not_verified").tolist(), strict=True))
    places = dict(zip(GRID, e.places(e.model.at_phi(GRID)), strict=True))
    curve = {f"phi_{phi:g}": e.estimate(x, places[phi], counted=(Counted.MISSES,)) for phi, x in over.items()}
    acted = ask.at_points(e, "not_verified", counted=(Counted.MISSES,))
    return ask.answered(
        e,
        "unknown_one_to_one",
        {"not_verified": {**acted, **curve}},
        {},
        {"photos": photos, "threshold": over, "fields": log_fields()},
    )


ask.question("Q03", "questions.title.for_whom", "verify", leads=True)(for_whom)
ask.question("Q15", "questions.title.kept", "verify", leads=True)(photos_kept)
