"""The pages of a run, a comparison, an evaluation and a validation: a short one, and its appendix with all the rest."""

from __future__ import annotations

from dataclasses import replace

from misid.findings import (
    Comparison,
    Finding,
    Findings,
    Page,
    Section,
    not_answered,
)
from misid.vocabulary.catalogue import say


def short(found: Findings | Comparison | Page) -> Page:
    """Return the short page.  ValueError if there is none."""
    page = found.short if isinstance(found, Page) else found.page
    if page is None:
        raise ValueError(f"there is no short page of {found.title!r}")
    return replace(page, inputs=found.inputs, illustrative=found.illustrative)


def appendix(found: Findings | Comparison | Page) -> Page:
    """Return the appendix of the short page: everything that there is to say."""
    if isinstance(found, Page):
        return found
    if isinstance(found, Comparison):
        return _page("compare", found, (_how("compare", found.how), *found.sections), found.caveats)
    people = () if found.simulated is None else (found.simulated,)
    behind = () if found.validated is None else (found.validated,)
    return _page("run", found, (_how("run"), *people, *_answers(found.answers), *behind))


def _answers(answers: tuple[Finding, ...]) -> tuple[Section, ...]:
    """Return the answers, and last those to questions that are not answered, together by the reason."""
    silent = []
    for i, (why, which) in enumerate(not_answered(answers).items(), 1):
        points = tuple(say("questions.section.unanswered", id=one.id, question=one.question) for one in which)
        silent.append(Section(f"unanswered-{i}", say("page.part.unanswered"), why, points=points))
    return (*(one.section() for one in answers if one.answered), *silent)


def _page(kind: str, found: Findings | Comparison, sections: tuple[Section, ...], codes: tuple[str, ...] = ()) -> Page:
    return Page(
        found.title,
        say(f"page.mark.{kind}"),
        found.known,
        found.not_validated,
        sections,
        found.limits,
        kind,
        found.picture,
        "",
        found.inputs,
        found.illustrative,
        codes,
        found.page,
    )


def _how(kind: str, how: str = "") -> Section:
    return Section("how", say("page.how.title"), say(f"page.how.{kind}"), points=(how,) if how else ())
