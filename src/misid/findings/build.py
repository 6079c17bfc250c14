"""Puts the page of a run together: its first sentence and picture, the fifteen answers, what went in."""

from __future__ import annotations

import numpy as np

from misid.findings.estimates import Estimates
from misid.findings.inputs import SOURCED, briefly_tested, inputs_table, not_validated, relevant
from misid.findings.model import ChartData, Findings, Simulated
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
    of_them,
    over_points,
    photographed,
    said,
    unsure_records,
)
from misid.findings.questions.rules import balance_words
from misid.findings.short import short_page
from misid.findings.validation.behind import validated
from misid.vocabulary.numbers import in_so_many, listing, strangers

LIMITS = (
    "It does not say whether any person, in any case, was rightly identified.",
    "It does not say whether a stop, or an action on a right hit, was lawful.",
    "It has not seen the fielded algorithm, its threshold, its gallery or one log line of its use.",
    "Galleries beyond 12 million, street photos and groups without test data rest on structure, not on tests.",
    "People are independent here: families and workplaces stopped together are in the simulated people alone.",
    "A right hit that clears a person is not a cost, and none is counted; harms are counted as people, never weighed.",
)


def findings(e: Estimates, simulated: Simulated | None = None) -> Findings:
    """Answer the fifteen questions for one scenario, in expectation.

    Parameters
    ----------
    e : Estimates
        From `estimates_of`.
    simulated : Simulated, optional
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
        limits=LIMITS,
        simulated=simulated,
        validated=validated(e, [answer.id for answer in found if answer.answered]),
        page=short_page(e, known, briefly_tested(e), picture, found, simulated is not None),
    )


def first_sentence(e: Estimates) -> str:
    """Return the first screen's sentence: an if-then, never a best value."""
    of = f"Of {photographed(e)}, {of_them(e)},"
    if e.scenario.purpose == "verify":
        title = e.scenario.threshold.title
        return f"{of} {said(e, at_points(e, 'not_verified'))} are sent to an officer all the same if {title} is in use."
    acted = at_points(e, "unsupported")
    split = listing([f"{over_points(at_points(e, one))} {because(one)}" for one in causes_present(e)])
    split = f": {split}" if split else ""
    wrong = wrong_records(e)
    if len(e.names) > 1:
        suppose, last = (f"Suppose {wrong}. ", "Neither number is published.") if wrong else ("", "")
        return f"{suppose}{of} acted on are {said(e, acted)}{split}. {last}".strip()
    suppose = " and ".join(
        [
            f"the system names {strangers(e.place(e.names[0]).phi)}" if e.scenario.candidates.floor else best_shown(e),
            *([wrong] if wrong else []),
        ]
    )
    last = " How often records are wrong is assumed." if wrong else ""
    return f"Suppose {suppose}. {of} {said(e, acted)} of those are acted on{split}.{last}"


def wrong_records(e: Estimates) -> str:
    """Say how often a record is wrong, of the status that is acted on most for it; empty where none is in doubt."""
    unsure = unsure_records(e)
    if not unsure:
        return ""
    (most, wrong), *others = unsure.items()
    title = e.scenario.statuses[most].title
    listed = " (others as listed)" if others else ""
    return f"{in_so_many(wrong)} {title}{chr(39) if title.endswith('s') else chr(39) + 's'} records are wrong{listed}"


def first_picture(e: Estimates) -> ChartData:
    """Return the first screen's picture: how many are acted on over phi, by own wrong record and by somebody else's."""
    verify = e.scenario.purpose == "verify"
    series = (
        (("sent to an officer although the document is their own", "not_verified", ""),)
        if verify
        else (
            ("on their own wrong record", "wrong_record", "record_error"),
            ("on somebody else's record", "wrong_person", "enrolled"),
        )
    )
    grid = e.reachable(np.geomspace(1e-9, 1e-2, 25) if verify else np.geomspace(1e-4, 0.99, 31))
    records = []
    far = [distance_words(e.distance(place, ACTED)) for place in e.places(e.model.at_phi(grid))]
    for words, outcome, by in series:
        lines = {end: e.curve(grid, f"{by}.{end}" if end and by else "").of(outcome) for end in ("", "low", "high")}
        records += [
            {
                "phi": float(phi),
                "series": words,
                "hue": outcome,
                "value": float(lines[""][i]),
                "low": float(min(line[i] for line in lines.values())),
                "high": float(max(line[i] for line in lines.values())),
                "distance": far[i],
                "x_title": "impostors who pass, 1 in" if verify else "strangers named, 1 in",
                "y_title": f"people acted on, of {e.size:,} photographed",
            }
            for i, phi in enumerate(grid)
        ]
    if verify:
        acted = at_points(e, "not_verified")
        columns = {"sent to an officer although the document is their own": acted}
        summary = "A stricter threshold turns more people away; below the photos that give no template it cannot fall."
    else:
        columns = {
            f"acted on: {cause(one)}": at_points(e, one, by=by, counted=ACTED)
            for one, by in (("wrong_record", "record_error"), ("wrong_person", "enrolled"))
        }
        summary = (
            "Bands: own wrong records by how often records are wrong; somebody else's by who is enrolled. "
            f"{balance_words(e)}"
        )
    title = f"Acted on without support, per {photographed(e)}"
    return ChartData("phi", title, summary, tuple(records), by_point(e, title, columns))
