"""Puts the page on one algorithm together."""

from __future__ import annotations

from misid.evaluation import Evaluation
from misid.findings.evaluation import groups, growth, pairs, searches, spread
from misid.findings.evaluation.model import EvaluationPage
from misid.findings.evaluation.words import image, people
from misid.findings.model import ChartData, Section, Table

LIMITS = (
    "It does not say whether any person, in any case, was rightly identified.",
    "It does not say what the algorithm does in the field: with other cameras, light, people, ages and galleries.",
    "It does not say what people do with a hit, nor whether the records behind it are right.",
    "It does not say whether a rate is low enough. That depends on how many are searched and what follows.",
    "Intervals hold what another draw of people like these would change, and nothing else.",
)
LEFT_OUT = {
    "pairs": "Errors of single comparisons are left out: the data hold no one-to-one comparisons.",
    "searches": "Searches are left out: the data hold no complete searches of one gallery.",
    "differentials": "Groups are left out: the data name none, or too few people of each.",
    "growth": "Larger galleries are left out: that needs searches of people who are not enrolled.",
    "menagerie": "How people differ is left out: that needs at least 50 named subjects.",
    "compared": "No second algorithm was given to compare with.",
}
EMPTY = ChartData("intervals", "Nothing could be measured", "The data hold nothing to draw.", (), Table("", (), ()))


def evaluation_page(e: Evaluation) -> EvaluationPage:
    """Say everything that was found about one algorithm.

    Parameters
    ----------
    e : Evaluation
        What was found.

    Returns
    -------
    EvaluationPage
    """
    picture = _picture(e)
    return EvaluationPage(
        title=e.name,
        known=_known(e),
        not_validated=_not_validated(e),
        how=_how(e),
        picture=picture,
        sections=_sections(e, picture.title),
        inputs=_inputs(e),
        assumed=e.assumed,
        limits=(*(words for part, words in LEFT_OUT.items() if not getattr(e, part)), *LIMITS),
        caveats=e.caveats,
        points=_points(e),
    )


def _known(e: Evaluation) -> str:
    """Return the first sentence: of searches if there are any, for they are what a street stop is."""
    said = searches.sentence(e, e.searches) if e.searches else ""
    said = said or (pairs.sentence(e, e.pairs) if e.pairs else "")
    return said or "The data say nothing of how often this algorithm is wrong."


def _not_validated(e: Evaluation) -> str:
    who = f"{people(e.subjects)}" if e.subjects else "an unknown number of people: the file names no subjects"
    return (
        f"Measured on {who}, {image(e.image_kind)}. Not the field: other people, cameras, operators and galleries were not "
        "measured, and nobody has tested what these rates become there."
    )


def _how(e: Evaluation) -> str:
    level = f"{100 * e.level:g}%"
    if not e.subjects:
        return (
            f"Intervals at {level} take every comparison as independent of all others, since the file names no subjects. "
            f"They are too narrow. Seed {e.seed}."
        )
    return (
        f"Intervals at {level} are over the {people(e.subjects)}, on both sides of a comparison: a thousand comparisons of one "
        f"person are one person. Resamples and permutations, where a figure needs them, have seed {e.seed}. At or above the threshold counts as a match."
    )


def _picture(e: Evaluation) -> ChartData:
    if e.searches is not None and e.searches.fpir is not None and e.searches.fnir is not None:
        chart = searches.trade_off(e, e.searches)
        if chart.records:
            return chart
    if e.pairs is not None:
        return pairs.trade_off(e, e.pairs)
    if e.searches is not None and e.searches.cmc is not None:
        return searches.ranks(e, e.searches)
    return EMPTY


def _sections(e: Evaluation, pictured: str) -> tuple[Section, ...]:
    found = [
        searches.section(e, e.searches, pictured) if e.searches else None,
        pairs.section(e, e.pairs, pictured) if e.pairs else None,
        groups.section(e, e.differentials) if e.differentials else None,
        *(growth.sections(e, e.growth) if e.growth else ()),
        spread.menagerie(e, e.menagerie) if e.menagerie else None,
        spread.difference(e) if e.compared else None,
    ]
    return tuple(section for section in found if section is not None)


def _points(e: Evaluation) -> dict[str, tuple[str, ...]]:
    said = {
        "groups": e.differentials.remarks if e.differentials else (),
        "growth": e.growth.remarks if e.growth else (),
    }
    return {section: sentences for section, sentences in said.items() if sentences}


def _inputs(e: Evaluation) -> Table:
    return Table(
        "Files that were read",
        ("file", "read as", "bytes", "SHA-256"),
        tuple((source.name, source.format, source.size, source.digest) for source in e.sources),
    )
