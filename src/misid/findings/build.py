"""Puts the page of a run together: its first sentence and picture, the fifteen answers, what went in."""

from __future__ import annotations

import numpy as np

from misid.findings.estimates import Estimates
from misid.findings.inputs import SOURCED, briefly_tested, inputs_table, not_validated, relevant
from misid.findings.model import ChartData, Findings, Section
from misid.findings.nearness import distance_words
from misid.findings.questions.registry import (
    ACTED,
    all_answers,
    at_points,
    because,
    best_shown,
    by_point,
    cause,
    causes_present,
    headlines,
    listed,
    of_them,
    over_points,
    photographed,
    unsure_records,
    within,
)
from misid.findings.questions.rules import balance_words
from misid.findings.short import short_page
from misid.findings.validation.behind import validated
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import grouped

LIMITS = ("person", "lawful", "seen", "structure", "independent", "harms")


def findings(e: Estimates, simulated: Section | None = None) -> Findings:
    """Answer the fifteen questions for one scenario, in expectation.

    Parameters
    ----------
    e : Estimates
        From `estimates_of`.
    simulated : Section, optional
        What is said of simulated people; their inputs then stand among those of the page.

    Returns
    -------
    Findings
        All fifteen, in order; unanswered ones say why.
    """
    scenario = e.scenario
    read, found = relevant(e, simulated is not None), all_answers(e)
    known, tested, picture = first_sentence(e), not_validated(e), first_picture(e)
    return Findings(
        scenario=scenario.name,
        title=scenario.title,
        known=known,
        not_validated=tested,
        picture=picture,
        headlines=headlines(e),
        answers=found,
        inputs=inputs_table(e, read),
        illustrative=tuple(path for path, q in read.items() if q.grade not in SOURCED),
        limits=tuple(say(f"short.limits.{name}") for name in LIMITS),
        simulated=simulated,
        validated=validated(e, [answer.id for answer in found if answer.answered]),
        page=short_page(e, known, briefly_tested(e), picture, found, simulated is not None),
    )


def first_sentence(e: Estimates) -> str:
    """Return the first screen's sentence: an if-then, never a best value, as far as evidence on phi reaches."""
    scenario, people = e.scenario, photographed(e)
    if scenario.purpose == "verify":
        acted = over_points(at_points(e, "not_verified"))
        return say("short.known.verify", people=people, acted=acted, setting=scenario.threshold.title)
    known = len(e.names) == 1
    texts = []
    if known and scenario.candidates.floor:
        texts.append(say("short.known.rate", phi=e.place(e.names[0]).phi))
    elif known:
        texts.append(say("short.known.best", best=best_shown(e)))
    unsure = unsure_records(e)
    for status, wrong in list(unsure.items())[:1]:
        key = "records_others" if len(unsure) > 1 else "records"
        texts.append(say(f"short.known.{key}", wrong=wrong, whose=scenario.statuses[status].title))
    parts = [say("short.known.part", n=over_points(within(e, one)), because=because(one)) for one in causes_present(e)]
    split = say("short.known.split", parts=parts) if parts else ""
    about = {"people": people, "of_them": of_them(e), "acted": within(e, "unsupported"), "split": split}
    texts.append(say(f"short.known.{'given' if known else 'open'}{listed(e)}", **about))
    if unsure:
        texts.append(say(f"short.known.{'assumed' if known else 'neither'}"))
    return " ".join(texts)


def first_picture(e: Estimates) -> ChartData:
    """Return the first screen's picture: how many are acted on over phi, by own wrong record and by somebody else's."""
    verify = e.scenario.purpose == "verify"
    moved = {"not_verified": ""} if verify else {"wrong_record": "record_error", "wrong_person": "enrolled"}
    strictest = min(1e-4, *(e.place(name).phi for name in e.names))
    grid = e.reachable(np.geomspace(1e-9, 1e-2, 25) if verify else np.geomspace(strictest, 0.99, 31))
    titles = {
        "x_title": say("short.picture.impostors" if verify else "short.picture.strangers"),
        "y_title": say("short.picture.people", n=grouped(e.size)),
    }
    records = []
    far = [distance_words(e.distance(place, ACTED)) for place in e.places(e.model.at_phi(grid))]
    for outcome, by in moved.items():
        lines = np.array([e.curve(grid, f"{by}.{end}" if by else "").of(outcome) for end in ("low", "high")])
        value = e.curve(grid).of(outcome)
        ends = {"low": np.minimum(value, lines.min(0)), "high": np.maximum(value, lines.max(0))}
        records += [
            {
                "phi": float(phi),
                "series": say(f"short.picture.{outcome}"),
                "hue": outcome,
                "value": float(value[i]),
                **{end: float(line[i]) for end, line in ends.items()},
                "distance": far[i],
                **titles,
            }
            for i, phi in enumerate(grid)
        ]
    columns = {
        say("short.picture.not_verified") if verify else say("short.picture.column", cause=cause(one)): (
            at_points(e, one) if verify else at_points(e, one, by=by, counted=ACTED)
        )
        for one, by in moved.items()
    }
    summary = say("short.picture.summary_verify") if verify else say("short.picture.summary", balance=balance_words(e))
    title = say("short.picture.title", people=photographed(e))
    return ChartData("phi", title, summary, tuple(records), by_point(e, title, columns))
