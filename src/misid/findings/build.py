"""Puts the fifteen answers together."""

from __future__ import annotations

from misid.findings import harm, people, system, unknown, verify
from misid.findings.figures import by_mode, photographed, said_by_mode, union_of_modes
from misid.findings.inputs import SOURCED, inputs_table, not_validated, relevant
from misid.findings.model import Finding, Findings, Simulated
from misid.findings.reckon import Reckoner
from misid.findings.validation.behind import validated

LIMITS = (
    "It does not say whether any person, in any case, was rightly identified.",
    "It does not say whether a stop, or an action on a right hit, was lawful.",
    "It has not seen the fielded algorithm, its threshold, its gallery or one log line of its use.",
    "Gallery growth beyond 12 million, street photos and groups without test data rest on structure, not on tests.",
    "People are independent here: families and workplaces stopped together are not in the closed form.",
    "A right hit that clears a person is not a cost, and none is counted; harms are counted as people, never weighed.",
)


def findings(r: Reckoner, simulated: Simulated | None = None) -> Findings:
    """Answer the fifteen questions for one scenario, in closed form.

    Parameters
    ----------
    r : Reckoner
        From `misid.findings.reckon.reckoner`.
    simulated : Simulated, optional
        What is said of simulated people; their inputs then stand among those of the page.

    Returns
    -------
    Findings
        All fifteen, in order; unanswered ones say why.
    """
    scenario = r.scenario
    read = relevant(r, simulated is not None)
    answers = _one_to_one(r) if scenario.purpose == "verify" else _search(r)
    return Findings(
        scenario=scenario.name,
        title=scenario.title,
        known=_known(r),
        not_validated=not_validated(r),
        picture=system.growth_picture(r),
        headlines=_HEADLINES[scenario.purpose],
        answers=answers,
        inputs=inputs_table(r, read),
        illustrative=tuple(path for path, q in read.items() if q.grade not in SOURCED),
        limits=LIMITS,
        simulated=simulated,
        validated=validated(r, [answer.id for answer in answers if answer.answered]),
    )


_HEADLINES = {"identify": ("Q01", "Q02", "Q04", "Q08", "Q12"), "verify": ("Q01", "Q02", "Q03", "Q14", "Q15")}


def _search(r: Reckoner) -> tuple[Finding, ...]:
    return (
        people.hits(r),
        people.believing_a_hit(r),
        people.for_whom(r),
        people.not_in_the_database(r),
        system.gallery_growth(r),
        system.photo(r),
        system.second_photo(r),
        harm.by_cause(r),
        harm.by_rule(r),
        harm.lost(r),
        harm.checking(r),
        system.relatives(r),
        system.claim(r),
        unknown.what_matters(r),
        unknown.photos_kept(r),
    )


def _one_to_one(r: Reckoner) -> tuple[Finding, ...]:
    return (
        verify.not_verified(r),
        verify.verified_rightly(r),
        people.for_whom(r),
        verify.unanswered("Q04", "How many wrong hits come from people who are not in the database at all?"),
        verify.unanswered("Q05", "How much does the answer change from 10,000 to 200 million to 1.2 billion images?"),
        verify.unanswered("Q06", "How much does a street phone photo change it, compared with a booth photo?"),
        verify.unanswered("Q07", "What happens if a second photo is taken?"),
        verify.unanswered("Q08", "How many wrongs come from the face, how many from a mistaken record?"),
        verify.unanswered("Q09", "How many unsupported actions follow under each rule?"),
        verify.unanswered("Q10", "How many true identifications are lost under each other rule?"),
        verify.unanswered("Q11", "How much does human checking help?"),
        verify.unanswered("Q12", "Is there a floor no algorithm removes?"),
        verify.unanswered("Q13", "What does the agency's accuracy claim mean here?"),
        unknown.what_matters(r),
        unknown.photos_kept(r),
    )


def _known(r: Reckoner) -> str:
    """Return the first screen's sentence: best values in every mode, and what the unknown inputs allow."""
    verify_ = r.scenario.purpose == "verify"
    ranges = by_mode(r, r.main)
    ends = "sent to an officer although the document is their own" if verify_ else "named as somebody else"
    return (
        f"Of {photographed(r)}, {said_by_mode(ranges)} would be {ends} at best values; "
        f"the unknown inputs allow {union_of_modes(ranges)}."
    )
