"""The same where one photo is compared with one reference; the other questions do not arise."""

from __future__ import annotations

import numpy as np

from misid.expected import people
from misid.findings.estimates import Estimates
from misid.findings.model import Finding, Table
from misid.findings.questions.how_many import for_whom
from misid.findings.questions.registry import (
    at_points,
    by_point,
    finding,
    named,
    over_points,
    people_a_year,
    photographed,
    question,
    said,
    searches_a_year,
)
from misid.findings.questions.unknown import LOG_FIELDS, photos_kept
from misid.vocabulary.numbers import format_number, format_range, in_so_many, listing
from misid.vocabulary.tested import Counted


@question("Q01", "questions.title.hits_one_to_one", "verify", leads=True)
def not_verified(e: Estimates) -> Finding:
    """Count who is turned away although the document is their own."""
    acted = at_points(e, "not_verified", counted=(Counted.MISSES,), caveats=("threshold_unknown",))
    wrong, verified = at_points(e, "wrong", caveats=("threshold_unknown",)), at_points(e, "hit")
    columns = {
        "not verified although the document is their own": acted,
        "verified": verified,
        "verified against somebody else's document": wrong,
    }
    return finding(
        f"Of {photographed(e)}, {said(e, acted)} are sent to an officer although the document is their own; "
        f"{said(e, verified)} are verified.",
        f"At {searches_a_year(e)} travellers a year that is about {over_points({n: people_a_year(e, n, acted[n]) for n in e.names})} a year.",
        "The fielded threshold is not published, and the share of photos that give no template is assumed.",
        {**named("not_verified", acted), **named("wrong_hits", wrong), **named("hits", verified)},
        (by_point(e, f"What happens to {photographed(e)}", columns),),
    )


@question("Q02", "questions.title.believing_one_to_one", "verify", leads=True)
def verified_rightly(e: Estimates) -> Finding:
    """Set the share beside the count of impostors."""
    impostors = [s for s, who in e.scenario.statuses.items() if who.action_supported]
    wrong, passed = at_points(e, "wrong"), at_points(e, "wrong", *impostors, of_them=True)
    count = format_number(float(e.people(e.names[0]).of("people", *impostors)[0]))
    return finding(
        f"{count} of {photographed(e)} hold somebody else's document; {said(e, wrong)} of those are verified. Nearly everybody "
        "who is verified is verified rightly because impostors are rare.",
        f"Of {e.size:,} impostors {said(e, passed)} would be verified.",
        "How many impostors there are is known only from those who were found.",
        {**named("wrong_hits", wrong), **named("impostors_verified", passed)},
        (
            by_point(
                e,
                "Impostors verified",
                {f"of {photographed(e)}": wrong, f"of {e.size:,} impostors": passed},
            ),
        ),
    )


@question("Q14", "questions.title.unknown_one_to_one", "verify", leads=True)
def unknown_of_one_to_one(e: Estimates) -> Finding:
    """Move the photos and the threshold, one at a time."""
    fta = e.scenario.capture.failure_to_acquire
    ends = [
        float(people(e.points(e.names[0]).changed((fta, end)), e.stop).of("not_verified")[0])
        for end in (fta.low, fta.high)
    ]
    acted = at_points(e, "not_verified", counted=(Counted.MISSES,))
    grid = np.array([1e-7, 1e-6, 1e-5, 1e-4])
    over = e.curve(grid).of("not_verified")
    places = e.places(e.model.at_phi(grid))
    curve = {
        f"not_verified.phi_{phi:g}": e.estimate(float(x), place, counted=(Counted.MISSES,))
        for phi, x, place in zip(grid, over, places, strict=True)
    }
    table = Table(
        f"Not verified although the document is their own, per {photographed(e)}",
        ("impostors who pass", "sent to an officer"),
        tuple((in_so_many(phi), x) for phi, x in zip(grid, curve.values(), strict=True)),
        "The threshold moves both.",
    )
    return finding(
        f"Photos that give no template move the answer from {format_range(min(ends), max(ends))}; the threshold moves it from "
        f"{format_number(float(over[-1]))} to {format_number(float(over[0]))}, of {photographed(e)}.",
        "Each is moved alone.",
        f"To settle it an agency must log: {listing(list(LOG_FIELDS))}.",
        {**named("not_verified", acted), **curve},
        (table,),
    )


question("Q03", "questions.title.for_whom", "verify", leads=True)(for_whom)
question("Q15", "questions.title.kept", "verify", leads=True)(photos_kept)
